//! Technicians as witnesses: each is shown the log from its joining on, and cosigns the heads that fit what it was shown.
//!
//! In scope: passing leaves and heads on in order, checking cosignatures, noticing that one is missing. Not in scope: what a technician's
//! program checks before it signs (`viewer::witness`), the relay's cosignatures (`journal`, `timers`).

use std::collections::VecDeque;

use deskhand_audit::note::{Note, SignatureLine};
use deskhand_identity::{CosignMissing, PublicKey, TechnicianCosign};
use deskhand_wire::{
    Millis, PeerId,
    control::{HostToViewer, RevokedBy},
    text::List,
};

use super::HostSession;
use super::journal::Fresh;
use crate::clock::Now;

/// Heads that may wait for one technician's cosignature; the oldest is forgotten for a further one.
const MAX_WAITING: usize = 64;

/// What one technician has put its name to.
pub(super) struct Witness {
    key: PublicKey<TechnicianCosign>,
    /// Heads that it was shown and has not cosigned: since when, how many leaves, the note.
    waiting: VecDeque<(Millis, u64, Vec<u8>)>,
    /// The cosignature is late, and the log says so.
    missing: bool,
    /// The largest size that it has cosigned.
    cosigned: u64,
}

impl Witness {
    pub(super) fn new(key: PublicKey<TechnicianCosign>) -> Self {
        Self { key, waiting: VecDeque::new(), missing: false, cosigned: 0 }
    }

    fn shown(&mut self, now: Millis, size: u64, note: &[u8]) {
        if self.waiting.len() == MAX_WAITING {
            self.waiting.pop_front();
        }
        self.waiting.push_back((now, size, note.to_vec()));
    }

    /// The largest size that it has cosigned, 0 for none.
    pub(super) fn size(&self) -> u64 {
        self.cosigned
    }

    /// Whether the line is its cosignature of a head that it was shown.
    fn cosigns(&mut self, name: &str, size: u64, line: &[u8]) -> bool {
        let Some(at) = self.waiting.iter().position(|(_, known, _)| *known == size) else { return false };
        let Ok(note) = Note::from_bytes(&self.waiting[at].2) else { return false };
        let fits = SignatureLine::from_bytes(line).is_ok_and(|line| note.check_cosignature(&line, name, &self.key).is_ok());
        if fits {
            // What is signed over more covers all before it.
            self.waiting.drain(..=at);
            self.missing = false;
            self.cosigned = size;
        }
        fits
    }
}

impl HostSession {
    /// Tells a technician where it joins the log. Everything from here on follows.
    pub(super) fn show_log(&mut self, peer: PeerId) {
        self.pass_on();
        let (tree, _) = self.journal.standing();
        let peaks = List::clipped(tree.peaks().iter().map(|peak| peak.0));
        let message = HostToViewer::Log { size: tree.size(), peaks, opened: self.opened.clone().unwrap_or_default() };
        self.tell_alone(peer, &message);
    }

    /// Shows new leaves and heads to every technician.
    pub(super) fn pass_on(&mut self) {
        while let Some(fresh) = self.journal.next_fresh() {
            let message = match &fresh {
                Fresh::Leaf(bytes) => HostToViewer::Leaf { bytes: bytes.clone() },
                Fresh::Head(_, note) => HostToViewer::Head { note: note.clone() },
            };
            for peer in self.technicians() {
                self.tell_alone(peer, &message);
                let now = self.latest;
                if let Fresh::Head(size, note) = &fresh
                    && let Some(technician) = self.technician_mut(peer)
                {
                    technician.witness.shown(now, *size, note);
                }
            }
        }
    }

    /// A technician's cosignature.
    pub(super) fn technician_cosigned(&mut self, now: Now, peer: PeerId, size: u64, line: &[u8]) {
        let name = self.journal.standing().1.technician_name(peer);
        let fits = self.technician_mut(peer).is_some_and(|technician| technician.witness.cosigns(&name, size, line));
        if !fits {
            self.anomaly(now, Some(peer), "cosignature_refused");
            self.break_off(now, peer);
        }
    }

    /// When a technician's cosignature counts as missing, once for each time that it is.
    pub(super) fn witnesses_due(&self) -> Option<Millis> {
        let waits = |witness: &Witness| Some(witness.waiting.front().filter(|_| !witness.missing)?.0);
        let since = self.peers.values().filter_map(|known| waits(&known.technician()?.witness)).min()?;
        Some(since.saturating_add(self.policy().cosign_missing_ms))
    }

    /// A technician whose program does not put its name to what the log says of it: by policy it controls no longer.
    pub(super) fn witnesses_on_time(&mut self, now: Now) {
        let patience = self.policy().cosign_missing_ms;
        for peer in self.technicians() {
            let Some(technician) = self.technician_mut(peer) else { continue };
            let witness = &mut technician.witness;
            let late = witness.waiting.front().is_some_and(|(since, ..)| since.saturating_add(patience) <= now.mono_ms);
            if !late || std::mem::replace(&mut witness.missing, true) {
                continue;
            }
            self.anomaly(now, Some(peer), "cosignature_missing");
            if self.policy().cosign_missing == CosignMissing::StopControl {
                self.take_control(now, peer, RevokedBy::Log);
            }
        }
    }
}

/// A customer's program that was changed to write, show and say whatever it likes.
#[cfg(test)]
impl HostSession {
    /// Writes an event about a technician that never happened, signed and shown.
    pub(crate) fn evil_event(&mut self, now: Now, event: deskhand_audit::Event) {
        self.journal.write(now, deskhand_audit::Actor::technician(1), event);
        self.journal.sign(now.mono_ms);
    }

    /// Writes one event for the relay and another for the technicians, both signed.
    pub(crate) fn evil_fork(&mut self, now: Now, for_relay: deskhand_audit::Event, for_technicians: deskhand_audit::Event) {
        self.pass_on();
        self.journal.fork(now, for_relay, for_technicians);
    }

    /// Any sealed message to a technician.
    pub(crate) fn evil_message(&mut self, peer: PeerId, message: &HostToViewer) {
        self.tell(peer, message);
    }
}
