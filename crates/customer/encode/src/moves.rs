//! Moves: finds a vertical scroll.
//!
//! In scope: rows that were sent elsewhere in the same columns, by hashes of sampled columns, then checked pixel by pixel; a pane inside the changed
//! area is found too. Not in scope: sideways scrolls and window drags.

use deskhand_screen::{Pixels, Point, Rect, Region};
use xxhash_rust::xxh3::xxh3_64;

/// Smaller changes are not searched.
const LEAST_AREA: u64 = 16_384;
const LEAST_HEIGHT: u32 = 32;
const LEAST_WIDTH: u32 = 32;
/// Columns that are sampled, and their width in pixels: 128 bytes, which hash fast.
const STRIPS: u32 = 8;
const STRIP_WIDTH: u32 = 32;
/// Of the new picture one row in this many is sampled.
const ROW_STEP: usize = 3;
/// Width of the columns that are compared pixel by pixel, in pixels.
const COLUMN_WIDTH: u32 = 64;
/// Rows that must agree on a distance before pixels are compared.
const LEAST_VOTES: u32 = 12;
/// Rows that are looked at to see whether an area changed at all.
const SAMPLED_ROWS: u32 = 32;
/// A move must explain at least one part in this many of the changed pixels.
const WORTH: u64 = 4;
/// Widest mask of columns.
const COLUMNS: u32 = 64;

/// Pixels that can be moved: the rectangle of `to`'s extent at `from` was sent before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) from: Point,
    pub(crate) to: Rect,
    /// The part of `to` that differs after the move. The rest was compared and is equal: nobody needs to look again.
    pub(crate) gaps: Region,
}

/// The vertical move that explains a good part of the change, if there is one.
pub(crate) fn find(sent: Pixels<'_>, frame: Pixels<'_>, changed: &Region) -> Option<Move> {
    let bounds = changed.bounds();
    let area = changed.area();
    if area < LEAST_AREA || bounds.height < LEAST_HEIGHT || bounds.width < LEAST_WIDTH || area < bounds.area() / 8 {
        return None;
    }
    let distance = vote(sent, frame, bounds)?;
    let found = matching(sent, frame, bounds, distance)?;
    // Columns that did not change, as beside a pane, need no move.
    let to = changed.intersection(found.to).bounds();
    let from = Point { x: to.x, y: to.y.checked_add_signed(distance)? };
    (!to.is_empty() && to.area() * WORTH >= area).then(|| Move { from, to, gaps: found.gaps.intersection(to) })
}

/// The same move once more: a page that scrolls goes on by the same `distance` more often than not, and then neither a search nor a
/// look at what changed is needed before it. `suspects` may have changed; a good part of it must have, and must be explained.
pub(crate) fn again(sent: Pixels<'_>, frame: Pixels<'_>, suspects: &Region, distance: i32) -> Option<Move> {
    let bounds = suspects.bounds();
    let area = suspects.area();
    if area < LEAST_AREA || bounds.height < LEAST_HEIGHT || bounds.width < LEAST_WIDTH || area < bounds.area() / 2 {
        return None;
    }
    let columns = bounds.x as usize..bounds.right() as usize;
    let changed = |y: &u32| sent.row(*y)[columns.clone()] != frame.row(*y)[columns.clone()];
    if (bounds.y..bounds.bottom()).step_by(bounds.height.div_ceil(SAMPLED_ROWS) as usize).filter(changed).count()
        < SAMPLED_ROWS as usize / 4
    {
        return None;
    }
    matching(sent, frame, bounds, distance).filter(|found| found.to.area() * 2 >= area && found.gaps.area() * WORTH <= found.to.area())
}

/// How far down the content of the new rows lies in the old picture: the distance most sampled rows agree on.
fn vote(sent: Pixels<'_>, frame: Pixels<'_>, bounds: Rect) -> Option<i32> {
    let height = bounds.height as usize;
    let mut votes = vec![0_u32; 2 * height];
    let mut table = Table::new(height);
    let width = STRIP_WIDTH.min(bounds.width);
    let strips = STRIPS.min(bounds.width.div_ceil(STRIP_WIDTH));
    for strip in 0..strips {
        let x = bounds.x + (bounds.width - width) * (2 * strip + 1) / (2 * strips);
        let hash = |picture: Pixels<'_>, row: usize| {
            let start = ((bounds.y + row as u32) as usize * picture.size().width as usize + x as usize) * 4;
            xxh3_64(&picture.bytes()[start..start + width as usize * 4])
        };
        table.clear();
        for row in 0..height {
            table.insert(hash(sent, row), row);
        }
        let mut last = 0;
        for row in (0..height).step_by(ROW_STEP) {
            let hash = hash(frame, row);
            // A row equal to the one before says nothing about distance.
            if hash != last
                && let Some(old) = table.only(hash)
            {
                votes[height + old - row] += 1;
            }
            last = hash;
        }
    }
    votes[height] = 0;
    let (best, count) = votes.iter().enumerate().max_by_key(|(_, count)| **count)?;
    (*count >= LEAST_VOTES).then_some(best as i32 - height as i32)
}

/// The rectangle inside `bounds` whose rows were `distance` further down.
fn matching(sent: Pixels<'_>, frame: Pixels<'_>, bounds: Rect, distance: i32) -> Option<Move> {
    let old_row = |y: u32| y.checked_add_signed(distance);
    let top = bounds.y.max(bounds.y.saturating_add_signed(-distance));
    let bottom = bounds.bottom().min(bounds.bottom().saturating_add_signed(-distance));
    if top >= bottom {
        return None;
    }
    let column = COLUMN_WIDTH.max(bounds.width.div_ceil(COLUMNS));
    let columns = bounds.width.div_ceil(column);
    let all = u64::MAX >> (COLUMNS - columns);
    let edges = |index: u32| (bounds.x + index * column, (bounds.x + (index + 1) * column).min(bounds.right()));
    let same = |y: u32, left: u32, right: u32| {
        let range = left as usize..right as usize;
        old_row(y).is_some_and(|old| sent.row(old)[range.clone()] == frame.row(y)[range])
    };
    let masks: Vec<u64> = (top..bottom)
        .map(|y| {
            if same(y, bounds.x, bounds.right()) {
                return all;
            }
            (0..columns).filter(|index| same(y, edges(*index).0, edges(*index).1)).fold(0, |mask, index| mask | 1 << index)
        })
        .collect();
    let (first, last) = columns_that_move(&masks, columns)?;
    let mask = all >> (columns - 1 - last) & (all << first);
    let moves = |mask_of_row: &u64| mask_of_row & mask == mask;
    let (start, length) = rows_that_move(&masks, moves)?;
    let rows = top + start as u32..top + (start + length) as u32;
    let whole: Vec<u32> = rows.clone().filter(|y| moves(&masks[(y - top) as usize])).collect();
    // The columns at the sides move in part: find how far.
    let mut left = edges(first).0;
    while left > bounds.x && whole.iter().all(|y| same(*y, left - 1, left)) {
        left -= 1;
    }
    let mut right = edges(last).1;
    while right < bounds.right() && whole.iter().all(|y| same(*y, right, right + 1)) {
        right += 1;
    }
    let to = Rect::from_edges(left, rows.start, right, rows.end);
    let gaps = rows.filter(|y| !moves(&masks[(y - top) as usize])).map(|y| Rect::from_edges(left, y, right, y + 1)).collect();
    Some(Move { from: Point { x: to.x, y: old_row(to.y)? }, to, gaps })
}

/// The longest run of columns that match in at least half as many rows as the best one.
fn columns_that_move(masks: &[u64], columns: u32) -> Option<(u32, u32)> {
    let counts: Vec<usize> = (0..columns).map(|index| masks.iter().filter(|mask| **mask >> index & 1 == 1).count()).collect();
    let enough = (counts.iter().max()? / 2).max(1);
    let mut best: Option<(u32, u32)> = None;
    let mut start = None;
    for index in 0..=columns {
        let good = counts.get(index as usize).is_some_and(|count| *count >= enough);
        match (start, good) {
            (None, true) => start = Some(index),
            (Some(first), false) => {
                if best.is_none_or(|(from, to)| index - first > to - from + 1) {
                    best = Some((first, index - 1));
                }
                start = None;
            }
            _ => {}
        }
    }
    best
}

/// The span of rows, first and number, that is worth moving: it begins and ends with rows that move, and no gap in it is longer than what moves
/// before it. Rows in gaps are repaired by tiles.
fn rows_that_move(masks: &[u64], moves: impl Fn(&u64) -> bool) -> Option<(usize, usize)> {
    let (mut best, mut start, mut good, mut gap) = (None::<(usize, usize, usize)>, None, 0_usize, 0_usize);
    for (row, mask) in masks.iter().enumerate() {
        if moves(mask) {
            start.get_or_insert(row);
            good += 1;
            gap = 0;
        } else {
            gap += 1;
            if gap > good {
                (start, good) = (None, 0);
            }
            continue;
        }
        if let Some(start) = start
            && best.is_none_or(|(most, _, _)| good > most)
        {
            best = Some((good, start, row + 1 - start));
        }
    }
    best.filter(|(good, _, length)| *good as u32 >= LEAST_VOTES && good * 2 >= *length).map(|(_, start, length)| (start, length))
}

/// Hash -> row, remembering whether the hash is the only one of its kind.
struct Table {
    slots: Vec<(u64, u32)>,
    mask: usize,
}

const FREE: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

impl Table {
    fn new(rows: usize) -> Self {
        let slots = (rows * 2).next_power_of_two();
        Self { slots: vec![(0, FREE); slots], mask: slots - 1 }
    }

    fn clear(&mut self) {
        self.slots.fill((0, FREE));
    }

    fn slot(&self, hash: u64) -> usize {
        let mut slot = hash as usize & self.mask;
        while self.slots[slot].1 != FREE && self.slots[slot].0 != hash {
            slot = (slot + 1) & self.mask;
        }
        slot
    }

    fn insert(&mut self, hash: u64, row: usize) {
        let slot = self.slot(hash);
        let row = if self.slots[slot].1 == FREE { row as u32 } else { SEVERAL };
        self.slots[slot] = (hash, row);
    }

    fn only(&self, hash: u64) -> Option<usize> {
        match self.slots[self.slot(hash)].1 {
            FREE | SEVERAL => None,
            row => Some(row as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Size};

    /// Rows of short marks, different on every line, like text; `offset` scrolls it.
    fn page(frame: &mut Framebuffer, pane: Rect, offset: u32) {
        for y in pane.y..pane.bottom() {
            let line = y - pane.y + offset;
            for x in pane.x..pane.right() {
                let mark = (line / 12 * 31 + (x - pane.x) / 7 * 17) * (line % 12 + 1) % 23;
                let ink = line % 12 < 9 && mark < 7;
                frame.row_mut(y)[x as usize] = if ink { 0xFF00_0000 | (line * 3) } else { 0xFFFF_FFFF };
            }
        }
    }

    fn scrolled(pane: Rect, by: u32, around: u32) -> (Framebuffer, Framebuffer) {
        let mut old = Framebuffer::new(Size::new(600, 400).unwrap());
        old.fill(old.size().rect(), 0x0011_2233);
        let mut new = old.clone();
        page(&mut old, pane, 0);
        page(&mut new, pane, by);
        new.fill(Rect::new(0, 0, around, 5), 0);
        (old, new)
    }

    fn changed(old: &Framebuffer, new: &Framebuffer) -> Region {
        crate::truth::changed(old.view(), new.view(), &Region::from_rect(old.size().rect()))
    }

    #[test]
    fn a_scrolled_pane_is_found_although_other_things_changed() {
        let pane = Rect::new(37, 20, 431, 301);
        let (old, new) = scrolled(pane, 45, 600);
        let found = find(old.view(), new.view(), &changed(&old, &new)).unwrap();
        assert_eq!(found.from.y - found.to.y, 45);
        assert!(pane.contains_rect(Rect::new(found.to.x, found.to.y + 45, found.to.width, found.to.height)), "{found:?}");
        assert!(found.to.area() * 10 > u64::from(pane.width) * u64::from(pane.height - 45) * 9, "{found:?}");
        let mut moved = old.clone();
        moved.copy_within(found.from, found.to);
        assert!(changed(&moved, &new).area() < changed(&old, &new).area() / 3);
    }

    #[test]
    fn what_a_move_does_not_explain_is_named_and_nothing_else_differs() {
        let pane = Rect::new(37, 20, 431, 301);
        let (old, mut new) = scrolled(pane, 45, 600);
        new.fill(Rect::new(60, 100, 20, 4), 0x00AB_CDEF);
        let found = find(old.view(), new.view(), &changed(&old, &new)).unwrap();
        let mut moved = old.clone();
        moved.copy_within(found.from, found.to);
        let mut differs = crate::truth::changed(moved.view(), new.view(), &Region::from_rect(found.to));
        assert!(!differs.is_empty());
        differs.subtract_region(&found.gaps);
        assert!(differs.is_empty(), "{differs:?} is outside of {:?}", found.gaps);
        assert!(found.gaps.area() * 10 < found.to.area());
    }

    #[test]
    fn a_scroll_back_is_found_too() {
        let (new, old) = scrolled(Rect::new(0, 0, 600, 400), 60, 0);
        let found = find(old.view(), new.view(), &changed(&old, &new)).unwrap();
        assert_eq!(found, Move { from: Point { x: 0, y: 0 }, to: Rect::new(0, 60, 600, 340), gaps: Region::new() });
    }

    #[test]
    fn a_scroll_that_goes_on_is_found_at_its_distance_and_a_page_that_stands_still_is_not() {
        let (old, new) = scrolled(Rect::new(0, 0, 600, 400), 60, 0);
        let damage = Region::from_rect(old.size().rect());
        let found = again(old.view(), new.view(), &damage, 60).unwrap();
        assert_eq!((found.from, found.to), (Point { x: 0, y: 60 }, Rect::new(0, 0, 600, 340)));
        assert_eq!(again(old.view(), new.view(), &damage, 45), None);
        assert_eq!(again(new.view(), new.view(), &damage, 60), None);
        let blank = Framebuffer::new(old.size());
        assert_eq!(again(blank.view(), blank.view(), &damage, 60), None);
    }

    #[test]
    fn a_new_page_is_no_scroll() {
        let (old, _) = scrolled(Rect::new(0, 0, 600, 400), 0, 0);
        let (_, new) = scrolled(Rect::new(0, 0, 600, 400), 5_000, 0);
        assert_eq!(find(old.view(), new.view(), &changed(&old, &new)), None);
        let blank = Framebuffer::new(old.size());
        assert_eq!(find(blank.view(), new.view(), &changed(&blank, &new)), None);
    }
}
