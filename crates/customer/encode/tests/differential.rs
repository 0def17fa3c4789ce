//! Encoder -> bytes -> decoder against the source: whatever happens on the screen, it settles bit-exact.

mod support;

use deskhand_encode::{Path, Settings};
use deskhand_screen::{Framebuffer, Point, Rect, Region, Size};
use support::{FAST, Pair, Rng, SLOW, letter, noise, photo, text};

/// One seeded change of the screen; returns the damage, which may be larger than the change.
fn change(pair: &mut Pair, rng: &mut Rng, scroll: &mut u32) -> Region {
    let size = pair.frame.size();
    let frame = &mut pair.frame;
    let rect = rng.rect(size);
    match rng.below(11) {
        0 | 1 => return Region::from_rect(letter(frame, rng)),
        2 => text(frame, rect, rng.next(), 0),
        3 => photo(frame, rect, rng.next()),
        4 => noise(frame, rect, rng),
        5 => frame.fill(rect, rng.next() as u32),
        6 => {
            *scroll += 1 + rng.below(60);
            text(frame, size.rect(), 5, *scroll);
            return Region::from_rect(size.rect());
        }
        7 => {
            let dy = rng.below(rect.height);
            let to = Rect::new(rect.x, rect.y, rect.width, rect.height - dy);
            frame.copy_within(Point { x: rect.x, y: rect.y + dy }, to);
        }
        8 => {
            let storm = (0..rng.below(40)).map(|_| {
                let spot = Rect { width: 9, height: 7, ..rng.rect(size) }.intersect(size.rect());
                frame.fill(spot, rng.next() as u32);
                spot
            });
            return storm.collect();
        }
        9 => return Region::from_rect(rect),
        _ => {
            let player = Rect::new(size.width / 5, size.height / 4, size.width / 2, size.height / 2);
            noise(frame, player, rng);
            return Region::from_rect(player);
        }
    }
    Region::from_rect(rect)
}

fn storm(seed: u64, width: u32, height: u32, path: Path, steps: u32) {
    let mut rng = Rng(seed);
    let mut pair = Pair::new(width, height, path);
    let mut scroll = 0;
    for step in 0..steps {
        if rng.below(40) == 0 {
            pair.encoder.request_key();
        }
        let damage = change(&mut pair, &mut rng, &mut scroll);
        let after = [1, 16, 33, 33, 400][rng.below(5) as usize];
        pair.step(&damage, after);
        if step % 25 == 24 {
            pair.settle();
        }
    }
    pair.settle();
}

#[test]
fn random_screens_settle_exact_on_a_fast_path() {
    storm(11, 640, 400, FAST, 150);
}

#[test]
fn random_screens_settle_exact_on_a_slow_path() {
    storm(12, 613, 397, SLOW, 150);
}

#[test]
fn random_screens_settle_exact_when_nothing_is_known_of_the_path() {
    storm(13, 801, 333, Path::default(), 100);
}

#[test]
fn odd_and_tiny_screens_settle_exact() {
    for (seed, width, height) in [(21, 1, 1), (22, 1, 77), (23, 130, 1), (24, 17, 19), (25, 65, 63), (26, 255, 129)] {
        storm(seed, width, height, SLOW, 40);
    }
}

#[test]
fn a_still_screen_costs_nothing() {
    let mut pair = Pair::new(640, 480, FAST);
    text(&mut pair.frame, Rect::new(0, 0, 640, 480), 1, 0);
    pair.step_all(1).unwrap();
    pair.settle();
    assert!(pair.step_all(1_000).is_none(), "damage without a change gives an update");
    assert_eq!(pair.encoder.next_refine(), None);
}

#[test]
fn a_typed_letter_takes_a_few_hundred_bytes() {
    let mut rng = Rng(3);
    let mut pair = Pair::new(1280, 720, FAST);
    text(&mut pair.frame, Rect::new(0, 0, 1280, 720), 1, 0);
    pair.step_all(1).unwrap();
    for _ in 0..50 {
        let damage = Region::from_rect(letter(&mut pair.frame, &mut rng));
        if let Some(sent) = pair.step(&damage, 50) {
            assert!(sent.bytes < 400 && sent.tiles == 1, "{sent:?}");
        }
        assert!(pair.encoder.is_exact());
    }
}

#[test]
fn a_scrolled_pane_is_a_copy_and_a_strip() {
    let pane = Rect::new(113, 50, 901, 600);
    let mut pair = Pair::new(1280, 720, FAST);
    photo(&mut pair.frame, Rect::new(0, 0, 1280, 720), 4);
    text(&mut pair.frame, pane, 9, 0);
    pair.step_all(1).unwrap();
    pair.settle();
    for (step, scroll) in [60, 120, 75, 400, 340, 0].into_iter().enumerate() {
        text(&mut pair.frame, pane, 9, scroll);
        let sent = pair.step(&Region::from_rect(pane), 30).unwrap();
        assert_eq!((sent.copies, sent.videos), (1, 0), "step {step}: {sent:?}");
        assert!(sent.bytes < 30_000, "step {step}: {sent:?}");
        assert!(pair.encoder.is_exact());
    }
}

#[test]
fn a_moving_picture_is_video_of_its_area_and_settles_exact() {
    let player = Rect::new(101, 77, 333, 251);
    let mut rng = Rng(5);
    let mut pair = Pair::new(800, 600, FAST);
    text(&mut pair.frame, Rect::new(0, 0, 800, 600), 1, 0);
    pair.step_all(1).unwrap();
    let (mut videos, mut late_bytes) = (0, 0);
    for step in 0..30 {
        noise(&mut pair.frame, player, &mut rng);
        let sent = pair.step(&Region::from_rect(player), 33).unwrap();
        videos += sent.videos;
        assert!(pair.differs_outside_lossy().is_none(), "step {step}: {:?}", pair.differs_outside_lossy());
        if step >= 15 {
            late_bytes += sent.bytes;
            assert_eq!((sent.videos, sent.tiles), (1, 0), "step {step}: {sent:?}");
        }
    }
    assert!(videos >= 20, "{videos}");
    let raw = 15 * player.area() as usize * 3;
    assert!(late_bytes * 6 < raw, "{late_bytes} bytes of video, {raw} exact");
    assert_eq!(pair.decoder.lossy().bounds(), player);
    pair.settle();
}

#[test]
fn a_first_picture_that_is_too_large_for_the_path_is_video_first() {
    let mut pair = Pair::new(800, 600, SLOW);
    photo(&mut pair.frame, Rect::new(0, 0, 800, 600), 8);
    let sent = pair.step_all(1).unwrap();
    assert_eq!((sent.videos, sent.tiles), (1, 0), "{sent:?}");
    assert!(sent.bytes < 100_000, "{sent:?}");
    let worst = pair.decoder.frame().pixels().iter().zip(pair.frame.pixels()).map(|(a, b)| (a >> 8 & 255).abs_diff(b >> 8 & 255)).max();
    assert!(worst.unwrap() < 120, "the video shows something else: {worst:?}");
    assert!(pair.settle() > 3, "refined in one go");
}

#[test]
fn refining_never_takes_more_than_its_share_of_the_path() {
    let mut pair = Pair::new(800, 600, SLOW);
    photo(&mut pair.frame, Rect::new(0, 0, 800, 600), 8);
    pair.step_all(1).unwrap();
    while let Some(at) = pair.encoder.next_refine() {
        let after = at.saturating_sub(pair.now);
        if let Some(sent) = pair.step(&Region::new(), after) {
            assert!(sent.bytes < 32_000 && sent.videos == 0, "{sent:?}");
        }
    }
    assert!(pair.encoder.is_exact());
}

#[test]
fn a_change_of_size_gives_a_key_update_of_the_new_size() {
    let mut pair = Pair::new(300, 200, FAST);
    photo(&mut pair.frame, Rect::new(0, 0, 300, 200), 1);
    pair.step_all(1);
    for (width, height) in [(200, 300), (1, 1), (641, 479)] {
        pair.frame = Framebuffer::new(Size::new(width, height).unwrap());
        let all = pair.frame.size().rect();
        text(&mut pair.frame, all, 2, 0);
        pair.step(&Region::new(), 10).unwrap();
        assert_eq!(pair.decoder.frame().size(), pair.frame.size());
        pair.settle();
    }
}

#[test]
fn a_viewer_that_joins_later_is_exact_after_a_key_update() {
    let mut pair = Pair::new(500, 300, FAST);
    photo(&mut pair.frame, Rect::new(0, 0, 500, 300), 1);
    pair.step_all(1);
    pair.decoder = deskhand_decode::Decoder::new();
    pair.encoder.request_key();
    assert!(!pair.encoder.is_exact());
    assert!(pair.encoder.next_refine().is_some());
    pair.step(&Region::new(), 5).unwrap();
    pair.settle();
}

#[test]
fn without_video_everything_is_exact_tiles_in_bounded_updates() {
    let mut rng = Rng(6);
    let mut pair = Pair::with_settings(900, 700, SLOW, Settings { video: false, ..Settings::default() });
    for _ in 0..3 {
        noise(&mut pair.frame, Rect::new(0, 0, 900, 700), &mut rng);
        let sent = pair.step_all(33).unwrap();
        assert!(sent.videos == 0 && sent.bytes < 1_500_000, "{sent:?}");
    }
    pair.settle();
}
