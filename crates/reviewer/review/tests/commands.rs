//! The commands against stores on disk: what they print and how they exit.

mod stored;

use std::fs::{self, File};

use deskhand_audit::{
    Actor, Event,
    bundle::{EVENTS, LOCK_FILE, OPEN_MARKER, STATEMENT},
    testing::{ended_session, running_session},
};
use deskhand_identity::{ReviewerPublic, ReviewerSecret};
use deskhand_review::{Exit, Options, run};
use stored::{folder, program, review, store, text};

#[test]
fn a_sound_session_is_ok_by_its_id_and_by_its_folder() {
    let session = ended_session(1);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let output = program(&["verify", &sid, "--store", text(data.path()), "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let events = session.next_seq();
    let line = format!("{{\"verdict\":\"OK\",\"at\":null,\"events\":{events},\"media_bytes\":108,\"reasons\":[]}}\n");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), line);
    let statement = data.path().join(STATEMENT);
    let (exit, said) = review(&["verify", text(&folder(&data, &session)), "--trust", text(&statement)]);
    assert_eq!(exit, Exit::Done);
    assert!(said.starts_with("OK\n") && said.contains("cannot prove that the host told the truth"), "{said}");
    let (exit, said) = review(&["verify", text(&folder(&data, &session))]);
    assert_eq!(exit, Exit::Done);
    assert!(said.contains("No statement was given"), "{said}");
}

#[test]
fn a_changed_byte_of_any_file_exits_five() {
    let session = ended_session(2);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let arguments = ["verify", &sid, "--store", text(data.path()), "--json"];
    for (at_file, (name, bytes)) in session.store.files.iter().enumerate() {
        let path = folder(&data, &session).join(name);
        for at in [0, bytes.len() / 3, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 7);
            fs::write(&path, changed).unwrap();
            let (exit, said) = review(&arguments);
            assert_eq!(exit, Exit::Unverified, "{name} at {at}: {said}");
        }
        if at_file == 0 {
            assert_eq!(program(&arguments).status.code(), Some(5));
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(review(&arguments).0, Exit::Done);
}

#[test]
fn another_organisation_exits_five_and_an_edited_statement_one() {
    let (session, other) = (ended_session(3), ended_session(4));
    let data = store(&[&other, &session]);
    let sid = session.sid().to_string();
    let (exit, said) = review(&["verify", &sid, "--store", text(data.path()), "--json"]);
    assert_eq!(exit, Exit::Unverified);
    assert!(said.starts_with(r#"{"verdict":"TAMPERED","at":0,"#), "{said}");
    let edited = session.statement().replace("Acme Support", "Acme Supp0rt");
    let statement = data.path().join("edited.toml");
    fs::write(&statement, edited).unwrap();
    let (exit, said) = review(&["verify", &sid, "--store", text(data.path()), "--trust", text(&statement)]);
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("edited.toml cannot be trusted"), "{said}");
}

#[test]
fn a_session_is_open_only_while_its_relay_runs() {
    let session = running_session(5);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let arguments = ["verify", &sid, "--store", text(data.path()), "--json"];
    let lock = File::create(data.path().join(LOCK_FILE)).unwrap();
    lock.lock().unwrap();
    let (exit, said) = review(&arguments);
    assert_eq!((exit, said.contains(r#""verdict":"OPEN","at":18"#)), (Exit::Done, true), "{said}");
    lock.unlock().unwrap();
    let (exit, said) = review(&arguments);
    assert_eq!((exit, said.contains(r#""verdict":"TRUNCATED","at":18"#)), (Exit::Unverified, true), "{said}");
    lock.lock().unwrap();
    fs::remove_file(folder(&data, &session).join(OPEN_MARKER)).unwrap();
    assert_eq!(review(&arguments).0, Exit::Unverified, "a session that was given up is not open");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_is_not_followed() {
    let session = ended_session(6);
    let data = store(&[&session]);
    let events = folder(&data, &session).join(EVENTS);
    let elsewhere = data.path().join("elsewhere");
    fs::rename(&events, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &events).unwrap();
    assert_eq!(review(&["verify", text(&folder(&data, &session))]).0, Exit::Unverified);
}

#[test]
fn what_cannot_be_found_or_understood_says_what_to_do() {
    let session = ended_session(7);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    assert_eq!(program(&["verify", &sid]).status.code(), Some(2));
    assert_eq!(program(&["verify"]).status.code(), Some(2));
    assert_eq!(program(&[]).status.code(), Some(2));
    let (exit, said) = review(&["verify", &sid]);
    assert_eq!(exit, Exit::Usage);
    assert!(said.contains("--store DIR"), "{said}");
    let unknown = ended_session(8).sid().to_string();
    let (exit, said) = review(&["show", &unknown, "--store", text(data.path())]);
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("deskhand-review list"), "{said}");
    for path in [text(data.path()), "../../etc", "/no/such/place"] {
        assert_eq!(review(&["verify", path]).0, Exit::Failed, "{path}");
    }
    assert_eq!(review(&["list", "--store", "/no/such/place"]).0, Exit::Failed);
}

#[test]
fn show_tells_the_session_in_order_and_hostile_text_is_escaped() {
    let mut session = running_session(9);
    let hostile = Event::Anomaly { anomaly: "x\u{1b}[2J\n99 OK\u{202e}".into(), peer: None, detail: None };
    session.event(Actor::host(), hostile);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let (exit, said) = review(&["show", &sid, "--store", text(data.path())]);
    assert_eq!(exit, Exit::Done);
    assert!(said.lines().next().unwrap().starts_with("TRUNCATED at 18: "), "{said}");
    let places: Vec<usize> =
        ["Acme Support", "Ana Ruiz (1)", "customer allowed technician 1: view", "has control for 5 minutes", "2 keys, 1 click,"]
            .iter()
            .map(|words| said.find(words).unwrap_or_else(|| panic!("{words}: {said}")))
            .collect();
    assert!(places.is_sorted(), "{said}");
    assert!(said.contains(r"x\u{1b}[2J\u{a}99 OK\u{202e}") && !said.contains('\u{1b}'), "{said}");
    assert_eq!(said.lines().count() as u64, 1 + session.next_seq());
}

#[test]
fn show_says_who_did_what_and_takes_a_part_of_it() {
    let session = ended_session(13);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let show = |more: &[&str]| {
        let (exit, said) = review(&[&["show", &sid, "--store", text(data.path())], more].concat());
        assert_eq!(exit, Exit::Done, "{said}");
        said.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let granted = show(&["--kind", "consent.granted"]);
    assert_eq!(granted.len(), 2, "{granted:?}");
    assert!(
        granted.iter().all(|line| line.contains("  customer          consent.granted    customer allowed technician 1")),
        "{granted:?}"
    );
    let input = show(&["--kind", "input.summary", "--kind", "control.requested"]);
    assert_eq!(input.len(), 2);
    assert!(input.iter().all(|line| line.contains("  Ana Ruiz (1)      ")), "{input:?}");
    let all = show(&[]);
    let places = |lines: &[String]| lines.iter().map(|line| line[..5].trim().parse::<u64>().unwrap()).collect::<Vec<_>>();
    // The first event is at 0 and each one is 10 ms later.
    assert_eq!(places(&show(&["--from", "0.05", "--to", "0.08"])), [5, 6, 7, 8]);
    assert_eq!(places(&show(&["--from", "0.1"])).len(), all.len() - 10);
    let json = ["show", &sid, "--store", text(data.path()), "--json", "--from", "0.05", "--to", "0.08", "--kind", "tech.identified"];
    let (exit, said) = review(&json);
    assert_eq!((exit, said.lines().count()), (Exit::Done, 1), "{said}");
    assert!(said.contains(r#""kind":"tech.identified""#), "{said}");
    assert_eq!(program(&["show", &sid, "--store", text(data.path()), "--kind", "no.such"]).status.code(), Some(2));
}

#[test]
fn colours_are_there_for_a_terminal_alone_and_part_the_actors() {
    let session = ended_session(14);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let arguments = ["deskhand-review", "show", &sid, "--store", text(data.path())];
    let painted = |colour| {
        let options = <Options as clap::Parser>::try_parse_from(arguments).unwrap().with_colour(colour);
        let mut out = Vec::new();
        assert_eq!(run(&options, &mut out).unwrap(), Exit::Done);
        String::from_utf8(out).unwrap()
    };
    let (plain, coloured) = (painted(false), painted(true));
    assert!(!plain.contains('\u{1b}'), "{plain}");
    for part in ["\u{1b}[32mcustomer  ", "\u{1b}[36mAna Ruiz (1)", "\u{1b}[90mhost  "] {
        assert!(coloured.contains(part), "{part:?}: {coloured}");
    }
    let output = program(&arguments[1..]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), plain, "a pipe gets no colours");
}

#[test]
fn show_in_json_gives_the_events_as_they_are_stored() {
    let session = ended_session(10);
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let (exit, said) = review(&["show", &sid, "--store", text(data.path()), "--json"]);
    assert_eq!((exit, said.as_bytes()), (Exit::Done, &session.store.files[EVENTS][..]));
    let events = folder(&data, &session).join(EVENTS);
    fs::write(&events, &said[..said.len() / 2]).unwrap();
    let (exit, said) = review(&["show", &sid, "--store", text(data.path()), "--json"]);
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("cannot be read any further"), "{said}");
}

#[test]
fn list_says_which_sessions_there_are_and_how_they_stand() {
    let (ended, cut) = (ended_session(11), running_session(12));
    let data = store(&[&ended, &cut]);
    fs::create_dir_all(data.path().join("sessions/not-a-session")).unwrap();
    let (exit, said) = review(&["list", "--store", text(data.path()), "--json"]);
    assert_eq!(exit, Exit::Done);
    let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    for (session, state) in [(&ended, "ended"), (&cut, "cut off")] {
        let sid = session.sid().to_string();
        let line = lines.iter().find(|line| line["session"] == sid.as_str()).unwrap();
        assert_eq!((&line["state"], &line["technicians"][0]), (&state.into(), &"Ana Ruiz".into()));
        assert_eq!(line["events"], session.next_seq());
        assert_eq!(line["started"], "2025-11-21T22:05:02.010Z");
    }
    assert_eq!(review(&["list", "--store", text(data.path())]).1.lines().count(), 3, "a header and two sessions");
    let nothing = tempfile::tempdir().unwrap();
    assert!(review(&["list", "--store", text(nothing.path())]).1.contains("holds no sessions"));
}

#[test]
fn keygen_writes_a_private_file_once_and_prints_the_public_line() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("r.key");
    let arguments = ["keygen", "--out", text(&file), "--no-passphrase", "--json"];
    let (exit, said) = review(&arguments);
    assert_eq!(exit, Exit::Done);
    let line: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(line["file"], text(&file));
    let public = ReviewerPublic::parse(line["public"].as_str().unwrap()).unwrap();
    let secret: ReviewerSecret = deskhand_link::keyfile::read(&file, |_| Ok(None)).unwrap();
    assert_eq!((secret.tls.public(), deskhand_recording::sealing_key(&secret.age)), (public.tls, public.age));
    let kept = fs::read(&file).unwrap();
    assert_eq!(review(&arguments).0, Exit::Failed);
    assert_eq!(fs::read(&file).unwrap(), kept);
    let other = place.path().join("s.key");
    assert_eq!(program(&["keygen", "--out", text(&other)]).status.code(), Some(2), "nobody can be asked for a passphrase");
    let words = place.path().join("words");
    fs::write(&words, "correct horse\n").unwrap();
    assert_eq!(review(&["keygen", "--out", text(&other), "--passphrase-file", text(&words)]).0, Exit::Done);
    let sealed: Result<ReviewerSecret, _> = deskhand_link::keyfile::read(&other, |_| Ok(None));
    assert!(sealed.is_err(), "the file is sealed under the passphrase");
}
