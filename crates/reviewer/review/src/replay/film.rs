//! The film: pictures to H.264, into an MP4 file.
//!
//! In scope: the encoder's parameters, key pictures to seek to. Not in scope: which picture when (`schedule`), the file's form (`mp4`).

use std::{fs::File, io::BufWriter, path::Path};

use deskhand_cage::Cage;
use deskhand_player::Player;
use deskhand_screen::Size;
use openh264::{
    OpenH264API, Timestamp,
    encoder::{BitRate, Encoder, EncoderConfig, FrameRate, FrameType, Profile, QpRange, RateControlMode, UsageType, VuiConfig},
    formats::YUVSlices,
};

use super::{canvas::Canvas, draw, mp4::Mp4, progress::Progress, schedule::Schedule};
use crate::{failure::Failure, folder::Folder};

/// A key picture comes after this time of the film at the latest, milliseconds: a browser seeks to it first.
const KEY_EVERY_MS: u64 = 5_000;
/// Best and worst quantiser: text stays sharp.
const QUANTISERS: (u8, u8) = (12, 30);
/// Bits per second at most, on the average.
const BIT_RATE: u32 = 8_000_000;

/// Writes the film; gives the number of its pictures.
pub(super) fn write(player: &mut Player<Folder, Cage>, schedule: &Schedule, path: &Path, mut progress: Progress) -> Result<usize, Failure> {
    let cannot = |why: std::io::Error| Failure::failed(format!("{} cannot be written: {why}", path.display()));
    let mut canvas = Canvas::new(schedule.size)?;
    let mut encoder = encoder()?;
    let file = BufWriter::with_capacity(1 << 20, File::create_new(path).map_err(cannot)?);
    let mut mp4 = Mp4::begin(file, canvas.size()).map_err(cannot)?;
    let mut key_ms = 0;
    for frame in &schedule.frames {
        progress.step(frame.session_ms)?;
        draw(player, frame, &mut canvas)?;
        canvas.convert()?;
        if frame.ms >= key_ms + KEY_EVERY_MS {
            encoder.force_intra_frame();
        }
        let (key, bytes) = encode(&mut encoder, &canvas, frame.ms)?;
        if key {
            key_ms = frame.ms;
        }
        mp4.picture(frame.ms, key, &bytes).map_err(cannot)?;
    }
    mp4.end(schedule.end_ms, &schedule.chapters).map_err(cannot)?;
    Ok(schedule.frames.len())
}

fn encoder() -> Result<Encoder, Failure> {
    let config = EncoderConfig::new()
        .usage_type(UsageType::ScreenContentRealTime)
        .rate_control_mode(RateControlMode::Quality)
        .bitrate(BitRate::from_bps(BIT_RATE))
        .max_frame_rate(FrameRate::from_hz(30.0))
        .qp(QpRange::new(QUANTISERS.0, QUANTISERS.1))
        .profile(Profile::Baseline)
        .skip_frames(false)
        .scene_change_detect(false)
        .vui(VuiConfig::bt709_full())
        .num_threads(1);
    Encoder::with_api_config(OpenH264API::from_source(), config).map_err(failed)
}

/// Whether it is a key picture, and its bytes (Annex B).
fn encode(encoder: &mut Encoder, canvas: &Canvas, ms: u64) -> Result<(bool, Vec<u8>), Failure> {
    let Size { width, height } = canvas.size();
    let (width, height) = (width as usize, height as usize);
    let planes = YUVSlices::new((&canvas.y, &canvas.u, &canvas.v), (width, height), (width, width / 2, width / 2));
    let made = encoder.encode_at(&planes, Timestamp::from_millis(ms)).map_err(failed)?;
    let (key, bytes) = (made.frame_type() == FrameType::IDR, made.to_vec());
    if bytes.is_empty() { Err(Failure::failed("the codec gave no picture")) } else { Ok((key, bytes)) }
}

fn failed(why: openh264::Error) -> Failure {
    Failure::failed(format!("the codec failed: {why}"))
}
