//! What is sealed opens to the organisation's reviewers, and to nobody once the half of its key is destroyed.

use harness::{Stage, program::run};
use serde_json::json;
use std::path::Path;

/// A session in which the technician gives a reason, ended.
fn with_a_reason(stage: &Stage) -> String {
    stage.painter().text_page(2);
    let mut session = stage.session("view");
    session.viewer.wait("view");
    session.viewer.must(json!({"do": "request", "scope": "control", "minutes": 5, "reason": "the printer is broken"}));
    session.host.question();
    session.host.answer("control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    stage.office.closed(&session.id);
    session.id
}

/// `show --open` with a key, and further arguments: exit code and everything it said.
fn show(stage: &Stage, id: &str, key: &Path, further: &[&str]) -> (i32, String) {
    let (data, key) = (stage.office.data().display().to_string(), key.display().to_string());
    let mut arguments = vec!["show", id, "--store", &data, "--open", "--key", &key];
    arguments.extend(further);
    let (code, out, err) = run("deskhand-review", arguments);
    (code, out + &err)
}

#[test]
fn a_reviewer_of_the_statement_reads_the_reason_and_nobody_else_does() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    let (code, verdict) = stage.office.verify(&id);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
    let (code, said) = show(&stage, &id, &maria, &[]);
    assert!(code == 0 && said.contains(r#"reason: "the printer is broken""#), "{code}: {said}");
    // One who becomes a reviewer afterwards reads later sessions alone; a technician's key is no reviewer's.
    let late = stage.office.new_reviewer("late");
    let (code, said) = show(&stage, &id, &late, &[]);
    assert!(code == 3 && said.contains("not sealed to this key"), "{code}: {said}");
    let (code, said) = show(&stage, &id, &stage.office.key("technician"), &[]);
    assert!(code == 1 && !said.contains("printer"), "{code}: {said}");
}

#[test]
fn without_the_relays_half_even_a_copy_stays_closed_and_the_log_still_verifies() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    let half = stage.office.path().join("relay.shred").join(format!("{id}.half"));
    std::fs::remove_file(&half).expect("the relay keeps a half of the key");
    let (code, said) = show(&stage, &id, &maria, &[]);
    assert!(code == 3 && said.contains("erased"), "{code}: {said}");
    std::fs::write(&half, [7; 32]).expect("writable");
    let (code, said) = show(&stage, &id, &maria, &[]);
    assert!(code == 1 && said.contains("another key"), "{code}: {said}");
    let (code, verdict) = stage.office.verify(&id);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
}

#[test]
fn where_the_policy_asks_for_two_reviewers_none_reads_alone() {
    let stage = Stage::with_policy(&["two_person=true"], &[]);
    let (maria, paul) = (stage.office.new_reviewer("maria"), stage.office.new_reviewer("paul"));
    let id = with_a_reason(&stage);
    let (code, said) = show(&stage, &id, &maria, &[]);
    assert!(code == 3 && said.contains("two reviewers"), "{code}: {said}");
    let file = stage.office.path().join("for-paul.age").display().to_string();
    let (data, key) = (stage.office.data().display().to_string(), maria.display().to_string());
    let (code, _, err) = run("deskhand-review", ["unlock", &id, "--store", &data, "--key", &key, "--out", &file]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(show(&stage, &id, &maria, &["--first", &file]).0, 3, "the first one is not the second one too");
    let (code, said) = show(&stage, &id, &paul, &["--first", &file]);
    assert!(code == 0 && said.contains("the printer is broken"), "{code}: {said}");
}

/// Runs the reviewer's program with a key and the organisation's statement: exit code and everything it said.
fn ask(stage: &Stage, key: &Path, arguments: &[&str]) -> (i32, String) {
    let (config, key) = (stage.office.config().display().to_string(), key.display().to_string());
    let (code, out, err) = run("deskhand-review", [arguments, &["--config", &config, "--key", &key]].concat());
    (code, out + &err)
}

fn organisation_log(stage: &Stage) -> String {
    std::fs::read_to_string(stage.office.data().join("organisation/events.jsonl")).expect("the organisation's log")
}

#[test]
fn whoever_opens_a_session_through_the_relay_is_in_the_organisations_log_with_the_purpose() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    let data = stage.office.data().display().to_string();
    let open = ["show", &id, "--store", &data, "--open"];
    let (code, said) = ask(&stage, &maria, &open);
    assert!(code == 2 && said.contains("--purpose"), "{code}: {said}");
    let (code, said) = ask(&stage, &maria, &[&open[..], &["--purpose", "complaint 17"]].concat());
    assert!(code == 0 && said.contains("the printer is broken"), "{code}: {said}");
    let log = organisation_log(&stage);
    assert!(log.contains("recording.opened") && log.contains("complaint 17"), "{log}");
    let (code, said) = ask(&stage, &maria, &["export", &id, "--store", &data, "--format", "csv", "--purpose", "complaint 18"]);
    assert!(code == 0 && said.contains("Ana Ruiz"), "{code}: {said}");
    let log = organisation_log(&stage);
    assert!(log.contains("recording.exported") && log.contains("complaint 18"), "{log}");
    // A key that the statement does not name is not let in, and a technician's is none.
    let stranger = stage.office.path().join("stranger.key");
    let made = run("deskhand-review", ["keygen", "--no-passphrase", "--out", &stranger.display().to_string()]);
    assert_eq!(made.0, 0, "{}", made.2);
    let (code, said) = ask(&stage, &stranger, &[&open[..], &["--purpose", "curious"]].concat());
    assert!(code == 3 && said.contains("not a reviewer"), "{code}: {said}");
    assert!(!organisation_log(&stage).contains("curious"));
}

#[test]
fn a_held_session_is_not_erased_and_an_erased_one_stays_closed_even_from_a_copy() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    let half = stage.office.path().join("relay.shred").join(format!("{id}.half"));
    assert_eq!(ask(&stage, &maria, &["hold", &id, "--reason", "lawsuit"]).0, 0);
    let (code, said) = ask(&stage, &maria, &["erase", &id, "--reason", "asked for by the customer"]);
    assert!(code == 3 && said.contains("on hold") && half.exists(), "{code}: {said}");
    assert_eq!(ask(&stage, &maria, &["hold", &id, "--reason", "lawsuit over", "--clear"]).0, 0);
    let (code, said) = ask(&stage, &maria, &["erase", &id, "--reason", "asked for by the customer"]);
    assert!(code == 0 && said.contains("erasure.executed"), "{code}: {said}");
    assert!(!half.exists());
    let data = stage.office.data().display().to_string();
    let (code, said) = ask(&stage, &maria, &["show", &id, "--store", &data, "--open", "--purpose", "again"]);
    assert!(code == 3 && said.contains("erased"), "{code}: {said}");
    // The log still stands, and says why the names are gone.
    let (code, verdict) = stage.office.verify(&id);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
    assert!(verdict["reasons"].to_string().contains("asked for by the customer"), "{verdict}");
    let folder = stage.office.session_folder(&id);
    assert!(!folder.join("pii.json").exists());
    // Values that vanish without that proof are a finding.
    let other = with_a_reason(&stage);
    std::fs::remove_file(stage.office.session_folder(&other).join("pii.json")).expect("removable");
    assert_eq!(stage.office.verify(&other).0, 5);
}
