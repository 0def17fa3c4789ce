//! Commitments to personal values: the tree holds a salted HMAC, the value and its salt lie beside
//! it and can be erased without touching the tree.
//!
//! In scope: making and checking one commitment. Not in scope: drawing salts, erasing.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::encoding::Hash;

/// A random salt, drawn anew for every value; without it a name cannot be guessed from the log.
pub type Salt = [u8; 32];

const LABEL: &[u8] = b"deskhand/pii/1";

/// HMAC-SHA256(salt, `"deskhand/pii/1" || u8 length of field || field || value`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commitment(pub Hash);

impl Commitment {
    /// Commits to `value` as the field `field` (at most 255 bytes, longer names are cut).
    pub fn to(salt: &Salt, field: &str, value: &[u8]) -> Self {
        let length = u8::try_from(field.len()).unwrap_or(u8::MAX);
        let mut mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes a key of any length");
        mac.update(LABEL);
        mac.update(&[length]);
        mac.update(&field.as_bytes()[..usize::from(length)]);
        mac.update(value);
        Self(Hash(mac.finalize().into_bytes().into()))
    }

    /// Whether this is the commitment to `value` with that salt.
    pub fn opens_to(&self, salt: &Salt, field: &str, value: &[u8]) -> bool {
        *self == Self::to(salt, field, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_to_its_own_salt_field_and_value_only() {
        let commitment = Commitment::to(&[1; 32], "name", b"Ana");
        assert!(commitment.opens_to(&[1; 32], "name", b"Ana"));
        assert!(!commitment.opens_to(&[2; 32], "name", b"Ana"));
        assert!(!commitment.opens_to(&[1; 32], "nam", b"eAna"));
        assert!(!commitment.opens_to(&[1; 32], "name", b"Anb"));
    }
}
