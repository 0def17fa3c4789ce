//! The identity a program shows in the TLS handshake: a raw Ed25519 public key (RFC 7250).
//!
//! In scope: turning a secret key of `identity` into what rustls signs the handshake with, and the way back, from the
//! `SubjectPublicKeyInfo` a peer proved to hold to its 32 bytes. Not in scope: what that key may do. A session key, a
//! technician's key and a reviewer's key look alike here; the relay decides.

use std::{fmt, sync::Arc};

use deskhand_identity::{Kind, PublicKey, Reviewer, SecretKey, Session, Technician};
use rustls::{
    client::AlwaysResolvesClientRawPublicKeys,
    crypto::ring::sign::any_eddsa_type,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};

use crate::error::LinkError;

/// Who this program is to the relay. Holds a secret key; `Debug` shows the public half only.
#[derive(Clone)]
pub struct Me {
    key: Arc<CertifiedKey>,
    public: [u8; 32],
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Me(public {:02x?}…)", &self.public[..4])
    }
}

impl Me {
    /// A host: the key it drew for this one session.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the cryptography provider refuses the key.
    pub fn host(key: &SecretKey<Session>) -> Result<Self, LinkError> {
        Self::of(key)
    }

    /// A technician.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the cryptography provider refuses the key.
    pub fn technician(key: &SecretKey<Technician>) -> Result<Self, LinkError> {
        Self::of(key)
    }

    /// A reviewer.
    ///
    /// # Errors
    /// [`LinkError::Local`] when the cryptography provider refuses the key.
    pub fn reviewer(key: &SecretKey<Reviewer>) -> Result<Self, LinkError> {
        Self::of(key)
    }

    fn of<K: Kind>(key: &SecretKey<K>) -> Result<Self, LinkError> {
        let public = key.public();
        let pkcs8 = key.pkcs8();
        let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).map_err(LinkError::local)?;
        let spki = CertificateDer::from(public.spki().to_vec());
        Ok(Self { key: Arc::new(CertifiedKey::new(vec![spki], signer)), public: *public.bytes() })
    }

    /// The public half, as the relay will see it.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.public
    }

    pub(crate) fn resolver(&self) -> Arc<AlwaysResolvesClientRawPublicKeys> {
        Arc::new(AlwaysResolvesClientRawPublicKeys::new(self.key.clone()))
    }
}

/// The 32 bytes of a peer's raw key. Which kind it is shows later; a host's is the only kind that needs no register.
pub(crate) fn key_of_spki(spki: &[u8]) -> Option<[u8; 32]> {
    PublicKey::<Session>::from_spki(spki).ok().map(|key| *key.bytes())
}

/// The contents of the outer `SEQUENCE` of an Ed25519 `SubjectPublicKeyInfo`: what a trust anchor holds.
pub(crate) fn spki_contents<K: Kind>(key: &PublicKey<K>) -> Vec<u8> {
    // Tag and length of the outer sequence are one byte each (RFC 8410, section 4: 44 bytes in all).
    key.spki()[2..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_reads_the_public_half_of_the_key_shown() {
        let key = SecretKey::from_seed([7; 32]);
        let me = Me::technician(&key).expect("a good key");
        assert_eq!(me.public(), *key.public().bytes());
        assert_eq!(key_of_spki(&me.key.cert[0]), Some(me.public()));
    }

    #[test]
    fn a_key_of_another_algorithm_is_refused() {
        let mut spki = SecretKey::<Session>::from_seed([7; 32]).public().spki();
        spki[8] ^= 1;
        assert_eq!(key_of_spki(&spki), None);
    }

    #[test]
    fn debug_does_not_show_the_seed() {
        let me = Me::host(&SecretKey::from_seed([0x5a; 32])).expect("a good key");
        assert!(!format!("{me:?}").contains("5a, 5a"));
    }
}
