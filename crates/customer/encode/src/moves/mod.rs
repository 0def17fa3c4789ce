//! Moves: finds pixels that were sent before and lie elsewhere now.
//!
//! In scope: which distances are tried, in which order, and what is worth a move. A hint or a guess costs a sample, a search a few
//! milliseconds of a whole screen; pixels decide. Not in scope: moving (`shift`).
//!
//! | file | finds |
//! | --- | --- |
//! | `vote` | scrolls up, down and sideways, by hashes of rows and columns |
//! | `anchors` | moves in any direction, by places that their own pixels choose |
//! | `extent` | how far a move goes |

mod anchors;
mod extent;
mod shift;
mod table;
mod vote;

pub(crate) use shift::{Buffers, shift};

use deskhand_screen::{Hints, Patch, Pixels, Point, Rect, Region, Size};

use crate::{Millis, rows::Rows};

/// Smaller changes are not searched.
const LEAST_AREA: u64 = 16_384;
const LEAST_SIDE: u32 = 32;
/// Rows that are looked at to tell whether a guess is right.
const SAMPLED_ROWS: u32 = 32;
/// A move must explain at least one part in this many of the changed pixels.
const WORTH: u64 = 4;
/// A move that was found so long ago at most is expected to go on, in milliseconds.
const MOMENTUM_MS: Millis = 250;
/// After a search in every direction that found nothing, the next one waits this long, in milliseconds.
const ANCHORS_PAUSE_MS: Millis = 200;
/// After a move another is searched for when at least one part in this many of it is left over.
pub(crate) const REST: u64 = 4;
/// Moves of one update.
pub(crate) const MOST_MOVES: usize = 4;

/// How far the content of a place lay from it in the old picture, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Distance {
    pub(crate) dx: i32,
    pub(crate) dy: i32,
}

impl Distance {
    fn between(from: Point, to: Point) -> Self {
        Self { dx: from.x as i32 - to.x as i32, dy: from.y as i32 - to.y as i32 }
    }

    /// The part of `bounds` whose source lies on the screen.
    fn target(self, bounds: Rect, screen: Size) -> Option<Rect> {
        let clip = |start: u32, end: u32, by: i32, limit: u32| {
            let first = i64::from(start).max(-i64::from(by));
            let last = i64::from(end).min(i64::from(limit) - i64::from(by));
            (first < last).then_some((first as u32, last as u32))
        };
        let (left, right) = clip(bounds.x, bounds.right(), self.dx, screen.width)?;
        let (top, bottom) = clip(bounds.y, bounds.bottom(), self.dy, screen.height)?;
        Some(Rect::from_edges(left, top, right, bottom))
    }

    /// The part of a target whose source lies inside `bounds`.
    fn back(self, target: Rect, bounds: Rect) -> Option<Rect> {
        let from = self.source(target.x, target.y);
        let source = Rect::new(from.0, from.1, target.width, target.height).intersect(bounds);
        if source.is_empty() {
            return None;
        }
        let (x, y) = Self { dx: -self.dx, dy: -self.dy }.source(source.x, source.y);
        Some(Rect::new(x, y, source.width, source.height))
    }

    /// Where the content of a place lay; the place is inside a [`Distance::target`].
    fn source(self, x: u32, y: u32) -> (u32, u32) {
        (x.saturating_add_signed(self.dx), y.saturating_add_signed(self.dy))
    }
}

/// Pixels that can be moved: the rectangle of `to`'s extent at `from` was sent before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Move {
    pub(crate) from: Point,
    pub(crate) to: Rect,
    /// How it was found, for the trace.
    pub(crate) why: &'static str,
}

/// Finds moves; remembers the last one.
#[derive(Default)]
pub(crate) struct Moves {
    last: Option<(Millis, Move)>,
    no_anchors_until: Millis,
    vote: vote::Vote,
    anchors: anchors::Anchors,
    row: Vec<u32>,
}

impl Moves {
    /// The windows that the window system says were moved, where the pixels say so too.
    pub(crate) fn hinted<'a>(&'a mut self, picture: Pixels<'a>, patch: &'a dyn Patch, hints: &Hints, number: usize) -> Option<Move> {
        let hint = hints.moved.get(number)?;
        let by = Distance::between(hint.from, hint.to.origin());
        let to = by.target(hint.to.intersect(picture.size().rect()), picture.size())?;
        let (x, y) = by.source(to.x, to.y);
        let found = Move { from: Point { x, y }, to, why: "a window moved" };
        (by != Distance { dx: 0, dy: 0 } && self.is_right(picture, patch, found)).then_some(found)
    }

    /// The last move once more: a page that scrolls goes on by the same distance more often than not, and then neither a search nor a look
    /// at what changed is needed before it.
    pub(crate) fn again(&mut self, picture: Pixels<'_>, patch: &dyn Patch, now: Millis) -> Option<Move> {
        let (at, last) = self.last.filter(|(at, _)| now.saturating_sub(*at) <= MOMENTUM_MS)?;
        let damaged: u64 = patch.damage().rects().iter().map(|rect| rect.intersect(last.to).area()).sum();
        if damaged * 2 < last.to.area() {
            return None;
        }
        let mut found = Move { why: "the last move goes on", ..last };
        if at == now || !self.is_right(picture, patch, found) {
            self.last = None;
            return None;
        }
        // The search stops at what stood still or was blank; mostly all that is drawn anew moves.
        let by = Distance::between(last.from, last.to.origin());
        let around = patch.damage().bounds();
        if let Some(to) = by.target(around, picture.size()).and_then(|to| by.back(to, around)) {
            let (x, y) = by.source(to.x, to.y);
            let wide = Move { from: Point { x, y }, to, ..found };
            if to != last.to && to.contains_rect(last.to) && self.is_right(picture, patch, wide) {
                found = wide;
            }
        }
        self.last = Some((now, found));
        Some(found)
    }

    /// A move that explains a good part of `changed`, if there is one. The pixels of `changed` differ from the picture.
    pub(crate) fn search(&mut self, picture: Pixels<'_>, patch: &dyn Patch, changed: &Region, now: Millis) -> Option<Move> {
        let (bounds, area) = (changed.bounds(), changed.area());
        if area < LEAST_AREA || bounds.height < LEAST_SIDE || bounds.width < LEAST_SIDE || area < bounds.area() / 8 {
            return None;
        }
        let rows = Rows::new(picture, patch, bounds);
        let row = &mut self.row;
        let worth = |by: Option<Distance>, why: &'static str, row: &mut Vec<u32>| {
            let by = by?;
            let (_, to) = extent::extent(&rows, bounds, by, row)?;
            // Columns that did not change, as beside a pane, need no move.
            let to = changed.intersection(to).bounds();
            let (x, y) = by.source(to.x, to.y);
            (!to.is_empty() && to.area() * WORTH >= area).then_some(Move { from: Point { x, y }, to, why })
        };
        let mut found = worth(self.vote.rows(&rows, bounds, row), "its rows lay above or below", row);
        if found.is_none() {
            found = worth(self.vote.columns(&rows, bounds, row), "its columns lay beside", row);
        }
        if found.is_none() && now >= self.no_anchors_until {
            found = worth(self.anchors.vote(&rows, bounds, row), "its anchors lay aslant", row);
            if found.is_none() {
                self.no_anchors_until = now + ANCHORS_PAUSE_MS;
            }
        }
        if let Some(found) = found {
            self.last = Some((now, found));
        }
        found
    }

    /// Forgets the last move.
    pub(crate) fn forget(&mut self) {
        self.last = None;
    }

    /// Whether a sample of rows changed, and is explained by the move.
    fn is_right(&mut self, picture: Pixels<'_>, patch: &dyn Patch, guess: Move) -> bool {
        let Move { from, to, .. } = guess;
        if to.area() < LEAST_AREA || to.height < LEAST_SIDE || to.width < LEAST_SIDE {
            return false;
        }
        let rows = Rows::new(picture, patch, to);
        let (mut sampled, mut changed, mut moved) = (0, 0, 0);
        for line in (0..to.height).step_by(to.height.div_ceil(SAMPLED_ROWS) as usize) {
            let fresh = rows.fresh(to.y + line, to.x, to.right(), &mut self.row);
            sampled += 1;
            changed += u32::from(fresh != rows.old(to.y + line, to.x, to.right()));
            moved += u32::from(fresh == rows.old(from.y + line, from.x, from.x + to.width));
        }
        changed * 4 >= sampled && moved * 4 >= sampled * 3
    }
}

#[cfg(test)]
mod tests;
