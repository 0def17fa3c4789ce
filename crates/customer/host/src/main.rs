//! `deskhand-host`: reads the command line, starts the log, runs the library, gives its exit code.

use clap::Parser;
use deskhand_host::{failure::USAGE, options::Options, start};
use std::{io::stderr, process::ExitCode};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = match EnvFilter::try_new(&options.log) {
        Ok(filter) => filter,
        Err(error) => {
            eprintln!("--log {} can't be read: {error}. Give a level like info, or a filter like deskhand_host=debug", options.log);
            return ExitCode::from(USAGE);
        }
    };
    let colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::IsTerminal::is_terminal(&stderr());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours).init();
    ExitCode::from(start::run(&options))
}
