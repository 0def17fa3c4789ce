//! A session that is still being written, as it was at one moment: what is added while it is read would look like a log without the files
//! that belong to it.
//!
//! In scope: reading no further in the log than it went at the beginning. Not in scope: judging. A relay writes what lies beside an event
//! before the event, and the event before the head over it, so that lengths taken in the other order fit each other.

use std::io::{self, Read};

use deskhand_audit::{
    bundle::{CHECKPOINTS, EVENTS, PROOFS},
    verify::Store,
};

use crate::folder::Folder;

/// A running session's folder, with the lengths that its log had.
pub(crate) struct Snapshot<'a> {
    folder: &'a Folder,
    heads: u64,
    events: u64,
}

impl<'a> Snapshot<'a> {
    /// The folder as it is now.
    pub(crate) fn of(folder: &'a Folder) -> Self {
        let length = |name: &str| folder.path().join(name).metadata().map_or(0, |file| file.len());
        let heads = length(CHECKPOINTS);
        Self { folder, heads, events: length(EVENTS) }
    }
}

impl Store for Snapshot<'_> {
    fn files(&self) -> io::Result<Vec<String>> {
        let mut files = self.folder.files()?;
        // Of the seal that has come since then.
        files.retain(|name| name != PROOFS);
        Ok(files)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let file = self.folder.open(name)?;
        Ok(match name {
            CHECKPOINTS => Box::new(file.take(self.heads)),
            EVENTS => Box::new(file.take(self.events)),
            _ => file,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_written_after_the_moment_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        for name in [EVENTS, CHECKPOINTS, "pii.json"] {
            fs::write(place.path().join(name), "first").unwrap();
        }
        let folder = Folder::new(place.path().to_owned());
        let snapshot = Snapshot::of(&folder);
        for name in [EVENTS, CHECKPOINTS, "pii.json", "added"] {
            fs::write(place.path().join(name), "first and second").unwrap();
        }
        let text = |name: &str| io::read_to_string(snapshot.open(name).unwrap()).unwrap();
        assert_eq!([EVENTS, CHECKPOINTS, "pii.json"].map(text), ["first", "first", "first and second"]);
        assert!(snapshot.files().unwrap().contains(&"added".to_owned()));
    }
}
