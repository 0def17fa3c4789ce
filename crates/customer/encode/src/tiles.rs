//! Tiles: exact pixels, packed.
//!
//! In scope: cutting a region into bounded operations, and the form of each. Every operation stands alone: nothing is
//! compressed across updates (CRIME, CVE-2012-4929, is about what that gives away). Not in scope: which region.
//!
//! The forms were chosen by measurement (`examples/tile_forms`): glyphs for little, a palette for few colours, filtered for
//! pictures, and raw for what is drawn in many colours. Where a picture lies beside text, each goes into an operation of its own.

use deskhand_screen::{Framebuffer, MAX_TILES_PIXELS, Op, Rect, Region, TileForm, pack_glyphs};
use smallvec::SmallVec;
use zstd::{bulk::Compressor, zstd_safe::CParameter};

use crate::{
    EncodeError, cells,
    filter::{self, Filter},
    palette::Palette,
    spare::Spare,
};

/// Pixels of one operation: small enough that gathered and packed pixels stay in the processor's cache.
const CHUNK_PIXELS: u64 = 1 << 18;
const _: () = assert!(CHUNK_PIXELS <= MAX_TILES_PIXELS);
/// Up to so many pixels go as glyphs: these take the fewest bytes, but ten times as long for each pixel.
const GLYPHS_PIXELS: u64 = 1 << 12;
/// Rectangles after which an update is full. One operation holds a few thousand at most, so it stays below `MAX_RECTS`.
const MOST_RECTS: usize = 4_096;
const LEVEL: i32 = 1;
/// What is left of a picture looks like noise: shorter repetitions in it cost more than they save, in time and in bytes.
const LEAST_MATCH: u32 = 7;

/// Rectangles of one operation.
type Group = SmallVec<[Rect; 8]>;

/// Packs tiles; keeps its buffers, about three megabytes at most.
pub(crate) struct Packer {
    zstd: Zstd,
    palette: Palette,
    filter: Filter,
    gathered: Vec<u8>,
    spare: Spare,
}

/// What was packed, and what was left for another update because it did not fit.
pub(crate) struct Packed {
    pub(crate) ops: SmallVec<[Op; 4]>,
    pub(crate) bytes: usize,
    rects: usize,
    pub(crate) left: Region,
}

impl Packer {
    pub(crate) fn new() -> Self {
        Self { zstd: Zstd::default(), palette: Palette::new(), filter: Filter::default(), gathered: Vec::new(), spare: Spare::default() }
    }

    /// An empty list of operations.
    pub(crate) fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.spare.ops)
    }

    /// Takes back operations that are sent.
    pub(crate) fn give_ops(&mut self, mut ops: Vec<Op>) {
        ops.drain(..).for_each(|op| self.spare.give(op));
        self.spare.ops = ops;
    }

    /// Packs a region's pixels until about `most` bytes are used; the first operation is always made.
    pub(crate) fn pack(&mut self, frame: &Framebuffer, region: &Region, most: usize) -> Result<Packed, EncodeError> {
        let mut packed = Packed { ops: SmallVec::new(), bytes: 0, rects: 0, left: Region::new() };
        let mut group: Group = SmallVec::new();
        let mut pixels = 0;
        for piece in region.rects().iter().flat_map(|rect| pieces(*rect)) {
            if pixels + piece.area() > CHUNK_PIXELS && !group.is_empty() {
                self.close(frame, &mut group, most, &mut packed)?;
                pixels = 0;
            }
            pixels += piece.area();
            group.push(piece);
        }
        if !group.is_empty() {
            self.close(frame, &mut group, most, &mut packed)?;
        }
        Ok(packed)
    }

    /// Bytes that these rectangles would take as part of a larger area: lists of colours, which it would share, do not count.
    pub(crate) fn estimate(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<u64, EncodeError> {
        let mut packed = Packed { ops: SmallVec::new(), bytes: 0, rects: 0, left: Region::new() };
        self.close(frame, &mut Group::from_slice(rects), usize::MAX, &mut packed)?;
        let bytes = packed.ops.iter().map(|op| match op {
            Op::Tiles { form: TileForm::Palette, data, .. } => data.len() - 1 - 3 * (usize::from(data[0]) + 1),
            Op::Tiles { data, .. } => data.len(),
            _ => 0,
        });
        let bytes = bytes.sum::<usize>() as u64;
        packed.ops.into_iter().for_each(|op| self.spare.give(op));
        Ok(bytes)
    }

    /// Makes operations of the group, or leaves it when the bytes are used up.
    fn close(&mut self, frame: &Framebuffer, group: &mut Group, most: usize, packed: &mut Packed) -> Result<(), EncodeError> {
        let rects = std::mem::take(group);
        let full = packed.bytes >= most || packed.rects >= MOST_RECTS;
        if full && !packed.ops.is_empty() {
            packed.left.add_region(&rects.into_iter().collect());
            return Ok(());
        }
        if let Some((form, data)) = self.pack_few(frame, &rects)? {
            packed.push(self.spare.rects(&rects), form, data);
            return Ok(());
        }
        let (drawn, pictures) = cells::part(frame, &rects);
        if !drawn.is_empty() {
            let rects = drawn.rects();
            let few = if pictures.is_empty() { None } else { self.pack_few(frame, rects)? };
            let (form, data) = match few {
                Some(few) => few,
                None => (TileForm::Raw, self.pack_raw(frame, rects)?),
            };
            packed.push(self.spare.rects(rects), form, data);
        }
        if !pictures.is_empty() {
            let rects = pictures.rects();
            let data = self.pack_filtered(frame, rects, pictures.area())?;
            packed.push(self.spare.rects(rects), TileForm::Filtered, data);
        }
        Ok(())
    }

    /// The forms for few colours, if there are few.
    fn pack_few(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<Option<(TileForm, Vec<u8>)>, EncodeError> {
        let little = rects.iter().map(|rect| rect.area()).sum::<u64>() <= GLYPHS_PIXELS;
        if little && let Some(data) = pack_glyphs(frame.view(), rects, self.spare.data()) {
            return Ok(Some((TileForm::Glyphs, data)));
        }
        let Some((colours, places)) = self.palette.reduce(rects.iter().flat_map(|rect| frame.rows(*rect))) else {
            return Ok(None);
        };
        let mut data = self.spare.data();
        data.push((colours.len() - 1) as u8);
        colours.iter().for_each(|colour| data.extend_from_slice(&colour.to_le_bytes()[..3]));
        if colours.len() > 1 {
            data.extend_from_slice(self.zstd.compress(places)?);
        }
        Ok(Some((TileForm::Palette, data)))
    }

    fn pack_raw(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<Vec<u8>, EncodeError> {
        self.gathered.clear();
        let bytes = frame.bytes();
        let stride = frame.size().width as usize * 4;
        for rect in rects {
            for y in rect.y..rect.bottom() {
                let start = y as usize * stride + rect.x as usize * 4;
                self.gathered.extend_from_slice(&bytes[start..start + rect.width as usize * 4]);
            }
        }
        let mut data = self.spare.data();
        data.extend_from_slice(self.zstd.compress(&self.gathered)?);
        Ok(data)
    }

    fn pack_filtered(&mut self, frame: &Framebuffer, rects: &[Rect], area: u64) -> Result<Vec<u8>, EncodeError> {
        let kind = filter::choose(frame, rects);
        let planes = self.filter.planes(rects.iter().map(|rect| frame.rows(*rect)), area as usize, kind);
        let packed = self.zstd.compress_noise(planes)?;
        let mut data = self.spare.data();
        data.push(kind.to_byte());
        data.extend_from_slice(packed);
        Ok(data)
    }
}

impl Packed {
    fn push(&mut self, rects: Vec<Rect>, form: TileForm, data: Vec<u8>) {
        self.bytes += data.len() + rects.len() * 8 + 16;
        self.rects += rects.len();
        self.ops.push(Op::Tiles { rects, form, data });
    }
}

/// The compressor, made when it is first needed.
#[derive(Default)]
struct Zstd {
    any: Option<Compressor<'static>>,
    packed: Vec<u8>,
}

impl Zstd {
    fn compress(&mut self, data: &[u8]) -> Result<&[u8], EncodeError> {
        // Zero stands for what the level says.
        self.compress_matching(data, 0)
    }

    fn compress_noise(&mut self, data: &[u8]) -> Result<&[u8], EncodeError> {
        self.compress_matching(data, LEAST_MATCH)
    }

    fn compress_matching(&mut self, data: &[u8], least: u32) -> Result<&[u8], EncodeError> {
        let zstd = match &mut self.any {
            Some(zstd) => zstd,
            empty => empty.insert(Compressor::new(LEVEL).map_err(|_| EncodeError::Pack)?),
        };
        zstd.set_parameter(CParameter::MinMatch(least)).map_err(|_| EncodeError::Pack)?;
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(data.len()));
        zstd.compress_to_buffer(data, &mut self.packed).map_err(|_| EncodeError::Pack)?;
        Ok(&self.packed)
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
        let packed = Packer::new().pack(&frame, &region, usize::MAX).unwrap();
        assert!(packed.bytes < 100 && packed.left.is_empty());
    }

    #[test]
    fn what_does_not_fit_is_left_and_named() {
        let mut frame = Framebuffer::new(Size::new(1024, 1024).unwrap());
        let mut state = 1_u32;
        for pixel in frame.pixels_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *pixel = 0xFF00_0000 | state >> 8;
        }
        let whole = Region::from_rect(frame.size().rect());
        let packed = Packer::new().pack(&frame, &whole, 1_000).unwrap();
        assert_eq!(packed.ops.len(), 1);
        let Op::Tiles { rects, .. } = &packed.ops[0] else { panic!("not tiles") };
        let mut both = packed.left.clone();
        both.add_region(&rects.iter().copied().collect());
        assert_eq!(both, whole);
        assert_eq!(packed.left.area() + rects[0].area(), whole.area());
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
        let mut packer = Packer::new();
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
        let forms = there_and_back(&mut Packer::new(), &frame);
        assert_eq!(forms, [TileForm::Palette, TileForm::Filtered]);
    }
}
