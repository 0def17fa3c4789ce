//! The customer is asked.

use deskhand_audit::{AnswerInput, Event, Verdict};
use deskhand_wire::control::{Denial, EndedBy, Scope};

use super::{BOTH, in_control, scopes, viewer_said};
use crate::error::ApiMisuse;
use crate::grant::Refusal;
use crate::host::{Customer, HostInput, HostOutput};
use crate::question::Standing;
use crate::testing::{Pair, World};
use crate::viewer::{Ending, ViewerInput, ViewerOutput};

fn asked(world: World) -> Pair {
    let mut pair = Pair::new(world);
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    pair
}

fn ask_for_control(pair: &mut Pair, minutes: u16) {
    let reason = Some("to click for you".to_owned());
    pair.at_viewer(1, ViewerInput::Request { scope: Scope::Control, minutes, reason });
}

#[test]
fn the_question_says_who_asks_for_what_and_why() {
    let pair = asked(World::default());
    let question = pair.question().unwrap();
    assert_eq!(question.technician, "Ana Ruiz");
    assert_eq!(question.organisation, "Acme Support");
    assert_eq!(question.ticket.as_deref(), Some("T-17"));
    assert_eq!(question.reason.as_deref(), Some("the printer"));
    assert_eq!(question.scopes, scopes(BOTH));
    assert!(question.text.contains("see your screen and control"), "{}", question.text);
    let entries = pair.store.entries();
    let prompted = entries.iter().find(|entry| entry.event.kind() == "consent.prompted").unwrap();
    let Event::ConsentPrompted { text_sha256, .. } = &prompted.event else { unreachable!() };
    assert_eq!(*text_sha256, deskhand_audit::Hash::of(question.text.as_bytes()));
    assert_eq!(prompted.sealed.as_ref().unwrap().field, "reason");
    let stored: Vec<u8> = pair.store.files().values().flatten().copied().collect();
    for secret in ["the printer", "T-17"] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} reached the relay");
    }
}

#[test]
fn an_unknown_organisation_can_not_be_allowed_before_the_pause_is_over_but_refused_at_once() {
    let unknown = || World { standing: Standing::Unknown, ..World::default() };
    let mut pair = asked(unknown());
    pair.wait(4_999);
    assert_eq!(pair.answer(scopes([Scope::View])), Err(ApiMisuse::TooEarly(1)));
    assert!(pair.question().is_some());
    pair.wait(1);
    pair.answer(scopes([Scope::View])).unwrap();
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Granted { .. })));

    let mut pair = asked(unknown());
    pair.answer(scopes([])).unwrap();
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::Customer, .. })));
}

#[test]
fn a_domain_that_was_checked_before_the_question_takes_the_pause_away() {
    let mut pair = Pair::new(World { standing: Standing::Unknown, ..World::default() });
    let checked = Standing::Domain("acme.example".into());
    pair.at_host(HostInput::Standing(checked.clone()));
    let ana = pair.world.technician("Ana Ruiz", 20);
    pair.join(1, &ana);
    assert_eq!(pair.question().unwrap().standing, checked);
    assert_eq!(pair.host.status().standing, checked);
    pair.answer(scopes([Scope::View])).unwrap();
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Granted { .. })));
}

#[test]
fn a_question_that_was_asked_of_an_unknown_organisation_stays_so_when_its_domain_is_checked_meanwhile() {
    let mut pair = asked(World { standing: Standing::Unknown, ..World::default() });
    let before = pair.question().unwrap();
    pair.at_host(HostInput::Standing(Standing::Domain("acme.example".into())));
    assert_eq!(pair.question().unwrap(), before, "the log holds the hash of what was shown");
    assert!(matches!(pair.answer(scopes([Scope::View])), Err(ApiMisuse::TooEarly(_))));
    pair.wait(5_000);
    pair.answer(scopes([Scope::View])).unwrap();
    ask_for_control(&mut pair, 5);
    assert_eq!(pair.question().unwrap().standing, Standing::Domain("acme.example".into()));
}

#[test]
fn a_no_gives_nothing_and_ends_the_session() {
    let mut pair = asked(World::default());
    pair.answer(scopes([])).unwrap();
    assert!(viewer_said(&pair, |output| *output == ViewerOutput::Ended(Ending::Host(EndedBy::Customer))));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Ended(EndedBy::Customer))));
    assert!(pair.seal(true, &[]).is_err());
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn a_question_that_nobody_answers_counts_as_no() {
    let mut pair = asked(World::default());
    pair.wait(119_999);
    assert!(pair.question().is_some());
    pair.wait(1);
    assert!(pair.question().is_none());
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::TimedOut, .. })));
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::Ended(EndedBy::Timeout))));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn an_answer_to_no_question_or_to_more_than_was_asked_is_refused() {
    let mut pair = asked(World::default());
    let answer = |question, allow| Customer::Answer { question, allow, how: AnswerInput::Key };
    assert_eq!(pair.customer(answer(9, scopes(BOTH))), Err(ApiMisuse::NoSuchQuestion(9)));
    pair.customer(answer(1, scopes([Scope::View]))).unwrap();
    assert_eq!(pair.customer(answer(1, scopes(BOTH))), Err(ApiMisuse::NoSuchQuestion(1)));
    ask_for_control(&mut pair, 5);
    assert_eq!(pair.customer(answer(2, scopes(BOTH))), Err(ApiMisuse::MoreThanAsked));
    pair.customer(answer(2, scopes([Scope::Control]))).unwrap();
}

#[test]
fn control_alone_is_not_given_without_the_view() {
    let mut pair = asked(World::default());
    pair.answer(scopes([Scope::Control])).unwrap();
    assert!(!viewer_said(&pair, |output| matches!(output, ViewerOutput::Granted { .. })));
}

#[test]
fn view_and_control_are_separate_and_control_can_be_asked_for_later_for_some_minutes() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    assert!(pair.host.status().technicians[0].views);
    assert!(pair.host.status().technicians[0].controls.is_none());
    ask_for_control(&mut pair, 5);
    let question = pair.question().unwrap();
    assert_eq!((question.minutes, question.scopes), (Some(5), scopes([Scope::Control])));
    pair.answer(scopes([Scope::Control])).unwrap();
    let until = pair.host.status().technicians[0].controls.unwrap().unwrap();
    assert_eq!(until, pair.now.mono_ms + 5 * 60_000);
    assert_eq!(pair.viewers[&1].status().control_until, Some(until));
    pair.wait(5 * 60_000);
    assert!(pair.host.status().technicians[0].controls.is_none());
    assert!(pair.host.status().technicians[0].views);
    assert!(pair.input(1, deskhand_wire::input::InputEvent::Move { x: 1, y: 1 }).is_err());
}

#[test]
fn a_refused_wish_can_not_be_repeated_at_once() {
    let mut pair = Pair::with_consent(World::default(), [Scope::View]);
    ask_for_control(&mut pair, 5);
    pair.answer(scopes([])).unwrap();
    assert!(pair.host.status().technicians[0].views, "the view stays");
    pair.clear();
    ask_for_control(&mut pair, 5);
    assert!(pair.question().is_none());
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::Busy, .. })));
    pair.wait(3_000);
    ask_for_control(&mut pair, 5);
    assert!(pair.question().is_some());
}

#[test]
fn what_the_policy_forbids_is_not_even_asked() {
    let mut world = World::default();
    world.policy.scopes = vec![deskhand_identity::Scope::View];
    let mut pair = asked(world);
    assert_eq!(pair.question().unwrap().scopes, scopes([Scope::View]));
    pair.answer(scopes([Scope::View])).unwrap();
    ask_for_control(&mut pair, 5);
    assert!(pair.question().is_none());
    assert!(viewer_said(&pair, |output| matches!(output, ViewerOutput::Denied { why: Denial::Policy, .. })));
}

#[test]
fn while_a_question_is_open_no_control_grant_permits_anything() {
    let mut pair = in_control();
    let ben = pair.world.technician("Ben", 21);
    pair.input(1, key_down()).unwrap();
    pair.customer(Customer::NewCode).unwrap();
    pair.clear();
    pair.join(2, &ben);
    assert_eq!(pair.question().unwrap().technician, "Ben");
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::ReleaseAll)), "held keys are let go");
    pair.click(1, 5, 5).unwrap();
    assert!(pair.injected().is_empty());
    assert!(viewer_said(&pair, |output| {
        matches!(output, ViewerOutput::InputRefused { why: deskhand_wire::control::InputRefusal::QuestionOpen, .. })
    }));
    pair.answer(scopes([Scope::View])).unwrap();
    pair.click(1, 5, 5).unwrap();
    assert_eq!(pair.injected().len(), 2, "it works again");
    assert_eq!(pair.host.status().technicians.len(), 2);
    pair.at_viewer(1, ViewerInput::End);
    assert!(!pair.host.status().ended, "Ben is still there");
    pair.at_viewer(2, ViewerInput::End);
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

#[test]
fn a_handle_refuses_while_a_question_is_open_and_works_again_after_it() {
    let mut pair = Pair::with_consent(World::default(), BOTH);
    let grant = pair.host_out.drain(..).find_map(|output| match output {
        HostOutput::ControlStarted(grant) => Some(grant),
        _ => None,
    });
    let grant = grant.unwrap();
    pair.customer(Customer::NewCode).unwrap();
    let ben = pair.world.technician("Ben", 21);
    pair.join(2, &ben);
    assert_eq!(grant.permits(pair.now.mono_ms), Err(Refusal::QuestionOpen));
    pair.answer(scopes([])).unwrap();
    assert_eq!(grant.permits(pair.now.mono_ms), Ok(()));
    assert_eq!(grant.permits(grant.until().unwrap()), Err(Refusal::Expired));
}

#[test]
fn a_technician_who_goes_while_being_asked_about_withdraws_the_question() {
    let mut pair = asked(World::default());
    pair.at_viewer(1, ViewerInput::End);
    assert!(pair.question().is_none());
    assert!(pair.host_out.iter().any(|output| matches!(output, HostOutput::QuestionClosed { question: 1 })));
    assert_eq!(pair.store.verify().verdict, Verdict::Ok, "{:?}", pair.store.verify().reasons);
}

fn key_down() -> deskhand_wire::input::InputEvent {
    use deskhand_wire::input::{InputEvent, Key, NamedKey};
    InputEvent::Key { key: Key::Named(NamedKey::Shift), down: true }
}
