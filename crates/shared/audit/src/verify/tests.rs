//! Whatever is done to the files of an ended session, the verifier does not say `OK`.

use crate::{
    Actor, AnswerInput, Event, Verdict,
    bundle::{self, CHECKPOINTS, EVENTS, MANIFEST, OPEN_MARKER, PERSONAL},
    note::Note,
    testing::{MemoryStore, Synthetic, ended_session, running_session},
    verify::{Options, Report, verify},
};

fn judge(store: &MemoryStore, options: &Options) -> Report {
    verify(store, options).expect("memory can be read")
}

fn verdict(session: &Synthetic) -> Verdict {
    judge(&session.store, &session.options()).verdict
}

fn lines(session: &Synthetic) -> Vec<Vec<u8>> {
    let events = &session.store.files[EVENTS];
    events.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn put_lines(session: &mut Synthetic, lines: &[Vec<u8>]) {
    session.store.files.insert(EVENTS.into(), lines.concat());
}

fn notes(session: &Synthetic) -> Vec<Vec<u8>> {
    let mut reader = bundle::NoteReader::new(&session.store.files[CHECKPOINTS][..]);
    let (mut all, mut note) = (Vec::new(), Vec::new());
    while reader.next(&mut note).unwrap() == bundle::Found::Whole {
        all.push(note.clone());
    }
    all
}

#[test]
fn an_ended_session_is_ok_and_says_nothing_more() {
    let session = ended_session(1);
    let report = judge(&session.store, &session.options());
    assert_eq!((report.verdict, &report.reasons[..]), (Verdict::Ok, &[][..]));
    assert_eq!(report.events, session.next_seq());
    assert_eq!(report.media_bytes, 3 * (4 + 8 + 24));
    assert!(session.store.files.len() >= 7, "every kind of file is in it");
}

/// Flips bits of every byte of every file, one at a time.
fn flip(seed: u8, bits: impl Fn(usize) -> Vec<u8>) {
    let session = ended_session(seed);
    let options = session.options();
    let mut store = session.store.clone();
    for (name, bytes) in &session.store.files {
        for (at, byte) in bytes.iter().enumerate() {
            for bit in bits(at) {
                store.files.get_mut(name).unwrap()[at] = byte ^ 1 << bit;
                let report = judge(&store, &options);
                assert!(!report.verdict.stands(), "{name} byte {at} bit {bit}: {} {:?}", report.verdict, report.reasons);
                assert!(!report.reasons.is_empty());
            }
            store.files.get_mut(name).unwrap()[at] = *byte;
        }
    }
}

#[test]
fn a_flipped_bit_in_every_byte_of_every_file_is_noticed() {
    // One bit of each byte, another one from byte to byte.
    flip(2, |at| vec![(at * 5 % 8) as u8]);
}

#[test]
#[ignore = "takes minutes: every bit of every byte, where the suite flips one bit of every byte"]
fn every_flipped_bit_of_every_file_is_noticed() {
    flip(2, |_| (0..8).collect());
}

#[test]
fn every_byte_put_in_or_taken_out_is_noticed() {
    let session = ended_session(3);
    let options = session.options();
    for (name, bytes) in &session.store.files {
        for at in (0..=bytes.len()).step_by(7).chain([bytes.len()]) {
            let mut store = session.store.clone();
            let file = store.files.get_mut(name).unwrap();
            file.insert(at, b'\n');
            assert!(!judge(&store, &options).verdict.stands(), "a line end put in {name} at {at}");
            let file = store.files.get_mut(name).unwrap();
            file.remove(at);
            file.truncate(at);
            if at < bytes.len() {
                let verdict = judge(&store, &options).verdict;
                // Cut between the last head and the relay's signature under it, the log is still whole, and fewer vouch for it.
                let unilateral = name == CHECKPOINTS && matches!(verdict, Verdict::OkUnilateralFrom(_));
                assert!(!verdict.stands() || unilateral, "{name} cut at {at}: {verdict}");
            }
        }
    }
}

#[test]
fn a_cosignature_that_was_taken_out_is_noticed_wherever_it_was() {
    let session = ended_session(6);
    let notes = notes(&session);
    for at in 0..notes.len() {
        let mut cut = ended_session(6);
        let mut notes = notes.clone();
        let mut note = Note::from_bytes(&notes[at]).unwrap();
        note.signatures.pop();
        notes[at] = note.to_bytes();
        cut.store.files.insert(CHECKPOINTS.into(), notes.concat());
        let expected = |verdict| {
            if at + 1 == notes.len() { matches!(verdict, Verdict::OkUnilateralFrom(_)) } else { matches!(verdict, Verdict::TamperedAt(_)) }
        };
        assert!(expected(verdict(&cut)), "{at}: {}", verdict(&cut));
    }
}

#[test]
fn a_log_whose_end_the_relay_did_not_cosign_is_the_hosts_word_from_there_on() {
    let mut session = running_session(7);
    session.cosign = None;
    session.end();
    assert!(matches!(verdict(&session), Verdict::OkUnilateralFrom(_)), "{}", verdict(&session));
}

#[test]
fn a_cosigning_key_that_the_statement_does_not_name_is_noticed() {
    let session = ended_session(8);
    let mut options = session.options();
    let relays = &mut options.trust.as_mut().unwrap().relays;
    relays[0].1 = deskhand_identity::SecretKey::from_seed([77; 32]).public();
    assert!(matches!(judge(&session.store, &options).verdict, Verdict::TamperedAt(0)));
}

/// The head that the customer of this session holds.
fn held(session: &Synthetic) -> Note {
    Note::from_bytes(notes(session).last().unwrap()).unwrap()
}

#[test]
fn a_finished_session_that_was_written_anew_is_caught_by_the_receipt() {
    let session = ended_session(9);
    let mut options = session.options();
    options.receipt = Some(held(&session));
    assert_eq!(judge(&session.store, &options).verdict, Verdict::Ok);
    // Whoever has the host's key and the relay's writes another history: longer, or one that ends early.
    for further in [0, 9] {
        let mut anew = running_session(9);
        anew.event(Actor::customer(), Event::CustomerStop { how: AnswerInput::Key });
        for _ in 0..further {
            anew.event(Actor::host(), Event::NoticeShown { notice: "all is well".into() });
        }
        anew.end();
        let verdict = judge(&anew.store, &options).verdict;
        assert!(matches!(verdict, Verdict::ForkedAt(_)), "{further}: {verdict}");
    }
    // One that was only cut off is not another history.
    let cut = running_session(9);
    assert!(matches!(judge(&cut.store, &options).verdict, Verdict::TruncatedAt(_)));
    // A receipt of another session says nothing.
    options.receipt = Some(held(&ended_session(10)));
    assert!(matches!(judge(&session.store, &options).verdict, Verdict::OkUnilateralFrom(0)));
}

#[test]
fn every_missing_file_and_every_extra_file_is_noticed() {
    let session = ended_session(4);
    let options = session.options();
    for name in session.store.files.keys() {
        let mut store = session.store.clone();
        store.files.remove(name);
        let verdict = judge(&store, &options).verdict;
        let only_unproven = name == bundle::PROOFS && verdict == Verdict::OkUnilateralFrom(0);
        assert!(!verdict.stands() || only_unproven, "{name} removed: {verdict}");
    }
    for name in ["index.json", "media/3.sfr", "media/01.sfr", "sealed/0-reason.bin", "sealed/x", "notes", "\u{1b}[2J"] {
        let mut store = session.store.clone();
        store.files.insert(name.into(), b"x".to_vec());
        assert!(matches!(judge(&store, &options).verdict, Verdict::TamperedAt(_)), "{name} added");
    }
}

#[test]
fn a_removed_leaf_is_noticed_wherever_it_was() {
    let session = ended_session(5);
    for at in 0..lines(&session).len() {
        let mut cut = ended_session(5);
        let mut lines = lines(&cut);
        lines.remove(at);
        put_lines(&mut cut, &lines);
        assert!(!verdict(&cut).stands(), "leaf {at} removed");
    }
}

#[test]
fn swapped_leaves_are_noticed() {
    let mut session = ended_session(6);
    let mut swapped = lines(&session);
    swapped.swap(4, 5);
    put_lines(&mut session, &swapped);
    assert_eq!(verdict(&session), Verdict::TamperedAt(4));
}

#[test]
fn a_removed_checkpoint_is_noticed_and_the_last_one_means_truncated() {
    let count = notes(&ended_session(7)).len();
    assert!(count >= 4);
    for at in 0..count {
        let mut session = ended_session(7);
        let mut notes = notes(&session);
        notes.remove(at);
        session.store.files.insert(CHECKPOINTS.into(), notes.concat());
        let verdict = verdict(&session);
        if at + 1 == count {
            assert!(matches!(verdict, Verdict::TruncatedAt(n) if n < session.next_seq()), "{verdict}");
        } else {
            assert!(matches!(verdict, Verdict::TamperedAt(_)), "{verdict}");
        }
    }
}

#[test]
fn a_log_cut_back_to_an_earlier_checkpoint_is_truncated_there() {
    let mut session = ended_session(8);
    let notes = notes(&session);
    let size = 8;
    assert!(String::from_utf8_lossy(&notes[0]).contains("\n8\n"), "the first checkpoint covers eight events");
    let kept = lines(&session)[..size].to_vec();
    put_lines(&mut session, &kept);
    assert_eq!(verdict(&session), Verdict::TruncatedAt(8), "the later checkpoints are still there");
    session.store.files.insert(CHECKPOINTS.into(), notes[0].clone());
    assert_eq!(verdict(&session), Verdict::TruncatedAt(8), "and gone");
}

#[test]
fn a_cut_recording_is_noticed_at_its_segment() {
    let mut session = ended_session(9);
    let media = session.store.files.get_mut("media/2.sfr").unwrap();
    let half = media.len() / 2;
    media.truncate(half);
    let report = judge(&session.store, &session.options());
    assert!(matches!(report.verdict, Verdict::TamperedAt(_)));
    assert_eq!(report.media_bytes, 72, "the other epoch still fits");
    assert!(report.reasons[0].contains("media/2.sfr"), "{:?}", report.reasons);
}

#[test]
fn the_statement_of_another_organisation_is_noticed() {
    let session = ended_session(10);
    let other = ended_session(11);
    let options = Options { sid: Some(session.sid()), ..other.options() };
    assert_eq!(judge(&session.store, &options).verdict, Verdict::TamperedAt(0));
    let options = Options { sid: Some(other.sid()), ..session.options() };
    assert_eq!(judge(&session.store, &options).verdict, Verdict::TamperedAt(0), "and so is another session's folder");
    let report = judge(&session.store, &Options::default());
    assert_eq!((report.verdict, report.reasons.len()), (Verdict::Ok, 1), "without a statement that is said");
}

#[test]
fn a_running_session_is_open_and_an_abandoned_one_truncated() {
    let mut session = running_session(12);
    let signed = session.next_seq() - 3;
    let live = Options { live: true, ..session.options() };
    assert_eq!(judge(&session.store, &live).verdict, Verdict::OpenAt(signed));
    assert_eq!(verdict(&session), Verdict::TruncatedAt(signed));
    session.checkpoint();
    assert_eq!(judge(&session.store, &live).verdict, Verdict::OpenAt(signed + 3));
    // What a kill leaves behind: half a line, half a note, half a record, a temporary value.
    for (name, rest) in [(EVENTS, &b"{\"act"[..]), (CHECKPOINTS, b"acme.exam"), ("media/2.sfr", b"\0\0\0\x20abc"), ("media/3.sfr", b"\0")] {
        let mut store = session.store.clone();
        store.files.entry(name.into()).or_default().extend_from_slice(rest);
        let report = judge(&store, &session.options());
        assert_eq!(report.verdict, Verdict::TruncatedAt(signed + 3), "{name}: {:?}", report.reasons);
        assert_eq!(judge(&store, &live).verdict, Verdict::OpenAt(signed + 3), "{name}");
    }
}

#[test]
fn a_changed_event_of_a_running_session_is_noticed_once_signed() {
    let session = running_session(13);
    let live = Options { live: true, ..session.options() };
    let mut store = session.store.clone();
    let events = String::from_utf8(store.files[EVENTS].clone()).unwrap();
    store.files.insert(EVENTS.into(), events.replacen("\"latency_ms\":10", "\"latency_ms\":99", 1).into_bytes());
    assert!(matches!(judge(&store, &live).verdict, Verdict::TamperedAt(_)));
}

#[test]
fn two_signed_histories_are_a_fork() {
    let mut session = ended_session(14);
    let mut other = Synthetic::begin(14);
    other.pair();
    for _ in 0..1 {
        other.consent(&[deskhand_identity::Scope::View]);
    }
    other.checkpoint();
    let notes = notes(&session);
    let forked = [other.store.files[CHECKPOINTS].clone(), notes[1..].concat()].concat();
    session.store.files.insert(CHECKPOINTS.into(), forked);
    assert_eq!(verdict(&session), Verdict::ForkedAt(8));
}

#[test]
fn a_stale_open_marker_of_an_ended_session_changes_nothing_but_must_be_empty() {
    let mut session = ended_session(15);
    session.store.files.insert(OPEN_MARKER.into(), Vec::new());
    assert_eq!(verdict(&session), Verdict::Ok);
    session.store.files.insert(OPEN_MARKER.into(), b"x".to_vec());
    assert_eq!(verdict(&session), Verdict::TamperedAt(0));
}

#[test]
fn nothing_at_all_has_a_verdict_too() {
    assert_eq!(judge(&MemoryStore::default(), &Options::default()).verdict, Verdict::TamperedAt(0));
    let session = ended_session(16);
    let mut only = MemoryStore::default();
    only.files.insert(MANIFEST.into(), session.store.files[MANIFEST].clone());
    assert_eq!(judge(&only, &session.options()).verdict, Verdict::TruncatedAt(0));
    only.files.insert(PERSONAL.into(), b"{}".to_vec());
    assert_eq!(judge(&only, &session.options()).verdict, Verdict::TamperedAt(0));
}
