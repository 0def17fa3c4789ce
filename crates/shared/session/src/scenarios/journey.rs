//! A whole session, and what the log says of it.

use deskhand_audit::{Event, Verdict};
use deskhand_wire::{
    control::{EndedBy, Scope},
    relay::StoreFailure,
};

use super::{BOTH, in_control, scopes, viewer_said};
use crate::host::{Customer, HostInput, HostOutput, Link, Screen};
use crate::testing::{Pair, World};
use crate::viewer::{Ending, ViewerInput, ViewerOutput};
use deskhand_audit::AnswerInput;
use deskhand_wire::relay::AuditToHost;

#[test]
fn a_session_from_code_to_end_leaves_a_log_that_verifies() {
    let mut pair = in_control();
    pair.click(1, 10, 10).unwrap();
    pair.update(false, &[[0, 0, 20, 20]]).unwrap();
    assert_eq!(pair.injected().len(), 2);
    pair.at_viewer(1, ViewerInput::End);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Ended(EndedBy::Technician))));
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Ended(Ending::Technician)));
    assert!(pair.host.is_stored());
    let report = pair.store.verify();
    assert_eq!(report.verdict, Verdict::Ok, "{:?}", report.reasons);
    assert!(report.media_bytes > 600, "both updates are in the recording");
    let kinds = pair.store.kinds();
    assert_eq!(
        kinds[..12],
        [
            "session.created",
            "policy.applied",
            "code.issued",
            "code.attempt",
            "code.attempt",
            "pair.confirmed",
            "tech.identified",
            "peer.joined",
            "consent.prompted",
            "consent.granted",
            "view.started",
            "control.granted"
        ]
    );
    for kind in ["recording.started", "epoch.changed", "media.segment", "input.summary", "control.revoked", "view.stopped", "peer.left"] {
        assert!(kinds.contains(&kind), "{kind} is missing in {kinds:?}");
    }
    assert_eq!(kinds.last(), Some(&"session.ended"));
}

#[test]
fn nothing_takes_effect_before_the_consent_is_on_the_relays_disk() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    pair.acknowledges = false;
    pair.answer(scopes(BOTH)).unwrap();
    pair.wait(2_000);
    assert!(!viewer_said(&pair, |output| matches!(output, ViewerOutput::Granted { .. })));
    assert!(!pair.host_out.iter().any(|output| matches!(output, HostOutput::StartView(_) | HostOutput::ControlStarted(_))));
    assert!(pair.seal(true, &[]).is_err());
    pair.acknowledge();
    pair.run();
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Granted { .. })));
    assert!(pair.update(true, &[]).is_ok());
}

#[test]
fn a_stop_while_a_grant_waits_for_the_disk_leaves_nothing_to_wait_for() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    pair.acknowledges = false;
    pair.answer(scopes(BOTH)).unwrap();
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    pair.acknowledges = true;
    pair.acknowledge();
    pair.run();
    assert!(!pair.host_out.iter().any(|output| matches!(output, HostOutput::StartView(_) | HostOutput::ControlStarted(_))));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn stop_takes_every_grant_before_the_call_returns() {
    let mut pair = Pair::with_consent(World::default(), BOTH);
    let mut view = None;
    let mut control = None;
    for output in &pair.host_out {
        match output {
            HostOutput::StartView(grant) => view = Some(grant.clone()),
            HostOutput::ControlStarted(grant) => control = Some(grant.clone()),
            _ => {}
        }
    }
    let (view, control) = (view.unwrap(), control.unwrap());
    let now = pair.now.mono_ms;
    assert!(view.permits(now).is_ok() && control.permits(now).is_ok());
    pair.host.handle(pair.now, HostInput::Customer(Customer::Stop { how: AnswerInput::Pointer })).unwrap();
    assert!(view.permits(now).is_err() && control.permits(now).is_err());
    assert!(pair.seal(true, &[]).is_err());
    pair.run();
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Ended(Ending::Host(EndedBy::Customer))));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok);
}

#[test]
fn a_full_disk_ends_the_session_by_default_and_goes_on_by_policy() {
    let mut pair = in_control();
    pair.at_host(HostInput::Audit(AuditToHost::Failed(StoreFailure::Full)));
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Ended(Ending::Host(EndedBy::Log))));
    assert!(matches!(pair.store.verify().verdict, Verdict::TruncatedAt(_)));

    let mut world = World::default();
    world.policy.disk_full = deskhand_identity::DiskFull::Continue;
    let mut pair = Pair::with_consent(world, BOTH);
    pair.at_host(HostInput::Audit(AuditToHost::Failed(StoreFailure::Full)));
    assert!(!pair.host.status().ended);
    assert!(!pair.host.status().stored);
    assert!(pair.update(true, &[]).is_ok());
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Notice(crate::host::Notice::NotStored(_)))));
}

#[test]
fn a_relay_that_never_acknowledges_counts_as_one_that_can_not_store() {
    let mut pair = Pair::new(World::default());
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    pair.acknowledges = false;
    pair.answer(scopes([Scope::View])).unwrap();
    pair.wait(10_001);
    assert!(pair.host.status().ended);
}

#[test]
fn a_short_cut_keeps_control_and_a_long_one_takes_it() {
    let mut pair = in_control();
    pair.at_host(HostInput::Link(Link::Lost));
    pair.wait(5_000);
    pair.at_host(HostInput::Link(Link::Resumed));
    assert!(pair.host.status().technicians[0].controls.is_some());
    pair.at_host(HostInput::Link(Link::Lost));
    pair.wait(15_000);
    assert!(pair.host.status().technicians[0].controls.is_none());
    pair.at_host(HostInput::Link(Link::Resumed));
    assert!(pair.host.status().technicians[0].views, "the view goes on");
    let gap = |event| match event {
        Event::LinkResumed { gap_ms, .. } => Some(gap_ms),
        _ => None,
    };
    assert_eq!(pair.store.events().into_iter().filter_map(gap).collect::<Vec<_>>(), [5_000, 15_000]);
    pair.at_host(HostInput::Link(Link::Lost));
    pair.wait(300_000);
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Ended(EndedBy::Link))));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn each_side_learns_that_the_other_is_gone() {
    let mut pair = in_control();
    pair.viewers.clear();
    pair.at_host(HostInput::Relay(deskhand_wire::relay::RelayToHost::ViewerLeft { peer: 1 }));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Ended(EndedBy::Link))));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);

    let mut pair = in_control();
    pair.at_viewer(1, ViewerInput::Relay(deskhand_wire::relay::RelayToViewer::HostLeft));
    pair.wait(500);
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Ended(Ending::HostLeft)));
}

#[test]
fn the_viewer_learns_the_shape_of_the_screen_and_its_changes() {
    let mut pair = Pair::new(World::default());
    let screen = Screen { width: 800, height: 600, displays: vec![[0, 0, 800, 600]] };
    pair.at_host(HostInput::Screen(screen.clone()));
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    pair.answer(scopes([Scope::View])).unwrap();
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Screen { width: 800, height: 600, .. })));
    pair.at_host(HostInput::Screen(Screen { width: 1024, ..screen }));
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Screen { width: 1024, height: 600, .. })));
}

#[test]
fn every_byte_of_a_stored_log_counts() {
    let mut pair = in_control();
    pair.click(1, 10, 10).unwrap();
    pair.at_viewer(1, ViewerInput::End);
    let whole = pair.store.clone();
    let names: Vec<String> = whole.files().keys().cloned().collect();
    for name in names {
        let length = whole.files()[&name].len();
        for at in (0..length).step_by((length / 12).max(1)) {
            let mut changed = whole.clone();
            changed.flip(&name, at);
            assert!(!changed.verify().verdict.stands(), "{name} byte {at}");
        }
    }
}

#[test]
fn the_hosts_last_words_are_heard_although_the_relay_was_faster() {
    let mut pair = in_control();
    pair.at_viewer(1, ViewerInput::Relay(deskhand_wire::relay::RelayToViewer::HostLeft));
    pair.wait(100);
    pair.customer(Customer::Stop { how: AnswerInput::Key }).unwrap();
    pair.wait(1_000);
    let endings: Vec<_> = pair.viewer_out.iter().filter(|(_, output)| matches!(output, ViewerOutput::Ended(_))).collect();
    assert_eq!(endings, [&(1, ViewerOutput::Ended(Ending::Host(EndedBy::Customer)))]);
}
