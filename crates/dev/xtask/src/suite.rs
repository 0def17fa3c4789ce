//! `cargo xtask test`: what CI runs.

use crate::{
    run::{cargo, must},
    system::{self, For},
};
use std::time::Instant;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only tests whose name contains this.
    filter: Option<String>,
    /// How many scenarios run side by side; each starts an X server and the programs.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    system::prepare(For::Test)?;
    let start = Instant::now();
    // The scenarios run these.
    must(&mut cargo(&["build", "--workspace", "--bins"]))?;
    must(&mut cargo(&["check", "--package", "deskhand-capture", "--features", "scrap"]))?;
    eprintln!("built in {:.0} s", start.elapsed().as_secs_f32());
    let threads = options.threads.to_string();
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests.args(&options.filter).args(["--", "--test-threads", &threads]);
    must(&mut tests)?;
    eprintln!("all of it took {:.0} s", start.elapsed().as_secs_f32());
    Ok(())
}
