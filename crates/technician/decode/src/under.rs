//! Save-under: what windows covered, kept off the screen.
//!
//! In scope: memory for one picture at most, taken when something is first saved; the system gives pages only where it is. Not in scope:
//! what is worth saving (`encode`).

use deskhand_screen::{Pixels, PixelsMut, Rect};

use crate::DecodeError;

const OPAQUE: u32 = 0xFF00_0000;

/// The saved pixels; black where nothing was saved.
#[derive(Default)]
pub(crate) struct SaveUnder {
    pixels: Vec<u32>,
}

impl SaveUnder {
    /// Forgets everything and gives the memory back.
    pub(crate) fn clear(&mut self) {
        self.pixels = Vec::new();
    }

    /// Copies rectangles of the picture, which has the same size until [`SaveUnder::clear`].
    pub(crate) fn save(&mut self, picture: Pixels<'_>, rects: &[Rect]) -> Result<(), DecodeError> {
        let width = picture.size().width as usize;
        if self.pixels.is_empty() {
            let area = picture.pixels().len();
            let mut probe = Vec::<u32>::new();
            probe.try_reserve_exact(area).map_err(|_| DecodeError::Memory("what windows cover"))?;
            drop(probe);
            // Zeroed memory of this size comes from the system untouched.
            self.pixels = vec![0; area];
        }
        for rect in rects {
            for (y, row) in (rect.y..).zip(picture.rows(*rect)) {
                let start = y as usize * width + rect.x as usize;
                self.pixels[start..start + row.len()].copy_from_slice(row);
            }
        }
        Ok(())
    }

    /// Copies rectangles back to the picture.
    pub(crate) fn restore(&self, picture: &mut PixelsMut<'_>, rects: &[Rect]) {
        let width = picture.size().width as usize;
        for rect in rects {
            if self.pixels.is_empty() {
                picture.fill(*rect, 0);
                continue;
            }
            for (y, row) in (rect.y..).zip(picture.rows_mut(*rect)) {
                let start = y as usize * width + rect.x as usize;
                for (pixel, saved) in row.iter_mut().zip(&self.pixels[start..]) {
                    *pixel = saved | OPAQUE;
                }
            }
        }
    }
}
