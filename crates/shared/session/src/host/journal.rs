//! The host's log on its way to the relay: leaves, what lies beside them, checkpoints, acknowledgements.
//!
//! In scope: writing entries, sealing and committing to personal values, when to sign, what is not yet on the relay's
//! disk. Not in scope: what is worth an entry (everything else in `host`), files (the relay).
//!
//! Memory is bounded: at most [`MAX_UNACKED_LEAVES`] leaves wait for the relay. A relay that is further behind, or
//! silent for [`ACK_DEADLINE_MS`] while somebody waits for it, counts as one that can't store.

use std::collections::{BTreeMap, VecDeque};

use deskhand_audit::{
    Actor, Cadence, Commitment, Draft, Event, Frontier, Log, Organisation, Origin, SealedRef,
    note::{Note, SignatureLine},
};
use deskhand_identity::{PublicKey, RelayCosign, SecretKey, Session, SessionId};
use deskhand_seal::{
    RecordingKey, Seed,
    frames::{KeyId, Sealer, pad},
};
use deskhand_wire::{
    HOST, Millis, PeerId,
    limits::{INPUT_PADDING, MAX_UNACKED_LEAVES},
    relay::{AuditToRelay, StoreFailure},
    stream::Channel,
    text::Text,
};

use super::story::{Moment, Story};
use crate::clock::Now;

/// How long an effect waits for the relay's disk before the relay counts as one that can't store.
pub(super) const ACK_DEADLINE_MS: u64 = 10_000;

const SEALED_ALG: &str = "sframe-aes128gcm";

/// What lies beside an entry.
#[derive(Default)]
pub(super) struct Beside<'a> {
    /// A text that the relay must not read: name of the field and the text.
    pub(super) sealed: Option<(&'static str, &'a str)>,
    /// A personal value that can be erased later: name of the field and the value.
    pub(super) personal: Option<(&'static str, &'a str)>,
    /// The key envelope, and the half that the relay keeps.
    pub(super) keys: Option<(Vec<u8>, [u8; 32])>,
}

pub(super) struct Journal {
    log: Log,
    cadence: Cadence,
    key: SecretKey<Session>,
    sealer: Sealer,
    seed: Seed,
    out: VecDeque<AuditToRelay>,
    /// Messages by leaf, oldest first, that the relay has not acknowledged.
    unacked: VecDeque<(u64, AuditToRelay)>,
    acked: u64,
    oldest_unacked_at: Millis,
    story: Story,
    cosigner: PublicKey<RelayCosign>,
    /// Heads that the relay has not cosigned, oldest first, and when they were signed.
    uncosigned: VecDeque<(Millis, u64, Vec<u8>)>,
    /// The newest head that it has cosigned.
    cosigned: Option<Note>,
    failed: Option<StoreFailure>,
    /// Leaves and heads that the technicians have not been shown.
    fresh: VecDeque<Fresh>,
}

/// What technicians are shown of the log.
pub(super) enum Fresh {
    /// The next leaf.
    Leaf(Vec<u8>),
    /// A head over all leaves so far: how many, and the note.
    Head(u64, Vec<u8>),
}

impl Journal {
    pub(super) fn new(
        (sid, organisation): (SessionId, &Organisation),
        key: SecretKey<Session>,
        cosigner: PublicKey<RelayCosign>,
        recording: &RecordingKey,
        seed: Seed,
    ) -> Self {
        let id = KeyId::pairwise(HOST, Channel::Audit);
        Self {
            log: Log::new(sid, organisation),
            cadence: Cadence::new(),
            key,
            sealer: Sealer::new(&recording.log(), id),
            seed,
            out: VecDeque::new(),
            unacked: VecDeque::new(),
            acked: 0,
            oldest_unacked_at: 0,
            story: Story::default(),
            cosigner,
            uncosigned: VecDeque::new(),
            cosigned: None,
            failed: None,
            fresh: VecDeque::new(),
        }
    }

    /// Writes an entry of the host; gives its place.
    pub(super) fn write(&mut self, now: Now, actor: Actor, event: Event) -> u64 {
        self.write_beside(now, actor, event, Beside::default())
    }

    /// Writes an entry with something beside it; gives its place.
    pub(super) fn write_beside(&mut self, now: Now, actor: Actor, event: Event, beside: Beside<'_>) -> u64 {
        let seq = self.log.size();
        let mut draft = Draft::new(now.wall_ms, now.mono_ms, actor, event);
        let mut messages = Vec::with_capacity(3);
        if let Some((field, text)) = beside.sealed {
            let mut content = text.as_bytes().to_vec();
            pad(&mut content, INPUT_PADDING, false);
            // Exhausted after 2^32 sealed fields, far beyond the longest log: the field is left out then.
            if let Ok(bytes) = self.sealer.seal(&[], &content) {
                let kid = KeyId::pairwise(HOST, Channel::Audit).number();
                draft.sealed = Some(SealedRef::to(&bytes, field, SEALED_ALG, kid));
                messages.push(AuditToRelay::Sealed { seq, field: Text::clipped(field), bytes });
            }
        }
        if let Some((field, value)) = beside.personal {
            let salt = *self.seed.draw::<32>("salt", seq);
            draft.pii = BTreeMap::from([(field.to_owned(), Commitment::to(&salt, field, value.as_bytes()))]);
            let value = value.as_bytes().to_vec();
            messages.push(AuditToRelay::Personal { seq, field: Text::clipped(field), salt, value });
        }
        if let Some((envelope, half)) = beside.keys {
            messages.push(AuditToRelay::Keys { seq, envelope, half });
        }
        self.story.add(now.wall_ms, &draft.event);
        self.cadence.appended(&draft.event, now.mono_ms);
        let leaf = self.log.append(draft);
        self.fresh.push_back(Fresh::Leaf(leaf.bytes.clone()));
        messages.push(AuditToRelay::Leaf { seq, bytes: leaf.bytes });
        for message in messages {
            self.send(now.mono_ms, seq, message);
        }
        seq
    }

    fn send(&mut self, now: Millis, seq: u64, message: AuditToRelay) {
        if self.failed.is_some() {
            return;
        }
        if self.unacked.is_empty() {
            self.oldest_unacked_at = now;
        }
        self.unacked.push_back((seq, message.clone()));
        self.out.push_back(message);
    }

    /// The technician of this number is called so.
    pub(super) fn name(&mut self, peer: PeerId, name: &str) {
        self.story.name(peer, name);
    }

    /// What the customer may want to know, and how much was left out.
    pub(super) fn story(&self) -> (&[Moment], usize) {
        (self.story.moments(), self.story.left_out())
    }

    /// Signs the head when it is due.
    pub(super) fn sign_if_due(&mut self, now: Millis) {
        if self.cadence.is_due(now) {
            self.sign(now);
        }
    }

    /// Signs the head now.
    pub(super) fn sign(&mut self, now: Millis) {
        self.cadence.signed();
        if let Some((size, note)) = self.log.checkpoint(&self.key) {
            self.fresh.push_back(Fresh::Head(size, note.clone()));
            self.uncosigned.push_back((now, size, note.clone()));
            self.send(now, size.saturating_sub(1), AuditToRelay::Checkpoint { size, note });
        }
    }

    /// The next leaf or head for the technicians.
    pub(super) fn next_fresh(&mut self) -> Option<Fresh> {
        self.fresh.pop_front()
    }

    /// The log as it stands, for somebody who joins it now, and the first line of its heads.
    pub(super) fn standing(&self) -> (&Frontier, &Origin) {
        (self.log.frontier(), self.log.origin())
    }

    /// The next message for the relay.
    pub(super) fn poll(&mut self) -> Option<AuditToRelay> {
        self.out.pop_front()
    }

    /// The relay has leaves and checkpoints up to here on disk. `false` when it claims more than there is.
    #[must_use]
    pub(super) fn acknowledged(&mut self, now: Millis, leaves: u64, checkpoint: u64) -> bool {
        if leaves > self.log.size() || checkpoint > leaves {
            return false;
        }
        self.acked = self.acked.max(leaves);
        let acked = self.acked;
        let on_disk = |entry: &(u64, AuditToRelay)| match entry.1 {
            AuditToRelay::Checkpoint { size, .. } => size <= checkpoint,
            _ => entry.0 < acked,
        };
        let before = self.unacked.len();
        self.unacked.retain(|entry| !on_disk(entry));
        if self.unacked.len() != before {
            self.oldest_unacked_at = now;
        }
        true
    }

    /// The relay has cosigned the head of this size. `false` when it is none of ours, or the signature is not the relay's.
    #[must_use]
    pub(super) fn cosigned(&mut self, size: u64, line: &[u8]) -> bool {
        let Some(at) = self.uncosigned.iter().position(|(_, known, _)| *known == size) else { return false };
        let Ok(mut note) = Note::from_bytes(&self.uncosigned[at].2) else { return false };
        let Ok(line) = SignatureLine::from_bytes(line) else { return false };
        if note.check_cosignature(&line, &self.log.origin().relay_name(), &self.cosigner).is_err() {
            return false;
        }
        note.signatures.push(line);
        self.cosigned = Some(note);
        // What is signed over more covers all before it.
        self.uncosigned.drain(..=at);
        true
    }

    /// The newest head that host and relay have signed.
    pub(super) fn last_cosigned(&self) -> Option<&Note> {
        self.cosigned.as_ref()
    }

    /// Since when the oldest head lacks its cosignature.
    pub(super) fn uncosigned_since(&self) -> Option<Millis> {
        if self.failed.is_some() {
            return None;
        }
        self.uncosigned.front().map(|(at, ..)| *at)
    }

    /// Whether the entry at this place is on the relay's disk.
    pub(super) fn is_stored(&self, seq: u64) -> bool {
        seq < self.acked
    }

    /// Whether everything is on the relay's disk.
    pub(super) fn all_stored(&self) -> bool {
        self.unacked.is_empty()
    }

    /// The relay can't store: nothing more is sent and nothing more is waited for.
    pub(super) fn fail(&mut self, why: StoreFailure) {
        self.failed = Some(why);
        self.uncosigned.clear();
        self.unacked.clear();
        self.out.clear();
    }

    /// Whether the relay can't store.
    pub(super) fn failed(&self) -> Option<StoreFailure> {
        self.failed
    }

    /// Messages that wait for the relay's disk.
    pub(super) fn unacknowledged(&self) -> usize {
        self.unacked.len()
    }

    /// Whether more waits for the relay than may.
    pub(super) fn is_overfull(&self) -> bool {
        self.unacked.len() > MAX_UNACKED_LEAVES
    }

    /// When a silent relay counts as failed, while something waits for it.
    pub(super) fn ack_deadline(&self) -> Option<Millis> {
        (!self.unacked.is_empty()).then(|| self.oldest_unacked_at.saturating_add(ACK_DEADLINE_MS))
    }

    /// Sends everything again that is not acknowledged: the line was cut and is back.
    pub(super) fn resend(&mut self, now: Millis) {
        self.oldest_unacked_at = now;
        self.out = self.unacked.iter().map(|(_, message)| message.clone()).collect();
    }

    /// When the head is due to be signed.
    pub(super) fn next_signature(&self) -> Option<Millis> {
        self.cadence.next()
    }

    /// Checkpoints signed so far.
    pub(super) fn checkpoints(&self) -> u64 {
        self.log.checkpoints()
    }
}

#[cfg(test)]
impl Journal {
    /// Goes on with one event for the relay, while the technicians are shown another.
    pub(super) fn fork(&mut self, now: Now, for_relay: Event, for_technicians: Event) {
        let mut other = self.log.clone();
        self.write(now, Actor::host(), for_relay);
        self.sign(now.mono_ms);
        let leaf = other.append(Draft::new(now.wall_ms, now.mono_ms, Actor::host(), for_technicians));
        let (size, note) = other.checkpoint(&self.key).expect("there is a leaf to sign");
        self.fresh = VecDeque::from([Fresh::Leaf(leaf.bytes), Fresh::Head(size, note)]);
    }
}
