//! `deskhand-viewer`: arguments, log, exit code.

use clap::Parser as _;
use deskhand_viewer::{Options, run};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // The decoder runs in a second process of this program; nothing else may happen in that one.
    if let Some(code) = deskhand_cage::run_if_asked() {
        return code;
    }
    let options = Options::parse();
    let filter = EnvFilter::try_new(options.log()).unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(options.colours()).init();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("deskhand-viewer: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}
