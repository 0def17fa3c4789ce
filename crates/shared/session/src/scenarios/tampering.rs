//! A relay that changes, drops, repeats and invents: it gets nothing, and the log says so.

use std::cell::RefCell;
use std::rc::Rc;

use deskhand_audit::AnswerInput;
use deskhand_wire::relay::{AuditToHost, RelayToHost};

use super::{BOTH, anomalies, in_control, scopes};
use crate::host::{Customer, HostInput, HostOutput};
use crate::testing::{Fate, Pair, Way, World};

#[derive(Debug, Clone, Copy)]
enum Act {
    FlipFirst,
    FlipLast,
    Cut,
    Drop,
    Twice,
}

/// A short session in which frame number `at` meets `act`. Gives whether it met one, and the pair.
fn session(at: usize, act: Act) -> (Option<Way>, Pair) {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    let hit = Rc::new(RefCell::new(None));
    let (seen, mut count) = (hit.clone(), 0);
    pair.tamper(move |way, frame| {
        let this = count == at;
        count += 1;
        if !this {
            return Fate::Pass;
        }
        *seen.borrow_mut() = Some(way);
        match act {
            Act::FlipFirst => frame[0] ^= 1,
            Act::FlipLast => *frame.last_mut().expect("no frame is empty") ^= 1,
            Act::Cut => {
                frame.pop();
            }
            Act::Drop => return Fate::Drop,
            Act::Twice => return Fate::Twice,
        }
        Fate::Pass
    });
    pair.join(1, &ana);
    let _ = pair.answer(scopes(BOTH));
    let _ = pair.update(true, &[[0, 0, 100, 100]]);
    pair.wait(300);
    let _ = pair.click(1, 5, 5);
    let _ = pair.click(1, 5, 5);
    pair.wait(1_500);
    let way = *hit.borrow();
    (way, pair)
}

#[test]
fn whatever_happens_to_one_message_gives_nobody_anything_and_leaves_a_trace() {
    for act in [Act::FlipFirst, Act::FlipLast, Act::Cut, Act::Drop, Act::Twice] {
        let mut at = 0;
        loop {
            let (Some(way), mut pair) = session(at, act) else { break };
            let what = format!("{act:?} of frame {at} ({way:?})");
            assert!(pair.injected().len() <= 4, "{what}: more came out than the technician did");
            let kinds = pair.store.kinds();
            let up = matches!(way, Way::ToHost(_) | Way::Input(_));
            let attempt_failed = kinds.iter().filter(|kind| **kind == "code.attempt").count() > 1 && !kinds.contains(&"pair.confirmed");
            let traced = !anomalies(&pair).is_empty() || attempt_failed;
            if up && !matches!(act, Act::Drop) {
                assert!(traced, "{what}: no trace in {kinds:?}");
            }
            let _ = pair.customer(Customer::Stop { how: AnswerInput::Key });
            let report = pair.store.verify();
            assert!(report.verdict.stands(), "{what}: {:?}", report.reasons);
            at += 1;
        }
        assert!(at > 10, "{act:?} met {at} frames only");
    }
}

#[test]
fn a_replayed_click_is_not_a_second_click() {
    let mut pair = in_control();
    pair.tamper(|way, _| if matches!(way, Way::Input(_)) { Fate::Twice } else { Fate::Pass });
    pair.click(1, 5, 5).unwrap();
    assert_eq!(pair.injected().len(), 2, "press and release, once each");
    assert_eq!(anomalies(&pair), ["repeated_message", "repeated_message"]);
}

#[test]
fn a_missing_message_ends_the_viewers_part() {
    let mut pair = in_control();
    let mut lost = false;
    pair.tamper(move |way, _| if matches!(way, Way::Input(_)) && !std::mem::replace(&mut lost, true) { Fate::Drop } else { Fate::Pass });
    pair.click(1, 5, 5).unwrap();
    assert!(pair.injected().is_empty());
    assert!(anomalies(&pair).contains(&"missing_message".to_owned()));
    assert!(pair.host.status().ended);
}

#[test]
fn a_relay_that_invents_viewers_gets_nothing() {
    let mut pair = Pair::new(World::default());
    for peer in 0..=20 {
        pair.at_host(HostInput::Relay(RelayToHost::ViewerJoined { peer, key: [peer; 32] }));
        pair.at_host(HostInput::Relay(RelayToHost::ViewerJoined { peer, key: [peer; 32] }));
        pair.at_host(HostInput::Input { peer, frame: vec![0; 64] });
        pair.at_host(HostInput::Control { peer, frame: vec![1, 2, 3] });
    }
    assert!(pair.question().is_none());
    assert!(pair.host.status().code.is_some(), "none of it cost an attempt");
    assert!(anomalies(&pair).contains(&"claim_out_of_turn".to_owned()));
    assert!(anomalies(&pair).contains(&"malformed_message".to_owned()));
    assert!(anomalies(&pair).len() <= 100, "a flood of anomalies does not flood the log");
}

#[test]
fn a_relay_that_draws_nameplates_on_its_own_changes_no_code() {
    let mut pair = Pair::new(World::default());
    let code = pair.code();
    let digits = deskhand_wire::Text::clipped("77777");
    pair.at_host(HostInput::Relay(RelayToHost::Nameplate { digits, life_ms: 1 }));
    assert_eq!(pair.code(), code);
    assert_eq!(anomalies(&pair), ["nameplate_out_of_turn"]);
}

#[test]
fn a_relay_that_acknowledges_what_was_not_sent_is_noticed_and_believed_nothing() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana", 20);
    pair.join(1, &ana);
    pair.acknowledges = false;
    pair.at_host(HostInput::Audit(AuditToHost::Acked { leaves: 1_000_000, checkpoint: 1_000_000 }));
    pair.answer(scopes(BOTH)).unwrap();
    assert!(!pair.host_out.iter().any(|output| matches!(output, HostOutput::StartView(_))));
    assert!(anomalies(&pair).contains(&"acknowledged_before_sent".to_owned()));
}

#[test]
fn messages_of_one_viewer_mean_nothing_on_the_stream_of_another() {
    let mut pair = in_control();
    pair.customer(Customer::NewCode).unwrap();
    let ben = pair.world.technician("Ben", 21);
    pair.join(2, &ben);
    pair.answer(scopes(BOTH)).unwrap();
    pair.wait(1_000);
    pair.clear();
    let kept = Rc::new(RefCell::new(Vec::new()));
    let keep = kept.clone();
    pair.tamper(move |way, frame| {
        if matches!(way, Way::Input(_)) {
            keep.borrow_mut().push(frame.clone());
            return Fate::Drop;
        }
        Fate::Pass
    });
    pair.click(1, 5, 5).unwrap();
    pair.leave_alone();
    for frame in kept.take() {
        pair.at_host(HostInput::Input { peer: 2, frame });
    }
    assert!(pair.injected().is_empty());
    assert!(anomalies(&pair).contains(&"swapped_message".to_owned()));
}
