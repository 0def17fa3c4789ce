//! Recordings made with the real encoder and sealed as the host seals them, played from any moment.
#![allow(clippy::unwrap_used)]

#[path = "../../../customer/encode/tests/support/mod.rs"]
mod paint;
mod support;

use deskhand_audit::{By, Event, bundle::media_name};
use deskhand_decode::Decoder;
use deskhand_encode::Encoder;
use deskhand_player::{Index, PlayError, Player, Seen, Why};
use deskhand_recording::RecordingKey;
use deskhand_screen::{Framebuffer, Op, PicturePatch, Rect, Region, Size, TileForm, Update};
use paint::{FAST, Rng, letter, noise, photo, text};
use support::{Files, Here, Tape, ZERO_MS, key};

/// A screen on which things happen, its encoder, and what a viewer that got everything sees after each update.
struct Work {
    tape: Tape,
    frame: Framebuffer,
    encoder: Encoder,
    viewer: Decoder,
    /// Session time and picture after each update.
    seen: Vec<(u64, Framebuffer)>,
    /// Updates are given up on their way: neither recorded nor seen.
    lost: bool,
}

impl Work {
    fn begin(width: u32, height: u32) -> Self {
        let size = Size::new(width, height).unwrap();
        let (frame, encoder) = (Framebuffer::new(size), Encoder::new(size));
        Self { tape: Tape::begin(), frame, encoder, viewer: Decoder::new(), seen: Vec::new(), lost: false }
    }

    fn paint(&mut self, after_ms: u64, paint: impl FnOnce(&mut Framebuffer) -> Rect) {
        self.tape.now_ms += after_ms;
        let damage = Region::from_rect(paint(&mut self.frame));
        let all = Region::from_rect(self.frame.size().rect());
        let damage = if self.seen.is_empty() || self.viewer.frame().size() != self.frame.size() { all } else { damage };
        let patch = PicturePatch::new(self.frame.view(), &damage);
        let update = self.encoder.encode(&patch, self.tape.now_ms, FAST).unwrap();
        self.take(update);
    }

    fn take(&mut self, update: Option<Update>) {
        let Some(update) = update.filter(|_| !self.lost) else { return };
        self.viewer.apply(&update).unwrap();
        self.tape.update(&update);
        self.seen.push((self.tape.now_ms - ZERO_MS, self.viewer.frame().clone()));
    }

    fn settle(&mut self) {
        while let Some(at) = self.encoder.next_refine() {
            self.tape.now_ms = at.max(self.tape.now_ms + 1);
            let update = self.encoder.refine(self.tape.now_ms, FAST).unwrap();
            self.take(update);
        }
    }

    /// Everything that screens show: text, typing, scrolling, a window that comes and goes, a photo, a film.
    fn a_while(&mut self, seed: u64) {
        let (size, mut rng) = (self.frame.size(), Rng(seed | 1));
        let whole = size.rect();
        self.paint(40, |frame| {
            text(frame, whole, seed, 0);
            whole
        });
        for _ in 0..6 {
            self.paint(90, |frame| letter(frame, &mut rng));
        }
        for step in 1..5 {
            self.paint(33, |frame| {
                text(frame, whole, seed, step * 18);
                whole
            });
        }
        let window = Rect::new(size.width / 4, size.height / 4, size.width / 3, size.height / 3);
        for _ in 0..2 {
            let under = self.frame.crop(window).unwrap();
            self.paint(500, |frame| {
                frame.fill(window, 0x00E0_E0F0);
                window
            });
            self.paint(500, |frame| {
                for (y, row) in (window.y..).zip(under.rows(under.size().rect())) {
                    frame.row_mut(y)[window.x as usize..window.right() as usize].copy_from_slice(row);
                }
                window
            });
        }
        self.paint(200, |frame| {
            photo(frame, window, seed);
            window
        });
        let film = Rect::new(16, 16, 96, 64);
        for _ in 0..25 {
            self.paint(33, |frame| {
                noise(frame, film, &mut rng);
                film
            });
        }
    }
}

fn player(files: &Files) -> Player<Files, Here> {
    Player::new(files.clone(), key(), Here::default()).unwrap()
}

fn picture(player: &Player<Files, Here>) -> Framebuffer {
    player
        .see(|pixels| {
            let mut frame = Framebuffer::new(pixels.size());
            frame.pixels_mut().copy_from_slice(pixels.pixels());
            frame
        })
        .unwrap()
}

#[test]
fn every_moment_is_what_the_technician_saw_wherever_one_comes_from() {
    let mut work = Work::begin(320, 240);
    work.a_while(5);
    work.settle();
    work.a_while(9);
    let (seen, files) = (std::mem::take(&mut work.seen), work.tape.end());
    let mut player = player(&files);
    assert_eq!(player.index().steps().len(), seen.len());
    assert!(player.index().steps().iter().map(|step| step.ms).eq(seen.iter().map(|(ms, _)| *ms)));
    assert!(seen.len() > 80, "{} updates are too few to say anything", seen.len());
    let mut rng = Rng(77);
    for _ in 0..400 {
        let at = rng.below(seen.len() as u32) as usize;
        let shown = player.show(seen[at].0).unwrap();
        assert_eq!(shown.seen, Seen::Picture(at));
        assert!(picture(&player) == seen[at].1, "step {at} differs");
        // And on from there, as playing does.
        for (next, (ms, there)) in seen.iter().enumerate().skip(at + 1).take(3) {
            let before = picture(&player);
            let shown = player.show(*ms).unwrap();
            let now = picture(&player);
            assert!(now == *there, "step {next}, on from {at}, differs");
            let mut told = before.clone();
            shown.damage.rects().iter().for_each(|rect| told.copy_from(&now, *rect));
            assert!(told == now, "step {next} changed more than it said");
        }
    }
}

#[test]
fn another_size_and_another_epoch_are_shown_as_they_were() {
    let mut work = Work::begin(320, 240);
    work.a_while(1);
    work.frame = Framebuffer::new(Size::new(200, 180).unwrap());
    work.tape.epoch();
    work.encoder.request_key();
    work.a_while(2);
    let (seen, files) = (std::mem::take(&mut work.seen), work.tape.end());
    assert!(files.0.contains_key(&media_name(2)));
    let mut player = player(&files);
    for at in (0..seen.len()).rev().step_by(3) {
        player.show_step(at).unwrap();
        assert!(picture(&player) == seen[at].1, "step {at} differs");
    }
}

#[test]
fn what_is_missing_changed_or_failed_is_a_gap_that_says_so() {
    let mut work = Work::begin(160, 120);
    work.a_while(1);
    work.tape.epoch();
    work.encoder.request_key();
    work.a_while(2);
    let second = work.tape.now_ms;
    work.tape.epoch();
    work.encoder.request_key();
    work.a_while(3);
    work.tape.now_ms += 10;
    work.tape.event(Event::RecordingFailed { reason: "no space".into(), last: None });
    let failed = work.tape.now_ms - ZERO_MS;
    work.tape.now_ms += 3_000;
    work.tape.event(Event::ViewStopped { peer: 1, by: By::Customer });
    work.tape.now_ms += 3_000;
    let files = work.tape.end();
    let why = |files: &Files, ms| match player(files).show(ms).unwrap().seen {
        Seen::Gap(gap) => Some(gap.why),
        _ => None,
    };
    assert_eq!(why(&files, failed + 100), Some(Why::Failed("no space".into())));
    assert_eq!(why(&files, failed + 3_100), Some(Why::NobodyWatching));
    assert_eq!(why(&files, failed - 100), None);

    let mut missing = files.clone();
    missing.0.remove(&media_name(2));
    let middle = second - ZERO_MS + 20;
    assert_eq!(why(&missing, middle), Some(Why::Missing(2)));
    assert_eq!(why(&missing, failed - 100), None, "the next epoch is whole");

    let mut changed = files.clone();
    let media = changed.0.get_mut(&media_name(2)).unwrap();
    let half = media.len() / 2;
    media[half] ^= 1;
    assert!(matches!(why(&changed, middle), Some(Why::Damaged(2, _))));
    let mut cut = files.clone();
    cut.0.get_mut(&media_name(2)).unwrap().truncate(half);
    assert!(matches!(why(&cut, middle), Some(Why::Damaged(2, _))));
    assert_eq!(why(&cut, failed - 100), None);
}

#[test]
fn after_updates_that_were_given_up_the_next_key_update_is_shown() {
    let mut work = Work::begin(160, 120);
    work.a_while(1);
    let before = work.seen.len();
    work.lost = true;
    work.paint(100, |frame| {
        frame.fill(Rect::new(0, 0, 30, 30), 0xFF);
        Rect::new(0, 0, 30, 30)
    });
    work.lost = false;
    work.encoder.request_key();
    work.paint(100, |frame| frame.size().rect());
    let (seen, files) = (std::mem::take(&mut work.seen), work.tape.end());
    let mut player = player(&files);
    player.show_step(before).unwrap();
    assert!(picture(&player) == seen[before].1);
}

#[test]
fn an_update_that_builds_on_a_missing_one_is_a_gap_until_the_next_key_update() {
    let mut tape = Tape::begin();
    let size = Size::new(8, 8).unwrap();
    for (number, base) in [(1, 0), (2, 1), (4, 3), (5, 4), (6, 0), (7, 6)] {
        tape.now_ms += 100;
        tape.update(&Update { number, base, size, damaged_at: tape.now_ms, ops: Vec::new() });
    }
    let mut player = player(&tape.end());
    assert_eq!(player.show(250).unwrap().seen, Seen::Picture(1));
    let Seen::Gap(gap) = player.show(450).unwrap().seen else { panic!("no gap") };
    assert_eq!((gap.from_ms, gap.to_ms, gap.why), (300, 500, Why::Discontinued));
    assert_eq!(player.show(600).unwrap().seen, Seen::Picture(3));
}

#[test]
fn a_host_cannot_put_time_out_of_order() {
    let mut tape = Tape::begin();
    let size = Size::new(8, 8).unwrap();
    for (number, damaged_at) in [(1, ZERO_MS + 100), (2, u64::MAX), (3, 0), (4, ZERO_MS + 150)] {
        tape.now_ms = ZERO_MS + 100 * number;
        tape.update(&Update { number, base: number - 1, size, damaged_at, ops: Vec::new() });
        tape.close();
    }
    let files = tape.end();
    let index = Index::build(&files, &key()).unwrap();
    let times: Vec<u64> = index.steps().iter().map(|step| step.ms).collect();
    assert_eq!(times, [100, 200, 200, 200]);
}

#[test]
fn another_key_is_refused_and_a_session_without_a_log_too() {
    let files = Tape::begin().end();
    assert!(matches!(Index::build(&files, &RecordingKey::new([9; 32])), Err(PlayError::Key(_))));
    let mut empty = files;
    empty.0.insert("events.jsonl".into(), Vec::new());
    assert!(matches!(Index::build(&empty, &key()), Err(PlayError::NoLog)));
}

#[test]
fn time_in_which_nothing_changed_is_idle() {
    let mut work = Work::begin(160, 120);
    work.a_while(1);
    let quiet = work.tape.now_ms - ZERO_MS;
    work.paint(60_000, |frame| {
        frame.fill(Rect::new(1, 1, 5, 5), 0xFF);
        Rect::new(1, 1, 5, 5)
    });
    let files = work.tape.end();
    let index = Index::build(&files, &key()).unwrap();
    let idle = index.idle().iter().find(|idle| idle.from_ms == quiet).unwrap();
    assert_eq!(idle.to_ms, quiet + 60_000);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// Flips, cuts and insertions anywhere in the files lead to pictures, gaps or errors, and every picture is one that was there.
    #[test]
    fn changed_files_never_show_what_was_not_there(media: bool, at: proptest::sample::Index, value: u8, cut: bool) {
        let mut tape = Tape::begin();
        let size = Size::new(8, 8).unwrap();
        for number in 1..20 {
            tape.now_ms += 50;
            let fill = Op::Tiles { rects: vec![size.rect()], form: TileForm::Palette, data: vec![0, number as u8, 0, 0] };
            tape.update(&Update { number, base: number - 1, size, damaged_at: tape.now_ms, ops: vec![fill] });
        }
        let mut files = tape.end();
        let file = files.0.get_mut(if media { "media/1.sfr" } else { "events.jsonl" }).unwrap();
        let at = at.index(file.len());
        if cut { file.truncate(at) } else { file[at] = value }
        if let Ok(mut player) = Player::new(files, key(), Here::default()) {
            for step in 0..player.index().steps().len() {
                let number = player.index().steps()[step].number;
                if let Seen::Picture(_) = player.show_step(step).unwrap().seen {
                    player.see(|pixels| assert_eq!(pixels.pixels()[0], 0xFF00_0000 | number as u32));
                }
            }
        }
    }
}
