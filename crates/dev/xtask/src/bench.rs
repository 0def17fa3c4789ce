//! `cargo xtask bench`: builds the programs and times them.

use crate::{
    run::{cargo, must, target},
    system::{self, For},
};
use std::{path::PathBuf, process::Command, time::SystemTime};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Seconds for each workload and part.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seed of the workloads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these workloads: idle,typing,scroll,drag,video,full
    #[arg(long)]
    only: Option<String>,
    /// Where the figures go, as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    system::prepare(For::Bench)?;
    must(&mut cargo(&["build", "--release", "--workspace", "--bins"]))?;
    let bins = target().join("release");
    let seconds_now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let out = options.out.clone().unwrap_or_else(|| target().join("bench").join(format!("{seconds_now}.json")));
    let mut command = Command::new(bins.join("deskhand-bench"));
    command.args(["--seconds", &options.seconds.to_string(), "--seed", &options.seed.to_string(), "--out"]).arg(out);
    if let Some(only) = &options.only {
        command.args(["--only", only]);
    }
    must(command.env("DESKHAND_BIN", bins))
}
