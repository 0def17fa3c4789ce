//! The reviewer's program: arguments, logging, exit code.
//!
//! In scope: nothing else; the work is in the library.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::Parser;
use deskhand_review::{Options, run, shown};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // The process that decodes recordings is this program too.
    if let Some(code) = deskhand_cage::run_if_asked() {
        return code;
    }
    // https://no-color.org: set to anything but nothing.
    let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let options = Options::parse().with_colour(colour);
    let filter = EnvFilter::try_new(options.log()).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
    match run(&options, &mut io::stdout().lock()) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            eprintln!("deskhand-review: {}", shown(&failure.text));
            ExitCode::from(failure.exit as u8)
        }
    }
}
