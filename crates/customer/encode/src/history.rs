//! History: when and how often each part of the screen changed.
//!
//! In scope: remembering it in a grid of cells. Not in scope: what follows from it (`plan`, `refine`).

use deskhand_screen::{Rect, Region, Size};

use crate::Millis;

/// Side of a cell, in pixels.
pub(crate) const CELL: u32 = 64;
/// Changes older than this count for about a third (exponential decay).
const MEMORY_MS: f32 = 1_000.0;
/// A change counts as one of the whole cell when it covers at least this part of it: one quarter.
const WHOLE: u64 = 4;
/// Groups of busy cells that are told at most.
const MOST_GROUPS: usize = 16;

/// One cell of the grid.
#[derive(Clone, Copy, Default)]
struct Cell {
    /// Last change.
    at: Millis,
    /// Last change of a good part of it, and how many of those there were lately.
    busy_at: Millis,
    busy: f32,
    /// Bounds of what changed since it was last still for [`MEMORY_MS`].
    extent: Rect,
}

impl Cell {
    /// Changes of a good part of the cell in about the last second.
    fn rate(&self, now: Millis) -> f32 {
        if self.busy == 0.0 { 0.0 } else { self.busy * decay(now.saturating_sub(self.busy_at)) }
    }
}

/// Joins rectangles whose common bounds are hardly larger than they are.
fn join(groups: Vec<Rect>) -> Vec<Rect> {
    let mut joined: Vec<Rect> = Vec::new();
    for mut group in groups {
        while let Some(near) = joined.iter().position(|other| group.union(*other).area() * 4 <= (group.area() + other.area()) * 5) {
            group = group.union(joined.swap_remove(near));
        }
        joined.push(group);
    }
    joined.sort_by_key(|group| std::cmp::Reverse(group.area()));
    joined
}

fn decay(elapsed: Millis) -> f32 {
    (-(elapsed as f32) / MEMORY_MS).exp()
}

/// The grid.
pub(crate) struct History {
    size: Size,
    across: u32,
    cells: Vec<Cell>,
    seen: Vec<(usize, u64)>,
}

impl History {
    /// A history in which nothing ever changed.
    pub(crate) fn new(size: Size) -> Self {
        let (across, down) = (size.width.div_ceil(CELL), size.height.div_ceil(CELL));
        Self { size, across, cells: vec![Cell::default(); (across * down) as usize], seen: Vec::new() }
    }

    /// Remembers that these pixels changed now. `busy` says whether it counts as motion: a scroll that a copy explains does not.
    pub(crate) fn note(&mut self, changed: &Region, now: Millis, busy: bool) {
        self.seen.clear();
        for rect in changed.rects() {
            for index in self.indices(*rect) {
                let part = self.cell_rect(index).intersect(*rect);
                let cell = &mut self.cells[index];
                if now.saturating_sub(cell.at) as f32 > MEMORY_MS {
                    cell.extent = Rect::default();
                }
                if busy {
                    cell.extent = cell.extent.union(part);
                }
                cell.at = now;
                self.seen.push((index, part.area()));
            }
        }
        if !busy {
            return;
        }
        let mut seen = std::mem::take(&mut self.seen);
        seen.sort_unstable();
        for group in seen.chunk_by(|a, b| a.0 == b.0) {
            let index = group[0].0;
            let area: u64 = group.iter().map(|(_, area)| area).sum();
            if area * WHOLE >= self.cell_rect(index).area() {
                let cell = &mut self.cells[index];
                cell.busy = cell.rate(now) + 1.0;
                cell.busy_at = now;
            }
        }
        self.seen = seen;
    }

    /// Last change anywhere in the rectangle.
    pub(crate) fn last_change(&self, rect: Rect) -> Millis {
        self.indices(rect).map(|index| self.cells[index].at).max().unwrap_or(0)
    }

    /// The cells that meet the rectangle.
    pub(crate) fn cells(&self, rect: Rect) -> impl Iterator<Item = Rect> {
        self.indices(rect).map(|index| self.cell_rect(index))
    }

    /// Where it moves: the bounds of each group of neighbouring cells that change at least `rate` times a second, the largest first, and
    /// those joined whose common bounds hold little else.
    pub(crate) fn busy(&self, now: Millis, rate: f32) -> Vec<Rect> {
        if !self.cells.iter().any(|cell| cell.rate(now) >= rate) {
            return Vec::new();
        }
        let mut left: Vec<bool> = self.cells.iter().map(|cell| cell.rate(now) >= rate).collect();
        let mut groups = Vec::new();
        let mut stack = Vec::new();
        for start in 0..left.len() {
            if !std::mem::take(&mut left[start]) {
                continue;
            }
            let mut bounds = Rect::default();
            stack.push(start);
            while let Some(index) = stack.pop() {
                bounds = bounds.union(self.cells[index].extent);
                let around = self.cell_rect(index).inflate(1, self.size.rect());
                for next in self.indices(around) {
                    if std::mem::take(&mut left[next]) {
                        stack.push(next);
                    }
                }
            }
            groups.push(bounds);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.area()));
        groups.truncate(MOST_GROUPS);
        join(groups)
    }

    fn indices(&self, rect: Rect) -> impl Iterator<Item = usize> + use<> {
        let rect = rect.intersect(self.size.rect());
        let across = self.across;
        let columns = rect.x / CELL..rect.right().div_ceil(CELL);
        (rect.y / CELL..rect.bottom().div_ceil(CELL)).flat_map(move |y| columns.clone().map(move |x| (y * across + x) as usize))
    }

    fn cell_rect(&self, index: usize) -> Rect {
        let (x, y) = (index as u32 % self.across, index as u32 / self.across);
        Rect::new(x * CELL, y * CELL, CELL, CELL).intersect(self.size.rect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_that_keeps_changing_is_found_with_its_exact_edges() {
        let mut history = History::new(Size::new(640, 480).unwrap());
        let player = Rect::new(100, 90, 301, 203);
        for step in 0..12 {
            history.note(&Region::from_rect(player), step * 33, true);
            history.note(&Region::from_rect(Rect::new(600, 0, 8, 16)), step * 33, true);
        }
        let found = history.busy(400, 5.0)[0];
        assert!(player.contains_rect(found) && found.area() * 10 > player.area() * 8, "{found:?}");
        assert!(history.busy(5_000, 5.0).is_empty());
    }

    #[test]
    fn two_players_are_two_areas_and_one_in_two_pieces_is_one() {
        let mut history = History::new(Size::new(1920, 1080).unwrap());
        let (small, large) = (Rect::new(64, 64, 320, 192), Rect::new(1024, 512, 640, 384));
        for step in 0..12 {
            history.note(&[small, large].into_iter().collect(), step * 33, true);
        }
        assert_eq!(history.busy(400, 5.0), [large, small]);
        let mut history = History::new(Size::new(1920, 1080).unwrap());
        for step in 0..12 {
            history.note(&[Rect::new(0, 0, 640, 192), Rect::new(0, 256, 640, 192)].into_iter().collect(), step * 33, true);
        }
        assert_eq!(history.busy(400, 5.0), [Rect::new(0, 0, 640, 448)]);
    }

    #[test]
    fn a_change_now_and_then_is_no_motion() {
        let mut history = History::new(Size::new(640, 480).unwrap());
        for step in 0..20 {
            history.note(&Region::from_rect(Rect::new(0, 0, 640, 480)), step * 500, true);
        }
        assert!(history.busy(10_000, 5.0).is_empty());
        assert_eq!(history.last_change(Rect::new(10, 10, 1, 1)), 9_500);
    }
}
