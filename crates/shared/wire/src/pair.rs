//! What host and viewer say before they share keys: the only thing that is parsed before the customer's consent.
//!
//! In scope: shapes and limits of the four pairing messages. The cryptography is in `seal`, the counting in `session`.
//! The bytes of `P1` and `P2` as received go into the transcript, so their form must not be changed by a re-encoding.

use crate::{limits::MAX_OFFERS, text::List};
use serde::{Deserialize, Serialize};

/// SPAKE2 over Ed25519's group with SHA-256, ML-KEM-768, HKDF-SHA-256, SFrame AES-128-GCM.
pub const SUITE_1: u16 = 1;
/// Bytes of a SPAKE2 message.
pub const PAKE_BYTES: usize = 33;
/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203).
pub const KEM_PUBLIC_BYTES: usize = 1184;
/// Bytes of an ML-KEM-768 ciphertext (FIPS 203).
pub const KEM_CIPHERTEXT_BYTES: usize = 1088;

/// A frame of the control stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ControlFrame {
    /// Before keys are shared. At most [`MAX_PAIR_FRAME`](crate::limits::MAX_PAIR_FRAME) bytes.
    Pair(PairMessage),
    /// An SFrame frame: [`ViewerToHost`](crate::control::ViewerToHost) or [`HostToViewer`](crate::control::HostToViewer).
    Sealed(Vec<u8>),
}

/// The pairing, in order of use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PairMessage {
    /// Viewer to host: what it offers, and its half of the exchange.
    P1 {
        /// Protocol versions it speaks.
        versions: List<u16, MAX_OFFERS>,
        /// Suites it speaks.
        suites: List<u16, MAX_OFFERS>,
        /// Fresh random bytes.
        nonce: [u8; 32],
        /// SPAKE2 message, [`PAKE_BYTES`].
        pake: Vec<u8>,
        /// ML-KEM encapsulation key, [`KEM_PUBLIC_BYTES`].
        kem_public: Vec<u8>,
    },
    /// Host to viewer: what it chose, its half, and its session key. The attempt was counted before.
    P2 {
        /// The version both speak.
        version: u16,
        /// The suite both speak.
        suite: u16,
        /// Fresh random bytes.
        nonce: [u8; 32],
        /// SPAKE2 message, [`PAKE_BYTES`].
        pake: Vec<u8>,
        /// ML-KEM ciphertext, [`KEM_CIPHERTEXT_BYTES`].
        kem_ciphertext: Vec<u8>,
        /// The host's session key: the session's id is its hash.
        session_key: [u8; 32],
    },
    /// Viewer to host: proof that it has the key. The host checks before it proves anything.
    ViewerConfirm([u8; 32]),
    /// Host to viewer: proof that it has the key.
    HostConfirm([u8; 32]),
    /// Host to viewer: the pairing is over without keys.
    Failed(PairFailure),
}

/// Why a pairing failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PairFailure {
    /// The words were wrong.
    WrongCode {
        /// Attempts that are left.
        left: u8,
    },
    /// Too many wrong words: the code is worth nothing any more.
    Burned,
    /// The code was used, or its time ran out.
    Expired,
    /// No common version or suite.
    Incompatible {
        /// The host's oldest version.
        oldest: u16,
        /// The host's newest version.
        newest: u16,
    },
    /// The host is talking to another technician about this code.
    Busy,
}
