//! `cargo xtask bench`: builds the programs and times them.
//!
//! In scope: refusing wrong options before anything is built, and building. What is measured is said in `tests/bench`.

use crate::{
    run::{cargo, must, target},
    system::{self, For},
};
use std::{os::unix::process::CommandExt, process::Command};

// The same file as in the bench: one definition of its options.
#[path = "../../../../tests/bench/options.rs"]
mod options;

pub(crate) use options::Options;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !options.plot {
        system::prepare(if options.peers { For::Peers } else { For::Bench })?;
    }
    let programs = std::env::var_os("DESKHAND_BIN");
    let mut build = cargo(&["build", "--release", "--workspace"]);
    let only_the_bench = options.plot || programs.is_some();
    must(build.args(if only_the_bench { ["--bin", "deskhand-bench"].as_slice() } else { &["--bins"] }))?;
    let bins = target().join("release");
    let mut command = Command::new(bins.join("deskhand-bench"));
    command.args(std::env::args_os().skip(2)).env("DESKHAND_BIN", programs.unwrap_or_else(|| bins.into()));
    // In this one's place: Ctrl+C and the exit code are the bench's own.
    Err(command.exec().into())
}
