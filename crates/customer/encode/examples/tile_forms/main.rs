//! Prints what each way of packing exact pixels takes, for the kinds of content a screen shows: time to pack and to unpack
//! (processor time), and bytes.
//!
//! `cargo run --release -p deskhand-encode --example tile_forms [picture.ppm ...]`; pictures (binary PPM) are measured beside the
//! contents made here, the first of them is also what the dictionary of glyphs is made of. In scope: one area at a time, every
//! candidate unpacked again and compared. Not in scope: which candidate is taken (`tiles`), whole updates (`stages`).

#![allow(clippy::unwrap_used)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod candidates;
mod neighbours;

use std::time::Duration;

use candidates::{Area, Candidate};
use deskhand_decode::Decoder;
use deskhand_encode::{Encoder, Settings};
use deskhand_screen::{Framebuffer, Op, PicturePatch, Rect, Region, Size, Update};
use support::{FAST, Rng, letter, photo, text};

/// Every measurement goes on for this long at least.
const MEASURED: Duration = Duration::from_millis(25);
const LEAST_RUNS: usize = 3;

/// What this thread has used: other programs on the machine do not count.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Median nanoseconds of one run.
fn measure(mut run: impl FnMut()) -> f64 {
    let begun = processor_time();
    let mut runs = Vec::new();
    while runs.len() < LEAST_RUNS || processor_time() - begun < MEASURED {
        let start = processor_time();
        run();
        runs.push((processor_time() - start).as_nanos() as f64);
    }
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn made(name: &str, width: u32, height: u32, paint: impl FnOnce(&mut Framebuffer, Rect)) -> (String, Framebuffer) {
    let mut frame = Framebuffer::new(Size::new(width, height).unwrap());
    let all = frame.size().rect();
    paint(&mut frame, all);
    (name.into(), frame)
}

fn contents() -> Vec<(String, Framebuffer)> {
    vec![
        made("typed letter", 16, 20, |frame, all| {
            frame.fill(all, 0x00FF_FFFF);
            letter(frame, &mut Rng(3));
        }),
        made("line of text", 800, 20, |frame, all| text(frame, all, 4, 0)),
        made("text page", 1920, 136, |frame, all| text(frame, all, 5, 0)),
        made("strip with a photo", 1440, 60, |frame, all| {
            text(frame, all, 6, 0);
            photo(frame, Rect::new(900, 0, 480, 60), 7);
        }),
        made("spreadsheet", 1200, 200, |frame, all| {
            text(frame, all, 8, 0);
            (0..1200).step_by(96).for_each(|x| frame.fill(Rect::new(x, 0, 1, 200), 0x00D0_D4DA));
            (0..200).step_by(22).for_each(|y| frame.fill(Rect::new(0, y, 1200, 1), 0x00D0_D4DA));
        }),
        made("chart", 1000, 260, |frame, all| {
            frame.fill(all, 0x00F8_FAFF);
            for bar in 0..10 {
                for y in 0..260 - bar * 22 {
                    frame.fill(Rect::new(20 + bar * 97, 259 - y, 70, 1), 0x0020_4060 + y * 0x0001_0000 / 4 * 4 % 0x0080_0000 + y / 2);
                }
            }
        }),
        made("photo", 1024, 256, |frame, all| photo(frame, all, 9)),
    ]
}

/// A binary PPM (P6) of 8 bits.
fn read(path: &str) -> (String, Framebuffer) {
    let bytes = std::fs::read(path).unwrap();
    let mut fields = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(fields.next(), Some(&b"P6"[..]), "{path} is not a binary PPM");
    let mut number = || std::str::from_utf8(fields.next().unwrap()).unwrap().parse().unwrap();
    let size = Size::new(number(), number()).unwrap();
    let rest = fields.next().unwrap();
    let mut frame = Framebuffer::new(size);
    for (pixel, [red, green, blue]) in frame.pixels_mut().iter_mut().zip(rest[rest.len() - size.area() as usize * 3..].as_chunks::<3>().0) {
        *pixel = u32::from_be_bytes([0xFF, *red, *green, *blue]);
    }
    let name = std::path::Path::new(path).file_stem().unwrap().to_string_lossy().into_owned();
    (name, frame)
}

/// What the encoder makes of it: the candidates it takes, and what it does around them.
fn as_sent(name: &str, frame: &Framebuffer) {
    let mut encoder = Encoder::with_settings(frame.size(), Settings { video: false, ..Settings::default() });
    let mut decoder = Decoder::new();
    let mut packed = Vec::new();
    let mut forms = Vec::new();
    let pack = measure(|| {
        encoder.request_key();
        let update = encoder.encode(&PicturePatch::new(frame.view(), &Region::from_rect(frame.size().rect())), 1, FAST).unwrap().unwrap();
        forms = update.ops.iter().map(|op| if let Op::Tiles { form, .. } = op { format!("{form:?}") } else { String::new() }).collect();
        packed = update.to_bytes();
    });
    let unpack = measure(|| assert!(decoder.apply(&Update::from_bytes(&packed).unwrap()).is_ok()));
    assert!(decoder.frame() == frame, "{name} is not exact");
    forms.dedup();
    let pixels = frame.size().area() as f64;
    println!(
        "| {name} {}x{} | **as sent** ({}) | {:.2} | {:.2} | {:.3} | {} |",
        frame.size().width,
        frame.size().height,
        forms.join(", "),
        pack / pixels,
        unpack / pixels,
        packed.len() as f64 / pixels,
        packed.len()
    );
}

fn main() {
    let pictures: Vec<_> = std::env::args().skip(1).map(|path| read(&path)).collect();
    let mut all = contents();
    let letters = pictures.first().unwrap_or(&all[2]).1.clone();
    all.extend(pictures);
    println!("| content | candidate | pack, ns/pixel | unpack, ns/pixel | bytes/pixel | bytes |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, frame) in &all {
        as_sent(name, frame);
        let area = Area::new(frame);
        let pixels = frame.size().area() as f64;
        for candidate in Candidate::all(&letters) {
            let mut candidate = candidate;
            let Some(packed) = candidate.pack(&area) else { continue };
            assert!(candidate.unpack(&area, &packed) == frame.pixels(), "{name}: {} is not exact", candidate.name());
            let pack = measure(|| assert!(candidate.pack(&area).is_some()));
            let unpack = measure(|| assert!(!candidate.unpack(&area, &packed).is_empty()));
            println!(
                "| {name} {}x{} | {} | {:.2} | {:.2} | {:.3} | {} |",
                frame.size().width,
                frame.size().height,
                candidate.name(),
                pack / pixels,
                unpack / pixels,
                packed.len() as f64 / pixels,
                packed.len()
            );
        }
    }
}
