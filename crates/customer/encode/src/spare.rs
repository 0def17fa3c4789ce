//! Spare: memory of updates that are sent, to be used again.
//!
//! In scope: as many lists as an ordinary update needs, none of them large. Not in scope: who gives them back (`Encoder::recycle`).

use deskhand_screen::{Op, Rect};

/// Lists that are kept of each kind, and bytes of the largest.
const MOST: usize = 16;
const MOST_BYTES: usize = 1 << 16;

/// Empty lists.
#[derive(Default)]
pub(crate) struct Spare {
    pub(crate) ops: Vec<Op>,
    data: Vec<Vec<u8>>,
    rects: Vec<Vec<Rect>>,
}

impl Spare {
    /// An empty list of bytes.
    pub(crate) fn data(&mut self) -> Vec<u8> {
        self.data.pop().unwrap_or_default()
    }

    /// A list of these rectangles.
    pub(crate) fn rects(&mut self, rects: &[Rect]) -> Vec<Rect> {
        let mut list = self.rects.pop().unwrap_or_default();
        list.extend_from_slice(rects);
        list
    }

    /// Keeps the memory of an operation.
    pub(crate) fn give(&mut self, op: Op) {
        let rects = match op {
            Op::Tiles { rects, mut data, .. } => {
                if self.data.len() < MOST && data.capacity() <= MOST_BYTES {
                    data.clear();
                    self.data.push(data);
                }
                rects
            }
            Op::Save { rects } | Op::Restore { rects } => rects,
            Op::Copy { .. } | Op::Video { .. } => return,
        };
        if self.rects.len() < MOST {
            self.rects.push(rects);
            self.rects.last_mut().into_iter().for_each(Vec::clear);
        }
    }
}
