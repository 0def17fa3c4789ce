//! Update: what changed on the screen, as the host says it.
//!
//! In scope: its parts and what they mean. Not in scope: their bytes (`bytes`), making them (`encode`), applying them (`decode`).

use crate::{Point, Rect, Size};

/// One step of the picture. Its operations apply in order.
///
/// A *key update* (`base` 0) needs nothing before it: the picture takes its size, becomes black, and whatever no operation
/// covers counts as lossy. Any other update builds on exactly the update `base`, of the same size.
///
/// Beside the picture there is a *save-under*, off the screen: one pixel for each of the picture's, black after a key update. It
/// holds what a window covered, so that it need not be sent again.
#[derive(Clone, PartialEq, Eq)]
pub struct Update {
    /// Its own number, from 1, rising.
    pub number: u64,
    /// The update it builds on, below `number`; 0 makes it a key update.
    pub base: u64,
    /// Size of the picture.
    pub size: Size,
    /// When the oldest damage in it happened: milliseconds of the host's monotonic clock.
    pub damaged_at: u64,
    /// What to do, in order; at most [`crate::MAX_OPS`].
    pub ops: Vec<Op>,
}

impl Update {
    /// Whether it needs nothing before it.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        self.base == 0
    }
}

impl std::fmt::Debug for Update {
    /// Shapes alone: pixels are a customer's screen and belong in no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Update")
            .field("number", &self.number)
            .field("base", &self.base)
            .field("size", &self.size)
            .field("damaged_at", &self.damaged_at)
            .field("ops", &self.ops)
            .finish()
    }
}

/// One operation on the picture.
#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    /// Moves pixels of the picture as it is at this point, as `memmove` does for overlapping parts, and their lossiness
    /// with them.
    Copy {
        /// Top left corner of the source; its extent is that of `to`.
        from: Point,
        /// Where the pixels go.
        to: Rect,
    },
    /// Copies these pixels of the picture to the same place of the save-under.
    Save {
        /// What is saved; 1..=[`crate::MAX_RECTS`] rectangles.
        rects: Vec<Rect>,
    },
    /// Copies these pixels of the save-under to the same place of the picture. They are exact: nothing lossy may be saved.
    Restore {
        /// What is restored; 1..=[`crate::MAX_RECTS`] rectangles.
        rects: Vec<Rect>,
    },
    /// Exact pixels: all rectangles' pixels one after the other, rows top down.
    Tiles {
        /// Where the pixels go; 1..=[`crate::MAX_RECTS`] rectangles of at most [`crate::MAX_TILES_PIXELS`] pixels together.
        rects: Vec<Rect>,
        /// How `data` holds the pixels.
        form: TileForm,
        /// The packed pixels.
        data: Vec<u8>,
    },
    /// One H.264 access unit (Annex B) of exactly this rectangle, its right column and bottom row repeated where a side is odd. Its
    /// pixels are lossy. The stream is 4:2:0, BT.709 matrix, full range.
    Video {
        /// Where the picture goes; each side at least [`crate::MIN_VIDEO_SIDE`], at most [`crate::MAX_VIDEO_PIXELS`] pixels.
        rect: Rect,
        /// Whether a stream begins here; those whose rectangles it touches end, and the oldest ends when there would be more than
        /// [`crate::MAX_STREAMS`]. Otherwise a running stream has exactly this rectangle.
        key: bool,
        /// The access unit.
        data: Vec<u8>,
    },
}

impl Op {
    /// The rectangles of the picture or the save-under that it writes.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        match self {
            Self::Save { rects } | Self::Restore { rects } | Self::Tiles { rects, .. } => rects,
            Self::Copy { to: rect, .. } | Self::Video { rect, .. } => std::slice::from_ref(rect),
        }
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Copy { from, to } => write!(f, "Copy({from:?} -> {to:?})"),
            Self::Save { rects } => write!(f, "Save({} rects, {} pixels)", rects.len(), rects.iter().map(|rect| rect.area()).sum::<u64>()),
            Self::Restore { rects } => {
                write!(f, "Restore({} rects, {} pixels)", rects.len(), rects.iter().map(|rect| rect.area()).sum::<u64>())
            }
            Self::Tiles { rects, form, data } => {
                let pixels: u64 = rects.iter().map(|rect| rect.area()).sum();
                write!(f, "Tiles({form:?}, {} rects, {pixels} pixels, {} bytes)", rects.len(), data.len())
            }
            Self::Video { rect, key, data } => write!(f, "Video({rect:?}, key {key}, {} bytes)", data.len()),
        }
    }
}

/// How an [`Op::Tiles`] holds its pixels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TileForm {
    /// One zstd frame of four bytes per pixel: B, G, R, and a byte that is not used.
    Raw,
    /// At most 256 colours: number of colours - 1 (one byte), the colours (B, G, R each), then, unless there is just one
    /// colour, a zstd frame of each pixel's place in that list. A place takes 1, 2, 4 or 8 bits, as few as hold the highest
    /// one; the first is in a byte's lowest bits, and the bits after the last are 0.
    Palette,
    /// Pixels guessed from their neighbours: the kind of guess (one byte), then a zstd frame of what is left, value - guess
    /// modulo 256: all of green, then red, then blue. Kind + 1 says red and blue as their difference to green. Kind 0 guesses
    /// (left + above left + above + above right + 2) / 4, kind 2 left + above - above left. In the first row of a rectangle the
    /// guess is left, or 0 for its first pixel; outside of its sides lies the nearest pixel of the row above.
    Filtered,
    /// At most [`crate::MAX_GLYPH_COLOURS`] colours and few pixels, arithmetic-coded: see [`crate::pack_glyphs`].
    Glyphs,
}
