//! Why a recording cannot be played at all; a part that cannot is a [`crate::Gap`].
//!
//! In scope: the enum and its sentences.

use deskhand_cage::CageError;
use deskhand_recording::RecordError;

/// Why a recording cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The recording key is not this session's.
    #[error(transparent)]
    Key(RecordError),
    /// Files cannot be read.
    #[error("the recording cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The log holds no event that can be read.
    #[error("the session has no log that can be read")]
    NoLog,
    /// The process that decodes cannot be started.
    #[error(transparent)]
    Cage(CageError),
}
