//! A session's folder on this computer, or the bundle file that holds one.
//!
//! In scope: listing and opening its files, whether a relay is writing it. A bundle is read where it lies; nothing is unpacked. Not in
//! scope: their bytes.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use deskhand_audit::{
    bundle::{Archive, ArchiveError, Bytes, LOCK_FILE, OPEN_MARKER, SESSIONS},
    verify::Store,
};
use deskhand_player::Source;

/// The most files that are listed: a sealed field per event and a file per epoch, and room.
const MAX_FILES: usize = 1 << 21;
/// How deep folders are looked into; a bundle has one level.
const MAX_DEPTH: usize = 4;

/// One session's folder.
pub(crate) struct Folder {
    path: PathBuf,
    /// Its files, when `path` is a bundle.
    bundle: Option<Archive<OnDisk>>,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, bundle: None }
    }

    /// The folder in a bundle file.
    ///
    /// # Errors
    /// [`ArchiveError`]: it is none, or was changed.
    pub(crate) fn of_bundle(path: PathBuf) -> Result<Self, ArchiveError> {
        let bundle = Archive::read(OnDisk(File::open(&path)?))?;
        Ok(Self { path, bundle: Some(bundle) })
    }

    /// The path of the folder or bundle.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How long a file is; `None` when it is not there.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        match &self.bundle {
            Some(bundle) => bundle.size(name),
            None => self.path.join(name).metadata().ok().map(|file| file.len()),
        }
    }

    /// Whether the session is marked as open and the relay that serves its data folder is running.
    pub(crate) fn is_live(&self) -> bool {
        self.bundle.is_none() && self.path.join(OPEN_MARKER).exists() && self.data().is_some_and(|data| is_locked(&data.join(LOCK_FILE)))
    }

    /// The data folder around `sessions/<sid>`.
    fn data(&self) -> Option<PathBuf> {
        let path = fs::canonicalize(&self.path).ok()?;
        let sessions = path.parent()?;
        (sessions.file_name()? == SESSIONS).then(|| sessions.parent().map(Path::to_owned))?
    }
}

/// Whether another process holds the lock.
fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl Store for Folder {
    fn files(&self) -> io::Result<Vec<String>> {
        if let Some(bundle) = &self.bundle {
            return bundle.files();
        }
        let mut files = Vec::new();
        walk(&self.path, "", 0, &mut files)?;
        Ok(files)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        if let Some(bundle) = &self.bundle {
            return bundle.open(name);
        }
        let file = File::open(self.path.join(name));
        Ok(Box::new(file.map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?))
    }
}

impl Source for Folder {
    fn open_at(&self, name: &str, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        if let Some(bundle) = &self.bundle {
            return Ok(Box::new(bundle.open_at(name, offset)?));
        }
        let mut file = File::open(self.path.join(name))?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

/// A bundle file. All of it is read through one handle: it stays the same file, whatever becomes of its name.
struct OnDisk(File);

impl Bytes for OnDisk {
    fn length(&self) -> io::Result<u64> {
        self.0.metadata().map(|file| file.len())
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, into, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.0, into, offset)
    }
}

/// Lists what is below. Whatever is no plain file gets a name that no bundle has, so that a link is
/// never followed and never passes for a file.
fn walk(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < MAX_DEPTH {
            walk(&entry.path(), &format!("{name}/"), depth + 1, files)?;
        } else if kind.is_file() {
            files.push(name);
        } else {
            files.push(format!("{name} (not a plain file)"));
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::other("it holds more files than any session has"));
        }
    }
    Ok(())
}
