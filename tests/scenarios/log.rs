//! The log is proof: what was stored is what was signed, byte for byte.

use harness::{Stage, painter::Seeded};
use serde_json::json;
use std::path::{Path, PathBuf};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    found.sort();
    found.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A session that did a little of everything, ended.
fn ended(stage: &Stage) -> String {
    let painter = stage.painter();
    painter.text_page(1);
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "pointer", "x": 100, "y": 100, "click": "left"}));
    session.viewer.must(json!({"do": "type", "text": "hello"}));
    session.viewer.wait("still");
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    assert_eq!(session.host.program.exit_code(), Some(0));
    stage.office.closed(&session.id);
    session.id
}

#[test]
fn a_finished_session_verifies_and_its_log_tells_what_happened() {
    let stage = Stage::set();
    let id = ended(&stage);
    let (code, verdict) = stage.office.verify(&id);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
    assert!(verdict["media_bytes"].as_u64().is_some_and(|bytes| bytes > 1000), "{verdict}");
    let kinds = stage.office.kinds(&id);
    let expected = [
        "session.created",
        "policy.applied",
        "code.issued",
        "code.attempt",
        "pair.confirmed",
        "tech.identified",
        "consent.prompted",
        "consent.granted",
        "peer.joined",
        "epoch.changed",
        "view.started",
        "control.granted",
        "input.summary",
        "media.segment",
        "view.stopped",
        "session.ended",
    ];
    for kind in expected {
        assert!(kinds.iter().any(|there| there == kind), "{kind} is not in {kinds:#?}");
    }
    assert_eq!(kinds.first().map(String::as_str), Some("session.created"));
    assert_eq!(kinds.last().map(String::as_str), Some("session.ended"));
    let events = stage.office.events(&id);
    let text = serde_json::to_string(&events).expect("JSON");
    assert!(!text.contains("hello"), "what was typed is not in the log");
}

#[test]
fn a_session_that_ends_right_after_input_is_whole_once_its_folder_is_closed() {
    // A small screen: the recording's first updates race with the log, which travels on a stream of its own.
    let stage = Stage::of_size(320, 240);
    for _ in 0..4 {
        let id = ended(&stage);
        let (code, verdict) = stage.office.verify(&id);
        assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
    }
}

/// Flips bits of bytes of every stored file; each must be noticed. `step` is how many bytes are left out between two.
fn flips_are_noticed(stage: &Stage, id: &str, step: usize) {
    let folder = stage.office.session_folder(id);
    let mut random = Seeded::new(7);
    for file in files(&folder) {
        let bytes = std::fs::read(&file).expect("readable");
        let mut at = 0;
        while at < bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << random.below(8);
            std::fs::write(&file, &changed).expect("writable");
            let (code, verdict) = stage.office.verify(id);
            assert_eq!(code, 5, "byte {at} of {} was changed unnoticed: {verdict}", file.display());
            at += 1 + random.below(2 * step as u32 + 1) as usize;
        }
        std::fs::write(&file, &bytes).expect("writable");
    }
    let (code, verdict) = stage.office.verify(id);
    assert_eq!(code, 0, "as it was, it verifies: {verdict}; files {:?}", files(&folder));
}

#[test]
fn a_byte_of_a_stored_log_that_was_flipped_is_noticed() {
    let stage = Stage::set();
    let id = ended(&stage);
    let total: usize = files(&stage.office.session_folder(&id)).iter().map(|file| std::fs::read(file).map_or(0, |bytes| bytes.len())).sum();
    // About 400 places; `DESKHAND_EVERY_BYTE=1` tries all.
    let step = if std::env::var_os("DESKHAND_EVERY_BYTE").is_some() { 0 } else { total / 400 };
    flips_are_noticed(&stage, &id, step);
}

#[test]
fn a_file_that_was_removed_or_added_is_noticed() {
    let stage = Stage::set();
    let id = ended(&stage);
    let folder = stage.office.session_folder(&id);
    for file in files(&folder) {
        let bytes = std::fs::read(&file).expect("readable");
        std::fs::remove_file(&file).expect("removable");
        let data = stage.office.data().display().to_string();
        let (code, out, _) = harness::program::run("deskhand-review", ["verify", &id, "--store", &data, "--json"]);
        // Without its proofs or the technicians' cosignatures the session is whole, and fewer vouch for it.
        let unproven = (file.ends_with("org.proof") || file.ends_with("cosignatures.txt")) && out.contains("\"OK-UNILATERAL-FROM\"");
        assert!(code != 0 || unproven, "{} is missing unnoticed: {out}", file.display());
        std::fs::write(&file, &bytes).expect("writable");
    }
    let added = folder.join("media").join("77.sfr");
    std::fs::write(&added, b"something").expect("writable");
    assert_eq!(stage.office.verify(&id).0, 5, "a file was added unnoticed");
}

#[test]
fn list_finds_the_session() {
    let stage = Stage::set();
    let id = ended(&stage);
    let data = stage.office.data().display().to_string();
    let (code, out, err) = harness::program::run("deskhand-review", ["list", "--store", &data, "--json"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(&id), "{out}");
}
