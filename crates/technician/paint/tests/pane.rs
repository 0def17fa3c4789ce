//! The pane on a real X server: its pixels, what lies over it, the pointer through it, its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_paint::{Cursor, Pane, PaneError, Place, Shape};
use deskhand_screen::{Point, Rect, Region};
use egui::{Color32, ColorImage};
use std::sync::Arc;
use support::{CORNER, NOTHING, Scene};
use x11rb::{
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{ConfigureWindowAux, ConnectionExt as _},
        xtest::ConnectionExt as _,
    },
    wrapper::ConnectionExt as _,
};

/// A scene whose picture is seen at (10, 40).
fn shown() -> Scene {
    let scene = Scene::new((400, 300), (300, 200));
    scene.pane.place(Some(&scene.exact(10, 40))).unwrap();
    scene.settles("the picture is shown", |shot| scene.shows(shot, Rect::new(0, 0, 300, 200), 10, 40));
    scene
}

#[test]
fn an_update_is_on_the_screen_when_it_was_painted() {
    let mut scene = shown();
    for (seed, rect) in [(5, Rect::new(0, 0, 16, 20)), (6, Rect::new(250, 150, 50, 50)), (7, Rect::new(0, 0, 300, 200))] {
        scene.update(rect, seed);
        let shot = scene.shot();
        assert!(scene.shows(&shot, Rect::new(0, 0, 300, 200), 10, 40), "after {rect:?}");
        assert!(shot.is_all(Rect::new(0, 0, 400, 40), NOTHING), "nothing beside the picture was touched");
    }
}

#[test]
fn what_another_window_hid_is_painted_again_while_nothing_is_decoded() {
    let mut scene = shown();
    let other = Scene::window(&scene.connection, scene.root, Rect::new(CORNER.0 + 50, CORNER.1 + 60, 100, 80), 0xFF_0000);
    scene.update(Rect::new(30, 10, 120, 120), 9);
    assert!(scene.shot().is_all(Rect::new(50, 60, 100, 80), 0xFF_0000));
    scene.connection.destroy_window(other).unwrap();
    scene.settles("what was hidden is there", |shot| scene.shows(shot, Rect::new(0, 0, 300, 200), 10, 40));
}

#[test]
fn a_window_that_was_minimised_or_half_off_the_screen_is_whole_when_it_is_back() {
    let mut scene = shown();
    let all = Rect::new(0, 0, 300, 200);
    scene.connection.unmap_window(scene.parent).unwrap();
    scene.update(Rect::new(30, 10, 120, 120), 9);
    scene.connection.map_window(scene.parent).unwrap();
    scene.settles("the window is back", |shot| scene.shows(shot, all, 10, 40));
    let moved = |x: i32| ConfigureWindowAux::new().x(x);
    scene.connection.configure_window(scene.parent, &moved(-150)).unwrap();
    scene.update(all, 10);
    scene.connection.configure_window(scene.parent, &moved(CORNER.0 as i32)).unwrap();
    scene.settles("all of the window is back", |shot| scene.shows(shot, all, 10, 40));
}

#[test]
fn what_the_toolkit_draws_over_the_picture_is_left_free_and_filled_again() {
    let mut scene = shown();
    let mut place = scene.exact(10, 40);
    place.visible.subtract(Rect::new(100, 0, 80, 120));
    scene.pane.place(Some(&place)).unwrap();
    scene.update(Rect::new(0, 0, 300, 200), 4);
    let shot = scene.settles("the menu's place is the parent's", |shot| shot.is_all(Rect::new(100, 40, 80, 80), NOTHING));
    assert!(scene.shows(&shot, Rect::new(0, 0, 90, 200), 10, 40) && scene.shows(&shot, Rect::new(170, 0, 130, 200), 10, 40));
    scene.pane.place(Some(&scene.exact(10, 40))).unwrap();
    scene.settles("the picture is whole again", |shot| scene.shows(shot, Rect::new(0, 0, 300, 200), 10, 40));
}

#[test]
fn a_picture_larger_than_the_window_is_scrolled() {
    let mut scene = Scene::new((400, 300), (1000, 900));
    let visible = Region::from_rect(Rect::new(0, 50, 380, 230));
    for (x, y) in [(0, 50), (-200, 50), (-620, -620), (-37, -101)] {
        scene.pane.place(Some(&Place { visible: visible.clone(), ..scene.exact(x, y) })).unwrap();
        let part = Rect::new((-x) as u32, (50 - y) as u32, 380, 230);
        let shot = scene.settles("the part is shown", |shot| scene.shows(shot, part, x, y));
        assert!(shot.is_all(Rect::new(0, 0, 400, 50), NOTHING) && shot.is_all(Rect::new(380, 50, 20, 250), NOTHING));
        scene.update(Rect::new(part.x + 5, part.y + 5, 60, 60), 3);
        assert!(scene.shows(&scene.shot(), part, x, y));
    }
}

#[test]
fn a_hidden_picture_leaves_the_window_alone_and_comes_back_up_to_date() {
    let mut scene = shown();
    scene.pane.place(None).unwrap();
    scene.settles("the window is the parent's", |shot| shot.is_all(Rect::new(0, 0, 400, 300), NOTHING));
    scene.update(Rect::new(20, 20, 100, 100), 8);
    assert!(scene.shot().is_all(Rect::new(0, 0, 400, 300), NOTHING));
    scene.pane.place(Some(&scene.exact(10, 40))).unwrap();
    scene.settles("the picture is back", |shot| scene.shows(shot, Rect::new(0, 0, 300, 200), 10, 40));
}

#[test]
fn a_screen_of_another_size_from_another_decoder_is_shown_when_it_has_its_place() {
    let mut scene = shown();
    scene.replace((120, 260));
    scene.pane.paint(scene.frame.size(), &Region::from_rect(scene.frame.size().rect())).unwrap();
    scene.pane.place(Some(&scene.exact(10, 40))).unwrap();
    scene.settles("the new picture is shown", |shot| {
        scene.shows(shot, Rect::new(0, 0, 120, 260), 10, 40) && shot.is_all(Rect::new(130, 40, 200, 260), NOTHING)
    });
    // The place stays, the picture is another.
    scene.replace((120, 260));
    scene.update(Rect::new(0, 0, 120, 260), 12);
    assert!(scene.shows(&scene.shot(), Rect::new(0, 0, 120, 260), 10, 40));
}

#[test]
fn a_screen_shown_twice_as_large_keeps_its_pixels_as_squares() {
    let mut scene = Scene::new((640, 440), (300, 200));
    let place = Place { width: 600, height: 400, ..scene.exact(4, 6) };
    scene.pane.place(Some(&place)).unwrap();
    let doubled = |scene: &Scene, shot: &support::Shot| {
        let frame = scene.frame.view();
        (0..400).all(|y| (0..600).all(|x| shot.pixel(x + 4, y + 6) == frame.row(y / 2)[x as usize / 2] & 0xFF_FFFF))
    };
    scene.settles("all of it is shown", |shot| doubled(&scene, shot));
    scene.update(Rect::new(33, 44, 55, 66), 21);
    assert!(doubled(&scene, &scene.shot()));
}

#[test]
fn a_smaller_screen_is_the_same_whether_it_was_painted_at_once_or_in_parts() {
    let mut scene = Scene::new((640, 440), (800, 500));
    let place = Place { width: 533, height: 333, ..scene.exact(4, 6) };
    scene.pane.place(Some(&place)).unwrap();
    scene.settles("something is shown", |shot| !shot.is_all(Rect::new(300, 200, 50, 50), NOTHING));
    for (seed, rect) in [(31, Rect::new(100, 100, 17, 23)), (32, Rect::new(0, 0, 3, 3)), (33, Rect::new(701, 399, 99, 101))] {
        scene.update(rect, seed);
    }
    let parts = scene.shot();
    scene.pane.paint(scene.frame.size(), &Region::from_rect(scene.frame.size().rect())).unwrap();
    let whole = scene.shot();
    assert!((0..333).all(|y| (0..533).all(|x| parts.pixel(x + 4, y + 6) == whole.pixel(x + 4, y + 6))));
    assert!(whole.is_all(Rect::new(0, 340, 600, 60), NOTHING) && whole.is_all(Rect::new(538, 0, 60, 340), NOTHING));
}

#[test]
fn the_customers_pointer_lies_over_the_picture_and_leaves_no_trace() {
    let mut scene = shown();
    let image = ColorImage::new([8, 8], vec![Color32::from_rgb(1, 2, 3); 64]);
    let shape = Some(Arc::new(Shape { image, hot_x: 4, hot_y: 4 }));
    for (x, y) in [(50, 60), (55, 60), (0, 0), (299, 199), (120, 120)] {
        scene.pane.point(Some(&Cursor { x, y, shape: shape.clone() }));
        let at = |shot: &support::Shot| shot.pixel(x + 10, y + 40) == 0x01_0203;
        scene.settles("the pointer is drawn", at);
        // New pixels under it do not hide it.
        scene.update(Rect::new(x.saturating_sub(20), y.saturating_sub(20), 40, 40), x + 1);
        assert!(at(&scene.shot()), "at {x}, {y}");
    }
    scene.pane.point(None);
    scene.settles("nothing is left of it", |shot| scene.shows(shot, Rect::new(0, 0, 300, 200), 10, 40));
}

#[test]
fn pointer_and_buttons_are_the_parents_as_if_the_picture_were_not_there() {
    let scene = shown();
    let test = |kind: u8, detail: u8, x: u32, y: u32| {
        let (x, y) = ((CORNER.0 + x) as i16, (CORNER.1 + y) as i16);
        scene.connection.xtest_fake_input(kind, detail, 0, scene.root, x, y, 0).unwrap();
        scene.connection.sync().unwrap();
    };
    let (press, release, motion) = (4, 5, 6);
    // Into the window beside the picture, then over it, with every button, and out of it again.
    test(motion, 0, 5, 5);
    scene.heard();
    test(motion, 0, 150, 150);
    for button in [1, 2, 3, 4, 5] {
        test(press, button, 0, 0);
        test(release, button, 0, 0);
    }
    test(motion, 0, 200, 180);
    test(motion, 0, 6, 6);
    let heard = scene.heard();
    let left: Vec<_> = heard.iter().filter(|event| matches!(event, Event::EnterNotify(_) | Event::LeaveNotify(_))).collect();
    assert!(left.is_empty(), "the pointer left the parent: {left:?}");
    let places: Vec<_> = heard
        .iter()
        .filter_map(|event| match event {
            Event::MotionNotify(event) => Some((event.event, event.child, event.event_x, event.event_y)),
            _ => None,
        })
        .collect();
    let (parent, none) = (scene.parent, x11rb::NONE);
    assert_eq!(places, [(parent, none, 150, 150), (parent, none, 200, 180), (parent, none, 6, 6)]);
    let pressed: Vec<_> =
        heard.iter().filter_map(|event| if let Event::ButtonPress(event) = event { Some(event.detail) } else { None }).collect();
    assert_eq!(pressed, [1, 2, 3, 4, 5]);
}

#[test]
fn when_the_window_is_gone_the_pane_says_so() {
    let scene = shown();
    scene.connection.destroy_window(scene.parent).unwrap();
    scene.connection.flush().unwrap();
    assert!(matches!(scene.goes(), PaneError::Lost(_)));
}

#[test]
fn a_4k_screen_is_exact() {
    let mut scene = Scene::new((3840, 2160), (3840, 2160));
    scene.pane.place(Some(&scene.exact(0, 0))).unwrap();
    let all = scene.frame.size().rect();
    scene.settles("all of it is shown", |shot| scene.shows(shot, all, 0, 0));
    scene.update(Rect::new(3700, 2100, 140, 60), 55);
    assert!(scene.shows(&scene.shot(), all, 0, 0));
    assert!(all.contains(Point { x: 3839, y: 2159 }));
}
