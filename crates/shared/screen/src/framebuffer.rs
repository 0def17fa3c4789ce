//! Framebuffer: a whole picture in memory of its own.
//!
//! In scope: owning the pixels; its operations are those of `pixels`. Not in scope: pixel formats other than ours.

use crate::{Pixels, PixelsMut, Point, Rect, Size};

const BLACK: u32 = 0xFF00_0000;

/// A picture: row-major `u32` pixels `0xFFRRGGBB` without padding. The top byte is always `0xFF`.
#[derive(Clone, PartialEq, Eq)]
pub struct Framebuffer {
    size: Size,
    pixels: Vec<u32>,
}

impl std::fmt::Debug for Framebuffer {
    /// The size alone: pixels are a customer's screen and belong in no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Framebuffer({} x {})", self.size.width, self.size.height)
    }
}

impl Framebuffer {
    /// An opaque black picture.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self { size, pixels: vec![BLACK; size.area() as usize] }
    }

    /// Width and height.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// All pixels, row-major.
    #[must_use]
    pub fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    /// All pixels, to change. Keep the top byte of each at `0xFF`.
    pub fn pixels_mut(&mut self) -> &mut [u32] {
        &mut self.pixels
    }

    /// The picture as a borrowed view.
    #[must_use]
    pub fn view(&self) -> Pixels<'_> {
        Pixels::new(self.size, &self.pixels).expect("a framebuffer always holds exactly its area")
    }

    /// The picture as a borrowed view to change.
    pub fn view_mut(&mut self) -> PixelsMut<'_> {
        PixelsMut::new(self.size, &mut self.pixels).expect("a framebuffer always holds exactly its area")
    }

    /// All pixels as bytes, four per pixel (B, G, R, 255 on little-endian machines).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.view().bytes()
    }

    /// One row. `y` must be below the height.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u32] {
        self.view().row(y)
    }

    /// One row, to change. `y` must be below the height.
    pub fn row_mut(&mut self, y: u32) -> &mut [u32] {
        let width = self.size.width as usize;
        &mut self.pixels[y as usize * width..][..width]
    }

    /// The rows of a rectangle, top down; the part outside the picture is left out.
    pub fn rows(&self, rect: Rect) -> impl Iterator<Item = &[u32]> {
        self.view().rows(rect)
    }

    /// Sets every pixel of a rectangle; the part outside the picture is left out. The top byte becomes `0xFF`.
    pub fn fill(&mut self, rect: Rect, pixel: u32) {
        self.view_mut().fill(rect, pixel);
    }

    /// Moves pixels inside the picture, see [`PixelsMut::copy_within`].
    pub fn copy_within(&mut self, from: Point, to: Rect) {
        self.view_mut().copy_within(from, to);
    }

    /// Copies the rectangle from a picture of the same size, see [`PixelsMut::copy_from`].
    pub fn copy_from(&mut self, source: &Self, rect: Rect) {
        self.view_mut().copy_from(source.view(), rect);
    }

    /// Gives it another size and makes it opaque black; memory that is no longer needed is given back.
    pub fn resize(&mut self, size: Size) {
        let area = size.area() as usize;
        self.pixels.clear();
        self.pixels.shrink_to(area);
        self.pixels.resize(area, BLACK);
        self.size = size;
    }

    /// A new picture of the rectangle's part inside this one; `None` when no pixel is.
    #[must_use]
    pub fn crop(&self, rect: Rect) -> Option<Self> {
        let rect = rect.intersect(self.size.rect());
        let size = Size::new(rect.width, rect.height).ok()?;
        let mut pixels = Vec::with_capacity(size.area() as usize);
        self.rows(rect).for_each(|row| pixels.extend_from_slice(row));
        Some(Self { size, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: u32, height: u32) -> Framebuffer {
        let mut frame = Framebuffer::new(Size::new(width, height).unwrap());
        for (index, pixel) in frame.pixels_mut().iter_mut().enumerate() {
            *pixel = BLACK | index as u32;
        }
        frame
    }

    #[test]
    fn overlapping_moves_keep_every_source_pixel() {
        for (from, to) in [
            (Point { x: 1, y: 1 }, Rect::new(2, 2, 4, 4)),
            (Point { x: 2, y: 2 }, Rect::new(1, 1, 4, 4)),
            (Point { x: 3, y: 1 }, Rect::new(1, 1, 4, 4)),
            (Point { x: 1, y: 1 }, Rect::new(3, 1, 4, 4)),
        ] {
            let before = numbered(8, 8);
            let mut after = before.clone();
            after.copy_within(from, to);
            for y in 0..to.height {
                for x in 0..to.width {
                    let moved = after.row(to.y + y)[(to.x + x) as usize];
                    assert_eq!(moved, before.row(from.y + y)[(from.x + x) as usize]);
                }
            }
        }
    }

    #[test]
    fn rectangles_outside_the_picture_change_nothing() {
        let before = numbered(5, 4);
        let mut after = before.clone();
        after.copy_within(Point { x: 4, y: 0 }, Rect::new(0, 0, 2, 2));
        after.copy_within(Point { x: 0, y: 0 }, Rect::new(u32::MAX, 0, 2, 2));
        after.fill(Rect::new(5, 0, 9, 9), 0);
        after.copy_from(&numbered(4, 5), Rect::new(0, 0, 4, 4));
        assert_eq!(before, after);
        assert!(before.crop(Rect::new(9, 9, 1, 1)).is_none());
    }

    #[test]
    fn a_crop_and_a_fill_touch_exactly_their_rectangle() {
        let mut frame = numbered(6, 5);
        frame.fill(Rect::new(2, 1, 3, 2), 0x0012_3456);
        let part = frame.crop(Rect::new(2, 1, 3, 2)).unwrap();
        assert!(part.pixels().iter().all(|pixel| *pixel == 0xFF12_3456));
        assert_eq!(frame.pixels().iter().filter(|pixel| **pixel == 0xFF12_3456).count(), 6);
        assert_eq!(&frame.bytes()[(6 + 2) * 4..][..4], &[0x56, 0x34, 0x12, 0xFF]);
    }

    #[test]
    fn a_resized_picture_is_black() {
        let mut frame = numbered(3, 3);
        frame.resize(Size::new(2, 7).unwrap());
        assert_eq!(frame, Framebuffer::new(Size::new(2, 7).unwrap()));
    }
}
