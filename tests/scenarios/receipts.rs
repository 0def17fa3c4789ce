//! The customer leaves with a proof: a page that says what happened, and that catches whoever writes it anew.

use harness::{Host, Stage, Viewer, program::run};
use serde_json::{Value, json};
use std::path::PathBuf;

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
