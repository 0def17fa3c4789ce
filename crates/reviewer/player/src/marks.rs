//! Marks: where each operation of a recording paints and reads, without its pixels.
//!
//! In scope: keeping them in little memory, up to a bound beyond which an update is a whole that nothing is known of; which operation of a
//! video stream another one goes on with. Not in scope: what follows from them (`slice`).

use std::ops::Range;

use deskhand_screen::{Op, Point, Rect, Update};

/// Most rectangles that are kept: 64 MiB.
const MAX_RECTS: usize = 1 << 22;
/// Most operations that are kept: 32 bytes each.
const MAX_MARKS: usize = 1 << 21;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Copy {
        from: Point,
        to: Rect,
    },
    Save(Range<u32>),
    Restore(Range<u32>),
    Tiles(Range<u32>),
    /// `goes_on`: a later operation goes on with this stream.
    Video {
        rect: Rect,
        key: bool,
        goes_on: bool,
    },
}

/// All operations of a recording.
#[derive(Default, Debug)]
pub(crate) struct Marks {
    marks: Vec<Mark>,
    rects: Vec<Rect>,
    /// The newest operation of each running stream.
    streams: Vec<(Rect, usize)>,
}

impl Marks {
    /// Keeps an update's operations; `None` when there is no more room for them.
    pub(crate) fn add(&mut self, update: &Update) -> Option<Range<u32>> {
        if update.is_key() {
            self.streams.clear();
        }
        let rects: usize = update.ops.iter().map(|op| op.rects().len()).sum();
        if self.rects.len() + rects > MAX_RECTS || self.marks.len() + update.ops.len() > MAX_MARKS {
            return None;
        }
        let start = self.marks.len() as u32;
        for op in &update.ops {
            let mark = match op {
                Op::Copy { from, to } => Mark::Copy { from: *from, to: *to },
                Op::Save { rects } => Mark::Save(self.keep(rects)),
                Op::Restore { rects } => Mark::Restore(self.keep(rects)),
                Op::Tiles { rects, .. } => Mark::Tiles(self.keep(rects)),
                Op::Video { rect, key, .. } => self.video(*rect, *key),
            };
            self.marks.push(mark);
        }
        Some(start..self.marks.len() as u32)
    }

    fn keep(&mut self, rects: &[Rect]) -> Range<u32> {
        let start = self.rects.len() as u32;
        self.rects.extend_from_slice(rects);
        start..self.rects.len() as u32
    }

    fn video(&mut self, rect: Rect, key: bool) -> Mark {
        let at = self.marks.len();
        if key {
            self.streams.retain(|(own, _)| own.intersect(rect).is_empty());
            self.streams.push((rect, at));
        } else if let Some((_, newest)) = self.streams.iter_mut().find(|(own, _)| *own == rect) {
            if let Mark::Video { goes_on, .. } = &mut self.marks[*newest] {
                *goes_on = true;
            }
            *newest = at;
        }
        Mark::Video { rect, key, goes_on: false }
    }

    /// These operations.
    pub(crate) fn of(&self, range: Range<u32>) -> &[Mark] {
        &self.marks[range.start as usize..range.end as usize]
    }

    /// These rectangles.
    pub(crate) fn rects(&self, range: &Range<u32>) -> &[Rect] {
        &self.rects[range.start as usize..range.end as usize]
    }
}
