//! Control is what the customer gave, and nothing else: not for a program that lies, not a moment longer, not into our own windows.

use deskhand_wire::{
    control::{HostToViewer, InputRefusal, Scope, Scopes, ViewerToHost},
    input::{Button, InputEvent, InputMessage, Key, NamedKey},
    text::Text,
};
use harness::{Stage, Watch, evil_viewer::EvilViewer, until};
use serde_json::json;

fn everything() -> Vec<InputEvent> {
    let mut events = vec![
        InputEvent::Move { x: 5, y: 5 },
        InputEvent::Wheel { x: 1, y: -2 },
        InputEvent::Text(Text::clipped("rm -rf ~")),
        InputEvent::ReleaseAll,
    ];
    for down in [true, false] {
        for button in [Button::Left, Button::Middle, Button::Right, Button::Back, Button::Forward] {
            events.push(InputEvent::Button { button, down, x: 50, y: 60 });
        }
        events.extend(NamedKey::ALL.iter().map(|key| InputEvent::Key { key: Key::Named(*key), down }));
        events.push(InputEvent::Key { key: Key::Char('a'), down });
    }
    events
}

#[test]
fn without_control_no_message_of_a_lying_technician_reaches_the_x_server() {
    let stage = Stage::set();
    let watch = Watch::on(&stage.screen);
    let mut host = stage.host();
    let mut viewer = EvilViewer::pair(&stage.office, &host.code(), Scopes::of([Scope::View, Scope::Control]));
    host.question();
    // While the question is open, and with no grant at all.
    for event in everything() {
        assert!(viewer.input(&InputMessage { grant: 1, tick: 1, seen: 1, event }));
    }
    host.answer("view");
    let view = viewer.hears("a grant", |message| match message {
        HostToViewer::Granted { grant, .. } => Some(*grant),
        _ => None,
    });
    for grant in [0, view, view + 1, u32::MAX] {
        for event in everything() {
            if !viewer.input(&InputMessage { grant, tick: 1, seen: 1, event }) {
                break;
            }
        }
    }
    viewer.hears("that input is refused", |message| matches!(message, HostToViewer::InputRefused { .. }).then_some(()));
    assert_eq!(watch.input(), 0, "input reached the X server without control");
}

#[test]
fn a_click_with_an_old_tick_or_another_grant_does_nothing_and_is_said() {
    let stage = Stage::set();
    let _painter = stage.painter();
    let mut host = stage.host();
    let mut viewer = EvilViewer::pair(&stage.office, &host.code(), Scopes::of([Scope::View, Scope::Control]));
    host.question();
    host.answer("view control");
    let control = viewer.hears("control", |message| match message {
        HostToViewer::Granted { grant, scopes, .. } if scopes.has(Scope::Control) => Some(*grant),
        _ => None,
    });
    let tick = viewer.hears("a tick", |message| match message {
        HostToViewer::Tick(tick) => Some(tick.clone()),
        _ => None,
    });
    let message = |grant, tick, event| InputMessage { grant, tick, seen: u64::MAX, event };
    viewer.input(&message(control, tick.number, InputEvent::Move { x: 400, y: 300 }));
    until("a good message moves the pointer", || (stage.screen.pointer() == (400, 300)).then_some(()));

    viewer.input(&message(control + 7, tick.number, InputEvent::Move { x: 1, y: 1 }));
    let why = viewer.hears("a refusal", |message| match message {
        HostToViewer::InputRefused { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(why, InputRefusal::NoGrant);
    // Ticks come every second: four more make the first one older than the policy's three seconds.
    viewer.hears("a much newer tick", |message| match message {
        HostToViewer::Tick(later) if later.host_ms > tick.host_ms + 4_000 => Some(()),
        _ => None,
    });
    viewer.input(&message(control, tick.number, InputEvent::Move { x: 1, y: 1 }));
    let why = viewer.hears("a refusal", |message| match message {
        HostToViewer::InputRefused { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(why, InputRefusal::Stale);
    assert_eq!(stage.screen.pointer(), (400, 300));
}

#[test]
fn taking_control_back_stops_in_the_middle_of_a_word_and_lets_go_of_held_keys() {
    let stage = Stage::set();
    let painter = stage.painter();
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "pointer", "x": 500, "y": 400, "click": "press"}));
    let mut painter = painter;
    painter.wait_for("the button goes down", |event| matches!(event, x11rb::protocol::Event::ButtonPress(_)));
    session.host.stop();
    painter.wait_for("the button is let go", |event| matches!(event, x11rb::protocol::Event::ButtonRelease(_)));
    assert_eq!(session.host.ended()["reason"], "customer");
}

#[test]
fn a_viewer_that_dies_with_a_key_held_leaves_no_key_held() {
    let stage = Stage::set();
    let mut painter = stage.painter();
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "pointer", "x": 500, "y": 400, "click": "press"}));
    painter.wait_for("the button goes down", |event| matches!(event, x11rb::protocol::Event::ButtonPress(_)));
    session.viewer.program.kill();
    painter.wait_for("the button is let go", |event| matches!(event, x11rb::protocol::Event::ButtonRelease(_)));
}

#[test]
fn a_request_while_another_question_is_open_opens_no_second_one() {
    let stage = Stage::set();
    let watch = Watch::on(&stage.screen);
    let mut host = stage.host();
    let mut viewer = EvilViewer::pair(&stage.office, &host.code(), Scopes::of([Scope::View]));
    host.question();
    for _ in 0..20 {
        viewer.say(&ViewerToHost::Request { scope: Scope::Control, minutes: 1, reason: None });
    }
    viewer.hears("that the customer is busy", |message| matches!(message, HostToViewer::Denied { .. }).then_some(()));
    host.answer("y");
    let scopes = viewer.hears("a grant", |message| match message {
        HostToViewer::Granted { scopes, .. } => Some(*scopes),
        _ => None,
    });
    assert_eq!(scopes, Scopes::of([Scope::View]), "an answer is for the question that was asked");
    assert_eq!(watch.input(), 0);
}
