//! The organisation's log: what a relay did with sessions, so that none can vanish or be opened unseen.
//!
//! In scope: its entries, their one spelling, its origin, the proof that an entry is in it. Not in scope: keeping it (the relay), the
//! logs of the sessions themselves (`entry`, `log`).
//!
//! An RFC 6962 tree of its own beside the sessions: `organisation/events.jsonl`, one JCS object and a line end for each entry, and
//! `organisation/checkpoints.txt`, notes that the relay's key signs; `organisation/witnessed.txt`, those that outside witnesses cosigned. In a session's folder [`Proofs`] lie as `org.proof`.

use deskhand_identity::{Organisation, PublicKey, Relay, SessionId, rfc3339, rfc3339_to_ms};
use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::{Checkpoint, CheckpointError, Origin},
    encoding::{Blob, Hash},
    entry::canonical,
    note::Note,
    tree::{ProofError, Tree},
};

const VERSION: u8 = 1;
/// Longest entry, in bytes.
pub const MAX_ENTRY_BYTES: usize = 8 * 1024;
/// Longest proofs file, in bytes.
pub const MAX_PROOFS_BYTES: usize = 64 * 1024;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", deny_unknown_fields)]
pub enum OrganisationEvent {
    /// A host began a session.
    #[serde(rename = "session.opened")]
    SessionOpened {
        /// The session.
        sid: SessionId,
    },
    /// A session's folder was closed: nothing is added to its log any more.
    #[serde(rename = "session.sealed")]
    SessionSealed {
        /// The session.
        sid: SessionId,
        /// Leaves stored.
        size: u64,
        /// The root over them.
        root: Hash,
        /// Whether the log has its end; `false` when the host was lost.
        ended: bool,
    },
    /// A reviewer took the half of a recording's key that the relay keeps.
    #[serde(rename = "recording.opened")]
    RecordingOpened {
        /// The session.
        sid: SessionId,
        /// Fingerprint of the reviewer's key.
        reviewer: String,
        /// What for, in the reviewer's words.
        purpose: String,
    },
    /// A reviewer exported a session.
    #[serde(rename = "recording.exported")]
    RecordingExported {
        /// The session.
        sid: SessionId,
        /// Fingerprint of the reviewer's key.
        reviewer: String,
        /// Into which format.
        format: String,
        /// What for, in the reviewer's words.
        purpose: String,
    },
    /// Until further notice a session must not be erased.
    #[serde(rename = "hold.set")]
    HoldSet {
        /// The session.
        sid: SessionId,
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// It may be erased again.
    #[serde(rename = "hold.cleared")]
    HoldCleared {
        /// The session.
        sid: SessionId,
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// Somebody wants a session erased: what follows may be half done when the relay was killed.
    #[serde(rename = "erasure.requested")]
    ErasureRequested {
        /// The session.
        sid: SessionId,
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// The relay's half of a recording's key was destroyed, and the personal values with it.
    #[serde(rename = "erasure.executed")]
    ErasureExecuted {
        /// The session.
        sid: SessionId,
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// A technician's certificate is in use.
    #[serde(rename = "tech.certified")]
    TechCertified {
        /// Fingerprint of the technician's key.
        key_fp: String,
        /// The certificate's serial.
        serial: u64,
        /// SHA-256 of its text.
        sha256: Hash,
    },
    /// A technician's certificates no longer count.
    #[serde(rename = "tech.revoked")]
    TechRevoked {
        /// Fingerprint of the technician's key.
        key_fp: String,
    },
    /// Another statement is in use.
    #[serde(rename = "policy.changed")]
    PolicyChanged {
        /// Its serial.
        serial: u64,
        /// SHA-256 of its text.
        sha256: Hash,
    },
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationEntry {
    /// Its place, from 0.
    pub seq: u64,
    /// Milliseconds since the Unix epoch, the relay's clock.
    pub t_ms: u64,
    /// What happened.
    pub event: OrganisationEvent,
}

#[derive(Serialize, Deserialize)]
struct Form {
    v: u8,
    seq: u64,
    t: String,
    #[serde(flatten)]
    event: OrganisationEvent,
}

/// Why bytes are not an entry, or not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationError {
    /// Not JSON of this shape, or not spelled canonically.
    #[error("it is not written as an entry of the organisation's log is")]
    Malformed,
    /// The head is not the relay's.
    #[error(transparent)]
    Head(#[from] CheckpointError),
    /// The entry is not under that head.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl OrganisationEntry {
    /// Its leaf.
    pub fn to_leaf(&self) -> Vec<u8> {
        canonical(&Form { v: VERSION, seq: self.seq, t: rfc3339(self.t_ms), event: self.event.clone() })
    }

    /// Reads exactly what [`OrganisationEntry::to_leaf`] writes.
    ///
    /// # Errors
    /// [`OrganisationError::Malformed`].
    pub fn from_leaf(bytes: &[u8]) -> Result<Self, OrganisationError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(OrganisationError::Malformed);
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|_| OrganisationError::Malformed)?;
        let t_ms = rfc3339_to_ms(&form.t).ok_or(OrganisationError::Malformed)?;
        let entry = Self { seq: form.seq, t_ms, event: form.event };
        if form.v == VERSION && entry.to_leaf() == bytes { Ok(entry) } else { Err(OrganisationError::Malformed) }
    }
}

/// That an entry is in the organisation's log: the entry, a head that the relay signed, and the path between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The entry's leaf.
    pub leaf: Blob,
    /// The signed head.
    pub note: Blob,
    /// The audit path (RFC 6962, section 2.1.1).
    pub path: Blob,
}

impl Proof {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    /// Reads exactly what [`Proof::to_bytes`] writes.
    ///
    /// # Errors
    /// [`OrganisationError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OrganisationError> {
        if bytes.len() > MAX_PROOFS_BYTES {
            return Err(OrganisationError::Malformed);
        }
        let proof: Self = serde_json::from_slice(bytes).map_err(|_| OrganisationError::Malformed)?;
        if proof.to_bytes() == bytes { Ok(proof) } else { Err(OrganisationError::Malformed) }
    }

    /// The entry, when the relay with this key keeps it in the log of this origin.
    ///
    /// # Errors
    /// An [`OrganisationError`].
    pub fn open(&self, origin: &Origin, relay: &PublicKey<Relay>) -> Result<OrganisationEntry, OrganisationError> {
        let entry = OrganisationEntry::from_leaf(&self.leaf.0)?;
        let note = Note::from_bytes(&self.note.0).map_err(CheckpointError::from)?;
        let head = Checkpoint::open(&note, origin, relay)?;
        if note.signatures.len() != 1 || note.to_bytes() != self.note.0 {
            return Err(OrganisationError::Malformed);
        }
        Tree::check_inclusion(&self.leaf.0, entry.seq, head.size, head.root, &self.path.0)?;
        Ok(entry)
    }
}

/// Whether `proof` shows that the relay with this key has entered the opening of this session in the log of this origin.
pub fn is_opening(proof: &[u8], sid: &SessionId, origin: &Origin, relay: &PublicKey<Relay>) -> bool {
    let entry = Proof::from_bytes(proof).and_then(|proof| proof.open(origin, relay));
    entry.is_ok_and(|entry| entry.event == OrganisationEvent::SessionOpened { sid: *sid })
}

/// Whether `proof` shows that the relay with this key has entered this certificate (its text) in the log of this origin.
pub fn is_certified(proof: &[u8], certificate: &str, origin: &Origin, relay: &PublicKey<Relay>) -> bool {
    let entry = Proof::from_bytes(proof).and_then(|proof| proof.open(origin, relay));
    let (entered, sha256) = (entry.map(|entry| entry.event), Hash::of(certificate.as_bytes()));
    matches!(entered, Ok(OrganisationEvent::TechCertified { sha256: entered, .. }) if entered == sha256)
}

/// What `org.proof` holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// That the session was opened.
    pub opened: Proof,
    /// That it was sealed.
    pub sealed: Proof,
    /// That it was erased, when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Proof>,
}

impl Proofs {
    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical(self)
    }

    /// Reads exactly what [`Proofs::to_bytes`] writes.
    ///
    /// # Errors
    /// [`OrganisationError::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, OrganisationError> {
        if bytes.len() > MAX_PROOFS_BYTES {
            return Err(OrganisationError::Malformed);
        }
        let proofs: Self = serde_json::from_slice(bytes).map_err(|_| OrganisationError::Malformed)?;
        if proofs.to_bytes() == bytes { Ok(proofs) } else { Err(OrganisationError::Malformed) }
    }
}

/// The organisation's log while it is written: entries in, signed heads and proofs out.
#[derive(Default)]
pub struct OrganisationLog {
    tree: Tree,
}

impl OrganisationLog {
    /// Takes in a stored leaf.
    pub fn restore(&mut self, leaf: Vec<u8>) {
        self.tree.append(leaf);
    }

    /// Appends an event; gives its leaf.
    pub fn append(&mut self, t_ms: u64, event: OrganisationEvent) -> (u64, Vec<u8>) {
        let seq = self.tree.size();
        let leaf = OrganisationEntry { seq, t_ms, event }.to_leaf();
        self.tree.append(leaf.clone());
        (seq, leaf)
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The head as it is now.
    pub fn head(&self, key: &PublicKey<Organisation>, domain: Option<&str>) -> Checkpoint {
        Checkpoint { origin: Origin::of_organisation(key, domain), size: self.tree.size(), root: self.tree.root() }
    }

    /// The proof that the first `from` entries are the beginning of the log as it is now (RFC 6962, section 2.1.2).
    pub fn prove_growth(&self, from: u64) -> Option<Vec<u8>> {
        self.tree.consistency_proof(from)
    }

    /// The proof of an entry under a signed head of the log as it is now; `None` when there is no such entry.
    pub fn prove(&self, seq: u64, note: &Note) -> Option<Proof> {
        let leaf = self.tree.leaf(seq)?.to_vec();
        Some(Proof { leaf: Blob(leaf), note: Blob(note.to_bytes()), path: Blob(self.tree.inclusion_proof(seq)?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_identity::SecretKey;
    use proptest::prelude::*;

    fn relay() -> SecretKey<Relay> {
        SecretKey::from_seed([1; 32])
    }

    fn organisation() -> PublicKey<Organisation> {
        SecretKey::from_seed([2; 32]).public()
    }

    fn opened(sid: u8) -> OrganisationEvent {
        OrganisationEvent::SessionOpened { sid: SessionId::from_bytes([sid; 16]) }
    }

    #[test]
    fn an_entry_is_proven_by_its_own_relay_and_head_alone() {
        let mut log = OrganisationLog::default();
        (0..7).for_each(|sid| _ = log.append(1_795_298_700_045 + u64::from(sid), opened(sid)));
        let note = log.head(&organisation(), Some("acme.example")).sign(&relay());
        let origin = Origin::of_organisation(&organisation(), Some("acme.example"));
        assert_eq!(origin.as_str(), "acme.example/deskhand/log");
        for seq in 0..7 {
            let proof = log.prove(seq, &note).unwrap();
            let entry = proof.open(&origin, &relay().public()).unwrap();
            assert_eq!((entry.seq, entry.event), (seq, opened(seq as u8)));
            let other = SecretKey::<Relay>::from_seed([3; 32]).public();
            assert!(proof.open(&origin, &other).is_err());
            for part in 0..3 {
                let mut changed = proof.clone();
                let bytes = match part {
                    0 => &mut changed.leaf.0,
                    1 => &mut changed.note.0,
                    _ => &mut changed.path.0,
                };
                for at in 0..bytes.len() {
                    let mut changed = proof.clone();
                    let bytes = match part {
                        0 => &mut changed.leaf.0,
                        1 => &mut changed.note.0,
                        _ => &mut changed.path.0,
                    };
                    bytes[at] ^= 1;
                    assert!(changed.open(&origin, &relay().public()).is_err(), "part {part}, byte {at}");
                }
            }
        }
        assert_eq!(log.prove(7, &note), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_entry_in_its_one_spelling_or_an_error(bytes: Vec<u8>) {
            if let Ok(entry) = OrganisationEntry::from_leaf(&bytes) {
                prop_assert_eq!(entry.to_leaf(), bytes.clone());
            }
            if let Ok(proofs) = Proofs::from_bytes(&bytes) {
                prop_assert_eq!(proofs.to_bytes(), bytes);
            }
        }
    }
}
