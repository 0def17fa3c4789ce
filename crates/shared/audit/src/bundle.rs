//! The folder of a stored session: which files, which bytes, in which order they are written; and the same as one file.
//!
//! In scope: names, byte forms, pure helpers for the relay that writes the folder and for those that
//! read it. Not in scope: opening files, fsync, judging what is in them (`verify`).
//!
//! Under a relay's data folder a session lies in `sessions/<sid>/`, beside the statement
//! `deskhand.toml`. The folder is the bundle:
//!
//! | file | bytes | written |
//! | --- | --- | --- |
//! | `manifest.json` | [`Manifest`]: one JCS object, no line end | once, first |
//! | `events.jsonl` | one leaf and a line end per event, [`event_line`] | appended |
//! | `checkpoints.txt` | the notes one after another, as the host sent them | appended |
//! | `cosignatures.txt` | notes that the host signed and a technician's program cosigned, as that sent them | appended |
//! | `keys.age` | the envelope of the recording key's first half, as the host sent it | once, before its leaf |
//! | `sealed/<seq>-<field>.bin` | the ciphertext of leaf `seq`, [`sealed_name`] | before its leaf |
//! | `pii.json` | [`Personal`]: one JCS object; no file while there is nothing in it | replaced (rename), before its leaf |
//! | `media/<epoch>.sfr` | records: u32 big-endian length, outer header, SFrame; [`record`] | appended, before the segment's leaf |
//! | `org.proof` | [`Proofs`](crate::organisation::Proofs): one JCS object | when the folder is closed |
//! | `open` | empty; there while the session runs | first; removed at the end or when given up |
//!
//! Order and durability: what a leaf points to is on disk before the leaf, the leaves a checkpoint
//! covers before the checkpoint. Then a program killed at any point leaves a folder that is
//! `TRUNCATED` at a true number at worst. After a crash the writer cuts each file back to its last
//! whole line, note or record ([`whole_lines`], [`whole_notes`], [`whole_records`]) and goes on.
//! Temporary files lie outside the folder.
//!
//! Nothing is stored twice: a leaf or checkpoint that a host sends again after a cut is compared and
//! dropped. Sizes of checkpoints strictly ascend.
//!
//! Media records are in the order of update numbers; numbers that a `media.segment` lists as
//! discarded are not in the file.
//!
//! While a relay serves a data folder it holds an exclusive lock on [`LOCK_FILE`] there. A session is
//! still running when its `open` marker exists and that lock is held; otherwise a log without an end
//! is `TRUNCATED`.
//!
//! Every byte counts: the manifest is compared with its one spelling and with the events, the events
//! and notes with the signatures, ciphertext, personal values and media with what the events say, and
//! in an ended session no other file may lie in the folder. A copy of the folder in one file is an [`Archive`], without the marker, and its
//! bytes around the files are known beforehand. The second half of the recording key never lies
//! in it: destroying that half erases the recording, in every copy of the folder too.

mod archive;
mod manifest;
mod member;
mod personal;
mod records;
mod text;
mod ustar;

pub use archive::{Archive, ArchiveError, ArchiveWriter, Bytes, EXTENSION, Section};
pub(crate) use manifest::MAX_MANIFEST_BYTES;
pub use manifest::{Manifest, ManifestError};
pub use member::Member;
pub use personal::{MAX_PERSONAL_BYTES, Personal, PersonalError, PersonalValue};
pub(crate) use records::RecordWalk;
pub use records::{MAX_RECORD_BYTES, RecordError, RecordReader, record, whole_records};
pub use text::{Found, LineReader, NoteReader, event_line, whole_lines, whole_notes};

use std::{
    io,
    path::{Path, PathBuf},
};

use deskhand_identity::SessionId;
use sha2::{Digest, Sha256};

use crate::encoding::Hash;

/// Folder of the session folders under a relay's data folder.
pub const SESSIONS: &str = "sessions";
/// The organisation's statement in a relay's data folder.
pub const STATEMENT: &str = "deskhand.toml";
/// Locked exclusively by the relay that serves a data folder.
pub const LOCK_FILE: &str = "serve.lock";
/// Whose session it is.
pub const MANIFEST: &str = "manifest.json";
/// The leaves.
pub const EVENTS: &str = "events.jsonl";
/// The signed heads.
pub const CHECKPOINTS: &str = "checkpoints.txt";
/// Heads as technicians' programs have cosigned them, one note after another; no file while there is none.
pub const COSIGNATURES: &str = "cosignatures.txt";
/// The recording key's first half, sealed to the reviewers.
pub const KEYS: &str = "keys.age";
/// Personal values and salts.
pub const PERSONAL: &str = "pii.json";
/// Folder of sealed fields.
pub const SEALED: &str = "sealed";
/// Folder of recorded updates.
pub const MEDIA: &str = "media";
/// Folder of the organisation's log under a relay's data folder.
pub const ORGANISATION: &str = "organisation";
/// In it: heads that outside witnesses have cosigned, one note after another.
pub const WITNESSED: &str = "witnessed.txt";
/// Proofs that the session is in the organisation's log.
pub const PROOFS: &str = "org.proof";
/// Empty marker of a running session.
pub const OPEN_MARKER: &str = "open";

/// Longest [`KEYS`] file, in bytes.
pub const MAX_KEYS_BYTES: usize = 48 * 1024;
/// Longest name of a sealed or personal field.
pub const MAX_FIELD_NAME: usize = 32;

/// What `keys.sealed` says of the recording key's second half: SHA-256(`deskhand/half/1` and the half).
pub fn half_commitment(second: &[u8; 32]) -> Hash {
    Hash(Sha256::new().chain_update(b"deskhand/half/1").chain_update(second).finalize().into())
}

/// The file of the recording key's second half, in a folder of its own that belongs to no bundle: `<sid>.half`, 32 bytes.
pub fn half_name(sid: &SessionId) -> String {
    format!("{sid}.half")
}

/// The folder of those files that goes with a data folder: `<data>.shred` beside it.
///
/// # Errors
/// When a relative path has no folder to start from.
pub fn halves_of(data: &Path) -> io::Result<PathBuf> {
    let data = std::path::absolute(data)?;
    let name = data.file_name().unwrap_or_default().to_string_lossy();
    Ok(data.with_file_name(format!("{name}.shred")))
}

/// The session's folder under a relay's data folder: `sessions/<sid>`.
pub fn session_folder(sid: &SessionId) -> String {
    format!("{SESSIONS}/{sid}")
}

/// The recording of one epoch: `media/<epoch>.sfr`.
pub fn media_name(epoch: u32) -> String {
    format!("{MEDIA}/{epoch}.sfr")
}

/// The sealed field of leaf `seq`: `sealed/<seq>-<field>.bin`; `None` when the field's name is not
/// one ([`is_field_name`]), so that a peer's text never becomes a path.
pub fn sealed_name(seq: u64, field: &str) -> Option<String> {
    is_field_name(field).then(|| format!("{SEALED}/{seq}-{field}.bin"))
}

/// Whether this can name a sealed or personal field: 1 to 32 characters of `a-z` and `_`.
pub fn is_field_name(field: &str) -> bool {
    (1..=MAX_FIELD_NAME).contains(&field.len()) && field.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}
