//! What every kind of event has in common: its name in a list, and whom it is about.
//!
//! In scope: facts that readers filter by. Not in scope: words for people.

use super::{Event, MediaSegment};

impl Event {
    /// Every kind, in the order of the enumeration.
    pub const KINDS: [&'static str; 31] = [
        "session.created",
        "policy.applied",
        "session.ended",
        "keys.sealed",
        "code.issued",
        "code.attempt",
        "code.burned",
        "pair.confirmed",
        "tech.identified",
        "tech.rejected",
        "consent.prompted",
        "consent.granted",
        "consent.denied",
        "notice.shown",
        "view.started",
        "view.stopped",
        "control.requested",
        "control.granted",
        "control.revoked",
        "input.summary",
        "input.blocked",
        "customer.stop",
        "peer.joined",
        "peer.left",
        "epoch.changed",
        "recording.started",
        "recording.failed",
        "media.segment",
        "link.lost",
        "link.resumed",
        "anomaly",
    ];

    /// The technician that the event is about, by number; `None` when it is about none or about the whole session.
    pub fn peer(&self) -> Option<u8> {
        match self {
            Self::TechIdentified(data) => Some(data.peer),
            Self::PairConfirmed { peer, .. }
            | Self::TechRejected { peer, .. }
            | Self::ConsentPrompted { peer, .. }
            | Self::ConsentGranted { peer, .. }
            | Self::ConsentDenied { peer, .. }
            | Self::ViewStarted { peer, .. }
            | Self::ViewStopped { peer, .. }
            | Self::ControlRequested { peer, .. }
            | Self::ControlGranted { peer, .. }
            | Self::ControlRevoked { peer, .. }
            | Self::InputSummary { peer, .. }
            | Self::InputBlocked { peer, .. }
            | Self::PeerJoined { peer, .. }
            | Self::PeerLeft { peer, .. } => Some(*peer),
            Self::LinkLost { peer } | Self::LinkResumed { peer, .. } | Self::Anomaly { peer, .. } => *peer,
            Self::SessionCreated { .. }
            | Self::PolicyApplied { .. }
            | Self::SessionEnded { .. }
            | Self::KeysSealed { .. }
            | Self::CodeIssued { .. }
            | Self::CodeAttempt { .. }
            | Self::CodeBurned { .. }
            | Self::NoticeShown { .. }
            | Self::CustomerStop { .. }
            | Self::EpochChanged { .. }
            | Self::RecordingStarted { .. }
            | Self::RecordingFailed { .. }
            | Self::MediaSegment(MediaSegment { .. }) => None,
        }
    }
}
