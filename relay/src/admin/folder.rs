//! Writing in folders. In scope: whole files by rename, private folders, one change at a time.
//! Not in scope: what is written, key files (`link::keyfile`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use super::error::AdminError;

/// Writes a file whole: a neighbour first, on disk, which then takes the name.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AdminError> {
    write_draft(path, bytes).map_err(|error| AdminError::io(path, &error))
}

fn write_draft(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut unique = [0; 8];
    getrandom::fill(&mut unique)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.new", u64::from_be_bytes(unique)));
    let draft = path.with_file_name(name);
    let written = OpenOptions::new().write(true).create_new(true).open(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&draft, path)) {
        // The draft may not even be there; the first error is the one that says why.
        let _ = fs::remove_file(&draft);
        return Err(error);
    }
    sync_folder(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Reads at most `max` bytes; `None` when the file is larger.
pub(crate) fn read_bounded(path: &Path, max: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= max).then_some(bytes))
}

/// Makes a folder that only its owner can enter. One that is there is taken when it is empty or private already.
pub(crate) fn private_folder(path: &Path) -> Result<(), AdminError> {
    let failed = |error: io::Error| AdminError::io(path, &error);
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            if fs::read_dir(path).map_err(failed)?.next().is_some() {
                return Err(AdminError::Refused(format!(
                    "{} is not empty and other users may enter it: choose a new folder, or run: chmod 700 {}",
                    path.display(),
                    path.display()
                )));
            }
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
    }
    Ok(())
}

/// Held while a command changes the data folder, so that two never change it at once.
pub(crate) struct ChangeLock(#[allow(dead_code)] File);

impl ChangeLock {
    /// Waits for a command that is changing the folder right now.
    pub(crate) fn take(data: &Path) -> Result<ChangeLock, AdminError> {
        let path = data.join("admin.lock");
        let failed = |error: io::Error| AdminError::io(&path, &error);
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(ChangeLock(file))
    }
}

/// Held by the relay that serves a data folder: two never serve one, and `status` sees whether one does.
#[derive(Debug)]
pub struct ServingLock(#[allow(dead_code)] File);

impl ServingLock {
    /// Takes the folder for this process, until the value is dropped or the process ends, however it ends.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when another relay serves it.
    pub fn take(data: &Path) -> Result<ServingLock, AdminError> {
        let path = data.join(SERVING_LOCK);
        let failed = |error: io::Error| AdminError::io(&path, &error);
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
        // `status` holds the lock for a moment when it looks: that moment is not another relay.
        for _ in 0..20 {
            match file.try_lock() {
                Ok(()) => return Ok(ServingLock(file)),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(AdminError::Refused(format!("another relay serves {} already: end it first, or choose another --data", data.display())))
    }

    /// Whether a relay serves the folder right now.
    pub(crate) fn is_taken(data: &Path) -> bool {
        let Ok(file) = File::open(data.join(SERVING_LOCK)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

const SERVING_LOCK: &str = "serve.lock";
