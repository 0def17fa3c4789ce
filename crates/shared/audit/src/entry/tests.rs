//! Entries: one spelling, and no bytes that make the reader panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    Draft, Log,
    bundle::{LineReader, Manifest, NoteReader, Personal, RecordReader, whole_notes, whole_records},
    event::{By, Organisation, Totals},
    jcs::MAX_SAFE_INTEGER,
    testing::{MemoryStore, ended_session, every_kind},
    verify::{Options, verify},
};

fn leaves() -> Vec<Vec<u8>> {
    let session = ended_session(30);
    session.store.files["events.jsonl"].split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

fn ended(duration_ms: u64) -> Draft {
    let event = Event::SessionEnded { by: By::Customer, reason: "customer".into(), duration_ms, totals: Totals::default() };
    Draft::new(1_763_762_702_000, 7, Actor::customer(), event)
}

fn log() -> Log {
    let key = deskhand_identity::SecretKey::from_seed([1; 32]).public();
    Log::new(SessionId::from_bytes([0; 16]), &Organisation { key, name: "A".into(), domain: None })
}

proptest! {
    #[test]
    fn an_entry_is_written_as_the_canonicalizer_writes_it(text: String, name in "[ -~]{0,12}", number: u64) {
        for event in every_kind() {
            let draft = Draft::new(number % (1 << 40), number, Actor::technician(1), event);
            let mut entry = Entry::from_leaf(&log().append(draft).bytes).unwrap();
            entry.actor.id.clone_from(&text);
            entry.pii.insert(name.clone(), crate::Commitment::to(&[7; 32], "x", text.as_bytes()));
            prop_assert_eq!(entry.to_leaf(), jcs::plainly(&entry).unwrap());
        }
    }
}

#[test]
fn a_leaf_is_this_very_text() {
    let leaf = log().append(ended(5));
    let text = String::from_utf8(leaf.bytes).unwrap();
    let expected = concat!(
        r#"{"actor":{"id":"","type":"customer"},"data":{"by":"customer","duration_ms":5,"reason":"customer","#,
        r#""totals":{"bytes":0,"inputs":0,"updates":0}},"kind":"session.ended","mono_ms":7,"outcome":"success","seq":0,"#,
        r#""severity":"informational","sid":"aaaaaaaaaaaaaaaaaaaaaaaaaa","src":"host","t":"2025-11-21T22:05:02.000Z","v":1}"#
    );
    assert_eq!(text, expected);
}

#[test]
fn the_canonical_form_is_that_of_rfc_8785() {
    // RFC 8785, sections 3.2.2 and 3.2.3: escapes and the order of keys by UTF-16 units.
    let strings = json!({"string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/", "literals": [null, true, false]});
    let expected = "{\"literals\":[null,true,false],\"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
    assert_eq!(String::from_utf8(canonical(&strings)).unwrap(), expected);
    let keys = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
    let order = String::from_utf8(canonical(&keys)).unwrap();
    let places: Vec<usize> = ["2", "4", "6", "7", "1,", "5", "3"].iter().map(|v| order.find(&format!("\":{v}")).unwrap()).collect();
    assert!(places.is_sorted(), "{order}");
}

#[test]
fn every_leaf_of_a_session_reads_back_and_its_kind_is_its_name() {
    for leaf in leaves() {
        let entry = Entry::from_leaf(&leaf).unwrap();
        assert_eq!(entry.to_leaf(), leaf);
        let value: Value = serde_json::from_slice(&leaf).unwrap();
        assert_eq!(value["kind"], entry.event.kind());
    }
}

#[test]
fn another_spelling_of_the_same_entry_is_refused() {
    let leaf = String::from_utf8(log().append(ended(5)).bytes).unwrap();
    for other in [
        leaf.replace("\"seq\":0", "\"seq\": 0"),
        leaf.replace("\"seq\":0", "\"seq\":0.0"),
        leaf.replace("\"seq\":0", "\"seq\":0,\"seq\":0"),
        leaf.replace("\"src\"", "\"sr\\u0063\""),
        leaf.replace("\"v\":1", "\"v\":1,\"w\":1"),
        leaf.replace(".000Z", "Z"),
        leaf.replace("\"by\":\"customer\",", "\"by\":\"customer\",\"extra\":1,"),
        format!("{leaf}\n"),
    ] {
        assert_ne!(other, leaf);
        assert!(Entry::from_leaf(other.as_bytes()).is_err(), "{other}");
    }
    let newer = leaf.replace("\"v\":1", "\"v\":2").replace("session.ended", "session.later");
    assert_eq!(Entry::from_leaf(newer.as_bytes()), Err(EntryError::Version(2)));
}

#[test]
fn a_number_that_json_cannot_carry_is_written_as_the_largest_it_can() {
    let leaf = log().append(ended(u64::MAX)).bytes;
    let entry = Entry::from_leaf(&leaf).unwrap();
    assert!(matches!(entry.event, Event::SessionEnded { duration_ms: MAX_SAFE_INTEGER, .. }));
}

#[test]
fn a_leaf_that_is_too_long_is_refused_before_it_is_read() {
    assert_eq!(Entry::from_leaf(&vec![b' '; MAX_LEAF_BYTES + 1]), Err(EntryError::TooLong(MAX_LEAF_BYTES + 1)));
}

fn near(bytes: &[u8], changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in changes {
        let at = at % bytes.len();
        bytes[at] = *value;
    }
    bytes
}

proptest! {
    #[test]
    fn any_bytes_are_an_entry_or_an_error(bytes: Vec<u8>, pick: usize, changes: Vec<(usize, u8)>) {
        let leaves = leaves();
        for bytes in [bytes, near(&leaves[pick % leaves.len()], &changes[..changes.len().min(3)])] {
            if let Ok(entry) = Entry::from_leaf(&bytes) {
                prop_assert_eq!(entry.to_leaf(), bytes);
            }
        }
    }

    #[test]
    fn personal_values_read_back(values in proptest::collection::btree_map((0..200_u64, "[a-z_]{1,32}"), (any::<[u8; 32]>(), any::<Vec<u8>>()), 1..5)) {
        let mut personal = Personal::default();
        for ((seq, field), (salt, value)) in &values {
            personal.add(*seq, field, *salt, value.clone()).unwrap();
        }
        let bytes = personal.to_bytes();
        prop_assert_eq!(Personal::from_bytes(&bytes).unwrap(), personal);
    }
}

proptest! {
    // Each case verifies three whole sessions.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_in_the_files_of_a_bundle_have_a_verdict(bytes: Vec<u8>, pick: usize, changes: Vec<(usize, u8)>, name in "(media/[0-9]{1,3}.sfr|sealed/.{0,9}|[a-z.]{0,20}|open)") {
        let session = ended_session(31);
        let names: Vec<String> = session.store.files.keys().cloned().collect();
        let chosen = &names[pick % names.len()];
        let mut store: MemoryStore = session.store.clone();
        store.files.insert(chosen.clone(), near(&session.store.files[chosen], &changes));
        verify(&store, &session.options()).unwrap();
        store.files.insert(chosen.clone(), bytes.clone());
        let report = verify(&store, &session.options()).unwrap();
        prop_assert!(!report.verdict.stands());
        store = session.store.clone();
        store.files.insert(name, bytes.clone());
        verify(&store, &Options::default()).unwrap();
        let _ = (Manifest::from_bytes(&bytes), Personal::from_bytes(&bytes));
        prop_assert!(whole_records(&bytes[..]).unwrap() <= bytes.len() as u64);
        prop_assert!(whole_notes(&bytes[..]).unwrap() <= bytes.len() as u64);
        let mut item = Vec::new();
        let _ = (LineReader::new(&bytes[..]).next(&mut item), NoteReader::new(&bytes[..]).next(&mut item));
        let _ = RecordReader::new(&bytes[..]).next(&mut item);
    }
}
