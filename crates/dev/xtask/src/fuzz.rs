//! `cargo xtask fuzz`: runs the parsers on broken input for a while.
//!
//! In scope: starting `tests/fuzz`, a program that mutates the corpus without a special compiler, so that it runs wherever the project
//! builds. Not in scope: coverage guidance.

use crate::run::{cargo, must, target};
use std::process::Command;

/// How long, and what.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Only this target.
    target: Option<String>,
    /// Seed of the mutations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    must(&mut cargo(&["build", "--release", "--package", "deskhand-tests", "--bin", "deskhand-fuzz"]))?;
    let mut command = Command::new(target().join("release/deskhand-fuzz"));
    command.args([options.seconds.to_string(), options.seed.to_string()]).args(&options.target);
    must(&mut command)
}
