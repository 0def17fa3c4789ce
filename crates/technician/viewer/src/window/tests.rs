//! The window as a function of snapshots: what it says, what it lets a person do, what it keeps to itself.
//!
//! In scope: every page, without a display. Not in scope: how it looks.

mod looks;

use super::{Local, show};
use crate::{
    failure::{Exit, Failure},
    options::{Options, Scale},
    state::{Command, Connecting, Entry, Live, Message, Over, Snapshot, Step, Unlock},
};
use deskhand_paint::{Parent, Surface};
use deskhand_screen::{Framebuffer, Region, Size};
use deskhand_seal::code::Language;
use deskhand_session::{Button, InputEvent, Key, NamedKey, Scope, Scopes};
use deskhand_wire::{Millis, Text};
use egui::{Event, Modifiers, Pos2, Vec2, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};
use std::sync::Arc;

struct Bench {
    snapshot: Snapshot,
    local: Local,
    now: Millis,
    commands: Vec<Command>,
}

type Window = Harness<'static, Bench>;

fn window_of(size: Vec2, snapshot: Snapshot) -> Window {
    let options = Options::parsed("deskhand-viewer");
    let local = Local::new(Scale::Fit, false, &options.session);
    let bench = Bench { snapshot, local, now: 10_000, commands: Vec::new() };
    let page = |ui: &mut egui::Ui, bench: &mut Bench| {
        let commands = show(ui, &bench.snapshot, &mut bench.local, bench.now);
        bench.commands.extend(commands);
    };
    let mut window = Harness::builder().with_size(size).build_ui_state(page, bench);
    window.run_steps(3);
    window
}

fn window(snapshot: Snapshot) -> Window {
    window_of(vec2(900.0, 700.0), snapshot)
}

fn says(window: &Window, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

fn click(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    window.run_steps(3);
}

fn entry() -> Snapshot {
    Snapshot::Entry(Entry { organisation: "Acme Support".into(), language: Language::English })
}

fn live(granted: &[Scope]) -> Live {
    let surface = Arc::new(Surface::new(Parent::Other, Arc::new(|| {}), Arc::new(|| {})));
    surface.offer(Framebuffer::new(Size::new(800, 600).unwrap()).view(), &Region::new());
    Live {
        host: "Customer's machine, identity unknown".into(),
        technician: "Ana Ruiz".into(),
        ticket: Some("INC-1042".into()),
        session: "abcdefghijklmnopqrstuvwxyz".into(),
        granted: Scopes::of(granted.iter().copied()),
        control_until: None,
        asking: false,
        stale_since: None,
        rtt_ms: 12,
        message: None,
        monitors: Vec::new(),
        chosen: None,
        seen: None,
        surface: Some(surface),
        trail: Arc::default(),
    }
}

fn session(live: Live) -> Snapshot {
    Snapshot::Live(Box::new(live))
}

fn inputs(window: &mut Window) -> Vec<InputEvent> {
    let commands = std::mem::take(&mut window.state_mut().commands);
    commands
        .into_iter()
        .flat_map(|command| match command {
            Command::Input(events) => events,
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The middle of the customer's screen in the window.
fn middle(window: &Window) -> Pos2 {
    window.get_by_label("Customer's screen").rect().center()
}

fn press(window: &mut Window, place: Pos2, pressed: bool) {
    window.event(Event::PointerMoved(place));
    window.run_steps(2);
    window.event(Event::PointerButton { pos: place, button: egui::PointerButton::Primary, pressed, modifiers: Modifiers::NONE });
    window.run_steps(2);
}

#[test]
fn a_word_that_is_not_in_the_list_is_named_under_the_field() {
    let mut window = window(entry());
    window.state_mut().local.entry.code = "48213-velvet-anchr-oxygen".into();
    window.state_mut().local.entry.tried = true;
    window.run_steps(2);
    assert!(says(&window, "Word 2, \"anchr\", is not a word of the list"));
}

#[test]
fn a_half_typed_word_is_offered_whole_and_a_click_fills_it_in() {
    let mut window = window(entry());
    window.state_mut().local.entry.code = "48213 velv".into();
    window.run_steps(2);
    click(&mut window, "velvet");
    assert_eq!(window.state().local.entry.code, "48213 velvet-");
}

#[test]
fn a_whole_code_connects_with_ticket_and_reason() {
    let mut window = window(entry());
    let draft = &mut window.state_mut().local.entry;
    (draft.code, draft.ticket, draft.reason) = ("48213 velv anch oxyg".into(), " INC-7 ".into(), String::new());
    window.run_steps(2);
    assert!(says(&window, "48213-velvet-anchor-oxygen"));
    click(&mut window, "Connect");
    let [Command::Connect { code, ticket, reason }] = &window.state().commands[..] else { panic!("{:?}", window.state().commands) };
    assert_eq!(code.to_string(), "48213-velvet-anchor-oxygen");
    assert_eq!((ticket.as_deref(), reason.as_deref()), (Some("INC-7"), None));
}

#[test]
fn half_a_code_does_not_connect_and_says_what_is_missing() {
    let mut window = window(entry());
    window.state_mut().local.entry.code = "48213".into();
    click(&mut window, "Connect");
    assert!(window.state().commands.is_empty());
    assert!(says(&window, "The words are missing"));
}

#[test]
fn a_passphrase_is_given_once_and_not_kept() {
    let mut window = window(Snapshot::Unlock(Unlock { file: "/home/ana/technician.key".into(), ..Unlock::default() }));
    *window.state_mut().local.passphrase = "correct horse".into();
    click(&mut window, "Open");
    assert!(matches!(&window.state().commands[..], [Command::Unlock(passphrase)] if *passphrase.0 == "correct horse"));
    assert!(window.state().local.passphrase.is_empty());
}

#[test]
fn connecting_says_what_is_going_on_and_can_be_stopped() {
    let page = Connecting { step: Step::Asking, relay: "relay.acme.example:4433".into(), nameplate: "48213".into(), notice: None };
    let mut window = window(Snapshot::Connecting(page));
    assert!(says(&window, "Connecting to 48213"));
    assert!(says(&window, "Tell the customer to look at the screen"));
    click(&mut window, "Cancel");
    assert!(matches!(window.state().commands[..], [Command::End]));
}

#[test]
fn control_is_asked_for_with_minutes_and_a_reason() {
    let mut window = window(session(live(&[Scope::View])));
    assert!(says(&window, "View only"));
    click(&mut window, "Request control");
    click(&mut window, "10");
    click(&mut window, "Ask the customer");
    let [Command::Request { scope: Scope::Control, minutes: 10, reason: None }] = &window.state().commands[..] else {
        panic!("{:?}", window.state().commands)
    };
}

#[test]
fn while_the_customer_is_asked_nothing_can_be_asked() {
    let mut window = window(session(Live { asking: true, ..live(&[Scope::View]) }));
    assert!(says(&window, "The customer is being asked"));
    click(&mut window, "Request control");
    assert!(!says(&window, "Ask the customer"));
}

#[test]
fn without_control_nothing_that_is_done_on_the_picture_leaves_the_window() {
    let mut window = window(session(live(&[Scope::View])));
    let place = middle(&window);
    press(&mut window, place, true);
    press(&mut window, place, false);
    window.event(Event::Text("secret".into()));
    window.key_press(egui::Key::Enter);
    window.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, 3.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    window.run_steps(3);
    assert!(window.state().commands.is_empty());
}

#[test]
fn with_control_a_click_goes_to_the_pixel_under_the_pointer() {
    let mut window = window(session(live(&Scope::ALL)));
    let place = middle(&window);
    press(&mut window, place, true);
    press(&mut window, place, false);
    let (button, x, y) = (Button::Left, 400, 300);
    assert_eq!(
        inputs(&mut window),
        [InputEvent::Move { x, y }, InputEvent::Button { button, down: true, x, y }, InputEvent::Button { button, down: false, x, y }]
    );
}

#[test]
fn text_goes_as_text_and_tab_and_escape_go_as_keys() {
    let mut window = window(session(live(&Scope::ALL)));
    window.event(Event::Text("grüße 世界".into()));
    for key in [egui::Key::Tab, egui::Key::Escape, egui::Key::ArrowDown] {
        window.key_press(key);
    }
    window.run_steps(3);
    let sent = inputs(&mut window);
    let named = |name, down| InputEvent::Key { key: Key::Named(name), down };
    let mut expected = vec![InputEvent::Text(Text::clipped("grüße 世界"))];
    for name in [NamedKey::Tab, NamedKey::Escape, NamedKey::Down] {
        expected.extend([named(name, true), named(name, false)]);
    }
    assert_eq!(sent, expected);
    assert!(window.state().local.has_keyboard(), "Tab did not take the keyboard away");
}

#[test]
fn when_the_window_loses_the_focus_everything_is_let_go() {
    let mut window = window(session(live(&Scope::ALL)));
    let place = middle(&window);
    press(&mut window, place, true);
    window.key_down(egui::Key::Delete);
    window.run_steps(2);
    window.state_mut().commands.clear();
    window.input_mut().focused = false;
    window.event(Event::WindowFocused(false));
    window.run_steps(2);
    assert!(matches!(window.state().commands[..], [Command::LetGo]), "{:?}", window.state().commands);
}

#[test]
fn when_the_pointer_leaves_the_window_a_held_button_is_let_go() {
    let mut window = window(session(live(&Scope::ALL)));
    let place = middle(&window);
    press(&mut window, place, true);
    window.state_mut().commands.clear();
    window.event(Event::PointerGone);
    window.run_steps(2);
    assert!(matches!(window.state().commands[..], [Command::LetGo]), "{:?}", window.state().commands);
}

#[test]
fn when_control_ends_what_is_held_is_let_go() {
    let mut window = window(session(live(&Scope::ALL)));
    let place = middle(&window);
    press(&mut window, place, true);
    window.state_mut().commands.clear();
    let Snapshot::Live(now) = window.state().snapshot.clone() else { unreachable!() };
    window.state_mut().snapshot = session(Live { granted: Scopes::of([Scope::View]), ..*now });
    window.run_steps(2);
    assert!(matches!(window.state().commands[..], [Command::LetGo]), "{:?}", window.state().commands);
}

#[test]
fn special_keys_are_sent_as_chords() {
    let mut window = window(session(live(&Scope::ALL)));
    click(&mut window, "Keys");
    click(&mut window, "Ctrl + Alt + Del");
    let sent = inputs(&mut window);
    assert_eq!(sent.len(), 6);
    assert_eq!(sent[2], InputEvent::Key { key: Key::Named(NamedKey::Delete), down: true });
}

#[test]
fn a_stale_picture_says_how_old_it_is() {
    let window = window(session(Live { stale_since: Some(5_500), ..live(&Scope::ALL) }));
    assert!(says(&window, "The picture is 4 s old"));
}

#[test]
fn minutes_of_control_are_shown_until_they_are_over() {
    for (left, words) in [(300_000, "Control, 5 min left"), (299_000, "Control, 5 min left"), (30_000, "less than a minute")] {
        let window = window(session(Live { control_until: Some(10_000 + left), ..live(&Scope::ALL) }));
        assert!(says(&window, words), "{words}");
    }
}

#[test]
fn what_was_not_done_is_said_for_a_while() {
    let message = Message { text: "not done: the screen had changed under the pointer".into(), at: 9_000 };
    let mut window = window(session(Live { message: Some(message), ..live(&Scope::ALL) }));
    assert!(says(&window, "Not done: the screen had changed"));
    window.state_mut().now = 16_000;
    window.run_steps(2);
    assert!(!says(&window, "Not done"));
}

#[test]
fn the_session_can_be_ended_in_a_tiny_window_with_long_names() {
    let long = Live { host: "A very long name of a machine ".repeat(9), ticket: Some("INC-".repeat(15)), ..live(&Scope::ALL) };
    let mut window = window_of(vec2(360.0, 320.0), session(long));
    click(&mut window, "End session");
    assert!(matches!(window.state().commands[..], [Command::End]));
}

#[test]
fn one_to_one_shows_a_part_of_a_large_screen_and_clicks_its_pixels() {
    let mut window = window_of(vec2(420.0, 420.0), session(live(&Scope::ALL)));
    click(&mut window, "1:1");
    window.state_mut().commands.clear();
    let corner = window.get_by_label("Customer's screen").rect().min;
    press(&mut window, corner + vec2(5.5, 7.5), true);
    assert!(inputs(&mut window).contains(&InputEvent::Button { button: Button::Left, down: true, x: 5, y: 7 }));
}

#[test]
fn the_last_page_says_what_to_do_and_goes_back() {
    let failure = Failure::new(Exit::Unreachable, "the relay cannot be reached: check this computer's network");
    let mut window = window(Snapshot::Over(Over { failure, was_live: false }));
    assert!(says(&window, "Nobody there"));
    assert!(says(&window, "The relay cannot be reached: check this computer's network."));
    click(&mut window, "Try again");
    assert!(matches!(window.state().commands[..], [Command::Again]));
}
