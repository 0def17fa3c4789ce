//! What is sealed opens to the organisation's reviewers, and to nobody once the half of its key is destroyed.

use harness::{
    PATIENCE, Stage,
    program::{binary, run},
    until,
};
use serde_json::json;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// A session in which the technician gives a reason, ended.
pub(super) fn with_a_reason(stage: &Stage) -> String {
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
pub(super) fn show(stage: &Stage, id: &str, key: &Path, further: &[&str]) -> (i32, String) {
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
    let log = stage.office.organisation_log();
    assert!(log.contains("recording.opened") && log.contains("complaint 17"), "{log}");
    let (code, said) = ask(&stage, &maria, &["export", &id, "--store", &data, "--format", "csv", "--purpose", "complaint 18"]);
    assert!(code == 0 && said.contains("Ana Ruiz"), "{code}: {said}");
    let log = stage.office.organisation_log();
    assert!(log.contains("recording.exported") && log.contains("complaint 18"), "{log}");
    // A key that the statement does not name is not let in, and a technician's is none.
    let stranger = stage.office.path().join("stranger.key");
    let made = run("deskhand-review", ["keygen", "--no-passphrase", "--out", &stranger.display().to_string()]);
    assert_eq!(made.0, 0, "{}", made.2);
    let (code, said) = ask(&stage, &stranger, &[&open[..], &["--purpose", "curious"]].concat());
    assert!(code == 3 && said.contains("not a reviewer"), "{code}: {said}");
    assert!(!stage.office.organisation_log().contains("curious"));
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

/// Waits until an erasure that was asked for before the relay was killed is carried out: no half, no values, and a log that says why.
fn is_finished(stage: &Stage, id: &str) {
    let why = "asked for by the customer";
    until("the erasure is finished", || {
        let (code, verdict) = stage.office.verify(id);
        (code == 0 && verdict["reasons"].to_string().contains(why)).then_some(())
    });
    assert!(!stage.office.path().join("relay.shred").join(format!("{id}.half")).exists());
    assert!(!stage.office.session_folder(id).join("pii.json").exists());
    let log = stage.office.organisation_log();
    let entries = |kind: &str| log.lines().filter(|line| line.contains(kind) && line.contains(id)).count();
    assert_eq!((entries("erasure.requested"), entries("erasure.executed")), (1, 1), "{log}");
    assert_eq!(stage.office.organisation().0, 0);
}

#[test]
fn an_erasure_during_which_the_relay_is_killed_is_finished_when_it_comes_back() {
    let mut stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    let mut asking = Command::new(binary("deskhand-review"));
    asking.args(["erase", &id, "--reason", "asked for by the customer", "--key"]).arg(&maria).arg("--config").arg(stage.office.config());
    let mut asking = asking.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the reviewer's program starts");
    // Nothing between two looks: the relay is killed as soon as it has entered the wish, whatever it has done of it by then.
    let end = Instant::now() + PATIENCE;
    while !stage.office.organisation_log().contains("erasure.requested") {
        assert!(Instant::now() < end, "the wish is never entered");
    }
    stage.office.relay().kill();
    asking.wait().expect("it ends");
    stage.office.serve_with(&[]);
    is_finished(&stage, &id);
}

#[test]
fn an_erasure_that_stopped_half_way_is_finished_when_the_relay_comes_back() {
    let mut stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let id = with_a_reason(&stage);
    // A folder where the values should be can't be removed as a file is: the half of the key is destroyed, the values are not.
    let values = stage.office.session_folder(&id).join("pii.json");
    let aside = stage.office.path().join("aside.json");
    std::fs::rename(&values, &aside).expect("renamed");
    std::fs::create_dir(&values).expect("made");
    let (code, said) = ask(&stage, &maria, &["erase", &id, "--reason", "asked for by the customer"]);
    assert!(code != 0 && said.contains("disk"), "{code}: {said}");
    assert!(!stage.office.path().join("relay.shred").join(format!("{id}.half")).exists());
    stage.office.relay().kill();
    std::fs::remove_dir(&values).expect("removed");
    std::fs::rename(&aside, &values).expect("renamed");
    stage.office.serve_with(&[]);
    is_finished(&stage, &id);
}
