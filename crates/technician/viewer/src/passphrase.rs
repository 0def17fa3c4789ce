//! Where a passphrase comes from: a file's first line, or the terminal. Never an argument.
//!
//! In scope: asking. Not in scope: what it opens.

use crate::failure::Failure;
use std::{
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};
use zeroize::Zeroizing;

/// Bytes of a passphrase file that are read.
const MAX_PASSPHRASE: u64 = 4096;

/// A passphrase. `Debug` shows nothing of it.
#[derive(Clone)]
pub(crate) struct Passphrase(pub Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// The first line of `path`.
///
/// # Errors
/// When the file can't be read or its first line is empty.
pub(crate) fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let fail = |reason: &dyn std::fmt::Display| Failure::usage(format!("the passphrase file {} can't be used: {reason}", path.display()));
    let mut text = Zeroizing::new(String::with_capacity(256));
    let file = std::fs::File::open(path).map_err(|error| fail(&error))?;
    file.take(MAX_PASSPHRASE).read_to_string(&mut text).map_err(|error| fail(&error))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(fail(&"its first line is empty")),
    }
}

/// Whether a person can be asked.
#[must_use]
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks on the terminal; `None` without one.
///
/// # Errors
/// What the terminal said.
pub(crate) fn ask(question: &str) -> io::Result<Option<Zeroizing<String>>> {
    if !can_ask() {
        return Ok(None);
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map(Some)
}
