//! What went wrong, for the person and for the exit code.
//!
//! In scope: exit codes of the command line contract, one sentence that says what to do.

use std::io;

use deskhand_link::{LinkError, keyfile::KeyIoError};

/// Exit codes of the command line contract that this program gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; for `verify`: the log stands.
    Done = 0,
    /// Failed for another reason.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// Refused: a key does not open it, or it was erased.
    Refused = 3,
    /// The relay cannot be reached.
    Unreachable = 4,
    /// The log does not stand.
    Unverified = 5,
}

/// An error as a person meets it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and what to do; may hold names as found, escape it for a terminal.
    pub text: String,
    closed_output: bool,
}

impl Failure {
    /// Wrong usage.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, text: text.into(), closed_output: false }
    }

    /// It may not be, or can't be any more.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, text: text.into(), closed_output: false }
    }

    /// It is not as it was written.
    pub(crate) fn unverified(text: impl Into<String>) -> Self {
        Self { exit: Exit::Unverified, text: text.into(), closed_output: false }
    }

    /// Nobody answered.
    pub(crate) fn unreachable(text: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, text: text.into(), closed_output: false }
    }

    /// What became of a line to the relay.
    pub(crate) fn from_link(error: LinkError) -> Self {
        let exit = match &error {
            LinkError::Refused { .. } => Exit::Refused,
            LinkError::Unreachable { .. } | LinkError::Lost | LinkError::Closed { .. } => Exit::Unreachable,
            _ => Exit::Failed,
        };
        Self { exit, text: error.to_string(), closed_output: false }
    }

    /// Anything else.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self { exit: Exit::Failed, text: text.into(), closed_output: false }
    }

    /// Whether the one who reads the output went away (`| head`).
    pub(crate) fn is_closed_output(&self) -> bool {
        self.closed_output
    }
}

/// Errors of writing the output; those of reading a store come with their file.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let closed_output = error.kind() == io::ErrorKind::BrokenPipe;
        Self { closed_output, ..Self::failed(format!("the output cannot be written: {error}")) }
    }
}

impl From<KeyIoError> for Failure {
    fn from(error: KeyIoError) -> Self {
        Self::failed(error.to_string())
    }
}
