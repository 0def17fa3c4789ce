//! Finding sessions in a store: every filter, together and alone.

mod stored;

use std::fs::{self, File};

use deskhand_audit::{
    Actor, By, Event, Totals,
    bundle::{EVENTS, LOCK_FILE},
    testing::{Synthetic, ended_session, running_session},
};
use deskhand_review::Exit;
use stored::{folder, program, review, store, text};
use tempfile::TempDir;

/// A long session of Bob on another day, in which the customer said no.
fn of_bob(seed: u8) -> Synthetic {
    let mut session = Synthetic::begin(seed);
    session.pair_as("Bob Ōno");
    let denied = Event::ConsentDenied { peer: 1, reason: "answered".into(), latency_ms: 5 };
    let mut draft = session.draft(Actor::customer(), denied);
    draft.t_ms += 3 * 24 * 3_600_000;
    draft.mono_ms += 2 * 3_600_000;
    session.append(draft);
    session
}

/// Ana's ended session, her running one and Bob's.
fn three() -> (TempDir, [String; 3]) {
    let sessions = [ended_session(1), running_session(2), of_bob(3)];
    let data = store(&[&sessions[0], &sessions[1], &sessions[2]]);
    (data, sessions.map(|session| session.sid().to_string()))
}

/// The sessions that these filters leave, sorted.
fn found(data: &TempDir, filters: &[&str]) -> Vec<String> {
    let (exit, said) = review(&[&["list", "--store", text(data.path()), "--json"], filters].concat());
    assert_eq!(exit, Exit::Done, "{said}");
    let session =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["session"].as_str().expect("an id").to_owned();
    let mut all: Vec<String> = said.lines().map(session).collect();
    all.sort();
    all
}

#[test]
fn every_filter_takes_away_what_does_not_fit_and_all_of_them_hold_together() {
    let (data, [ended, running, bob]) = three();
    let cases: &[(&[&str], &[&String])] = &[
        (&[], &[&ended, &running, &bob]),
        (&["--technician", "RUIZ"], &[&ended, &running]),
        (&["--technician", "ōNO"], &[&bob]),
        (&["--kind", "control.granted"], &[&ended, &running]),
        (&["--kind", "consent.denied"], &[&bob]),
        (&["--outcome", "refused"], &[&bob]),
        (&["--outcome", "success"], &[&ended, &running, &bob]),
        (&["--state", "ended"], &[&ended]),
        (&["--state", "cut-off"], &[&running, &bob]),
        (&["--min-duration", "1h"], &[&bob]),
        (&["--since", "2025-11-21"], &[&ended, &running, &bob]),
        (&["--since", "2025-11-21T22:05:02.010Z", "--until", "2025-11-21T23:05:02.010+01:00"], &[&ended, &running, &bob]),
        (&["--since", "2025-11-21T22:05:02.011Z"], &[]),
        (&["--until", "2025-11-20"], &[]),
        (&["--technician", "ruiz", "--state", "ended", "--kind", "customer.stop", "--until", "2025-11-21"], &[&ended]),
        (&["--technician", "ruiz", "--min-duration", "1h"], &[]),
    ];
    for (filters, expected) in cases {
        let mut expected: Vec<String> = expected.iter().map(|sid| (*sid).clone()).collect();
        expected.sort();
        assert_eq!(found(&data, filters), expected, "{filters:?}");
    }
}

#[test]
fn a_running_and_a_damaged_session_are_found_by_their_state() {
    let (data, [ended, running, bob]) = three();
    let lock = File::create(data.path().join(LOCK_FILE)).unwrap();
    lock.lock().unwrap();
    let mut open = vec![running.clone(), bob];
    open.sort();
    assert_eq!(found(&data, &["--state", "open"]), open);
    let session = ended_session(1);
    let events = folder(&data, &session).join(EVENTS);
    let bytes = fs::read(&events).unwrap();
    fs::write(&events, &bytes[..bytes.len() - 3]).unwrap();
    assert_eq!(found(&data, &["--state", "unreadable"]), [ended]);
}

#[test]
fn an_empty_list_says_which_filter_took_everything_away() {
    let (data, _) = three();
    let said = |filters: &[&str]| {
        let (exit, said) = review(&[&["list", "--store", text(data.path())], filters].concat());
        assert_eq!(exit, Exit::Done);
        said
    };
    assert_eq!(said(&["--technician", "nobody"]), "None of 3 sessions is left: --technician took 3.\n");
    let both = said(&["--technician", "ruiz", "--min-duration", "1h"]);
    assert_eq!(both, "None of 3 sessions is left: --technician took 1, then --min-duration took 2.\n");
    let (exit, json) = review(&["list", "--store", text(data.path()), "--technician", "nobody", "--json"]);
    assert_eq!((exit, json.as_str()), (Exit::Done, ""));
}

#[test]
fn the_table_is_aligned_under_its_header_and_hostile_names_stay_in_their_line() {
    let mut hostile = Synthetic::begin(4);
    hostile.pair_as("=1+1 | \"x\"");
    let totals = Totals { updates: 0, bytes: 0, inputs: 0, checkpoints: None };
    hostile.event(Actor::host(), Event::SessionEnded { by: By::Host, reason: "\u{1b}[2J".into(), duration_ms: 1, totals });
    let data = store(&[&ended_session(1), &hostile]);
    let (_, said) = review(&["list", "--store", text(data.path())]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    for (column, cells) in [("session", ""), ("began", "2025-11-21T22:05:02.010Z"), ("state", "ended"), ("technicians", "")] {
        let at = lines[0].find(column).unwrap_or_else(|| panic!("{column}: {said}"));
        for line in &lines[1..] {
            assert!(line[at..].starts_with(cells) && line[..at].ends_with("  ") | (at == 0), "{column}: {said}");
        }
    }
    assert!(said.contains("  =1+1 | \"x\"\n"), "{said}");
}

#[test]
fn filters_that_nobody_understands_are_wrong_usage() {
    for filter in
        [["--since", "yesterday"], ["--until", "2026-02-30"], ["--kind", "no.such"], ["--state", "lost"], ["--min-duration", "long"]]
    {
        let output = program(&["list", "--store", ".", filter[0], filter[1]]);
        assert_eq!(output.status.code(), Some(2), "{filter:?}");
    }
}
