//! Whatever lies in a session's folder leads to a verdict or a sentence: cut, moved, doubled, forged, too large, of another version, or
//! named to deceive.
//!
//! In scope: each kind of damage through the command, with its verdict and the words that name it. Not in scope: every byte of every file
//! (`deskhand-audit`), gaps of a recording as they are shown (`deskhand-player`), hostile texts in exports (`exports`).

mod stored;

use std::{collections::BTreeMap, fs};

use deskhand_audit::{
    Checkpoint, Origin,
    bundle::{self, CHECKPOINTS, EVENTS, KEYS, MANIFEST, NoteReader, PERSONAL, PROOFS},
    note::Note,
    testing::{Synthetic, ended_session},
};
use deskhand_identity::{SecretKey, Session};
use deskhand_review::Exit;
use stored::{folder, review, store, text};

type Files = BTreeMap<String, Vec<u8>>;

/// Verdict and everything said of an ended session after this was done to its files.
fn said_of(seed: u8, damage: impl FnOnce(&Synthetic, &mut Files)) -> (String, String) {
    let mut session = ended_session(seed);
    let mut files = std::mem::take(&mut session.store.files);
    damage(&session, &mut files);
    session.store.files = files;
    let data = store(&[&session]);
    let sid = session.sid().to_string();
    let (exit, said) = review(&["verify", &sid, "--store", text(data.path())]);
    let verdict = said.lines().next().unwrap_or_default().to_owned();
    assert_eq!(exit, if verdict.starts_with("OK") { Exit::Done } else { Exit::Unverified }, "{said}");
    // The other commands read what they can of the same and don't fail over it.
    assert_eq!(review(&["show", &sid, "--store", text(data.path())]).0, Exit::Done);
    assert_eq!(review(&["list", "--store", text(data.path())]).0, Exit::Done);
    (verdict, said)
}

fn is(seed: u8, verdict: &str, words: &str, damage: impl FnOnce(&Synthetic, &mut Files)) {
    let (found, said) = said_of(seed, damage);
    assert!(found.starts_with(verdict) && said.contains(words), "wanted {verdict} and {words:?}: {said}");
}

fn lines(files: &Files) -> Vec<Vec<u8>> {
    files[EVENTS].split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn notes(files: &Files) -> Vec<Vec<u8>> {
    let (mut reader, mut all, mut note) = (NoteReader::new(&files[CHECKPOINTS][..]), Vec::new(), Vec::new());
    while reader.next(&mut note).expect("memory") == bundle::Found::Whole {
        all.push(note.clone());
    }
    all
}

fn edit(files: &mut Files, name: &str, from: &str, to: &str) {
    let old = String::from_utf8(files[name].clone()).expect("a text");
    assert!(old.contains(from), "{from} is in {name}");
    files.insert(name.into(), old.replacen(from, to, 1).into_bytes());
}

#[test]
fn what_was_cut_off_is_truncated_where_the_signed_heads_end() {
    is(1, "TRUNCATED at 18", "only 20 are here", |_, files| {
        let kept = lines(files)[..20].concat();
        files.insert(EVENTS.into(), kept);
    });
    is(1, "TRUNCATED at 18", "end within a line", |_, files| {
        let all = files[EVENTS].len();
        let last: usize = lines(files).iter().rev().take(3).map(Vec::len).sum();
        files.get_mut(EVENTS).expect("events").truncate(all - last + 7);
    });
    is(1, "TRUNCATED at 18", "not proven", |_, files| {
        let kept = notes(files).split_last().expect("heads").1.concat();
        files.insert(CHECKPOINTS.into(), kept);
    });
    is(1, "TAMPERED", "the file ends before them", |_, files| files.get_mut("media/2.sfr").expect("media").clear());
}

#[test]
fn what_was_moved_or_doubled_is_tampered() {
    is(2, "TAMPERED at 4", "it says it is event 5", |_, files| {
        let mut lines = lines(files);
        lines.swap(4, 5);
        files.insert(EVENTS.into(), lines.concat());
    });
    is(2, "TAMPERED at 7", "it says it is event 6", |_, files| {
        let mut lines = lines(files);
        lines.insert(7, lines[6].clone());
        files.insert(EVENTS.into(), lines.concat());
    });
    is(2, "TAMPERED", "stands after one of", |_, files| {
        let mut notes = notes(files);
        notes.swap(0, 1);
        files.insert(CHECKPOINTS.into(), notes.concat());
    });
    is(2, "TAMPERED", "stands after one of", |_, files| {
        let mut notes = notes(files);
        notes.insert(1, notes[0].clone());
        files.insert(CHECKPOINTS.into(), notes.concat());
    });
    is(2, "TAMPERED", "not those that the host sealed", |_, files| {
        let media = files.get_mut("media/1.sfr").expect("media");
        let half = media.len() / 2;
        media.rotate_left(half);
    });
    is(2, "TAMPERED", "goes on after the last update", |_, files| {
        let media = files.get_mut("media/1.sfr").expect("media");
        let first = media[..media.len() / 2].to_vec();
        media.extend(first);
    });
}

#[test]
fn what_others_signed_is_tampered() {
    let other = SecretKey::<Session>::from_seed([99; 32]);
    // A head signed anew over the same events, by a key that is not the session's.
    is(3, "TAMPERED", "checkpoint after the one of", |session, files| {
        let mut notes = notes(files);
        let origin = Origin::of(&session.organisation.public(), Some("acme.example"), &session.sid());
        let head =
            Checkpoint::open(&Note::from_bytes(&notes[1]).expect("a note"), &origin, &session.key.public()).expect("the host's head");
        notes[1] = head.sign(&other).to_bytes();
        files.insert(CHECKPOINTS.into(), notes.concat());
    });
    // Another session under this one's name, whole as it is.
    is(3, "TAMPERED at 0", "not the one that was asked for", |_, files| *files = ended_session(4).store.files);
    // Its log under this one's manifest, and this one's manifest with another key.
    is(3, "TAMPERED at 0", "belongs to session", |_, files| _ = files.insert(EVENTS.into(), ended_session(4).store.files[EVENTS].clone()));
    is(3, "TAMPERED at 0", "not the hash of its session key", |session, files| {
        edit(files, MANIFEST, &session.key.public().to_string(), &other.public().to_string());
    });
    is(3, "TAMPERED", "org.proof", |_, files| _ = files.insert(PROOFS.into(), ended_session(4).store.files[PROOFS].clone()));
    is(3, "TAMPERED", "not what the host sealed", |_, files| _ = files.insert(KEYS.into(), b"sealed to somebody else".to_vec()));
}

#[test]
fn what_is_larger_than_it_can_be_is_tampered_and_not_taken_in() {
    let large = |length: usize| vec![b'a'; length];
    is(5, "TAMPERED at 9", "longer than any event", |_, files| {
        let mut lines = lines(files);
        lines.insert(9, [large(2 << 20), b"\n".to_vec()].concat());
        files.insert(EVENTS.into(), lines.concat());
    });
    is(5, "TAMPERED", "is no signed note", |_, files| {
        let mut notes = notes(files);
        notes.insert(1, large(2 << 20));
        files.insert(CHECKPOINTS.into(), notes.concat());
    });
    for (name, words) in
        [(MANIFEST, "not written as a manifest is"), (PERSONAL, "too long"), (PROOFS, "org.proof"), (KEYS, "not what the host sealed")]
    {
        is(5, "TAMPERED", words, |_, files| {
            // As it was, and then so much more that nobody would want it in memory.
            files.get_mut(name).expect("a file").extend(large(40 << 20));
        });
    }
    is(5, "TAMPERED", "is not what was sealed", |_, files| {
        let name = files.keys().find(|name| name.starts_with("sealed/")).expect("a sealed field").clone();
        files.insert(name, large(4 << 20));
    });
    is(5, "TAMPERED", "media/1.sfr", |_, files| {
        let media = files.get_mut("media/1.sfr").expect("media");
        media[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    });
}

#[test]
fn what_another_version_wrote_says_that_it_takes_a_newer_program() {
    is(6, "TAMPERED at 0", "use a newer one", |_, files| edit(files, MANIFEST, "deskhand-session-1", "deskhand-session-2"));
    is(6, "TAMPERED at 3", "this program reads version 1: use a newer one", |_, files| {
        let mut lines = lines(files);
        let later = String::from_utf8(lines[3].clone()).expect("a text").replacen("\"v\":1}", "\"v\":2}", 1);
        assert_ne!(later.as_bytes(), lines[3]);
        lines[3] = later.into_bytes();
        files.insert(EVENTS.into(), lines.concat());
    });
}

#[test]
fn names_of_files_that_would_deceive_are_shown_as_they_are_and_lead_nowhere() {
    let session = ended_session(7);
    let data = store(&[&session]);
    let place = folder(&data, &session);
    let hostile = ["media/\u{1b}[2J\n1 OK", "sealed/..%2F..%2Fetc", "\u{202e}nosj.tsefinam", "media/00000000000000000001.sfr", "-rf"];
    for name in hostile {
        fs::write(place.join(name), "x").expect("writable");
        let (exit, said) = review(&["verify", text(&place)]);
        assert_eq!(exit, Exit::Unverified, "{name:?}: {said}");
        assert!(said.starts_with("TAMPERED") && said.contains("no event accounts for it"), "{name:?}: {said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
        let (_, json) = review(&["verify", text(&place), "--json"]);
        assert_eq!(json.lines().count(), 1, "{json}");
        fs::remove_file(place.join(name)).expect("removable");
    }
    // A folder where a file should be, and a file where a folder should be.
    for name in [EVENTS, "media"] {
        let aside = data.path().join("aside");
        fs::rename(place.join(name), &aside).expect("renamed");
        if name == EVENTS {
            fs::create_dir(place.join(name)).expect("made");
        } else {
            fs::write(place.join(name), "x").expect("writable");
        }
        assert_eq!(review(&["verify", text(&place)]).0, Exit::Unverified, "{name}");
        if name == EVENTS {
            fs::remove_dir(place.join(name)).expect("removable");
        } else {
            fs::remove_file(place.join(name)).expect("removable");
        }
        fs::rename(&aside, place.join(name)).expect("renamed");
    }
    assert_eq!(review(&["verify", text(&place)]).0, Exit::Done, "as it was");
}
