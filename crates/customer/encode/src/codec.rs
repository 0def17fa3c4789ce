//! Codec: openh264's encoder behind a safe face.
//!
//! In scope: its parameters, making it, giving it pictures, copying out what it makes. The `openh264` crate hides some
//! parameters that decide how long a picture takes. Not in scope: which rectangle, which bit rate (`video`).

use std::ffi::c_void;

use openh264::OpenH264API;
use openh264_sys2::{
    API as _, CAMERA_VIDEO_REAL_TIME, ENCODER_OPTION, ENCODER_OPTION_BITRATE, ENCODER_OPTION_TRACE_LEVEL, ISVCEncoder, ISVCEncoderVtbl,
    LOW_COMPLEXITY, PRO_BASELINE, RC_BITRATE_MODE, SBitrateInfo, SEncParamExt, SFrameBSInfo, SM_SINGLE_SLICE, SPATIAL_LAYER_0,
    SSourcePicture, WELS_LOG_QUIET, videoFormatI420, videoFrameTypeIDR,
};

/// The codec failed; the caller goes on without video.
#[derive(Debug)]
pub(crate) struct VideoFailed(pub(crate) String);

/// Least and highest quantiser. A film with grain took 238 kB/s at 41.7 dB with 22 as the least, 583 kB/s at 42.5 dB with 10, and
/// a seventh more time for it (`examples/video_setups`).
const QUANTISERS: (i32, i32) = (22, 51);
/// UNSPECIFIED_BIT_RATE: with a highest bit rate the codec refuses to go above it later.
const NO_HIGHEST: i32 = 0;
/// BT.709 for primaries, transfer and matrix (ITU-T H.264, tables E-3 to E-5).
const BT709: u8 = 1;

/// Parameters for the least delay: one picture in, one picture out, none skipped, one reference, no second looks.
pub(crate) fn least_delay(parameters: &mut SEncParamExt, width: u32, height: u32, bit_rate: u32, pictures_per_second: f32) {
    parameters.iUsageType = CAMERA_VIDEO_REAL_TIME;
    (parameters.iPicWidth, parameters.iPicHeight) = (width as i32, height as i32);
    parameters.iRCMode = RC_BITRATE_MODE;
    parameters.iTargetBitrate = bit_rate as i32;
    parameters.fMaxFrameRate = pictures_per_second;
    parameters.iComplexityMode = LOW_COMPLEXITY;
    (parameters.iMinQp, parameters.iMaxQp) = QUANTISERS;
    parameters.uiIntraPeriod = 0;
    parameters.iMultipleThreadIdc = 1;
    parameters.bEnableFrameSkip = false;
    parameters.bEnableSceneChangeDetect = false;
    parameters.bEnableBackgroundDetection = false;
    parameters.bEnableAdaptiveQuant = false;
    parameters.bEnableLongTermReference = false;
    parameters.bEnableDenoise = false;
    // 0 is on. Without it a picture takes a tenth less time, but a seventh more bytes, and blocks show on slow paths.
    parameters.iLoopFilterDisableIdc = 0;
    (parameters.iSpatialLayerNum, parameters.iTemporalLayerNum) = (1, 1);
    let layer = &mut parameters.sSpatialLayers[0];
    (layer.iVideoWidth, layer.iVideoHeight) = (width as i32, height as i32);
    layer.fFrameRate = pictures_per_second;
    (layer.iSpatialBitrate, layer.iMaxSpatialBitrate) = (bit_rate as i32, NO_HIGHEST);
    layer.uiProfileIdc = PRO_BASELINE;
    layer.sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
    layer.sSliceArgument.uiSliceNum = 1;
    (layer.bVideoSignalTypePresent, layer.bColorDescriptionPresent, layer.bFullRange) = (true, true, true);
    (layer.uiColorPrimaries, layer.uiTransferCharacteristics, layer.uiColorMatrix) = (BT709, BT709, BT709);
}

/// A picture in 4:2:0 to encode, of even sides; its rows have no padding.
pub(crate) struct Planes<'a> {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) y: &'a [u8],
    pub(crate) u: &'a [u8],
    pub(crate) v: &'a [u8],
}

/// A running encoder.
pub(crate) struct Codec {
    api: OpenH264API,
    encoder: *mut ISVCEncoder,
    size: (i32, i32),
    made: Box<SFrameBSInfo>,
}

// SAFETY: the encoder belongs to this value alone, is only reached through `&mut self`, and openh264 keeps nothing per thread.
unsafe impl Send for Codec {}

impl Codec {
    /// An encoder with openh264's own parameters after `choose` changed them, as [`least_delay`] does.
    pub(crate) fn new(choose: impl FnOnce(&mut SEncParamExt)) -> Result<Self, VideoFailed> {
        let api = OpenH264API::from_source();
        let mut encoder = std::ptr::null_mut();
        // SAFETY: the function writes one pointer to where it is told.
        let code = unsafe { api.WelsCreateSVCEncoder(&raw mut encoder) };
        if code != 0 || encoder.is_null() {
            return Err(VideoFailed(format!("the codec cannot be made ({code})")));
        }
        let mut codec = Self { api, encoder, size: (0, 0), made: Box::default() };
        let mut quiet = WELS_LOG_QUIET;
        // SAFETY: this option takes an `int`. Without it the codec writes warnings to the program's error output.
        unsafe { codec.set(ENCODER_OPTION_TRACE_LEVEL, (&raw mut quiet).cast())? };
        let mut parameters = SEncParamExt::default();
        let (defaults, initialize) = (codec.table().GetDefaultParams, codec.table().InitializeExt);
        // SAFETY: the function fills the structure that it is given.
        check("its parameters", defaults.map(|defaults| unsafe { defaults(encoder, &raw mut parameters) }))?;
        choose(&mut parameters);
        codec.size = (parameters.iPicWidth, parameters.iPicHeight);
        // SAFETY: the structure is whole and is read during the call.
        check("its start", initialize.map(|initialize| unsafe { initialize(encoder, &raw const parameters) }))?;
        Ok(codec)
    }

    /// Changes the bit rate, in bits per second.
    pub(crate) fn change_bit_rate(&mut self, bit_rate: u32) -> Result<(), VideoFailed> {
        let mut info = SBitrateInfo { iLayer: SPATIAL_LAYER_0, iBitrate: bit_rate as i32 };
        // SAFETY: this option takes an `SBitrateInfo`.
        unsafe { self.set(ENCODER_OPTION_BITRATE, (&raw mut info).cast()) }
    }

    /// # Safety
    /// `value` must point to what openh264 documents for the option; it is read during the call.
    unsafe fn set(&mut self, option: ENCODER_OPTION, value: *mut c_void) -> Result<(), VideoFailed> {
        // SAFETY: as the caller promises.
        check("an option", self.table().SetOption.map(|set| unsafe { set(self.encoder, option, value) }))
    }

    /// Encodes a picture of the size the encoder was made for: whether it needs nothing before it, and its bytes.
    pub(crate) fn encode(&mut self, planes: &Planes<'_>) -> Result<(bool, Vec<u8>), VideoFailed> {
        let (width, height) = (planes.width, planes.height);
        let whole = planes.y.len() == width * height && planes.u.len() == width * height / 4 && planes.v.len() == width * height / 4;
        if !whole || (width as i32, height as i32) != self.size {
            return Err(VideoFailed("the picture is not of the codec's size".into()));
        }
        let picture = SSourcePicture {
            iColorFormat: videoFormatI420,
            iStride: [width as i32, width as i32 / 2, width as i32 / 2, 0],
            pData: [planes.y.as_ptr().cast_mut(), planes.u.as_ptr().cast_mut(), planes.v.as_ptr().cast_mut(), std::ptr::null_mut()],
            iPicWidth: width as i32,
            iPicHeight: height as i32,
            ..SSourcePicture::default()
        };
        let encode = self.table().EncodeFrame;
        // SAFETY: the planes are as long as size and strides say, and are only read, during the call; the encoder fills `made`.
        check("a picture", encode.map(|encode| unsafe { encode(self.encoder, &raw const picture, &raw mut *self.made) }))?;
        Ok((self.made.eFrameType == videoFrameTypeIDR, self.bytes()))
    }

    /// All NAL units of the last picture.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.made.iFrameSizeInBytes).unwrap_or(0));
        for layer in self.made.sLayerInfo.iter().take(usize::try_from(self.made.iLayerNum).unwrap_or(0)) {
            // SAFETY: openh264 keeps `iNalCount` lengths, and as many bytes as they add up to, until the next call.
            unsafe {
                let lengths = std::slice::from_raw_parts(layer.pNalLengthInByte, usize::try_from(layer.iNalCount).unwrap_or(0));
                let length: i32 = lengths.iter().sum();
                bytes.extend_from_slice(std::slice::from_raw_parts(layer.pBsBuf, usize::try_from(length).unwrap_or(0)));
            }
        }
        bytes
    }

    fn table(&self) -> &ISVCEncoderVtbl {
        // SAFETY: the encoder lives as long as this value, and points to its table of functions.
        unsafe { &**self.encoder }
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        // SAFETY: it was made by the same library and is not used afterwards.
        unsafe { self.api.WelsDestroySVCEncoder(self.encoder) }
    }
}

fn check(what: &str, code: Option<i32>) -> Result<(), VideoFailed> {
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(VideoFailed(format!("the codec refused {what} ({code})"))),
        None => Err(VideoFailed(format!("the codec has no way for {what}"))),
    }
}
