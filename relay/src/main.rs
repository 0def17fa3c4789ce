//! The relay program: reads arguments, starts tracing, calls the library, maps errors to exit codes.
#![forbid(unsafe_code)]

use std::{io::IsTerminal, process::ExitCode};

use clap::{Parser, Subcommand};
use deskhand_relay::{
    admin::{self, Context},
    serve::{self, options::ServeOptions},
};

/// Deskhand's relay: brings technicians to customers, forwards what it cannot read, and keeps the log.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:\n  deskhand-relay init --data ./relay --org \"Acme Support\"\n  deskhand-relay serve --data ./relay --listen 0.0.0.0:4433"
)]
struct Cli {
    /// How much to log on stderr: error, warn, info, debug, trace, or a filter
    #[arg(long, global = true, value_name = "LEVEL", env = "RUST_LOG", hide_env_values = true, default_value = "info")]
    log: String,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listen and serve
    Serve(ServeOptions),
    #[command(flatten)]
    Admin(admin::Command),
}

/// All cores but one, which the disk's threads and the rest of the machine want: with as many workers as cores every packet of a
/// quiet relay wakes two.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread().worker_threads((cores - 1).max(1)).enable_all().build()
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_new(&cli.log).unwrap_or_else(|_| "info".into());
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    let outcome = match &cli.command {
        Command::Serve(options) => match runtime() {
            Ok(runtime) => runtime.block_on(serve::run(options)).map_err(|error| (error.exit_code(), error.to_string())),
            Err(error) => Err((1, error.to_string())),
        },
        Command::Admin(command) => admin::run(command, &Context::of_process())
            .map(|report| print!("{}", report.output(cli.json)))
            .map_err(|error| (error.exit_code(), error.to_string())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, text)) => {
            eprintln!("deskhand-relay: {text}");
            ExitCode::from(code)
        }
    }
}
