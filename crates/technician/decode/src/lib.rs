//! From screen updates to the framebuffer, exact and bounded.
//!
//! In scope: applying updates in order, refusing everything that does not fit, knowing which part of the picture is lossy.
//! Memory is bounded by the limits of `screen` for any input. Not in scope: keeping a hijacked codec away from the rest of
//! the program (`cage`), showing the picture (`paint`).
#![forbid(unsafe_code)]

mod engine;
mod error;
mod filter;
mod parameter_set;
mod picture;
mod tiles;
mod touch;
mod under;
mod video;

pub use deskhand_screen as screen;
pub use engine::{Applied, Engine};
pub use error::DecodeError;
pub use picture::Picture;
pub use touch::{MAX_TOUCH_RECTS, Touch, Way};

use deskhand_screen::{Framebuffer, Region, Size, Update};

/// Applies updates to a picture of its own. Before the first key update the picture is one black pixel.
pub struct Decoder {
    engine: Engine,
    frame: Framebuffer,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder that waits for a key update.
    #[must_use]
    pub fn new() -> Self {
        Self { engine: Engine::new(), frame: Framebuffer::new(Size { width: 1, height: 1 }) }
    }

    /// Applies one update: a key update, or the one that builds on exactly [`Decoder::number`].
    ///
    /// # Errors
    /// [`DecodeError::Gap`] and [`DecodeError::NeedsKey`] leave the picture untouched. After any other error the picture is
    /// not to be relied on, and everything but a key update is refused.
    pub fn apply(&mut self, update: &Update) -> Result<Applied, DecodeError> {
        self.engine.apply(update, &mut self.frame)
    }

    /// The picture after the last update.
    #[must_use]
    pub const fn frame(&self) -> &Framebuffer {
        &self.frame
    }

    /// The part of the picture that differs, or may differ, from the source.
    #[must_use]
    pub const fn lossy(&self) -> &Region {
        self.engine.lossy()
    }

    /// Whether a picture was received and all of it is as the source was.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.engine.is_exact()
    }

    /// Number of the last applied update; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.engine.number()
    }
}
