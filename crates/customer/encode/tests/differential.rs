//! Encoder -> bytes -> decoder against the source: whatever happens on the screen, it settles bit-exact.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_encode::{Path, Settings};
use deskhand_screen::{Framebuffer, Hints, Moved, Op, PicturePatch, Point, Rect, Region, Size};
use support::{FAST, Pair, Rng, SLOW, letter, noise, photo, text};

/// One seeded change of the screen; returns the damage, which may be larger than the change.
fn change(pair: &mut Pair, rng: &mut Rng, scroll: &mut u32) -> Region {
    let size = pair.frame.size();
    let frame = &mut pair.frame;
    let rect = rng.rect(size);
    match rng.below(14) {
        11 => {
            // A window moves and uncovers whatever: the hint is right, the content need not be.
            let to =
                Rect { width: rect.width.min(size.width - size.width / 3), height: rect.height.min(size.height - size.height / 3), ..rect };
            let to = to.intersect(size.rect());
            let from = Point { x: rng.below(size.width - to.width + 1), y: rng.below(size.height - to.height + 1) };
            if from != to.origin() {
                let before = Rect::new(from.x, from.y, to.width, to.height);
                frame.copy_within(from, to);
                let mut open = Region::from_rect(before);
                open.subtract(to);
                open.rects().iter().for_each(|rect| text(frame, *rect, 3, 0));
                pair.hints.moved.push(Moved { from, to });
                return [before, to].into_iter().collect();
            }
        }
        12 => {
            // A menu opens over what is there, or closes again.
            let menu = Rect::new(size.width / 4, size.height / 4, size.width / 3 + 1, size.height / 3 + 1).intersect(size.rect());
            if rng.below(2) == 0 {
                pair.hints.covered.push(menu);
                frame.fill(menu, rng.next() as u32);
            } else {
                text(frame, menu, 3, 0);
            }
            return Region::from_rect(menu);
        }
        13 => pair.hints = Hints { moved: vec![Moved { from: Point { x: 0, y: 0 }, to: rect }], covered: vec![rect] },
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

/// Every size class, on every kind of path: more than two thousand screens.
#[test]
fn thousands_of_seeded_screens_of_every_size_settle_exact() {
    let mut rng = Rng(4_711);
    for seed in 100..160 {
        let side = |rng: &mut Rng| match rng.below(4) {
            0 => 1 + rng.below(20),
            1 => 1 + rng.below(130),
            _ => 2 * rng.below(130) + 1 + rng.below(2),
        };
        let (width, height) = (side(&mut rng), side(&mut rng));
        let path = [FAST, SLOW, Path::default()][rng.below(3) as usize];
        storm(seed, width, height, path, 40);
    }
}

#[test]
fn a_screen_of_8k_settles_exact() {
    let (width, height) = (7_680, 4_320);
    let mut pair = Pair::new(width, height, FAST);
    let page = Rect::new(500, 300, 6_001, 3_500);
    text(&mut pair.frame, page, 5, 0);
    pair.step_all(1).unwrap();
    pair.settle();
    text(&mut pair.frame, page, 5, 90);
    let sent = pair.step(&Region::from_rect(page), 33).unwrap();
    assert_eq!((sent.copies, sent.videos), (1, 0), "{sent:?}");
    let mut rng = Rng(31);
    pair.frame.fill(Rect::new(width - 3, height - 3, 3, 3), 0x0055_1133);
    let letter = letter(&mut pair.frame, &mut rng);
    pair.step(&[letter, Rect::new(width - 3, height - 3, 3, 3)].into_iter().collect(), 33).unwrap();
    pair.settle();
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

/// A photo as the desktop, and a window on it that is drawn as a client of the window system would.
struct Desk {
    pair: Pair,
    ground: Framebuffer,
    window: Framebuffer,
    at: Point,
}

impl Desk {
    fn new() -> Self {
        let mut pair = Pair::new(800, 600, FAST);
        photo(&mut pair.frame, Rect::new(0, 0, 800, 600), 4);
        let ground = pair.frame.clone();
        let mut window = Framebuffer::new(Size::new(300, 200).unwrap());
        text(&mut window, Rect::new(0, 0, 300, 200), 8, 0);
        let mut desk = Self { pair, ground, window, at: Point { x: 200, y: 150 } };
        desk.pair.step_all(1).unwrap();
        desk.pair.settle();
        desk.draw();
        desk.pair.hints.covered.push(desk.place());
        let sent = desk.pair.step(&Region::from_rect(desk.place()), 33).unwrap();
        assert_eq!((sent.saves, sent.tiles), (1, 1), "a window that appears saves what it covers: {sent:?}");
        desk
    }

    fn place(&self) -> Rect {
        Rect::new(self.at.x, self.at.y, 300, 200)
    }

    fn draw(&mut self) {
        self.pair.frame.clone_from(&self.ground);
        for y in 0..200 {
            self.pair.frame.row_mut(self.at.y + y)[self.at.x as usize..][..300].copy_from_slice(self.window.row(y));
        }
    }

    fn drag(&mut self, to: Point) -> support::Sent {
        let before = self.place();
        self.at = to;
        self.draw();
        self.pair.hints.moved.push(Moved { from: before.origin(), to: self.place() });
        self.pair.step(&[before, self.place()].into_iter().collect(), 33).unwrap()
    }
}

#[test]
fn a_window_that_is_dragged_over_a_photo_takes_a_few_bytes_and_is_exact_all_the_time() {
    let mut desk = Desk::new();
    let mut rng = Rng(77);
    for step in 0..60 {
        let (x, y) = (desk.at.x + rng.below(61), desk.at.y + rng.below(41));
        let to = Point { x: x.saturating_sub(30).min(500), y: y.saturating_sub(20).min(400) };
        if to == desk.at {
            continue;
        }
        let sent = desk.drag(to);
        assert_eq!((sent.copies, sent.tiles, sent.videos), (1, 0, 0), "step {step}: {sent:?}");
        assert!(sent.bytes < 120, "step {step}: {sent:?}");
        assert!(desk.pair.encoder.is_exact());
    }
}

#[test]
fn a_window_that_closes_shows_what_it_covered_without_sending_it_again() {
    let mut desk = Desk::new();
    desk.drag(Point { x: 333, y: 222 });
    let place = desk.place();
    desk.pair.frame.clone_from(&desk.ground);
    let sent = desk.pair.step(&Region::from_rect(place), 33).unwrap();
    assert_eq!((sent.restores, sent.tiles, sent.videos), (1, 0, 0), "{sent:?}");
    assert!(sent.bytes < 100, "{sent:?}");
    assert!(desk.pair.encoder.is_exact());
}

#[test]
fn what_changed_below_a_window_is_sent_when_it_shows() {
    let mut desk = Desk::new();
    let place = desk.place();
    desk.pair.frame.clone_from(&desk.ground);
    desk.pair.frame.fill(Rect::new(300, 200, 50, 40), 0x0012_3456);
    let sent = desk.pair.step(&Region::from_rect(place), 33).unwrap();
    assert_eq!((sent.restores, sent.tiles), (1, 1), "{sent:?}");
    assert!(sent.bytes < 400, "{sent:?}");
    assert!(desk.pair.encoder.is_exact());
}

#[test]
fn two_panes_that_scroll_at_once_are_two_copies() {
    let (left, right) = (Rect::new(20, 40, 380, 500), Rect::new(430, 40, 350, 500));
    let mut pair = Pair::new(800, 600, FAST);
    photo(&mut pair.frame, Rect::new(0, 0, 800, 600), 4);
    let draw = |pair: &mut Pair, scroll: u32| {
        text(&mut pair.frame, left, 9, scroll);
        text(&mut pair.frame, right, 10, 3 * scroll);
    };
    draw(&mut pair, 0);
    pair.step_all(1).unwrap();
    pair.settle();
    for step in 1..6 {
        draw(&mut pair, 20 * step);
        let sent = pair.step(&[left, right].into_iter().collect(), 33).unwrap();
        assert_eq!((sent.copies, sent.videos), (2, 0), "step {step}: {sent:?}");
        assert!(sent.bytes < 12_000 && pair.encoder.is_exact(), "step {step}: {sent:?}");
    }
}

/// A pane of `content` seen from (`x`, `y`): what a program shows of something larger.
fn show(pair: &mut Pair, pane: Rect, content: &Framebuffer, x: u32, y: u32) -> Region {
    for row in 0..pane.height {
        let from = &content.row(y + row)[x as usize..][..pane.width as usize];
        pair.frame.row_mut(pane.y + row)[pane.x as usize..pane.right() as usize].copy_from_slice(from);
    }
    Region::from_rect(pane)
}

/// What five kinds of program do when one moves through their content: all of it copies, and exact all the time.
#[test]
fn a_page_a_terminal_a_spreadsheet_an_editor_and_a_map_move_as_copies() {
    let size = Size::new(2_000, 2_000).unwrap();
    let mut page = Framebuffer::new(size);
    text(&mut page, size.rect(), 9, 0);
    let mut sheet = page.clone();
    (0..2_000).step_by(90).for_each(|x| sheet.fill(Rect::new(x, 0, 1, 2_000), 0x00B0_B0B0));
    (0..2_000).step_by(24).for_each(|y| sheet.fill(Rect::new(0, y, 2_000, 1), 0x00B0_B0B0));
    let mut map = Framebuffer::new(size);
    photo(&mut map, size.rect(), 12);
    let pane = Rect::new(37, 41, 700, 500);
    let ways: [(&str, &Framebuffer, (u32, u32), u64); 5] = [
        ("page", &page, (0, 60), 20_000),
        ("terminal", &page, (0, 18), 8_000),
        ("spreadsheet", &sheet, (90, 0), 30_000),
        ("editor", &sheet, (24, 0), 20_000),
        ("map", &map, (23, 14), 80_000),
    ];
    for (name, content, (dx, dy), bytes) in ways {
        let mut pair = Pair::new(800, 600, FAST);
        text(&mut pair.frame, Rect::new(0, 0, 800, 600), 4, 0);
        let _ = show(&mut pair, pane, content, 0, 0);
        pair.step_all(1).unwrap();
        pair.settle();
        for step in 1..20 {
            // There and back, with a step of another width between.
            let at = if step < 12 { step } else { 23 - step };
            let damage = show(&mut pair, pane, content, at * dx + step % 2 * u32::from(dx > 0), at * dy + step % 2 * u32::from(dy > 0));
            let Some(sent) = pair.step(&damage, 33) else { continue };
            assert!(sent.copies >= 1 && sent.videos == 0 && (sent.bytes as u64) < bytes, "{name}, step {step}: {sent:?}");
            assert!(pair.encoder.is_exact(), "{name}, step {step}");
        }
    }
}

#[test]
fn a_scrolled_page_with_photos_stays_exact_at_thirty_steps_a_second() {
    let pane = Rect::new(50, 40, 700, 500);
    let mut long = Framebuffer::new(Size::new(700, 5_000).unwrap());
    let all = long.size().rect();
    text(&mut long, all, 9, 0);
    (0..10).for_each(|n| photo(&mut long, Rect::new(300, 500 * n + 100, 350, 250), u64::from(n) + 1));
    let mut pair = Pair::new(800, 600, FAST);
    for step in 0..70 {
        for y in 0..500 {
            pair.frame.row_mut(40 + y)[50..750].copy_from_slice(long.row(y + 60 * step));
        }
        if let Some(sent) = pair.step(&Region::from_rect(pane), 33) {
            assert_eq!(sent.videos, 0, "step {step}: {sent:?}");
            assert!(step == 0 || sent.copies >= 1, "step {step}: {sent:?}");
        }
        assert!(pair.encoder.is_exact(), "step {step}");
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

/// More than the path takes, again and again: the last line of the page has its turn, and a typed letter waits for nothing.
#[test]
fn no_part_of_a_page_that_keeps_changing_starves() {
    let mut rng = Rng(17);
    let mut pair = Pair::with_settings(800, 1_200, SLOW, Settings { video: false, ..Settings::default() });
    text(&mut pair.frame, Rect::new(0, 0, 800, 1_200), 1, 0);
    pair.step_all(1).unwrap();
    pair.settle();
    let (page, last, corner) = (Rect::new(0, 0, 800, 1_100), Rect::new(0, 1_050, 800, 50), Rect::new(10, 1_150, 9, 18));
    let (mut updates_of_last, mut before) = (0, pair.decoder.frame().crop(last));
    for step in 0..40 {
        noise(&mut pair.frame, page, &mut rng);
        pair.frame.fill(corner, step);
        pair.step(&[page, corner].into_iter().collect(), 33).unwrap();
        let now = pair.decoder.frame().crop(last);
        updates_of_last += u32::from(now != before);
        before = now;
    }
    assert!(updates_of_last >= 5, "{updates_of_last}");
    pair.frame.fill(corner, 0x00AB_CDEF);
    pair.step(&Region::from_rect(corner), 33).unwrap();
    assert!(pair.decoder.frame().crop(corner) == pair.frame.crop(corner), "a letter waits for the page");
    pair.settle();
}

#[test]
fn what_changes_where_nobody_looks_is_owed_and_sent_when_somebody_does() {
    let mut pair = Pair::new(800, 300, FAST);
    let (left, right) = (Rect::new(0, 0, 400, 300), Rect::new(400, 0, 400, 300));
    let mut rng = Rng(9);
    text(&mut pair.frame, Rect::new(0, 0, 800, 300), 1, 0);
    pair.step_all(1).unwrap();
    pair.encoder.look(Some(Region::from_rect(left)));
    pair.looks_in_part = true;
    for step in 0..10 {
        text(&mut pair.frame, right, 2 + step, 0);
        assert!(pair.step(&Region::from_rect(right), 33).is_none(), "step {step}");
        assert_eq!(pair.encoder.next_refine(), None, "step {step}");
        let letter = letter(&mut pair.frame, &mut rng);
        let sent = pair.step(&Region::from_rect(letter), 33);
        assert_eq!(sent.is_some(), letter.x < 400, "step {step}");
    }
    assert!(pair.decoder.frame().crop(left) == pair.frame.crop(left) && pair.decoder.frame().crop(right) != pair.frame.crop(right));
    pair.encoder.look(Some(Region::from_rect(right)));
    assert!(pair.encoder.next_refine().is_some_and(|at| at <= pair.now));
    pair.step(&Region::new(), 1).unwrap();
    assert!(pair.decoder.frame().crop(right) == pair.frame.crop(right));
    pair.encoder.look(None);
    pair.looks_in_part = false;
    pair.settle();
}

#[test]
fn a_long_film_begins_anew_so_that_no_moment_of_its_recording_is_far_from_a_beginning() {
    let mut pair = Pair::new(800, 600, FAST);
    pair.step_all(33);
    let (mut rng, film) = (Rng(3), Rect::new(101, 77, 333, 251));
    let (mut run, mut longest, mut films) = (0, 0, 0);
    for _ in 0..520 {
        noise(&mut pair.frame, film, &mut rng);
        pair.now += 33;
        let damage = Region::from_rect(film);
        let update = pair.encoder.encode(&PicturePatch::new(pair.frame.view(), &damage), pair.now, FAST).unwrap();
        for op in update.iter().flat_map(|update| &update.ops) {
            if let Op::Video { key, .. } = op {
                films += u32::from(*key);
                run = if *key { 1 } else { run + 1 };
                longest = longest.max(run);
            }
        }
        update.iter().for_each(|update| drop(pair.decoder.apply(update).unwrap()));
    }
    assert!(longest == 240 && films >= 3, "{longest} pictures in a row, {films} streams");
}
