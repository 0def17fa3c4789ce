//! Pointer and keys: what is carried out, what is refused and said.

use deskhand_audit::{AnswerInput, Event};
use deskhand_wire::{
    Text,
    control::{InputRefusal, RevokedBy, Scope},
    input::{Button, InputEvent, InputMessage, Key, NamedKey},
};

use super::{blocked, in_control, viewer_said};
use crate::error::InputBlocked;
use crate::host::{Customer, HostInput, HostOutput, Notice};
use crate::testing::{Fate, Pair, Way, World};
use crate::viewer::{ViewerInput, ViewerOutput};

const MOVE: InputEvent = InputEvent::Move { x: 3, y: 4 };

fn press(x: u32, y: u32) -> InputEvent {
    InputEvent::Button { button: Button::Left, down: true, x, y }
}

fn shift(down: bool) -> InputEvent {
    InputEvent::Key { key: Key::Named(NamedKey::Shift), down }
}

fn evil(pair: &mut Pair, message: &InputMessage) {
    let frame = pair.viewers.get_mut(&1).unwrap().evil_input(message).unwrap();
    pair.at_host(HostInput::Input { peer: 1, frame });
}

#[test]
fn every_kind_of_input_is_carried_out_and_counted_but_never_named() {
    let mut pair = in_control();
    pair.click(1, 10, 10).unwrap();
    pair.input(1, MOVE).unwrap();
    pair.input(1, InputEvent::Wheel { x: 0, y: 3 }).unwrap();
    pair.input(1, shift(true)).unwrap();
    pair.input(1, shift(false)).unwrap();
    pair.input(1, InputEvent::Text(Text::new("geheim").unwrap())).unwrap();
    assert_eq!(pair.injected().len(), 7);
    pair.wait(30_000);
    let summary = pair.store.events().into_iter().find(|event| event.kind() == "input.summary").unwrap();
    assert_eq!(summary, Event::InputSummary { peer: 1, grant: 2, keys: 7, clicks: 1, wheel: 1, moves: 1 });
    let stored: Vec<u8> = pair.store.files().values().flatten().copied().collect();
    assert!(!stored.windows(6).any(|window| window == b"geheim"));
}

#[test]
fn a_technician_without_control_cannot_move_the_pointer() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    assert_eq!(pair.input(1, MOVE), Err(InputBlocked::NoGrant));
    pair.clear();
    for grant in 0..4 {
        evil(&mut pair, &InputMessage { grant, tick: 1, seen: 1, event: MOVE });
    }
    pair.wait(1_000);
    assert!(pair.injected().is_empty());
    assert_eq!(blocked(&pair).iter().map(|(_, count)| count).sum::<u64>(), 4);
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::InputRefused { why: InputRefusal::NoGrant, .. })));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Notice(Notice::InputRefused { .. }))));
}

#[test]
fn a_held_back_click_does_nothing_and_is_said_to_both_sides() {
    let mut pair = in_control();
    let held = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let keep = held.clone();
    pair.tamper(move |way, frame| {
        if matches!(way, Way::Input(_)) {
            keep.borrow_mut().push(frame.clone());
            return Fate::Drop;
        }
        Fate::Pass
    });
    pair.click(1, 10, 10).unwrap();
    pair.leave_alone();
    pair.wait(5_000);
    pair.clear();
    for frame in held.take() {
        pair.at_host(HostInput::Input { peer: 1, frame });
    }
    pair.wait(1_000);
    assert!(pair.injected().is_empty());
    assert_eq!(blocked(&pair), [("stale".to_owned(), 1), ("stale".to_owned(), 1)]);
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::InputRefused { why: InputRefusal::Stale, .. })));
    assert!(
        pair.host_out.iter().any(|output| { matches!(output, HostOutput::Notice(Notice::InputRefused { why: InputRefusal::Stale, .. })) })
    );
    pair.click(1, 10, 10).unwrap();
    assert_eq!(pair.injected().len(), 2, "the line is honest again");
}

#[test]
fn a_press_on_a_picture_that_changed_long_ago_is_refused_but_moves_keys_and_releases_are_not() {
    let mut pair = in_control();
    // The picture changes at 100,100 and the relay keeps that update from the viewer.
    let unseen = pair.seal(false, &[[100, 100, 40, 40]]).unwrap();
    pair.record(&unseen);
    pair.wait(1_100);
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    let mut at = |event| {
        pair.clear();
        evil(&mut pair, &InputMessage { grant, tick, seen: 1, event });
        pair.injected().len()
    };
    assert_eq!(at(press(110, 110)), 0, "a stale press is refused");
    assert_eq!(at(press(300, 300)), 1, "elsewhere nothing changed");
    assert_eq!(at(InputEvent::Move { x: 110, y: 110 }), 1);
    assert_eq!(at(shift(true)), 1);
    assert_eq!(at(InputEvent::Button { button: Button::Left, down: false, x: 110, y: 110 }), 1);
    assert!(blocked(&pair).contains(&("changed".to_owned(), 1)));
}

#[test]
fn a_round_trip_is_granted_to_the_eye() {
    let mut pair = in_control();
    pair.at_host(HostInput::RoundTrip { peer: 1, ms: 800 });
    pair.seal(false, &[[100, 100, 40, 40]]).unwrap();
    pair.wait(1_700);
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    evil(&mut pair, &InputMessage { grant, tick, seen: 1, event: press(110, 110) });
    assert_eq!(pair.injected().len(), 1);
}

#[test]
fn taking_control_back_blocks_the_very_next_event() {
    let mut pair = in_control();
    pair.input(1, shift(true)).unwrap();
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    pair.host.handle(pair.now, HostInput::Customer(Customer::TakeControlBack { how: AnswerInput::Key })).unwrap();
    evil(&mut pair, &InputMessage { grant, tick, seen: 1, event: MOVE });
    assert_eq!(pair.injected(), [shift(true)]);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::ReleaseAll)));
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Revoked { by: RevokedBy::Customer, .. })));
    assert_eq!(pair.input(1, MOVE), Err(InputBlocked::NoGrant));
    assert!(pair.host.status().technicians[0].views, "the view stays");
}

#[test]
fn input_that_waits_for_the_program_is_gone_when_control_is_taken() {
    let mut pair = in_control();
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    for _ in 0..5 {
        let frame = pair.viewers.get_mut(&1).unwrap().evil_input(&InputMessage { grant, tick, seen: 1, event: MOVE }).unwrap();
        pair.host.handle(pair.now, HostInput::Input { peer: 1, frame }).unwrap();
    }
    pair.host.handle(pair.now, HostInput::Customer(Customer::Stop { how: AnswerInput::Key })).unwrap();
    pair.run();
    assert!(pair.injected().is_empty());
}

#[test]
fn no_more_than_256_events_wait_to_be_carried_out() {
    let mut pair = in_control();
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    for _ in 0..300 {
        let frame = pair.viewers.get_mut(&1).unwrap().evil_input(&InputMessage { grant, tick, seen: 1, event: MOVE }).unwrap();
        pair.host.handle(pair.now, HostInput::Input { peer: 1, frame }).unwrap();
    }
    pair.run();
    assert_eq!(pair.injected().len(), 256);
    pair.wait(1_000);
    let refused: u64 = blocked(&pair).into_iter().filter(|(reason, _)| reason == "too_fast").map(|(_, count)| count).sum();
    assert_eq!(refused, 44);
    pair.input(1, MOVE).unwrap();
    assert_eq!(pair.injected().len(), 257, "there is room again");
}

#[test]
fn an_effector_that_refuses_is_heard_by_both_sides() {
    let mut pair = in_control();
    pair.click(1, 5, 5).unwrap();
    pair.at_host(HostInput::NotInjected { peer: 1, why: InputRefusal::OwnWindow });
    assert_eq!(blocked(&pair), [("own_window".to_owned(), 1)]);
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::InputRefused { why: InputRefusal::OwnWindow, .. })));
}

#[test]
fn nothing_stays_held_when_the_focus_goes() {
    let mut pair = in_control();
    pair.at_viewer(1, ViewerInput::FocusLost);
    assert!(pair.injected().is_empty(), "nothing was held");
    pair.input(1, shift(true)).unwrap();
    pair.clear();
    pair.at_viewer(1, ViewerInput::FocusLost);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::ReleaseAll)));
    pair.clear();
    pair.input(1, shift(false)).unwrap();
    assert!(pair.injected().is_empty(), "it is up already");
}

#[test]
fn a_viewer_whose_ticks_are_held_back_blocks_its_own_input_and_lets_go() {
    let mut pair = in_control();
    pair.input(1, shift(true)).unwrap();
    let mut held_back = Vec::new();
    // Held back, not lost: order matters on this channel, so nothing else can pass either.
    std::mem::swap(&mut held_back, &mut pair.viewer_out);
    pair.tamper(|way, _| if matches!(way, Way::ToViewer(_)) { Fate::Drop } else { Fate::Pass });
    pair.wait(3_000);
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Stale(true)));
    assert_eq!(pair.input(1, MOVE), Err(InputBlocked::Stale));
    assert!(pair.viewers[&1].status().stale);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::ReleaseAll)));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::KeyUpdateWanted)));
}

#[test]
fn a_technician_can_give_control_back_and_ask_again() {
    let mut pair = in_control();
    pair.at_viewer(1, ViewerInput::Release);
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Revoked { by: RevokedBy::Technician, .. })));
    assert_eq!(pair.input(1, MOVE), Err(InputBlocked::NoGrant));
    pair.at_viewer(1, ViewerInput::Request { scope: Scope::Control, minutes: 1, reason: None });
    pair.answer(super::scopes([Scope::Control])).unwrap();
    pair.input(1, MOVE).unwrap();
    assert_eq!(pair.injected(), [MOVE]);
}

#[test]
fn input_under_another_grant_than_the_open_one_is_refused() {
    let mut pair = in_control();
    let (_, first) = pair.viewers[&1].tick_and_grant();
    pair.at_viewer(1, ViewerInput::Release);
    pair.at_viewer(1, ViewerInput::Request { scope: Scope::Control, minutes: 1, reason: None });
    pair.answer(super::scopes([Scope::Control])).unwrap();
    let (tick, second) = pair.viewers[&1].tick_and_grant();
    assert!(second > first, "a number is never used again");
    pair.clear();
    for grant in [0, first, second + 1, u32::MAX] {
        evil(&mut pair, &InputMessage { grant, tick, seen: 1, event: MOVE });
    }
    assert!(pair.injected().is_empty());
    evil(&mut pair, &InputMessage { grant: second, tick, seen: 1, event: MOVE });
    assert_eq!(pair.injected(), [MOVE]);
}

#[test]
fn a_tick_that_was_never_sent_is_no_tick() {
    let mut pair = in_control();
    let (tick, grant) = pair.viewers[&1].tick_and_grant();
    for tick in [0, tick + 1, u64::MAX] {
        evil(&mut pair, &InputMessage { grant, tick, seen: 1, event: MOVE });
    }
    assert!(pair.injected().is_empty());
}
