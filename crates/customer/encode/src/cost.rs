//! Cost: how long until the viewer sees it, exact or as video.
//!
//! In scope: the formulas and the sample behind them. Not in scope: deciding (`plan`).
//!
//! Time to visible = time to encode + bytes / delivery rate. The times per pixel and byte were measured on one core of a small
//! machine at 1920x1080; only their ratio matters.

use deskhand_screen::{Framebuffer, Rect, Region};

use smallvec::SmallVec;

use crate::{EncodeError, Path, packer::Packer};

/// Delivery rate that is assumed when none is known, in bytes per second.
const ASSUMED_RATE: u64 = 4_000_000;
/// What a session takes of a faster path, in bytes per second: 100 Mbit/s. A screen is not worth more.
const FAIR_SHARE: u64 = 12_500_000;
/// Lossless: looking at a pixel, and writing a packed byte, in nanoseconds (`examples/tile_forms`: text takes 1.1 for each pixel
/// and hardly a byte, photographs 5 to 10 and a byte and a quarter).
const EXACT_PIXEL_NS: f64 = 1.2;
const EXACT_BYTE_NS: f64 = 4.0;
/// Video: a pixel, in nanoseconds.
const VIDEO_PIXEL_NS: f64 = 9.0;
/// Bytes that the first picture of a stream takes for each pixel however low the bit rate is.
const KEY_BYTES_PER_PIXEL: f64 = 0.12;
/// Bits of video for a pixel of motion that are worth sending, at most.
const VIDEO_BITS_PER_PIXEL: f64 = 0.15;
/// Frames a second that the bit rate is shared over.
pub(crate) const FRAMES_PER_SECOND: f64 = 30.0;
/// Part of the path that video may take; the rest is for tiles, input and other channels.
const VIDEO_SHARE: f64 = 0.6;
/// Lowest bit rate of video, in bits per second: below it nothing can be recognised.
const LEAST_BIT_RATE: f64 = 300_000.0;
/// Blocks of the sample and their extent.
const SAMPLE_BLOCKS: u64 = 8;
const SAMPLE_WIDTH: u32 = 256;
const SAMPLE_HEIGHT: u32 = 32;

/// Bytes per second to reckon with.
pub(crate) fn rate(path: Path) -> u64 {
    match path.bytes_per_second {
        0 => ASSUMED_RATE,
        known => known.min(FAIR_SHARE),
    }
}

/// Bit rate for video of this many pixels on this path, in bits per second.
pub(crate) fn bit_rate(pixels: u64, path: Path) -> u32 {
    let share = rate(path) as f64 * 8.0 * VIDEO_SHARE;
    let worth = pixels as f64 * VIDEO_BITS_PER_PIXEL * FRAMES_PER_SECOND;
    share.min(worth).max(LEAST_BIT_RATE) as u32
}

/// Milliseconds until these pixels are exact at the viewer when they take `bytes`.
pub(crate) fn exact_ms(pixels: u64, bytes: u64, path: Path) -> f64 {
    let encode = pixels as f64 * EXACT_PIXEL_NS + bytes as f64 * EXACT_BYTE_NS;
    encode / 1e6 + bytes as f64 * 1e3 / rate(path) as f64
}

/// Milliseconds until a video picture of this many pixels is at the viewer; `key` when a stream would begin with it.
pub(crate) fn video_ms(pixels: u64, key: bool, path: Path) -> f64 {
    let mut bytes = f64::from(bit_rate(pixels, path)) / 8.0 / FRAMES_PER_SECOND;
    if key {
        bytes = bytes.max(pixels as f64 * KEY_BYTES_PER_PIXEL);
    }
    pixels as f64 * VIDEO_PIXEL_NS / 1e6 + bytes * 1e3 / rate(path) as f64
}

/// Bytes that the region would take lossless, from a sample of evenly spread blocks.
pub(crate) fn exact_bytes(frame: &Framebuffer, region: &Region, packer: &mut Packer) -> Result<u64, EncodeError> {
    let area = region.area();
    let mut blocks: SmallVec<[Rect; SAMPLE_BLOCKS as usize]> = SmallVec::new();
    let mut sampled = 0;
    let mut before = 0;
    let mut rects = region.rects().iter();
    let mut rect = rects.next().copied().unwrap_or_default();
    for block in 0..SAMPLE_BLOCKS {
        let target = area * (2 * block + 1) / (2 * SAMPLE_BLOCKS);
        while before + rect.area() <= target {
            before += rect.area();
            match rects.next() {
                Some(next) => rect = *next,
                None => break,
            }
        }
        let block = block_at(rect, target.saturating_sub(before));
        sampled += block.area();
        blocks.push(block);
    }
    if sampled == 0 {
        return Ok(0);
    }
    Ok(packer.estimate(frame, &blocks)? * area / sampled)
}

/// A block of the sample inside `rect`, around its pixel number `offset`.
fn block_at(rect: Rect, offset: u64) -> Rect {
    if rect.is_empty() {
        return rect;
    }
    let width = rect.width.min(SAMPLE_WIDTH);
    let height = rect.height.min(SAMPLE_HEIGHT);
    let row = (offset / u64::from(rect.width)) as u32;
    let column = (offset % u64::from(rect.width)) as u32;
    // Rows in even steps would always meet the same column: mix the row in.
    let column = (column + row.wrapping_mul(97)) % (rect.width - width + 1);
    Rect::new(rect.x + column, rect.y + row.min(rect.height - height), width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn path(bytes_per_second: u64) -> Path {
        Path { bytes_per_second, rtt: Duration::ZERO }
    }

    #[test]
    fn a_text_page_is_faster_exact_and_a_noisy_one_as_video() {
        let page = 1920 * 1080;
        for rate in [0, 2_000_000, 12_500_000, u64::MAX] {
            assert!(exact_ms(page, 100_000, path(rate)) < video_ms(page, true, path(rate)) * 2.0, "text at {rate}");
            assert!(exact_ms(page, 6_000_000, path(rate)) > video_ms(page, true, path(rate)), "noise at {rate}");
        }
    }

    #[test]
    fn video_never_asks_for_more_than_its_share() {
        assert!(f64::from(bit_rate(1920 * 1080, path(1_000_000))) <= 8_000_000.0 * VIDEO_SHARE);
        assert_eq!(f64::from(bit_rate(256, path(1))), LEAST_BIT_RATE);
    }
}
