//! Key files on disk: mode 0600, written whole or not at all, never over another key.
//!
//! In scope: reading and writing files, drawing salt and nonce, asking for a passphrase through a callback. Not in
//! scope: the text of a key file and its cryptography (`identity::KeyFile`), how a passphrase is asked for.
//! These functions block, and opening a sealed key takes its argon2id cost: call them off the network tasks.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use deskhand_identity::{Cost, KeyFile, KeyFileError, KeyMaterial, MAX_KEY_FILE_BYTES};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a key file was not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyIoError {
    /// The file is not there.
    #[error("there is no key file {path}: make one, or name another", path = .0.display())]
    Missing(PathBuf),
    /// A key is there already.
    #[error("{path} is there already and was left as it is: move it away first, or choose another file", path = .0.display())]
    Exists(PathBuf),
    /// Others may read the key, so it may be known already.
    #[error("other users of this computer may read {path} (mode {mode:03o}): make a new key, or, when you know that nobody read it, run: chmod 600 {path}", path = path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is no key of this kind, or the passphrase does not open it.
    #[error("{path}: {reason}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: KeyFileError,
    },
    /// The system said no.
    #[error("{path}: {reason}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

/// Reads the key in `path`. `ask` is called only when the key is sealed; `None` from it means that there is no
/// passphrase to be had.
///
/// # Errors
/// [`KeyIoError`]: missing, readable by others, no such key, wrong passphrase, or what the system said.
pub fn read<S: KeyMaterial>(path: &Path, ask: impl FnOnce(&Path) -> io::Result<Option<Zeroizing<String>>>) -> Result<S, KeyIoError> {
    let text = read_private(path)?;
    let key_error = |reason| KeyIoError::Key { path: path.to_owned(), reason };
    let file = KeyFile::<S>::parse(text.trim_end()).map_err(key_error)?;
    let passphrase = if file.needs_passphrase() { ask(path).map_err(|reason| io_error(path, reason))? } else { None };
    file.open(passphrase.as_ref().map(|text| text.as_bytes())).map_err(key_error)
}

/// Writes a new key file, sealed under `passphrase` when there is one. An existing file is left alone.
///
/// # Errors
/// [`KeyIoError::Exists`], or what the system said.
pub fn write<S: KeyMaterial>(path: &Path, secret: &S, passphrase: Option<&str>) -> Result<(), KeyIoError> {
    let text = match passphrase {
        None => KeyFile::plain(secret),
        Some(passphrase) => {
            let mut salt = [0; 16];
            let mut nonce = [0; 24];
            for bytes in [&mut salt[..], &mut nonce[..]] {
                getrandom::fill(bytes).map_err(|error| io_error(path, error.into()))?;
            }
            KeyFile::seal(secret, passphrase.as_bytes(), Cost::STANDARD, salt, nonce)
                .map(Zeroizing::new)
                .map_err(|reason| KeyIoError::Key { path: path.to_owned(), reason })?
        }
    };
    write_private(path, text.as_bytes())
}

/// Reads a small private file: refuses one that others may read.
fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyIoError> {
    let file = File::open(path).map_err(|reason| io_error(path, reason))?;
    refuse_open(path, &file)?;
    let mut text = Zeroizing::new(String::with_capacity(MAX_KEY_FILE_BYTES + 1));
    file.take(MAX_KEY_FILE_BYTES as u64 + 1).read_to_string(&mut text).map_err(|reason| io_error(path, reason))?;
    Ok(text)
}

/// Writes a new private file: a neighbour with mode 0600 first, which gets the name when it is whole and on disk.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyIoError> {
    let fail = |reason| io_error(path, reason);
    let mut unique = [0; 8];
    getrandom::fill(&mut unique).map_err(|error| fail(error.into()))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.new", u64::from_be_bytes(unique)));
    let draft = path.with_file_name(name);
    let result = write_draft(&draft, bytes).and_then(|()| {
        // A link never replaces a file, unlike a rename.
        fs::hard_link(&draft, path)
    });
    let removed = fs::remove_file(&draft);
    result.map_err(fail)?;
    removed.map_err(fail)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)
}

fn write_draft(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_open(path: &Path, file: &File) -> Result<(), KeyIoError> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata().map_err(|reason| io_error(path, reason))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyIoError::TooOpen { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn refuse_open(_path: &Path, _file: &File) -> Result<(), KeyIoError> {
    Ok(())
}

fn io_error(path: &Path, reason: io::Error) -> KeyIoError {
    let path = path.to_owned();
    match reason.kind() {
        io::ErrorKind::NotFound => KeyIoError::Missing(path),
        io::ErrorKind::AlreadyExists => KeyIoError::Exists(path),
        _ => KeyIoError::Io { path, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_identity::{SecretKey, Technician};

    type Key = SecretKey<Technician>;

    fn no_passphrase(_: &Path) -> io::Result<Option<Zeroizing<String>>> {
        Ok(None)
    }

    #[test]
    fn a_written_key_is_private_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("technician.key");
        let key = Key::from_seed([3; 32]);
        write(&path, &key, None).unwrap();
        let back: Key = read(&path, no_passphrase).unwrap();
        assert_eq!(back.public(), key.public());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_sealed_key_asks_and_opens_with_its_passphrase_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("technician.key");
        let key = Key::from_seed([3; 32]);
        write(&path, &key, Some("correct horse")).unwrap();
        let say = |text: &'static str| move |_: &Path| Ok(Some(Zeroizing::new(text.to_owned())));
        let back: Key = read(&path, say("correct horse")).unwrap();
        assert_eq!(back.public(), key.public());
        assert!(matches!(read::<Key>(&path, say("wrong horse")), Err(KeyIoError::Key { .. })));
    }

    #[test]
    fn an_existing_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("technician.key");
        let first = Key::from_seed([3; 32]);
        write(&path, &first, None).unwrap();
        let second = write(&path, &Key::from_seed([4; 32]), None);
        assert!(matches!(second, Err(KeyIoError::Exists(_))));
        let back: Key = read(&path, no_passphrase).unwrap();
        assert_eq!(back.public(), first.public());
    }

    #[test]
    #[cfg(unix)]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("technician.key");
        write(&path, &Key::from_seed([3; 32]), None).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = read::<Key>(&path, no_passphrase).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no.key");
        assert!(matches!(
            read::<Key>(&path, no_passphrase),
            Err(KeyIoError::Missing(missing)) if missing == path
        ));
    }
}
