//! A reviewer's two keys, together. In scope: the one line that `reviewer add` takes, and the pair of secrets that a
//! key file holds. Not in scope: opening recordings; the X25519 key is raw bytes here and has its meaning in `recording`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroizing;

use crate::key::PublicKey;
use crate::keyfile::KeyMaterial;
use crate::kind::Reviewer;
use crate::secret::SecretKey;
use crate::technician::halves;
use crate::text::{self, KeyTextError};

const KIND: &str = "reviewer-public";

/// Both public keys of a reviewer. Text: `deskhand-reviewer-public-1:<base64 of 64 bytes>`, TLS key first.
/// Serde: that text in readable formats, two times 32 bytes otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReviewerPublic {
    /// TLS client key.
    pub tls: PublicKey<Reviewer>,
    /// X25519 public key (RFC 7748) that recordings are sealed to, the raw bytes of an age recipient. Never all zero.
    pub age: [u8; 32],
}

impl ReviewerPublic {
    /// Reads the one line.
    ///
    /// # Errors
    /// A [`KeyTextError`] that says what to give instead.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let (tls, age) = halves(&*text::read_array::<64>(KIND, text)?);
        Self::from_parts(*tls, *age)
    }

    fn from_parts(tls: [u8; 32], age: [u8; 32]) -> Result<Self, KeyTextError> {
        let unusable = KeyTextError::Unusable { expected: KIND };
        if age == [0; 32] {
            return Err(unusable);
        }
        Ok(ReviewerPublic { tls: PublicKey::from_bytes(tls).map_err(|_| unusable)?, age })
    }

    /// The fingerprint of the TLS key, by which reviewers are known.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.tls.fingerprint()
    }
}

impl fmt::Display for ReviewerPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::write(KIND, &[*self.tls.bytes(), self.age].concat()))
    }
}

impl FromStr for ReviewerPublic {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        Self::parse(text)
    }
}

impl Serialize for ReviewerPublic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { (self.tls.bytes(), self.age).serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for ReviewerPublic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
        } else {
            let (tls, age) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
            Self::from_parts(tls, age).map_err(D::Error::custom)
        }
    }
}

/// Both secret keys of a reviewer, as one key file holds them (kind `reviewer`).
pub struct ReviewerSecret {
    /// See [`ReviewerPublic::tls`].
    pub tls: SecretKey<Reviewer>,
    /// The X25519 secret scalar whose public key is [`ReviewerPublic::age`].
    pub age: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for ReviewerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReviewerSecret of {}", self.tls.public())
    }
}

impl KeyMaterial for ReviewerSecret {
    const SECRET: &'static str = "reviewer-secret";
    const SEALED: &'static str = "reviewer-sealed";
    const BYTES: usize = 64;

    fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([*self.tls.seed(), *self.age].concat())
    }

    fn from_secret_bytes(bytes: &[u8]) -> Option<Self> {
        let (tls, age) = halves(bytes.try_into().ok()?);
        Some(ReviewerSecret { tls: SecretKey::from_seed(*tls), age })
    }
}

#[cfg(test)]
mod tests {
    use super::ReviewerPublic;
    use crate::SecretKey;

    #[test]
    fn the_line_for_reviewer_add_round_trips() {
        let public = ReviewerPublic { tls: SecretKey::from_seed([4; 32]).public(), age: [9; 32] };
        assert_eq!(public.to_string().parse(), Ok(public));
        let packed = postcard::to_stdvec(&public).unwrap();
        assert_eq!(packed.len(), 64);
        assert_eq!(postcard::from_bytes::<ReviewerPublic>(&packed).unwrap(), public);
    }

    #[test]
    fn an_empty_sealing_key_is_refused() {
        let public = ReviewerPublic { tls: SecretKey::from_seed([4; 32]).public(), age: [0; 32] };
        assert!(ReviewerPublic::parse(&public.to_string()).is_err());
    }
}
