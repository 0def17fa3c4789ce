//! `cargo xtask`: the commands of a developer's day, the same ones that CI runs.
//!
//! In scope: installing what a command needs, building, running, and saying what happened. Not in scope: anything that the
//! product does; the commands drive the real programs.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod demo;
mod fuzz;
mod package;
mod run;
mod suite;
mod system;

use clap::{Parser, Subcommand};

/// Deskhand's development commands.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A whole support session on this desktop, or on a private screen when there is none.
    Demo(demo::Options),
    /// Everything that CI runs: build, unit tests, scenarios. Installs what it needs.
    Test(suite::Options),
    /// Times capture, encode, decode and click-to-picture on six workloads.
    Bench(bench::Options),
    /// Format, clippy with warnings denied, layers, licences, docs.
    Check,
    /// Runs the parsers' fuzz targets for a while.
    Fuzz(fuzz::Options),
    /// Builds the programs as people download them: small, stripped.
    Package(package::Options),
}

fn main() -> anyhow::Result<()> {
    match Options::parse().command {
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => suite::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Check => check::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Package(options) => package::run(&options),
    }
}
