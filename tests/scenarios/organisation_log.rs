//! The organisation's log: no session vanishes, none is put in, and one that was cut off is sealed as it was.

use harness::Stage;
use serde_json::json;

/// A short session, ended by the technician; its id.
fn ended(stage: &Stage) -> String {
    stage.painter().text_page(1);
    let mut session = stage.session("view");
    session.viewer.wait("still");
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    stage.office.closed(&session.id);
    session.id
}

#[test]
fn a_session_that_the_administrator_deletes_is_missed() {
    let stage = Stage::set();
    let (first, second) = (ended(&stage), ended(&stage));
    let (code, said) = stage.office.organisation();
    assert_eq!((code, &said["stands"], &said["sessions"]), (0, &json!(true), &json!(2)), "{said}");
    std::fs::remove_dir_all(stage.office.session_folder(&first)).expect("removable");
    let (code, said) = stage.office.organisation();
    assert!(code == 5 && said["reasons"].to_string().contains(&first), "{said}");
    assert!(!said["reasons"].to_string().contains(&second), "{said}");
    // Forgetting the entries as well leaves the relay's own signatures without what they cover.
    let log = stage.office.data().join("organisation").join("events.jsonl");
    let lines = std::fs::read_to_string(&log).expect("the log");
    let kept: String = lines.split_inclusive('\n').filter(|line| !line.contains(&first)).collect();
    std::fs::write(&log, kept).expect("writable");
    assert_eq!(stage.office.organisation().0, 5);
}

#[test]
fn a_session_whose_relay_was_killed_is_sealed_as_far_as_it_was_stored() {
    let mut stage = Stage::set();
    stage.painter().text_page(1);
    let mut session = stage.session("view");
    session.viewer.wait("still");
    stage.office.relay().kill();
    session.host.ended();
    stage.office.serve_with(&[]);
    stage.office.closed(&session.id);
    let (code, verdict) = stage.office.verify(&session.id);
    assert_eq!((code, &verdict["verdict"]), (5, &json!("TRUNCATED")), "{verdict}");
    let proofs = stage.office.session_folder(&session.id).join("org.proof");
    assert!(proofs.exists(), "the relay sealed it when it came back");
    let (code, said) = stage.office.organisation();
    assert_eq!(code, 0, "{said}");
    // Whoever cuts it further back afterwards is caught by the seal.
    let events = stage.office.session_folder(&session.id).join("events.jsonl");
    let lines = std::fs::read_to_string(&events).expect("events");
    let count = lines.lines().count();
    std::fs::write(&events, lines.split_inclusive('\n').take(count - 1).collect::<String>()).expect("writable");
    let (_, verdict) = stage.office.verify(&session.id);
    assert!(verdict["reasons"].to_string().contains("organisation's log says"), "{verdict}");
}
