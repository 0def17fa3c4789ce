//! The customer's program without its window, and the customer's answers.

use crate::{
    office::Office,
    program::{Program, binary},
};
use serde_json::Value;
use std::process::Command;

/// A running `deskhand-host --headless --json`.
#[derive(Debug)]
pub struct Host {
    /// The process.
    pub program: Program,
}

impl Host {
    /// Starts it on this display.
    pub fn start(office: &Office, display: &str) -> Self {
        Self::start_with(office, display, &[])
    }

    /// Starts it with further arguments.
    pub fn start_with(office: &Office, display: &str, further: &[&str]) -> Self {
        let mut command = Command::new(binary("deskhand-host"));
        command.args(["--headless", "--json", "--config"]).arg(office.config()).args(further).env("DISPLAY", display);
        command.env_remove("WAYLAND_DISPLAY").env("XDG_CONFIG_HOME", office.path().join("host-config"));
        Self { program: Program::start("host", command) }
    }

    /// The next code it shows.
    pub fn code(&mut self) -> String {
        let said = self.program.skip_to("a code", |line| line["event"] == "code");
        said["code"].as_str().expect("the code is text").to_owned()
    }

    /// The next question it asks.
    pub fn question(&mut self) -> Value {
        self.program.skip_to("a question", |line| line["event"] == "consent")
    }

    /// Answers the question: `y`, `n`, or scopes.
    pub fn answer(&mut self, answer: &str) {
        self.program.say(answer);
    }

    /// Waits until it says that something was granted.
    pub fn granted(&mut self) -> Value {
        self.program.skip_to("what was granted", |line| line["event"] == "granted")
    }

    /// Waits until it says that the session ended.
    pub fn ended(&mut self) -> Value {
        self.program.skip_to("the end", |line| line["event"] == "ended")
    }

    /// The customer's Stop.
    pub fn stop(&mut self) {
        self.program.say("stop");
    }
}
