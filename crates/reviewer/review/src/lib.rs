//! What a reviewer does with stored sessions: find them, read them, prove them.
//!
//! In scope: the command line (`options`), reading a store on this computer (`folder`, `target`), and
//! the commands `keygen`, `list`, `replay`, `serve`, `show`, `unlock` and `verify`. Everything printed is escaped (`escape`): names
//! and reasons in a log come from strangers.
//! Not in scope: what a sound log is (`deskhand-audit` decides that).
#![forbid(unsafe_code)]

mod check;
mod escape;
mod failure;
mod folder;
mod keygen;
mod keys;
mod list;
mod options;
mod passphrase;
mod picture;
mod replay;
mod serve;
mod show;
mod target;
mod timeline;

use std::{
    io::{self, Write},
    path::Path,
};

pub use escape::shown;
pub use failure::{Exit, Failure};
pub use options::Options;

use options::{KeyChoice, Session, What};
use target::Target;

/// Does what the command line says; results go to `out`.
///
/// # Errors
/// [`Failure`] with its exit code. A reader that closes `out` early is none.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<Exit, Failure> {
    let json = options.json;
    let result = match &options.what {
        What::Keygen { out: file, passphrase } => keygen::run(file.as_deref(), passphrase, json, out),
        What::List { store } => list::run(store, json, out),
        What::Replay { session, key, film } => replay::run(session, key, film, out),
        What::Serve { store, key, trust, port } => serve::run(store, key, trust.as_deref(), *port, json, out),
        What::Show { session, open, key } => show::run(session, open.then_some(key), json, out),
        What::Unlock { session, key, out: file } => unlock(session, key, file, out),
        What::Verify { session, trust, receipt } => check::run(session, (trust.as_deref(), receipt.as_deref()), json, out),
    };
    match result {
        Err(failure) if failure.is_closed_output() => Ok(Exit::Done),
        other => other.and_then(|exit| match out.flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(exit),
        }),
    }
}

/// `unlock`: the part of a first reviewer.
fn unlock(session: &Session, key: &KeyChoice, file: &Path, out: &mut dyn Write) -> Result<Exit, Failure> {
    let target = Target::find(session)?;
    keys::write_new(file, &keys::for_another(&target, key)?)?;
    writeln!(out, "{}: give this to another reviewer, who adds --first with it.", shown(&file.display().to_string()))?;
    Ok(Exit::Done)
}
