//! A file or folder that is whole or not there.
//!
//! In scope: another name until it is finished, removal when it is not. Nothing that exists is written over.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Something that is being made; removed when this is dropped before [`Unfinished::finish`].
pub(super) struct Unfinished {
    path: PathBuf,
    finished: PathBuf,
}

impl Unfinished {
    /// Beside what it will be.
    ///
    /// # Errors
    /// [`Failure`] when that, or an unfinished one, exists already.
    pub(super) fn of(finished: &Path) -> Result<Self, Failure> {
        let name = finished.file_name().ok_or_else(|| Failure::usage(format!("{} is no name for a file", finished.display())))?;
        let mut unfinished = OsString::from(".");
        unfinished.push(name);
        unfinished.push(".unfinished");
        let path = finished.with_file_name(unfinished);
        for there in [finished, &path] {
            if there.symlink_metadata().is_ok() {
                return Err(Failure::failed(format!("{} exists already: give another name, or remove it", there.display())));
            }
        }
        Ok(Self { path, finished: finished.to_owned() })
    }

    /// Where to write.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be renamed.
    pub(super) fn finish(self) -> Result<(), Failure> {
        fs::rename(&self.path, &self.finished)
            .map_err(|why| Failure::failed(format!("{} cannot be written: {why}", self.finished.display())))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename neither is there; what cannot be removed is said by nobody but stays under its other name.
        if self.path.is_dir() {
            _ = fs::remove_dir_all(&self.path);
        } else {
            _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finished_is_gone_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a.mp4");
        let unfinished = Unfinished::of(&wanted).unwrap();
        fs::write(unfinished.path(), b"half").unwrap();
        assert!(Unfinished::of(&wanted).is_err(), "another one is at work");
        drop(unfinished);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let unfinished = Unfinished::of(&wanted).unwrap();
        fs::write(unfinished.path(), b"whole").unwrap();
        unfinished.finish().unwrap();
        assert_eq!(fs::read(&wanted).unwrap(), b"whole");
        assert!(Unfinished::of(&wanted).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
