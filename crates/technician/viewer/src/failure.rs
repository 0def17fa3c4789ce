//! What went wrong, for the person and for the exit code.
//!
//! In scope: one sentence that says what to do, the exit code of the command line contract, and which errors of the parts
//! mean which code. Not in scope: the sentences of the parts themselves.

use deskhand_identity::{CertificateError, StatementError};
use deskhand_link::{LinkError, keyfile::KeyIoError};
use deskhand_session::{ViewerError, viewer::Ending};
use deskhand_wire::control::{Denial, EndedBy};

/// Exit codes of the command line contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed for another reason.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Refused by the customer, a policy or for an identity.
    Refused = 3,
    /// Nobody there, or the wrong one.
    Unreachable = 4,
}

/// An error as a person meets it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and what to do.
    pub text: String,
}

impl Failure {
    /// An error of this kind.
    pub(crate) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }

    /// Wrong usage.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// This computer's fault.
    pub(crate) fn local(text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, text)
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let exit = match error {
            LinkError::Unreachable { .. } | LinkError::WrongRelayKey { .. } | LinkError::Lost => Exit::Unreachable,
            LinkError::Refused { .. } => Exit::Refused,
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<KeyIoError> for Failure {
    fn from(error: KeyIoError) -> Self {
        let text = match &error {
            KeyIoError::Missing(path) => {
                format!("there is no key file {}: make one with deskhand-viewer keygen, or name another with --key", path.display())
            }
            other => other.to_string(),
        };
        Self::local(text)
    }
}

impl From<StatementError> for Failure {
    fn from(error: StatementError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}

impl From<CertificateError> for Failure {
    fn from(error: CertificateError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}

impl From<ViewerError> for Failure {
    fn from(error: ViewerError) -> Self {
        let exit = match error {
            ViewerError::NoAnswer => Exit::Unreachable,
            ViewerError::PeerIncompatible { .. } | ViewerError::PeerMisbehaved(_) | ViewerError::LogDisputed(_) => Exit::Failed,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}

/// Why something asked for was not given, for the technician.
#[must_use]
pub(crate) fn denial_text(why: Denial) -> &'static str {
    match why {
        Denial::Customer => "the customer said no",
        Denial::TimedOut => "nobody answered the question in time; ask the customer to look at the screen, then ask again",
        Denial::Policy => "the organisation's policy does not allow it",
        Denial::UnknownTechnician => {
            "the customer's program does not know this technician: ask your administrator for a certificate (deskhand-relay tech add)"
        }
        Denial::RevokedTechnician => "this technician's certificate was revoked: ask your administrator",
        Denial::ExpiredCertificate => {
            "this technician's certificate is past its date: ask your administrator for a new one (deskhand-relay tech add)"
        }
        Denial::Busy => "another question is open at the customer's; ask again when it is answered",
        Denial::NoLog => "the log of this session can't be stored, so it may not begin: tell your administrator",
    }
}

/// The word that scripts get for an end.
#[must_use]
pub(crate) fn end_word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Technician | Ending::Host(EndedBy::Technician) => "technician",
        Ending::Host(EndedBy::Customer) => "customer",
        Ending::Host(EndedBy::Timeout) => "timeout",
        Ending::Host(EndedBy::Log) => "log",
        Ending::Host(EndedBy::Capture) => "capture",
        Ending::Host(EndedBy::Protocol) => "protocol",
        Ending::Host(EndedBy::Link) | Ending::HostLeft | Ending::LinkLost | Ending::Dismissed => "link",
        Ending::Failed(_) => "failed",
    }
}

/// How a session ended, as a sentence with its exit code.
#[must_use]
pub(crate) fn of_ending(ending: &Ending) -> Failure {
    let (exit, text) = match ending {
        Ending::Technician | Ending::Host(EndedBy::Technician) => (Exit::Done, "You ended the session."),
        Ending::Host(EndedBy::Customer) => (Exit::Done, "The customer ended the session."),
        Ending::Host(EndedBy::Timeout) => (Exit::Done, "The session's time ran out."),
        Ending::Host(EndedBy::Log) => {
            (Exit::Refused, "The log of the session could not be stored any more, so it was ended: tell your administrator.")
        }
        Ending::Host(EndedBy::Capture) => {
            (Exit::Failed, "The customer's screen can't be captured any more. Ask the customer to start the program again.")
        }
        Ending::Host(EndedBy::Protocol) => (
            Exit::Failed,
            "The session was broken off because the two programs did not understand each other: update the older of the two.",
        ),
        Ending::HostLeft | Ending::Host(EndedBy::Link) => (
            Exit::Unreachable,
            "The customer's machine is no longer connected. Ask whether the program still runs and the network works; a new session needs a new code.",
        ),
        Ending::LinkLost => {
            (Exit::Unreachable, "The line to the relay is cut. Check this computer's network, then start a new session with a new code.")
        }
        Ending::Dismissed => {
            (Exit::Unreachable, "The relay closed this session or is being stopped. Try again in a minute with a new code.")
        }
        Ending::Failed(error) => return error.clone().into(),
    };
    Failure::new(exit, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_tell_refused_from_unreachable() {
        let unreachable = LinkError::Unreachable { addresses: vec!["relay:1".into()], detail: None };
        assert_eq!(Failure::from(unreachable).exit, Exit::Unreachable);
        assert_eq!(Failure::from(LinkError::WrongRelayKey { address: "relay:1".into() }).exit, Exit::Unreachable);
        assert_eq!(Failure::from(LinkError::Refused { code: 1, text: "no".into() }).exit, Exit::Refused);
        assert_eq!(Failure::from(ViewerError::CodeBurned).exit, Exit::Refused);
        assert_eq!(of_ending(&Ending::LinkLost).exit, Exit::Unreachable);
        assert_eq!(of_ending(&Ending::Host(EndedBy::Customer)).exit, Exit::Done);
    }

    #[test]
    fn a_missing_key_names_the_command_that_makes_one() {
        assert!(Failure::from(KeyIoError::Missing("k".into())).text.contains("keygen"));
    }
}
