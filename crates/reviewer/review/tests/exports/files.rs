//! Where an export goes: a new file that is whole, or nothing.

use std::fs;

use deskhand_audit::testing::ended_session;
use deskhand_review::Exit;

use crate::stored::{program, review, store, text};

/// The names in a folder.
fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_form_goes_to_a_file_as_it_goes_to_standard_output() {
    let session = ended_session(41);
    let data = store(&[&session]);
    let place = tempfile::tempdir().unwrap();
    let sid = session.sid().to_string();
    for format in ["jsonl", "csv", "ocsf", "cef", "rfc5424"] {
        let arguments = ["export", &sid, "--store", text(data.path()), "--format", format];
        let (exit, said) = review(&arguments);
        assert_eq!(exit, Exit::Done);
        let file = place.path().join(format);
        let (exit, line) = review(&[&arguments[..], &["--out", text(&file)]].concat());
        assert_eq!((exit, line), (Exit::Done, format!("{}: {} events, OK.\n", file.display(), session.next_seq())));
        assert_eq!(fs::read_to_string(&file).unwrap(), said, "{format}");
    }
    let file = place.path().join("page.html");
    let arguments = ["export", &sid, "--store", text(data.path()), "--format", "html", "--json", "--out", text(&file)];
    let line: serde_json::Value = serde_json::from_str(&review(&arguments).1).unwrap();
    assert_eq!(line, serde_json::json!({"file": text(&file), "events": session.next_seq(), "verdict": "OK"}));
    assert!(fs::read_to_string(&file).unwrap().ends_with("</html>\n"));
    assert_eq!(names(place.path()), ["cef", "csv", "jsonl", "ocsf", "page.html", "rfc5424"]);
}

#[test]
fn a_file_that_is_there_is_kept_and_a_folder_that_is_not_is_said() {
    let session = ended_session(42);
    let data = store(&[&session]);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("kept");
    fs::write(&file, "mine").unwrap();
    let sid = session.sid().to_string();
    let arguments = ["export", &sid, "--store", text(data.path()), "--format", "csv", "--out"];
    let (exit, said) = review(&[&arguments[..], &[text(&file)]].concat());
    assert!(exit == Exit::Failed && said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let (exit, said) = review(&[&arguments[..], &[text(&place.path().join("no/such/file"))]].concat());
    assert!(exit == Exit::Failed && said.contains("cannot be written"), "{said}");
    assert_eq!(names(place.path()), ["kept"]);
    assert_eq!(program(&["export", &sid, "--store", text(data.path()), "--format", "xml"]).status.code(), Some(2));
}

/// The log is a pipe here: the export begins, and waits for more of it as long as the test wants.
#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_no_file() {
    use std::{
        io::{Read as _, Write as _},
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    use deskhand_audit::bundle::EVENTS;

    let session = ended_session(43);
    let data = store(&[&session]);
    let events = crate::stored::folder(&data, &session).join(EVENTS);
    fs::remove_file(&events).unwrap();
    assert!(Command::new("mkfifo").arg(&events).status().unwrap().success());
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("export.csv");
    let sid = session.sid().to_string();
    let arguments = ["export", &sid, "--store", text(data.path()), "--format", "csv", "--out", text(&file)];
    for signal in ["-INT", "-TERM"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deskhand-review"));
        let mut child = child.args(arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        // Opens as soon as the export reads; what it has written is then under its temporary name.
        let mut log = fs::OpenOptions::new().write(true).open(&events).unwrap();
        let half = &session.store.files[EVENTS][..session.store.files[EVENTS].len() / 2];
        log.write_all(half).unwrap();
        let part = names(place.path());
        assert!(part.len() == 1 && part[0].ends_with(".part"), "{part:?}");
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(30);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it goes on after {signal}");
            std::thread::yield_now();
        }
        assert_eq!(child.wait().unwrap().code(), Some(1));
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains("interrupted: nothing was written"), "{said}");
        assert_eq!(names(place.path()), Vec::<String>::new());
    }
}
