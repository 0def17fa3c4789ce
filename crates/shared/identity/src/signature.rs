//! An Ed25519 signature as data. In scope: its byte and text forms. Not in scope: what was signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// The signature does not fit key, label and bytes. Nothing more is said about why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// 64 bytes, RFC 8032: R then S. Serde: padded base64 in readable formats, 64 bytes without a length otherwise.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Length in bytes.
    pub const BYTES: usize = 64;

    /// Takes the bytes as they are; whether they are a signature shows when they are verified.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Signature {
        Signature(bytes)
    }

    /// R then S.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// Padded base64, 88 characters.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Strict padded base64 of 64 bytes.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Signature> {
        if text.len() != 88 {
            return None;
        }
        STANDARD.decode(text).ok()?.try_into().ok().map(Signature)
    }
}

impl std::fmt::Debug for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signature({})", self.to_base64())
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(&self.to_base64());
        }
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&self.0[..32]);
        s.copy_from_slice(&self.0[32..]);
        (r, s).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            return Signature::from_base64(&text).ok_or_else(|| D::Error::custom("a signature is base64 of 64 bytes"));
        }
        let (r, s) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Ok(Signature(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::Signature;

    #[test]
    fn both_serde_forms_round_trip() {
        let signature = Signature::from_bytes(std::array::from_fn(|at| at as u8));
        let packed = postcard::to_stdvec(&signature).unwrap();
        assert_eq!(packed.len(), 64);
        assert_eq!(postcard::from_bytes::<Signature>(&packed).unwrap(), signature);
        let json = serde_json::to_string(&signature).unwrap();
        assert_eq!(serde_json::from_str::<Signature>(&json).unwrap(), signature);
    }
}
