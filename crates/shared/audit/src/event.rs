//! What can happen in a session: one variant of [`Event`] per kind.
//!
//! In scope: the typed `data` of every kind, its usual outcome and severity, and which kinds are
//! signed at once. `EVENTS.md` is the page of them. Not in scope: which order is allowed (`verify::grammar`).
//!
//! Nothing here may hold what a person typed, read or is called: keys pressed are counts, texts are
//! sealed beside the log, names are commitments.

mod about;
#[cfg(test)]
mod page;

use deskhand_identity::{
    CodeStyle, Organisation as OrganisationKey, PublicKey, Recording, Relay, RelayCosign, Scope, Session, Signature, Technician,
    TechnicianCosign,
};
use serde::{Deserialize, Serialize};

use crate::{
    encoding::{Blob, Hash},
    entry::{Outcome, Severity},
    jcs::not_empty,
};

/// One event, as `kind` and `data` of an entry. `peer` is the technician's number, from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", deny_unknown_fields)]
#[allow(missing_docs)] // The fields say what the table in each variant's line says.
pub enum Event {
    /// First entry of every log: whose session it is and under which key the log is signed.
    #[serde(rename = "session.created")]
    SessionCreated {
        organisation: Organisation,
        relay: PublicKey<Relay>,
        /// The key that this relay cosigns with.
        relay_cosign: PublicKey<RelayCosign>,
        /// The session id is its hash.
        key: PublicKey<Session>,
        /// Version of the host program.
        version: String,
    },
    /// The statement whose policy rules this session.
    #[serde(rename = "policy.applied")]
    PolicyApplied {
        /// Serial of the statement.
        serial: u64,
        /// SHA-256 of the statement's text.
        sha256: Hash,
        recording: Recording,
        scopes: Vec<Scope>,
    },
    /// Last entry of a log that ended in order.
    #[serde(rename = "session.ended")]
    SessionEnded { by: By, reason: String, duration_ms: u64, totals: Totals },
    /// The recording key is sealed: its first half to these reviewers (fingerprints), its second half with the relay. Without it
    /// neither a recording nor a sealed field can be opened.
    #[serde(rename = "keys.sealed")]
    KeysSealed {
        /// SHA-256 of `keys.age`.
        envelope_sha256: Hash,
        /// [`crate::bundle::half_commitment`] of the half that the relay keeps.
        half_sha256: Hash,
        reviewers: Vec<String>,
        /// How many of them must act together: 1 or 2.
        needed: u8,
    },
    /// A one-time code is shown. Never the words.
    #[serde(rename = "code.issued")]
    CodeIssued { nameplate: String, style: CodeStyle, attempts: u8, life_ms: u64 },
    /// Somebody tried the code: attempt `n` from 1, `left` after it.
    #[serde(rename = "code.attempt")]
    CodeAttempt { n: u8, left: u8, result: AttemptResult },
    /// The code can no longer be used.
    #[serde(rename = "code.burned")]
    CodeBurned { reason: String },
    /// Both ends hold the same key; `th` is the transcript hash.
    #[serde(rename = "pair.confirmed")]
    PairConfirmed { peer: u8, th: Hash, pake: String, suite: String },
    /// The technician proved who they are over that transcript.
    #[serde(rename = "tech.identified")]
    TechIdentified(Box<TechIdentified>),
    /// The technician's proof was refused.
    #[serde(rename = "tech.rejected")]
    TechRejected { peer: u8, reason: String },
    /// The customer is asked.
    #[serde(rename = "consent.prompted")]
    ConsentPrompted {
        peer: u8,
        scopes: Vec<Scope>,
        /// SHA-256 of the text on the customer's screen.
        text_sha256: Hash,
        /// Language tag of that text.
        locale: String,
    },
    /// The customer allowed these scopes.
    #[serde(rename = "consent.granted")]
    ConsentGranted {
        peer: u8,
        scopes: Vec<Scope>,
        latency_ms: u64,
        input: AnswerInput,
        /// What the customer said to the recording, where it was theirs to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recording: Option<bool>,
    },
    /// The customer said no, or nothing.
    #[serde(rename = "consent.denied")]
    ConsentDenied {
        peer: u8,
        /// `answered`, `timeout` or `withdrawn`.
        reason: String,
        latency_ms: u64,
    },
    /// A warning or banner was shown to the customer.
    #[serde(rename = "notice.shown")]
    NoticeShown {
        #[serde(rename = "type")]
        notice: String,
    },
    /// From here on the technician sees the screen.
    #[serde(rename = "view.started")]
    ViewStarted { peer: u8, displays: Vec<Display> },
    /// From here on the technician sees nothing.
    #[serde(rename = "view.stopped")]
    ViewStopped { peer: u8, by: By },
    /// The technician asks for control; the reason is sealed.
    #[serde(rename = "control.requested")]
    ControlRequested { peer: u8, minutes: u32 },
    /// The technician may move pointer and keys until revoked or `minutes` have passed.
    #[serde(rename = "control.granted")]
    ControlGranted { peer: u8, grant: u64, minutes: u32 },
    /// Control ended.
    #[serde(rename = "control.revoked")]
    ControlRevoked { peer: u8, grant: u64, by: By },
    /// How much input was injected since the last summary; never which.
    #[serde(rename = "input.summary")]
    InputSummary { peer: u8, grant: u64, keys: u64, clicks: u64, wheel: u64, moves: u64 },
    /// Input that was not injected, and why.
    #[serde(rename = "input.blocked")]
    InputBlocked { peer: u8, reason: String, count: u64 },
    /// The customer pressed Stop: every grant is gone.
    #[serde(rename = "customer.stop")]
    CustomerStop { how: AnswerInput },
    /// Somebody is in the session.
    #[serde(rename = "peer.joined")]
    PeerJoined { peer: u8, role: PeerRole },
    /// Somebody is no longer in the session.
    #[serde(rename = "peer.left")]
    PeerLeft {
        peer: u8,
        reason: String,
        /// The host holds this technician's cosignature of so many events, 0 for none.
        cosigned: u64,
    },
    /// Updates from here on are sealed under another key, committed to by its hash.
    #[serde(rename = "epoch.changed")]
    EpochChanged { epoch: u32, reason: String, key_sha256: Hash },
    /// The relay keeps the sealed updates; `reviewers` are fingerprints of those who may open them.
    #[serde(rename = "recording.started")]
    RecordingStarted { reviewers: Vec<String> },
    /// The relay no longer keeps them; `last` is the last update that is kept.
    #[serde(rename = "recording.failed")]
    RecordingFailed {
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last: Option<u64>,
    },
    /// What the recording holds since the last segment.
    #[serde(rename = "media.segment")]
    MediaSegment(MediaSegment),
    /// The line to the relay or to one technician is gone.
    #[serde(rename = "link.lost")]
    LinkLost {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer: Option<u8>,
    },
    /// The line is back.
    #[serde(rename = "link.resumed")]
    LinkResumed {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer: Option<u8>,
        gap_ms: u64,
    },
    /// Something that should not happen: a replay, a swapped message, a claim out of turn.
    #[serde(rename = "anomaly")]
    Anomaly {
        #[serde(rename = "type")]
        anomaly: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peer: Option<u8>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
}

/// Whose session it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The organisation's public key.
    pub key: PublicKey<OrganisationKey>,
    /// Its name, as the statement gives it.
    pub name: String,
    /// Its domain, when the statement names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
}

/// What proves who the technician is; the certificate lies in `pii.json` as `certificate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TechIdentified {
    /// The technician's number in this session.
    pub peer: u8,
    /// The organisation's key that signed the certificate.
    pub organisation: PublicKey<OrganisationKey>,
    /// The technician's key.
    pub key: PublicKey<Technician>,
    /// Fingerprint of that key.
    pub key_fp: String,
    /// The key, of the same certificate, that the technician's program cosigns the log with.
    pub cosign: PublicKey<TechnicianCosign>,
    /// How the technician signed in: `certificate`.
    pub auth: String,
    /// Whether a ticket was named (its number is sealed).
    pub ticket: bool,
    /// The nameplate of the code that paired them.
    pub nameplate: String,
    /// The relay's key.
    pub relay: PublicKey<Relay>,
    /// First pairing message, as sent.
    pub p1: Blob,
    /// Second pairing message, as sent.
    pub p2: Blob,
    /// Ed25519 signature over `"deskhand/ident/1" || th`.
    pub signature: Signature,
}

/// Records of the recording, in file order, that one hash covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaSegment {
    /// Epoch whose file holds them.
    pub epoch: u32,
    /// Number of the first update.
    pub first: u64,
    /// Number of the last update.
    pub last: u64,
    /// How many records.
    pub updates: u64,
    /// How many bytes, length prefixes included.
    pub bytes: u64,
    /// SHA-256 over exactly those bytes.
    pub sha256: Hash,
    /// Numbers in `first..=last` that were dropped in favour of a key update, ascending.
    #[serde(default, deserialize_with = "not_empty", skip_serializing_if = "Vec::is_empty")]
    pub discarded: Vec<u64>,
}

/// A part of the screen, in pixels of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Display {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What was counted over the whole session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// Screen updates sent.
    pub updates: u64,
    /// Bytes of sealed updates sent.
    pub bytes: u64,
    /// Input events injected.
    pub inputs: u64,
    /// Checkpoints signed before the one that covers this entry; then none can be taken out unseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<u64>,
}

/// Who or what ended something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The person at the host.
    Customer,
    /// The technician.
    Technician,
    /// The host program on its own account.
    Host,
    /// The relay.
    Relay,
    /// The line.
    Link,
    /// The time that was agreed.
    Timeout,
    /// The organisation's policy.
    Policy,
}

/// How the customer answered or stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerInput {
    /// With the pointer.
    Pointer,
    /// With a key.
    Key,
    /// On a terminal.
    Terminal,
}

/// How an attempt at the code went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttemptResult {
    /// Counted; the answer went out and the other end has not confirmed yet.
    Started,
    /// The words were right.
    Success,
    /// The words were wrong.
    Wrong,
    /// The message was not one of this protocol.
    Malformed,
    /// The other end went away.
    Abandoned,
}

/// What somebody is in the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerRole {
    /// A technician.
    Technician,
}

impl Event {
    /// The kind's name, as in the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SessionCreated { .. } => "session.created",
            Self::PolicyApplied { .. } => "policy.applied",
            Self::KeysSealed { .. } => "keys.sealed",
            Self::SessionEnded { .. } => "session.ended",
            Self::CodeIssued { .. } => "code.issued",
            Self::CodeAttempt { .. } => "code.attempt",
            Self::CodeBurned { .. } => "code.burned",
            Self::PairConfirmed { .. } => "pair.confirmed",
            Self::TechIdentified(_) => "tech.identified",
            Self::TechRejected { .. } => "tech.rejected",
            Self::ConsentPrompted { .. } => "consent.prompted",
            Self::ConsentGranted { .. } => "consent.granted",
            Self::ConsentDenied { .. } => "consent.denied",
            Self::NoticeShown { .. } => "notice.shown",
            Self::ViewStarted { .. } => "view.started",
            Self::ViewStopped { .. } => "view.stopped",
            Self::ControlRequested { .. } => "control.requested",
            Self::ControlGranted { .. } => "control.granted",
            Self::ControlRevoked { .. } => "control.revoked",
            Self::InputSummary { .. } => "input.summary",
            Self::InputBlocked { .. } => "input.blocked",
            Self::CustomerStop { .. } => "customer.stop",
            Self::PeerJoined { .. } => "peer.joined",
            Self::PeerLeft { .. } => "peer.left",
            Self::EpochChanged { .. } => "epoch.changed",
            Self::RecordingStarted { .. } => "recording.started",
            Self::RecordingFailed { .. } => "recording.failed",
            Self::MediaSegment(_) => "media.segment",
            Self::LinkLost { .. } => "link.lost",
            Self::LinkResumed { .. } => "link.resumed",
            Self::Anomaly { .. } => "anomaly",
        }
    }

    /// How an event of this kind went, unless its writer knows better.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::CodeAttempt { result, .. } => match result {
                AttemptResult::Started | AttemptResult::Success => Outcome::Success,
                AttemptResult::Wrong | AttemptResult::Malformed | AttemptResult::Abandoned => Outcome::Failure,
            },
            Self::TechRejected { .. } | Self::ConsentDenied { .. } | Self::InputBlocked { .. } => Outcome::Refused,
            Self::RecordingFailed { .. } | Self::LinkLost { .. } | Self::Anomaly { .. } => Outcome::Failure,
            _ => Outcome::Success,
        }
    }

    /// How much a reviewer should care, unless the writer knows better.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Anomaly { .. } | Self::CodeBurned { .. } | Self::CustomerStop { .. } => Severity::High,
            Self::RecordingFailed { .. } | Self::TechRejected { .. } => Severity::Medium,
            Self::CodeAttempt { .. } if self.outcome() == Outcome::Failure => Severity::Medium,
            Self::ConsentDenied { .. } | Self::InputBlocked { .. } | Self::LinkLost { .. } => Severity::Low,
            _ => Severity::Informational,
        }
    }

    /// Whether the log is signed right after this event instead of within 64 events or 5 s:
    /// consent, control, people, and the end.
    pub fn signed_at_once(&self) -> bool {
        matches!(
            self,
            Self::SessionCreated { .. }
                | Self::TechIdentified(_)
                | Self::ConsentGranted { .. }
                | Self::ConsentDenied { .. }
                | Self::ViewStarted { .. }
                | Self::ViewStopped { .. }
                | Self::ControlGranted { .. }
                | Self::ControlRevoked { .. }
                | Self::CustomerStop { .. }
                | Self::PeerJoined { .. }
                | Self::PeerLeft { .. }
                | Self::SessionEnded { .. }
        )
    }
}
