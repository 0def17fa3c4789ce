//! Video: one H.264 stream for one rectangle, for the least delay.
//!
//! In scope: converting the rectangle, padding odd sides, one encoder for as long as the rectangle stays. Not in scope: the
//! encoder's parameters (`codec`), which rectangle and which bit rate (`plan`, `cost`).
//!
//! Memory: the codec is made with the first picture and is gone with the stream.

use deskhand_screen::{Framebuffer, Rect};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420};

use crate::{
    codec::{self, Codec},
    cost::FRAMES_PER_SECOND,
};

pub(crate) use crate::codec::VideoFailed;

/// Largest picture openh264 encodes: longer and shorter side.
const MOST_LONG: u32 = 3840;
const MOST_SHORT: u32 = 2160;
/// Smallest side worth a stream; openh264 itself needs one macroblock.
const LEAST: u32 = 64;
/// After so many pictures a stream begins anew: whoever shows a moment of a recording decodes no more of it than this. A film of 640 by 360
/// takes a fiftieth more bytes for it.
const MOST_PICTURES: u32 = 240;
/// The bit rate is changed when it is off by more than this part of it: one fourth.
const RATE_STEP: u32 = 4;

/// Whether a rectangle can be a video stream.
pub(crate) fn encodable(rect: Rect) -> bool {
    let (long, short) = (rect.width.max(rect.height), rect.width.min(rect.height));
    short >= LEAST && long <= MOST_LONG && short <= MOST_SHORT
}

/// A picture of the stream.
pub(crate) struct Picture {
    pub(crate) key: bool,
    pub(crate) data: Vec<u8>,
}

/// A running stream.
pub(crate) struct Stream {
    rect: Rect,
    bit_rate: u32,
    codec: Codec,
    planes: Planes,
    pictures: u32,
}

impl Stream {
    /// A stream for this [`encodable`] rectangle.
    pub(crate) fn new(rect: Rect, bit_rate: u32) -> Result<Self, VideoFailed> {
        let planes = Planes::new(rect);
        let (width, height) = (planes.width as u32, planes.height as u32);
        let codec = Codec::new(|parameters| codec::least_delay(parameters, width, height, bit_rate, FRAMES_PER_SECOND as f32))?;
        Ok(Self { rect, bit_rate, codec, planes, pictures: 0 })
    }

    /// Whether it has had all of its pictures.
    pub(crate) const fn is_over(&self) -> bool {
        self.pictures >= MOST_PICTURES
    }

    /// Encodes the rectangle as it is now.
    pub(crate) fn encode(&mut self, frame: &Framebuffer, bit_rate: u32) -> Result<Picture, VideoFailed> {
        self.planes.fill(frame, self.rect)?;
        if self.bit_rate.abs_diff(bit_rate) > self.bit_rate / RATE_STEP {
            self.codec.change_bit_rate(bit_rate)?;
            self.bit_rate = bit_rate;
        }
        let (key, data) = self.codec.encode(&self.planes.planes())?;
        if data.is_empty() {
            return Err(VideoFailed("the codec gave no picture".into()));
        }
        if key != (self.pictures == 0) {
            return Err(VideoFailed("the codec gave a key picture where none is due, or none where one is".into()));
        }
        self.pictures += 1;
        Ok(Picture { key, data })
    }
}

/// The picture in 4:2:0, even sides.
struct Planes {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
    /// The last two rows.
    tail: Vec<u8>,
}

impl Planes {
    fn new(rect: Rect) -> Self {
        let (width, height) = (rect.width.next_multiple_of(2) as usize, rect.height.next_multiple_of(2) as usize);
        Self { width, height, y: vec![0; width * height], u: vec![0; width * height / 4], v: vec![0; width * height / 4], tail: Vec::new() }
    }

    fn planes(&self) -> codec::Planes<'_> {
        codec::Planes { width: self.width, height: self.height, y: &self.y, u: &self.u, v: &self.v }
    }

    /// Converts the rectangle. The last rows go by a copy: the converter wants whole strides, which end outside the picture there.
    fn fill(&mut self, frame: &Framebuffer, rect: Rect) -> Result<(), VideoFailed> {
        let above = self.height - 2;
        let stride = frame.size().width as usize * 4;
        let start = rect.y as usize * stride + rect.x as usize * 4;
        if above > 0 {
            self.convert(0, above, rect.width, &frame.bytes()[start..start + above * stride], stride)?;
        }
        self.tail.clear();
        for y in [rect.y + above as u32, rect.bottom() - 1] {
            let row = y as usize * stride + rect.x as usize * 4;
            self.tail.extend_from_slice(&frame.bytes()[row..row + rect.width as usize * 4]);
        }
        let tail = std::mem::take(&mut self.tail);
        let done = self.convert(above, 2, rect.width, &tail, rect.width as usize * 4);
        self.tail = tail;
        done?;
        if rect.width % 2 == 1 {
            for row in self.y.chunks_exact_mut(self.width) {
                row[self.width - 1] = row[self.width - 2];
            }
        }
        Ok(())
    }

    /// Converts `rows` rows, an even number, to the planes' rows from `first` on, an even number.
    fn convert(&mut self, first: usize, rows: usize, width: u32, pixels: &[u8], stride: usize) -> Result<(), VideoFailed> {
        let luma = first * self.width..(first + rows) * self.width;
        let chroma = luma.start / 4..luma.end / 4;
        let mut planes = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.y[luma]),
            y_stride: self.width as u32,
            u_plane: BufferStoreMut::Borrowed(&mut self.u[chroma.clone()]),
            u_stride: self.width as u32 / 2,
            v_plane: BufferStoreMut::Borrowed(&mut self.v[chroma]),
            v_stride: self.width as u32 / 2,
            width,
            height: rows as u32,
        };
        bgra_to_yuv420(&mut planes, pixels, stride as u32, YuvRange::Full, YuvStandardMatrix::Bt709, YuvConversionMode::Balanced)
            .map_err(|error| VideoFailed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;

    #[test]
    fn the_bit_rate_follows_the_path_up_and_down() {
        let mut frame = Framebuffer::new(Size::new(320, 240).unwrap());
        let rect = frame.size().rect();
        let mut stream = Stream::new(rect, 300_000).unwrap();
        let mut state = 1_u32;
        let mut bytes = |bit_rate: u32| {
            let pictures = (0..20).map(|_| {
                for pixel in frame.pixels_mut() {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    *pixel = 0xFF00_0000 | state >> 8;
                }
                stream.encode(&frame, bit_rate).unwrap().data.len()
            });
            pictures.skip(10).sum::<usize>()
        };
        let (low, high, low_again) = (bytes(300_000), bytes(6_000_000), bytes(300_000));
        assert!(high > 2 * low && high > 2 * low_again, "{low}, {high}, {low_again} bytes");
    }

    #[test]
    fn every_row_and_column_is_converted_and_odd_sides_repeat_the_last() {
        let mut frame = Framebuffer::new(Size::new(200, 150).unwrap());
        let screen = frame.size().rect();
        frame.fill(screen, 0x0080_8080);
        for rect in [Rect::new(3, 5, 101, 77), Rect::new(0, 0, 200, 150), Rect::new(99, 73, 101, 77), Rect::new(1, 0, 64, 150)] {
            let mut planes = Planes::new(rect);
            planes.fill(&frame, rect).unwrap();
            assert!(planes.y.iter().chain(&planes.u).chain(&planes.v).all(|value| value.abs_diff(0x80) <= 1), "{rect:?}");
        }
    }
}
