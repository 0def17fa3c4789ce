//! Message x state: a technician's program that sends anything, a relay that repeats, reorders and cuts, a customer who
//! answers this and that, in any order. Nothing panics, nothing is injected without a live control grant, nothing is
//! sealed without the view, and the log verifies.
//!
//! The grant of every event that comes out is asked by the harness itself (`testing::Pair`).

use std::cell::RefCell;
use std::rc::Rc;

use deskhand_audit::{AnswerInput, Event};
use deskhand_wire::{
    PeerId, Text,
    control::{InputRefusal, Scope, Scopes, ViewerToHost},
    input::{Button, InputEvent, InputMessage, Key},
    relay::RelayToHost,
    text::List,
};
use proptest::prelude::*;

use crate::host::{Customer, HostInput, HostOutput, Link};
use crate::testing::{Fate, Pair, Way, World};
use crate::viewer::ViewerInput;

#[derive(Debug, Clone)]
enum Step {
    Wait(u64),
    Join(PeerId),
    Answer(u8),
    TakeBack,
    NewCode,
    Stop,
    Control { peer: PeerId, message: u8 },
    Input { peer: PeerId, grant: u32, fresh: bool, event: u8 },
    Again { at: usize, peer: PeerId },
    Cut { at: usize, length: usize },
    Bytes { peer: PeerId, input: bool, bytes: Vec<u8> },
    Update { key: bool },
    Acknowledge(bool),
    Relay { peer: PeerId, what: u8 },
    Link(u8),
    NotInjected(PeerId),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 1_u8..4;
    prop_oneof![
        3 => prop_oneof![0_u64..500, 500_u64..6_000, Just(125_000)].prop_map(Step::Wait),
        3 => peer.clone().prop_map(Step::Join),
        6 => (0_u8..4).prop_map(Step::Answer),
        1 => Just(Step::TakeBack),
        2 => Just(Step::NewCode),
        1 => Just(Step::Stop),
        6 => (peer.clone(), 0_u8..9).prop_map(|(peer, message)| Step::Control { peer, message }),
        8 => (peer.clone(), 0_u32..5, any::<bool>(), 0_u8..7)
            .prop_map(|(peer, grant, fresh, event)| Step::Input { peer, grant, fresh, event }),
        3 => (any::<usize>(), peer.clone()).prop_map(|(at, peer)| Step::Again { at, peer }),
        2 => (any::<usize>(), 0_usize..80).prop_map(|(at, length)| Step::Cut { at, length }),
        2 => (peer.clone(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(peer, input, bytes)| Step::Bytes { peer, input, bytes }),
        3 => any::<bool>().prop_map(|key| Step::Update { key }),
        1 => any::<bool>().prop_map(Step::Acknowledge),
        1 => (peer.clone(), 0_u8..4).prop_map(|(peer, what)| Step::Relay { peer, what }),
        1 => (0_u8..2).prop_map(Step::Link),
        1 => peer.prop_map(Step::NotInjected),
    ]
}

fn control_message(message: u8) -> ViewerToHost {
    match message {
        0 => ViewerToHost::Request { scope: Scope::Control, minutes: 5, reason: None },
        1 => ViewerToHost::Request { scope: Scope::View, minutes: 0, reason: None },
        2 => ViewerToHost::Shown { update: 1 },
        3 => ViewerToHost::Shown { update: u64::MAX },
        4 => ViewerToHost::KeyUpdate,
        5 => ViewerToHost::Release,
        6 => ViewerToHost::Identity {
            certificate: Text::clipped("deskhand-certificate-1:AAAA"),
            signature: vec![0; 64],
            ticket: None,
            reason: None,
            scopes: Scopes::of(Scope::ALL),
            entered: Vec::new(),
        },
        7 => ViewerToHost::Look { monitors: List::clipped([[0, 0, u32::MAX, 1], [7; 4]]) },
        _ => ViewerToHost::End,
    }
}

fn event(event: u8) -> InputEvent {
    match event {
        0 => InputEvent::Move { x: u32::MAX, y: 0 },
        1 => InputEvent::Button { button: Button::Left, down: true, x: 5, y: 5 },
        2 => InputEvent::Button { button: Button::Left, down: false, x: 5, y: 5 },
        3 => InputEvent::Wheel { x: i16::MIN, y: i16::MAX },
        4 => InputEvent::Key { key: Key::Char('a'), down: true },
        5 => InputEvent::Text(Text::clipped("format c:")),
        _ => InputEvent::ReleaseAll,
    }
}

/// Frames that went up, with their stream.
type Frames = Rc<RefCell<Vec<(Way, Vec<u8>)>>>;

/// The session under test and every frame that ever went up.
struct Arena {
    pair: Pair,
    frames: Frames,
    failed: bool,
}

impl Arena {
    fn new() -> Self {
        let mut pair = Pair::new(World::default());
        let frames = Frames::default();
        let seen = frames.clone();
        pair.tamper(move |way, frame| {
            if !matches!(way, Way::ToViewer(_)) {
                seen.borrow_mut().push((way, frame.clone()));
            }
            Fate::Pass
        });
        Self { pair, frames, failed: false }
    }

    fn up(&mut self, way: Way, frame: Vec<u8>) {
        match way {
            Way::ToHost(peer) => self.pair.at_host(HostInput::Control { peer, frame }),
            Way::Input(peer) => self.pair.at_host(HostInput::Input { peer, frame }),
            Way::ToViewer(_) => {}
        }
    }

    fn take(&mut self, step: Step) {
        let pair = &mut self.pair;
        match step {
            Step::Wait(ms) => pair.wait(ms),
            Step::Join(peer) => {
                if pair.host.status().code.is_some() && !pair.viewers.contains_key(&peer) {
                    let person = pair.world.technician("Eve", 20 + peer);
                    pair.join(peer, &person);
                }
            }
            Step::Answer(bits) => {
                let view = (bits & 1 != 0).then_some(Scope::View);
                let control = (bits & 2 != 0).then_some(Scope::Control);
                let _ = pair.answer(Scopes::of(view.into_iter().chain(control)));
            }
            Step::TakeBack => {
                let _ = pair.customer(Customer::TakeControlBack { how: AnswerInput::Key });
            }
            Step::NewCode => {
                let _ = pair.customer(Customer::NewCode);
            }
            Step::Stop => {
                let _ = pair.customer(Customer::Stop { how: AnswerInput::Key });
            }
            Step::Control { peer, message } => {
                let frame = pair.viewers.get_mut(&peer).and_then(|viewer| viewer.evil_control(&control_message(message)));
                if let Some(frame) = frame {
                    self.up(Way::ToHost(peer), frame);
                }
            }
            Step::Input { peer, grant, fresh, event: what } => {
                let Some(viewer) = pair.viewers.get_mut(&peer) else { return };
                let (tick, own) = viewer.tick_and_grant();
                let (tick, grant) = if fresh { (tick, own) } else { (tick / 2, grant) };
                let message = InputMessage { grant, tick, seen: tick, event: event(what) };
                if let Some(frame) = viewer.evil_input(&message) {
                    self.up(Way::Input(peer), frame);
                }
            }
            Step::Again { at, peer } => {
                let frames = self.frames.borrow().clone();
                if !frames.is_empty() {
                    let (way, frame) = frames[at % frames.len()].clone();
                    let elsewhere = if matches!(way, Way::Input(_)) { Way::Input(peer) } else { Way::ToHost(peer) };
                    self.up(elsewhere, frame);
                }
            }
            Step::Cut { at, length } => {
                let frames = self.frames.borrow().clone();
                if !frames.is_empty() {
                    let (way, mut frame) = frames[at % frames.len()].clone();
                    frame.truncate(length);
                    self.up(way, frame);
                }
            }
            Step::Bytes { peer, input, bytes } => {
                self.up(if input { Way::Input(peer) } else { Way::ToHost(peer) }, bytes);
            }
            Step::Update { key } => {
                let views = pair.host.status().technicians.iter().any(|technician| technician.views);
                let sealed = pair.update(key, &[[0, 0, 50, 50]]).is_ok();
                assert!(!sealed || views, "an update was sealed that nobody may see");
            }
            Step::Acknowledge(on) => {
                pair.acknowledges = on;
                if on && !self.failed {
                    pair.acknowledge();
                    pair.run();
                }
            }
            Step::Relay { peer, what } => pair.at_host(HostInput::Relay(match what {
                0 => RelayToHost::ViewerLeft { peer },
                1 => RelayToHost::ViewerJoined { peer, key: [peer; 32] },
                2 => RelayToHost::Nameplate { digits: Text::clipped("12345"), life_ms: u64::MAX },
                _ => RelayToHost::KeyUpdateWanted { peer },
            })),
            Step::Link(what) => pair.at_host(HostInput::Link(if what == 0 { Link::Lost } else { Link::Resumed })),
            Step::NotInjected(peer) => pair.at_host(HostInput::NotInjected { peer, why: InputRefusal::System }),
        }
    }

    /// What must hold after every step.
    fn check(&mut self) {
        let status = self.pair.host.status();
        let granted: Vec<u64> = self
            .pair
            .store
            .events()
            .into_iter()
            .filter_map(|event| match event {
                Event::ControlGranted { grant, .. } => Some(grant),
                _ => None,
            })
            .collect();
        for output in &self.pair.host_out {
            if let HostOutput::Inject { grant, .. } = output {
                assert!(granted.contains(&grant.number().into()), "an event came out whose grant is not in the log");
            }
        }
        if status.ended {
            assert!(status.technicians.is_empty() && status.code.is_none() && status.question.is_none());
        }
        self.pair.clear();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_message_in_any_state_gives_nobody_more_than_the_customer_gave(
        consent in 0_u8..4,
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut arena = Arena::new();
        arena.take(Step::Join(1));
        arena.take(Step::Answer(consent));
        arena.take(Step::Update { key: true });
        for step in steps {
            arena.take(step);
            arena.check();
        }
        arena.failed = !arena.pair.host.status().stored;
        arena.take(Step::Acknowledge(true));
        arena.take(Step::Stop);
        prop_assert!(arena.pair.seal(true, &[]).is_err());
        if !arena.failed {
            let report = arena.pair.store.verify();
            prop_assert!(report.verdict.stands(), "{:?}\n{:?}", report.reasons, arena.pair.store.kinds());
        }
    }

    #[test]
    fn any_bytes_from_the_host_never_panic_and_never_open_anything(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 1..8),
        when in 0_usize..3,
    ) {
        let mut pair = match when {
            0 => Pair::new(World::default()),
            1 => Pair::with_consent(World::default(), [Scope::View]),
            _ => Pair::with_consent(World::default(), Scope::ALL),
        };
        let before: Vec<_> = pair.viewers.values().map(|viewer| viewer.status().granted).collect();
        for frame in frames {
            pair.at_viewer(1, ViewerInput::Control { frame });
        }
        let after: Vec<_> = pair.viewers.values().map(|viewer| viewer.status().granted).collect();
        for (before, after) in before.into_iter().zip(after) {
            prop_assert!(after.both(before) == after);
        }
    }
}
