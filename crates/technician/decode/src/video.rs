//! Video: one H.264 stream for one rectangle.
//!
//! In scope: checking the size before and after the codec, converting to our pixels. Not in scope: choosing what is video.

use deskhand_screen::{PixelsMut, Rect};
use openh264::{OpenH264API, decoder::Decoder, decoder::DecoderConfig, decoder::Flush, formats::YUVSource};
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_bgra};

use crate::{
    DecodeError,
    parameter_set::{self, PictureSize},
};

/// A running stream.
pub(crate) struct Video {
    rect: Rect,
    codec: Decoder,
    described: bool,
}

impl Video {
    /// A stream for this rectangle; its first access unit must describe it.
    pub(crate) fn new(rect: Rect) -> Result<Self, DecodeError> {
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let codec = Decoder::with_api_config(OpenH264API::from_source(), config).map_err(|_| DecodeError::Memory("the video codec"))?;
        Ok(Self { rect, codec, described: false })
    }

    /// Where its pictures go.
    pub(crate) const fn rect(&self) -> Rect {
        self.rect
    }

    /// Decodes one access unit into the stream's rectangle.
    pub(crate) fn decode(&mut self, pixels: &mut PixelsMut<'_>, data: &[u8]) -> Result<(), DecodeError> {
        let rect = self.rect;
        let size = PictureSize { width: rect.width.next_multiple_of(2), height: rect.height.next_multiple_of(2) };
        self.described |= parameter_set::check(data, size).map_err(DecodeError::Video)?;
        if !self.described {
            return Err(DecodeError::Video("the stream does not say its size"));
        }
        let picture = self
            .codec
            .decode(data)
            .map_err(|_| DecodeError::Video("the codec refused it"))?
            .ok_or(DecodeError::Video("it holds no picture"))?;
        if picture.dimensions() != (size.width as usize, size.height as usize) {
            return Err(DecodeError::Video("its picture is not of its rectangle's size"));
        }
        let (y_stride, u_stride, v_stride) = picture.strides();
        let planes = YuvPlanarImage {
            y_plane: picture.y(),
            y_stride: y_stride as u32,
            u_plane: picture.u(),
            u_stride: u_stride as u32,
            v_plane: picture.v(),
            v_stride: v_stride as u32,
            width: rect.width,
            height: rect.height,
        };
        let stride = pixels.size().width * 4;
        let start = (rect.y * stride + rect.x * 4) as usize;
        let end = ((rect.bottom() - 1) * stride + rect.right() * 4) as usize;
        let target = &mut pixels.bytes_mut()[start..end];
        yuv420_to_bgra(&planes, target, stride, YuvRange::Full, YuvStandardMatrix::Bt709)
            .map_err(|_| DecodeError::Video("its planes do not fit"))
    }
}
