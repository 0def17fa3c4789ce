//! Tiles: exact pixels, packed.
//!
//! In scope: cutting a region into bounded operations, palette or raw, zstd level 1. Every operation stands alone: nothing is
//! compressed across updates (CRIME, CVE-2012-4929, is about what that gives away). Not in scope: which region.

use deskhand_screen::{Framebuffer, MAX_TILES_PIXELS, Op, Rect, Region, TileForm};
use zstd::bulk::Compressor;

use crate::{EncodeError, palette::Palette};

/// Pixels of one operation: small enough that gathered and packed pixels stay in the processor's cache.
const CHUNK_PIXELS: u64 = 1 << 18;
const _: () = assert!(CHUNK_PIXELS <= MAX_TILES_PIXELS);
const LEVEL: i32 = 1;

/// Packs tiles; keeps its buffers, about two and a half megabytes at most.
pub(crate) struct Packer {
    zstd: Option<Compressor<'static>>,
    palette: Palette,
    gathered: Vec<u8>,
    packed: Vec<u8>,
}

/// What was packed, and what was left for another update because it did not fit.
pub(crate) struct Packed {
    pub(crate) ops: Vec<Op>,
    pub(crate) bytes: usize,
    pub(crate) left: Region,
}

impl Packer {
    pub(crate) fn new() -> Self {
        Self { zstd: None, palette: Palette::new(), gathered: Vec::new(), packed: Vec::new() }
    }

    /// Packs a region's pixels until about `most` bytes are used; the first operation is always made.
    pub(crate) fn pack(&mut self, frame: &Framebuffer, region: &Region, most: usize) -> Result<Packed, EncodeError> {
        let mut packed = Packed { ops: Vec::new(), bytes: 0, left: Region::new() };
        let mut group: Vec<Rect> = Vec::new();
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

    /// Bytes that these rectangles would take in raw form.
    pub(crate) fn raw_bytes(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<usize, EncodeError> {
        self.gather(frame, rects);
        Ok(compress(&mut self.zstd, &self.gathered, &mut self.packed)?.len())
    }

    /// Makes one operation of the group, or leaves it when the bytes are used up.
    fn close(&mut self, frame: &Framebuffer, group: &mut Vec<Rect>, most: usize, packed: &mut Packed) -> Result<(), EncodeError> {
        let rects = std::mem::take(group);
        if packed.bytes >= most && !packed.ops.is_empty() {
            packed.left.add_region(&rects.into_iter().collect());
            return Ok(());
        }
        let (form, data) = self.pack_group(frame, &rects)?;
        packed.bytes += data.len() + rects.len() * 8 + 16;
        packed.ops.push(Op::Tiles { rects, form, data });
        Ok(())
    }

    fn pack_group(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<(TileForm, Vec<u8>), EncodeError> {
        if let Some((colours, places)) = self.palette.reduce(rects.iter().flat_map(|rect| frame.rows(*rect))) {
            let mut data = Vec::with_capacity(1 + colours.len() * 3 + 256);
            data.push((colours.len() - 1) as u8);
            colours.iter().for_each(|colour| data.extend_from_slice(&colour.to_le_bytes()[..3]));
            if colours.len() > 1 {
                data.extend_from_slice(compress(&mut self.zstd, places, &mut self.packed)?);
            }
            return Ok((TileForm::Palette, data));
        }
        self.gather(frame, rects);
        Ok((TileForm::Raw, compress(&mut self.zstd, &self.gathered, &mut self.packed)?.to_vec()))
    }

    /// Puts the rectangles' pixels one after the other.
    fn gather(&mut self, frame: &Framebuffer, rects: &[Rect]) {
        self.gathered.clear();
        let bytes = frame.bytes();
        let stride = frame.size().width as usize * 4;
        for rect in rects {
            for y in rect.y..rect.bottom() {
                let start = y as usize * stride + rect.x as usize * 4;
                self.gathered.extend_from_slice(&bytes[start..start + rect.width as usize * 4]);
            }
        }
    }
}

fn compress<'a>(zstd: &mut Option<Compressor<'static>>, data: &[u8], packed: &'a mut Vec<u8>) -> Result<&'a [u8], EncodeError> {
    let zstd = match zstd {
        Some(zstd) => zstd,
        empty => empty.insert(Compressor::new(LEVEL).map_err(|_| EncodeError::Pack)?),
    };
    packed.clear();
    packed.reserve(zstd::zstd_safe::compress_bound(data.len()));
    zstd.compress_to_buffer(data, packed).map_err(|_| EncodeError::Pack)?;
    Ok(packed)
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
}
