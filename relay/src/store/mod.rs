//! Session folders: the log, what lies beside it, and the recording, durable before it is acknowledged.
//!
//! In scope: writing the folder as `audit::bundle` lays it out, group commit, quotas, continuing a folder after a
//! restart. Not in scope: what the events mean; whoever verifies judges that. Only what would make the folder
//! unreadable, or what is not what its leaf says, is refused here.
//!
//! | file | what |
//! | --- | --- |
//! | `folder` | one session's folder: batches in, synced bytes out |
//! | `beside` | sealed fields and personal values that wait for their leaf |
//! | `shred` | the halves of recording keys that erase a recording when they are destroyed |
//! | `cosignatures` | technicians' cosignatures that wait for their heads |
//! | `media` | the recording, epoch by epoch |
//! | `appender` | a file that only grows, and never by half an item |
//! | `organisation` | the organisation's log, one for all sessions |
//! | `quota` | how much may be stored |
//! | `task` | the asynchronous side: a queue before each folder, progress behind it |

mod appender;
mod beside;
mod cosignatures;
mod folder;
mod media;
pub mod organisation;
pub mod quota;
pub mod shred;
mod task;

use std::{io, path::PathBuf, sync::Arc};

use bytes::Bytes;
use deskhand_audit::{
    Entry,
    bundle::{Manifest, OPEN_MARKER, SESSIONS},
};
use deskhand_identity::{RelayCosign, SecretKey};
use deskhand_wire::relay::StoreFailure;
use tokio::sync::OwnedSemaphorePermit;

pub use folder::{Folder, give_up};
pub use task::{Store, Writer};

/// Folder for files on their way, outside of every session's folder.
pub(crate) const DRAFTS: &str = "tmp";

/// Which session's folder, where, and within which limits.
#[derive(Debug, Clone)]
pub struct Place {
    /// The relay's data folder.
    pub data: PathBuf,
    /// The folder of the recording keys' second halves.
    pub shred: PathBuf,
    /// Whose session.
    pub manifest: Manifest,
    /// Signs cosignatures.
    pub cosign: SecretKey<RelayCosign>,
    /// The organisation's log.
    pub ledger: Arc<organisation::Ledger>,
    /// The organisation's domain, which names its checkpoints.
    pub domain: Option<String>,
    /// How much may be stored.
    pub quota: Arc<quota::Quota>,
}

/// Something to be stored. In the order of a queue.
#[derive(Debug)]
pub enum Item {
    /// Make the folder, or continue it.
    Open,
    /// The next leaf.
    Leaf {
        /// Its bytes.
        bytes: Vec<u8>,
        /// The same, read strictly.
        entry: Box<Entry>,
    },
    /// A sealed field of a leaf to come.
    Sealed {
        /// Place of the leaf.
        seq: u64,
        /// Name of the field.
        field: String,
        /// Ciphertext.
        bytes: Vec<u8>,
    },
    /// A personal value of a leaf to come.
    Personal {
        /// Place of the leaf.
        seq: u64,
        /// Name of the field.
        field: String,
        /// Salt of the commitment.
        salt: [u8; 32],
        /// The value.
        value: Vec<u8>,
    },
    /// The key envelope of a leaf to come, and the half of the recording key that lies apart.
    Keys {
        /// Place of the leaf.
        seq: u64,
        /// The envelope.
        envelope: Vec<u8>,
        /// The half.
        half: [u8; 32],
    },
    /// A signed checkpoint over exactly the leaves so far.
    Checkpoint {
        /// How many leaves it says it covers.
        size: u64,
        /// The note.
        note: Vec<u8>,
    },
    /// A head that a technician has cosigned.
    Cosigned {
        /// The technician's number.
        peer: u8,
        /// The note with both signatures.
        note: Vec<u8>,
    },
    /// One recorded update.
    Media {
        /// Its epoch.
        epoch: u32,
        /// Its number.
        number: u64,
        /// Header and sealed bytes, as relayed.
        parts: Vec<Bytes>,
        /// The share of the queue's memory that it holds.
        held: OwnedSemaphorePermit,
    },
    /// The host is gone or done: sync everything and take the marker of a running session away.
    Close,
}

/// What is on disk, and what went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The folder was made or continued.
    pub open: bool,
    /// The proof that the session is in the organisation's log.
    pub opened: Option<Vec<u8>>,
    /// Leaves on disk.
    pub leaves: u64,
    /// Size of the newest checkpoint on disk.
    pub checkpoint: u64,
    /// Our cosignature of the newest checkpoint on disk: how many leaves, and the line.
    pub cosigned: Option<(u64, Vec<u8>)>,
    /// Bytes of the folder.
    pub bytes: u64,
    /// Newest update that was dealt with, stored or not: epoch and number.
    pub recorded: (u32, u64),
    /// The log cannot be written any more.
    pub failed: Option<StoreFailure>,
    /// The recording cannot be written any more.
    pub media_failed: Option<StoreFailure>,
    /// The host sent what it may not; the sentence says what.
    pub fault: Option<String>,
    /// Closed.
    pub closed: bool,
}

/// Why a batch was not stored whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The host sent what it may not.
    #[error("{0}")]
    Fault(String),
    /// The quota is used up.
    #[error("the quota for session logs is used up: raise --quota or --session-quota, or delete old sessions")]
    Quota,
    /// The disk said no.
    #[error("the disk refused: {0}")]
    Disk(#[from] io::Error),
}

impl StoreError {
    pub(crate) fn fault(text: impl Into<String>) -> Self {
        Self::Fault(text.into())
    }

    /// What a host is told.
    pub(crate) fn told(&self) -> StoreFailure {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match self {
            Self::Quota => StoreFailure::Full,
            Self::Disk(error) => match error.kind() {
                StorageFull | QuotaExceeded | FileTooLarge => StoreFailure::Full,
                _ => StoreFailure::Broken,
            },
            Self::Fault(_) => StoreFailure::Broken,
        }
    }
}

/// Writes a file of a session's folder whole or not at all.
///
/// # Errors
/// What the disk says.
pub fn replace_in(data: &std::path::Path, target: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
    let drafts = data.join(DRAFTS);
    std::fs::create_dir_all(&drafts)?;
    appender::replace(&drafts, target, bytes)
}

/// Bytes of all session folders, and the folders that still carry the marker of a running session.
///
/// # Errors
/// What the system says.
pub fn survey(data: &std::path::Path) -> io::Result<(u64, Vec<PathBuf>)> {
    let mut bytes = 0;
    let mut open = Vec::new();
    for session in entries(&data.join(SESSIONS))? {
        if session.join(OPEN_MARKER).exists() {
            open.push(session.clone());
        }
        bytes += size_below(&session)?;
    }
    Ok((bytes, open))
}

fn size_below(folder: &std::path::Path) -> io::Result<u64> {
    let mut bytes = 0;
    for path in entries(folder)? {
        let metadata = path.symlink_metadata()?;
        bytes += if metadata.is_dir() { size_below(&path)? } else { metadata.len() };
    }
    Ok(bytes)
}

fn entries(folder: &std::path::Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
