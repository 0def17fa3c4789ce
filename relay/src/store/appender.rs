//! A file that only grows, and never by half an item.
//!
//! In scope: appending with roll-back, syncing, cutting back to what is whole after a crash. Not in scope: what the
//! items are.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
};

use deskhand_audit::{Hash, Hasher};

/// An open file with a known good length.
#[derive(Debug)]
pub(super) struct Appender {
    file: File,
    length: u64,
    unsynced: bool,
}

impl Appender {
    /// Opens or makes `path` and cuts it back to the length that `whole` finds good.
    pub(super) fn open(path: &Path, whole: impl FnOnce(BufReader<&File>) -> io::Result<u64>) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let length = whole(BufReader::new(&file))?;
        let torn = file.metadata()?.len() != length;
        if torn {
            tracing::warn!(file = %path.display(), "cut back to its last whole item");
            file.set_len(length)?;
        }
        let mut appender = Self { file, length, unsynced: torn };
        appender.file.seek(SeekFrom::Start(length))?;
        Ok(appender)
    }

    /// Bytes that are good.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends all of `parts` or nothing.
    pub(super) fn append<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>) -> io::Result<()> {
        let mut added = 0;
        for part in parts {
            if let Err(error) = self.file.write_all(part) {
                self.cut(self.length)?;
                return Err(error);
            }
            added += part.len() as u64;
        }
        self.length += added;
        self.unsynced = true;
        Ok(())
    }

    /// SHA-256 of `bytes` bytes from `start` on, which must be there.
    pub(super) fn hash(&mut self, start: u64, bytes: u64) -> io::Result<Hash> {
        self.file.seek(SeekFrom::Start(start))?;
        let mut hasher = Hasher::default();
        let copied = io::copy(&mut (&self.file).take(bytes), &mut hasher)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        if copied == bytes { Ok(hasher.finish()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Forgets everything after `length`.
    pub(super) fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length))?;
        self.length = length;
        self.unsynced = true;
        Ok(())
    }

    /// Everything appended is on the disk afterwards.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.sync_data()?;
            self.unsynced = false;
        }
        Ok(())
    }
}

/// Makes the names in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes `bytes` as `target`, whole or not at all; the draft lies in `drafts`, on the same file system.
pub(super) fn replace(drafts: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let owner = target.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let draft = drafts.join(format!("{owner}-{name}"));
    let mut file = File::create(&draft)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| std::fs::rename(&draft, target)) {
        // The draft is of no use to anybody; that it stays is said by the error above it already.
        let _left = std::fs::remove_file(&draft);
        return Err(error);
    }
    target.parent().map_or(Ok(()), sync_folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep_all(mut reader: BufReader<&File>) -> io::Result<u64> {
        io::copy(&mut reader, &mut io::sink())
    }

    #[test]
    fn a_file_goes_on_where_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items");
        std::fs::write(&path, b"whole|to").unwrap();
        let mut file = Appender::open(&path, |_| Ok(6)).unwrap();
        file.append([&b"next"[..], b"|"]).unwrap();
        file.sync().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole|next|");
        assert_eq!(file.length(), 11);
    }

    #[test]
    fn what_is_cut_is_gone_and_the_next_item_follows_the_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("items");
        let mut file = Appender::open(&path, keep_all).unwrap();
        file.append([&b"one"[..], b"two"]).unwrap();
        file.cut(3).unwrap();
        file.append([&b"three"[..]]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"onethree");
    }

    #[test]
    fn a_replaced_file_is_the_old_or_the_new_one_and_no_draft_stays() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = folder.path().join("tmp");
        std::fs::create_dir(&drafts).unwrap();
        let target = folder.path().join("value");
        replace(&drafts, &target, b"old").unwrap();
        replace(&drafts, &target, b"new").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(&drafts).unwrap().count(), 0);
    }
}
