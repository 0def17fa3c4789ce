//! One event of every kind, with every optional field filled in.
//!
//! In scope: samples for tests and for the page of events. Not in scope: an order that is allowed.
//! `event::page` compares this list with what the reader of the log knows, so that none is forgotten.

use deskhand_identity::{
    CodeStyle, Label, Organisation as OrganisationKind, Recording, Relay, RelayCosign, Scope, SecretKey, Session, TechnicianSecret,
};

use super::PEER;
use crate::{AnswerInput, AttemptResult, Blob, By, Display, Event, Hash, MediaSegment, Organisation, PeerRole, TechIdentified, Totals};

/// One event of every kind, in the order of the enumeration.
pub fn every_kind() -> Vec<Event> {
    let hash = Hash::of(b"a sample");
    let scopes = vec![Scope::View, Scope::Control];
    let reviewers = vec!["abcd-efgh".to_owned()];
    vec![
        created(),
        Event::PolicyApplied { serial: 1, sha256: hash, recording: Recording::Optional, scopes: scopes.clone() },
        Event::SessionEnded {
            by: By::Customer,
            reason: "customer".into(),
            duration_ms: 61_000,
            totals: Totals { updates: 40, bytes: 9000, inputs: 3, checkpoints: Some(9) },
        },
        Event::KeysSealed { envelope_sha256: hash, half_sha256: hash, reviewers: reviewers.clone(), needed: 2 },
        Event::CodeIssued { nameplate: "48213".into(), style: CodeStyle::Words, attempts: 3, life_ms: 600_000 },
        Event::CodeAttempt { n: 1, left: 2, result: AttemptResult::Success },
        Event::CodeBurned { reason: "attempts".into() },
        Event::PairConfirmed { peer: PEER, th: hash, pake: "spake2-ed25519".into(), suite: "1".into() },
        Event::TechIdentified(Box::new(identified())),
        Event::TechRejected { peer: PEER, reason: "certificate".into() },
        Event::ConsentPrompted { peer: PEER, scopes: scopes.clone(), text_sha256: hash, locale: "en".into() },
        Event::ConsentGranted { peer: PEER, scopes, latency_ms: 900, input: AnswerInput::Pointer, recording: Some(true) },
        Event::ConsentDenied { peer: PEER, reason: "answered".into(), latency_ms: 900 },
        Event::NoticeShown { notice: "domain-unchecked".into() },
        Event::ViewStarted { peer: PEER, displays: vec![Display { x: 0, y: 0, width: 1280, height: 720 }] },
        Event::ViewStopped { peer: PEER, by: By::Technician },
        Event::ControlRequested { peer: PEER, minutes: 5 },
        Event::ControlGranted { peer: PEER, grant: 1, minutes: 5 },
        Event::ControlRevoked { peer: PEER, grant: 1, by: By::Timeout },
        Event::InputSummary { peer: PEER, grant: 1, keys: 2, clicks: 1, wheel: 4, moves: 9 },
        Event::InputBlocked { peer: PEER, reason: "stale".into(), count: 2 },
        Event::CustomerStop { how: AnswerInput::Key },
        Event::PeerJoined { peer: PEER, role: PeerRole::Technician },
        Event::PeerLeft { peer: PEER, reason: "link".into(), cosigned: 0 },
        Event::EpochChanged { epoch: 2, reason: "age".into(), key_sha256: hash },
        Event::RecordingStarted { reviewers },
        Event::RecordingFailed { reason: "storage".into(), last: Some(7) },
        Event::MediaSegment(MediaSegment { epoch: 1, first: 1, last: 4, updates: 3, bytes: 900, sha256: hash, discarded: vec![2] }),
        Event::LinkLost { peer: Some(PEER) },
        Event::LinkResumed { peer: Some(PEER), gap_ms: 1500 },
        Event::Anomaly { anomaly: "replay".into(), peer: Some(PEER), detail: Some("a message came twice".into()) },
    ]
}

fn created() -> Event {
    let key = SecretKey::<OrganisationKind>::from_seed([1; 32]).public();
    Event::SessionCreated {
        organisation: Organisation { key, name: "Acme Support".into(), domain: Some("acme.example".into()) },
        relay: SecretKey::<Relay>::from_seed([2; 32]).public(),
        relay_cosign: SecretKey::<RelayCosign>::from_seed([6; 32]).public(),
        key: SecretKey::<Session>::from_seed([3; 32]).public(),
        version: "0.1.0".into(),
    }
}

fn identified() -> TechIdentified {
    let secret = TechnicianSecret::from_seeds([4; 32], [5; 32]);
    let key = secret.public().tls;
    TechIdentified {
        peer: PEER,
        organisation: SecretKey::<OrganisationKind>::from_seed([1; 32]).public(),
        key,
        key_fp: key.fingerprint(),
        cosign: secret.public().cosign,
        auth: "certificate".into(),
        ticket: true,
        nameplate: "48213".into(),
        relay: SecretKey::<Relay>::from_seed([2; 32]).public(),
        p1: Blob(vec![0xA1; 40]),
        p2: Blob(vec![0xB2; 40]),
        signature: secret.tls.sign(Label::IDENT, &[0; 32]),
    }
}
