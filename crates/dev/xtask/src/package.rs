//! `cargo xtask package`: the programs as people download them.

use crate::{
    run::{cargo, must, target},
    system::{self, For},
};
use anyhow::Context;
use std::path::PathBuf;

const PROGRAMS: [&str; 4] = ["deskhand-host", "deskhand-viewer", "deskhand-relay", "deskhand-review"];

/// Where to put them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder to write to.
    #[arg(long, default_value = "dist")]
    out: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    system::prepare(For::Package)?;
    let mut build = cargo(&["build", "--profile", "dist"]);
    for program in PROGRAMS {
        build.args(["--bin", program]);
    }
    must(&mut build)?;
    std::fs::create_dir_all(&options.out).with_context(|| format!("{} can't be made", options.out.display()))?;
    for program in PROGRAMS {
        let to = options.out.join(program);
        let bytes =
            std::fs::copy(target().join("dist").join(program), &to).with_context(|| format!("{} can't be written", to.display()))?;
        println!("{:>8.1} MB  {}", bytes as f64 / 1e6, to.display());
    }
    Ok(())
}
