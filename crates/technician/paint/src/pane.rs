//! A window of the window system's own over the canvas, which shows the picture without the toolkit.
//!
//! In scope: what such a pane is asked. Not in scope: a system's own way (`x11`), when it is used (`surface`).

use crate::pointer::Cursor;
use deskhand_screen::{Rect, Region, Size};
use std::os::fd::BorrowedFd;

/// Why there is no pane, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum PaneError {
    /// The window system has no use for one.
    #[error("the picture is painted by textures: {0}")]
    Unfit(String),
    /// The window system took it away, or does not answer.
    #[error("the picture is painted by textures from now on: {0}")]
    Lost(String),
}

/// Where the picture lies in the window, pixels of the display.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The picture's size that this place was made for.
    pub size: Size,
    /// Left edge of the whole picture; negative when it is scrolled.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// How wide the whole picture is shown.
    pub width: u32,
    /// How high.
    pub height: u32,
    /// Pixels of the display that a pixel of the pointer takes.
    pub pointer_scale: f32,
    /// The part of the window that shows the picture: all that nothing lies over.
    pub visible: Region,
}

impl Place {
    /// The picture as it is shown, from its own corner.
    #[must_use]
    pub fn shown(&self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }

    /// Whether a pixel of the picture is a pixel of the display.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        (self.width, self.height) == (self.size.width, self.size.height)
    }
}

/// A native window over the canvas. It shows pixels that lie in memory shared with whoever decodes them.
pub trait Pane: Send + Sync {
    /// Pictures lie at the start of this memory from now on, row by row, four bytes a pixel. Picture's thread.
    ///
    /// # Errors
    /// [`PaneError::Lost`]: it is not to be used any more.
    fn attach(&self, memory: BorrowedFd<'_>) -> Result<(), PaneError>;

    /// The picture has this size, and `damage` of it is new: when this returns, the window system has copied it, and the
    /// memory may be written again. Picture's thread.
    ///
    /// # Errors
    /// [`PaneError::Lost`].
    fn paint(&self, size: Size, damage: &Region) -> Result<(), PaneError>;

    /// Shows the picture there, or hides it. Window's thread; costs nothing when nothing changed.
    ///
    /// # Errors
    /// [`PaneError::Lost`].
    fn place(&self, place: Option<&Place>) -> Result<(), PaneError>;

    /// Draws the customer's pointer there from now on, or none. Any thread.
    fn point(&self, cursor: Option<&Cursor>);
}
