//! The grammar, rule by rule, on synthetic logs that are signed and otherwise sound.

use deskhand_identity::Scope;

use crate::{
    Actor, AnswerInput, AttemptResult, By, Event, Hash, MediaSegment, Source, Verdict,
    testing::{PEER, Synthetic, ended_session},
    verify::verify,
};

/// The number of the event that breaks the rules, and the first reason.
fn refused(session: &mut Synthetic) -> Option<(u64, String)> {
    session.checkpoint();
    let report = verify(&session.store, &session.options()).unwrap();
    match report.verdict {
        Verdict::TamperedAt(at) => Some((at, report.reasons[0].clone())),
        _ => None,
    }
}

#[track_caller]
fn refuses(session: &mut Synthetic, event: Event, why: &str) {
    let seq = session.event(Actor::host(), event);
    let (at, reason) = refused(session).expect("the event breaks a rule");
    assert_eq!(at, seq, "{reason}");
    assert!(reason.contains(why), "{reason}");
}

fn paired() -> Synthetic {
    let mut session = Synthetic::begin(40);
    session.pair();
    assert_eq!(refused(&mut session), None);
    session
}

fn with(scopes: &[Scope]) -> Synthetic {
    let mut session = paired();
    session.consent(scopes);
    session
}

fn view() -> Event {
    Event::ViewStarted { peer: PEER, displays: Vec::new() }
}

fn control(grant: u64) -> Event {
    Event::ControlGranted { peer: PEER, grant, minutes: 5 }
}

fn summary(grant: u64) -> Event {
    Event::InputSummary { peer: PEER, grant, keys: 1, clicks: 0, wheel: 0, moves: 0 }
}

fn prompt(scopes: &[Scope]) -> Event {
    Event::ConsentPrompted { peer: PEER, scopes: scopes.to_vec(), text_sha256: Hash::of(b"?"), locale: "en".into() }
}

fn granted(scopes: &[Scope]) -> Event {
    Event::ConsentGranted { peer: PEER, scopes: scopes.to_vec(), latency_ms: 1, input: AnswerInput::Key, recording: None }
}

#[test]
fn nothing_is_viewed_or_controlled_without_consent() {
    refuses(&mut paired(), view(), "had not allowed viewing");
    refuses(&mut paired(), control(1), "had not allowed control");
    refuses(&mut with(&[Scope::View]), control(1), "had not allowed control");
    refuses(&mut with(&[Scope::Control]), view(), "had not allowed viewing");
    refuses(&mut with(&[Scope::View, Scope::Control]), summary(1), "no such grant");
}

#[test]
fn consent_is_asked_of_an_identified_technician_and_answers_a_question() {
    refuses(&mut Synthetic::begin(41), prompt(&[Scope::View]), "was not identified");
    refuses(&mut paired(), granted(&[Scope::View]), "no question was open");
    refuses(&mut paired(), Event::ConsentDenied { peer: PEER, reason: "timeout".into(), latency_ms: 1 }, "no question was open");
    let mut session = paired();
    session.event(Actor::technician(PEER), prompt(&[Scope::View]));
    refuses(&mut session, granted(&[Scope::View, Scope::Control]), "more than was asked for");
    let mut session = paired();
    session.event(Actor::technician(PEER), prompt(&[Scope::View]));
    refuses(&mut session, prompt(&[Scope::Control]), "another question was open");
}

#[test]
fn stop_takes_every_scope_and_the_end_of_control_its_own() {
    let mut session = with(&[Scope::View, Scope::Control]);
    session.event(Actor::customer(), view());
    session.event(Actor::customer(), control(1));
    session.event(Actor::customer(), Event::ControlRevoked { peer: PEER, grant: 1, by: By::Technician });
    session.event(Actor::technician(PEER), summary(1));
    assert_eq!(refused(&mut session), None, "the last summary may come after the grant ended");
    refuses(&mut session, summary(1), "no such grant");
    let mut session = with(&[Scope::View, Scope::Control]);
    session.event(Actor::customer(), control(1));
    session.event(Actor::customer(), Event::ControlRevoked { peer: PEER, grant: 1, by: By::Timeout });
    refuses(&mut session, control(2), "had not allowed control");
    let mut session = with(&[Scope::View]);
    session.event(Actor::customer(), Event::CustomerStop { how: AnswerInput::Key });
    refuses(&mut session, view(), "had not allowed viewing");
    let mut session = with(&[Scope::View]);
    session.event(Actor::host(), Event::PeerLeft { peer: PEER, reason: "closed".into(), cosigned: 0 });
    refuses(&mut session, view(), "had not allowed viewing");
}

#[test]
fn a_grant_has_a_number_of_its_own() {
    let mut session = with(&[Scope::Control]);
    session.event(Actor::customer(), control(3));
    refuses(&mut session, Event::ControlRevoked { peer: PEER, grant: 2, by: By::Customer }, "was not open");
    let mut session = with(&[Scope::Control]);
    session.event(Actor::customer(), control(3));
    refuses(&mut session, control(3), "used before");
}

#[test]
fn attempts_at_the_code_are_counted() {
    let attempt = |n, left, result| Event::CodeAttempt { n, left, result };
    let issue = |session: &mut Synthetic| {
        let style = deskhand_identity::CodeStyle::Words;
        session.event(Actor::host(), Event::CodeIssued { nameplate: "48213".into(), style, attempts: 3, life_ms: 1 });
    };
    refuses(&mut Synthetic::begin(42), attempt(1, 2, AttemptResult::Wrong), "no code was issued");
    let mut session = Synthetic::begin(42);
    issue(&mut session);
    for (n, left) in [(1, 2), (2, 1), (3, 0)] {
        session.event(Actor::technician(PEER), attempt(n, left, AttemptResult::Started));
        session.event(Actor::technician(PEER), attempt(n, left, AttemptResult::Wrong));
    }
    session.event(Actor::host(), Event::CodeBurned { reason: "attempts".into() });
    assert_eq!(refused(&mut session), None);
    refuses(&mut session, attempt(4, 0, AttemptResult::Wrong), "used or burned");
    for (event, why) in [
        (attempt(2, 1, AttemptResult::Wrong), "one by one"),
        (attempt(1, 3, AttemptResult::Wrong), "was not counted"),
        (attempt(1, 4, AttemptResult::Success), "more attempts are left"),
    ] {
        let mut session = Synthetic::begin(42);
        issue(&mut session);
        refuses(&mut session, event, why);
    }
}

#[test]
fn nothing_follows_the_end_and_nothing_precedes_the_beginning() {
    refuses(&mut ended_session(43), Event::LinkLost { peer: None }, "may follow session.ended");
    let mut session = Synthetic::begin(43);
    let again = session.store.files["events.jsonl"].clone();
    let created = crate::Entry::from_leaf(again.strip_suffix(b"\n").unwrap()).unwrap();
    refuses(&mut session, created.event, "first event and no other");
}

#[test]
fn clocks_go_on_and_only_the_host_writes_what_only_it_knows() {
    let mut session = Synthetic::begin(44);
    let mut draft = session.draft(Actor::host(), Event::LinkLost { peer: None });
    draft.mono_ms = 1;
    session.append(draft);
    assert!(refused(&mut session).unwrap().1.contains("clock went back"));
    let mut session = with(&[Scope::View]);
    let mut draft = session.draft(Actor::technician(PEER), view());
    (draft.src, draft.mono_ms) = (Source::Viewer(PEER), 1);
    session.append(draft);
    assert!(refused(&mut session).unwrap().1.contains("only the host"), "and each writer has a clock of its own");
}

#[test]
fn segments_need_a_recording_an_epoch_a_view_and_every_number() {
    let recorded = || {
        let mut session = with(&[Scope::View]);
        session.event(Actor::host(), Event::EpochChanged { epoch: 1, reason: "start".into(), key_sha256: Hash::of(b"1") });
        session.event(Actor::host(), Event::RecordingStarted { reviewers: Vec::new() });
        session.event(Actor::host(), view());
        session.segment(1, 2);
        assert_eq!(refused(&mut session), None);
        session
    };
    let nothing = |first, last| MediaSegment {
        epoch: 1,
        first,
        last,
        updates: 0,
        bytes: 0,
        sha256: Hash::of(b""),
        discarded: (first..=last).collect(),
    };
    let mut session = recorded();
    session.event(Actor::host(), Event::MediaSegment(nothing(3, 5)));
    assert_eq!(refused(&mut session), None, "a segment may hold nothing but what was discarded");
    refuses(&mut recorded(), Event::MediaSegment(nothing(4, 5)), "missing before it");
    refuses(&mut recorded(), Event::MediaSegment(nothing(2, 3)), "in a segment before");
    refuses(&mut recorded(), Event::MediaSegment(MediaSegment { discarded: vec![3], ..nothing(3, 4) }), "missing in it");
    refuses(&mut recorded(), Event::MediaSegment(MediaSegment { discarded: vec![4, 3], ..nothing(3, 4) }), "out of order");
    refuses(&mut recorded(), Event::MediaSegment(MediaSegment { epoch: 2, ..nothing(3, 3) }), "not announced");
    let again = Event::EpochChanged { epoch: 1, reason: "age".into(), key_sha256: Hash::of(b"1") };
    refuses(&mut recorded(), again, "do not ascend");
    let mut session = recorded();
    session.event(Actor::host(), Event::RecordingFailed { reason: "full".into(), last: Some(2) });
    session.event(Actor::host(), Event::RecordingStarted { reviewers: Vec::new() });
    session.event(Actor::host(), Event::MediaSegment(nothing(9, 9)));
    assert_eq!(refused(&mut session), None, "a recording that starts anew may leave numbers out");
    refuses(&mut with(&[Scope::View]), Event::MediaSegment(nothing(1, 1)), "no recording was started");
}

#[test]
fn a_technician_is_who_the_pairing_and_the_certificate_say() {
    // The same events with the pairing of another session: every signature is right, the transcript is not.
    let mut session = Synthetic::begin(45);
    let other = Synthetic::begin(46);
    session.relay = other.relay.clone();
    session.pair();
    let (_, reason) = refused(&mut session).unwrap();
    assert!(reason.contains("another relay"), "{reason}");
    let mut session = Synthetic::begin(45);
    session.technician.cosign = other.technician.cosign.clone();
    session.pair();
    assert_eq!(refused(&mut session), None, "the cosigning key is not what identifies");
}
