//! Opening: the tag first, then the order. State moves only for a frame that was authentic and in order.
//!
//! In scope: the receiving end of one key. Not in scope: what a refusal means for the session (`session`).

use sframe::{frame::EncryptedFrameView, header::SframeHeader, key::DecryptionKey};
use zeroize::Zeroizing;

use super::KeyId;
use super::seal::SUITE;
use crate::keys::FrameKey;

/// Which counters a channel accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Exactly the last plus one, from 0: nothing may be missing.
    Next,
    /// Larger than the last: something may be missing, nothing may come again.
    Increasing,
    /// Each once, in any order, up to 64 behind the largest (a window as in RFC 4303, section 3.4.3).
    Recent,
}

/// Why a frame was refused. Nothing moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not an SFrame frame in its one canonical form.
    #[error("the frame can't be read")]
    Malformed,
    /// Sealed under another key id.
    #[error("the frame was sealed for another place")]
    Misplaced,
    /// The tag is wrong.
    #[error("the frame was changed on the way")]
    Forged,
    /// An authentic frame that was opened before, or is older than one that was.
    #[error("frame {counter} came again")]
    Replayed {
        /// Its counter.
        counter: u64,
    },
    /// An authentic frame after one that is missing.
    #[error("frame {counter} came where {expected} was due")]
    Missing {
        /// The counter that was due.
        expected: u64,
        /// The counter that came.
        counter: u64,
    },
}

/// Opens frames under one key. Dropped, the key is wiped.
pub struct Opener {
    key: DecryptionKey,
    id: KeyId,
    order: Order,
    next: u64,
    /// For [`Order::Recent`]: bit `n` says that counter `next - 1 - n` came.
    came: u64,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opener({:?}, next {})", self.id, self.next)
    }
}

impl Opener {
    /// An opener for a key whose first frame has not come yet.
    #[must_use]
    pub fn new(key: &FrameKey, id: KeyId, order: Order) -> Self {
        Self::from_base_key(key.bytes(), id, order)
    }

    fn from_base_key(base_key: &[u8], id: KeyId, order: Order) -> Self {
        let key = DecryptionKey::derive_from(SUITE, id.number(), base_key).expect("the suite is built in and its HKDF output is short");
        Self { key, id, order, next: 0, came: 0 }
    }

    /// Opens `frame`, sealed with `metadata`, and gives its content.
    ///
    /// # Errors
    /// [`OpenError`]; nothing moved then.
    pub fn open(&mut self, metadata: &[u8], frame: &[u8]) -> Result<Vec<u8>, OpenError> {
        let view = EncryptedFrameView::try_with_meta_data(frame, metadata).map_err(|_| OpenError::Malformed)?;
        let header = view.header();
        let (id, counter) = (header.key_id(), header.counter());
        if id != self.id.number() {
            return Err(OpenError::Misplaced);
        }
        // One spelling of a header: every byte of a stored frame counts.
        let mut canonical = [0_u8; 17];
        let spelled = SframeHeader::new(id, counter);
        spelled.serialize(&mut canonical[..]).map_err(|_| OpenError::Malformed)?;
        if spelled.len() != header.len() || !frame.starts_with(&canonical[..spelled.len()]) || counter > u64::from(u32::MAX) {
            return Err(OpenError::Malformed);
        }
        let mut opened = Zeroizing::new(Vec::new());
        let content = view.decrypt_into(&self.key, &mut *opened).map_err(|_| OpenError::Forged)?.payload().to_vec();
        self.accept(counter)?;
        Ok(content)
    }

    /// Asks the order about an authentic frame; moves only when it is accepted.
    fn accept(&mut self, counter: u64) -> Result<(), OpenError> {
        if counter < self.next {
            let bit = u32::try_from(self.next - 1 - counter).ok().and_then(|behind| 1_u64.checked_shl(behind));
            let Some(bit) = bit.filter(|bit| self.order == Order::Recent && self.came & bit == 0) else {
                return Err(OpenError::Replayed { counter });
            };
            self.came |= bit;
            return Ok(());
        }
        if self.order == Order::Next && counter != self.next {
            return Err(OpenError::Missing { expected: self.next, counter });
        }
        let step = counter + 1 - self.next;
        self.came = u32::try_from(step).ok().and_then(|step| self.came.checked_shl(step)).unwrap_or(0) | 1;
        self.next = counter + 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::Sealer;
    use proptest::prelude::*;

    const ID: KeyId = KeyId(3 << 24);

    fn ends(order: Order) -> (Sealer, Opener) {
        (Sealer::from_base_key(&[5; 32], ID, 0), Opener::from_base_key(&[5; 32], ID, order))
    }

    #[test]
    fn frames_in_order_open_and_a_replay_is_told_from_a_forgery() {
        let (mut sealer, mut opener) = ends(Order::Next);
        let first = sealer.seal(b"", b"one").unwrap();
        let second = sealer.seal(b"", b"two").unwrap();
        assert_eq!(opener.open(b"", &first).unwrap(), b"one");
        assert_eq!(opener.open(b"", &first), Err(OpenError::Replayed { counter: 0 }));
        assert_eq!(opener.open(b"", &second).unwrap(), b"two");
        let mut changed = sealer.seal(b"", b"three").unwrap();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(opener.open(b"", &changed), Err(OpenError::Forged));
    }

    #[test]
    fn a_missing_frame_stops_a_channel_that_needs_every_one() {
        let (mut sealer, mut opener) = ends(Order::Next);
        sealer.seal(b"", b"held back").unwrap();
        let second = sealer.seal(b"", b"two").unwrap();
        assert_eq!(opener.open(b"", &second), Err(OpenError::Missing { expected: 0, counter: 1 }));
    }

    #[test]
    fn a_missing_frame_does_not_stop_a_channel_that_only_increases() {
        let (mut sealer, mut opener) = ends(Order::Increasing);
        let first = sealer.seal(b"", b"late").unwrap();
        let second = sealer.seal(b"", b"two").unwrap();
        assert_eq!(opener.open(b"", &second).unwrap(), b"two");
        assert_eq!(opener.open(b"", &first), Err(OpenError::Replayed { counter: 0 }));
    }

    #[test]
    fn a_late_frame_opens_once_where_recent_ones_may_and_an_old_one_does_not() {
        let (mut sealer, mut opener) = ends(Order::Recent);
        let frames: Vec<_> = (0..70).map(|_| sealer.seal(b"", b"x").unwrap()).collect();
        for at in [0, 2, 1, 69, 6, 68] {
            assert!(opener.open(b"", &frames[at]).is_ok(), "{at}");
            assert_eq!(opener.open(b"", &frames[at]), Err(OpenError::Replayed { counter: at as u64 }));
        }
        for at in [0, 1, 5] {
            assert_eq!(opener.open(b"", &frames[at]), Err(OpenError::Replayed { counter: at as u64 }));
        }
    }

    #[test]
    fn a_forged_frame_with_a_high_counter_moves_nothing() {
        let (mut sealer, mut opener) = ends(Order::Increasing);
        let honest = sealer.seal(b"", b"one").unwrap();
        let mut far = Sealer::from_base_key(&[6; 32], ID, 4_000_000_000);
        assert_eq!(opener.open(b"", &far.seal(b"", b"evil").unwrap()), Err(OpenError::Forged));
        assert_eq!(opener.open(b"", &honest).unwrap(), b"one");
    }

    #[test]
    fn changed_metadata_is_refused() {
        let (mut sealer, mut opener) = ends(Order::Next);
        let sealed = sealer.seal(b"head", b"one").unwrap();
        assert_eq!(opener.open(b"hEad", &sealed[4..]), Err(OpenError::Forged));
        assert_eq!(opener.open(b"head", &sealed[4..]).unwrap(), b"one");
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_and_never_panic(bytes: Vec<u8>) {
            let (_, mut opener) = ends(Order::Increasing);
            prop_assert!(opener.open(b"", &bytes).is_err());
        }

        #[test]
        fn every_changed_byte_is_refused(at in 0_usize..40, bit in 0_u8..8) {
            let (mut sealer, mut opener) = ends(Order::Increasing);
            let mut sealed = sealer.seal(b"", b"0123456789abcdef").unwrap();
            let at = at % sealed.len();
            sealed[at] ^= 1 << bit;
            prop_assert!(opener.open(b"", &sealed).is_err());
        }
    }
}
