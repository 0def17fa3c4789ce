//! Input on a real X server: what is permitted arrives, what is not does not, nothing sticks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_control::{Blocked, Button, Injector, InputEvent, InputFailure, Key, NamedKey};
use deskhand_session::testing::control_grant;
use support::{Desk, Witness, Xvfb};

#[test]
#[ignore = "runs as a child process of the other tests"]
fn witness_child() {
    support::witness();
}

/// A key code of the layout that Xvfb starts with (us, pc105).
const SHIFT: u8 = 50;
const CONTROL: u8 = 37;
const KEY_C: u8 = 54;

fn stage() -> (Xvfb, Desk, Witness, Injector) {
    let server = Xvfb::start();
    let desk = server.desk();
    let witness = Witness::start(&server, "other-program");
    let injector = Injector::open_on(&server.display).unwrap();
    (server, desk, witness, injector)
}

fn text(text: &str) -> InputEvent {
    InputEvent::Text(deskhand_wire::Text::new(text).unwrap())
}

fn key(key: Key, down: bool) -> InputEvent {
    InputEvent::Key { key, down }
}

fn named(named: NamedKey, down: bool) -> InputEvent {
    key(Key::Named(named), down)
}

/// One event of every kind that starts something.
fn every_event() -> Vec<InputEvent> {
    let mut events = vec![
        InputEvent::Move { x: 220, y: 230 },
        InputEvent::Button { button: Button::Left, down: true, x: 240, y: 250 },
        InputEvent::Wheel { x: 1, y: -1 },
        key(Key::Char('x'), true),
        key(Key::Char('€'), true),
        text("Ab ñ"),
    ];
    events.extend(NamedKey::ALL.iter().map(|key| named(*key, true)));
    events
}

#[test]
fn the_pointer_its_buttons_and_the_wheel_arrive() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    injector.inject(&grant, &InputEvent::Move { x: 200, y: 210 }, 0).unwrap();
    assert_eq!(witness.all(&desk), ["move 200,210"]);
    let buttons = [(Button::Left, 1), (Button::Middle, 2), (Button::Right, 3), (Button::Back, 8), (Button::Forward, 9)];
    for (button, number) in buttons {
        injector.inject(&grant, &InputEvent::Button { button, down: true, x: 200, y: 210 }, 0).unwrap();
        assert!(injector.held());
        injector.inject(&grant, &InputEvent::Button { button, down: false, x: 200, y: 210 }, 0).unwrap();
        assert!(!injector.held());
        let got: Vec<String> = witness.all(&desk).into_iter().filter(|line| line != "move 200,210").collect();
        assert_eq!(got, [format!("button {number} down 200,210"), format!("button {number} up")]);
    }
    for (x, y, number, times) in [(0, 2, 5, 2), (0, -1, 4, 1), (3, 0, 7, 3), (-1, 0, 6, 1)] {
        injector.inject(&grant, &InputEvent::Wheel { x, y }, 0).unwrap();
        let turned = witness.all(&desk);
        assert_eq!(turned.iter().filter(|line| line.starts_with(&format!("button {number} down"))).count(), times, "{turned:?}");
        assert_eq!(turned.len(), 2 * times);
    }
}

#[test]
fn a_pointer_beyond_the_screen_stays_on_it() {
    let (_server, desk, _witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    for (x, y, at) in [(u32::MAX, 5, (799, 5)), (5, 70_000, (5, 599)), (0, 0, (0, 0))] {
        injector.inject(&grant, &InputEvent::Move { x, y }, 0).unwrap();
        assert_eq!(desk.pointer(), at);
    }
}

#[test]
fn chords_press_the_physical_key_with_its_modifiers() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    for event in [
        named(NamedKey::Control, true),
        key(Key::Char('c'), true),
        key(Key::Char('c'), false),
        named(NamedKey::Shift, true),
        key(Key::Char('C'), true),
        key(Key::Char('C'), false),
        named(NamedKey::Shift, false),
        named(NamedKey::Control, false),
    ] {
        injector.inject(&grant, &event, 0).unwrap();
    }
    let expected = [
        format!("key {CONTROL} down 0x0"),
        format!("key {KEY_C} down 0x4"),
        format!("key {KEY_C} up"),
        format!("key {SHIFT} down 0x4"),
        format!("key {KEY_C} down 0x5"),
        format!("key {KEY_C} up"),
        format!("key {SHIFT} up"),
        format!("key {CONTROL} up"),
    ];
    assert_eq!(witness.all(&desk), expected);
}

#[test]
fn every_named_key_is_on_this_keyboard() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    for named_key in NamedKey::ALL {
        injector.inject(&grant, &named(*named_key, true), 0).unwrap();
        injector.inject(&grant, &named(*named_key, false), 0).unwrap();
        let got = witness.all(&desk);
        assert_eq!(got.len(), 2, "{named_key:?}: {got:?}");
    }
    assert!(desk.keys_down().is_empty());
}

#[test]
fn without_permission_no_event_of_any_kind_arrives() {
    let (_server, desk, mut witness, mut injector) = stage();
    let before = (desk.pointer(), desk.keymap());
    let (revoked, switch) = control_grant(1, None);
    switch.revoke();
    let (expired, _switch) = control_grant(1, Some(1000));
    let (asked, switch) = control_grant(1, None);
    switch.question(true);
    for (grant, now, reason) in [(revoked, 0, Blocked::Revoked), (expired, 1000, Blocked::Expired), (asked, 0, Blocked::QuestionOpen)] {
        for event in every_event() {
            assert_eq!(injector.inject(&grant, &event, now), Err(reason.clone()), "{event:?}");
        }
        assert_eq!(witness.all(&desk), [] as [&str; 0], "{reason:?}");
        assert!(!injector.held());
    }
    assert_eq!((desk.pointer(), desk.keymap()), before);
}

#[test]
fn stop_in_the_middle_of_a_word_stops_at_the_next_character_and_lets_go_of_shift() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, switch) = control_grant(1, None);
    injector.inject(&grant, &named(NamedKey::Shift, true), 0).unwrap();
    injector.inject(&grant, &InputEvent::Button { button: Button::Left, down: true, x: 300, y: 300 }, 0).unwrap();
    assert_ne!(desk.state(), 0);
    witness.all(&desk);
    let typist = std::thread::spawn(move || {
        let done = injector.inject(&grant, &text(&"STOPME".repeat(80)), 0);
        (done, injector)
    });
    let mut pressed = 0;
    while pressed < 5 {
        pressed += usize::from(witness.next().contains("down"));
    }
    switch.revoke();
    let (done, injector) = typist.join().unwrap();
    assert_eq!(done, Err(Blocked::Revoked));
    let rest = witness.all(&desk);
    let typed = pressed + rest.iter().filter(|line| line.starts_with("key") && line.contains("down")).count();
    assert!(typed < 480, "{typed} characters");
    assert!(!injector.held());
    assert_eq!((desk.keys_down(), desk.state()), (vec![], 0), "{rest:?}");
}

#[test]
fn a_shift_that_a_capital_letter_needs_is_let_go_by_a_stop_too() {
    let (_server, desk, witness, mut injector) = stage();
    let (grant, switch) = control_grant(1, None);
    let typist = std::thread::spawn(move || {
        let done = injector.inject(&grant, &text(&"ABCD".repeat(120)), 0);
        (done, injector)
    });
    let shifted = format!("key {SHIFT} down");
    let mut seen = 0;
    while seen < 3 {
        seen += usize::from(witness.next().starts_with(&shifted));
    }
    switch.revoke();
    let (done, _injector) = typist.join().unwrap();
    assert_eq!(done, Err(Blocked::Revoked));
    assert!(desk.keys_down().is_empty());
}

#[test]
fn an_open_question_lets_go_of_everything_and_the_grant_works_again_after_it() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, switch) = control_grant(1, None);
    injector.inject(&grant, &named(NamedKey::Alt, true), 0).unwrap();
    switch.question(true);
    assert_eq!(injector.inject(&grant, &key(Key::Char('y'), true), 0), Err(Blocked::QuestionOpen));
    assert!(desk.keys_down().is_empty());
    switch.question(false);
    witness.all(&desk);
    injector.inject(&grant, &text("y"), 0).unwrap();
    assert_eq!(witness.all(&desk).len(), 2);
}

#[test]
fn time_that_runs_out_during_a_text_ends_it() {
    let (_server, desk, mut witness, mut injector) = stage();
    // Two milliseconds are left: fewer than five hundred characters take.
    let (grant, _switch) = control_grant(1, Some(1002));
    assert_eq!(injector.inject(&grant, &text(&"a".repeat(500)), 1000), Err(Blocked::Expired));
    assert!(witness.all(&desk).len() < 1000);
    assert!(desk.keys_down().is_empty());
}

#[test]
fn release_all_and_a_dropped_injector_leave_nothing_down() {
    let (server, desk, _witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    let hold = |injector: &mut Injector| {
        injector.inject(&grant, &InputEvent::Button { button: Button::Right, down: true, x: 200, y: 200 }, 0).unwrap();
        for held in [named(NamedKey::Control, true), named(NamedKey::Meta, true), key(Key::Char('q'), true), key(Key::Char('你'), true)] {
            injector.inject(&grant, &held, 0).unwrap();
        }
        assert_eq!(desk.keys_down().len(), 4);
        assert_ne!(desk.state(), 0);
    };
    hold(&mut injector);
    injector.inject(&grant, &InputEvent::ReleaseAll, 0).unwrap();
    assert_eq!((desk.keys_down(), desk.state()), (vec![], 0));
    hold(&mut injector);
    injector.release_all();
    assert_eq!((desk.keys_down(), desk.state()), (vec![], 0));
    hold(&mut injector);
    drop(injector);
    assert_eq!((desk.keys_down(), desk.state()), (vec![], 0));
    drop(server);
}

#[test]
fn a_repeated_press_and_a_release_of_nothing_do_nothing() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    injector.inject(&grant, &named(NamedKey::F5, false), 0).unwrap();
    injector.inject(&grant, &InputEvent::Button { button: Button::Left, down: false, x: 0, y: 0 }, 0).unwrap();
    assert_eq!(witness.all(&desk), [] as [&str; 0]);
    injector.inject(&grant, &named(NamedKey::Shift, true), 0).unwrap();
    injector.inject(&grant, &named(NamedKey::Shift, true), 0).unwrap();
    injector.inject(&grant, &named(NamedKey::Shift, false), 0).unwrap();
    assert_eq!(witness.all(&desk), [format!("key {SHIFT} down 0x0"), format!("key {SHIFT} up")]);
}

#[test]
fn a_text_with_a_control_character_is_not_typed_at_all() {
    let (_server, desk, mut witness, mut injector) = stage();
    let (grant, _switch) = control_grant(1, None);
    let blocked = injector.inject(&grant, &text("ls\u{1b}[A"), 0).unwrap_err();
    assert_eq!(blocked, Blocked::Failed(InputFailure::Untypable('\u{1b}')));
    assert_eq!(witness.all(&desk), [] as [&str; 0]);
}

#[test]
fn the_keyboard_is_given_back_as_it_was() {
    let (_server, desk, _witness, mut injector) = stage();
    let before = desk.keymap();
    let (grant, _switch) = control_grant(1, None);
    injector.inject(&grant, &text("你好 żółć"), 0).unwrap();
    assert_ne!(desk.keymap(), before);
    drop(injector);
    assert_eq!(desk.keymap(), before);
}
