//! Why an update was not applied, grouped by whose fault it is.
//!
//! In scope: the enum and its sentences. Not in scope: what to do about it (ask for a key update: the caller's part).

use deskhand_screen::{Size, UpdateError};

/// Why an update was not applied. Ask the sender for a key update.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// The line: an update before this one is missing. The picture is untouched.
    #[error("an update is missing: the picture is at {have}, the next one builds on {base}; ask for a key update")]
    Gap {
        /// The last applied update.
        have: u64,
        /// What the refused one builds on.
        base: u64,
    },
    /// Nothing can be applied until a key update comes: there was none yet, or an update failed before. The picture is untouched.
    #[error("only a key update can be shown now; ask for one")]
    NeedsKey,
    /// The peer: the update is outside the limits.
    #[error("the update is outside the limits: {0}")]
    Malformed(#[from] UpdateError),
    /// The peer: the size changed without a key update.
    #[error("the screen size changed from {have:?} to {got:?} without a key update")]
    SizeChanged {
        /// Size of the picture.
        have: Size,
        /// Size in the update.
        got: Size,
    },
    /// The peer: packed pixels that do not unpack to exactly their rectangles.
    #[error("packed pixels are damaged: {0}")]
    Tiles(&'static str),
    /// The peer: video that is not one picture of exactly its rectangle.
    #[error("video is damaged: {0}")]
    Video(&'static str),
    /// This machine: memory for the picture or the codec could not be had.
    #[error("this computer has no memory left for {0}; close other programs")]
    Memory(&'static str),
}
