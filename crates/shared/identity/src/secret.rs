//! Secret keys. In scope: signing, text form, forms that TLS needs. Wiped from memory when dropped.
//! Not in scope: drawing the seed and keeping it (see `keyfile`).

use std::fmt;
use std::marker::PhantomData;

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

use crate::key::PublicKey;
use crate::kind::Kind;
use crate::label::Label;
use crate::signature::Signature;

/// An Ed25519 secret key (RFC 8032) of one kind. `Debug` shows the public half only.
pub struct SecretKey<K> {
    key: SigningKey,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> SecretKey<K> {
    /// The key of a seed: 32 bytes from the operating system's random numbers.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        SecretKey { key: SigningKey::from_bytes(&seed), kind: PhantomData }
    }

    /// The seed again, to be kept in a key file.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey<K> {
        PublicKey::trusted(self.key.verifying_key().to_bytes())
    }

    /// Signs `label || bytes`.
    #[must_use]
    pub fn sign(&self, label: Label, bytes: &[u8]) -> Signature {
        Signature::from_bytes(self.key.sign(&label.over(bytes)).to_bytes())
    }

    /// Signs the text of a checkpoint note or the message of a cosignature, without a label, as C2SP signed-note
    /// asks. Such a text never looks like a labelled message: its first line is an origin whose last part is a
    /// session id, or `cosignature/v1`.
    #[must_use]
    pub fn sign_note(&self, text: &[u8]) -> Signature {
        Signature::from_bytes(self.key.sign(text).to_bytes())
    }

    /// PKCS#8 version 1, DER, 48 bytes (RFC 8410 section 7): what TLS libraries load. Holds the seed.
    #[must_use]
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        const PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        let mut der = Zeroizing::new(Vec::with_capacity(48));
        der.extend_from_slice(&PREFIX);
        der.extend_from_slice(self.seed().as_slice());
        der
    }
}

impl<K> Clone for SecretKey<K> {
    fn clone(&self) -> Self {
        SecretKey { key: self.key.clone(), kind: PhantomData }
    }
}

impl<K: Kind> fmt::Debug for SecretKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {}", self.public())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SecretKey;
    use crate::{Label, Organisation, PublicKey, Relay, Session, Signature};

    #[test]
    fn a_signature_under_one_label_is_refused_under_another() {
        let key = SecretKey::<Session>::from_seed([1; 32]);
        let signature = key.sign(Label::IDENT, b"transcript");
        assert!(key.public().verify(Label::IDENT, b"transcript", &signature).is_ok());
        assert!(key.public().verify(Label::CERTIFICATE, b"transcript", &signature).is_err());
        assert!(key.public().verify_note(b"transcript", &signature).is_err());
        assert!(key.public().verify_note(b"deskhand/ident/1transcript", &signature).is_ok());
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SecretKey::<Relay>::from_seed([0x41; 32]);
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("SecretKey of {}", key.public()));
    }

    #[test]
    fn the_known_key_of_rfc_8032_comes_out() {
        // RFC 8032 section 7.1, test 1.
        let seed = data_encoding::HEXLOWER.decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = SecretKey::<Relay>::from_seed(seed.try_into().unwrap());
        assert_eq!(
            data_encoding::HEXLOWER.encode(key.public().bytes()),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(data_encoding::HEXLOWER.encode(&key.sign_note(b"").bytes()[..8]), "e5564300c360ac72");
    }

    #[test]
    fn the_text_names_the_kind_and_no_other_kind_reads_it() {
        let key = SecretKey::<Relay>::from_seed([9; 32]).public();
        assert!(key.to_string().starts_with("deskhand-relay-1:"));
        assert_eq!(key.to_string().parse(), Ok(key));
        let error = PublicKey::<Organisation>::parse(&key.to_string()).unwrap_err();
        assert_eq!(error.to_string(), "this is a key of the kind relay, but the kind organisation is needed here");
    }

    #[test]
    fn weak_and_non_canonical_points_are_refused() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(PublicKey::<Relay>::from_bytes(neutral).is_err(), "the neutral point");
        assert!(PublicKey::<Relay>::from_bytes([0; 32]).is_err(), "a point of order 4");
        let mut unreduced = [0xff; 32];
        unreduced[0] = 0xee;
        unreduced[31] = 0x7f;
        assert!(PublicKey::<Relay>::from_bytes(unreduced).is_err(), "y = p + 1, the neutral point again");
    }

    #[test]
    fn the_tls_forms_hold_the_same_key() {
        let key = SecretKey::<Session>::from_seed([3; 32]);
        assert_eq!(PublicKey::from_spki(&key.public().spki()), Ok(key.public()));
        assert_eq!(key.pkcs8().len(), 48);
        assert_eq!(&key.pkcs8()[16..], key.seed().as_slice());
    }

    proptest! {
        #[test]
        fn public_keys_round_trip(seed: [u8; 32]) {
            let key = SecretKey::<Session>::from_seed(seed).public();
            prop_assert_eq!(PublicKey::parse(&key.to_string()), Ok(key));
            let packed = postcard::to_stdvec(&key).unwrap();
            prop_assert_eq!(packed.len(), 32);
            prop_assert_eq!(postcard::from_bytes::<PublicKey<Session>>(&packed).unwrap(), key);
            let json = serde_json::to_string(&key).unwrap();
            prop_assert_eq!(serde_json::from_str::<PublicKey<Session>>(&json).unwrap(), key);
            let shown = key.fingerprint();
            prop_assert!(shown.len() == 29 && shown.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }

        #[test]
        fn any_bytes_as_key_or_signature_never_panic(bytes: [u8; 32], r: [u8; 32], s: [u8; 32], message: Vec<u8>) {
            if let Ok(key) = PublicKey::<Relay>::from_bytes(bytes) {
                let mut whole = [0; 64];
                whole[..32].copy_from_slice(&r);
                whole[32..].copy_from_slice(&s);
                prop_assert!(key.verify(Label::IDENT, &message, &Signature::from_bytes(whole)).is_err());
            }
        }
    }
}
