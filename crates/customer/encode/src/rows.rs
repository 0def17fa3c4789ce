//! Rows: fresh pixels laid over the picture that the viewer has, one row at a time.
//!
//! In scope: reading a stretch of a row, whether or not all of it is in the patch. Not in scope: comparing.

use deskhand_screen::{Patch, Pixels, Rect, Size};

/// Reads rows of the screen as it is now.
pub(crate) struct Rows<'a> {
    picture: Pixels<'a>,
    patch: &'a dyn Patch,
    /// Nothing but the patch has to be read inside these columns and rows.
    covered: bool,
}

impl<'a> Rows<'a> {
    /// For stretches inside `bounds`, which lies on the screen.
    pub(crate) fn new(picture: Pixels<'a>, patch: &'a dyn Patch, bounds: Rect) -> Self {
        Self { picture, patch, covered: covers(patch, bounds) }
    }

    /// Width and height of the screen.
    pub(crate) const fn size(&self) -> Size {
        self.picture.size()
    }

    /// The fresh pixels of row `y`, columns `left..right`.
    pub(crate) fn fresh<'b>(&self, y: u32, left: u32, right: u32, row: &'b mut Vec<u32>) -> &'b [u32] {
        lay(self.old(y, left, right), self.patch, self.covered, left, y, row)
    }

    /// The pixels that the viewer has there.
    pub(crate) fn old(&self, y: u32, left: u32, right: u32) -> &'a [u32] {
        &self.picture.row(y)[left as usize..right as usize]
    }

    /// Whether both are the same.
    pub(crate) fn is_same(&self, y: u32, left: u32, right: u32, row: &mut Vec<u32>) -> bool {
        let old = self.old(y, left, right);
        if self.covered { self.patch.equals(left, y, old) } else { self.fresh(y, left, right, row) == old }
    }
}

/// Whether the patch has every pixel of `bounds`.
pub(crate) fn covers(patch: &dyn Patch, bounds: Rect) -> bool {
    patch.damage().rects().iter().any(|rect| rect.contains_rect(bounds))
}

/// The stretch of row `y` from column `left` on: `old` with the fresh pixels over it.
pub(crate) fn lay<'b>(old: &[u32], patch: &dyn Patch, covered: bool, left: u32, y: u32, row: &'b mut Vec<u32>) -> &'b [u32] {
    if covered && row.len() >= old.len() {
        row.truncate(old.len());
    } else {
        row.clear();
        row.extend_from_slice(old);
    }
    patch.read(left, y, row);
    row
}
