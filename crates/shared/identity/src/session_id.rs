//! Session ids. In scope: the id as hash of the session's public key, and its text. Nobody can choose an id or use
//! it again without the session's secret key. Not in scope: sessions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::key::PublicKey;
use crate::kind::Session;
use crate::label::Label;

/// The text is not a session id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a session id is 26 characters of a-z and 2-7: copy the whole id")]
pub struct SessionIdError;

/// `SHA-256("deskhand/sid/1" || public key)[..16]`.
///
/// Text: lower-case base32 (RFC 4648) without padding, 26 characters; safe as a file name.
/// Serde: that text in readable formats, the 16 bytes otherwise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Length in bytes.
    pub const BYTES: usize = 16;
    /// Length of the text in characters.
    pub const TEXT: usize = 26;

    /// The id of the session whose host holds this key.
    #[must_use]
    pub fn of(key: &PublicKey<Session>) -> SessionId {
        let hash = Sha256::new().chain_update(Label::SID.as_bytes()).chain_update(key.bytes()).finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        SessionId(id)
    }

    /// Takes 16 bytes from a message; whether they belong to a key shows by comparing with [`SessionId::of`].
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> SessionId {
        SessionId(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SessionId {
    type Err = SessionIdError;

    /// Strict: exactly what `Display` writes.
    fn from_str(text: &str) -> Result<SessionId, SessionIdError> {
        let own = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
        // Every event of a log has one: nothing is put on the heap here.
        let mut text: [u8; SessionId::TEXT] = text.as_bytes().try_into().map_err(|_| SessionIdError)?;
        if !text.iter().copied().all(own) {
            return Err(SessionIdError);
        }
        text.make_ascii_uppercase();
        let mut bytes = [0; SessionId::BYTES];
        data_encoding::BASE32_NOPAD.decode_mut(&text, &mut bytes).map_err(|_| SessionIdError)?;
        Ok(SessionId(bytes))
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(SessionId)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SessionId;
    use crate::SecretKey;

    #[test]
    fn the_id_is_the_labelled_hash_of_the_key() {
        use sha2::{Digest as _, Sha256};
        let key = SecretKey::from_seed([5; 32]).public();
        let hash = Sha256::digest([b"deskhand/sid/1".as_slice(), key.bytes()].concat());
        assert_eq!(SessionId::of(&key).bytes()[..], hash[..16]);
        assert_eq!(SessionId::of(&key).to_string().len(), 26);
    }

    #[test]
    fn texts_of_another_form_are_refused() {
        let id = SessionId::from_bytes([0xab; 16]).to_string();
        assert!(id.parse::<SessionId>().is_ok());
        assert!(id.to_uppercase().parse::<SessionId>().is_err());
        assert!(format!("{id} ").parse::<SessionId>().is_err());
        assert!(id[1..].parse::<SessionId>().is_err());
        // The last character stands for three bits: others of its bits must be zero.
        assert!(format!("{}b", &id[..25]).parse::<SessionId>().is_err());
        assert!("../../../../../../etc/shad".parse::<SessionId>().is_err());
    }

    proptest! {
        #[test]
        fn ids_round_trip(bytes: [u8; 16]) {
            let id = SessionId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            let packed = postcard::to_stdvec(&id).unwrap();
            prop_assert_eq!(packed.len(), 16);
            prop_assert_eq!(postcard::from_bytes::<SessionId>(&packed).unwrap(), id);
        }

        #[test]
        fn any_text_never_panics(text in "\\PC{0,30}", close in "[a-z2-7]{26}") {
            let _ = text.parse::<SessionId>();
            if let Ok(id) = close.parse::<SessionId>() {
                prop_assert_eq!(id.to_string(), close);
            }
        }
    }
}
