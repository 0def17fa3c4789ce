//! Prints how long it takes to open a seeded session of two hours and to show moments of it, as JSON. `find_ms` is the part of opening that
//! a table of where each update begins would spare.
//!
//! `cargo run --release -p deskhand-player --example two_hours [minutes] [moments]`. In scope: the real encoder's updates, sealed as the host
//! seals them, played in the real cage: typing, pages, scrolls, windows, photographs, three films of a minute. Not in scope: capture.
#![allow(clippy::unwrap_used)]

#[path = "../../../customer/encode/tests/support/mod.rs"]
mod paint;
#[path = "../tests/support/mod.rs"]
mod support;

use std::{process::ExitCode, time::Instant};

use deskhand_audit::bundle::{MEDIA, RecordReader};
use deskhand_cage::Cage;
use deskhand_encode::Encoder;
use deskhand_player::{Player, Seen};
use deskhand_screen::{Framebuffer, PicturePatch, Rect, Region, Size};
use deskhand_wire::update::UpdateHeader;
use paint::{FAST, Rng, letter, noise, photo, text};
use support::{Files, Tape, ZERO_MS, key};

const SCREEN: Rect = Rect::new(0, 0, 1920, 1080);

struct Desk {
    tape: Tape,
    frame: Framebuffer,
    encoder: Encoder,
    rng: Rng,
    hour: u64,
    films: Vec<(u64, u64)>,
}

impl Desk {
    fn step(&mut self, after_ms: u64, damage: Rect) {
        let until = self.tape.now_ms + after_ms;
        while let Some(at) = self.encoder.next_refine().filter(|at| *at < until) {
            self.tape.now_ms = at.max(self.tape.now_ms + 1);
            let update = self.encoder.refine(self.tape.now_ms, FAST).unwrap();
            update.iter().for_each(|update| self.tape.update(update));
        }
        self.tape.now_ms = until.max(self.tape.now_ms + 1);
        if (self.tape.now_ms - ZERO_MS) / 3_600_000 > self.hour {
            self.hour += 1;
            self.tape.epoch();
            self.encoder.request_key();
        }
        let damage = Region::from_rect(damage);
        let update = self.encoder.encode(&PicturePatch::new(self.frame.view(), &damage), self.tape.now_ms, FAST).unwrap();
        update.iter().for_each(|update| self.tape.update(update));
    }

    /// Half a minute of work.
    fn half_a_minute(&mut self, kind: u32) {
        let seed = self.rng.next();
        match kind {
            0..=4 => (0..150).for_each(|_| {
                let damage = letter(&mut self.frame, &mut self.rng);
                self.step(200, damage);
            }),
            5..=6 => (0..6).for_each(|page| {
                let pane = Rect::new(200, 80, 1500, 940);
                text(&mut self.frame, pane, seed + page, 0);
                self.step(5_000, pane);
            }),
            7 => (0..300).for_each(|step| {
                let pane = Rect::new(200, 80, 1500, 940);
                text(&mut self.frame, pane, seed, step * 36);
                self.step(if step % 60 == 0 { 4_000 } else { 33 }, pane);
            }),
            8 => (0..10).for_each(|_| {
                let (size, window) = (self.frame.size(), self.rng.rect(self.frame.size()));
                let before = self.frame.clone();
                text(&mut self.frame, window, seed, 0);
                self.step(1_500, window);
                self.frame.copy_from(&before, size.rect());
                self.step(1_500, window);
            }),
            9 => {
                let picture = Rect::new(500, 200, 800, 600);
                photo(&mut self.frame, picture, seed);
                self.step(30_000, picture);
            }
            10 => {
                let player = Rect::new(640, 360, 640, 360);
                let from = self.tape.now_ms - ZERO_MS;
                (0..1_800).for_each(|_| {
                    noise(&mut self.frame, player, &mut self.rng);
                    self.step(33, player);
                });
                self.films.push((from, self.tape.now_ms - ZERO_MS));
            }
            _ => self.step(30_000, Rect::new(0, 0, 1, 1)),
        }
    }
}

fn session(minutes: u64) -> (Files, Vec<(u64, u64)>) {
    let size = Size::new(SCREEN.width, SCREEN.height).unwrap();
    let (frame, encoder) = (Framebuffer::new(size), Encoder::new(size));
    let mut desk = Desk { tape: Tape::begin(), frame, encoder, rng: Rng(4), hour: 0, films: Vec::new() };
    text(&mut desk.frame, SCREEN, 1, 0);
    desk.step(100, SCREEN);
    let mut films = 3;
    while desk.tape.now_ms - ZERO_MS < minutes * 60_000 {
        let minute = (desk.tape.now_ms - ZERO_MS) / 60_000;
        let film = films > 0 && minute >= minutes * (4 - films) / 4;
        films -= u64::from(film);
        let kind = if film { 10 } else { [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11][desk.rng.below(11) as usize] };
        desk.half_a_minute(kind);
    }
    (desk.tape.end(), desk.films)
}

/// Milliseconds that it takes to find every record and to read its header.
fn find(files: &Files) -> f64 {
    let start = Instant::now();
    let mut found = 0;
    for (_, bytes) in files.0.iter().filter(|(name, _)| name.starts_with(MEDIA)) {
        let (mut records, mut record) = (RecordReader::new(&bytes[..]), Vec::new());
        while records.next(&mut record).unwrap() {
            found += UpdateHeader::from_bytes(record[4..].first_chunk().unwrap()).unwrap().number;
        }
    }
    assert!(found > 0);
    start.elapsed().as_secs_f64() * 1e3
}

fn main() -> ExitCode {
    if let Some(code) = deskhand_cage::run_if_asked() {
        return code;
    }
    let mut words = std::env::args().skip(1).map(|word| word.parse().unwrap());
    let (minutes, moments) = (words.next().unwrap_or(120), words.next().unwrap_or(300));
    let (files, films) = session(minutes);
    let bytes: usize = files.0.values().map(Vec::len).sum();
    let found = find(&files);
    let start = Instant::now();
    let mut player = Player::new(files, key(), Cage::spawn().unwrap()).unwrap();
    let opened = start.elapsed().as_secs_f64() * 1e3;
    let end = player.index().end_ms();
    let (mut still, mut film, mut rng) = (Vec::new(), Vec::new(), Rng(99));
    for round in 0..moments {
        // One in ten in a film, which would hardly be met by chance.
        let ms = if round % 10 == 0 && !films.is_empty() {
            let (from, to) = films[rng.below(films.len() as u32) as usize];
            from + u64::from(rng.below((to - from) as u32))
        } else {
            u64::from(rng.below(end as u32))
        };
        let start = Instant::now();
        let shown = player.show(ms).unwrap();
        assert!(matches!(shown.seen, Seen::Picture(_)), "{ms}: {shown:?}");
        let took = start.elapsed().as_secs_f64() * 1e3;
        if films.iter().any(|(from, to)| (*from..*to).contains(&ms)) { &mut film } else { &mut still }.push(took);
    }
    let sums = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1))).copied().unwrap_or(0.0);
        format!("{{\"moments\": {}, \"p50_ms\": {:.1}, \"p95_ms\": {:.1}, \"max_ms\": {:.1}}}", times.len(), at(50), at(95), at(100))
    };
    let steps = player.index().steps().len();
    println!(
        "{{\"session_ms\": {end}, \"updates\": {steps}, \"bytes\": {bytes}, \"open_ms\": {opened:.0}, \"find_ms\": {found:.0},\n \"show\": {},\n \"show_in_a_film\": {}}}",
        sums(&mut still),
        sums(&mut film)
    );
    ExitCode::SUCCESS
}
