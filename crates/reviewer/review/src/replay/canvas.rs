//! The film's picture: one size for all of it, in the form that H.264 takes.
//!
//! In scope: even sides, at most what the encoder takes (larger ones are shrunk by a whole number), black around smaller pictures, 4:2:0.
//! Not in scope: encoding (`film`).

use deskhand_screen::{Framebuffer, Pixels, Rect, Size};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420};

use crate::failure::Failure;

/// Longer and shorter side of the largest picture that openh264 encodes, and its smallest side.
const MOST: (u32, u32) = (3840, 2160);
const LEAST: u32 = 16;

pub(super) struct Canvas {
    frame: Framebuffer,
    /// So many pixels of the screen, each way, are one of the film.
    shrink: u32,
    pub(super) y: Vec<u8>,
    pub(super) u: Vec<u8>,
    pub(super) v: Vec<u8>,
}

impl Canvas {
    /// For pictures up to this size.
    pub(super) fn new((width, height): (u32, u32)) -> Result<Self, Failure> {
        let fits = |by: u32| width.max(height).div_ceil(by) <= MOST.0 && width.min(height).div_ceil(by) <= MOST.1;
        let shrink = (1..).find(|by| fits(*by)).unwrap_or(1);
        let side = |side: u32| side.div_ceil(shrink).next_multiple_of(2).max(LEAST);
        let size = Size::new(side(width), side(height)).map_err(|why| Failure::failed(why.to_string()))?;
        let area = size.area() as usize;
        Ok(Self { frame: Framebuffer::new(size), shrink, y: vec![0; area], u: vec![0; area / 4], v: vec![0; area / 4] })
    }

    pub(super) fn size(&self) -> Size {
        self.frame.size()
    }

    /// Black.
    pub(super) fn clear(&mut self) {
        self.frame.fill(self.frame.size().rect(), 0);
    }

    /// A picture at the upper left, black around it.
    pub(super) fn draw(&mut self, pixels: Pixels<'_>) {
        let by = self.shrink;
        let size = pixels.size();
        let (width, height) = (size.width.div_ceil(by).min(self.size().width), size.height.div_ceil(by).min(self.size().height));
        if (width, height) != (self.size().width, self.size().height) {
            self.clear();
        }
        for y in 0..height {
            let row = &mut self.frame.row_mut(y)[..width as usize];
            if by == 1 {
                row.copy_from_slice(&pixels.row(y)[..width as usize]);
            } else {
                for (x, pixel) in (0..).zip(row) {
                    *pixel = mean(pixels, Rect::new(x * by, y * by, by, by));
                }
            }
        }
    }

    /// Makes the planes what was drawn.
    ///
    /// # Errors
    /// [`Failure`]; planes of this size always fit.
    pub(super) fn convert(&mut self) -> Result<(), Failure> {
        let Size { width, height } = self.size();
        let mut planes = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.y),
            y_stride: width,
            u_plane: BufferStoreMut::Borrowed(&mut self.u),
            u_stride: width / 2,
            v_plane: BufferStoreMut::Borrowed(&mut self.v),
            v_stride: width / 2,
            width,
            height,
        };
        let (range, matrix) = (YuvRange::Full, YuvStandardMatrix::Bt709);
        bgra_to_yuv420(&mut planes, self.frame.bytes(), width * 4, range, matrix, YuvConversionMode::Balanced)
            .map_err(|why| Failure::failed(why.to_string()))
    }
}

/// The mean colour of a part of the picture.
fn mean(pixels: Pixels<'_>, part: Rect) -> u32 {
    let (mut sums, mut count) = ([0_u32; 3], 0);
    for pixel in pixels.rows(part).flatten() {
        let [b, g, r, _] = pixel.to_le_bytes();
        for (sum, value) in sums.iter_mut().zip([b, g, r]) {
            *sum += u32::from(value);
        }
        count += 1;
    }
    let [b, g, r] = sums.map(|sum| sum / count.max(1));
    0xFF00_0000 | r << 16 | g << 8 | b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_screen_is_shrunk_and_a_small_picture_has_black_around_it() {
        let canvas = Canvas::new((7680, 2160)).unwrap();
        assert_eq!((canvas.shrink, canvas.size()), (2, Size::new(3840, 1080).unwrap()));
        let mut canvas = Canvas::new((101, 51)).unwrap();
        assert_eq!(canvas.size(), Size::new(102, 52).unwrap());
        let mut frame = Framebuffer::new(Size::new(50, 20).unwrap());
        frame.fill(frame.size().rect(), 0x00FF_FFFF);
        canvas.draw(frame.view());
        let white = canvas.frame.pixels().iter().filter(|pixel| **pixel == 0xFFFF_FFFF).count();
        assert_eq!(white, 50 * 20);
        canvas.convert().unwrap();
        assert_eq!((canvas.y[0], canvas.y[101], canvas.u[0]), (255, 0, 128));
    }
}
