//! Opening what was recorded: one record at a time, in file order, against what the log says.
//!
//! In scope: epoch keys and their commitments, the header, decryption, order within the session.
//! Not in scope: whether every record is there (`audit` verifies that), decoding pictures.

use std::collections::BTreeMap;

use deskhand_audit::Hash;
use deskhand_identity::SessionId;
use deskhand_seal::{
    EpochKey, RecordingKey,
    screen::{ScreenOpenError, open_stored},
};
use deskhand_wire::{stream::Channel, update::HEADER_BYTES};

/// Bytes of the length that goes before every record.
const PREFIX: usize = 4;

/// A session's recording with the key to it.
pub struct Recording {
    sid: SessionId,
    key: RecordingKey,
    epochs: BTreeMap<u32, EpochKey>,
    last: u64,
}

/// One opened record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The update's number, strictly increasing over the session.
    pub number: u64,
    /// The epoch it was sealed in.
    pub epoch: u32,
    /// Needs nothing before it.
    pub key: bool,
    /// The update's bytes, as `screen` reads them.
    pub bytes: Vec<u8>,
}

/// Why a record or an epoch was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The recording key is not this session's.
    #[error("this key does not open the recording: the log names another one for epoch {0}")]
    WrongKey(u32),
    /// The record's epoch is in no `epoch.changed` so far.
    #[error("the log does not announce the epoch of this record")]
    UnknownEpoch,
    /// Not length, header, frame of an update of this session.
    #[error("this is not a record of this session's screen")]
    Malformed,
    /// The record's number does not go on from the one before.
    #[error("update {number} stands after update {last}: the recording is not in order")]
    Order {
        /// This record's number.
        number: u64,
        /// The one before.
        last: u64,
    },
    /// The frame was not sealed with this key.
    #[error("the record was changed, or is not of this session: {0}")]
    Sealed(ScreenOpenError),
}

impl Recording {
    /// The recording of a session. `key` is tried when an epoch is announced.
    #[must_use]
    pub fn new(sid: SessionId, key: RecordingKey) -> Self {
        Self { sid, key, epochs: BTreeMap::new(), last: 0 }
    }

    /// The log says `epoch.changed` with this commitment to the epoch's key.
    ///
    /// # Errors
    /// [`RecordError::WrongKey`]; nothing changed then.
    pub fn announce(&mut self, epoch: u32, key_sha256: Hash) -> Result<(), RecordError> {
        let key = self.key.epoch(epoch);
        if key.commitment() != key_sha256.0 {
            return Err(RecordError::WrongKey(epoch));
        }
        self.epochs.insert(epoch, key);
        Ok(())
    }

    /// Opens the next record: its length, header and frame, as in the file.
    ///
    /// # Errors
    /// A [`RecordError`]; nothing changed then.
    pub fn open(&mut self, record: &[u8]) -> Result<Update, RecordError> {
        let (prefix, rest) = record.split_first_chunk::<PREFIX>().ok_or(RecordError::Malformed)?;
        let (header, frame) = rest.split_first_chunk::<HEADER_BYTES>().ok_or(RecordError::Malformed)?;
        if u32::from_be_bytes(*prefix) as usize != rest.len() {
            return Err(RecordError::Malformed);
        }
        let parsed = deskhand_wire::update::UpdateHeader::from_bytes(header).map_err(|_| RecordError::Malformed)?;
        if parsed.session != *self.sid.bytes() || parsed.channel != Channel::Screen {
            return Err(RecordError::Malformed);
        }
        if parsed.number <= self.last {
            return Err(RecordError::Order { number: parsed.number, last: self.last });
        }
        let key = self.epochs.get(&parsed.epoch).ok_or(RecordError::UnknownEpoch)?;
        let (header, bytes) = open_stored(header, frame, key).map_err(RecordError::Sealed)?;
        self.last = header.number;
        Ok(Update { number: header.number, epoch: header.epoch, key: header.key, bytes })
    }
}

#[cfg(test)]
mod tests {
    use deskhand_seal::screen::{Flags, ScreenSealer};
    use proptest::prelude::*;

    use super::*;

    const KEY: Flags = Flags { key: true, recorded: true };
    const NEXT: Flags = Flags { key: false, recorded: true };

    const SID: [u8; 16] = [6; 16];

    fn key() -> RecordingKey {
        RecordingKey::new([1; 32])
    }

    fn commitment(epoch: u32) -> Hash {
        Hash(key().epoch(epoch).commitment())
    }

    /// Records of a host that sealed updates 1 and 2 in epoch 1 and update 4 in epoch 2.
    fn records() -> Vec<Vec<u8>> {
        let mut sealer = ScreenSealer::new(SID, 1, &key().epoch(1));
        let mut sealed = vec![sealer.update(1, KEY, b"first").unwrap(), sealer.update(2, NEXT, &[7; 900]).unwrap()];
        sealer.begin(2, &key().epoch(2));
        sealed.push(sealer.update(4, KEY, b"third").unwrap());
        sealed
            .into_iter()
            .map(|sealed| {
                let (header, frame) = sealed.bytes.split_at(HEADER_BYTES);
                let prefix = deskhand_audit::bundle::record(header, frame).unwrap();
                [&prefix[..], &sealed.bytes].concat()
            })
            .collect()
    }

    fn recording() -> Recording {
        let mut recording = Recording::new(SessionId::from_bytes(SID), key());
        recording.announce(1, commitment(1)).unwrap();
        recording
    }

    #[test]
    fn records_open_with_the_recording_key_over_epochs() {
        let (mut recording, records) = (recording(), records());
        let first = recording.open(&records[0]).unwrap();
        assert_eq!((first.number, first.epoch, first.key, &first.bytes[..]), (1, 1, true, &b"first"[..]));
        assert_eq!(recording.open(&records[1]).unwrap().bytes, [7; 900]);
        assert_eq!(recording.open(&records[2]), Err(RecordError::UnknownEpoch));
        recording.announce(2, commitment(2)).unwrap();
        assert_eq!(recording.open(&records[2]).unwrap().bytes, b"third");
    }

    #[test]
    fn another_key_is_noticed_before_anything_is_opened() {
        let mut other = Recording::new(SessionId::from_bytes(SID), RecordingKey::new([2; 32]));
        assert_eq!(other.announce(1, commitment(1)), Err(RecordError::WrongKey(1)));
        assert_eq!(other.open(&records()[0]), Err(RecordError::UnknownEpoch));
    }

    #[test]
    fn records_out_of_order_or_of_another_session_are_refused() {
        let (mut recording, records) = (recording(), records());
        recording.open(&records[1]).unwrap();
        assert_eq!(recording.open(&records[1]), Err(RecordError::Order { number: 2, last: 2 }));
        assert_eq!(recording.open(&records[0]), Err(RecordError::Order { number: 1, last: 2 }));
        let mut other = Recording::new(SessionId::from_bytes([7; 16]), key());
        other.announce(1, commitment(1)).unwrap();
        assert_eq!(other.open(&records[0]), Err(RecordError::Malformed));
    }

    #[test]
    fn no_changed_byte_of_a_record_opens() {
        let record = &records()[0];
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 0x10;
            assert!(recording().open(&changed).is_err(), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, at: usize, value: u8) {
            prop_assert!(recording().open(&bytes).is_err());
            let mut near = records()[0].clone();
            let at = at % near.len();
            let same = near[at] == value;
            near[at] = value;
            prop_assert_eq!(recording().open(&near).is_ok(), same);
            near.truncate(at);
            prop_assert!(recording().open(&near).is_err());
        }
    }
}
