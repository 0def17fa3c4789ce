//! Sealing: one key, counters from 0, never twice the same.
//!
//! In scope: the sending end of one key. Not in scope: the receiving end (`open`).

use sframe::{
    CipherSuite,
    frame::{MediaFrameView, MonotonicCounter},
    header::SframeHeader,
    key::EncryptionKey,
};

use super::KeyId;
use crate::keys::FrameKey;

pub(super) const SUITE: CipherSuite = CipherSuite::AesGcm128Sha256;
/// Bytes of the tag; never shortened.
const TAG: usize = 16;
/// The last counter that may be used: 2^32 - 1.
const LAST_COUNTER: u64 = (1 << 32) - 1;

/// The key sealed 2^32 frames: it can't be used any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this session is too long for its keys; end it and start a new one")]
pub struct Exhausted;

/// Seals frames under one key. Dropped, the key is wiped.
pub struct Sealer {
    key: EncryptionKey,
    id: KeyId,
    counter: MonotonicCounter,
    next: u64,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({:?}, next {})", self.id, self.next)
    }
}

impl Sealer {
    /// A sealer for a key that has sealed nothing yet.
    #[must_use]
    pub fn new(key: &FrameKey, id: KeyId) -> Self {
        Self::from_base_key(key.bytes(), id, 0)
    }

    pub(super) fn from_base_key(base_key: &[u8], id: KeyId, first: u64) -> Self {
        let key = EncryptionKey::derive_from(SUITE, id.number(), base_key).expect("the suite is built in and its HKDF output is short");
        Self { key, id, counter: MonotonicCounter::with_start_value(first, LAST_COUNTER), next: first }
    }

    /// Seals `content`. Gives `metadata` (readable, not alterable) followed by the SFrame frame.
    ///
    /// # Errors
    /// [`Exhausted`] after 2^32 frames.
    pub fn seal(&mut self, metadata: &[u8], content: &[u8]) -> Result<Vec<u8>, Exhausted> {
        let frame = MediaFrameView::try_with_meta_data(&mut self.counter, content, metadata).map_err(|_| Exhausted)?;
        let mut sealed = Vec::with_capacity(metadata.len() + self.sealed_size(content.len()));
        frame.encrypt_into(&self.key, &mut sealed).map_err(|_| Exhausted)?;
        self.next = frame.counter() + 1;
        Ok(sealed)
    }

    /// Bytes of the next frame for a content of this length, metadata not counted.
    #[must_use]
    pub fn sealed_size(&self, content: usize) -> usize {
        sealed_size(self.id, self.next, content)
    }

    /// Frames sealed so far.
    #[must_use]
    pub fn sealed(&self) -> u64 {
        self.next
    }
}

/// Bytes of a frame: header, content and tag.
#[must_use]
pub fn sealed_size(id: KeyId, counter: u64, content: usize) -> usize {
    SframeHeader::new(id.number(), counter).len() + content + TAG
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// RFC 9605, appendix C.3, AES_128_GCM_SHA256_128.
    #[test]
    fn the_vector_of_rfc_9605_comes_out() {
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
        let base_key = hex("000102030405060708090a0b0c0d0e0f");
        let mut sealer = Sealer::from_base_key(&base_key, KeyId(0x123), 0x4567);
        let metadata = hex("4945544620534672616d65205747");
        let content = hex("64726166742d696574662d736672616d652d656e63");
        let sealed = sealer.seal(&metadata, &content).unwrap();
        let expected = "9901234567b7412c2513a1b66dbb48841bbaf17f598751176ad847681a69c6d0b091c07018ce4adb34eb";
        assert_eq!(HEXLOWER.encode(&sealed[metadata.len()..]), expected);
        assert_eq!(sealed[..metadata.len()], metadata[..]);
    }

    #[test]
    fn the_announced_size_is_the_true_one() {
        for first in [0, 7, 8, 255, 256, 65_536, LAST_COUNTER] {
            let mut sealer = Sealer::from_base_key(&[1; 32], KeyId(5 << 40), first);
            let announced = sealer.sealed_size(100);
            assert_eq!(sealer.seal(&[], &[0; 100]).unwrap().len(), announced);
        }
    }

    #[test]
    fn a_key_that_sealed_two_to_the_32_frames_seals_no_more() {
        let mut sealer = Sealer::from_base_key(&[1; 32], KeyId(1), LAST_COUNTER);
        assert!(sealer.seal(&[], b"last").is_ok());
        assert_eq!(sealer.seal(&[], b"one more"), Err(Exhausted));
        assert_eq!(sealer.seal(&[], b"one more"), Err(Exhausted));
    }
}
