//! The host's side of the log: it numbers events, hashes them and signs the head.
//!
//! In scope: appending and checkpoints. Not in scope: sending leaves anywhere, deciding what
//! happened.

use std::collections::BTreeMap;

use deskhand_identity::{PublicKey, SecretKey, Session, SessionId, Signature};

use crate::{
    checkpoint::{Checkpoint, Origin},
    commitment::Commitment,
    encoding::Hash,
    entry::{Actor, Entry, Outcome, SealedRef, Severity, Source, VERSION},
    event::{Event, Organisation},
    frontier::Frontier,
};

/// An event on its way into the log: everything but its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Milliseconds since the Unix epoch, the writer's clock.
    pub t_ms: u64,
    /// Milliseconds of the writer's monotonic clock.
    pub mono_ms: u64,
    /// Which program.
    pub src: Source,
    /// Who caused it.
    pub actor: Actor,
    /// How it went; `None` = as usual for the kind.
    pub outcome: Option<Outcome>,
    /// How grave it is; `None` = as usual for the kind.
    pub severity: Option<Severity>,
    /// What happened.
    pub event: Event,
    /// Ciphertext beside the log.
    pub sealed: Option<SealedRef>,
    /// Personal values beside the log.
    pub pii: BTreeMap<String, Commitment>,
}

impl Draft {
    /// An event of the host with the usual outcome and severity and nothing beside it.
    pub fn new(t_ms: u64, mono_ms: u64, actor: Actor, event: Event) -> Self {
        Self { t_ms, mono_ms, src: Source::Host, actor, outcome: None, severity: None, event, sealed: None, pii: BTreeMap::new() }
    }
}

/// A leaf as it goes to the relay and the viewers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its place, from 0.
    pub seq: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The log of one session, at the host.
#[derive(Clone)]
pub struct Log {
    sid: SessionId,
    origin: Origin,
    tree: Frontier,
    signed_size: u64,
    checkpoints: u64,
}

impl Log {
    /// An empty log of the session with this id.
    pub fn new(sid: SessionId, organisation: &Organisation) -> Self {
        Self { sid, origin: Origin::of_session(organisation, &sid), tree: Frontier::default(), signed_size: 0, checkpoints: 0 }
    }

    /// Appends an event and gives its leaf.
    pub fn append(&mut self, draft: Draft) -> Leaf {
        let seq = self.tree.size();
        let entry = Entry {
            v: VERSION,
            sid: self.sid,
            seq,
            t_ms: draft.t_ms,
            mono_ms: draft.mono_ms,
            src: draft.src,
            actor: draft.actor,
            outcome: draft.outcome.unwrap_or_else(|| draft.event.outcome()),
            severity: draft.severity.unwrap_or_else(|| draft.event.severity()),
            event: draft.event,
            sealed: draft.sealed,
            pii: draft.pii,
        };
        let bytes = entry.to_leaf();
        self.tree.append(&bytes);
        Leaf { seq, bytes }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The tree as it stands, for somebody who follows the log from here on.
    pub fn frontier(&self) -> &Frontier {
        &self.tree
    }

    /// First line of this log's checkpoints.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many checkpoints were signed so far: what `session.ended` carries in its totals.
    pub fn checkpoints(&self) -> u64 {
        self.checkpoints
    }

    /// Signs the head and gives the note; `None` when every leaf is signed already.
    pub fn checkpoint(&mut self, key: &SecretKey<Session>) -> Option<(u64, Vec<u8>)> {
        self.checkpoint_with(&key.public(), |text| key.sign_note(text))
    }

    /// As [`Log::checkpoint`], when the secret key is elsewhere. Gives the size and the note.
    pub fn checkpoint_with(&mut self, key: &PublicKey<Session>, sign: impl FnOnce(&[u8]) -> Signature) -> Option<(u64, Vec<u8>)> {
        let size = self.size();
        if size == self.signed_size {
            return None;
        }
        let head = Checkpoint { origin: self.origin.clone(), size, root: self.root() };
        self.signed_size = size;
        self.checkpoints += 1;
        Some((size, head.sign_with(key, sign).to_bytes()))
    }
}
