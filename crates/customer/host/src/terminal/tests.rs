//! The terminal front as scenarios.

use super::*;
use crate::snapshot::{Code, Reason};
use deskhand_session::{RecordingNotice, Scope, Standing};
use json::Json;
use plain::Plain;
use std::time::Duration;

fn snapshot(page: Page) -> Snapshot {
    Snapshot { page, organisation: "Acme Support".into(), standing: Standing::Unknown, notices: Vec::new(), stop_keys: None }
}

fn question(id: u32, scopes: Scopes, now: Instant) -> Question {
    Question {
        id,
        technician: "Ana Ruiz".into(),
        ticket: None,
        reason: None,
        scopes,
        already: Scopes::NONE,
        minutes: None,
        recording: Some(RecordingNotice { reviewers: 2, may_refuse: true }),
        allow_from: now,
        until: now + Duration::from_secs(120),
        session: None,
    }
}

fn both() -> Scopes {
    Scopes::of(Scope::ALL)
}

fn session(scopes: Scopes, now: Instant) -> Page {
    Page::Session(Session { technician: "Ana Ruiz".into(), scopes, since: now, line_lost: false })
}

fn ended() -> Page {
    Page::Ended(Ended { reason: Reason::Technician, session: "abc".into(), was_seen: true, receipt: None })
}

fn json_of(told: &[Told]) -> Vec<String> {
    told.iter().flat_map(|told| Json.lines(told)).collect()
}

fn ask(front: &mut Front, now: Instant) {
    let (told, _) = front.snapshot(&snapshot(Page::Question(question(1, both(), now))), now);
    assert!(matches!(told[..], [Told::Consent { .. }]));
}

#[test]
fn a_whole_session_tells_scripts_what_the_contract_says() {
    let (mut front, now) = (Front::default(), Instant::now());
    let code = Code { text: "48213-velvet-anchor-oxygen".into(), expires: now + Duration::from_secs(600) };
    let mut lines = Vec::new();
    for page in [
        Page::Connecting,
        Page::Code(code),
        Page::Pairing,
        Page::Question(question(1, both(), now)),
        Page::Question(question(1, both(), now)),
        session(both(), now),
        session(Scopes::of([Scope::View]), now),
        ended(),
    ] {
        lines.extend(json_of(&front.snapshot(&snapshot(page), now).0));
    }
    let parsed: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = serde_json::json!([
        {"event": "code", "code": "48213-velvet-anchor-oxygen", "expires_s": 600},
        {"event": "consent", "technician": "Ana Ruiz", "organisation": "Acme Support", "domain": null, "ticket": null,
         "scopes": ["view", "control"], "recording": "optional", "reviewers": 2},
        {"event": "granted", "scopes": ["view", "control"]},
        {"event": "technician", "joined": true},
        {"event": "technician", "joined": false},
        {"event": "ended", "reason": "technician", "session": "abc"},
    ]);
    assert_eq!(serde_json::Value::Array(parsed), expected);
}

#[test]
fn a_later_question_carries_reason_and_minutes() {
    let (mut front, now) = (Front::default(), Instant::now());
    let later = Question {
        already: Scopes::of([Scope::View]),
        reason: Some("fix the printer".into()),
        minutes: Some(5),
        ..question(2, Scopes::of([Scope::Control]), now)
    };
    let lines = json_of(&front.snapshot(&snapshot(Page::Question(later)), now).0);
    let value: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((value["reason"].as_str(), value["minutes"].as_u64()), (Some("fix the printer"), Some(5)));
}

#[test]
fn a_line_that_came_before_the_question_is_no_answer() {
    let (mut front, now) = (Front::default(), Instant::now());
    assert_eq!(front.line("y", false, now), (Vec::new(), None));
    ask(&mut front, now);
    assert_eq!(
        front.line("y", false, now).1,
        Some(Command::Answer { question: 1, scopes: both(), input: AnswerInput::Terminal, recorded: true })
    );
}

#[test]
fn one_yes_answers_one_question() {
    let (mut front, now) = (Front::default(), Instant::now());
    ask(&mut front, now);
    assert!(front.line("y", false, now).1.is_some());
    assert_eq!(front.line("y", false, now).1, None);
    let no = Some(Command::Answer { question: 1, scopes: Scopes::NONE, input: AnswerInput::Terminal, recorded: true });
    assert_eq!(front.line("n", false, now).1, no, "a no may follow");
}

#[test]
fn only_what_is_named_is_allowed() {
    let (mut front, now) = (Front::default(), Instant::now());
    ask(&mut front, now);
    let view = Scopes::of([Scope::View]);
    assert_eq!(
        front.line("view", false, now).1,
        Some(Command::Answer { question: 1, scopes: view, input: AnswerInput::Terminal, recorded: true })
    );
}

#[test]
fn the_end_of_input_means_no_now_and_later() {
    let (mut front, now) = (Front::default(), Instant::now());
    let no = |id| Some(Command::Answer { question: id, scopes: Scopes::NONE, input: AnswerInput::Terminal, recorded: true });
    ask(&mut front, now);
    assert_eq!(front.end_of_input(), no(1));
    let mut other = Front::default();
    assert_eq!(other.end_of_input(), None);
    assert_eq!(other.snapshot(&snapshot(Page::Question(question(7, both(), now))), now).1, no(7));
}

#[test]
fn stop_works_at_any_time() {
    let (mut front, now) = (Front::default(), Instant::now());
    let stop = Some(Command::Stop(AnswerInput::Terminal));
    assert_eq!(front.line("stop\n", true, now).1, stop);
    ask(&mut front, now);
    assert_eq!(front.line(" STOP ", true, now).1, stop);
}

#[test]
fn a_person_who_says_yes_too_early_is_asked_to_read_first() {
    let (mut front, now) = (Front::default(), Instant::now());
    let asked = Question { allow_from: now + Duration::from_secs(5), ..question(1, both(), now) };
    front.snapshot(&snapshot(Page::Question(asked)), now);
    assert_eq!(front.line("y", true, now), (vec![Told::TooEarly { seconds: 5 }], None));
    let no = front.line("n", true, now).1;
    assert_eq!(
        no,
        Some(Command::Answer { question: 1, scopes: Scopes::NONE, input: AnswerInput::Terminal, recorded: true }),
        "No works at once"
    );
}

#[test]
fn what_means_nothing_is_asked_again() {
    let (mut front, now) = (Front::default(), Instant::now());
    ask(&mut front, now);
    assert_eq!(front.line("sure", true, now), (vec![Told::NotUnderstood], None));
}

#[test]
fn a_notice_is_told_once() {
    let (mut front, now) = (Front::default(), Instant::now());
    let page = session(both(), now);
    let with = |notices: &[Notice]| Snapshot { notices: notices.to_vec(), ..snapshot(page.clone()) };
    front.snapshot(&with(&[]), now);
    let told = |front: &mut Front, notices: &[Notice]| front.snapshot(&with(notices), now).0;
    assert_eq!(told(&mut front, &[Notice::StaleClick]), [Told::Notice(Notice::StaleClick)]);
    assert_eq!(told(&mut front, &[Notice::StaleClick]), []);
    assert_eq!(told(&mut front, &[Notice::StaleClick, Notice::LineLost]), [Told::Notice(Notice::LineLost)]);
    assert_eq!(told(&mut front, &[Notice::LineLost, Notice::LineBack]), [Told::Notice(Notice::LineBack)]);
}

#[test]
fn people_read_who_asks_for_what_and_the_default_is_no() {
    let now = Instant::now();
    let asked = Question { technician: "Eve\u{1b}[2J\nAllowed: y".into(), reason: Some("a\nb".into()), ..question(1, both(), now) };
    let told = Told::Consent { question: asked, organisation: "Acme".into(), domain_line: "Unknown organisation".into(), domain: None };
    let lines = Plain.lines(&told);
    assert!(lines.iter().all(|line| !line.chars().any(char::is_control)), "{lines:?}");
    assert!(lines.last().unwrap().ends_with("[y/N]"), "{lines:?}");
    assert!(lines.iter().any(|line| line == "Unknown organisation"), "{lines:?}");
}
