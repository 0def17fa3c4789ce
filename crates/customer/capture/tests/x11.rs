//! The X11 backend on a real X server: exact pixels, no lost damage, no request when the gate is closed, nothing to do on
//! a still screen.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_capture::{CaptureError, Gate, Source, Wake, x11::X11Source};
use deskhand_screen::{Framebuffer, Moved, Point, Rect, Size};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use support::{Dice, Painter, Xvfb, grab};
use x11rb::{protocol::xproto::ConnectionExt as _, wrapper::ConnectionExt as _};

const SIZE: Size = Size { width: 640, height: 480 };

fn open_gate() -> Gate {
    Arc::new(|| true)
}

fn empty() -> Framebuffer {
    Framebuffer::new(Size { width: 1, height: 1 })
}

fn soon() -> Option<Instant> {
    Some(Instant::now() + Duration::from_secs(10))
}

/// Waits until `wanted` comes, within ten seconds.
fn wait_for(source: &mut dyn Source, wanted: Wake) {
    let deadline = soon();
    loop {
        match source.wait(deadline).unwrap() {
            wake if wake == wanted => return,
            Wake::Deadline => panic!("{wanted:?} did not come"),
            _ => {}
        }
    }
}

/// Grabs until nothing more is told. A deadline that has passed lets what has arrived be told first.
fn settle(source: &mut dyn Source, frame: &mut Framebuffer) {
    while source.wait(Some(Instant::now() + Duration::from_millis(50))).unwrap() != Wake::Deadline {
        grab(source, frame).unwrap();
    }
}

#[test]
fn the_first_grab_brings_the_whole_screen_exactly() {
    for more in [&[][..], &["-extension", "MIT-SHM"][..]] {
        let server = Xvfb::start("640x480x24", more);
        let painter = Painter::new(&server.display);
        let window = painter.window(Rect::new(17, 23, 301, 199), 0x12_3456);
        painter.fill(window, Rect::new(5, 6, 70, 80), 0xFE_DCBA);
        let mut source = X11Source::open(&server.display, open_gate()).unwrap();
        assert_eq!(source.is_shared(), more.is_empty());
        assert_eq!(source.size(), SIZE);
        assert_eq!(source.displays(), [SIZE.rect()]);
        let mut frame = empty();
        let damage = grab(&mut source, &mut frame).unwrap();
        assert_eq!(damage.rects(), [SIZE.rect()]);
        assert!(frame == painter.screen());
        assert_eq!(frame.row(30)[30], 0xFFFE_DCBA);
    }
}

#[test]
fn only_what_was_drawn_is_copied() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let window = painter.window(Rect::new(0, 0, 640, 480), 0);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    painter.fill(window, Rect::new(100, 50, 16, 20), 0xFF_FFFF);
    painter.fill(window, Rect::new(600, 400, 16, 20), 0x00_FF00);
    wait_for(&mut source, Wake::Damage);
    let damage = grab(&mut source, &mut frame).unwrap();
    assert!(damage.contains(Point { x: 100, y: 50 }) && damage.contains(Point { x: 615, y: 419 }), "{damage:?}");
    assert!(damage.area() <= 4 * 2 * 16 * 20, "{damage:?}");
    assert!(frame == painter.screen());
}

#[test]
fn damage_is_told_once_until_a_grab_took_it() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let window = painter.window(Rect::new(0, 0, 640, 480), 0);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    painter.fill(window, Rect::new(1, 1, 5, 5), 1);
    wait_for(&mut source, Wake::Damage);
    painter.fill(window, Rect::new(200, 1, 5, 5), 2);
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(30))).unwrap(), Wake::Deadline);
    let damage = grab(&mut source, &mut frame).unwrap();
    assert!(damage.contains(Point { x: 202, y: 2 }));
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(30))).unwrap(), Wake::Deadline, "nothing is left to tell");
}

#[test]
fn no_damage_is_lost_while_another_client_draws_without_pause() {
    for more in [&[][..], &["-extension", "MIT-SHM"][..]] {
        let server = Xvfb::start("640x480x24", more);
        let display = server.display.clone();
        let mut source = X11Source::open(&display, open_gate()).unwrap();
        let mut frame = empty();
        let (done, finished) = mpsc::channel();
        let artist = std::thread::spawn(move || {
            let painter = Painter::new(&display);
            let windows = [painter.window(Rect::new(0, 0, 640, 480), 0), painter.window(Rect::new(200, 100, 300, 300), 7)];
            let mut dice = Dice(11);
            for colour in 0..1500 {
                let rect = dice.rect(Size { width: 250, height: 200 });
                painter.fill(windows[colour % 2], rect, colour as u32 * 977);
            }
            done.send(()).unwrap();
            painter
        });
        let mut grabs = 0;
        while finished.try_recv().is_err() {
            if source.wait(Some(Instant::now() + Duration::from_millis(5))).unwrap() == Wake::Damage {
                grab(&mut source, &mut frame).unwrap();
                grabs += 1;
            }
        }
        let painter = artist.join().unwrap();
        settle(&mut source, &mut frame);
        assert!(grabs > 3, "{grabs} grabs ran beside the drawing");
        assert!(frame == painter.screen());
    }
}

#[test]
fn windows_that_move_show_and_hide_are_followed() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    let back = painter.window(Rect::new(10, 10, 400, 300), 0x33_6699);
    painter.fill(back, Rect::new(0, 0, 50, 300), 0x99_0000);
    let front = painter.window(Rect::new(100, 100, 200, 100), 0x66_CC00);
    for x in [120, 160, 300] {
        let place = x11rb::protocol::xproto::ConfigureWindowAux::new().x(x).y(x / 2);
        painter.connection.configure_window(front, &place).unwrap();
        painter.connection.sync().unwrap();
        settle(&mut source, &mut frame);
        assert!(frame == painter.screen());
    }
    painter.connection.unmap_window(back).unwrap();
    painter.connection.sync().unwrap();
    settle(&mut source, &mut frame);
    assert!(frame == painter.screen());
}

#[test]
fn a_screen_that_changes_its_size_is_told_and_copied_anew() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    for (width, height) in [(500, 300), (640, 480), (320, 200)] {
        painter.resize(width, height);
        let size = Size { width: width.into(), height: height.into() };
        wait_for(&mut source, Wake::Resized(size));
        assert_eq!(source.size(), size);
        let damage = grab(&mut source, &mut frame).unwrap();
        assert_eq!(damage.rects(), [size.rect()]);
        assert!(frame == painter.screen());
        assert!(source.displays().iter().all(|display| size.rect().contains_rect(*display)));
    }
}

#[test]
fn a_screen_that_shrinks_just_before_the_grab_is_no_error() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let window = painter.window(Rect::new(0, 0, 640, 480), 5);
    let shrink = Arc::new(AtomicBool::new(false));
    let asked = shrink.clone();
    let resizer = Painter::new(&server.display);
    // The gate is asked after the source looked at the size and before the request: the worst moment there is.
    let resizer = std::sync::Mutex::new((resizer, 0));
    let gate: Gate = Arc::new(move || {
        let mut resizer = resizer.lock().unwrap();
        if asked.load(Ordering::SeqCst) {
            resizer.1 += 1;
            if resizer.1 == 2 {
                resizer.0.resize(300, 200);
            }
        }
        true
    });
    let mut source = X11Source::open(&server.display, gate).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    painter.fill(window, Rect::new(500, 400, 100, 50), 0xAA_AAAA);
    shrink.store(true, Ordering::SeqCst);
    let damage = grab(&mut source, &mut frame).unwrap();
    assert_eq!(damage.rects(), [Rect::new(0, 0, 300, 200)]);
    assert!(frame == painter.screen());
}

#[test]
fn damage_that_is_told_while_the_geometry_is_looked_at_is_not_slept_through() {
    let server = Xvfb::start("640x480x24", &[]);
    let display = server.display.clone();
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    let (next, rounds) = mpsc::channel::<u32>();
    let drawer = std::thread::spawn(move || {
        let painter = Painter::new(&display);
        let window = painter.window(Rect::new(0, 0, 64, 64), 0);
        let mut dice = Dice(7);
        while let Ok(round) = rounds.recv() {
            // The source asks for the geometry, and somewhere in between something is drawn.
            painter.tell_of_geometry();
            (0..dice.roll(4_000)).for_each(|_| std::hint::spin_loop());
            painter.fill(window, Rect::new(0, 0, 64, 64), round);
        }
    });
    for round in 1..=2_000 {
        next.send(round).unwrap();
        while frame.row(0)[0] != 0xFF00_0000 | round {
            assert_ne!(source.wait(soon()).unwrap(), Wake::Deadline, "round {round} was slept through");
            grab(&mut source, &mut frame).unwrap();
        }
    }
    drop(next);
    drawer.join().unwrap();
}

#[test]
fn a_still_screen_wakes_nobody_until_the_waker_does() {
    let server = Xvfb::start("640x480x24", &[]);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    source.cursor();
    settle(&mut source, &mut frame);
    let before = source.wakeups();
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(400))).unwrap(), Wake::Deadline);
    assert_eq!(source.wakeups() - before, 1, "the deadline's own");
    let waker = source.waker();
    let (ready, go) = mpsc::channel();
    let sleeper = std::thread::spawn(move || {
        ready.send(()).unwrap();
        let wake = source.wait(None).unwrap();
        (wake, source)
    });
    go.recv().unwrap();
    waker.wake();
    let (wake, source) = sleeper.join().unwrap();
    assert_eq!(wake, Wake::Woken);
    assert!(source.wakeups() - before <= 2);
    drop(source);
    waker.wake();
}

#[test]
fn a_gate_that_closes_midway_leaves_its_damage_for_later() {
    // More pixels than are on their way at a time, so that one grab is several requests.
    let server = Xvfb::start("2400x1600x24", &[]);
    let painter = Painter::new(&server.display);
    let window = painter.window(Rect::new(0, 0, 2400, 1600), 0);
    let allowed = Arc::new(AtomicU32::new(u32::MAX));
    let left = allowed.clone();
    let gate: Gate = Arc::new(move || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok());
    let mut source = X11Source::open(&server.display, gate).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    painter.fill(window, Rect::new(0, 0, 2400, 1600), 0x77_8899);
    allowed.store(2, Ordering::SeqCst);
    assert!(matches!(grab(&mut source, &mut frame), Err(CaptureError::NotAllowed)));
    assert_eq!(source.cursor(), None);
    allowed.store(u32::MAX, Ordering::SeqCst);
    grab(&mut source, &mut frame).unwrap();
    assert!(frame == painter.screen());
}

#[test]
fn the_cursor_is_told_when_it_moves_and_when_its_picture_changes() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    let first = source.cursor().unwrap();
    let shape = first.shape.unwrap();
    assert_eq!(shape.pixels.len() as u64, shape.size.area());
    assert!(shape.hot_x < shape.size.width && shape.hot_y < shape.size.height);
    assert_eq!(source.cursor(), None, "nothing changed");

    use x11rb::protocol::xtest::ConnectionExt as _;
    let root = painter.root;
    painter.connection.xtest_fake_input(x11rb::protocol::xproto::MOTION_NOTIFY_EVENT, 0, 0, root, 321, 123, 0).unwrap();
    painter.connection.sync().unwrap();
    wait_for(&mut source, Wake::Cursor);
    let moved = source.cursor().unwrap();
    assert_eq!((moved.x, moved.y), (321, 123));

    let (cursor, font) = {
        use x11rb::connection::Connection as _;
        (painter.connection.generate_id().unwrap(), painter.connection.generate_id().unwrap())
    };
    painter.connection.open_font(font, b"cursor").unwrap();
    painter.connection.create_glyph_cursor(cursor, font, font, 152, 153, 0, 0, 0, 65535, 65535, 65535).unwrap();
    let look = x11rb::protocol::xproto::ChangeWindowAttributesAux::new().cursor(cursor);
    painter.connection.change_window_attributes(root, &look).unwrap();
    painter.connection.sync().unwrap();
    wait_for(&mut source, Wake::Cursor);
    let changed = source.cursor().unwrap();
    assert!(changed.visible);
    assert!(changed.shape.is_some_and(|new| new.is_visible() && new != shape));
}

#[test]
fn screens_that_cannot_be_copied_exactly_are_refused() {
    let server = Xvfb::start("640x480x16", &[]);
    let error = X11Source::open(&server.display, open_gate()).map(|_| ()).unwrap_err();
    assert!(matches!(error, CaptureError::Unsupported(_)), "{error:?}");
    assert!(error.to_string().contains("24-bit"), "{error}");
}

#[test]
fn a_server_that_dies_is_told_as_lost() {
    let mut server = Xvfb::start("640x480x24", &[]);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    let mut frame = empty();
    grab(&mut source, &mut frame).unwrap();
    server.kill();
    let deadline = soon();
    let error = loop {
        match source.wait(deadline) {
            Ok(Wake::Deadline) => panic!("nobody noticed"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, CaptureError::Lost(_)), "{error:?}");
    assert!(grab(&mut source, &mut frame).is_err());
}

#[test]
fn a_window_that_is_moved_shown_or_raised_is_hinted_with_the_grab_that_shows_it() {
    let server = Xvfb::start("640x480x24", &[]);
    let painter = Painter::new(&server.display);
    let before = painter.window(Rect::new(300, 200, 100, 80), 0x00_1122);
    let mut source = X11Source::open(&server.display, open_gate()).unwrap();
    assert!(source.grab().unwrap().hints().is_empty());
    let later = painter.window(Rect::new(500, 300, 200, 100), 0xFF_8800);
    let mut hints = |wanted: &str| {
        wait_for(&mut source, Wake::Damage);
        let patch = source.grab().unwrap();
        assert!(!patch.hints().is_empty(), "{wanted}");
        patch.hints().clone()
    };
    assert_eq!(hints("shown").covered, [Rect::new(500, 300, 140, 100)]);
    painter.move_window(before, 20, 30);
    painter.move_window(before, -40, 50);
    let moved = hints("moved").moved;
    assert_eq!(moved, [Moved { from: Point { x: 340, y: 200 }, to: Rect::new(0, 50, 60, 80) }], "two moves are one");
    painter.move_window(later, 0, 0);
    assert_eq!(hints("moved").moved, [Moved { from: Point { x: 500, y: 300 }, to: Rect::new(0, 0, 140, 100) }]);
    painter.raise_window(before);
    assert_eq!(hints("raised").covered, [Rect::new(0, 50, 60, 80)]);
}
