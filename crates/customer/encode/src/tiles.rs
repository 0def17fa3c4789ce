//! Tiles: exact pixels in the form that suits them.
//!
//! In scope: the form of each operation. Every operation stands alone: nothing is compressed across updates (CRIME, CVE-2012-4929, is
//! about what that gives away). Not in scope: which rectangles one operation holds (`packer`).
//!
//! The forms were chosen by measurement (`examples/tile_forms`): glyphs for little, a palette for few colours, filtered for
//! pictures, and raw for what is drawn in many colours. Where a picture lies beside text, each goes into an operation of its own.

use deskhand_screen::{Framebuffer, Op, Rect, TileForm, pack_glyphs};
use smallvec::SmallVec;
use zstd::{bulk::Compressor, zstd_safe::CParameter};

use crate::{
    EncodeError, cells,
    filter::{self, Filter},
    palette::Palette,
    spare::Spare,
};

/// Up to so many pixels go as glyphs: these take the fewest bytes, but ten times as long for each pixel.
const GLYPHS_PIXELS: u64 = 1 << 12;
const LEVEL: i32 = 1;
/// What is left of a picture looks like noise: shorter repetitions in it cost more than they save, in time and in bytes.
const LEAST_MATCH: u32 = 7;

/// Operations of one group of rectangles.
pub(crate) type Ops = SmallVec<[Op; 2]>;

/// Makes tiles; keeps its buffers, about three megabytes at most.
#[derive(Default)]
pub(crate) struct Tiler {
    zstd: Zstd,
    palette: Palette,
    filter: Filter,
    gathered: Vec<u8>,
    pub(crate) spare: Spare,
}

impl Tiler {
    /// The pixels of these rectangles, as few operations as their contents allow.
    pub(crate) fn tiles(&mut self, frame: &Framebuffer, rects: &[Rect]) -> Result<Ops, EncodeError> {
        let mut ops = Ops::new();
        if let Some((form, data)) = self.pack_few(frame, rects)? {
            ops.push(Op::Tiles { rects: self.spare.rects(rects), form, data });
            return Ok(ops);
        }
        let (drawn, pictures) = cells::part(frame, rects);
        if !drawn.is_empty() {
            let rects = drawn.rects();
            let few = if pictures.is_empty() { None } else { self.pack_few(frame, rects)? };
            let (form, data) = match few {
                Some(few) => few,
                None => (TileForm::Raw, self.pack_raw(frame, rects)?),
            };
            ops.push(Op::Tiles { rects: self.spare.rects(rects), form, data });
        }
        if !pictures.is_empty() {
            let rects = pictures.rects();
            let data = self.pack_filtered(frame, rects, pictures.area())?;
            ops.push(Op::Tiles { rects: self.spare.rects(rects), form: TileForm::Filtered, data });
        }
        Ok(ops)
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
