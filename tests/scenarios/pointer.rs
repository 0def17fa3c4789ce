//! The customer's pointer at the technician's: its picture, its place, whether it is seen; and what it costs when it never rests.

use harness::{Cursors, Person, Stage, Viewer, until};
use serde_json::{Value, json};

fn pointer(viewer: &mut Viewer) -> Value {
    viewer.must(json!({"do": "stats"}))["pointer"].clone()
}

fn until_pointer(viewer: &mut Viewer, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until(what, || Some(pointer(viewer)).filter(&wanted))
}

#[test]
fn a_technician_is_told_picture_place_and_visibility_of_the_pointer() {
    let stage = Stage::set();
    let _painter = stage.painter();
    let cursors = Cursors::on(&stage.screen);
    let person = Person::at(&stage.screen);
    let mut session = stage.session("y");
    session.viewer.wait("view");

    for (side, x) in [(24, 100), (64, 200), (256, 300), (16, 400)] {
        cursors.choose(cursors.square(side, 0xFF12_3456));
        person.moves(x, 50);
        until_pointer(&mut session.viewer, &format!("a picture of {side} pixels at {x}"), |told| {
            told["width"] == side && told["height"] == side && told["x"] == x && told["y"] == 50 && told["visible"] == true
        });
    }
    cursors.choose(cursors.square(16, 0));
    until_pointer(&mut session.viewer, "a pointer that is not seen", |told| told["visible"] == false);
    cursors.choose(cursors.square(48, 0xFF65_4321));
    until_pointer(&mut session.viewer, "a pointer that is seen again", |told| told["visible"] == true && told["width"] == 48);
}

#[test]
fn a_pointer_that_a_program_puts_somewhere_is_told_once_something_is_drawn() {
    let stage = Stage::set();
    let painter = stage.painter();
    let cursors = Cursors::on(&stage.screen);
    let mut session = stage.session("y");
    session.viewer.wait("still");
    for (x, y) in [(321, 123), (40, 300)] {
        cursors.put(x, y);
        let mut blink = 0;
        until("the pointer is told where it was put", || {
            blink ^= 0xFF_FFFF;
            painter.fill(500, 500, 2, 20, blink);
            let told = pointer(&mut session.viewer);
            (told["x"] == x && told["y"] == y).then_some(())
        });
    }
}

#[test]
fn an_animated_pointer_costs_its_budget_and_does_not_hold_up_the_picture() {
    let stage = Stage::set();
    let painter = stage.painter();
    let cursors = Cursors::on(&stage.screen);
    let mut session = stage.session("y");
    session.viewer.wait("still");
    let frames = [0xFFFF_0000, 0xFF00_FF00, 0xFF00_00FF].map(|colour| cursors.square(64, colour));
    let before = pointer(&mut session.viewer);
    let start = std::time::Instant::now();
    cursors.choose(cursors.animated(&frames, 10));
    let shapes = |told: &Value| told["shapes"].as_u64().expect("a number");
    let after = until_pointer(&mut session.viewer, "a good many pictures", |told| shapes(told) >= shapes(&before) + 30);
    // 64 by 64 pixels count as 12 kB: ten at once, then five a second; at a hundred a second thirty would be here in 300 ms.
    let seconds = start.elapsed().as_secs_f64();
    let most = 12.0 + 6.0 * seconds;
    assert!((shapes(&after) - shapes(&before)) as f64 <= most, "{} pictures in {seconds} s", shapes(&after) - shapes(&before));

    let file = stage.office.path().join("beside.png");
    for colour in 1..20 {
        painter.fill(100, 100, 300, 200, colour * 0x0D_0B07);
        until("the picture goes on beside the pointer", || {
            let (_, width, seen) = session.viewer.snapshot(&file);
            (seen[(150 * width + 200) as usize] == 0xFF00_0000 | (colour * 0x0D_0B07)).then_some(())
        });
    }
}
