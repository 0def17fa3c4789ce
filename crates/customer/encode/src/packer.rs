//! Packer: cuts a region into groups and has each made into operations.
//!
//! In scope: what goes into one operation, how many bytes are enough for one update, and packing large areas on several cores. Not in
//! scope: the form of each operation (`tiles`), which region.

use std::{
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use deskhand_screen::{Framebuffer, MAX_TILES_PIXELS, Op, Rect, Region, TileForm};
use smallvec::SmallVec;

use crate::{
    EncodeError,
    tiles::{Ops, Tiler},
};

/// Pixels of one operation: small enough that gathered and packed pixels stay in the processor's cache.
const CHUNK_PIXELS: u64 = 1 << 18;
const _: () = assert!(CHUNK_PIXELS <= MAX_TILES_PIXELS);
/// Rectangles after which an update is full. One operation holds a few thousand at most, so it stays below `MAX_RECTS`.
const MOST_RECTS: usize = 4_096;
/// Groups from which on other cores help: half a screen. Beginning a thread costs a tenth of a millisecond, a group one to three.
const LARGE: usize = 4;
/// Cores that are used at most: the customer's machine has other work.
const MOST_CORES: usize = 4;

/// Rectangles of one operation.
type Group = SmallVec<[Rect; 8]>;

/// Packs tiles; keeps its buffers.
#[derive(Default)]
pub(crate) struct Packer {
    tiler: Tiler,
    /// Those of other cores, made when they are first needed.
    others: Vec<Tiler>,
    groups: Vec<Group>,
}

/// What was packed, and what was left for another update because it did not fit.
pub(crate) struct Packed {
    pub(crate) ops: SmallVec<[Op; 4]>,
    pub(crate) bytes: usize,
    pub(crate) left: Region,
}

impl Packer {
    /// An empty list of operations.
    pub(crate) fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.tiler.spare.ops)
    }

    /// Takes back operations that are sent.
    pub(crate) fn give_ops(&mut self, mut ops: Vec<Op>) {
        ops.drain(..).for_each(|op| self.tiler.spare.give(op));
        self.tiler.spare.ops = ops;
    }

    /// Packs a region's pixels until about `most` bytes are used; the first operation is always made.
    pub(crate) fn pack(&mut self, frame: &Framebuffer, region: &Region, most: usize) -> Result<Packed, EncodeError> {
        let mut groups = std::mem::take(&mut self.groups);
        group(region, &mut groups);
        let cores = if groups.len() < LARGE { 1 } else { thread::available_parallelism().map_or(1, NonZero::get).min(MOST_CORES) };
        self.others.resize_with(self.others.len().max(cores - 1), Tiler::default);
        let work = Work { frame, groups: &groups, next: AtomicUsize::new(0), bytes: AtomicUsize::new(0), rects: AtomicUsize::new(0), most };
        let done = work.share(&mut self.tiler, &mut self.others[..cores - 1])?;
        let packed = Packed {
            bytes: work.bytes.into_inner(),
            left: groups[done.len()..].iter().flatten().copied().collect(),
            ops: done.into_iter().flat_map(|(_, ops)| ops).collect(),
        };
        groups.clear();
        self.groups = groups;
        Ok(packed)
    }

    /// Bytes that these rectangles would take as part of a larger area: lists of colours, which it would share, do not count.
    pub(crate) fn estimate(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<u64, EncodeError> {
        let ops = self.tiler.tiles(frame, rects)?;
        let bytes = ops.iter().map(|op| match op {
            Op::Tiles { form: TileForm::Palette, data, .. } => data.len() - 1 - 3 * (usize::from(data[0]) + 1),
            Op::Tiles { data, .. } => data.len(),
            _ => 0,
        });
        let bytes = bytes.sum::<usize>() as u64;
        ops.into_iter().for_each(|op| self.tiler.spare.give(op));
        Ok(bytes)
    }
}

/// Groups that several cores take in turn, so that those that are packed are always the first ones.
struct Work<'a> {
    frame: &'a Framebuffer,
    groups: &'a [Group],
    most: usize,
    next: AtomicUsize,
    bytes: AtomicUsize,
    rects: AtomicUsize,
}

/// Groups that are packed, by their number.
type Done = SmallVec<[(usize, Ops); LARGE]>;

impl Work<'_> {
    /// The number of the next group, until the bytes are used up.
    fn take(&self) -> Option<usize> {
        let is_full = self.bytes.load(Relaxed) >= self.most || self.rects.load(Relaxed) >= MOST_RECTS;
        if is_full && self.next.load(Relaxed) > 0 {
            return None;
        }
        let number = self.next.fetch_add(1, Relaxed);
        (number < self.groups.len()).then_some(number)
    }

    /// Packs groups on this core.
    fn run(&self, tiler: &mut Tiler) -> Result<Done, EncodeError> {
        let mut done = Done::new();
        while let Some(number) = self.take() {
            let ops = tiler.tiles(self.frame, &self.groups[number])?;
            for op in &ops {
                if let Op::Tiles { rects, data, .. } = op {
                    self.bytes.fetch_add(data.len() + rects.len() * 8 + 16, Relaxed);
                    self.rects.fetch_add(rects.len(), Relaxed);
                }
            }
            done.push((number, ops));
        }
        Ok(done)
    }

    /// Packs groups on this core and as many others; where a thread cannot be had, on fewer.
    fn share(&self, tiler: &mut Tiler, others: &mut [Tiler]) -> Result<Done, EncodeError> {
        if others.is_empty() {
            return self.run(tiler);
        }
        let mut done = thread::scope(|scope| {
            let begin = |tiler| thread::Builder::new().name("tiles".into()).spawn_scoped(scope, || self.run(tiler)).ok();
            let threads: SmallVec<[_; MOST_CORES]> = others.iter_mut().filter_map(begin).collect();
            let mut done = self.run(tiler)?;
            for thread in threads {
                done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(done)
        })?;
        done.sort_by_key(|(number, _)| *number);
        Ok(done)
    }
}

/// Cuts a region into groups of at most [`CHUNK_PIXELS`].
fn group(region: &Region, groups: &mut Vec<Group>) {
    let mut pixels = CHUNK_PIXELS;
    for piece in region.rects().iter().flat_map(|rect| pieces(*rect)) {
        pixels += piece.area();
        match groups.last_mut() {
            Some(group) if pixels <= CHUNK_PIXELS => group.push(piece),
            _ => {
                groups.push(Group::from_slice(&[piece]));
                pixels = piece.area();
            }
        }
    }
}

/// A rectangle in pieces of at most [`CHUNK_PIXELS`], whole rows each.
fn pieces(rect: Rect) -> impl Iterator<Item = Rect> {
    let rows = (CHUNK_PIXELS as u32 / rect.width.max(1)).max(1);
    (rect.y..rect.bottom()).step_by(rows as usize).map(move |y| Rect::from_edges(rect.x, y, rect.right(), (y + rows).min(rect.bottom())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;

    #[test]
    fn a_flat_area_takes_a_handful_of_bytes() {
        let frame = Framebuffer::new(Size::new(1000, 500).unwrap());
        let region = Region::from_rect(frame.size().rect());
        let packed = Packer::default().pack(&frame, &region, usize::MAX).unwrap();
        assert!(packed.bytes < 100 && packed.left.is_empty());
    }

    fn noise(width: u32, height: u32) -> Framebuffer {
        painted(width, height, |_, _, chance| chance)
    }

    #[test]
    fn what_does_not_fit_is_left_and_named() {
        for (frame, most_groups) in [(noise(1024, 512), 1), (noise(2048, 2048), MOST_CORES)] {
            let whole = Region::from_rect(frame.size().rect());
            let packed = Packer::default().pack(&frame, &whole, 1_000).unwrap();
            assert!((1..=most_groups).contains(&packed.ops.len()), "{}", packed.ops.len());
            let rects = packed.ops.iter().flat_map(|op| if let Op::Tiles { rects, .. } = op { &rects[..] } else { panic!("not tiles") });
            let mut both = packed.left.clone();
            both.add_region(&rects.clone().copied().collect());
            assert_eq!(both, whole);
            let area: u64 = rects.clone().map(|rect| rect.area()).sum();
            assert_eq!(packed.left.area() + area, whole.area());
            // What is packed lies above what is left.
            assert!(rects.into_iter().all(|rect| rect.bottom() <= packed.left.bounds().y));
        }
    }

    #[test]
    fn many_cores_pack_what_one_packs() {
        let frame = painted(1920, 1080, |x, y, chance| if x > 900 && y > 400 { chance } else { x * y % 7 * 0x11_1111 });
        let whole = Region::from_rect(frame.size().rect());
        let mut packer = Packer::default();
        let large = packer.pack(&frame, &whole, usize::MAX).unwrap();
        let mut groups = Vec::new();
        group(&whole, &mut groups);
        assert!(groups.len() >= LARGE);
        let small: Vec<Op> = groups.iter().flat_map(|group| packer.tiler.tiles(&frame, group).unwrap()).collect();
        assert_eq!(large.ops.into_vec(), small);
        assert!(large.left.is_empty());
    }

    /// Packs all of a picture, has it decoded, and names the forms that were used.
    fn there_and_back(packer: &mut Packer, frame: &Framebuffer) -> Vec<TileForm> {
        let packed = packer.pack(frame, &Region::from_rect(frame.size().rect()), usize::MAX).unwrap();
        let forms = packed.ops.iter().map(|op| if let Op::Tiles { form, .. } = op { *form } else { panic!("not tiles") }).collect();
        let update = deskhand_screen::Update { number: 1, base: 0, size: frame.size(), damaged_at: 0, ops: packed.ops.into_vec() };
        let update = deskhand_screen::Update::from_bytes(&update.to_bytes()).unwrap();
        let mut decoder = deskhand_decode::Decoder::new();
        decoder.apply(&update).unwrap();
        assert!(decoder.is_exact() && decoder.frame() == frame, "{:?} {forms:?}", frame.size());
        forms
    }

    fn painted(width: u32, height: u32, pixel: impl Fn(u32, u32, u32) -> u32) -> Framebuffer {
        let mut frame = Framebuffer::new(Size::new(width, height).unwrap());
        let mut state = width * 31 + height;
        for y in 0..height {
            for (x, target) in (0..).zip(frame.row_mut(y)) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *target = 0xFF00_0000 | pixel(x, y, state >> 8) & 0x00FF_FFFF;
            }
        }
        frame
    }

    #[test]
    fn pictures_of_every_kind_and_size_are_the_same_afterwards() {
        let mut packer = Packer::default();
        let mut seen = std::collections::HashSet::new();
        for (width, height) in [(1, 1), (1, 77), (130, 1), (2, 2), (3, 50), (31, 33), (65, 64), (255, 129), (641, 479), (1025, 300)] {
            for colours in [1, 2, 3, 4, 5, 16, 17, 256, 300] {
                seen.extend(there_and_back(&mut packer, &painted(width, height, |_, _, chance| chance % colours * 0x03_0507)));
            }
            seen.extend(there_and_back(&mut packer, &painted(width, height, |_, _, chance| chance)));
            seen.extend(there_and_back(&mut packer, &painted(width, height, |_, _, chance| (chance & 0xFF) * 0x01_0101 + 0x33_0000)));
            seen.extend(there_and_back(&mut packer, &painted(width, height, |x, y, _| x * 0x01_0000 + y * 0x0100 + x + y)));
            seen.extend(there_and_back(&mut packer, &painted(width, height, |x, y, _| x / 8 * 0x01_0000 + y / 8 * 0x0300)));
        }
        assert_eq!(seen.len(), 4, "{seen:?}");
    }

    #[test]
    fn a_picture_beside_text_leaves_the_text_its_palette() {
        let frame = painted(800, 60, |x, y, chance| if x > 500 { chance } else { x * y % 7 * 0x11_1111 });
        let forms = there_and_back(&mut Packer::default(), &frame);
        assert_eq!(forms, [TileForm::Palette, TileForm::Filtered]);
    }
}
