//! Lines in and lines out, each on a thread of its own, so that a slow reader of our output never stops the session.
//!
//! In scope: bounded lines, whole lines. Not in scope: what they say.

use super::command::MAX_LINE;
use serde_json::{Value, json};
use std::{
    io::{self, BufRead as _, Read as _, Write as _},
    sync::mpsc::{Sender, channel},
    thread::JoinHandle,
};
use tokio::sync::mpsc;

/// The way to standard output.
pub(super) struct Lines {
    lines: Sender<String>,
    thread: JoinHandle<()>,
}

impl Lines {
    pub(super) fn start() -> io::Result<Self> {
        let (lines, inbox) = channel::<String>();
        let thread = std::thread::Builder::new().name("output".into()).spawn(move || {
            let mut out = io::stdout();
            for line in inbox {
                // Nobody reads any more: the script ends by its input.
                if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { lines, thread })
    }

    /// One line that answers nothing.
    pub(super) fn event(&self, event: Value) {
        let _gone = self.lines.send(event.to_string());
    }

    /// The one line that answers a command.
    pub(super) fn answer(&self, answer: Result<Value, String>) {
        let line = match answer {
            Ok(Value::Object(more)) => {
                let mut line = serde_json::Map::new();
                line.insert("ok".into(), true.into());
                line.extend(more);
                Value::Object(line)
            }
            Ok(_) => json!({ "ok": true }),
            Err(error) => json!({ "ok": false, "error": error }),
        };
        self.event(line);
    }

    /// Waits until everything is written.
    pub(super) fn finish(self) {
        drop(self.lines);
        let _ended = self.thread.join();
    }
}

/// The lines of standard input; one that is too long comes cut, one byte longer than allowed.
pub(super) fn input() -> mpsc::Receiver<String> {
    let (lines, inbox) = mpsc::channel(1);
    let read = move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if !line.ends_with(b"\n") && line.len() > MAX_LINE && !skip_line(&mut input) {
                return;
            }
            if lines.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("input".into()).spawn(read) {
        tracing::error!(%error, "commands can't be read");
    }
    inbox
}

/// Reads on to the end of the line without keeping it; false at the end of the input.
fn skip_line(input: &mut impl io::BufRead) -> bool {
    loop {
        let (length, found) = match input.fill_buf() {
            Ok([]) | Err(_) => return false,
            Ok(bytes) => match bytes.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (bytes.len(), false),
            },
        };
        input.consume(length);
        if found {
            return true;
        }
    }
}
