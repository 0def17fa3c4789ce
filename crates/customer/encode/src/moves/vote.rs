//! Vote: the distance of a scroll, up and down by rows, sideways by columns.
//!
//! In scope: hashes of sampled stretches; the distance that most of them agree on. Not in scope: how far the move goes (`extent`), moves
//! aslant (`anchors`).

use deskhand_screen::Rect;
use xxhash_rust::xxh3::xxh3_64;

use super::{Distance, table::Table};
use crate::rows::Rows;

/// Samples that must agree.
const LEAST_VOTES: u32 = 12;
/// Columns that are sampled for rows, and their width in pixels: 128 bytes, which hash fast.
const STRIPS: u32 = 8;
const STRIP_WIDTH: u32 = 32;
/// Bands of rows that are sampled for columns, and their height in pixels.
const BANDS: u32 = 4;
const BAND_HEIGHT: u32 = 24;

/// Counts votes; keeps its buffers.
#[derive(Default)]
pub(super) struct Vote {
    table: Table,
    votes: Vec<u32>,
    old: Vec<u64>,
    fresh: Vec<u64>,
}

impl Vote {
    /// Up or down.
    pub(super) fn rows(&mut self, rows: &Rows<'_>, bounds: Rect, row: &mut Vec<u32>) -> Option<Distance> {
        let height = bounds.height as usize;
        self.votes.clear();
        self.votes.resize(2 * height, 0);
        let width = STRIP_WIDTH.min(bounds.width);
        let strips = STRIPS.min(bounds.width.div_ceil(STRIP_WIDTH));
        for strip in 0..strips {
            let left = bounds.x + (bounds.width - width) * (2 * strip + 1) / (2 * strips);
            self.table.clear(height);
            // A row equal to the one before says nothing about distance.
            let mut last = 0;
            for line in 0..bounds.height {
                let hash = hash(rows.old(bounds.y + line, left, left + width));
                if hash != last {
                    self.table.insert(hash, line);
                }
                last = hash;
            }
            last = 0;
            for line in 0..bounds.height {
                let hash = hash(rows.fresh(bounds.y + line, left, left + width, row));
                if hash != last
                    && let Some(old) = self.table.only(hash)
                {
                    self.votes[height + old as usize - line as usize] += 1;
                }
                last = hash;
            }
        }
        self.elected(height).map(|dy| Distance { dx: 0, dy })
    }

    /// Left or right.
    pub(super) fn columns(&mut self, rows: &Rows<'_>, bounds: Rect, row: &mut Vec<u32>) -> Option<Distance> {
        let width = bounds.width as usize;
        self.votes.clear();
        self.votes.resize(2 * width, 0);
        let height = BAND_HEIGHT.min(bounds.height);
        for band in 0..BANDS {
            let top = bounds.y + (bounds.height - height) * (2 * band + 1) / (2 * BANDS);
            for hashes in [&mut self.old, &mut self.fresh] {
                hashes.clear();
                hashes.resize(width, 0);
            }
            for y in top..top + height {
                mix(&mut self.old, rows.old(y, bounds.x, bounds.right()));
                mix(&mut self.fresh, rows.fresh(y, bounds.x, bounds.right(), row));
            }
            self.table.clear(width);
            let mut last = 0;
            for (column, hash) in (0..).zip(&self.old) {
                if *hash != last {
                    self.table.insert(finish(*hash), column);
                }
                last = *hash;
            }
            last = 0;
            for (column, hash) in self.fresh.iter().enumerate() {
                if *hash != last
                    && let Some(old) = self.table.only(finish(*hash))
                {
                    self.votes[width + old as usize - column] += 1;
                }
                last = *hash;
            }
        }
        self.elected(width).map(|dx| Distance { dx, dy: 0 })
    }

    fn elected(&mut self, zero: usize) -> Option<i32> {
        self.votes[zero] = 0;
        let (best, count) = self.votes.iter().enumerate().max_by_key(|(_, count)| **count)?;
        (*count >= LEAST_VOTES).then_some(best as i32 - zero as i32)
    }
}

fn hash(row: &[u32]) -> u64 {
    xxh3_64(bytemuck::cast_slice(row))
}

/// Spreads a column's hash over the table.
fn finish(hash: u64) -> u64 {
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
}

/// Adds a row to the hashes of its columns.
fn mix(hashes: &mut [u64], row: &[u32]) {
    for (hash, pixel) in hashes.iter_mut().zip(row) {
        *hash = (hash.rotate_left(23) ^ u64::from(*pixel)).wrapping_add(*hash << 3);
    }
}
