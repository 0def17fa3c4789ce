//! Pairing at the technician's end: P1, P2, both confirmations, then the sealed identity.
//!
//! In scope: the order and what each failure means. Not in scope: the cryptography (`seal`).

use deskhand_identity::{Label, PublicKey, Session, SessionId};
use deskhand_seal::{
    pairing::{PairContext, Spake2Ed25519, TechnicianPairing, Unconfirmed},
    screen::ScreenOpener,
};
use deskhand_wire::{
    PeerId,
    control::ViewerToHost,
    encode,
    limits::{OLDEST_VERSION, VERSION},
    pair::{ControlFrame, PairFailure, PairMessage, SUITE_1},
    text::{List, Text},
};

use super::channels::Channels;
use super::live::Live;
use super::witness::Witness;
use super::{Ending, ViewerOutput, ViewerSession};
use crate::clock::Now;
use crate::error::ViewerError;

/// How long the customer's machine may take for an answer, milliseconds.
pub(super) const ANSWER_MS: u64 = 30_000;

/// Where a viewer session is.
pub(super) enum Stage {
    /// The nameplate was claimed at the relay.
    Claiming,
    /// P1 was sent.
    Opened(Box<Opened>),
    /// The confirmation was sent.
    Confirming { peer: PeerId, session: SessionId, key: PublicKey<Session>, unconfirmed: Box<Unconfirmed> },
    /// Host and viewer share keys.
    Live(Box<Live>),
    /// Over.
    Ended,
}

pub(super) struct Opened {
    peer: PeerId,
    session: SessionId,
    pairing: TechnicianPairing<Spake2Ed25519>,
    p1: Vec<u8>,
}

impl ViewerSession {
    /// The relay let this viewer in: sends P1.
    pub(super) fn claimed(&mut self, now: Now, peer: PeerId, session: SessionId) {
        if !matches!(self.stage, Stage::Claiming) {
            return;
        }
        let context = PairContext {
            sid: *session.bytes(),
            nameplate: self.config.code.nameplate(),
            relay: *self.config.relay.bytes(),
            organisation: *self.config.statement.statement().organisation.key.bytes(),
        };
        let password = self.config.code.secret().password();
        let seed = self.seed.child("pairing", 0);
        let (pairing, opening) = TechnicianPairing::start(context, &password, &seed);
        let p1 = encode(&ControlFrame::Pair(PairMessage::P1 {
            versions: List::clipped(OLDEST_VERSION..=VERSION),
            suites: List::clipped([SUITE_1]),
            nonce: opening.nonce,
            pake: opening.pake,
            kem_public: opening.kem_key,
        }));
        self.outputs.push_back(ViewerOutput::OpenStreams { peer });
        self.outputs.push_back(ViewerOutput::Control { frame: p1.clone() });
        self.deadline = Some(now.mono_ms.saturating_add(ANSWER_MS));
        self.stage = Stage::Opened(Box::new(Opened { peer, session, pairing, p1 }));
    }

    /// A pairing message of the host; `frame` is the whole frame it came in.
    pub(super) fn pair_message(&mut self, now: Now, frame: &[u8], message: PairMessage) {
        match (std::mem::replace(&mut self.stage, Stage::Ended), message) {
            (Stage::Opened(opened), PairMessage::P2 { version, suite, pake, kem_ciphertext, session_key, .. }) => {
                if !(OLDEST_VERSION..=VERSION).contains(&version) || suite != SUITE_1 {
                    return self.fail(ViewerError::PeerMisbehaved("it chose what was not offered"));
                }
                self.second_message(now, *opened, frame, &pake, &kem_ciphertext, session_key);
            }
            (Stage::Confirming { peer, session, key, unconfirmed }, PairMessage::HostConfirm(mac)) => match unconfirmed.confirm(&mac) {
                Ok(master) => {
                    let channels = Channels::new(&master, peer);
                    let th = *master.transcript();
                    let screen = ScreenOpener::new(*session.bytes());
                    let witness = Witness::new(peer, session, key, self.config.scopes);
                    self.stage = Stage::Live(Box::new(Live::new(channels, screen, witness)));
                    self.deadline = None;
                    self.outputs.push_back(ViewerOutput::Paired { session });
                    self.identify(now, &th);
                }
                Err(_) => self.fail(ViewerError::HostNotConfirmed),
            },
            (Stage::Opened(_) | Stage::Confirming { .. }, PairMessage::Failed(failure)) => self.fail(match failure {
                PairFailure::WrongCode { left } => ViewerError::WrongCode { left },
                PairFailure::Burned => ViewerError::CodeBurned,
                PairFailure::Expired => ViewerError::CodeExpired,
                PairFailure::Busy => ViewerError::Busy,
                PairFailure::Incompatible { oldest, newest } => ViewerError::PeerIncompatible { oldest, newest, ours: VERSION },
            }),
            // With keys, a clear message can only come from between the ends: it changes nothing.
            (stage @ (Stage::Live(_) | Stage::Ended | Stage::Claiming), _) => self.stage = stage,
            (Stage::Opened(_) | Stage::Confirming { .. }, _) => {
                self.fail(ViewerError::PeerMisbehaved("a pairing message came out of turn"));
            }
        }
    }

    fn second_message(&mut self, now: Now, opened: Opened, p2: &[u8], pake: &[u8], kem: &[u8], session_key: [u8; 32]) {
        let Opened { peer, session, pairing, p1 } = opened;
        let key = PublicKey::<Session>::from_bytes(session_key).ok().filter(|key| SessionId::of(key) == session);
        let Some(key) = key else {
            return self.fail(ViewerError::PeerMisbehaved("its key is not the session's"));
        };
        match pairing.finish(&p1, p2, pake, kem) {
            Ok(unconfirmed) => {
                let frame = encode(&ControlFrame::Pair(PairMessage::ViewerConfirm(unconfirmed.confirmation())));
                self.outputs.push_back(ViewerOutput::Control { frame });
                self.deadline = Some(now.mono_ms.saturating_add(ANSWER_MS));
                self.stage = Stage::Confirming { peer, session, key, unconfirmed: Box::new(unconfirmed) };
            }
            Err(_) => self.fail(ViewerError::PeerMisbehaved("its pairing message is malformed")),
        }
    }

    /// The first sealed message: who the technician is.
    fn identify(&mut self, now: Now, th: &[u8; 32]) {
        let config = &self.config;
        let identity = ViewerToHost::Identity {
            certificate: Text::clipped(&config.certificate.to_text()),
            signature: config.key.sign(Label::IDENT, th).bytes().to_vec(),
            ticket: config.ticket.as_deref().map(Text::clipped),
            reason: config.reason.as_deref().map(Text::clipped),
            scopes: config.scopes,
            entered: config.entered.clone(),
        };
        self.send(now, &identity);
    }

    /// It never began or had to be broken off.
    pub(super) fn fail(&mut self, error: ViewerError) {
        self.finish(Ending::Failed(error));
    }
}
