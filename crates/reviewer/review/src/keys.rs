//! From a reviewer's key file to the recording key of one session.
//!
//! In scope: the key file, the envelope in the session's folder, the half that the relay keeps apart, the second reviewer where two are
//! needed. Not in scope: what the key opens (`recording`), whether the log stands (`check`).

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use deskhand_audit::{
    Event, Hash,
    bundle::{KEYS, MAX_KEYS_BYTES, half_commitment, half_name, halves_of},
    verify::Store as _,
};
use deskhand_identity::{ReviewerSecret, SessionId};
use deskhand_link::keyfile;
use deskhand_recording::{
    RecordingKey,
    envelope::{self, Needed, Opened},
};

use crate::{
    failure::Failure,
    folder::Folder,
    options::{KeyChoice, Session},
    passphrase,
    relay::Line,
    show::each,
    target::Target,
};

/// What the log says of a session's keys.
struct Sealed {
    sid: SessionId,
    envelope: Hash,
    half: Hash,
    needed: Needed,
}

/// The recording key of a session.
///
/// # Errors
/// [`Failure`] that says what is missing: the reviewer's key, the other half, a second reviewer; or that it was erased.
pub(crate) fn unlock(session: &Session, target: &Target, choice: &KeyChoice) -> Result<RecordingKey, Failure> {
    unlock_with(session, target, choice, || secret(choice.key.as_deref(), choice.passphrase_file.as_deref()))
}

/// As [`unlock`], with a reviewer's key that may have been read before.
///
/// # Errors
/// As [`unlock`].
pub(crate) fn unlock_with(
    session: &Session,
    target: &Target,
    choice: &KeyChoice,
    secret: impl FnOnce() -> Result<ReviewerSecret, Failure>,
) -> Result<RecordingKey, Failure> {
    let sealed = sealed(&target.folder)?;
    let secret = secret()?;
    let second = second_half(session, choice, &sealed, &secret)?;
    let opened = match &choice.first {
        Some(file) => envelope::open_second(&read(file, MAX_KEYS_BYTES)?, &secret.age).map(Opened::Half),
        None => envelope::open(&envelope_of(&target.folder, &sealed)?, sealed.needed, &secret.age),
    };
    match opened.map_err(|why| Failure::refused(format!("the key of session {} does not open: {why}", sealed.sid)))? {
        Opened::Half(first) => Ok(RecordingKey::of_halves(&first, &second)),
        Opened::ForAnother(_) => Err(Failure::refused(format!(
            "session {0} opens to two reviewers together: run `deskhand-review unlock {0} --out FILE` and give FILE to another reviewer, \
             who adds --first FILE",
            sealed.sid
        ))),
    }
}

/// What the first of two reviewers hands to the second one: sealed to all reviewers but the first.
///
/// # Errors
/// [`Failure`]: one reviewer is enough here, or the key does not open it.
pub(crate) fn for_another(target: &Target, choice: &KeyChoice) -> Result<Vec<u8>, Failure> {
    let sealed = sealed(&target.folder)?;
    let opened = envelope::open(
        &envelope_of(&target.folder, &sealed)?,
        sealed.needed,
        &secret(choice.key.as_deref(), choice.passphrase_file.as_deref())?.age,
    );
    match opened.map_err(|why| Failure::refused(format!("the key of session {} does not open: {why}", sealed.sid)))? {
        Opened::ForAnother(file) => Ok(file),
        Opened::Half(_) => Err(Failure::usage("one reviewer is enough for this session: nothing is to be handed over")),
    }
}

fn sealed(folder: &Folder) -> Result<Sealed, Failure> {
    let mut found = None;
    each(folder, |entry, _| {
        if let Event::KeysSealed { envelope_sha256, half_sha256, needed, .. } = &entry.event {
            let needed = if *needed == 2 { Needed::Two } else { Needed::One };
            found = Some(Sealed { sid: entry.sid, envelope: *envelope_sha256, half: *half_sha256, needed });
        }
        Ok(())
    })?;
    found.ok_or_else(|| Failure::failed("this session was sealed to no reviewer: the organisation's statement named none when it began"))
}

fn envelope_of(folder: &Folder, sealed: &Sealed) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = folder.open(KEYS).map_err(|why| Failure::failed(format!("the key envelope cannot be read: {why}")))?;
    file.take(MAX_KEYS_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if Hash::of(&bytes) == sealed.envelope {
        Ok(bytes)
    } else {
        Err(Failure::failed(format!("{KEYS} is not the envelope that the host sealed: run verify")))
    }
}

fn second_half(session: &Session, choice: &KeyChoice, sealed: &Sealed, secret: &ReviewerSecret) -> Result<[u8; 32], Failure> {
    if let Some(config) = &choice.config {
        let half = Line::to(config, secret)?.half(sealed.sid, choice.purpose.as_deref().unwrap_or_default())?;
        return if half_commitment(&half) == sealed.half {
            Ok(half)
        } else {
            Err(Failure::failed("the relay gave the half of another key"))
        };
    }
    let folder = match (&choice.shred, &session.store) {
        (Some(folder), _) => folder.clone(),
        (None, Some(store)) => halves_of(store)?,
        (None, None) => {
            return Err(Failure::usage(
                "where is the other half of its key? Ask the relay with --config FILE --purpose TEXT, or give its folder of halves with --shred DIR",
            ));
        }
    };
    let path = folder.join(half_name(&sealed.sid));
    if !path.exists() {
        return Err(Failure::refused(format!(
            "the half of its key that the relay keeps is not in {}: this recording was erased, or --shred names another relay's folder",
            folder.display()
        )));
    }
    let half: [u8; 32] =
        read(&path, 32)?.try_into().map_err(|_| Failure::failed(format!("{} is not the half of a key", path.display())))?;
    if half_commitment(&half) == sealed.half {
        Ok(half)
    } else {
        Err(Failure::failed(format!("{} is the half of another key: the log names this one by its hash", path.display())))
    }
}

/// The reviewer's keys.
///
/// # Errors
/// [`Failure`] when the file cannot be used.
pub(crate) fn secret(key: Option<&Path>, passphrase_file: Option<&Path>) -> Result<ReviewerSecret, Failure> {
    let path = key.map_or_else(default_path, |key| Ok(key.to_owned()))?;
    Ok(keyfile::read(&path, |path| passphrase::for_keys(path, passphrase_file))?)
}

fn read(path: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|why| Failure::failed(format!("{} cannot be read: {why}", path.display())))?;
    Ok(bytes)
}

/// `deskhand/reviewer.key` in the configuration folder (XDG Base Directory Specification 0.8).
///
/// # Errors
/// [`Failure`] when there is no such folder.
pub(crate) fn default_path() -> Result<PathBuf, Failure> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".config")))
        .map(|base| base.join("deskhand").join("reviewer.key"))
        .ok_or_else(|| Failure::usage("there is no home folder (HOME is not set): name the file"))
}

/// Writes a file that did not exist before, for its owner alone.
///
/// # Errors
/// [`Failure`]: it is there already, or cannot be written.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
    written.map_err(|why| Failure::failed(format!("{} cannot be written: {why}", path.display())))
}
