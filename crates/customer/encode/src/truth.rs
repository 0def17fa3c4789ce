//! Truth: which pixels inside the damage really differ from what was sent.
//!
//! In scope: comparing two pictures, fast where they are equal, and tight rectangles where they are not. Not in scope: why
//! they differ.

use deskhand_screen::{Pixels, Rect, Region};

/// Extent of the cells that are compared as one.
const CELL_WIDTH: u32 = 64;
const CELL_HEIGHT: u32 = 16;
/// Up to this many rectangles are trimmed to their differing pixels; more than that would cost more than it saves.
const MOST_TRIMMED: usize = 64;
/// A description of the change is never longer; beyond it, it is its own bounding rectangle.
const MOST_RECTS: usize = 8_192;

/// The part of `damage` where the pictures, of equal size, differ: all of it, and little more.
pub(crate) fn changed(sent: Pixels<'_>, frame: Pixels<'_>, damage: &Region) -> Region {
    let mut dirty = Vec::new();
    for rect in damage.rects() {
        differing_cells(sent, frame, rect.intersect(frame.size().rect()), &mut dirty);
    }
    let mut region: Region = dirty.into_iter().collect();
    if region.rects().len() <= MOST_TRIMMED {
        region = region.rects().iter().map(|rect| trim(sent, frame, *rect)).collect();
    }
    if region.rects().len() > MOST_RECTS {
        region = Region::from_rect(region.bounds());
    }
    region
}

/// Appends the differing cells of a rectangle, neighbours in a row joined.
fn differing_cells(sent: Pixels<'_>, frame: Pixels<'_>, rect: Rect, out: &mut Vec<Rect>) {
    let first = rect.x / CELL_WIDTH;
    let cells = (rect.right().div_ceil(CELL_WIDTH) - first) as usize;
    let edges = |cell: usize| {
        let left = (first + cell as u32) * CELL_WIDTH;
        (left.max(rect.x), (left + CELL_WIDTH).min(rect.right()))
    };
    let mut dirty = vec![false; cells];
    let mut top = rect.y;
    while top < rect.bottom() {
        let bottom = ((top / CELL_HEIGHT + 1) * CELL_HEIGHT).min(rect.bottom());
        dirty.fill(false);
        let mut left = cells;
        for y in top..bottom {
            let (old, new) = (sent.row(y), frame.row(y));
            let columns = rect.x as usize..rect.right() as usize;
            if old[columns.clone()] == new[columns] {
                continue;
            }
            for (cell, dirty) in dirty.iter_mut().enumerate().filter(|(_, dirty)| !**dirty) {
                let (from, to) = edges(cell);
                if old[from as usize..to as usize] != new[from as usize..to as usize] {
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
            let run = dirty[cell..].iter().take_while(|dirty| **dirty).count();
            if run > 0 {
                out.push(Rect::from_edges(edges(cell).0, top, edges(cell + run - 1).1, bottom));
            }
            cell += run + 1;
        }
        top = bottom;
    }
}

/// The smallest rectangle that holds every difference inside `rect`.
pub(crate) fn trim(sent: Pixels<'_>, frame: Pixels<'_>, rect: Rect) -> Rect {
    let columns = |y: u32, left: u32, right: u32| {
        let range = left as usize..right as usize;
        (&sent.row(y)[range.clone()], &frame.row(y)[range])
    };
    let differs = |y: &u32| {
        let (old, new) = columns(*y, rect.x, rect.right());
        old != new
    };
    let Some(top) = (rect.y..rect.bottom()).find(differs) else {
        return Rect::default();
    };
    let bottom = (top..rect.bottom()).rev().find(differs).map_or(top, |y| y + 1).max(top + 1);
    let (mut left, mut right) = (rect.right(), rect.x);
    for y in top..bottom {
        if left > rect.x {
            let (old, new) = columns(y, rect.x, left);
            left = old.iter().zip(new).position(|(a, b)| a != b).map_or(left, |at| rect.x + at as u32);
        }
        if right < rect.right() {
            let (old, new) = columns(y, right, rect.right());
            right = old.iter().zip(new).rposition(|(a, b)| a != b).map_or(right, |at| right + at as u32 + 1);
        }
    }
    Rect::from_edges(left, top, right, bottom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Size};

    #[test]
    fn damage_without_a_difference_is_dropped() {
        let frame = Framebuffer::new(Size::new(200, 100).unwrap());
        let whole = Region::from_rect(frame.size().rect());
        assert!(changed(frame.view(), frame.view(), &whole).is_empty());
    }

    #[test]
    fn a_single_pixel_is_found_exactly() {
        let sent = Framebuffer::new(Size::new(201, 97).unwrap());
        for (x, y) in [(0, 0), (200, 96), (63, 15), (64, 16), (100, 50)] {
            let mut frame = sent.clone();
            frame.fill(Rect::new(x, y, 1, 1), 1);
            let found = changed(sent.view(), frame.view(), &Region::from_rect(sent.size().rect()));
            assert_eq!(found, Region::from_rect(Rect::new(x, y, 1, 1)));
        }
    }

    #[test]
    fn what_lies_outside_the_damage_is_not_looked_at() {
        let sent = Framebuffer::new(Size::new(100, 100).unwrap());
        let mut frame = sent.clone();
        frame.fill(Rect::new(0, 0, 100, 100), 7);
        let damage = Region::from_rect(Rect::new(10, 20, 30, 40));
        assert_eq!(changed(sent.view(), frame.view(), &damage), damage);
    }
}
