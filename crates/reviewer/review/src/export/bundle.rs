//! A session in one file: its folder, byte for byte, as a bundle.
//!
//! In scope: which files, in which order, how far it is. Nothing is opened, and nothing of the file is new: whoever verifies it verifies
//! what the relay stored. Not in scope: the file's form (`deskhand-audit`).

use std::io::{self, Read, Write};

use deskhand_audit::{
    bundle::{ArchiveWriter, Member, OPEN_MARKER},
    verify::Store as _,
};

use super::options::Export;
use crate::{failure::Failure, folder::Folder, progress::Progress};

/// Whether a bundle can be made as it was asked for.
///
/// # Errors
/// [`Failure`]: no file is named, something is to be opened, or the session is still running.
pub(super) fn check(export: &Export, folder: &Folder) -> Result<(), Failure> {
    if export.open {
        return Err(Failure::usage("a bundle is the session as it is stored: nothing in it is opened, leave out --open"));
    }
    if export.out.is_none() {
        return Err(Failure::usage("a bundle is no text: name its file with --out SID.dhs"));
    }
    if folder.is_live() {
        return Err(Failure::refused("the session is still running: wait until it has ended"));
    }
    Ok(())
}

/// Writes the bundle.
///
/// # Errors
/// [`Failure`]: the folder holds what no session has, or a file cannot be read or written.
pub(super) fn write(folder: &Folder, out: &mut dyn Write) -> Result<(), Failure> {
    let cannot = |why: io::Error| Failure::failed(format!("{} cannot be read: {why}", folder.path().display()));
    let mut members = Vec::new();
    for name in folder.files().map_err(cannot)? {
        match Member::of(&name) {
            Some(member) => members.push((member, folder.size(&name).unwrap_or_default(), name)),
            // A session that was cut off leaves its marker behind; it says nothing of what happened.
            None if name == OPEN_MARKER => {}
            None => {
                return Err(Failure::failed(format!(
                    "{} cannot be written as a bundle: {name} is in it, which no session has; verify says more",
                    folder.path().display()
                )));
            }
        }
    }
    members.sort();
    if members.first().is_none_or(|(first, ..)| *first != Member::Manifest) {
        return Err(Failure::failed(format!("{} holds no manifest: it cannot be written as a bundle", folder.path().display())));
    }
    let mut progress = Progress::new("exporting", members.iter().map(|(_, size, _)| size).sum());
    let mut writer = ArchiveWriter::new(out);
    for (member, size, name) in members {
        let from = Counted { from: folder.open(&name).map_err(cannot)?, progress: &mut progress };
        writer.add(member, size, from).map_err(|why| Failure::failed(format!("the bundle cannot be written: {why}")))?;
    }
    writer.finish()?;
    Ok(())
}

/// Says how much of a file was read.
struct Counted<'a, R> {
    from: R,
    progress: &'a mut Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.progress.add(count as u64);
        Ok(count)
    }
}
