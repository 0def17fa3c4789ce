//! Prints what openh264's settings cost and give, on a film with grain: time to encode and to decode a picture (processor time),
//! bytes, and how close it is; then what a new size costs, and converting colours.
//!
//! `cargo run --release -p deskhand-encode --example video_setups [picture.ppm ...]`; the pictures (binary PPM, one size) are shown
//! to and fro, or a film is made here. In scope: the codec alone. Not in scope: when video is taken (`plan`), whole updates
//! (`stages`).

#![allow(clippy::unwrap_used, dead_code)]

#[path = "../src/codec.rs"]
mod codec;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use codec::{Codec, Planes, least_delay};
use deskhand_screen::{Framebuffer, Rect, Size};
use openh264::{decoder::Decoder, formats::YUVSource as _};
use openh264_sys2::SEncParamExt;
use support::Rng;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvPlanarImage, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420, yuv420_to_bgra,
};

const PICTURES: usize = 60;
const PER_SECOND: f32 = 30.0;
const BITS_PER_PIXEL: f64 = 0.3;

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn timed<T>(times: &mut Vec<f64>, run: impl FnOnce() -> T) -> T {
    let start = processor_time();
    let made = run();
    times.push((processor_time() - start).as_secs_f64() * 1e3);
    made
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A photo that moves, darkens and has grain that is the same in all colours.
fn film() -> Vec<Framebuffer> {
    let mut photo = Framebuffer::new(Size::new(1400, 900).unwrap());
    support::photo(&mut photo, Rect::new(0, 0, 1400, 900), 5);
    let mut rng = Rng(9);
    let pictures = (0..PICTURES).map(|at| {
        let angle = at as f64 / 24.0;
        let (x, y) = (200.0 + 190.0 * angle.sin(), 170.0 + 150.0 * (angle * 0.8).cos());
        let mut picture = photo.crop(Rect::new(x as u32, y as u32, 960, 540)).unwrap();
        for pixel in picture.pixels_mut() {
            let grain = rng.below(5);
            let [blue, green, red, _] = pixel.to_le_bytes().map(|value| (u32::from(value) + grain).saturating_sub(2).min(255));
            *pixel = 0xFF00_0000 | red << 16 | green << 8 | blue;
        }
        picture
    });
    pictures.collect()
}

/// A binary PPM (P6) of 8 bits.
fn read(path: &str) -> Framebuffer {
    let bytes = std::fs::read(path).unwrap();
    let mut fields = bytes.splitn(4, |byte| byte.is_ascii_whitespace()).skip(1);
    let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse().unwrap();
    let size = Size::new(number(), number()).unwrap();
    let pixels = &bytes[bytes.len() - size.area() as usize * 3..];
    let mut frame = Framebuffer::new(size);
    for (pixel, [red, green, blue]) in frame.pixels_mut().iter_mut().zip(pixels.as_chunks::<3>().0) {
        *pixel = u32::from_be_bytes([0xFF, *red, *green, *blue]);
    }
    frame
}

/// Luma and both chroma planes, one after the other.
fn convert(frame: &Framebuffer) -> Vec<u8> {
    let (width, height) = (frame.size().width as usize, frame.size().height as usize);
    let mut planes = vec![0; width * height * 3 / 2];
    let (y, chroma) = planes.split_at_mut(width * height);
    let (u, v) = chroma.split_at_mut(width * height / 4);
    let mut image = YuvPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(y),
        y_stride: width as u32,
        u_plane: BufferStoreMut::Borrowed(u),
        u_stride: width as u32 / 2,
        v_plane: BufferStoreMut::Borrowed(v),
        v_stride: width as u32 / 2,
        width: width as u32,
        height: height as u32,
    };
    let mode = YuvConversionMode::Balanced;
    bgra_to_yuv420(&mut image, frame.bytes(), width as u32 * 4, YuvRange::Full, YuvStandardMatrix::Bt709, mode).unwrap();
    planes
}

fn planes(size: Size, all: &[u8]) -> Planes<'_> {
    let (width, height) = (size.width as usize, size.height as usize);
    let (y, chroma) = all.split_at(width * height);
    let (u, v) = chroma.split_at(width * height / 4);
    Planes { width, height, y, u, v }
}

/// Peak signal to noise over red, green and blue, in decibels.
fn psnr(a: &Framebuffer, b: &Framebuffer) -> f64 {
    let square = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b)).pow(2);
    let sum: u64 = a.bytes().iter().zip(b.bytes()).map(square).sum();
    10.0 * (255.0 * 255.0 * a.size().area() as f64 * 3.0 / sum.max(1) as f64).log10()
}

fn measure(name: &str, film: &[Framebuffer], bits_per_pixel: f64, change: impl FnOnce(&mut SEncParamExt)) {
    let size = film[0].size();
    let rate = (size.area() as f64 * bits_per_pixel * f64::from(PER_SECOND)) as u32;
    let made = Codec::new(|parameters| {
        least_delay(parameters, size.width, size.height, rate, PER_SECOND);
        change(parameters);
    });
    let Ok(mut encoder) = made else {
        println!("| {name} | refused | | | | |");
        return;
    };
    let mut decoder = Decoder::new().unwrap();
    let (mut encode, mut decode, mut bytes, mut close) = (Vec::new(), Vec::new(), 0, 0.0);
    let order = (0..film.len()).chain((0..film.len()).rev()).cycle().take(PICTURES);
    for (step, at) in order.enumerate() {
        let all = convert(&film[at]);
        let (_, data) = timed(&mut encode, || encoder.encode(&planes(size, &all)).unwrap());
        let mut shown = Framebuffer::new(size);
        timed(&mut decode, || {
            let picture = decoder.decode(&data).unwrap().unwrap();
            let (y_stride, u_stride, v_stride) = picture.strides();
            let image = YuvPlanarImage {
                y_plane: picture.y(),
                y_stride: y_stride as u32,
                u_plane: picture.u(),
                u_stride: u_stride as u32,
                v_plane: picture.v(),
                v_stride: v_stride as u32,
                width: size.width,
                height: size.height,
            };
            yuv420_to_bgra(&image, shown.view_mut().bytes_mut(), size.width * 4, YuvRange::Full, YuvStandardMatrix::Bt709).unwrap();
        });
        // The first pictures begin the stream.
        if step >= PICTURES / 6 {
            bytes += data.len();
            close += psnr(&shown, &film[at]);
        }
    }
    let counted = (PICTURES - PICTURES / 6) as f64;
    let each = bytes as f64 / counted;
    println!(
        "| {name} | {:.2} | {:.2} | {:.0} | {:.0} | {:.2} |",
        median(&mut encode[PICTURES / 6..]),
        median(&mut decode[PICTURES / 6..]),
        each,
        each * f64::from(PER_SECOND) / 1e3,
        close / counted
    );
}

fn main() {
    let pictures: Vec<_> = std::env::args().skip(1).map(|path| read(&path)).collect();
    let film = if pictures.is_empty() { film() } else { pictures };
    println!("| setting | encode, ms | decode, ms | bytes/picture | kB/s at 30/s | PSNR, dB |");
    println!("| --- | --- | --- | --- | --- | --- |");
    measure("as it is: 0.3 bit/pixel, quantiser 20..=51", &film, BITS_PER_PIXEL, |_| {});
    for bits in [0.03, 0.06, 0.1, 0.2, 0.4] {
        measure(&format!("{bits} bit/pixel"), &film, bits, |_| {});
    }
    measure("no deblocking", &film, BITS_PER_PIXEL, |set| set.iLoopFilterDisableIdc = 1);
    for bits in [0.03, 0.06, 0.1, 0.2, 0.4] {
        measure(&format!("no deblocking, {bits} bit/pixel"), &film, bits, |set| set.iLoopFilterDisableIdc = 1);
    }
    measure("complexity medium", &film, BITS_PER_PIXEL, |set| set.iComplexityMode = openh264_sys2::MEDIUM_COMPLEXITY);
    measure("complexity high", &film, BITS_PER_PIXEL, |set| set.iComplexityMode = openh264_sys2::HIGH_COMPLEXITY);
    for least in [10, 18, 20, 22, 24] {
        measure(&format!("quantiser {least}..=51"), &film, BITS_PER_PIXEL, |set| set.iMinQp = least);
        measure(&format!("quantiser {least}..=51, no deblocking"), &film, BITS_PER_PIXEL, |set| {
            set.iMinQp = least;
            set.iLoopFilterDisableIdc = 1;
        });
    }
    measure("quantiser 10..=30", &film, BITS_PER_PIXEL, |set| set.iMaxQp = 30);
    measure("CABAC, main profile", &film, BITS_PER_PIXEL, |set| {
        set.iEntropyCodingModeFlag = 1;
        set.sSpatialLayers[0].uiProfileIdc = openh264_sys2::PRO_MAIN;
    });
    measure("high profile", &film, BITS_PER_PIXEL, |set| set.sSpatialLayers[0].uiProfileIdc = openh264_sys2::PRO_HIGH);
    measure("scene change detection", &film, BITS_PER_PIXEL, |set| set.bEnableSceneChangeDetect = true);
    measure("background detection", &film, BITS_PER_PIXEL, |set| set.bEnableBackgroundDetection = true);
    measure("adaptive quantiser", &film, BITS_PER_PIXEL, |set| set.bEnableAdaptiveQuant = true);
    measure("denoising", &film, BITS_PER_PIXEL, |set| set.bEnableDenoise = true);
    measure("long-term reference", &film, BITS_PER_PIXEL, |set| {
        set.bEnableLongTermReference = true;
        set.iLTRRefNum = 1;
    });
    measure("4 slices", &film, BITS_PER_PIXEL, |set| {
        set.sSpatialLayers[0].sSliceArgument.uiSliceMode = openh264_sys2::SM_FIXEDSLCNUM_SLICE;
        set.sSpatialLayers[0].sSliceArgument.uiSliceNum = 4;
    });
    measure("screen content", &film, BITS_PER_PIXEL, |set| set.iUsageType = openh264_sys2::SCREEN_CONTENT_REAL_TIME);
    measure("quality mode", &film, BITS_PER_PIXEL, |set| set.iRCMode = openh264_sys2::RC_QUALITY_MODE);
    for quantiser in [24, 26, 28, 30] {
        measure(&format!("no rate control, quantiser {quantiser}"), &film, BITS_PER_PIXEL, |set| {
            set.iRCMode = openh264_sys2::RC_OFF_MODE;
            set.sSpatialLayers[0].iDLayerQp = quantiser;
        });
    }
    beginnings(&film);
}

/// What it costs to begin anew, and to convert colours.
fn beginnings(film: &[Framebuffer]) {
    let size = film[0].size();
    let all = convert(&film[0]);
    let (mut made, mut first, mut later, mut converting) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut decoder_made, mut first_decoded) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let choose = |parameters: &mut SEncParamExt| least_delay(parameters, size.width, size.height, 4_000_000, PER_SECOND);
        let mut codec = timed(&mut made, || Codec::new(choose).unwrap());
        let (_, data) = timed(&mut first, || codec.encode(&planes(size, &all)).unwrap());
        let mut decoder = timed(&mut decoder_made, || Decoder::new().unwrap());
        timed(&mut first_decoded, || assert!(decoder.decode(&data).unwrap().is_some()));
        for picture in film.iter().take(5) {
            let all = timed(&mut converting, || convert(picture));
            timed(&mut later, || codec.encode(&planes(size, &all)).unwrap());
        }
    }
    let (made, first) = (median(&mut made), median(&mut first));
    println!("\nA new encoder takes {made:.2} ms, its first picture {first:.2} ms, a later one {:.2} ms.", median(&mut later));
    let (made, first) = (median(&mut decoder_made), median(&mut first_decoded));
    println!("A new decoder takes {made:.2} ms, its first picture {first:.2} ms.");
    println!("Converting a picture to 4:2:0 takes {:.2} ms.", median(&mut converting));
}
