//! Shift: moves pixels of the picture and brings them up to date in the same pass.
//!
//! In scope: one pass over the memory for moving, comparing and writing. Not in scope: whether the move is worth it.

use deskhand_screen::{Framebuffer, Patch, Point, Rect, Region};

use crate::rows;

/// Width of the cells in which a difference is told, in pixels.
const CELL: usize = 16;

/// What a shift needs besides the picture.
#[derive(Default)]
pub(crate) struct Buffers {
    row: Vec<u32>,
    gaps: Vec<Rect>,
}

/// Makes `to` of the picture what the screen is now, and returns where that differs from what lay at `from` before: the part that a move from
/// there leaves wrong. Both rectangles lie in the picture.
pub(crate) fn shift(picture: &mut Framebuffer, patch: &dyn Patch, from: Point, to: Rect, buffers: &mut Buffers) -> Region {
    let Buffers { row, gaps } = buffers;
    gaps.clear();
    let stride = picture.size().width as usize;
    let width = to.width as usize;
    let pixels = picture.pixels_mut();
    let mut one = |line: u32| {
        let y = to.y + line;
        let target = y as usize * stride + to.x as usize;
        let source = (from.y + line) as usize * stride + from.x as usize;
        let covered = rows::covers(patch, Rect::new(to.x, y, to.width, 1));
        if covered && patch.equals(to.x, y, &pixels[source..source + width]) {
            pixels.copy_within(source..source + width, target);
            return;
        }
        let fresh = rows::lay(&pixels[target..target + width], patch, covered, to.x, y, row);
        let moved = &pixels[source..source + width];
        if fresh != moved {
            differing(fresh, moved, |left, right| gaps.push(Rect::new(to.x + left, y, right - left, 1)));
        }
        pixels[target..target + width].copy_from_slice(fresh);
    };
    // Rows are written after they were read as a source.
    if from.y >= to.y {
        (0..to.height).for_each(&mut one);
    } else {
        (0..to.height).rev().for_each(&mut one);
    }
    gaps.iter().copied().collect()
}

/// Tells the runs of cells in which two rows differ.
fn differing(a: &[u32], b: &[u32], mut tell: impl FnMut(u32, u32)) {
    let mut run: Option<usize> = None;
    for (index, (a, b)) in a.chunks(CELL).zip(b.chunks(CELL)).enumerate() {
        match (run, a != b) {
            (None, true) => run = Some(index * CELL),
            (Some(start), false) => {
                tell(start as u32, (index * CELL) as u32);
                run = None;
            }
            _ => {}
        }
    }
    if let Some(start) = run {
        tell(start as u32, a.len() as u32);
    }
}
