//! The key schedule: one master key per pairing, one recording key per session, everything else by HKDF-Expand.
//!
//! In scope: which key belongs to which direction, channel, peer, stream and epoch. Not in scope: sealing (`frames`).
//! A key is never used for two directions or two channels, so SFrame's counters may start at 0 everywhere.

use crate::frames::KeyId;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Who writes under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The host writes.
    HostToViewer,
    /// The viewer writes.
    ViewerToHost,
}

impl Direction {
    /// The opposite one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::HostToViewer => Self::ViewerToHost,
            Self::ViewerToHost => Self::HostToViewer,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::HostToViewer => 0,
            Self::ViewerToHost => 1,
        }
    }
}

/// SFrame `base_key` of one direction, channel, peer, stream and epoch: 32 bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FrameKey([u8; 32]);

impl FrameKey {
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for FrameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FrameKey(hidden)")
    }
}

/// The master key of one confirmed pairing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Master {
    prk: [u8; 32],
    #[zeroize(skip)]
    th: [u8; 32],
}

impl std::fmt::Debug for Master {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Master(hidden)")
    }
}

impl Master {
    pub(crate) fn extract(th: [u8; 32], input: &[u8]) -> Self {
        let (mut prk, _) = Hkdf::<Sha256>::extract(Some(&th), input);
        let master = Self { prk: prk.into(), th };
        prk.zeroize();
        master
    }

    fn expand(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::from_prk(&self.prk)
            .expect("32 bytes are a whole SHA-256 output")
            .expand_multi_info(parts, &mut out[..])
            .expect("32 bytes are one block");
        out
    }

    /// The transcript hash this master came from: what the technician signs and the log stores.
    #[must_use]
    pub fn transcript(&self) -> &[u8; 32] {
        &self.th
    }

    fn confirm_mac(&self, direction: Direction) -> Hmac<Sha256> {
        let key = self.expand(&[b"deskhand/confirm/1", &[direction.byte()]]);
        Hmac::<Sha256>::new_from_slice(&key[..]).expect("HMAC takes keys of any length").chain_update(self.th)
    }

    pub(crate) fn confirmation(&self, direction: Direction) -> [u8; 32] {
        self.confirm_mac(direction).finalize().into_bytes().into()
    }

    /// Constant time, also in the length that is compared.
    pub(crate) fn confirms(&self, direction: Direction, mac: &[u8]) -> bool {
        self.confirm_mac(direction).verify_slice(mac).is_ok()
    }

    /// The key of a pairwise channel.
    #[must_use]
    pub fn frame_key(&self, direction: Direction, kid: KeyId) -> FrameKey {
        FrameKey(*self.expand(&[b"deskhand/frame/1", &[direction.byte()], &kid.number().to_be_bytes()]))
    }

    /// The master key after a full cut: both ends put in a fresh nonce, so that no key is ever used again.
    #[must_use]
    pub fn resumed(&self, host_nonce: &[u8; 32], viewer_nonce: &[u8; 32]) -> Self {
        let input = self.expand(&[b"deskhand/resume/1", host_nonce, viewer_nonce]);
        Self::extract(self.th, &input[..])
    }

    /// Proves possession of this master when an end comes back, over both nonces.
    #[must_use]
    pub fn resume_proof(&self, own: Direction, host_nonce: &[u8; 32], viewer_nonce: &[u8; 32]) -> [u8; 32] {
        *self.expand(&[b"deskhand/resume-proof/1", &[own.byte()], host_nonce, viewer_nonce])
    }
}

/// The key that the recording, and so every update, depends on: one per session, drawn by the host.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecordingKey([u8; 32]);

impl std::fmt::Debug for RecordingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordingKey(hidden)")
    }
}

impl RecordingKey {
    /// 32 bytes from the system's generator (the caller draws them).
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key of two halves of 32 random bytes each, in this order; neither of them says anything about it.
    #[must_use]
    pub fn of_halves(first: &[u8; 32], second: &[u8; 32]) -> Self {
        let mut input = Zeroizing::new([0; 64]);
        input[..32].copy_from_slice(first);
        input[32..].copy_from_slice(second);
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(b"deskhand/recording-key/1"), &input[..]).expand(&[], &mut key).expect("32 bytes are one block");
        Self(key)
    }

    fn expand(&self, label: &[u8], number: u32) -> [u8; 32] {
        let mut out = [0; 32];
        Hkdf::<Sha256>::new(Some(b"deskhand/recording/1"), &self.0)
            .expand_multi_info(&[label, &number.to_be_bytes()], &mut out)
            .expect("32 bytes are one block");
        out
    }

    /// The key of one epoch, 0..2^24.
    #[must_use]
    pub fn epoch(&self, epoch: u32) -> EpochKey {
        EpochKey(self.expand(b"deskhand/epoch/1", epoch))
    }

    /// The key of the log's sealed fields.
    #[must_use]
    pub fn log(&self) -> FrameKey {
        FrameKey(self.expand(b"deskhand/log/1", 0))
    }
}

/// The key under which the host seals screen and cursor during one epoch; handed to viewers sealed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EpochKey([u8; 32]);

impl std::fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EpochKey(hidden)")
    }
}

impl EpochKey {
    /// From the bytes that the host handed over.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To hand over sealed, never in the clear.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What `epoch.changed` commits to: SHA-256 of a label and the key.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        Sha256::new().chain_update(b"deskhand/epoch-key/1").chain_update(self.0).finalize().into()
    }

    /// The key of one channel (screen or cursor) in this epoch.
    #[must_use]
    pub fn frame_key(&self, kid: KeyId) -> FrameKey {
        let mut out = [0; 32];
        Hkdf::<Sha256>::new(Some(b"deskhand/epoch-frame/1"), &self.0)
            .expand(&kid.number().to_be_bytes(), &mut out)
            .expect("32 bytes are one block");
        FrameKey(out)
    }
}
