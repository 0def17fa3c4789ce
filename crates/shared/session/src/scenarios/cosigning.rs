//! The relay and every technician put their names to the heads of the log; where one does not, that is in the log and, by policy, ends
//! control. A log that is not the same for all of them is noticed.

use deskhand_audit::{AnswerInput, Event, Verdict};
use deskhand_identity::CosignMissing;
use deskhand_wire::{
    control::{EndedBy, HostToViewer, Scope, Scopes},
    relay::{AuditToHost, HostToRelay},
};

use crate::error::ViewerError;
use crate::host::{Customer, HostInput, HostOutput};
use crate::testing::{Pair, World};
use crate::viewer::{Ending, ViewerOutput};

/// Longer than any relay takes.
const LATE_MS: u64 = 20_000;

fn missing(pair: &Pair) -> usize {
    let is_it = |event: &Event| matches!(event, Event::Anomaly { anomaly, .. } if anomaly == "cosignature_missing");
    pair.store.events().iter().filter(|event| is_it(event)).count()
}

fn controls(pair: &Pair) -> bool {
    pair.store.kinds().iter().filter(|kind| **kind == "control.granted").count()
        > pair.store.kinds().iter().filter(|kind| **kind == "control.revoked").count()
}

#[test]
fn a_log_whose_heads_the_relay_cosigns_is_whole_and_the_customer_holds_the_last_one() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    pair.wait(LATE_MS);
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    assert_eq!(missing(&pair), 0);
    assert_eq!(pair.store.verify().verdict, Verdict::Ok);
    let head = pair.host.cosigned_head().expect("a head that both signed");
    assert_eq!(head.signatures.len(), 2);
    assert!(head.text.contains(&format!("\n{}\n", pair.store.leaves())), "it covers the whole log");
}

#[test]
fn a_relay_that_does_not_cosign_is_an_anomaly_once_and_the_verdict_says_from_where() {
    let mut pair = Pair::with_consent(World { cosigns: false, ..World::default() }, [Scope::View, Scope::Control]);
    pair.wait(LATE_MS);
    pair.wait(LATE_MS);
    assert_eq!(missing(&pair), 1);
    assert!(controls(&pair), "the policy only warns");
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    assert_eq!(pair.store.verify().verdict, Verdict::OkUnilateralFrom(0));
    assert!(pair.host.cosigned_head().is_none());
}

#[test]
fn by_policy_control_stops_where_nobody_else_vouches_for_the_log() {
    let mut world = World { cosigns: false, ..World::default() };
    world.policy.cosign_missing = CosignMissing::StopControl;
    let mut pair = Pair::with_consent(world, [Scope::View, Scope::Control]);
    assert!(controls(&pair));
    pair.wait(LATE_MS);
    assert!(!controls(&pair));
}

#[test]
fn a_cosignature_by_another_key_or_of_another_head_is_refused_and_logged() {
    let mut pair = Pair::with_consent(World { cosigns: false, ..World::default() }, [Scope::View]);
    let refused = |pair: &Pair| {
        let is_it = |event: &Event| matches!(event, Event::Anomaly { anomaly, .. } if anomaly == "cosignature_refused");
        pair.store.events().iter().filter(|event| is_it(event)).count()
    };
    let size = pair.store.checkpoint();
    let line = b"\xE2\x80\x94 acme/deskhand/relay AAAA\n".to_vec();
    for (size, line) in [(size, line.clone()), (size + 100, line), (size, Vec::new())] {
        let before = refused(&pair);
        pair.host.handle(pair.now, HostInput::Audit(AuditToHost::Cosigned { size, line })).expect("taken in");
        pair.run();
        assert_eq!(refused(&pair), before + 1);
    }
    assert!(pair.host.cosigned_head().is_none());
}

/// The host's log says something of technician 1, and its heads are shown as if it were so.
fn invents(pair: &mut Pair, event: Event) {
    pair.host.evil_event(pair.now, event);
    pair.run();
}

fn ending(pair: &Pair) -> Option<&Ending> {
    pair.viewer_out.iter().find_map(|(_, output)| match output {
        ViewerOutput::Ended(ending) => Some(ending),
        _ => None,
    })
}

#[test]
fn a_technician_cosigns_every_head_of_what_it_was_shown() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View, Scope::Control]);
    pair.update(true, &[[0, 0, 800, 600]]).expect("the view is granted");
    pair.click(1, 10, 10).expect("control is granted");
    pair.wait(LATE_MS);
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    assert_eq!(missing(&pair), 0);
    let report = pair.store.verify();
    assert_eq!(report.verdict, Verdict::Ok, "{:?}", report.reasons);
    let [witness] = report.technicians[..] else { panic!("one technician") };
    let input = pair.store.kinds().iter().position(|kind| *kind == "input.summary").expect("the click was logged") as u64;
    assert!(witness.from < input && input < witness.cosigned, "the technician has seen what the log says of its input: {witness:?}");
}

#[test]
fn what_a_technician_never_did_is_noticed_by_its_own_program_at_once() {
    let invented = [
        Event::ControlRequested { peer: 1, minutes: 5 },
        Event::InputSummary { peer: 1, grant: 1, keys: 1, clicks: 0, wheel: 0, moves: 0 },
        Event::InputBlocked { peer: 1, reason: "stale".into(), count: 9 },
        Event::ControlRevoked { peer: 1, grant: 2, by: deskhand_audit::By::Technician },
    ];
    for event in invented {
        let mut pair = Pair::with_consent(World::default(), [Scope::View, Scope::Control]);
        invents(&mut pair, event.clone());
        let Some(Ending::Failed(ViewerError::LogDisputed(why))) = ending(&pair) else { panic!("{event:?} was believed") };
        assert!(!why.is_empty());
    }
}

#[test]
fn a_host_that_shows_a_technician_another_log_than_the_relay_is_caught_by_its_own_signature() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    let shown = pair.store.leaves();
    // The relay is told of something that the technician is not, and the technician of something else.
    pair.host.evil_fork(pair.now, Event::NoticeShown { notice: "warning".into() }, Event::NoticeShown { notice: "banner".into() });
    pair.run();
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    let report = pair.store.verify();
    assert_eq!(report.verdict, Verdict::ForkedAt(shown + 1), "{:?}", report.reasons);
}

#[test]
fn a_technicians_program_that_does_not_cosign_is_an_anomaly_and_what_the_log_says_of_it_the_hosts_word() {
    let mut world = World::default();
    world.policy.cosign_missing = CosignMissing::StopControl;
    let mut pair = Pair::with_consent(world, [Scope::View, Scope::Control]);
    let before = pair.store.leaves();
    pair.viewers.get_mut(&1).unwrap().evil_silence();
    pair.update(true, &[[0, 0, 800, 600]]).expect("the view is granted");
    pair.wait(LATE_MS);
    pair.wait(LATE_MS);
    assert_eq!(missing(&pair), 1);
    assert!(!controls(&pair), "by policy, control stops");
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    let report = pair.store.verify();
    let Verdict::OkUnilateralFrom(from) = report.verdict else { panic!("{report:?}") };
    assert!(from <= before && report.technicians[0].cosigned <= before);
}

#[test]
fn a_grant_that_is_not_in_the_log_is_not_used() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    pair.host.evil_message(1, &HostToViewer::Granted { grant: 9, scopes: Scopes::of([Scope::Control]), life_ms: 0 });
    pair.run();
    assert!(matches!(ending(&pair), Some(Ending::Failed(ViewerError::LogDisputed(_)))), "{:?}", pair.viewer_out);
}

#[test]
fn no_code_is_shown_before_the_relay_has_proved_that_the_session_is_entered() {
    let world = World::default();
    let mut host = crate::host::HostSession::new(world.host(7), world.start).unwrap();
    let asked = |host: &mut crate::host::HostSession| {
        std::iter::from_fn(|| host.poll_output()).any(|output| matches!(output, HostOutput::Relay(HostToRelay::Nameplate)))
    };
    assert!(!asked(&mut host));
    let other = Pair::new(World { relay: deskhand_identity::SecretKey::from_seed([99; 32]), ..World::default() }).store.opening();
    host.handle(world.start, HostInput::Audit(AuditToHost::Opened { proof: other })).unwrap();
    assert!(!asked(&mut host), "the proof of another relay");
    let proof = Pair::new(World::default()).store.opening();
    host.handle(world.start, HostInput::Audit(AuditToHost::Opened { proof })).unwrap();
    assert!(asked(&mut host));
}

#[test]
fn a_relay_that_never_proves_it_counts_as_one_that_cannot_store() {
    let mut world = World::default();
    world.policy.disk_full = deskhand_identity::DiskFull::Continue;
    let mut host = crate::host::HostSession::new(world.host(7), world.start).unwrap();
    let due = host.poll_timeout().expect("it does not wait for ever");
    host.handle(world.start.plus(due - world.start.mono_ms + LATE_MS), HostInput::Timeout).unwrap();
    let ended = std::iter::from_fn(|| host.poll_output()).any(|output| matches!(output, HostOutput::Ended(EndedBy::Log)));
    assert!(ended, "a code would lead nowhere: no technician's program pairs without the proof");
}
