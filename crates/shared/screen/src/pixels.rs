//! Pixels and PixelsMut: a picture that lies in somebody's memory (a framebuffer, memory shared with another process).
//!
//! In scope: reading, filling and moving rectangles of it. Not in scope: owning the memory (`framebuffer`).

use crate::{Point, Rect, Size};

/// A picture to read: row-major, no padding, `0xFFRRGGBB`.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    size: Size,
    pixels: &'a [u32],
}

impl<'a> Pixels<'a> {
    /// A view of exactly `size.area()` pixels; `None` when the slice has another length.
    #[must_use]
    pub fn new(size: Size, pixels: &'a [u32]) -> Option<Self> {
        (pixels.len() as u64 == size.area()).then_some(Self { size, pixels })
    }

    /// Width and height.
    #[must_use]
    pub const fn size(self) -> Size {
        self.size
    }

    /// All pixels, row-major.
    #[must_use]
    pub const fn pixels(self) -> &'a [u32] {
        self.pixels
    }

    /// All pixels as bytes (B, G, R, 255 on little-endian machines).
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        bytemuck::cast_slice(self.pixels)
    }

    /// One row. `y` must be below the height.
    #[must_use]
    pub fn row(self, y: u32) -> &'a [u32] {
        let width = self.size.width as usize;
        &self.pixels[y as usize * width..][..width]
    }

    /// The rows of a rectangle, top down; the part outside the picture is left out.
    pub fn rows(self, rect: Rect) -> impl Iterator<Item = &'a [u32]> {
        let rect = rect.intersect(self.size.rect());
        (rect.y..rect.bottom()).map(move |y| &self.row(y)[rect.x as usize..rect.right() as usize])
    }
}

/// A picture to change: row-major, no padding, `0xFFRRGGBB`.
#[derive(Debug)]
pub struct PixelsMut<'a> {
    size: Size,
    pixels: &'a mut [u32],
}

impl<'a> PixelsMut<'a> {
    /// A view of exactly `size.area()` pixels; `None` when the slice has another length.
    #[must_use]
    pub fn new(size: Size, pixels: &'a mut [u32]) -> Option<Self> {
        (pixels.len() as u64 == size.area()).then_some(Self { size, pixels })
    }

    /// Width and height.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The same picture to read.
    #[must_use]
    pub fn as_pixels(&self) -> Pixels<'_> {
        Pixels { size: self.size, pixels: self.pixels }
    }

    /// All pixels, row-major. The top byte of each stays `0xFF`.
    pub fn pixels_mut(&mut self) -> &mut [u32] {
        self.pixels
    }

    /// All pixels as bytes. The fourth byte of each stays 255.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(self.pixels)
    }

    /// One row. `y` must be below the height.
    pub fn row_mut(&mut self, y: u32) -> &mut [u32] {
        let width = self.size.width as usize;
        &mut self.pixels[y as usize * width..][..width]
    }

    /// The rows of a rectangle, top down; the part outside the picture is left out.
    pub fn rows_mut(&mut self, rect: Rect) -> impl Iterator<Item = &mut [u32]> {
        let rect = rect.intersect(self.size.rect());
        self.pixels
            .chunks_exact_mut(self.size.width as usize)
            .skip(rect.y as usize)
            .take(rect.height as usize)
            .map(move |row| &mut row[rect.x as usize..rect.right() as usize])
    }

    /// Sets every pixel of a rectangle; the part outside the picture is left out. The top byte becomes `0xFF`.
    pub fn fill(&mut self, rect: Rect, pixel: u32) {
        self.rows_mut(rect).for_each(|row| row.fill(pixel | 0xFF00_0000));
    }

    /// Moves the pixels of the rectangle at `from` (of `to`'s extent) to `to`, as `memmove` does for overlapping parts.
    /// Nothing happens unless both lie inside the picture.
    pub fn copy_within(&mut self, from: Point, to: Rect) {
        let source = Rect::new(from.x, from.y, to.width, to.height);
        if !to.fits(self.size) || !source.fits(self.size) || source == to {
            return;
        }
        let width = self.size.width as usize;
        let columns = to.width as usize;
        let mut move_row = |row: u32| {
            let start = (from.y + row) as usize * width + from.x as usize;
            let target = (to.y + row) as usize * width + to.x as usize;
            self.pixels.copy_within(start..start + columns, target);
        };
        if from.y >= to.y {
            (0..to.height).for_each(&mut move_row);
        } else {
            (0..to.height).rev().for_each(&mut move_row);
        }
    }

    /// Copies the rectangle from a picture of the same size; the part outside is left out, another size changes nothing.
    pub fn copy_from(&mut self, source: Pixels<'_>, rect: Rect) {
        if source.size() == self.size {
            for (target, row) in self.rows_mut(rect).zip(source.rows(rect)) {
                target.copy_from_slice(row);
            }
        }
    }
}
