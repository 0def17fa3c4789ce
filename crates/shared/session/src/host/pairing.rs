//! Pairing at the host: the only thing that runs on a stranger's bytes.
//!
//! In scope: P1, the counted attempt, P2, both confirmations, failures. Not in scope: the cryptography (`seal`), the
//! count (`code`), who the technician is (`identify`).

use deskhand_audit::{Actor, AttemptResult, Event, Hash};
use deskhand_seal::pairing::{HostPairing, PairContext, Pake, SUITE_NAME, Spake2Ed25519};
use deskhand_wire::{
    Millis, PeerId,
    control::HostToViewer,
    decode, encode,
    limits::{MAX_CONTROL_FRAME, MAX_PAIR_FRAME, OLDEST_VERSION, VERSION},
    pair::{ControlFrame, PairFailure, PairMessage, SUITE_1},
    relay::HostToRelay,
};

use super::code::{Attempt, NoAttempt};
use super::peer::{Channels, Paired, Pairing, STEP_MS, Said, Stage};
use super::{CodeGone, HostOutput, HostSession, Notice};
use crate::clock::Now;

/// How long a viewer's streams stay open after the last that it was told, milliseconds.
const LAST_WORDS_MS: u64 = 500;

impl HostSession {
    /// A frame of a viewer's control stream.
    pub(super) fn control_frame(&mut self, now: Now, peer: PeerId, frame: &[u8]) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        let limit = if known.channels().is_some() { MAX_CONTROL_FRAME } else { MAX_PAIR_FRAME };
        match decode::<ControlFrame>(frame, limit) {
            Ok(ControlFrame::Pair(PairMessage::P1 { versions, suites, pake, kem_public, .. })) => {
                if !matches!(known.stage, Stage::Claimed { .. }) {
                    return self.out_of_turn(now, peer);
                }
                if !versions.as_slice().iter().any(|version| (OLDEST_VERSION..=VERSION).contains(version))
                    || !suites.as_slice().contains(&SUITE_1)
                {
                    let failure = PairFailure::Incompatible { oldest: OLDEST_VERSION, newest: VERSION };
                    if self.may_log_anomaly() {
                        let rejected = Event::TechRejected { peer, reason: "incompatible".into() };
                        self.journal.write(now, Actor::host(), rejected);
                    }
                    return self.refuse_pairing(peer, failure);
                }
                self.first_message(now, peer, frame, &pake, &kem_public);
            }
            Ok(ControlFrame::Pair(PairMessage::ViewerConfirm(mac))) => self.viewer_confirm(now, peer, &mac),
            Ok(ControlFrame::Pair(_)) => self.out_of_turn(now, peer),
            Ok(ControlFrame::Sealed(sealed)) => self.sealed_control(now, peer, &sealed),
            Err(_) => {
                self.anomaly(now, Some(peer), "malformed_message");
                self.drop_unsafe(now, peer);
            }
        }
    }

    fn out_of_turn(&mut self, now: Now, peer: PeerId) {
        self.anomaly(now, Some(peer), "message_out_of_turn");
        self.drop_unsafe(now, peer);
    }

    /// A viewer that sent what no honest one sends: an attempt under way is lost, keys or no keys.
    fn drop_unsafe(&mut self, now: Now, peer: PeerId) {
        match self.peers.get(&peer).map(|known| &known.stage) {
            // With keys, the frame came from the relay and not from the viewer: it is dropped and the viewer stays.
            Some(Stage::Paired(_) | Stage::Admitted(_)) | None => {}
            Some(Stage::Pairing(_)) => self.attempt_failed(now, peer, AttemptResult::Malformed),
            Some(Stage::Claimed { .. }) => self.dismiss(peer),
        }
    }

    /// P1: the attempt is counted, then answered.
    fn first_message(&mut self, now: Now, peer: PeerId, p1: &[u8], pake: &[u8], kem_public: &[u8]) {
        let attempt = match self.code.attempt(peer, now.mono_ms) {
            Ok(attempt) => attempt,
            Err(NoAttempt::Busy) => return self.refuse_pairing(peer, PairFailure::Busy),
            Err(NoAttempt::NoCode) => {
                self.anomaly(now, Some(peer), "claim_without_code");
                return self.refuse_pairing(peer, PairFailure::Expired);
            }
        };
        let Attempt { n, left } = attempt;
        let started = Event::CodeAttempt { n, left, result: AttemptResult::Started };
        self.journal.write(now, Actor::technician(peer), started);
        let Some(live) = self.code.live() else { return };
        let context = PairContext {
            sid: *self.sid.bytes(),
            nameplate: live.code.nameplate(),
            relay: *self.relay.bytes(),
            organisation: *self.organisation_key().bytes(),
        };
        let nameplate = live.code.nameplate().to_string();
        self.pairings += 1;
        let seed = self.seed.child("pairing", self.pairings);
        let password = live.code.secret().password();
        let answer = HostPairing::<Spake2Ed25519>::answer(context, &password, &seed, pake, kem_public);
        let Ok((state, reply)) = answer else {
            return self.attempt_failed_as(now, peer, attempt, AttemptResult::Malformed);
        };
        let p2 = encode(&ControlFrame::Pair(PairMessage::P2 {
            version: VERSION,
            suite: SUITE_1,
            nonce: reply.nonce,
            pake: reply.pake,
            kem_ciphertext: reply.kem_ciphertext,
            session_key: *self.session_key.public().bytes(),
        }));
        let Ok(unconfirmed) = state.finish(p1, &p2) else {
            return self.attempt_failed_as(now, peer, attempt, AttemptResult::Malformed);
        };
        let deadline = now.mono_ms + STEP_MS;
        let said = Said { nameplate, p1: p1.to_vec(), p2: p2.clone() };
        let pairing = Pairing { deadline, attempt, unconfirmed, said };
        if let Some(known) = self.peers.get_mut(&peer) {
            known.stage = Stage::Pairing(Box::new(pairing));
            self.outputs.push_back(HostOutput::Control { peer, frame: p2 });
        }
    }

    /// The viewer's proof; the host gives its own only after it.
    fn viewer_confirm(&mut self, now: Now, peer: PeerId, mac: &[u8; 32]) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        let deadline = now.mono_ms + STEP_MS;
        let stage = std::mem::replace(&mut known.stage, Stage::Claimed { deadline });
        let pairing = match stage {
            Stage::Pairing(pairing) => *pairing,
            other => {
                known.stage = other;
                return self.out_of_turn(now, peer);
            }
        };
        let own = pairing.unconfirmed.confirmation();
        let Ok(master) = pairing.unconfirmed.confirm(mac) else {
            return self.attempt_failed_as(now, peer, pairing.attempt, AttemptResult::Wrong);
        };
        let Attempt { n, left } = pairing.attempt;
        let success = Event::CodeAttempt { n, left, result: AttemptResult::Success };
        self.journal.write(now, Actor::technician(peer), success);
        self.code_gone(CodeGone::Used);
        let confirmed =
            Event::PairConfirmed { peer, th: Hash(*master.transcript()), pake: Spake2Ed25519::NAME.into(), suite: SUITE_NAME.into() };
        self.journal.write(now, Actor::technician(peer), confirmed);
        let paired = Paired { deadline, channels: Channels::new(&master, peer), th: *master.transcript(), said: pairing.said };
        if let Some(known) = self.peers.get_mut(&peer) {
            known.stage = Stage::Paired(Box::new(paired));
            let frame = encode(&ControlFrame::Pair(PairMessage::HostConfirm(own)));
            self.outputs.push_back(HostOutput::Control { peer, frame });
        }
    }

    /// The attempt under way of this viewer failed.
    pub(super) fn attempt_failed(&mut self, now: Now, peer: PeerId, result: AttemptResult) {
        if let Some(Stage::Pairing(pairing)) = self.peers.get(&peer).map(|known| &known.stage) {
            let attempt = pairing.attempt;
            self.attempt_failed_as(now, peer, attempt, result);
        }
    }

    fn attempt_failed_as(&mut self, now: Now, peer: PeerId, attempt: Attempt, result: AttemptResult) {
        let Attempt { n, left } = attempt;
        self.journal.write(now, Actor::technician(peer), Event::CodeAttempt { n, left, result });
        let failure = if self.code.failed(peer) {
            self.journal.write(now, Actor::host(), Event::CodeBurned { reason: "attempts".into() });
            self.code_gone(CodeGone::Burned);
            PairFailure::Burned
        } else {
            PairFailure::WrongCode { left }
        };
        self.outputs.push_back(HostOutput::Notice(Notice::WrongCode { left }));
        self.refuse_pairing(peer, failure);
    }

    /// Takes the code off the screen and its nameplate from the relay.
    pub(super) fn code_gone(&mut self, why: CodeGone) {
        let _ = self.code.withdraw();
        self.outputs.push_back(HostOutput::Relay(HostToRelay::Retire));
        self.outputs.push_back(HostOutput::CodeGone(why));
    }

    fn refuse_pairing(&mut self, peer: PeerId, failure: PairFailure) {
        let frame = encode(&ControlFrame::Pair(PairMessage::Failed(failure)));
        self.outputs.push_back(HostOutput::Control { peer, frame });
        self.dismiss(peer);
    }

    /// Forgets a viewer and has its streams closed, a moment later: what it was told last goes another way than this
    /// and must arrive first.
    pub(super) fn dismiss(&mut self, peer: PeerId) {
        self.peers.remove(&peer);
        self.dismissals.retain(|(other, _)| *other != peer);
        self.dismissals.push((peer, self.latest.saturating_add(LAST_WORDS_MS)));
    }

    /// Has the streams closed whose moment has come.
    pub(super) fn dismiss_due(&mut self, now: Now) {
        let (due, waiting) = self.dismissals.drain(..).partition(|(_, at)| *at <= now.mono_ms);
        self.dismissals = waiting;
        let due: Vec<(PeerId, Millis)> = due;
        self.outputs.extend(due.into_iter().map(|(peer, _)| HostOutput::Relay(HostToRelay::Dismiss { peer })));
    }

    /// Sends a sealed message to a viewer that has keys.
    pub(super) fn tell(&mut self, peer: PeerId, message: &HostToViewer) {
        // What a message speaks of is in the log, and the technician has seen it there.
        self.pass_on();
        self.tell_alone(peer, message);
    }

    /// The same without the log's news before it.
    pub(super) fn tell_alone(&mut self, peer: PeerId, message: &HostToViewer) {
        let frame = self.peers.get_mut(&peer).and_then(|known| known.channels()?.seal(message));
        if let Some(frame) = frame {
            self.outputs.push_back(HostOutput::Control { peer, frame });
        }
    }
}
