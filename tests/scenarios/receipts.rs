//! The customer leaves with a proof: a page that says what happened, and that catches whoever writes it anew.

use deskhand_audit::{
    Tree,
    bundle::event_line,
    organisation::{OrganisationEvent, OrganisationLog, Proofs},
};
use deskhand_identity::{Relay, SecretKey, SessionId, SignedStatement};
use harness::{Host, Stage, Viewer, program::run};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A session whose host saves its receipt; the session's id and the file.
fn kept(stage: &Stage) -> (String, PathBuf) {
    stage.painter().text_page(4);
    let file = stage.office.path().join("receipt.html");
    let wanted = file.display().to_string();
    let mut host = Host::start_with(&stage.office, stage.screen.display(), &["--save-receipt", &wanted]);
    let mut viewer = Viewer::start(&stage.office, &host.code());
    let id = viewer.paired();
    host.question();
    host.answer("view control");
    viewer.granted();
    viewer.wait("control");
    viewer.must(json!({"do": "type", "text": "hello"}));
    viewer.wait("still");
    viewer.must(json!({"do": "end"}));
    host.ended();
    let said = host.program.skip_to("the receipt", |line| line["event"] == "receipt");
    stage.office.closed(&id);
    (id, said["file"].as_str().map(PathBuf::from).expect("a file"))
}

fn verify(stage: &Stage, id: &str, receipt: &str) -> (i32, Value) {
    let data = stage.office.data().display().to_string();
    let (code, out, err) = run("deskhand-review", ["verify", id, "--store", &data, "--receipt", receipt, "--json"]);
    (code, serde_json::from_str(out.trim()).unwrap_or_else(|_| json!({"error": err})))
}

#[test]
fn the_customer_keeps_a_page_that_says_what_happened_and_fits_the_log() {
    let stage = Stage::set();
    let (id, file) = kept(&stage);
    let page = std::fs::read_to_string(&file).expect("the receipt");
    for words in
        ["Acme Support", "Ana Ruiz entered your code", "You allowed Ana Ruiz to see your screen", "pressed 5 keys", "The session ended"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("hello") && !page.contains("<script"), "{page}");
    let (code, verdict) = verify(&stage, &id, &file.display().to_string());
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
    assert!(verdict["reasons"].to_string().contains("receipt covers"), "{verdict}");
}

#[test]
fn a_log_that_was_cut_after_the_customer_got_the_receipt_is_caught() {
    let stage = Stage::set();
    let (id, file) = kept(&stage);
    let folder = stage.office.session_folder(&id);
    // The relay keeps the first signed head and forgets what came after it, with the marker of a session that was cut off.
    let notes = std::fs::read_to_string(folder.join("checkpoints.txt")).expect("checkpoints");
    let events = std::fs::read_to_string(folder.join("events.jsonl")).expect("events");
    let mut lines = notes.split_inclusive('\n');
    let first: String = lines.by_ref().take(6).collect();
    let size: usize = first.lines().nth(1).and_then(|line| line.parse().ok()).expect("a size");
    std::fs::write(folder.join("checkpoints.txt"), &first).expect("writable");
    std::fs::write(folder.join("events.jsonl"), events.split_inclusive('\n').take(size).collect::<String>()).expect("writable");
    let (code, verdict) = verify(&stage, &id, &file.display().to_string());
    assert_eq!(code, 5, "{verdict}");
    assert!(verdict["reasons"].to_string().contains("holds a receipt for"), "{verdict}");
    // A receipt that was changed proves nothing, and is said to.
    let broken = std::fs::read_to_string(&file).expect("the receipt").replacen("DESKHAND RECEIPT-----\n", "DESKHAND RECEIPT-----\nAAAA", 1);
    std::fs::write(&file, broken).expect("writable");
    assert_eq!(verify(&stage, &id, &file.display().to_string()).0, 1);
}

/// Leaves the first signed head and what it covers of a session; the events that are left.
fn cut_to_the_first_head(folder: &Path) -> Vec<String> {
    let notes = std::fs::read_to_string(folder.join("checkpoints.txt")).expect("checkpoints");
    let events = std::fs::read_to_string(folder.join("events.jsonl")).expect("events");
    let first: String = notes.split_inclusive('\n').take(6).collect();
    let size: usize = first.lines().nth(1).and_then(|line| line.parse().ok()).expect("a size");
    let kept: Vec<String> = events.split_inclusive('\n').take(size).map(str::to_owned).collect();
    std::fs::write(folder.join("checkpoints.txt"), &first).expect("writable");
    std::fs::write(folder.join("events.jsonl"), kept.concat()).expect("writable");
    // What the technician cosigned beyond goes as well.
    std::fs::remove_file(folder.join("cosignatures.txt")).expect("there");
    kept
}

/// Writes the organisation's log anew, as whoever has the relay's key can: this session alone, cut off after these events.
fn seal_anew(stage: &Stage, id: &str, events: &[String]) {
    let data = stage.office.data();
    let key: SecretKey<Relay> = deskhand_link::keyfile::read(&data.join("relay.key"), |_| Ok(None)).expect("the relay's key");
    let statement = SignedStatement::parse(std::fs::read(stage.office.config()).expect("the package")).expect("a statement");
    let sid: SessionId = id.parse().expect("an id");
    let mut tree = Tree::new();
    events.iter().for_each(|line| tree.append(line.trim_end().as_bytes().to_vec()));
    let mut log = OrganisationLog::default();
    let (opened, first) = log.append(1_795_298_700_045, OrganisationEvent::SessionOpened { sid });
    let sealed = OrganisationEvent::SessionSealed { sid, size: tree.size(), root: tree.root(), ended: false };
    let (sealed, second) = log.append(1_795_298_700_046, sealed);
    let note = log.head(&statement.statement().organisation.key, None).sign(&key);
    let folder = data.join("organisation");
    std::fs::write(folder.join("events.jsonl"), [event_line(&first), event_line(&second)].concat()).expect("writable");
    std::fs::write(folder.join("checkpoints.txt"), note.to_bytes()).expect("writable");
    let prove = |entry| log.prove(entry, &note).expect("it is there");
    let proofs = Proofs { opened: prove(opened), sealed: prove(sealed), erased: None };
    std::fs::write(stage.office.session_folder(id).join("org.proof"), proofs.to_bytes()).expect("writable");
}

#[test]
fn a_relay_and_a_technician_who_write_a_finished_session_anew_are_caught_by_the_receipt() {
    let mut stage = Stage::set();
    let (id, receipt) = kept(&stage);
    let receipt = receipt.display().to_string();
    let folder = stage.office.session_folder(&id);
    // A second session, with the technician as its customer, that the two would like to be the first.
    stage.painter().text_page(9);
    let mut other = stage.session("view");
    other.viewer.wait("still");
    other.viewer.must(json!({"do": "end"}));
    other.host.ended();
    stage.office.closed(&other.id);
    stage.office.relay().kill();

    // They can make the log end early, and the organisation's log say that it did: nothing but the receipt tells.
    let kept = cut_to_the_first_head(&folder);
    std::fs::rename(stage.office.session_folder(&other.id), stage.office.path().join("other")).expect("renamed");
    seal_anew(&stage, &id, &kept);
    assert_eq!(stage.office.organisation().0, 0, "the new log of the organisation is sound in itself");
    let (code, verdict) = stage.office.verify(&id);
    assert_eq!((code, &verdict["verdict"], &verdict["at"]), (5, &json!("TRUNCATED"), &json!(kept.len())), "{verdict}");
    assert!(
        !verdict["reasons"].to_string().contains("organisation's log"),
        "without a receipt it looks like a machine that died: {verdict}"
    );
    let (code, verdict) = verify(&stage, &id, &receipt);
    assert!(code == 5 && verdict["reasons"].to_string().contains("holds a receipt for"), "{verdict}");

    // What the customer's machine never signed they cannot write: neither one more event nor another session in its place.
    let mut longer = kept.clone();
    longer.push(kept[kept.len() - 1].replace(&format!("\"seq\":{}", kept.len() - 1), &format!("\"seq\":{}", kept.len())));
    std::fs::write(folder.join("events.jsonl"), longer.concat()).expect("writable");
    seal_anew(&stage, &id, &longer);
    let (code, verdict) = verify(&stage, &id, &receipt);
    assert!(code == 5 && verdict["at"].as_u64() <= Some(kept.len() as u64), "the event that was put in counts for nothing: {verdict}");
    std::fs::remove_dir_all(&folder).expect("removable");
    std::fs::rename(stage.office.path().join("other"), &folder).expect("renamed");
    let (code, verdict) = verify(&stage, &id, &receipt);
    assert_eq!((code, &verdict["verdict"], &verdict["at"]), (5, &json!("TAMPERED"), &json!(0)), "{verdict}");
    assert!(verdict["reasons"].to_string().contains("receipt is not of this session"), "{verdict}");
}
