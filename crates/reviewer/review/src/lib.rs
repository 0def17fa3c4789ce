//! What a reviewer does with stored sessions: find them, read them, prove them.
//!
//! In scope: the command line (`options`), reading a store or a bundle on this computer (`folder`, `target`), and
//! the commands `keygen`, `list`, `show`, `replay`, `serve`, `export`, `unlock`, `hold`, `erase`, `organisation` and `verify`. Everything
//! printed is escaped (`escape`): names
//! and reasons in a log come from strangers.
//! Not in scope: what a sound log is (`deskhand-audit` decides that).
#![forbid(unsafe_code)]

mod check;
mod escape;
mod export;
mod failure;
mod folder;
mod keygen;
mod keys;
mod list;
mod options;
mod organisation;
mod part;
mod passphrase;
mod picture;
mod progress;
mod relay;
mod replay;
mod row;
mod serve;
mod show;
mod snapshot;
mod target;
mod timeline;

use std::{
    io::{self, Write},
    path::Path,
};

pub use escape::shown;
pub use failure::{Exit, Failure};
pub use options::Options;

use options::{KeyChoice, Session, What, Wish};
use relay::Line;
use target::Target;

/// Does what the command line says; results go to `out`.
///
/// # Errors
/// [`Failure`] with its exit code. A reader that closes `out` early is none.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<Exit, Failure> {
    let json = options.json;
    let result = match &options.what {
        What::Keygen { out: file, passphrase } => keygen::run(file.as_deref(), passphrase, json, out),
        What::List { store, filter } => list::run(store, filter, json, out),
        What::Show { session, part, open, key } => show::run(session, part, open.then_some(key), (json, options.colour), out),
        What::Export(export) => export::run(export, json, out),
        What::Replay { session, key, film } => replay::run(session, key, film, out),
        What::Serve { store, key, trust, port } => serve::run(store, key, trust.as_deref(), *port, json, out),
        What::Unlock { session, key, out: file } => unlock(session, key, file, out),
        What::Organisation { store, trust } => organisation::run(store, trust.as_deref(), json, out),
        What::Hold { wish, clear } => done(wish, json, out, |line| line.hold(wish.session, !clear, &wish.reason)),
        What::Erase { wish } => done(wish, json, out, |line| line.erase(wish.session, &wish.reason)),
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

/// What the relay did, by its log.
fn done(
    wish: &Wish,
    json: bool,
    out: &mut dyn Write,
    ask: impl FnOnce(&Line<'_>) -> Result<deskhand_audit::organisation::OrganisationEntry, Failure>,
) -> Result<Exit, Failure> {
    let secret = keys::secret(wish.key.as_deref(), wish.passphrase_file.as_deref())?;
    let entry = ask(&Line::to(&wish.config, &secret)?)?;
    let leaf = entry.to_leaf();
    if json {
        out.write_all(&leaf)?;
        writeln!(out)?;
    } else {
        writeln!(out, "Done; entry {} of the organisation's log: {}", entry.seq, shown(&String::from_utf8_lossy(&leaf)))?;
    }
    Ok(Exit::Done)
}
