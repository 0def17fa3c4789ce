//! Truth: which pixels inside the damage really differ from what the viewer has.
//!
//! In scope: comparing fresh pixels with a picture, fast where they are equal, and tight rectangles where they are not. Not in scope: why
//! they differ.

use deskhand_screen::{Patch, Pixels, Rect, Region};

use crate::rows::Rows;

/// Extent of the cells that are compared as one.
const CELL_WIDTH: u32 = 64;
const CELL_HEIGHT: u32 = 16;
/// Up to this many rectangles are trimmed to their differing pixels; more than that would cost more than it saves.
const MOST_TRIMMED: usize = 64;
/// A description of the change is never longer; beyond it, it is its own bounding rectangle.
const MOST_RECTS: usize = 8_192;

/// Compares; keeps its buffers.
#[derive(Default)]
pub(crate) struct Truth {
    row: Vec<u32>,
    dirty: Vec<bool>,
    cells: Vec<Rect>,
}

impl Truth {
    /// The part of `within`, a part of the patch's damage, where the patch differs from `picture`: all of it, and little more.
    pub(crate) fn changed(&mut self, picture: Pixels<'_>, patch: &dyn Patch, within: &Region) -> Region {
        self.cells.clear();
        for rect in within.rects() {
            let rect = rect.intersect(picture.size().rect());
            if !rect.is_empty() {
                self.differing_cells(&Rows::new(picture, patch, rect), rect);
            }
        }
        let mut region: Region = self.cells.drain(..).collect();
        if region.rects().len() <= MOST_TRIMMED {
            region = region.rects().iter().map(|rect| self.trim(&Rows::new(picture, patch, *rect), *rect)).collect();
        }
        if region.rects().len() > MOST_RECTS {
            region = Region::from_rect(region.bounds());
        }
        region
    }

    /// Notes the differing cells of a rectangle, neighbours in a row joined.
    fn differing_cells(&mut self, rows: &Rows<'_>, rect: Rect) {
        let first = rect.x / CELL_WIDTH;
        let cells = (rect.right().div_ceil(CELL_WIDTH) - first) as usize;
        let edges = |cell: usize| {
            let left = (first + cell as u32) * CELL_WIDTH;
            (left.max(rect.x), (left + CELL_WIDTH).min(rect.right()))
        };
        let mut top = rect.y;
        while top < rect.bottom() {
            let bottom = ((top / CELL_HEIGHT + 1) * CELL_HEIGHT).min(rect.bottom());
            self.dirty.clear();
            self.dirty.resize(cells, false);
            let mut left = cells;
            for y in top..bottom {
                if rows.is_same(y, rect.x, rect.right(), &mut self.row) {
                    continue;
                }
                let old = rows.old(y, rect.x, rect.right());
                let new = rows.fresh(y, rect.x, rect.right(), &mut self.row);
                for (cell, dirty) in self.dirty.iter_mut().enumerate().filter(|(_, dirty)| !**dirty) {
                    let (from, to) = edges(cell);
                    let columns = (from - rect.x) as usize..(to - rect.x) as usize;
                    if old[columns.clone()] != new[columns] {
                        *dirty = true;
                        left -= 1;
                    }
                }
                if left == 0 {
                    break;
                }
            }
            let mut cell = 0;
            while cell < cells {
                let run = self.dirty[cell..].iter().take_while(|dirty| **dirty).count();
                if run > 0 {
                    self.cells.push(Rect::from_edges(edges(cell).0, top, edges(cell + run - 1).1, bottom));
                }
                cell += run + 1;
            }
            top = bottom;
        }
    }

    /// The smallest rectangle that holds every difference inside `rect`.
    fn trim(&mut self, rows: &Rows<'_>, rect: Rect) -> Rect {
        let row = &mut self.row;
        let Some(top) = (rect.y..rect.bottom()).find(|y| !rows.is_same(*y, rect.x, rect.right(), row)) else {
            return Rect::default();
        };
        let bottom = (top..rect.bottom()).rev().find(|y| !rows.is_same(*y, rect.x, rect.right(), row)).map_or(top, |y| y + 1);
        let (mut left, mut right) = (rect.right(), rect.x);
        for y in top..bottom {
            if left > rect.x {
                let same = rows.old(y, rect.x, left).iter().zip(rows.fresh(y, rect.x, left, row)).position(|(a, b)| a != b);
                left = same.map_or(left, |at| rect.x + at as u32);
            }
            if right < rect.right() {
                let same = rows.old(y, right, rect.right()).iter().zip(rows.fresh(y, right, rect.right(), row)).rposition(|(a, b)| a != b);
                right = same.map_or(right, |at| right + at as u32 + 1);
            }
        }
        Rect::from_edges(left, top, right, bottom.max(top + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, PicturePatch, Size};

    fn changed(sent: &Framebuffer, frame: &Framebuffer, damage: &Region) -> Region {
        Truth::default().changed(sent.view(), &PicturePatch::new(frame.view(), damage), damage)
    }

    #[test]
    fn damage_without_a_difference_is_dropped() {
        let frame = Framebuffer::new(Size::new(200, 100).unwrap());
        assert!(changed(&frame, &frame, &Region::from_rect(frame.size().rect())).is_empty());
    }

    #[test]
    fn a_single_pixel_is_found_exactly() {
        let sent = Framebuffer::new(Size::new(201, 97).unwrap());
        for (x, y) in [(0, 0), (200, 96), (63, 15), (64, 16), (100, 50)] {
            let mut frame = sent.clone();
            frame.fill(Rect::new(x, y, 1, 1), 1);
            let found = changed(&sent, &frame, &Region::from_rect(sent.size().rect()));
            assert_eq!(found, Region::from_rect(Rect::new(x, y, 1, 1)));
        }
    }

    #[test]
    fn what_lies_outside_the_damage_is_not_looked_at() {
        let sent = Framebuffer::new(Size::new(100, 100).unwrap());
        let mut frame = sent.clone();
        frame.fill(Rect::new(0, 0, 100, 100), 7);
        let damage = Region::from_rect(Rect::new(10, 20, 30, 40));
        assert_eq!(changed(&sent, &frame, &damage), damage);
    }
}
