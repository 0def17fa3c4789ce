//! `cargo xtask package`: the programs as people download them.
//!
//! In scope: building, copying, sizes, and the one size that is a promise. Not in scope: signing and publishing.

use crate::{
    run::{cargo, must, target},
    system::{self, For},
};
use anyhow::{Context, ensure};
use std::path::PathBuf;

const PROGRAMS: [&str; 4] = ["deskhand-host", "deskhand-viewer", "deskhand-relay", "deskhand-review"];

/// A customer downloads this one while somebody waits on the phone: it stays below so many bytes.
const HOST_BYTES: u64 = 18_000_000;

/// Where to put them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder to write to.
    #[arg(long, default_value = "dist")]
    out: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    system::prepare(For::Package)?;
    for program in PROGRAMS {
        // One by one: built together, each would carry the features that another needs.
        must(&mut cargo(&["build", "--profile", "dist", "--package", program]))?;
    }
    std::fs::create_dir_all(&options.out).with_context(|| format!("{} can't be made", options.out.display()))?;
    for program in PROGRAMS {
        let to = options.out.join(program);
        let bytes =
            std::fs::copy(target().join("dist").join(program), &to).with_context(|| format!("{} can't be written", to.display()))?;
        println!("{:>8.1} MB  {}", bytes as f64 / 1e6, to.display());
        if program == "deskhand-host" {
            small_enough(bytes)?;
        }
    }
    Ok(())
}

fn small_enough(host_bytes: u64) -> anyhow::Result<()> {
    ensure!(
        host_bytes < HOST_BYTES,
        "deskhand-host has {host_bytes} bytes and must have fewer than {HOST_BYTES}: \
         see what grew with `cargo bloat --profile dist -p deskhand-host --crates`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{HOST_BYTES, small_enough};

    #[test]
    fn a_customers_program_that_reaches_the_limit_is_refused_with_its_size() {
        assert!(small_enough(HOST_BYTES - 1).is_ok());
        let error = small_enough(HOST_BYTES).unwrap_err().to_string();
        assert!(error.contains("has 18000000 bytes"), "{error}");
    }
}
