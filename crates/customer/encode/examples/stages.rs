//! Prints the median processor time and size of encoding and decoding six kinds of screen work, as JSON.
//!
//! `cargo run --release -p deskhand-encode --example stages [part of a name]`. In scope: one core, no capture, no network. Not in scope: the
//! numbers of a whole session (`cargo xtask bench`).

#![allow(clippy::unwrap_used)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use deskhand_decode::Decoder;
use deskhand_encode::Encoder;
use deskhand_screen::{Framebuffer, PicturePatch, Rect, Region, Size, Update};
use support::{FAST, Rng, letter, noise, photo, text};

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;
const SCREEN: Rect = Rect::new(0, 0, WIDTH, HEIGHT);
const STEPS: u32 = 60;

type Paint = fn(&mut Framebuffer, &mut Rng, u32) -> Rect;

const WORK: [(&str, Paint); 8] = [
    ("typed letter", |frame, rng, _| letter(frame, rng)),
    ("new text page", |frame, rng, _| {
        text(frame, SCREEN, rng.next(), 0);
        SCREEN
    }),
    ("scroll by 60 pixels", |frame, _, step| {
        text(frame, SCREEN, 5, 60 * step);
        SCREEN
    }),
    ("scroll of a pane", |frame, _, step| {
        let pane = Rect::new(301, 100, 1200, 900);
        text(frame, pane, 6, 45 * step);
        pane
    }),
    ("window 800x600", |frame, rng, step| {
        let window = Rect::new(200, 150, 800, 600);
        if step.is_multiple_of(2) {
            frame.fill(window, 0x00F0_F0F0)
        } else {
            text(frame, window, rng.next(), 0)
        }
        window
    }),
    ("photo 800x600", |frame, rng, _| {
        let picture = Rect::new(500, 200, 800, 600);
        photo(frame, picture, rng.next());
        picture
    }),
    ("noise 640x360, 30 a second", |frame, rng, _| {
        let player = Rect::new(640, 360, 640, 360);
        noise(frame, player, rng);
        player
    }),
    ("noise 1920x1080, 30 a second", |frame, rng, _| {
        noise(frame, SCREEN, rng);
        SCREEN
    }),
];

/// What this thread has used: other programs on the machine do not count.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let mut lines = Vec::new();
    for (name, paint) in WORK.into_iter().filter(|(name, _)| name.contains(&wanted)) {
        let mut frame = Framebuffer::new(Size::new(WIDTH, HEIGHT).unwrap());
        text(&mut frame, SCREEN, 5, 0);
        let mut encoder = Encoder::new(frame.size());
        let mut decoder = Decoder::new();
        let mut rng = Rng(42);
        let mut now = 1;
        let all = Region::from_rect(SCREEN);
        let first = encoder.encode(&PicturePatch::new(frame.view(), &all), now, FAST).unwrap().unwrap();
        decoder.apply(&first).unwrap();
        let (mut encode, mut decode, mut bytes, mut videos) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for step in 1..=STEPS {
            now += 33;
            let damage = Region::from_rect(paint(&mut frame, &mut rng, step));
            let start = processor_time();
            let update = encoder.encode(&PicturePatch::new(frame.view(), &damage), now, FAST).unwrap().map(|update| update.to_bytes());
            let encoded = processor_time() - start;
            let Some(update) = update else { continue };
            let start = processor_time();
            let update_in = Update::from_bytes(&update).unwrap();
            decoder.apply(&update_in).unwrap();
            let decoded = processor_time() - start;
            // The first half warms up: histories, streams, caches.
            if step > STEPS / 2 {
                encode.push(encoded.as_secs_f64() * 1e3);
                decode.push(decoded.as_secs_f64() * 1e3);
                bytes.push(update.len() as f64);
                videos += update_in.ops.iter().filter(|op| matches!(op, deskhand_screen::Op::Video { .. })).count();
            }
        }
        let start = processor_time();
        let mut settling = 0;
        while let Some(at) = encoder.next_refine() {
            now = at.max(now + 1);
            if let Some(update) = encoder.refine(now, FAST).unwrap() {
                decoder.apply(&update).unwrap();
                settling += 1;
            }
        }
        assert!(*decoder.frame() == frame && decoder.is_exact(), "{name}: the settled picture is not the source");
        lines.push(format!(
            "  {{\"work\": \"{name}\", \"encode_ms\": {:.3}, \"decode_ms\": {:.3}, \"bytes\": {:.0}, \"videos\": {videos}, \
             \"settle_updates\": {settling}, \"settle_ms\": {:.1}}}",
            median(&mut encode),
            median(&mut decode),
            median(&mut bytes),
            (processor_time() - start).as_secs_f64() * 1e3
        ));
    }
    println!("[\n{}\n]", lines.join(",\n"));
}
