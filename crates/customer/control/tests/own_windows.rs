//! Nothing is ever injected into a Deskhand window: not into one of this process, not into one of another process whose
//! class says so, not into a frame around one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_control::{Blocked, Button, Injector, InputEvent, Key, NamedKey};
use deskhand_session::ControlGrant;
use deskhand_session::testing::control_grant;
use std::process::{Command, Stdio};
use support::{Running, Witness, Xvfb, until};
use x11rb::{connection::Connection as _, protocol::xproto::ConnectionExt as _};

#[test]
#[ignore = "runs as a child process of the other tests"]
fn witness_child() {
    support::witness();
}

fn pointer_events(x: u32, y: u32) -> Vec<InputEvent> {
    vec![
        InputEvent::Button { button: Button::Left, down: true, x, y },
        InputEvent::Button { button: Button::Right, down: true, x, y },
        InputEvent::Wheel { x: 0, y: 1 },
        InputEvent::Wheel { x: -1, y: 0 },
    ]
}

fn key_events() -> Vec<InputEvent> {
    vec![
        InputEvent::Key { key: Key::Named(NamedKey::Enter), down: true },
        InputEvent::Key { key: Key::Named(NamedKey::Space), down: true },
        InputEvent::Key { key: Key::Named(NamedKey::Alt), down: true },
        InputEvent::Key { key: Key::Char('y'), down: true },
        InputEvent::Text(deskhand_wire::Text::new("yes").unwrap()),
    ]
}

fn all_blocked(injector: &mut Injector, grant: &ControlGrant, events: &[InputEvent]) {
    for event in events {
        assert_eq!(injector.inject(grant, event, 0), Err(Blocked::OwnWindow), "{event:?}");
    }
    assert!(!injector.held());
}

#[test]
fn a_deskhand_window_of_another_process_is_never_touched() {
    let server = Xvfb::start();
    let desk = server.desk();
    let mut witness = Witness::start(&server, "deskhand-host");
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    all_blocked(&mut injector, &grant, &pointer_events(200, 200));
    all_blocked(&mut injector, &grant, &key_events());
    let got = witness.all(&desk);
    assert!(got.iter().all(|line| line.starts_with("move ")), "moves alone may arrive: {got:?}");
    assert_eq!(desk.pointer(), (200, 200));
}

#[test]
fn a_window_of_this_process_is_never_touched_whatever_its_class() {
    let server = Xvfb::start();
    let desk = server.desk();
    let window = desk.window(300, 300, 200, false);
    desk.focus(window);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    all_blocked(&mut injector, &grant, &pointer_events(350, 350));
    all_blocked(&mut injector, &grant, &key_events());
    desk.connection.get_input_focus().unwrap().reply().unwrap();
    while let Some(event) = desk.connection.poll_for_event().unwrap() {
        use x11rb::protocol::Event;
        assert!(!matches!(event, Event::KeyPress(_) | Event::ButtonPress(_)), "{event:?}");
    }
}

#[test]
fn pointer_and_focus_are_judged_apart() {
    let server = Xvfb::start();
    let desk = server.desk();
    let mut witness = Witness::start(&server, "other-program");
    let own = desk.window(550, 100, 100, false);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    // The other program has the focus, the pointer is over ours: keys go, clicks do not.
    all_blocked(&mut injector, &grant, &pointer_events(580, 130));
    injector.inject(&grant, &InputEvent::Text(deskhand_wire::Text::new("ok").unwrap()), 0).unwrap();
    assert_eq!(witness.all(&desk).len(), 4);
    // Ours has the focus, the pointer is over the other program: clicks go, keys do not.
    desk.focus(own);
    injector.inject(&grant, &InputEvent::Button { button: Button::Left, down: true, x: 200, y: 200 }, 0).unwrap();
    injector.inject(&grant, &InputEvent::Button { button: Button::Left, down: false, x: 200, y: 200 }, 0).unwrap();
    assert_eq!(witness.all(&desk).iter().filter(|line| line.starts_with("button")).count(), 2);
    all_blocked(&mut injector, &grant, &key_events());
}

#[test]
fn a_text_stops_when_a_deskhand_window_takes_the_focus() {
    let server = Xvfb::start();
    let desk = server.desk();
    let mut witness = Witness::start(&server, "other-program");
    let own = desk.window(550, 100, 100, false);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    let typist =
        std::thread::spawn(move || injector.inject(&grant, &InputEvent::Text(deskhand_wire::Text::new("z".repeat(500)).unwrap()), 0));
    for _ in 0..6 {
        witness.next();
    }
    desk.focus(own);
    assert_eq!(typist.join().unwrap(), Err(Blocked::OwnWindow));
    assert!(witness.all(&desk).len() < 990);
    assert!(desk.keys_down().is_empty());
}

#[test]
fn a_window_managers_frame_around_our_window_is_ours_too() {
    let server = Xvfb::start();
    let desk = server.desk();
    let manager = Command::new("openbox").env("DISPLAY", &server.display).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _manager = Running(manager.expect("openbox is installed (package openbox)"));
    // It is set last: from then on new windows are managed.
    let list = desk.connection.intern_atom(false, b"_NET_CLIENT_LIST").unwrap().reply().unwrap().atom;
    until("the window manager", || desk.connection.get_property(false, desk.root, list, 0u32, 0, 1).unwrap().reply().unwrap().type_ != 0);
    let window = desk.window(0, 0, 150, true);
    let frame = || {
        let mut top = window;
        loop {
            let parent = desk.connection.query_tree(top).unwrap().reply().unwrap().parent;
            if parent == desk.root {
                return top;
            }
            top = parent;
        }
    };
    // A manager that has just started may read a first request late: asking again wakes it.
    until("the frame", || {
        desk.connection.map_window(window).unwrap().check().unwrap();
        frame() != window
    });
    until("the frame on the screen", || {
        desk.connection.get_window_attributes(frame()).unwrap().reply().unwrap().map_state == x11rb::protocol::xproto::MapState::VIEWABLE
    });
    desk.connection.flush().unwrap();
    // The title bar lies between the frame's upper edge and the window's.
    let title = || {
        let at = desk.connection.translate_coordinates(window, desk.root, 20, 0).unwrap().reply().unwrap();
        (u32::try_from(at.dst_x).unwrap(), u32::try_from(at.dst_y).unwrap().saturating_sub(6))
    };
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    let (x, y) = title();
    injector.inject(&grant, &InputEvent::Move { x, y }, 0).unwrap();
    let child = desk.connection.query_pointer(frame()).unwrap().reply().unwrap().child;
    assert_ne!(child, window, "the pointer is beside the window, in its frame");
    all_blocked(&mut injector, &grant, &pointer_events(x, y));
}
