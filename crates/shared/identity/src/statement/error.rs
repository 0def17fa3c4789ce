//! Why a statement was not made or not accepted. In scope: the sentences people read. Not in scope: exit codes.

use thiserror::Error;

use crate::time::rfc3339;

/// Grouped by what went wrong; each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// More than [`MAX_STATEMENT_BYTES`](crate::MAX_STATEMENT_BYTES).
    #[error("the statement is larger than 256 KiB: this is no file of Deskhand, or it lists too much")]
    TooLarge,
    /// Not UTF-8.
    #[error("the statement is not a text file: get the original deskhand.toml from your organisation")]
    NotText,
    /// No signature line at its end.
    #[error("the statement is not signed (its last line must be the signature): get the original deskhand.toml from your organisation")]
    Unsigned,
    /// The signature does not match.
    #[error("the statement was changed after the organisation signed it: get the original deskhand.toml from your organisation")]
    Edited,
    /// Its text has another form.
    #[error("the statement cannot be read: {0}")]
    Form(String),
    /// A later version wrote it.
    #[error("the statement has version {version}, this program knows version 1: update this program")]
    Incompatible {
        /// The version in the file.
        version: u32,
    },
    /// A value is out of its limits.
    #[error("the statement holds a value that is not allowed: {0}")]
    Content(String),
    /// The key is not the one that was expected.
    #[error("the statement is of another organisation (key {found}, expected {expected})")]
    NotTheOrganisation {
        /// Fingerprint of the known key.
        expected: String,
        /// Fingerprint of the key in the statement, or of the key that was to sign it.
        found: String,
    },
    /// Replaced by a newer one.
    #[error("the statement is older (serial {offered}) than the one already known (serial {held}): it is not used")]
    Older {
        /// Serial already known.
        held: u64,
        /// Serial offered.
        offered: u64,
    },
    /// Two statements with one serial.
    #[error("there are two different statements with serial {serial}: ask your organisation, one key must never sign both")]
    Forked {
        /// The serial of both.
        serial: u64,
    },
    /// Its time is over.
    #[error("the statement ended at {}: ask your organisation for a new deskhand.toml", rfc3339(*.not_after_ms))]
    Expired {
        /// When.
        not_after_ms: u64,
    },
    /// Its time has not come.
    #[error("the statement begins at {}: is the clock of this computer right?", rfc3339(*.issued_ms))]
    NotYetValid {
        /// When.
        issued_ms: u64,
    },
}
