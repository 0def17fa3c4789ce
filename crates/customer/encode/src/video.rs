//! Video: one H.264 stream for one rectangle, for the least delay.
//!
//! In scope: converting the rectangle, padding odd sides, running openh264 (camera mode, no scene detection, one reference, no
//! frame is ever skipped or held back). Not in scope: which rectangle and which bit rate (`plan`, `cost`).
//!
//! Memory: the codec is made with the first picture and is gone with the stream.

use deskhand_screen::{Framebuffer, Rect};
use openh264::{
    OpenH264API,
    encoder::{
        BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile, QpRange, RateControlMode, UsageType,
        VuiConfig,
    },
    formats::YUVSlices,
};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420};

use crate::cost::FRAMES_PER_SECOND;

/// Largest picture openh264 encodes: longer and shorter side.
const MOST_LONG: u32 = 3840;
const MOST_SHORT: u32 = 2160;
/// Smallest side worth a stream; openh264 itself needs one macroblock.
const LEAST: u32 = 64;
/// The bit rate is changed when it is off by more than this part of it: one fourth.
const RATE_STEP: u32 = 4;

/// Whether a rectangle can be a video stream.
pub(crate) fn encodable(rect: Rect) -> bool {
    let (long, short) = (rect.width.max(rect.height), rect.width.min(rect.height));
    short >= LEAST && long <= MOST_LONG && short <= MOST_SHORT
}

/// The codec failed; the caller goes on without video.
#[derive(Debug)]
pub(crate) struct VideoFailed(pub(crate) String);

/// A picture of the stream.
pub(crate) struct Picture {
    pub(crate) key: bool,
    pub(crate) data: Vec<u8>,
}

/// A running stream.
pub(crate) struct Stream {
    rect: Rect,
    bit_rate: u32,
    codec: Encoder,
    planes: Planes,
    begun: bool,
}

impl Stream {
    /// A stream for this [`encodable`] rectangle.
    pub(crate) fn new(rect: Rect, bit_rate: u32) -> Result<Self, VideoFailed> {
        let config = EncoderConfig::new()
            .usage_type(UsageType::CameraVideoRealTime)
            .rate_control_mode(RateControlMode::Bitrate)
            .bitrate(BitRate::from_bps(bit_rate))
            .max_frame_rate(FrameRate::from_hz(FRAMES_PER_SECOND as f32))
            .skip_frames(false)
            .scene_change_detect(false)
            .background_detection(false)
            .adaptive_quantization(false)
            .complexity(Complexity::Low)
            .profile(Profile::Baseline)
            .qp(QpRange::new(10, 51))
            .intra_frame_period(IntraFramePeriod::from_num_frames(0))
            .num_threads(1)
            .vui(VuiConfig::bt709_full());
        let mut codec = Encoder::with_api_config(OpenH264API::from_source(), config).map_err(failed)?;
        let mut silent = openh264_sys2::WELS_LOG_QUIET;
        // SAFETY: the option takes an `int`, which it reads during the call; it is one of those openh264 takes before it is
        // initialised. Without it the codec writes warnings to the program's error output.
        unsafe { codec.raw_api().set_option(openh264_sys2::ENCODER_OPTION_TRACE_LEVEL, (&raw mut silent).cast()) };
        Ok(Self { rect, bit_rate, codec, planes: Planes::new(rect), begun: false })
    }

    /// Encodes the rectangle as it is now.
    pub(crate) fn encode(&mut self, frame: &Framebuffer, bit_rate: u32) -> Result<Picture, VideoFailed> {
        self.planes.fill(frame, self.rect)?;
        if self.begun && self.bit_rate.abs_diff(bit_rate) > self.bit_rate / RATE_STEP {
            self.change_rate(bit_rate)?;
        }
        let stream = self.codec.encode(&self.planes.slices()).map_err(failed)?;
        let key = matches!(stream.frame_type(), FrameType::IDR);
        let data = stream.to_vec();
        if data.is_empty() {
            return Err(VideoFailed("the codec gave no picture".into()));
        }
        if key == self.begun {
            return Err(VideoFailed("the codec gave a key picture where none is due, or none where one is".into()));
        }
        self.begun = true;
        Ok(Picture { key, data })
    }

    fn change_rate(&mut self, bit_rate: u32) -> Result<(), VideoFailed> {
        let mut info = openh264_sys2::SBitrateInfo { iLayer: openh264_sys2::SPATIAL_LAYER_ALL, iBitrate: bit_rate as i32 };
        // SAFETY: the encoder was initialised by its first picture (`begun`), the option takes exactly an `SBitrateInfo`, which
        // it reads during the call; nothing the wrapper relies on changes.
        let code = unsafe { self.codec.raw_api().set_option(openh264_sys2::ENCODER_OPTION_BITRATE, (&raw mut info).cast()) };
        if code != 0 {
            return Err(VideoFailed(format!("the codec refused {bit_rate} bits per second ({code})")));
        }
        self.bit_rate = bit_rate;
        Ok(())
    }
}

fn failed(error: openh264::Error) -> VideoFailed {
    VideoFailed(error.to_string())
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

    fn slices(&self) -> YUVSlices<'_> {
        YUVSlices::new((&self.y, &self.u, &self.v), (self.width, self.height), (self.width, self.width / 2, self.width / 2))
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
