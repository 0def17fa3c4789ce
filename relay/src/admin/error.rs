//! Why a command did not do it, grouped by what the person can do. In scope: sentences and exit codes (`cli.md`).
//! Not in scope: printing.

use std::io;
use std::path::Path;

use deskhand_identity::{CertificateError, KeyFileError, KeyTextError, NameError, PolicyError, StatementError};
use deskhand_link::keyfile::KeyIoError;
use thiserror::Error;

/// A command that did not do it. Nothing was changed unless the text says so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdminError {
    /// The command was given something it cannot use.
    #[error("{0}")]
    Usage(String),
    /// A key, a signature or what is there already says no.
    #[error("{0}")]
    Refused(String),
    /// The system, or something missing.
    #[error("{0}")]
    Failed(String),
}

impl AdminError {
    /// 1 failed, 2 usage, 3 refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            AdminError::Failed(_) => 1,
            AdminError::Usage(_) => 2,
            AdminError::Refused(_) => 3,
        }
    }

    /// What the system said about a path.
    pub(crate) fn io(path: &Path, error: &io::Error) -> AdminError {
        AdminError::Failed(format!("{}: {error}", path.display()))
    }

    /// The same with the path it is about.
    pub(crate) fn at(self, path: &Path) -> AdminError {
        let with = |text: String| format!("{}: {text}", path.display());
        match self {
            AdminError::Usage(text) => AdminError::Usage(with(text)),
            AdminError::Refused(text) => AdminError::Refused(with(text)),
            AdminError::Failed(text) => AdminError::Failed(with(text)),
        }
    }
}

impl From<KeyTextError> for AdminError {
    fn from(error: KeyTextError) -> Self {
        AdminError::Usage(error.to_string())
    }
}

impl From<NameError> for AdminError {
    fn from(error: NameError) -> Self {
        AdminError::Usage(error.to_string())
    }
}

impl From<PolicyError> for AdminError {
    fn from(error: PolicyError) -> Self {
        AdminError::Usage(error.to_string())
    }
}

impl From<CertificateError> for AdminError {
    fn from(error: CertificateError) -> Self {
        match error {
            CertificateError::Text(_) | CertificateError::Name(_) => AdminError::Usage(error.to_string()),
            _ => AdminError::Refused(error.to_string()),
        }
    }
}

impl From<StatementError> for AdminError {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Content(_) => AdminError::Usage(error.to_string()),
            _ => AdminError::Refused(error.to_string()),
        }
    }
}

impl From<KeyIoError> for AdminError {
    fn from(error: KeyIoError) -> Self {
        let text = error.to_string();
        match error {
            KeyIoError::Exists(_) | KeyIoError::TooOpen { .. } => AdminError::Refused(text),
            KeyIoError::Key { reason: KeyFileError::PassphraseNeeded | KeyFileError::EmptyPassphrase, .. } => AdminError::Usage(text),
            KeyIoError::Key { .. } => AdminError::Refused(text),
            _ => AdminError::Failed(text),
        }
    }
}
