//! A customer's several monitors: one is looked at, what changes behind is owed and never shown old; monitors come and go.

use harness::{Host, Painter, Person, Stage, Technician, stage::Session, until, viewer::read_png};
use serde_json::json;
use x11rb::protocol::Event;

const LEFT: [u32; 4] = [0, 0, 640, 600];
const RIGHT: [u32; 4] = [640, 0, 640, 600];
const ALL: [u32; 4] = [0, 0, 1280, 600];

/// A screen of two monitors with text on it.
fn two_monitors() -> (Stage, Painter) {
    let stage = Stage::of_size(1280, 600);
    stage.screen.plug("first", LEFT);
    stage.screen.plug("second", RIGHT);
    let painter = stage.painter();
    painter.text_page(1);
    (stage, painter)
}

fn text(painter: &Painter, [left, ..]: [u32; 4], seed: u64) {
    painter.pixels(left + 40, 50, 400, &harness::painter::text_like(400, 300, seed));
}

fn sees(stage: &Stage, session: &mut Session, part: [u32; 4]) -> bool {
    let file = stage.office.path().join("seen.png");
    session.viewer.must(json!({"do": "snapshot", "file": file.display().to_string()}));
    let (width, seen) = read_png(&file);
    width == part[2] && seen == stage.screen.part(part)
}

fn looks_at(stage: &Stage, session: &mut Session, monitor: usize, part: [u32; 4]) {
    session.viewer.must(json!({"do": "look", "monitor": monitor}));
    assert!(sees(stage, session, part), "what is shown is up to date from the first moment");
}

#[test]
fn what_changes_behind_is_not_sent_and_is_there_at_once_when_it_is_looked_at() {
    let (stage, painter) = two_monitors();
    let mut session = stage.session("view");
    session.viewer.wait("still");
    looks_at(&stage, &mut session, 1, LEFT);

    let before = session.viewer.must(json!({"do": "stats"}))["bytes"].as_u64().unwrap();
    for seed in 0..10 {
        text(&painter, RIGHT, 100 + seed);
    }
    painter.pixels(100, 100, 16, &[0x12_3456; 320]);
    until("a later change here is seen", || sees(&stage, &mut session, LEFT).then_some(()));
    let after = session.viewer.must(json!({"do": "stats"}))["bytes"].as_u64().unwrap();
    assert!(after - before < 8_000, "{} bytes for 20 rows of one colour", after - before);

    looks_at(&stage, &mut session, 2, RIGHT);
    text(&painter, LEFT, 200);
    text(&painter, RIGHT, 201);
    until("a change there is seen", || sees(&stage, &mut session, RIGHT).then_some(()));
    looks_at(&stage, &mut session, 1, LEFT);
    text(&painter, RIGHT, 202);
    painter.pixels(100, 100, 16, &[0x65_4321; 320]);
    until("a later change here is seen", || sees(&stage, &mut session, LEFT).then_some(()));
    looks_at(&stage, &mut session, 0, ALL);
    let wrong = session.viewer.ask(json!({"do": "look", "monitor": 3}));
    assert_eq!(wrong["ok"], false);
}

#[test]
fn a_click_on_a_monitor_arrives_there_and_one_behind_is_refused() {
    let (stage, mut painter) = two_monitors();
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    session.viewer.wait("still");
    looks_at(&stage, &mut session, 2, RIGHT);
    session.viewer.must(json!({"do": "pointer", "x": 700, "y": 80, "click": "left"}));
    let press = painter.wait_for("the click arrives", |event| matches!(event, Event::ButtonPress(_)));
    let Event::ButtonPress(press) = press else { unreachable!("waited for a press") };
    assert_eq!((press.root_x, press.root_y), (700, 80));
    session.viewer.must(json!({"do": "pointer", "x": 100, "y": 80, "click": "left"}));
    assert_eq!(session.viewer.event("input-refused")["reason"], "changed");
}

#[test]
fn monitors_that_come_go_and_change_their_size_are_followed_without_a_reconnect() {
    let (stage, painter) = two_monitors();
    let mut session = stage.session("view");
    session.viewer.wait("still");
    looks_at(&stage, &mut session, 2, RIGHT);

    let narrow = [640, 0, 500, 400];
    stage.screen.plug("second", narrow);
    text(&painter, RIGHT, 300);
    until("the smaller monitor is seen", || sees(&stage, &mut session, narrow).then_some(()));

    stage.screen.unplug("second");
    text(&painter, LEFT, 301);
    until("all of the screen is seen when the monitor is gone", || sees(&stage, &mut session, ALL).then_some(()));

    stage.screen.plug("second", RIGHT);
    until("the new monitor can be chosen", || (session.viewer.ask(json!({"do": "look", "monitor": 2}))["ok"] == true).then_some(()));
    assert!(sees(&stage, &mut session, RIGHT));

    stage.screen.resize(1000, 500);
    painter.fill(700, 100, 50, 50, 0x12_3456);
    until("the monitor is cut with the screen", || sees(&stage, &mut session, [640, 0, 360, 500]).then_some(()));
}

#[test]
fn a_monitor_fills_the_technicians_window_and_a_chord_goes_to_the_next() {
    let (stage, mut painter) = two_monitors();
    let mut host: Host = stage.host();
    let technician = Technician::sits_down(&stage.office, &host.code(), (1400, 820), &["--scale", "1"]);
    host.question();
    host.answer("view control");
    host.granted();
    let seen = |what: &str, part| until(what, || technician.finds_part(&stage.screen, part));
    seen("the first picture", ALL);
    let person = Person::at(&technician.screen);
    let next = || person.chord(&[0xFFE3, 0xFFE9, 0xFFE1, u32::from(b'm')]);
    next();
    until("the left one alone", || {
        let left = technician.finds_part(&stage.screen, LEFT).is_some();
        (left && technician.finds_part(&stage.screen, [640, 0, 200, 600]).is_none()).then_some(())
    });
    text(&painter, RIGHT, 7);
    painter.pixels(100, 100, 16, &[0x12_3456; 320]);
    seen("a change on the left", LEFT);
    next();
    let (left, top) = seen("the right one with what changed there", RIGHT);
    person.click((left + 60) as i16, (top + 80) as i16);
    let press = painter.wait_for("the click arrives", |event| matches!(event, Event::ButtonPress(_)));
    let Event::ButtonPress(press) = press else { unreachable!("waited for a press") };
    assert_eq!((press.root_x, press.root_y), (700, 80));
    let (x, y) = ((left + 90) as i16, (top + 90) as i16);
    person.moves(x, y);
    until("the pointer follows", || (stage.screen.pointer() == (730, 90)).then_some(()));
    next();
    // But for the customer's pointer, which is over the right one.
    seen("all of the screen: what changed on the left", LEFT);
    seen("all of the screen: what lies beyond the pointer", [800, 0, 480, 600]);
}
