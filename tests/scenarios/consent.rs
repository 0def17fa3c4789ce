//! Consent is law: nothing is captured before "Allow" and nothing after Stop.

use harness::{Host, Office, Stage, Viewer, Watch, until};
use serde_json::json;
use std::path::Path;

/// Bytes of recorded screen in a session's stored folder.
fn recorded(office: &Office, session: &str) -> u64 {
    let media = office.session_folder(session).join("media");
    let files = std::fs::read_dir(Path::new(&media)).into_iter().flatten().flatten();
    files.map(|file| file.metadata().map_or(0, |about| about.len())).sum()
}

#[test]
fn no_pixel_is_asked_for_before_allow_and_none_after_stop() {
    let stage = Stage::set();
    let painter = stage.painter();
    painter.text_page(1);
    let watch = Watch::on(&stage.screen);
    let mut host = stage.host();
    let code = host.code();
    let mut viewer = Viewer::start(&stage.office, &code);
    let session = viewer.paired();
    host.question();
    painter.text_page(2);
    assert_eq!(watch.pixels(), 0, "pixels were asked for before the answer");
    assert_eq!(recorded(&stage.office, &session), 0, "screen bytes before the answer");

    host.answer("y");
    viewer.granted();
    viewer.wait("still");
    assert!(watch.pixels() > 0);
    until("the relay recorded updates", || (recorded(&stage.office, &session) > 0).then_some(()));

    host.stop();
    assert_eq!(host.ended()["reason"], "customer");
    let (asked, bytes) = (watch.pixels(), recorded(&stage.office, &session));
    for seed in 3..8 {
        painter.text_page(seed);
    }
    assert_eq!(host.program.exit_code(), Some(0));
    assert_eq!(watch.pixels(), asked, "pixels were asked for after Stop");
    assert_eq!(recorded(&stage.office, &session), bytes, "screen bytes after Stop");
    viewer.wait("end");
    stage.office.closed(&session);
    assert_eq!(stage.office.verify(&session).0, 0);
}

#[test]
fn a_customer_who_says_no_is_not_seen_and_the_technician_is_told() {
    let stage = Stage::set();
    let watch = Watch::on(&stage.screen);
    let mut host = stage.host();
    let mut viewer = Viewer::start(&stage.office, &host.code());
    let session = viewer.paired();
    let question = host.question();
    assert_eq!(question["technician"], "Ana Ruiz");
    assert_eq!(question["organisation"], "Acme Support");
    host.answer("n");
    let refused = viewer.event("refused");
    assert_eq!(refused["reason"], "customer", "{refused}");
    assert_eq!(viewer.program.exit_code(), Some(3));
    assert_eq!(watch.pixels(), 0);
    until("the log says so", || stage.office.kinds(&session).contains(&"consent.denied".to_owned()).then_some(()));
}

#[test]
fn the_end_of_the_terminal_is_no_consent() {
    let stage = Stage::set();
    let watch = Watch::on(&stage.screen);
    let mut host = stage.host();
    let mut viewer = Viewer::start(&stage.office, &host.code());
    viewer.paired();
    host.question();
    host.program.close_input();
    viewer.event("refused");
    assert_eq!(watch.pixels(), 0);
}

#[test]
fn a_question_that_nobody_answers_times_out_as_no() {
    let stage = Stage::with_policy(&["consent_timeout_ms=10000"], &[]);
    let mut host = stage.host();
    let mut viewer = Viewer::start(&stage.office, &host.code());
    viewer.paired();
    host.question();
    let refused = viewer.event("refused");
    assert_eq!(refused["reason"], "timed-out", "{refused}");
    assert_eq!(viewer.program.exit_code(), Some(3));
}

#[test]
fn view_and_control_are_separate_and_control_can_be_asked_for_later() {
    let stage = Stage::set();
    let _painter = stage.painter();
    let watch = Watch::on(&stage.screen);
    let mut session = stage.session("view");
    session.viewer.wait("view");
    let refused = session.viewer.ask(json!({"do": "pointer", "x": 10, "y": 10, "click": "left"}));
    assert_eq!(refused["ok"], false, "{refused}");
    assert_eq!(watch.input(), 0, "input without control");

    session.viewer.must(json!({"do": "request", "scope": "control", "minutes": 5, "reason": "to fix the printer"}));
    let question = session.host.question();
    assert_eq!(question["scopes"], json!(["control"]));
    assert_eq!((&question["minutes"], &question["reason"]), (&json!(5), &json!("to fix the printer")));
    session.host.answer("y");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "pointer", "x": 77, "y": 88, "click": "left"}));
    until("the pointer is there", || (stage.screen.pointer() == (77, 88)).then_some(()));
    assert!(watch.input() > 0);
}

#[test]
fn control_that_was_denied_later_leaves_the_view_as_it_is() {
    let stage = Stage::set();
    let painter = stage.painter();
    let watch = Watch::on(&stage.screen);
    let mut session = stage.session("view");
    session.viewer.wait("view");
    session.viewer.must(json!({"do": "request", "scope": "control", "minutes": 5, "reason": "please"}));
    session.host.question();
    session.host.answer("n");
    assert_eq!(session.viewer.event("denied")["reason"], "customer");
    painter.text_page(9);
    session.viewer.wait("still");
    assert_eq!(watch.input(), 0);
    assert!(session.viewer.program.is_running());
}

#[test]
fn two_customers_at_once_do_not_hear_of_each_other() {
    let stage = Stage::set();
    let mut one = stage.session("y");
    let screen = harness::XServer::start(640, 480);
    let mut host = Host::start(&stage.office, screen.display());
    let mut viewer = Viewer::start(&stage.office, &host.code());
    let id = viewer.paired();
    host.question();
    host.answer("y");
    viewer.granted();
    assert_ne!(one.id, id);
    viewer.wait("still");
    one.viewer.wait("still");
    let (_, width, _) = viewer.snapshot(&stage.office.path().join("two.png"));
    assert_eq!(width, 640);
    let (_, width, _) = one.viewer.snapshot(&stage.office.path().join("one.png"));
    assert_eq!(width, 1024);
}
