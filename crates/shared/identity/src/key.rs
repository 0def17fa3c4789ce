//! Public keys. In scope: their text and byte forms, strict verification, fingerprints.
//! Not in scope: whether a key is trusted.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};

use crate::kind::Kind;
use crate::label::Label;
use crate::signature::{BadSignature, Signature};
use crate::text::{self, KeyTextError};

/// An Ed25519 public key (RFC 8032) of one kind: 32 bytes, a canonical point that is not of small order.
///
/// Text: `deskhand-<kind>-1:<base64>`. Serde: that text in readable formats, the 32 bytes otherwise.
pub struct PublicKey<K> {
    bytes: [u8; 32],
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> PublicKey<K> {
    /// Length in bytes.
    pub const BYTES: usize = 32;

    /// Takes the 32 bytes of a key.
    ///
    /// # Errors
    /// [`KeyTextError::Unusable`] when they are no point, not its canonical form, or a point of small order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, KeyTextError> {
        let unusable = KeyTextError::Unusable { expected: K::NAME };
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| unusable.clone())?;
        if key.is_weak() || key.to_edwards().compress().to_bytes() != bytes {
            return Err(unusable);
        }
        Ok(Self::trusted(bytes))
    }

    /// For bytes that came out of a signing key.
    pub(crate) fn trusted(bytes: [u8; 32]) -> Self {
        PublicKey { bytes, kind: PhantomData }
    }

    /// Reads `deskhand-<kind>-1:<base64>`.
    ///
    /// # Errors
    /// A [`KeyTextError`] that says what to give instead.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        Self::from_bytes(*text::read_array::<32>(K::NAME, text)?)
    }

    /// The raw key, as on the wire and in TLS.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Verifies a signature over `label || bytes`, strictly: no malleable signature and no weak key passes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, label: Label, bytes: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.verify_exact(&label.over(bytes), signature)
    }

    /// Verifies the signature of a checkpoint note or of its cosignature: over `text` alone (C2SP signed-note).
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify_note(&self, text: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        self.verify_exact(text, signature)
    }

    fn verify_exact(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.bytes).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature.bytes());
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }

    /// 120 bits of SHA-256 over label, kind and key, as `abcd-efgh-…`: six groups of four letters and digits.
    /// For people to compare and for file names (`a-z`, `2-7` and `-` only).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash =
            Sha256::new().chain_update(Label::FINGERPRINT.as_bytes()).chain_update(K::NAME.as_bytes()).chain_update(self.bytes).finalize();
        let text = data_encoding::BASE32_NOPAD.encode(&hash[..15]).to_ascii_lowercase();
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..at + 4]).collect();
        groups.join("-")
    }

    /// SubjectPublicKeyInfo, DER, 44 bytes (RFC 8410 section 4): what TLS with raw public keys carries.
    #[must_use]
    pub fn spki(&self) -> [u8; 44] {
        let mut der = [0; 44];
        der[..12].copy_from_slice(&SPKI_PREFIX);
        der[12..].copy_from_slice(&self.bytes);
        der
    }

    /// Reads exactly what [`spki`](Self::spki) writes.
    ///
    /// # Errors
    /// [`KeyTextError::Unusable`].
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyTextError> {
        let bytes =
            der.strip_prefix(&SPKI_PREFIX).and_then(|bytes| bytes.try_into().ok()).ok_or(KeyTextError::Unusable { expected: K::NAME })?;
        Self::from_bytes(bytes)
    }
}

/// SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING of 32 bytes }.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

impl<K> Clone for PublicKey<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for PublicKey<K> {}

impl<K> PartialEq for PublicKey<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<K> Eq for PublicKey<K> {}

impl<K> PartialOrd for PublicKey<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for PublicKey<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<K> Hash for PublicKey<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<K: Kind> fmt::Display for PublicKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::write(K::NAME, &self.bytes))
    }
}

impl<K: Kind> fmt::Debug for PublicKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for PublicKey<K> {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        Self::parse(text)
    }
}

impl<K: Kind> Serialize for PublicKey<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.bytes.serialize(serializer) }
    }
}

impl<'de, K: Kind> Deserialize<'de> for PublicKey<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            // People may paste a line with space around it; programs write none.
            let text = String::deserialize(deserializer)?;
            let key = if text.trim_ascii() == text { Self::parse(&text) } else { Err(KeyTextError::NotAKey { expected: K::NAME }) };
            key.map_err(D::Error::custom)
        } else {
            Self::from_bytes(<[u8; 32]>::deserialize(deserializer)?).map_err(D::Error::custom)
        }
    }
}
