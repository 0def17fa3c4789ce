//! The scrap backend on a real X server. scrap knows only the display in `DISPLAY`, so the test runs itself again as a
//! child process with that variable.

#![cfg(feature = "scrap")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_capture::{CaptureError, Gate, Kind, Wake, environment::Environment};
use deskhand_screen::{Framebuffer, Point, Rect, Size};
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use support::{Painter, Xvfb, grab};

#[test]
fn scrap_brings_what_is_on_the_screen_now() {
    let server = Xvfb::start("640x480x24", &[]);
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_child_process", "--ignored", "--nocapture"])
        .env("DISPLAY", &server.display)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "runs as a child process of the other test"]
fn in_a_child_process() {
    let display = std::env::var("DISPLAY").unwrap();
    let painter = Painter::new(&display);
    let window = painter.window(Rect::new(0, 0, 640, 480), 0x10_2030);
    let open = Arc::new(AtomicBool::new(false));
    let asked = open.clone();
    let gate: Gate = Arc::new(move || asked.load(Ordering::SeqCst));
    let mut source = deskhand_capture::open_in(Kind::Scrap, gate, &Environment::x11(display.as_str())).unwrap();
    let mut frame = Framebuffer::new(Size { width: 1, height: 1 });
    assert!(matches!(grab(&mut *source, &mut frame), Err(CaptureError::NotAllowed)));

    open.store(true, Ordering::SeqCst);
    assert_eq!(grab(&mut *source, &mut frame).unwrap().rects(), [source.size().rect()]);
    assert!(frame == painter.screen());
    // Not the picture of the call before: what was drawn a moment ago is there at once.
    for colour in [0xFF_0000, 0x00_FF00] {
        painter.fill(window, Rect::new(200, 100, 30, 30), colour);
        let damage = grab(&mut *source, &mut frame).unwrap();
        assert!(damage.contains(Point { x: 210, y: 110 }) && damage.area() < 640 * 480 / 4, "{damage:?}");
        assert!(frame == painter.screen());
    }
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(150))).unwrap(), Wake::Deadline, "nothing changes");
    painter.fill(window, Rect::new(0, 0, 5, 5), 0xFF_FFFF);
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_secs(10))).unwrap(), Wake::Damage);
    grab(&mut *source, &mut frame).unwrap();
    assert!(frame == painter.screen());
}
