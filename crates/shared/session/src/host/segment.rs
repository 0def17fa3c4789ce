//! Segments of the recording: one hash over the records that the relay stores.
//!
//! In scope: counting and hashing records, leaving out what was given up on the way, when a segment is closed. A record is
//! a `u32` big-endian length, the header and the frame, exactly as in the `.sfr` file. Not in scope: files (the relay).

use std::collections::VecDeque;

use deskhand_audit::{Hash, MediaSegment};
use deskhand_wire::{Millis, limits::MAX_UNSHOWN_UPDATES};
use sha2::{Digest, Sha256};

/// A segment is closed after this time, milliseconds.
pub(super) const SEGMENT_MS: u64 = 5_000;
/// A segment is closed after this many updates.
const SEGMENT_UPDATES: u64 = 256;
/// A segment is closed after this many bytes.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Newest records that can still be given up: those that can be on their way.
const UNDOABLE: usize = 2 * MAX_UNSHOWN_UPDATES;
/// Numbers that one segment may name as discarded.
const MAX_NAMED: usize = 1024;

#[derive(Clone)]
struct Sums {
    updates: u64,
    bytes: u64,
    sha: Sha256,
    discarded: Vec<u64>,
    last: u64,
}

/// The open segment, if any.
#[derive(Default)]
pub(super) struct Segments {
    open: Option<Open>,
    /// Last number that a segment covered, or that was before the first.
    covered: Option<u64>,
}

struct Open {
    epoch: u32,
    first: u64,
    since: Millis,
    sums: Sums,
    /// State before each of the newest records, so that they can be given up.
    before: VecDeque<(u64, Sums)>,
}

impl Segments {
    /// Adds a record. Numbers that were left out since the last one are named as discarded.
    pub(super) fn add(&mut self, epoch: u32, number: u64, header_and_frame: &[u8], now: Millis) {
        let covered = *self.covered.get_or_insert(number.saturating_sub(1));
        let open = self.open.get_or_insert_with(|| Open {
            epoch,
            first: covered + 1,
            since: now,
            sums: Sums { updates: 0, bytes: 0, sha: Sha256::new(), discarded: Vec::new(), last: covered },
            before: VecDeque::new(),
        });
        if open.before.len() == UNDOABLE {
            open.before.pop_front();
        }
        open.before.push_back((number, open.sums.clone()));
        let missing = open.sums.last + 1..number;
        let room = MAX_NAMED.saturating_sub(open.sums.discarded.len());
        open.sums.discarded.extend(missing.take(room));
        let length = u32::try_from(header_and_frame.len()).unwrap_or(u32::MAX);
        open.sums.sha.update(length.to_be_bytes());
        open.sums.sha.update(header_and_frame);
        open.sums.bytes += 4 + header_and_frame.len() as u64;
        open.sums.updates += 1;
        open.sums.last = number;
        self.covered = Some(number);
    }

    /// `number` and everything after it was given up on the way. `false` when that is too late: it must be sent.
    #[must_use]
    pub(super) fn give_up(&mut self, number: u64) -> bool {
        let Some(open) = &mut self.open else { return false };
        let Some(at) = open.before.iter().position(|(record, _)| *record == number) else { return false };
        let last = open.sums.last;
        let Some((_, before)) = open.before.drain(at..).next() else { return false };
        open.sums = before;
        let missing = open.sums.last + 1..=last;
        let room = MAX_NAMED.saturating_sub(open.sums.discarded.len());
        open.sums.discarded.extend(missing.take(room));
        open.sums.last = last;
        true
    }

    /// When the open segment must be closed.
    pub(super) fn due(&self) -> Option<Millis> {
        let open = self.open.as_ref()?;
        let full = open.sums.updates >= SEGMENT_UPDATES || open.sums.bytes >= SEGMENT_BYTES || open.sums.discarded.len() >= MAX_NAMED / 2;
        Some(if full { 0 } else { open.since.saturating_add(SEGMENT_MS) })
    }

    /// Closes the open segment.
    pub(super) fn close(&mut self) -> Option<MediaSegment> {
        let open = self.open.take()?;
        Some(MediaSegment {
            epoch: open.epoch,
            first: open.first,
            last: open.sums.last,
            updates: open.sums.updates,
            bytes: open.sums.bytes,
            sha256: Hash(open.sums.sha.finalize().into()),
            discarded: open.sums.discarded,
        })
    }

    /// Recording starts anew: what was not recorded is not missing.
    pub(super) fn start_anew(&mut self) {
        self.covered = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    #[test]
    fn a_segment_hashes_its_records_in_order() {
        let mut segments = Segments::default();
        segments.add(1, 4, b"four", 0);
        segments.add(1, 5, b"five!", 0);
        let segment = segments.close().unwrap();
        let bytes = [record(b"four"), record(b"five!")].concat();
        assert_eq!((segment.first, segment.last, segment.updates, segment.bytes), (4, 5, 2, bytes.len() as u64));
        assert_eq!(segment.sha256, Hash::of(&bytes));
        assert_eq!(segments.close(), None);
    }

    #[test]
    fn what_was_given_up_is_named_and_not_hashed() {
        let mut segments = Segments::default();
        for number in 1..=4 {
            segments.add(1, number, &[number as u8], 0);
        }
        assert!(segments.give_up(3));
        assert!(!segments.give_up(3), "it is gone already");
        segments.add(1, 5, b"key", 0);
        let segment = segments.close().unwrap();
        assert_eq!((segment.first, segment.last, segment.updates), (1, 5, 3));
        assert_eq!(segment.discarded, [3, 4]);
        assert_eq!(segment.sha256, Hash::of(&[record(&[1]), record(&[2]), record(b"key")].concat()));
    }

    #[test]
    fn numbers_that_were_never_sealed_are_named_too() {
        let mut segments = Segments::default();
        segments.add(1, 1, b"a", 0);
        segments.close().unwrap();
        segments.add(2, 4, b"b", 0);
        let segment = segments.close().unwrap();
        assert_eq!((segment.first, segment.last, segment.updates), (2, 4, 1));
        assert_eq!(segment.discarded, [2, 3]);
    }

    #[test]
    fn a_closed_segment_can_not_be_given_up() {
        let mut segments = Segments::default();
        segments.add(1, 1, b"a", 0);
        segments.close().unwrap();
        assert!(!segments.give_up(1));
    }
}
