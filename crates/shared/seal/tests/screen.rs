//! Updates from the host to a viewer, and what a relay can do to them.

use deskhand_seal::RecordingKey;
use deskhand_seal::screen::{Flags, ScreenOpenError, ScreenOpener, ScreenSealer, Sealed, open_stored};
use deskhand_wire::update::HEADER_BYTES;

const KEY: Flags = Flags { key: true, recorded: true };
const NEXT: Flags = Flags { key: false, recorded: true };

const SID: [u8; 16] = [4; 16];

fn recording() -> RecordingKey {
    RecordingKey::new([9; 32])
}

fn ends() -> (ScreenSealer, ScreenOpener) {
    let sealer = ScreenSealer::new(SID, 1, &recording().epoch(1));
    let mut opener = ScreenOpener::new(SID);
    opener.add(1, &recording().epoch(1));
    (sealer, opener)
}

fn halves(sealed: &Sealed) -> ([u8; HEADER_BYTES], &[u8]) {
    let (header, frame) = sealed.bytes.split_at(HEADER_BYTES);
    (header.try_into().expect("split at the header's length"), frame)
}

fn open(opener: &mut ScreenOpener, sealed: &Sealed) -> Result<Vec<u8>, ScreenOpenError> {
    let (header, frame) = halves(sealed);
    opener.update(&header, frame).map(|(_, content)| content)
}

#[test]
fn an_update_opens_and_both_ends_have_the_same_running_hash() {
    let (mut sealer, mut opener) = ends();
    for number in 1..=5 {
        let sealed = sealer.update(number, Flags { key: number == 1, recorded: true }, format!("update {number}").as_bytes()).unwrap();
        assert_eq!(sealed.header.size as usize, sealed.bytes.len() - HEADER_BYTES);
        assert_eq!(open(&mut opener, &sealed).unwrap(), format!("update {number}").as_bytes());
        assert_eq!(opener.hash(), sealer.hash());
        assert_eq!(opener.newest(), number);
    }
}

#[test]
fn a_typed_character_and_a_blinking_cursor_have_one_length() {
    let (mut sealer, _) = ends();
    let lengths = [1, 50, 200, 255].map(|length| sealer.update(length, NEXT, &vec![1; length as usize]).unwrap().bytes.len());
    assert!(lengths.windows(2).all(|pair| pair[0] == pair[1]), "{lengths:?}");
}

#[test]
fn a_relay_that_alters_a_header_makes_the_update_worthless() {
    let (mut sealer, _) = ends();
    let sealed = sealer.update(1, KEY, b"pixels").unwrap();
    for at in 0..HEADER_BYTES {
        let (mut header, frame) = halves(&sealed);
        header[at] ^= 1;
        let (_, mut opener) = ends();
        assert!(opener.update(&header, frame).is_err(), "byte {at}");
        assert_eq!(opener.newest(), 0);
    }
}

#[test]
fn a_replayed_or_reordered_update_is_refused() {
    let (mut sealer, mut opener) = ends();
    let first = sealer.update(1, KEY, b"one").unwrap();
    let second = sealer.update(2, NEXT, b"two").unwrap();
    open(&mut opener, &second).unwrap();
    assert_eq!(open(&mut opener, &second), Err(ScreenOpenError::Old { number: 2, last: 2 }));
    assert_eq!(open(&mut opener, &first), Err(ScreenOpenError::Old { number: 1, last: 2 }));
}

#[test]
fn a_viewer_that_was_dropped_to_a_key_update_matches_the_hash_again() {
    let (mut sealer, mut opener) = ends();
    sealer.update(1, KEY, b"never arrives").unwrap();
    sealer.update(2, NEXT, b"never arrives").unwrap();
    let key = sealer.update(3, KEY, b"key").unwrap();
    open(&mut opener, &key).unwrap();
    assert_eq!(opener.hash(), sealer.hash());
}

#[test]
fn a_viewer_without_the_key_of_an_epoch_opens_nothing_of_it() {
    let (mut sealer, mut opener) = ends();
    sealer.begin(2, &recording().epoch(2));
    let sealed = sealer.update(1, KEY, b"after somebody left").unwrap();
    assert_eq!(open(&mut opener, &sealed), Err(ScreenOpenError::UnknownEpoch(2)));
    opener.add(2, &recording().epoch(2));
    opener.forget_before(2);
    assert!(open(&mut opener, &sealed).is_ok());
}

#[test]
fn cursors_go_their_own_way() {
    let (mut sealer, mut opener) = ends();
    let late = sealer.cursor(b"late").unwrap();
    let came = sealer.cursor(b"came").unwrap();
    let (header, frame) = halves(&came);
    assert_eq!(opener.cursor(&header, frame).unwrap(), (2, b"came".to_vec()));
    let (header, frame) = halves(&late);
    assert_eq!(opener.cursor(&header, frame).unwrap(), (1, b"late".to_vec()));
    assert!(opener.cursor(&header, frame).is_err(), "it came before");
    assert!(opener.update(&header, frame).is_err(), "a cursor is no update");
}

#[test]
fn a_reviewer_opens_stored_records_in_any_order() {
    let (mut sealer, _) = ends();
    let records: Vec<_> =
        (1..=3).map(|number| sealer.update(number, Flags { key: number == 1, recorded: true }, &[number as u8]).unwrap()).collect();
    for (at, record) in records.iter().enumerate().rev() {
        let (header, frame) = halves(record);
        assert_eq!(open_stored(&header, frame, &recording().epoch(1)).unwrap().1, [at as u8 + 1]);
        assert!(open_stored(&header, frame, &recording().epoch(2)).is_err());
    }
}
