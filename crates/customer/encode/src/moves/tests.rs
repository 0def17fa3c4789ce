//! Moves of every kind between two pictures: found with their edges, or not at all.

use super::*;
use deskhand_screen::{Framebuffer, Moved, PicturePatch};

/// Rows of short marks, different on every line, like text; `offset` scrolls it.
fn page(frame: &mut Framebuffer, pane: Rect, offset: u32) {
    for y in pane.y..pane.bottom() {
        let line = y - pane.y + offset;
        for x in pane.x..pane.right() {
            let mark = (line / 12 * 31 + (x - pane.x) / 7 * 17) * (line % 12 + 1) % 23;
            let ink = line % 12 < 9 && mark < 7;
            frame.row_mut(y)[x as usize] = if ink { 0xFF00_0000 | (line * 3) } else { 0xFFFF_FFFF };
        }
    }
}

/// A picture without an equal place anywhere, seen from (`x`, `y`).
fn map(frame: &mut Framebuffer, pane: Rect, x: u32, y: u32) {
    for row in pane.y..pane.bottom() {
        for column in pane.x..pane.right() {
            let (a, b) = ((column + x) / 3, (row + y) / 2);
            let value = a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA77);
            frame.row_mut(row)[column as usize] = 0xFF00_0000 | (value ^ value >> 13).wrapping_mul(0x2545_F491) >> 8;
        }
    }
}

fn blank() -> Framebuffer {
    let mut frame = Framebuffer::new(Size::new(600, 400).unwrap());
    frame.fill(frame.size().rect(), 0x0011_2233);
    frame
}

fn scrolled(pane: Rect, by: u32, around: u32) -> (Framebuffer, Framebuffer) {
    let (mut old, mut new) = (blank(), blank());
    page(&mut old, pane, 0);
    page(&mut new, pane, by);
    new.fill(Rect::new(0, 0, around, 5), 0);
    (old, new)
}

fn changed(old: &Framebuffer, new: &Framebuffer) -> Region {
    let all = Region::from_rect(old.size().rect());
    crate::truth::Truth::default().changed(old.view(), &PicturePatch::new(new.view(), &all), &all)
}

fn find(old: &Framebuffer, new: &Framebuffer) -> Option<Move> {
    let damage = changed(old, new);
    Moves::default().search(old.view(), &PicturePatch::new(new.view(), &damage), &damage, 1_000)
}

/// Applies the move and checks that everything inside is right afterwards; returns the area of the gaps.
fn gaps(old: &Framebuffer, new: &Framebuffer, found: Move) -> u64 {
    let damage = changed(old, new);
    let patch = PicturePatch::new(new.view(), &damage);
    let (mut picture, mut viewer) = (old.clone(), old.clone());
    let gaps = shift(&mut picture, &patch, found.from, found.to, &mut Buffers::default());
    assert!(picture.crop(found.to) == new.crop(found.to), "the picture is up to date");
    viewer.copy_within(found.from, found.to);
    gaps.rects().iter().for_each(|rect| viewer.copy_from(new, *rect));
    assert!(viewer.crop(found.to) == new.crop(found.to), "a copy and the gaps make the same picture");
    gaps.area()
}

#[test]
fn a_scrolled_pane_is_found_with_its_exact_edges_in_both_directions() {
    let pane = Rect::new(70, 40, 401, 300);
    for by in [1, 13, 60, 150] {
        let (up, down) = scrolled(pane, by, 0);
        let found = find(&up, &down).unwrap();
        assert_eq!((found.from, found.to), (Point { x: 70, y: 40 + by }, Rect::new(70, 40, 401, 300 - by)), "by {by}");
        assert_eq!(gaps(&up, &down, found), 0);
        let found = find(&down, &up).unwrap();
        // White rows at the end are the same before and after.
        assert_eq!(
            (found.from, found.to.origin(), found.to.width),
            (Point { x: 70, y: 40 }, Point { x: 70, y: 40 + by }, 401),
            "back by {by}"
        );
        assert!((290 - by..=300 - by).contains(&found.to.height), "back by {by}: {found:?}");
        assert_eq!(gaps(&down, &up, found), 0);
    }
}

#[test]
fn a_scroll_beside_other_changes_is_found() {
    let (old, new) = scrolled(Rect::new(70, 40, 401, 300), 60, 600);
    let found = find(&old, &new).unwrap();
    assert_eq!(found.to.height, 240);
    assert_eq!(gaps(&old, &new, found), 0);
}

#[test]
fn a_fixed_bar_across_a_scrolled_page_leaves_a_small_gap() {
    let (mut old, mut new) = scrolled(Rect::new(0, 0, 600, 400), 60, 0);
    for frame in [&mut old, &mut new] {
        frame.fill(Rect::new(0, 100, 600, 20), 0x0044_5566);
    }
    let found = find(&old, &new).unwrap();
    let gaps = gaps(&old, &new, found);
    assert!(found.to.area() > 100_000 && gaps > 0 && gaps <= 2 * 600 * 20, "{found:?}, {gaps}");
}

#[test]
fn a_sideways_scroll_is_found_in_both_directions() {
    let pane = Rect::new(50, 60, 500, 200);
    let (mut old, mut new) = (blank(), blank());
    map(&mut old, pane, 0, 0);
    map(&mut new, pane, 48, 0);
    let found = find(&old, &new).unwrap();
    assert_eq!((found.from, found.to), (Point { x: 98, y: 60 }, Rect::new(50, 60, 452, 200)));
    assert_eq!(gaps(&old, &new, found), 0);
    let found = find(&new, &old).unwrap();
    assert_eq!((found.from, found.to), (Point { x: 50, y: 60 }, Rect::new(98, 60, 452, 200)));
    assert_eq!(gaps(&new, &old, found), 0);
}

#[test]
fn a_map_that_is_dragged_aslant_is_found() {
    let pane = Rect::new(20, 30, 560, 350);
    for (x, y) in [(9, 14), (40, 3), (1, 77)] {
        let (mut old, mut new) = (blank(), blank());
        map(&mut old, pane, 100, 100);
        map(&mut new, pane, 100 + x, 100 + y);
        let found = find(&old, &new).unwrap();
        assert_eq!(Distance::between(found.from, found.to.origin()), Distance { dx: x as i32, dy: y as i32 });
        assert_eq!(gaps(&old, &new, found), 0);
        assert!(found.to.area() * 10 >= u64::from(560 - x) * u64::from(350 - y) * 9, "{found:?}");
    }
}

#[test]
fn a_window_that_moved_by_hint_is_found_and_a_wrong_hint_is_not() {
    let (mut old, mut new) = (blank(), blank());
    map(&mut old, Rect::new(40, 50, 200, 150), 7, 7);
    let window = old.crop(Rect::new(40, 50, 200, 150)).unwrap();
    for y in 0..150 {
        new.row_mut(211 + y)[333..533].copy_from_slice(window.row(y));
    }
    let damage = changed(&old, &new);
    let patch = PicturePatch::new(new.view(), &damage);
    let hint = |x| Hints { moved: vec![Moved { from: Point { x, y: 50 }, to: Rect::new(333, 211, 200, 150) }], covered: Vec::new() };
    let found = Moves::default().hinted(old.view(), &patch, &hint(40), 0).unwrap();
    assert_eq!((found.from, found.to), (Point { x: 40, y: 50 }, Rect::new(333, 211, 200, 150)));
    assert_eq!(gaps(&old, &new, found), 0);
    assert_eq!(Moves::default().hinted(old.view(), &patch, &hint(41), 0), None);
}

#[test]
fn a_scroll_that_goes_on_is_found_without_a_search_and_another_distance_is_not() {
    let pane = Rect::new(0, 0, 600, 400);
    let (old, new) = scrolled(pane, 60, 0);
    let mut later = blank();
    page(&mut later, pane, 120);
    let all = Region::from_rect(pane);
    let mut moves = Moves::default();
    assert_eq!(moves.again(old.view(), &PicturePatch::new(new.view(), &all), 5), None);
    let found = moves.search(old.view(), &PicturePatch::new(new.view(), &all), &changed(&old, &new), 10).unwrap();
    let again = moves.again(new.view(), &PicturePatch::new(later.view(), &all), 40).unwrap();
    assert_eq!((again.from, again.to), (found.from, found.to));
    assert_eq!(moves.again(new.view(), &PicturePatch::new(old.view(), &all), 70), None);
}

#[test]
fn what_stands_still_or_is_new_is_no_move() {
    let (old, _) = scrolled(Rect::new(0, 0, 600, 400), 0, 0);
    let (_, new) = scrolled(Rect::new(0, 0, 600, 400), 5_000, 0);
    assert_eq!(find(&old, &new), None);
    assert_eq!(find(&blank(), &new), None);
    assert_eq!(find(&old, &old), None);
}
