//! Tiles: packed pixels to exact pixels.
//!
//! In scope: all tile forms; the output is capped by the rectangles' area before anything is unpacked. Not in scope: whether
//! the rectangles fit the picture (checked before, by `Update::check`).

use deskhand_screen::{PixelsMut, Rect, TileForm, unpack_glyphs};

use crate::{
    DecodeError,
    filter::{Kind, Unfilter},
};

const OPAQUE: u32 = 0xFF00_0000;

/// Unpacks tiles; keeps its buffers, at most four bytes for each pixel of one operation.
#[derive(Default)]
pub(crate) struct Unpacker {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    buffer: Vec<u8>,
    filter: Unfilter,
}

impl Unpacker {
    /// Writes the pixels of all rectangles.
    pub(crate) fn unpack(&mut self, pixels: &mut PixelsMut<'_>, rects: &[Rect], form: TileForm, data: &[u8]) -> Result<(), DecodeError> {
        match form {
            TileForm::Raw => self.raw(pixels, rects, data),
            TileForm::Palette => self.palette(pixels, rects, data),
            TileForm::Filtered => self.filtered(pixels, rects, data),
            TileForm::Glyphs => unpack_glyphs(pixels, rects, data).map_err(DecodeError::Tiles),
        }
    }

    fn raw(&mut self, pixels: &mut PixelsMut<'_>, rects: &[Rect], data: &[u8]) -> Result<(), DecodeError> {
        let mut packed = self.decompress(data, area(rects) * 4)?;
        for rect in rects {
            for row in pixels.rows_mut(*rect) {
                let (bytes, rest) = packed.split_at(row.len() * 4);
                packed = rest;
                for (pixel, bytes) in row.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *pixel = u32::from_le_bytes(*bytes) | OPAQUE;
                }
            }
        }
        Ok(())
    }

    fn palette(&mut self, pixels: &mut PixelsMut<'_>, rects: &[Rect], data: &[u8]) -> Result<(), DecodeError> {
        let short = DecodeError::Tiles("the colour list is cut off");
        let (count, rest) = data.split_first().ok_or(short.clone())?;
        let count = usize::from(*count) + 1;
        let (list, rest) = rest.split_at_checked(count * 3).ok_or(short)?;
        let mut colours = [OPAQUE; 256];
        for (colour, bytes) in colours.iter_mut().zip(list.as_chunks::<3>().0) {
            *colour = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0xFF]);
        }
        if count == 1 {
            if !rest.is_empty() {
                return Err(DecodeError::Tiles("one colour needs no list of places"));
            }
            rects.iter().for_each(|rect| pixels.fill(*rect, colours[0]));
            return Ok(());
        }
        let each = match count {
            2 => 8,
            3..=4 => 4,
            5..=16 => 2,
            _ => 1,
        };
        let area = area(rects);
        let places = self.decompress(rest, area.div_ceil(each))?;
        let unused = (places.len() * each - area) * (8 / each);
        if unused > 0 && places.last().is_some_and(|last| last >> (8 - unused) != 0) {
            return Err(DecodeError::Tiles("there are more places than pixels"));
        }
        let known = match each {
            8 => paint::<8>(pixels, rects, &colours, places),
            4 => paint::<4>(pixels, rects, &colours, places),
            2 => paint::<2>(pixels, rects, &colours, places),
            _ => paint::<1>(pixels, rects, &colours, places),
        };
        if usize::from(known) < count { Ok(()) } else { Err(DecodeError::Tiles("a place is not in the colour list")) }
    }

    fn filtered(&mut self, pixels: &mut PixelsMut<'_>, rects: &[Rect], data: &[u8]) -> Result<(), DecodeError> {
        let (kind, packed) = data.split_first().ok_or(DecodeError::Tiles("the kind of filter is cut off"))?;
        let kind = Kind::from_byte(*kind)?;
        let area = area(rects);
        let mut filter = std::mem::take(&mut self.filter);
        let planes = self.decompress(packed, area * 3)?;
        let mut done = 0;
        for rect in rects {
            let width = rect.width as usize;
            filter.begin(width);
            for (at, row) in pixels.rows_mut(*rect).enumerate() {
                let left = [0, area, 2 * area].map(|plane| &planes[plane + done..][..width]);
                filter.row(row, left, at == 0, kind);
                done += width;
            }
        }
        self.filter = filter;
        Ok(())
    }

    /// Exactly `length` bytes, or an error; never more memory than that.
    fn decompress(&mut self, data: &[u8], length: usize) -> Result<&[u8], DecodeError> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            empty => empty.insert(zstd::bulk::Decompressor::new().map_err(|_| DecodeError::Memory("unpacking"))?),
        };
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        let target = &mut self.buffer[..length];
        match zstd.decompress_to_buffer(data, target) {
            Ok(written) if written == length => Ok(target),
            Ok(_) => Err(DecodeError::Tiles("there are fewer pixels than the rectangles hold")),
            Err(_) => Err(DecodeError::Tiles("they do not unpack to their rectangles")),
        }
    }
}

/// Paints the places' colours, of which each byte holds so many, the first in its lowest bits; returns the highest place.
fn paint<const EACH: usize>(pixels: &mut PixelsMut<'_>, rects: &[Rect], colours: &[u32; 256], places: &[u8]) -> u8 {
    let bits = 8 / EACH;
    let (mut at, mut highest) = (0, 0);
    for rect in rects {
        for row in pixels.rows_mut(*rect) {
            if EACH == 1 {
                for (pixel, place) in row.iter_mut().zip(&places[at..at + rect.width as usize]) {
                    highest = highest.max(*place);
                    *pixel = colours[usize::from(*place)];
                }
                at += rect.width as usize;
                continue;
            }
            for pixel in row {
                let place = places[at / EACH] >> (at % EACH * bits) & ((1_u16 << bits) - 1) as u8;
                highest = highest.max(place);
                *pixel = colours[usize::from(place)];
                at += 1;
            }
        }
    }
    highest
}

/// Pixels of all rectangles; bounded by `MAX_TILES_PIXELS`, so it fits.
fn area(rects: &[Rect]) -> usize {
    rects.iter().map(|rect| rect.width as usize * rect.height as usize).sum()
}
