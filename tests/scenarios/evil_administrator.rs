//! The relay's administrator who is not honest: a reviewer, a technician or a statement that the organisation did not sign gets nothing, from
//! the real relay with edited files, and from host, viewer and reviewer's program when the administrator's own relay hands it out.

use super::reviewers::{show, with_a_reason};
use deskhand_identity::{
    Certificate, Organisation, ReviewerEntry, ReviewerPublic, SecretKey, SignedStatement, Statement, TechnicianPublic,
};
use deskhand_wire::control::{Denial, HostToViewer, Scope, Scopes};
use harness::{
    Host, Program, Stage, Viewer,
    evil::{EvilRelay, Offer, Trick},
    evil_viewer::EvilViewer,
    program::{binary, run},
    until,
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The administrator has the relay's machine and a key of their own, and not the organisation's.
fn own_key() -> SecretKey<Organisation> {
    SecretKey::from_seed([0xE1; 32])
}

fn held(stage: &Stage) -> SignedStatement {
    SignedStatement::parse(std::fs::read(stage.office.config()).expect("the package")).expect("the organisation's statement")
}

/// The statement with a change, as newer as need be, signed by the administrator's own key.
fn forged(stage: &Stage, change: impl FnOnce(&mut Statement)) -> String {
    let mut statement = held(stage).statement().clone();
    statement.serial += 7;
    statement.organisation.key = own_key().public();
    change(&mut statement);
    statement.sign(&own_key()).expect("a statement").text().to_owned()
}

/// The same with the organisation's key in it again: its signature fits no more.
fn by_hand(stage: &Stage, forged: &str) -> String {
    forged.replace(&own_key().public().to_string(), &held(stage).statement().organisation.key.to_string())
}

fn put(stage: &Stage, statement: &str) {
    std::fs::write(stage.office.data().join("deskhand.toml"), statement).expect("an administrator may write there");
}

/// Waits until the running relay has said this.
fn relay_says(stage: &mut Stage, words: &str) {
    let relay = stage.office.relay();
    until(&format!("the relay says {words:?}"), || relay.log().contains(words).then_some(()));
}

/// For how many readers the session's key is sealed: stanzas of an age file.
fn readers(stage: &Stage, id: &str) -> usize {
    let envelope = std::fs::read(stage.office.session_folder(id).join("keys.age")).unwrap_or_default();
    String::from_utf8_lossy(&envelope).matches("-> X25519 ").count()
}

/// The serial of the statement that the host went by.
fn serial(stage: &Stage, id: &str) -> serde_json::Value {
    let events = stage.office.events(id);
    events.iter().find(|event| event["kind"] == "policy.applied").expect("a statement applies")["data"]["serial"].clone()
}

/// Verifies against the organisation's own statement, and against the one that the relay's folder holds.
fn verdicts(stage: &Stage, id: &str) -> [(i32, String); 2] {
    let (data, config) = (stage.office.data().display().to_string(), stage.office.config().display().to_string());
    [&["--trust", &config][..], &[]].map(|trust| {
        let (code, out, err) = run("deskhand-review", [&["verify", id, "--store", &data], trust].concat());
        (code, out + &err)
    })
}

/// Ends the relay and tries to start it anew, as somebody who expects it to fail.
fn does_not_start(stage: &mut Stage, why: &str) {
    stage.office.relay().kill();
    let mut command = Command::new(binary("deskhand-relay"));
    command.arg("serve").arg("--data").arg(stage.office.data()).args(["--listen", stage.office.address()]);
    let mut relay = Program::start("relay", command);
    assert_eq!(relay.exit_code(), Some(3), "{}", relay.log());
    until("it says why", || relay.log().contains(why).then_some(()));
}

/// The technician's program with this statement and key; it must come to nothing.
fn turned_away(stage: &Stage, config: &Path, key: &str, code: &str, further: &[&str]) -> String {
    let mut command = Command::new(binary("deskhand-viewer"));
    command.args(["script", "--config"]).arg(config).arg("--key").arg(stage.office.key(key)).args(["--code", code]).args(further);
    command.env("XDG_CONFIG_HOME", stage.office.path().join("elsewhere"));
    let mut viewer = Program::start("viewer", command);
    assert_eq!(viewer.exit_code(), Some(3), "{}", viewer.log());
    let mut said = viewer.log();
    while let Some(line) = viewer.maybe_within(std::time::Duration::ZERO) {
        said += &line.to_string();
    }
    said
}

fn has(evil: &EvilRelay, kind: &str) -> bool {
    evil.leaves().iter().any(|leaf| leaf.contains(&format!("\"kind\":\"{kind}\"")))
}

#[test]
fn a_reviewer_whom_the_administrator_puts_in_reads_nothing() {
    let mut stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let (mallory, public) = stage.office.new_reviewer_key("mallory");
    let entry = ReviewerEntry { name: "mallory".into(), keys: ReviewerPublic::parse(&public).expect("a public key") };
    let forged = forged(&stage, |statement| statement.reviewers.push(entry));
    let by_hand = by_hand(&stage, &forged);
    let serial_held = held(&stage).statement().serial;

    // The running relay takes neither over, and a session goes by the real one.
    put(&stage, &by_hand);
    relay_says(&mut stage, "was changed after the organisation signed it");
    put(&stage, &forged);
    relay_says(&mut stage, "the new statement is refused, the one in use stays");
    let id = with_a_reason(&stage);
    assert_eq!(serial(&stage, &id), json!(serial_held));
    assert_eq!(readers(&stage, &id), 1, "sealed to maria alone");
    let [(code, said), (other_code, other_said)] = verdicts(&stage, &id);
    assert!(code == 0 && said.starts_with("OK\n"), "{said}");
    assert!(
        other_code == 5 && other_said.contains("the statement is of"),
        "the file that lies there is told from the organisation's: {other_said}"
    );
    // Even with both halves at hand, which an administrator has, mallory's key opens nothing.
    let (code, said) = show(&stage, &id, &mallory, &[]);
    assert!(code == 3 && said.contains("not sealed to this key"), "{code}: {said}");
    let (config, data) = (stage.office.config().display().to_string(), stage.office.data().display().to_string());
    let ask = |config: &str| {
        let key = mallory.display().to_string();
        let arguments = ["show", &id, "--store", &data, "--open", "--key", &key, "--config", config, "--purpose", "curious"];
        let (code, out, err) = run("deskhand-review", arguments);
        (code, out + &err)
    };
    let (code, said) = ask(&config);
    assert!(code == 3 && said.contains("not a reviewer"), "{code}: {said}");
    let (code, said) = show(&stage, &id, &maria, &[]);
    assert!(code == 0 && said.contains("the printer is broken"), "{code}: {said}");

    // Started anew the relay refuses what was edited, and cannot know better about what its administrator signed: then it is alone with it.
    put(&stage, &by_hand);
    does_not_start(&mut stage, "was changed after the organisation signed it");
    put(&stage, &forged);
    stage.office.serve_with(&[]);
    let mut host = stage.host();
    until("the host says whose the statement is", || host.program.log().contains("of another organisation").then_some(()));
    // It cannot prove that the session is in the organisation's log, so there is never a code.
    host.ended();
    for session in std::fs::read_dir(stage.office.data().join("sessions")).expect("sessions").flatten() {
        assert!(readers(&stage, &session.file_name().to_string_lossy()) <= 1, "sealed to mallory");
    }
    let own = stage.office.path().join("own.toml");
    std::fs::write(&own, &forged).expect("written");
    let (code, said) = ask(&own.display().to_string());
    assert!(code == 3 && said.contains("not sealed to this key"), "its own relay helps the reviewer to half of a key: {code}: {said}");
}

/// A technician's key and a certificate for it that the administrator signed; the certificate's text and its file.
fn own_technician(stage: &Stage) -> (String, PathBuf) {
    let keys: TechnicianPublic = TechnicianPublic::parse(&stage.office.new_key("mallory")).expect("a public key");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_millis() as u64;
    let certificate = Certificate {
        name: "Ana Ruiz".into(),
        organisation: own_key().public(),
        organisation_name: "Acme Support".into(),
        serial: 9,
        issued_ms: now - 1_000,
        not_after_ms: now + 86_400_000,
        keys,
    };
    let file = stage.office.data().join("technicians").join(format!("{}.cert", certificate.keys.fingerprint()));
    let text = certificate.sign(&own_key()).expect("a certificate").to_text();
    (text, file)
}

#[test]
fn a_technician_whom_the_administrator_certifies_is_led_to_nobody() {
    let mut stage = Stage::set();
    let (certificate, file) = own_technician(&stage);
    std::fs::write(&file, format!("{certificate}\n")).expect("an administrator may write there");
    relay_says(&mut stage, "a certificate does not count");
    let mut host = stage.host();
    let beside = stage.office.path().join("mallory.cert");
    std::fs::write(&beside, &certificate).expect("written");
    let beside = beside.display().to_string();
    let said = turned_away(&stage, &stage.office.config(), "mallory", &host.code(), &["--cert", &beside]);
    assert!(said.contains("certificate"), "{said}");
    host.stop();
    host.ended();

    // The administrator's own relay lets the technician in. The technician's program refuses itself by the organisation's statement and cannot
    // pair by the administrator's.
    let offer = Offer { statement: None, certificates: vec![certificate.clone()] };
    let own = stage.office.path().join("own.toml");
    std::fs::write(&own, forged(&stage, |_| {})).expect("written");
    let evil = EvilRelay::offering(&mut stage.office, Trick::None, offer.clone());
    let mut host = stage.host();
    let code = host.code();
    let said = turned_away(&stage, &stage.office.config(), "mallory", &code, &[]);
    assert!(said.contains("organisation"), "{said}");
    turned_away(&stage, &own, "mallory", &code, &[]);
    until("the attempt is in the log", || has(&evil, "code.attempt").then_some(()));
    assert!(!has(&evil, "tech.identified") && !has(&evil, "consent.prompted"));
    drop((host, evil));

    // A program that lies is turned away by the host, without a question to the customer.
    let evil = EvilRelay::offering(&mut stage.office, Trick::None, offer);
    let mut host = stage.host();
    let scopes = Scopes::of([Scope::View, Scope::Control]);
    let mut liar = EvilViewer::pair_as(&stage.office, ("mallory", &certificate), &host.code(), scopes);
    let why = liar.hears("that it is turned away", |message| match message {
        HostToViewer::Denied { why, .. } => Some(*why),
        _ => None,
    });
    assert_eq!(why, Denial::UnknownTechnician);
    host.program.skip_to("that somebody was turned away", |line| line["event"] == "notice" && line["kind"] == "turned-away");
    until("it is in the log", || evil.leaves().iter().any(|leaf| leaf.contains("certificate_of_another_organisation")).then_some(()));
    assert!(!has(&evil, "tech.identified") && !has(&evil, "consent.prompted"));
}

#[test]
fn an_older_statement_brings_back_neither_a_revoked_technician_nor_a_removed_reviewer() {
    let mut stage = Stage::set();
    let (maria, paul) = (stage.office.new_reviewer("maria"), stage.office.new_reviewer("paul"));
    let data = stage.office.data();
    let older = std::fs::read_to_string(data.join("deskhand.toml")).expect("a statement");
    let old_package = stage.office.path().join("older.toml");
    std::fs::copy(stage.office.config(), &old_package).expect("copied");
    let path = data.display().to_string();
    stage.office.relay_command(&["reviewer", "remove", "paul", "--data", &path, "--no-passphrase"]);
    stage.office.relay_command(&["tech", "revoke", "colleague", "--data", &path, "--no-passphrase"]);
    stage.office.package();
    let (newest, text) = (held(&stage).statement().serial, std::fs::read_to_string(stage.office.config()).expect("the package"));
    relay_says(&mut stage, &format!("serial={newest}"));

    // The running relay keeps the newer one.
    put(&stage, &older);
    relay_says(&mut stage, "the new statement is refused, the one in use stays");
    let mut host = stage.host();
    let said = turned_away(&stage, &old_package, "colleague", &host.code(), &[]);
    assert!(said.contains("revoked"), "{said}");
    host.stop();
    host.ended();

    // Started anew it knows no better; host, viewer and reviewer's program do.
    stage.office.relay().kill();
    put(&stage, &older);
    stage.office.serve_with(&[]);
    let mut host = stage.host();
    std::fs::write(&old_package, &older).expect("written");
    let said = turned_away(&stage, &old_package, "colleague", &host.code(), &[]);
    assert!(said.contains("revoked"), "{said}");
    host.stop();
    host.ended();
    let id = with_a_reason(&stage);
    assert_eq!(serial(&stage, &id), json!(newest));
    assert_eq!(readers(&stage, &id), 1, "sealed to maria alone");
    let (code, said) = show(&stage, &id, &paul, &[]);
    assert!(code == 3 && said.contains("not sealed to this key"), "{code}: {said}");
    assert_eq!(show(&stage, &id, &maria, &[]).0, 0);
    assert_eq!(verdicts(&stage, &id)[0].0, 0);

    // A relay that hands it out, or one of another organisation that calls itself newer, is not heard either.
    for (statement, why) in [(older, "it is not used"), (forged(&stage, |_| {}), "of another organisation")] {
        let evil = EvilRelay::offering(&mut stage.office, Trick::None, Offer { statement: Some(statement), ..Offer::default() });
        let mut host = Host::start(&stage.office, stage.screen.display());
        let mut viewer = Viewer::start(&stage.office, &host.code());
        viewer.paired();
        host.question();
        host.answer("view");
        viewer.granted();
        viewer.wait("still");
        for (program, log) in [("host", host.program.log()), ("viewer", viewer.program.log())] {
            assert!(log.contains("statement") && log.contains(why), "{program}: {log}");
        }
        assert!(evil.leaves().iter().any(|leaf| leaf.contains("policy.applied") && leaf.contains(&format!("\"serial\":{newest},"))));
        assert_eq!(std::fs::read_to_string(stage.office.config()).expect("the package"), text, "the viewer kept another statement");
    }
}
