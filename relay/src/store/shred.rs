//! The second halves of recording keys: small files that make a recording unreadable when they are destroyed.
//!
//! In scope: keeping, reading and destroying them, in a folder outside of the data folder and its backups. Not in scope: who may
//! (`reviewer`), the first halves, which lie sealed in the sessions' folders. A half alone opens nothing.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use deskhand_audit::bundle::half_name;
use deskhand_identity::SessionId;

use super::appender::sync_folder;

/// Makes the folder, for the relay's own eyes.
///
/// # Errors
/// It lies in the data folder, whose copies would then hold what erases them; or what the disk says.
pub fn open(shred: &Path, data: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(shred)?;
    if fs::canonicalize(shred)?.starts_with(fs::canonicalize(data)?) {
        return Err(io::Error::other(
            "it lies inside of the data folder: a backup of that would hold what must be destroyed to erase a recording",
        ));
    }
    Ok(())
}

fn path(shred: &Path, sid: &SessionId) -> PathBuf {
    shred.join(half_name(sid))
}

/// Keeps a half; it is on the disk afterwards.
///
/// # Errors
/// What the disk says.
pub fn keep(shred: &Path, sid: &SessionId, half: &[u8; 32]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(shred, sid))?;
    file.write_all(half)?;
    file.sync_all()?;
    sync_folder(shred)
}

/// The half, if it was not destroyed.
///
/// # Errors
/// What the disk says, or that the file is not one of these.
pub fn read(shred: &Path, sid: &SessionId) -> io::Result<Option<[u8; 32]>> {
    let mut bytes = Vec::new();
    match File::open(path(shred, sid)) {
        Ok(file) => file.take(33).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    bytes.try_into().map(Some).map_err(|_| io::Error::other("the file of the key's half is not 32 bytes long"))
}

/// Destroys a half: overwritten, synced, removed. `false` when there was none. A file system that keeps old blocks may still have it; the
/// relay's documentation says which folders must not be on one.
///
/// # Errors
/// What the disk says.
pub fn destroy(shred: &Path, sid: &SessionId) -> io::Result<bool> {
    let path = path(shred, sid);
    match OpenOptions::new().write(true).open(&path) {
        Ok(mut file) => {
            file.write_all(&[0; 32])?;
            file.sync_all()?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    fs::remove_file(&path)?;
    sync_folder(shred)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_is_kept_until_it_is_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let shred = deskhand_audit::bundle::halves_of(&data).unwrap();
        assert_eq!(shred, folder.path().join("data.shred"));
        open(&shred, &data).unwrap();
        let sid = SessionId::from_bytes([3; 16]);
        assert_eq!(read(&shred, &sid).unwrap(), None);
        keep(&shred, &sid, &[7; 32]).unwrap();
        assert_eq!(read(&shred, &sid).unwrap(), Some([7; 32]));
        assert!(destroy(&shred, &sid).unwrap());
        assert_eq!(read(&shred, &sid).unwrap(), None);
        assert!(!destroy(&shred, &sid).unwrap());
    }

    #[test]
    fn a_folder_inside_of_the_data_folder_is_refused() {
        let data = tempfile::tempdir().unwrap();
        assert!(open(&data.path().join("shred"), data.path()).is_err());
    }
}
