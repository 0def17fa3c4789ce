//! Patch: fresh pixels of a screen, wherever they lie, and what the window system said about them.
//!
//! In scope: reading them row by row, so that nobody has to copy them first. Not in scope: where they come from (`capture`), whether they
//! differ from what was there before (`encode`).

use crate::{Framebuffer, Pixels, Point, Rect, Region, Size};

/// Fresh pixels of a screen.
pub trait Patch {
    /// Width and height of the screen.
    fn size(&self) -> Size;

    /// Where pixels may differ from those of the patch before: all of the screen the first time and after its size changed.
    fn damage(&self) -> &Region;

    /// Writes the fresh pixels of row `y`, columns `x..x + out.len()`, to `out`. What lies outside the damage may be left as it is.
    fn read(&self, x: u32, y: u32, out: &mut [u32]);

    /// Whether the fresh pixels of row `y` from column `x` on are `row`; all of them lie in the damage. As [`Patch::read`] and a comparison,
    /// without the copy.
    fn equals(&self, x: u32, y: u32, row: &[u32]) -> bool {
        let mut fresh = [0; 256];
        let mut left = x;
        row.chunks(fresh.len()).all(|part| {
            let fresh = &mut fresh[..part.len()];
            self.read(left, y, fresh);
            left += part.len() as u32;
            fresh == part
        })
    }

    /// What the window system said since the patch before.
    fn hints(&self) -> &Hints {
        const NONE: &Hints = &Hints { moved: Vec::new(), covered: Vec::new() };
        NONE
    }
}

/// What the window system said about windows. Hints may be late, early or wrong: pixels decide.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hints {
    /// Windows that moved, in the order of their last move.
    pub moved: Vec<Moved>,
    /// Places where a window appeared or came to the front.
    pub covered: Vec<Rect>,
}

/// A window that moved: its part on the screen that went along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Top left corner of that part before.
    pub from: Point,
    /// Where the part is now.
    pub to: Rect,
}

impl Hints {
    /// Whether nothing was said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.moved.is_empty() && self.covered.is_empty()
    }
}

/// A part of a whole picture in memory, as a patch.
#[derive(Clone, Copy, Debug)]
pub struct PicturePatch<'a> {
    picture: Pixels<'a>,
    damage: &'a Region,
}

impl<'a> PicturePatch<'a> {
    /// The pixels of `damage`, which must lie inside the picture.
    #[must_use]
    pub const fn new(picture: Pixels<'a>, damage: &'a Region) -> Self {
        Self { picture, damage }
    }
}

impl Patch for PicturePatch<'_> {
    fn size(&self) -> Size {
        self.picture.size()
    }

    fn damage(&self) -> &Region {
        self.damage
    }

    fn read(&self, x: u32, y: u32, out: &mut [u32]) {
        let start = x as usize;
        out.copy_from_slice(&self.picture.row(y)[start..start + out.len()]);
    }

    fn equals(&self, x: u32, y: u32, row: &[u32]) -> bool {
        self.picture.row(y)[x as usize..][..row.len()] == *row
    }
}

impl Framebuffer {
    /// Brings the picture up to date; it takes the patch's size.
    pub fn apply(&mut self, patch: &dyn Patch) {
        if self.size() != patch.size() {
            self.resize(patch.size());
        }
        self.apply_part(patch, patch.damage());
    }

    /// Brings a part of the patch's damage up to date; the picture has the patch's size.
    pub fn apply_part(&mut self, patch: &dyn Patch, part: &Region) {
        for rect in part.rects() {
            for y in rect.y..rect.bottom() {
                patch.read(rect.x, y, &mut self.row_mut(y)[rect.x as usize..rect.right() as usize]);
            }
        }
    }
}
