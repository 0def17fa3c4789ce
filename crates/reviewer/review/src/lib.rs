//! What a reviewer does with stored sessions: find them, read them, prove them.
//!
//! In scope: the command line (`options`), reading a store on this computer (`folder`, `target`), and
//! the commands `keygen`, `list`, `show` and `verify`. Everything printed is escaped (`escape`): names
//! and reasons in a log come from strangers.
//! Not in scope: what a sound log is (`deskhand-audit` decides that).
#![forbid(unsafe_code)]

mod check;
mod escape;
mod failure;
mod folder;
mod keygen;
mod list;
mod options;
mod passphrase;
mod show;
mod target;
mod timeline;

use std::io::{self, Write};

pub use escape::shown;
pub use failure::{Exit, Failure};
pub use options::Options;

use options::What;

/// Does what the command line says; results go to `out`.
///
/// # Errors
/// [`Failure`] with its exit code. A reader that closes `out` early is none.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<Exit, Failure> {
    let json = options.json;
    let result = match &options.what {
        What::Keygen { out: file, passphrase } => keygen::run(file.as_deref(), passphrase, json, out),
        What::List { store } => list::run(store, json, out),
        What::Show { session } => show::run(session, json, out),
        What::Verify { session, trust } => check::run(session, trust.as_deref(), json, out),
    };
    match result {
        Err(failure) if failure.is_closed_output() => Ok(Exit::Done),
        other => other.and_then(|exit| match out.flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(exit),
        }),
    }
}
