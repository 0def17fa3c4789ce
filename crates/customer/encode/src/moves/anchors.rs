//! Anchors: the distance of a move in any direction, such as a map that is dragged.
//!
//! In scope: places that their own pixels choose, the same in both pictures, and the distance most of them agree on. Choosing by content is
//! how files are cut for deduplication (Muthitacharoen, Chen, Mazieres: A Low-bandwidth Network File System, 2001). Not in scope: how far
//! the move goes (`extent`).

use deskhand_screen::Rect;
use xxhash_rust::xxh3::xxh3_64;

use super::{Distance, table::Table};
use crate::rows::Rows;

/// Pixels that choose, and pixels that tell one anchor from another.
const CHOOSING: usize = 4;
const TELLING: usize = 16;
/// Pixels that are looked at as one.
const BLOCK: usize = 16;
/// One place in about this many is an anchor: a power of two.
const ONE_IN: u32 = 64;
/// Anchors of the old picture that are remembered, at most.
const MOST: usize = 1 << 15;
/// Fresh rows that are looked at.
const FRESH_ROWS: u32 = 40;
/// Anchors that must agree.
const LEAST_VOTES: usize = 12;

/// Finds anchors; keeps its buffers.
#[derive(Default)]
pub(super) struct Anchors {
    table: Table,
    distances: Vec<(i32, i32)>,
    above: Vec<u32>,
}

impl Anchors {
    /// The distance most anchors agree on.
    pub(super) fn vote(&mut self, rows: &Rows<'_>, bounds: Rect, row: &mut Vec<u32>) -> Option<Distance> {
        if (bounds.width as usize) < 2 * TELLING {
            return None;
        }
        self.table.clear((bounds.area() as usize / ONE_IN as usize).min(MOST));
        for y in 1..bounds.height {
            let old = |y: u32| rows.old(bounds.y + y, bounds.x, bounds.right());
            each(old(y), old(y - 1), |x, hash| self.table.insert(hash, y << 16 | x));
        }
        self.distances.clear();
        let step = bounds.height.div_ceil(FRESH_ROWS).max(1);
        for y in (1..bounds.height).step_by(step as usize) {
            let above = rows.fresh(bounds.y + y - 1, bounds.x, bounds.right(), &mut self.above);
            let fresh = rows.fresh(bounds.y + y, bounds.x, bounds.right(), row);
            each(fresh, above, |x, hash| {
                if let Some(place) = self.table.only(hash) {
                    self.distances.push(((place & 0xFFFF) as i32 - x as i32, (place >> 16) as i32 - y as i32));
                }
            });
        }
        self.distances.sort_unstable();
        let groups = self.distances.chunk_by(|a, b| a == b).filter(|group| group[0] != (0, 0));
        let best = groups.max_by_key(|group| group.len()).filter(|group| group.len() >= LEAST_VOTES)?;
        Some(Distance { dx: best[0].0, dy: best[0].1 })
    }
}

/// Tells the anchors of a row: their columns and hashes.
fn each(row: &[u32], above: &[u32], mut tell: impl FnMut(u32, u64)) {
    for start in (0..row.len().saturating_sub(BLOCK + TELLING)).step_by(BLOCK) {
        let (Some(pixels), Some(above)) = (row[start..].first_chunk(), above[start..].first_chunk()) else { return };
        let chosen = choose(pixels, above);
        if u128::from_ne_bytes(chosen) == 0 {
            continue;
        }
        for (x, _) in (start..).zip(chosen).filter(|(_, chosen)| *chosen != 0) {
            tell(x as u32, xxh3_64(bytemuck::cast_slice(&row[x..x + TELLING])));
        }
    }
}

/// Which pixels of a block are anchors. Anchors are corners: they differ from what is right of them and above them. Nothing here
/// branches, so that the compiler does it with vectors.
fn choose(pixels: &[u32; BLOCK + CHOOSING - 1], above: &[u32; BLOCK]) -> [u8; BLOCK] {
    std::array::from_fn(|x| {
        let sum = pixels[x].wrapping_add(pixels[x + 1] << 3).wrapping_add(pixels[x + 2] << 7).wrapping_add(pixels[x + 3] << 12);
        let mixed = sum ^ (sum >> 15);
        u8::from(mixed % ONE_IN == 1) & u8::from(pixels[x] != pixels[x + 1]) & u8::from(pixels[x] != above[x])
    })
}
