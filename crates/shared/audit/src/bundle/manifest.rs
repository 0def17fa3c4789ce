//! `manifest.json`: whose session a folder holds, and nothing that cannot be checked.
//!
//! In scope: its one spelling. Not in scope: comparing it with the events (`verify`).

use deskhand_identity::{Organisation, PublicKey, Session, SessionId};
use serde::{Deserialize, Serialize};

use crate::entry::canonical;

/// The format that this crate writes and reads.
const FORMAT: &str = "deskhand-session-1";
/// Longest manifest that is read, in bytes.
pub(crate) const MAX_MANIFEST_BYTES: usize = 1024;

/// What the relay knows when a session begins. Every field can be recomputed: the id is the hash of
/// the key, the organisation is in the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manifest {
    /// The session.
    pub sid: SessionId,
    /// The key that signs its checkpoints.
    pub session_key: PublicKey<Session>,
    /// Whose relay it was held on.
    pub organisation: PublicKey<Organisation>,
}

/// Why bytes are not a manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON of this shape, or not spelled canonically.
    #[error("it is not written as a manifest is")]
    Malformed,
    /// Another format.
    #[error("its format is {0:?}, this program reads {FORMAT:?}: use a newer one")]
    Format(String),
    /// The id is not the key's.
    #[error("its session id is not the hash of its session key")]
    Id,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    format: String,
    organisation: PublicKey<Organisation>,
    session_key: PublicKey<Session>,
    sid: SessionId,
}

impl Manifest {
    /// The manifest of the session with this key.
    pub fn new(session_key: PublicKey<Session>, organisation: PublicKey<Organisation>) -> Self {
        Self { sid: SessionId::of(&session_key), session_key, organisation }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical(&Form { format: FORMAT.to_owned(), organisation: self.organisation, session_key: self.session_key, sid: self.sid })
    }

    /// Reads exactly what [`Manifest::to_bytes`] writes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::Malformed);
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|_| ManifestError::Malformed)?;
        if form.format != FORMAT {
            return Err(ManifestError::Format(form.format));
        }
        let manifest = Self::new(form.session_key, form.organisation);
        if manifest.sid != form.sid {
            return Err(ManifestError::Id);
        }
        if manifest.to_bytes() != bytes {
            return Err(ManifestError::Malformed);
        }
        Ok(manifest)
    }
}
