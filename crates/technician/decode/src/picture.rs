//! Picture: where the decoded pixels go.
//!
//! In scope: the trait, for a framebuffer of our own or memory shared with another process. Not in scope: what is drawn.

use deskhand_screen::{Framebuffer, PixelsMut, Size};

use crate::DecodeError;

/// Memory for one picture whose size can change.
pub trait Picture {
    /// Gives it this size and makes it opaque black.
    ///
    /// # Errors
    /// [`DecodeError::Memory`] when there is no room for it.
    fn reset(&mut self, size: Size) -> Result<(), DecodeError>;

    /// The pixels, to change.
    fn pixels_mut(&mut self) -> PixelsMut<'_>;
}

impl Picture for Framebuffer {
    fn reset(&mut self, size: Size) -> Result<(), DecodeError> {
        self.resize(size);
        Ok(())
    }

    fn pixels_mut(&mut self) -> PixelsMut<'_> {
        self.view_mut()
    }
}
