//! Slice: which operations the picture of a moment still shows.
//!
//! In scope: one pure walk backwards over the index. Not in scope: applying them (`player`).
//!
//! The walk knows which pixels of the picture and of the save-under are still wanted, all of them at first, and which video streams. An
//! operation that paints a wanted pixel is needed; what it paints is wanted no longer, what it reads is wanted instead. Each operation of a
//! stream needs all before it back to the stream's beginning. To think more wanted than truly is only costs time: a region with very many
//! rectangles is therefore not cut any finer.

use deskhand_screen::{Rect, Region, Size};

use crate::{index::Index, marks::Mark};

/// Beyond this many rectangles a region is not cut by small operations any more.
const MAX_PARTS: usize = 256;
/// Operations of this many pixels always cut: so few of them have room that they leave no dust.
const LARGE: u64 = 64 * 64;

/// What is to be applied of one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Which step of the index.
    pub(crate) step: usize,
    /// Which of its operations, ascending; `None` for all of them.
    pub(crate) ops: Option<Vec<u16>>,
}

/// The operations that make the picture of step `to`, in order: on top of step `after` when that is given, which is of the same span
/// ([`Index::span`]) and not after `to`; from nothing otherwise.
pub(crate) fn slice(index: &Index, after: Option<usize>, to: usize) -> Vec<Part> {
    let span = index.span(to);
    let first = after.map_or(span, |after| after + 1);
    let mut walk = Walk::new(index.steps()[span].size);
    let mut parts = Vec::new();
    for step in (first..=to).rev() {
        let Some(range) = index.steps()[step].marks.clone() else {
            // Nothing is known of it, so it may read anything.
            walk.want_everything();
            parts.push(Part { step, ops: None });
            continue;
        };
        let marks = index.marks().of(range);
        let needed = (0..marks.len()).rev().filter(|at| walk.needs(index, &marks[*at]));
        let mut ops: Vec<u16> = needed.map(|at| at as u16).collect();
        if !ops.is_empty() {
            ops.reverse();
            let whole = ops.len() == marks.len();
            parts.push(Part { step, ops: (!whole).then_some(ops) });
        }
    }
    parts.reverse();
    parts
}

struct Walk {
    whole: Region,
    picture: Region,
    under: Region,
    /// Streams that are wanted back to their beginning.
    streams: Vec<Rect>,
    /// Streams whose newest operation was met.
    met: Region,
}

impl Walk {
    fn new(size: Size) -> Self {
        let whole = Region::from_rect(size.rect());
        Self { picture: whole.clone(), under: whole.clone(), whole, streams: Vec::new(), met: Region::new() }
    }

    fn want_everything(&mut self) {
        self.picture.clone_from(&self.whole);
        self.under.clone_from(&self.whole);
    }

    fn needs(&mut self, index: &Index, mark: &Mark) -> bool {
        match mark {
            Mark::Copy { from, to } => {
                let mut moved = self.picture.intersection(*to);
                if moved.is_empty() {
                    return false;
                }
                cut(&mut self.picture, *to);
                let shift = |from: u32, to: u32| from as i32 - to as i32;
                moved.translate(shift(from.x, to.x), shift(from.y, to.y));
                self.picture.add_region(&moved);
                true
            }
            Mark::Tiles(range) => paints(&mut self.picture, index.marks().rects(range)),
            Mark::Save(range) => read(&mut self.under, &mut self.picture, index.marks().rects(range)),
            Mark::Restore(range) => read(&mut self.picture, &mut self.under, index.marks().rects(range)),
            Mark::Video { rect, key, goes_on } => self.video(*rect, *key, *goes_on),
        }
    }

    fn video(&mut self, rect: Rect, key: bool, goes_on: bool) -> bool {
        let wanted = self.streams.iter().position(|own| *own == rect);
        // The newest operation of a stream that goes on after the moment, unless a newer stream ended it.
        let runs = goes_on && !self.met.touches(rect);
        self.met.add(rect);
        let seen = self.picture.touches(rect);
        if seen {
            cut(&mut self.picture, rect);
        }
        match wanted {
            Some(at) if key => drop(self.streams.swap_remove(at)),
            None if !key && (seen || runs) => self.streams.push(rect),
            _ => {}
        }
        seen || runs || wanted.is_some()
    }
}

/// Whether rectangles paint something wanted; it is wanted no longer.
fn paints(wanted: &mut Region, rects: &[Rect]) -> bool {
    if !rects.iter().any(|rect| wanted.touches(*rect)) {
        return false;
    }
    rects.iter().for_each(|rect| cut(wanted, *rect));
    true
}

/// As [`paints`], where what is painted comes from the same place of another picture.
fn read(wanted: &mut Region, source: &mut Region, rects: &[Rect]) -> bool {
    let mut any = false;
    for rect in rects {
        let part = wanted.intersection(*rect);
        if !part.is_empty() {
            any = true;
            source.add_region(&part);
        }
    }
    rects.iter().for_each(|rect| cut(wanted, *rect));
    any
}

fn cut(wanted: &mut Region, rect: Rect) {
    if wanted.rects().len() < MAX_PARTS || rect.area() >= LARGE {
        wanted.subtract(rect);
    }
}
