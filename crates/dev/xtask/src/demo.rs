//! `cargo xtask demo`: builds the programs and plays a session with them.

use crate::{
    run::{cargo, must, target},
    system::{self, For},
};
use std::process::Command;

/// What the demo starts, and itself.
const PROGRAMS: [&str; 5] = ["deskhand-host", "deskhand-viewer", "deskhand-relay", "deskhand-review", "deskhand-demo"];

/// How to play it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Use a private screen even when there is a desktop.
    #[arg(long)]
    private: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    system::prepare(For::Demo)?;
    eprintln!("Building the programs; the first time this takes some minutes.");
    let mut build = cargo(&["build", "--release", "--workspace"]);
    for program in PROGRAMS {
        build.args(["--bin", program]);
    }
    must(&mut build)?;
    let bins = target().join("release");
    let mut command = Command::new(bins.join("deskhand-demo"));
    command.arg(target().join("demo")).env("DESKHAND_BIN", &bins);
    if options.private {
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    }
    must(&mut command)
}
