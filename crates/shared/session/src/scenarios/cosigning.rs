//! The relay puts its name to every head of the log; where it does not, that is in the log and, by policy, ends control.

use deskhand_audit::{AnswerInput, Event, Verdict};
use deskhand_identity::CosignMissing;
use deskhand_wire::{control::Scope, relay::AuditToHost};

use crate::host::{Customer, HostInput};
use crate::testing::{Pair, World};

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
