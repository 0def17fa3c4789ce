//! Which class and activity of the framework each kind of event is.
//!
//! In scope: that table, for every kind. Not in scope: the fields of a class.

use deskhand_audit::{AttemptResult, Event};

/// The classes that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Authentication,
    UserAccess,
    Rdp,
    EventLog,
    Finding,
}

/// The activity of what the framework has no name for; the kind is its name then.
const OTHER: u8 = 99;

impl Class {
    pub(super) fn uid(self) -> u64 {
        match self {
            Self::Authentication => 3002,
            Self::UserAccess => 3005,
            Self::Rdp => 4005,
            Self::EventLog => 1008,
            Self::Finding => 2004,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::UserAccess => "User Access Management",
            Self::Rdp => "RDP Activity",
            Self::EventLog => "Event Log Activity",
            Self::Finding => "Detection Finding",
        }
    }

    pub(super) fn category(self) -> (u8, &'static str) {
        match self {
            Self::EventLog => (1, "System Activity"),
            Self::Finding => (2, "Findings"),
            Self::Authentication | Self::UserAccess => (3, "Identity & Access Management"),
            Self::Rdp => (4, "Network Activity"),
        }
    }

    /// The framework's name of an activity.
    pub(super) fn activity(self, activity: u8) -> Option<&'static str> {
        let names: &[(u8, &str)] = match self {
            Self::Authentication => &[(1, "Logon"), (6, "Preauth")],
            Self::UserAccess => &[(1, "Assign Privileges"), (2, "Revoke Privileges")],
            Self::Rdp => &[(3, "Connect Request"), (4, "Connect Response"), (6, "Traffic"), (7, "Disconnect"), (8, "Reconnect")],
            Self::EventLog => &[(6, "Start"), (7, "Stop")],
            Self::Finding => &[(1, "Create")],
        };
        names.iter().find(|(known, _)| *known == activity).map(|(_, name)| *name)
    }
}

/// The class and activity of an event.
pub(super) fn class_of(event: &Event) -> (Class, u8) {
    match event {
        Event::CodeIssued { .. } => (Class::Authentication, OTHER),
        Event::CodeAttempt { result: AttemptResult::Started, .. } => (Class::Authentication, OTHER),
        Event::CodeAttempt { .. } => (Class::Authentication, 1),
        Event::PairConfirmed { .. } => (Class::Authentication, 6),
        Event::TechIdentified(_) | Event::TechRejected { .. } => (Class::Authentication, 1),
        Event::ConsentPrompted { .. } | Event::ControlRequested { .. } => (Class::UserAccess, OTHER),
        Event::ConsentGranted { .. } | Event::ConsentDenied { .. } | Event::ControlGranted { .. } => (Class::UserAccess, 1),
        Event::ControlRevoked { .. } => (Class::UserAccess, 2),
        Event::SessionCreated { .. } => (Class::Rdp, 3),
        Event::PeerJoined { .. } => (Class::Rdp, 4),
        Event::InputSummary { .. } | Event::InputBlocked { .. } => (Class::Rdp, 6),
        Event::SessionEnded { .. } | Event::PeerLeft { .. } | Event::LinkLost { .. } => (Class::Rdp, 7),
        Event::LinkResumed { .. } => (Class::Rdp, 8),
        Event::PolicyApplied { .. }
        | Event::NoticeShown { .. }
        | Event::ViewStarted { .. }
        | Event::ViewStopped { .. }
        | Event::EpochChanged { .. } => (Class::Rdp, OTHER),
        Event::RecordingStarted { .. } => (Class::EventLog, 6),
        Event::RecordingFailed { .. } => (Class::EventLog, 7),
        Event::KeysSealed { .. } | Event::MediaSegment(_) => (Class::EventLog, OTHER),
        Event::CodeBurned { .. } | Event::CustomerStop { .. } | Event::Anomaly { .. } => (Class::Finding, 1),
    }
}

/// The scopes that an event of consent or control is about.
pub(super) fn scopes_of(event: &Event) -> Vec<&'static str> {
    match event {
        Event::ConsentPrompted { scopes, .. } | Event::ConsentGranted { scopes, .. } => scopes.iter().map(|scope| scope.word()).collect(),
        Event::ControlRequested { .. } | Event::ControlGranted { .. } | Event::ControlRevoked { .. } => vec!["control"],
        _ => Vec::new(),
    }
}
