//! The pipeline in one process: a grab, an encoding, a decoding, each timed by itself.

use crate::{
    spread,
    workload::{HEIGHT, WIDTH, Workload},
};
use deskhand_capture::{Kind, Wake};
use deskhand_decode::Decoder;
use deskhand_encode::{Encoder, Path};
use deskhand_screen::Update;
use harness::XServer;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Times the stages on one workload.
pub(crate) fn measure(name: &str, seed: u64, seconds: u64) -> anyhow::Result<Value> {
    let screen = XServer::start(WIDTH, HEIGHT);
    let workload = Workload::start(name, seed, screen.display())?;
    let environment = deskhand_capture::Environment::x11(screen.display());
    let mut source = deskhand_capture::open_in(Kind::X11, Arc::new(|| true), &environment)?;
    let mut encoder = Encoder::new(source.size());
    let mut decoder = Decoder::new();
    let path = Path { bytes_per_second: 100_000_000, rtt: Duration::from_millis(1) };
    let start = Instant::now();
    let ms = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
    let (mut capture, mut encode, mut decode, mut sizes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut running = false;
    while start.elapsed() < Duration::from_secs(seconds + 2) {
        // Two seconds to settle.
        if !running && start.elapsed() > Duration::from_secs(2) {
            running = true;
            [&mut capture, &mut encode, &mut decode, &mut sizes].into_iter().for_each(Vec::clear);
            workload.run(true);
        }
        let now = start.elapsed().as_millis() as u64;
        let refine = encoder.next_refine().map(|at| Instant::now() + Duration::from_millis(at.saturating_sub(now)));
        let end = start + Duration::from_secs(if running { seconds + 2 } else { 2 });
        let deadline = refine.map_or(end, |at| at.min(end));
        let wake = source.wait(Some(deadline))?;
        let begun = Instant::now();
        let now = start.elapsed().as_millis() as u64;
        let update = if matches!(wake, Wake::Damage | Wake::Resized(_)) {
            let patch = source.grab()?;
            capture.push(ms(begun));
            let begun = Instant::now();
            let update = encoder.encode(patch, now, path)?;
            encode.push(ms(begun));
            update
        } else {
            let update = encoder.refine(now, path)?;
            encode.push(ms(begun));
            update
        };
        let Some(update) = update else { continue };
        let bytes = update.to_bytes();
        sizes.push(bytes.len() as f64 / 1e3);
        let begun = Instant::now();
        decoder.apply(&Update::from_bytes(&bytes)?)?;
        decode.push(ms(begun));
    }
    let updates = sizes.len() as f64 / seconds as f64;
    let kb = sizes.iter().sum::<f64>() / seconds as f64;
    Ok(json!({
        "updates_per_s": updates, "kb_per_s": kb, "capture_ms": spread(capture), "encode_ms": spread(encode), "decode_ms": spread(decode),
        "update_kb": spread(sizes),
    }))
}
