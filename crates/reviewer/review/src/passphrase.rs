//! Where a passphrase comes from: a file's first line, or the terminal. Never an argument.
//!
//! In scope: asking for one, new or known. Not in scope: what it protects.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use zeroize::Zeroizing;

use crate::{failure::Failure, options::Passphrase};

/// Shortest passphrase that is taken, characters.
const MIN_PASSPHRASE: usize = 8;
/// Bytes of a passphrase file that are read.
const MAX_FILE: u64 = 4096;

/// The passphrase for new keys; `None` when they are to be kept without one.
///
/// # Errors
/// [`Failure`] when there is nobody to ask, or the answers do not fit.
pub(crate) fn for_new_keys(wish: &Passphrase) -> Result<Option<Zeroizing<String>>, Failure> {
    if wish.no_passphrase {
        return Ok(None);
    }
    if let Some(file) = &wish.passphrase_file {
        return first_line(file).map(Some);
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let text = "a key needs a passphrase: run this on a terminal, or give --passphrase-file FILE or --no-passphrase";
        return Err(Failure::usage(text));
    }
    let ask = |question| {
        let answer = rpassword::prompt_password(question).map(Zeroizing::new);
        answer.map_err(|why| Failure::failed(format!("the terminal cannot be read: {why}")))
    };
    let first = ask("Passphrase for the new keys: ")?;
    if first.chars().count() < MIN_PASSPHRASE {
        return Err(Failure::usage(format!("the passphrase is too short: at least {MIN_PASSPHRASE} characters")));
    }
    if *ask("The same again: ")? != *first {
        return Err(Failure::usage("the two passphrases are not the same; nothing was made"));
    }
    Ok(Some(first))
}

/// The passphrase of a key file: the named file's first line, or what is typed; `None` when there is nobody to ask.
///
/// # Errors
/// What the terminal says, or why the file cannot be used.
pub(crate) fn for_keys(path: &Path, file: Option<&Path>) -> io::Result<Option<Zeroizing<String>>> {
    if let Some(file) = file {
        return first_line(file).map(Some).map_err(|why| io::Error::other(why.text));
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(format!("Passphrase for {}: ", path.display())).map(|text| Some(Zeroizing::new(text)))
}

fn first_line(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::usage(format!("the passphrase file {} cannot be used: {why}", path.display()));
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE as usize));
    let file = File::open(path).map_err(|why| fail(&why))?;
    file.take(MAX_FILE).read_to_string(&mut text).map_err(|why| fail(&why))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(fail(&"its first line is empty")),
    }
}
