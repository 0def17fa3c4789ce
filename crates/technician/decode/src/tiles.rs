//! Tiles: packed pixels to exact pixels.
//!
//! In scope: both tile forms; the output is capped by the rectangles' area before anything is unpacked. Not in scope: whether
//! the rectangles fit the picture (checked before, by `Update::check`).

use deskhand_screen::{PixelsMut, Rect, TileForm};

use crate::DecodeError;

const OPAQUE: u32 = 0xFF00_0000;

/// Unpacks tiles; keeps its buffers, at most four bytes for each pixel of one operation.
#[derive(Default)]
pub(crate) struct Unpacker {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// Writes the pixels of all rectangles.
    pub(crate) fn unpack(&mut self, pixels: &mut PixelsMut<'_>, rects: &[Rect], form: TileForm, data: &[u8]) -> Result<(), DecodeError> {
        match form {
            TileForm::Raw => self.raw(pixels, rects, data),
            TileForm::Palette => self.palette(pixels, rects, data),
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
        let mut places = self.decompress(rest, area(rects))?;
        if places.iter().copied().max().map_or(0, usize::from) >= count {
            return Err(DecodeError::Tiles("a place is not in the colour list"));
        }
        for rect in rects {
            for row in pixels.rows_mut(*rect) {
                let (part, rest) = places.split_at(row.len());
                places = rest;
                for (pixel, place) in row.iter_mut().zip(part) {
                    *pixel = colours[usize::from(*place)];
                }
            }
        }
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

/// Pixels of all rectangles; bounded by `MAX_TILES_PIXELS`, so it fits.
fn area(rects: &[Rect]) -> usize {
    rects.iter().map(|rect| rect.width as usize * rect.height as usize).sum()
}
