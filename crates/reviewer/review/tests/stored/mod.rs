//! Stores on disk for the tests of the commands.
//!
//! In scope: writing synthetic sessions as a relay stores them, running the library or the program. Not in scope: what is checked.
#![allow(dead_code)] // Each test program uses its part.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use clap::Parser;
use deskhand_audit::{
    bundle::{STATEMENT, session_folder},
    testing::Synthetic,
};
use deskhand_review::{Exit, Options, run};
use tempfile::TempDir;

/// A relay's data folder with these sessions and the first one's statement in it.
pub(crate) fn store(sessions: &[&Synthetic]) -> TempDir {
    let data = tempfile::tempdir().expect("a temporary folder");
    write(data.path(), sessions);
    data
}

/// The same in a folder that is there.
pub(crate) fn write(data: &Path, sessions: &[&Synthetic]) {
    fs::create_dir_all(data).expect("writable");
    fs::write(data.join(STATEMENT), sessions[0].statement()).expect("writable");
    for session in sessions {
        let folder = data.join(session_folder(&session.sid()));
        for (name, bytes) in &session.store.files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("writable");
            fs::write(path, bytes).expect("writable");
        }
    }
}

pub(crate) fn folder(data: &TempDir, session: &Synthetic) -> PathBuf {
    data.path().join(session_folder(&session.sid()))
}

/// Runs the library with these arguments: exit code and output.
pub(crate) fn review(arguments: &[&str]) -> (Exit, String) {
    let options = Options::try_parse_from([&["deskhand-review"], arguments].concat()).expect("arguments that parse");
    let mut out = Vec::new();
    let exit = run(&options, &mut out).unwrap_or_else(|failure| {
        out.extend_from_slice(failure.text.as_bytes());
        failure.exit
    });
    (exit, String::from_utf8(out).expect("output is text"))
}

pub(crate) fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_deskhand-review")).args(arguments).output().expect("the program starts")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}
