//! Why the cage gave no picture, grouped by what helps.
//!
//! In scope: the enum and its sentences. Not in scope: reacting to it (the viewer's part).

use deskhand_decode::DecodeError;

/// Why the cage gave no picture. After any of these the picture is old until a key update is applied.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CageError {
    /// This machine: the process could not be started.
    #[error("this computer cannot start the process that decodes the screen ({0}); close other programs and try again")]
    Start(String),
    /// The process ended, or did not answer, or answered nonsense: a hostile or damaged update. Call
    /// [`crate::Cage::respawn`] and ask for a key update.
    #[error("decoding the screen failed and is started again ({0})")]
    Crashed(String),
    /// The update was not applied: ask for a key update.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The update was refused, for a reason in the cage's own words: ask for a key update.
    #[error("the update was refused: {0}")]
    Refused(String),
}

impl CageError {
    /// Whether the process is gone and [`crate::Cage::respawn`] is needed.
    #[must_use]
    pub const fn needs_respawn(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Crashed(_))
    }
}
