//! Updates, epochs, ticks, and what the recording holds.

use deskhand_audit::{Event, MediaSegment, Verdict};
use deskhand_wire::control::{Scope, Scopes};

use super::{BOTH, in_control, scopes, viewer_said};
use crate::error::{SealRefusal, UpdateRefusal};
use crate::host::{Customer, HostOutput};
use crate::testing::{Pair, World};
use crate::viewer::{ViewerInput, ViewerOutput};

fn epochs(pair: &Pair) -> Vec<(u32, String)> {
    let of = |event| match event {
        Event::EpochChanged { epoch, reason, .. } => Some((epoch, reason)),
        _ => None,
    };
    pair.store.events().into_iter().filter_map(of).collect()
}

fn segments(pair: &Pair) -> Vec<MediaSegment> {
    let of = |event| match event {
        Event::MediaSegment(segment) => Some(segment),
        _ => None,
    };
    pair.store.events().into_iter().filter_map(of).collect()
}

fn key_updates_wanted(pair: &Pair) -> usize {
    pair.host_out.iter().filter(|output| matches!(output, HostOutput::KeyUpdateWanted)).count()
}

#[test]
fn no_update_is_sealed_before_consent_and_none_after_stop() {
    let mut pair = Pair::new(World::default());
    assert_eq!(pair.seal(true, &[]).unwrap_err(), SealRefusal::NotAllowed);
    let ana = pair.world.technician("Ana", 20);
    pair.join(1, &ana);
    assert_eq!(pair.seal(true, &[]).unwrap_err(), SealRefusal::NotAllowed);
    pair.answer(scopes([Scope::View])).unwrap();
    assert!(pair.update(true, &[]).is_ok());
    pair.customer(Customer::Stop { how: deskhand_audit::AnswerInput::Pointer }).unwrap();
    assert_eq!(pair.seal(true, &[]).unwrap_err(), SealRefusal::NotAllowed);
}

#[test]
fn an_epoch_begins_with_a_key_update_when_somebody_joins_or_leaves() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    assert_eq!(epochs(&pair), [(1, "join".to_owned())]);
    assert_eq!(pair.seal(false, &[]).unwrap_err(), SealRefusal::KeyUpdateNeeded);
    pair.update(true, &[]).unwrap();
    pair.update(false, &[]).unwrap();
    pair.customer(Customer::NewCode).unwrap();
    let ben = pair.world.technician("Ben", 21);
    pair.join(2, &ben);
    pair.clear();
    pair.answer(scopes([Scope::View])).unwrap();
    assert_eq!(key_updates_wanted(&pair), 1);
    assert_eq!(pair.seal(false, &[]).unwrap_err(), SealRefusal::KeyUpdateNeeded);
    let sealed = pair.update(true, &[]).unwrap();
    assert_eq!(sealed.header.epoch, 2);
    assert_eq!(pair.viewers[&1].status().newest, sealed.header.number);
    assert_eq!(pair.viewers[&2].status().newest, sealed.header.number);
    pair.at_viewer(2, ViewerInput::End);
    let sealed = pair.update(true, &[]).unwrap();
    assert_eq!(sealed.header.epoch, 3);
    assert_eq!(epochs(&pair).last(), Some(&(3, "leave".to_owned())));
    pair.at_viewer(1, ViewerInput::End);
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn an_epoch_lasts_an_hour() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    pair.update(true, &[]).unwrap();
    pair.wait(60 * 60_000);
    assert_eq!(epochs(&pair).last(), Some(&(2, "time".to_owned())));
    assert!(pair.update(true, &[]).is_ok());
}

#[test]
fn a_tick_follows_an_update_and_matches_what_was_opened() {
    let mut pair = in_control();
    for _ in 0..10 {
        pair.update(false, &[[0, 0, 10, 10]]).unwrap();
        pair.wait(700);
    }
    assert!(!viewer_said(&pair, |output| matches!(output, ViewerOutput::Stale(_))));
    assert!(!pair.viewers[&1].status().stale);
}

#[test]
fn an_update_that_is_held_back_makes_the_picture_stale_until_a_key_update() {
    let mut pair = in_control();
    let held = pair.seal(false, &[[0, 0, 10, 10]]).unwrap();
    pair.record(&held);
    pair.wait(3_300);
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Stale(true)));
    assert!(key_updates_wanted(&pair) > 0);
    pair.update(true, &[[0, 0, 800, 600]]).unwrap();
    pair.wait(300);
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Stale(false)));
    assert!(pair.click(1, 5, 5).is_ok());
}

#[test]
fn an_update_that_was_changed_on_the_way_is_refused_and_the_picture_is_stale() {
    let mut pair = in_control();
    let mut sealed = pair.seal(false, &[]).unwrap();
    *sealed.bytes.last_mut().unwrap() ^= 1;
    assert_eq!(pair.deliver(1, &sealed).unwrap_err(), UpdateRefusal::Forged);
    pair.run();
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Stale(true)));
    assert!(key_updates_wanted(&pair) > 0);
}

#[test]
fn what_was_given_up_on_the_way_is_named_in_the_log_and_the_session_verifies() {
    let mut pair = in_control();
    pair.update(false, &[]).unwrap();
    let given_up = pair.seal(false, &[]).unwrap();
    assert!(pair.host.discarded(pair.now, given_up.header.number));
    assert_eq!(pair.seal(false, &[]).unwrap_err(), SealRefusal::KeyUpdateNeeded);
    pair.update(true, &[]).unwrap();
    pair.wait(6_000);
    let last = segments(&pair).pop().unwrap();
    assert!(last.discarded.contains(&given_up.header.number), "{last:?}");
    assert!(!pair.host.discarded(pair.now, last.last), "the log has committed to it");
    pair.at_viewer(1, ViewerInput::End);
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn key_updates_are_asked_for_at_most_five_times_a_second() {
    let mut pair = in_control();
    pair.wait(1_000);
    pair.clear();
    let frame = |pair: &mut Pair| pair.viewers.get_mut(&1).unwrap().evil_control(&deskhand_wire::control::ViewerToHost::KeyUpdate).unwrap();
    for _ in 0..100 {
        let frame = frame(&mut pair);
        pair.at_host(crate::host::HostInput::Control { peer: 1, frame });
    }
    pair.wait(1_000);
    assert!(key_updates_wanted(&pair) <= 2, "{}", key_updates_wanted(&pair));
}

#[test]
fn with_recording_off_nothing_is_stored_and_the_log_is_kept() {
    let mut world = World::default();
    world.policy.recording = deskhand_identity::Recording::Off;
    let mut pair = Pair::with_consent(world, BOTH);
    pair.update(true, &[]).unwrap();
    pair.at_viewer(1, ViewerInput::End);
    assert!(!pair.store.kinds().contains(&"recording.started"));
    let report = pair.store.verify();
    assert_eq!((report.verdict, report.media_bytes), (Verdict::Ok, 0), "{:?}", report.reasons);
}

#[test]
fn the_customer_is_told_of_the_recording_before_it_begins_and_may_refuse_it_where_the_policy_says_so() {
    use deskhand_identity::Recording;
    let ask = |recording: Recording| {
        let mut world = World::default();
        world.policy.recording = recording;
        let mut pair = Pair::new(world);
        let ana = pair.world.technician("Ana Ruiz", 20);
        pair.join(1, &ana);
        pair
    };
    let notice = |pair: &Pair| pair.question().expect("a question").recording;
    let refuse = |pair: &mut Pair| pair.customer(Customer::Recording { wanted: false });
    let recorded = |pair: &Pair| pair.store.kinds().contains(&"recording.started");

    let mut optional = ask(Recording::Optional);
    assert!(notice(&optional).is_some_and(|notice| notice.may_refuse));
    assert!(optional.question().unwrap().text.contains("recorded"), "the text that the log commits to says it");
    refuse(&mut optional).unwrap();
    optional.answer(Scopes::of([Scope::View])).unwrap();
    assert!(!recorded(&optional));
    let said = optional.store.events().into_iter().find_map(|event| match event {
        deskhand_audit::Event::ConsentGranted { recording, .. } => Some(recording),
        _ => None,
    });
    assert_eq!(said, Some(Some(false)), "the log says that it was the customer");

    let mut required = ask(Recording::Required);
    assert!(notice(&required).is_some_and(|notice| !notice.may_refuse));
    assert!(refuse(&mut required).is_err());
    required.answer(Scopes::of([Scope::View])).unwrap();
    assert!(recorded(&required));
    assert!(refuse(&mut required).is_err(), "it runs");

    assert_eq!(notice(&ask(Recording::Off)), None);
}
