//! A session in one file: whoever gets it proves, reads and plays it as the store's, and any tar program unpacks it.

use harness::{Stage, painter::Seeded, program::run};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

/// Files below a folder, by their names in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn collect(top: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for path in std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                collect(top, &path, found);
            } else {
                let name = path.strip_prefix(top).expect("below").to_owned();
                found.insert(name, std::fs::read(&path).expect("readable"));
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(folder, folder, &mut found);
    found
}

/// Runs the reviewer's program; what it says, when it exits with `expected`.
fn review(expected: i32, arguments: &[&str]) -> String {
    let (code, out, err) = run("deskhand-review", arguments);
    assert_eq!(code, expected, "{arguments:?}: {out}{err}");
    out + &err
}

/// Writes the bundle of a session.
fn export(stage: &Stage, id: &str) -> PathBuf {
    let file = stage.office.path().join(format!("{id}.dhs"));
    let (data, out) = (stage.office.data().display().to_string(), file.display().to_string());
    review(0, &["export", id, "--store", &data, "--format", "bundle", "--out", &out]);
    file
}

#[test]
fn a_bundle_of_a_real_session_is_proven_shown_and_played_as_the_store_is() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria").display().to_string();
    let painter = stage.painter();
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    for page in 1..4 {
        painter.text_page(page);
        session.viewer.must(json!({"do": "type", "text": "hello"}));
        session.viewer.wait("still");
    }
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    stage.office.closed(&session.id);
    let id = session.id;
    let bundle = export(&stage, &id);
    let file = bundle.display().to_string();
    let (data, trust) = (stage.office.data().display().to_string(), stage.office.config().display().to_string());

    let of_store = stage.office.verify(&id).1;
    let of_bundle: Value = serde_json::from_str(&review(0, &["verify", &file, "--trust", &trust, "--json"])).expect("JSON");
    assert_eq!((&of_bundle, &of_bundle["verdict"]), (&of_store, &json!("OK")));
    let shred = stage.office.data().with_file_name("relay.shred").display().to_string();
    let key = ["--key", &maria, "--shred", &shred];
    for arguments in [&["show", "--json"][..], &["show", "--open"], &["export", "--open", "--format", "jsonl"]] {
        let open = if arguments.contains(&"--open") { &key[..] } else { &[] };
        let (stored, alone) = (stage.office.session_folder(&id).display().to_string(), &file);
        let said = [&stored, alone].map(|session| review(0, &[arguments, &[session], open].concat()));
        assert_eq!(said[0], said[1], "{arguments:?}");
        assert!(said[0].contains("control.granted"), "{}", said[0]);
    }
    let [stored, alone] = ["stored", "alone"].map(|name| stage.office.path().join(name));
    review(0, &[&["replay", &id, "--store", &data, "--out", &stored.display().to_string()], &key[..]].concat());
    review(0, &[&["replay", &file, "--out", &alone.display().to_string()], &key[..]].concat());
    let [stored, alone] = [&stored, &alone].map(|folder| files(folder));
    assert!(!stored.is_empty() && stored == alone, "{} and {} pictures, or others", stored.len(), alone.len());

    let unpacked = stage.office.path().join("unpacked");
    std::fs::create_dir(&unpacked).expect("a folder");
    assert!(Command::new("tar").arg("-xf").arg(&bundle).arg("-C").arg(&unpacked).status().expect("tar is installed").success());
    assert!(files(&unpacked) == files(&stage.office.session_folder(&id)), "tar unpacks other files");

    assert!(review(2, &["erase", &file, "--reason", "x", "--config", &trust]).contains("the relay's own store only"));
    let bytes = std::fs::read(&bundle).expect("readable");
    let mut random = Seeded::new(11);
    for _ in 0..60 {
        let at = random.below(bytes.len() as u32) as usize;
        let mut changed = bytes.clone();
        changed[at] ^= 1 << random.below(8);
        std::fs::write(&bundle, &changed).expect("writable");
        review(5, &["verify", &file, "--trust", &trust]);
    }
}

#[test]
#[ignore = "takes minutes: over 50 MB of recording"]
fn a_bundle_is_two_percent_larger_than_its_recording_at_most() {
    let stage = Stage::set();
    stage.office.new_reviewer("maria");
    let painter = stage.painter();
    let mut session = stage.session("view");
    session.viewer.wait("view");
    let media = stage.office.session_folder(&session.id).join("media");
    let recorded = || files(&media).values().map(|bytes| bytes.len() as u64).sum::<u64>();
    for seed in 1.. {
        painter.photo(0, 0, 1024, 768, seed);
        session.viewer.wait("still");
        if seed % 4 == 0 && recorded() > 52_000_000 {
            break;
        }
    }
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    stage.office.closed(&session.id);
    let (recorded, bundle) = (recorded(), std::fs::metadata(export(&stage, &session.id)).expect("a bundle").len());
    let events = stage.office.events(&session.id).len();
    let more = (bundle - recorded) as f64 * 100.0 / recorded as f64;
    println!("{{\"recorded_bytes\": {recorded}, \"bundle_bytes\": {bundle}, \"events\": {events}, \"more_percent\": {more:.3}}}");
    assert!(more < 2.0, "{more} %");
}
