//! A session in one file: written, proven, shown and read like its folder, and refused where it was changed.

mod stored;

use std::fs;

use deskhand_audit::{
    bundle::{Archive, EVENTS, LOCK_FILE, OPEN_MARKER, STATEMENT},
    testing::{Synthetic, ended_session, running_session},
    verify::Store as _,
};
use deskhand_review::Exit;
use stored::{folder, program, review, store, text};
use tempfile::TempDir;

/// A store with a session, and the bundle of it.
fn exported(session: &Synthetic) -> (TempDir, String) {
    let data = store(&[session]);
    let sid = session.sid().to_string();
    let file = text(&data.path().join(format!("{sid}.dhs"))).to_owned();
    let (exit, said) = review(&["export", &sid, "--store", text(data.path()), "--format", "bundle", "--out", &file]);
    assert!(exit == Exit::Done || exit == Exit::Unverified, "{said}");
    assert!(said.starts_with(&file), "{said}");
    (data, file)
}

#[test]
fn a_bundle_says_in_every_command_what_its_folder_says() {
    let session = ended_session(51);
    let (data, file) = exported(&session);
    let (sid, trust) = (session.sid().to_string(), data.path().join(STATEMENT));
    for arguments in [
        &["verify", "--json"][..],
        &["verify"],
        &["show"],
        &["show", "--json"],
        &["export", "--format", "jsonl"],
        &["export", "--format", "csv"],
    ] {
        let with = |session: &[&str]| {
            let more: &[&str] = if arguments[0] == "show" { &[] } else { &["--trust", text(&trust)] };
            review(&[arguments, session, more].concat())
        };
        let (of_folder, of_bundle) = (with(&[text(&folder(&data, &session))]), with(&[&file]));
        assert_eq!(of_bundle, of_folder, "{arguments:?}");
        assert_eq!(of_bundle.0, Exit::Done, "{arguments:?}");
    }
    let again = data.path().join("again.dhs");
    assert_eq!(review(&["export", &file, "--as", "bundle", "--out", text(&again)]).0, Exit::Done);
    assert_eq!(fs::read(&again).unwrap(), fs::read(&file).unwrap(), "there is one bundle of a session");
    // A name that is an id must be the session's.
    let other = data.path().join(format!("{}.dhs", ended_session(52).sid()));
    fs::rename(&again, &other).unwrap();
    let (exit, said) = review(&["verify", text(&other)]);
    assert!(exit == Exit::Unverified && said.contains(&format!("This is session {sid}")), "{said}");
}

#[test]
fn a_session_that_was_cut_off_keeps_its_verdict_without_its_marker() {
    let session = running_session(53);
    let (_data, file) = exported(&session);
    let (exit, said) = review(&["verify", &file, "--json"]);
    assert_eq!((exit, said.contains(r#""verdict":"TRUNCATED","at":18"#)), (Exit::Unverified, true), "{said}");
    let bytes = fs::read(&file).unwrap();
    let archive = Archive::read(&bytes[..]).unwrap();
    assert_eq!(archive.size(OPEN_MARKER), None);
    assert_eq!(archive.files().unwrap().len(), session.store.files.len() - 1);
}

#[test]
fn a_changed_bundle_exits_five_and_says_what_is_wrong() {
    let session = ended_session(54);
    let (_data, file) = exported(&session);
    let bytes = fs::read(&file).unwrap();
    let says = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let (exit, said) = review(&["verify", &file]);
        assert_eq!(exit, Exit::Unverified, "{said}");
        assert_eq!(review(&["show", &file, "--json"]).0 == Exit::Done, said.starts_with("TAMPERED"), "{said}");
        said
    };
    assert!(says(&bytes[..bytes.len() - 1524]).contains("it ends within media/2.sfr: the rest is missing"));
    assert!(says(&[&bytes[..], &[0]].concat()).contains("it goes on after its end"));
    assert!(says(b"\x1b[2Jnot a bundle").contains("does not begin as the bundle of a session does"));
    let mut changed = bytes.clone();
    changed[600] ^= 1;
    assert!(says(&changed).starts_with("TAMPERED at 0"));
    changed[600] ^= 1;
    let at = bytes.windows(EVENTS.len()).position(|part| part == EVENTS.as_bytes()).unwrap();
    changed[at + 110] ^= 1;
    assert!(says(&changed).contains(&format!("at byte {at} there is no header")));
    assert_eq!(program(&["verify", &file]).status.code(), Some(5));
}

#[test]
fn what_a_bundle_cannot_be_is_refused_and_leaves_no_file() {
    let session = running_session(55);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let file = data.path().join("session.dhs");
    let export = |more: &[&str]| review(&[&["export", &sid, "--store", text(data.path()), "--format", "bundle"], more].concat());
    assert_eq!(export(&[]).0, Exit::Usage);
    assert_eq!(export(&["--out", text(&file), "--open"]).0, Exit::Usage);
    let lock = fs::File::create(data.path().join(LOCK_FILE)).unwrap();
    lock.lock().unwrap();
    let (exit, said) = export(&["--out", text(&file)]);
    assert!(exit == Exit::Refused && said.contains("still running"), "{said}");
    lock.unlock().unwrap();
    fs::write(folder(&data, &session).join("notes"), b"x").unwrap();
    let (exit, said) = export(&["--out", text(&file)]);
    assert!(exit == Exit::Failed && said.contains("notes is in it, which no session has"), "{said}");
    fs::remove_file(folder(&data, &session).join("notes")).unwrap();
    fs::remove_file(folder(&data, &session).join("manifest.json")).unwrap();
    assert_eq!(export(&["--out", text(&file)]).0, Exit::Failed);
    let mut there = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(!there.any(|name| name.contains("dhs")), "nothing is left of it");
}

#[test]
fn hold_and_erase_say_that_a_copy_is_not_the_store() {
    let session = ended_session(56);
    let (data, file) = exported(&session);
    for command in ["hold", "erase"] {
        for copy in [&file, text(&folder(&data, &session))] {
            let output = program(&[command, copy, "--reason", "x", "--config", "deskhand.toml"]);
            assert_eq!(output.status.code(), Some(2));
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(said.contains("this works on the relay's own store only"), "{said}");
        }
    }
}
