//! The mouse cursor, apart from the picture of the screen.
//!
//! In scope: its plain data. Not in scope: where it comes from, how it is drawn.

use deskhand_screen::Size;

/// A cursor picture is cut at this many pixels a side.
pub const MAX_CURSOR_SIDE: u32 = 256;

/// What changed about the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The pixel it points at, from the screen's left edge; within the screen.
    pub x: u32,
    /// The pixel it points at, from the screen's upper edge; within the screen.
    pub y: u32,
    /// Whether there is anything to draw.
    pub visible: bool,
    /// Its picture, when that changed.
    pub shape: Option<Shape>,
}

/// The picture of a cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Width and height, pixels, each at most [`MAX_CURSOR_SIDE`].
    pub size: Size,
    /// The pixel of the picture that lies on the pixel pointed at, from the left; within the picture.
    pub hot_x: u32,
    /// The same, from the top.
    pub hot_y: u32,
    /// Row by row, `0xAARRGGBB`, colours multiplied by alpha.
    pub pixels: Vec<u32>,
}

impl Shape {
    /// Whether any of it can be seen.
    pub fn is_visible(&self) -> bool {
        self.pixels.iter().any(|pixel| pixel >> 24 != 0)
    }
}
