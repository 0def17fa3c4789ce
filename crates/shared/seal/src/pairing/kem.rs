//! The post-quantum half of the pairing: ML-KEM-768 (FIPS 203) from the caller's seeds.
//!
//! In scope: key pair, encapsulation, decapsulation, with lengths checked. Not in scope: authentication; the
//! password exchange does that.

use super::pake::MalformedExchange;
use crate::draw::Seed;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{MlKem768, ml_kem_768};
use zeroize::Zeroizing;

/// Bytes of an encapsulation key (FIPS 203, table 3).
pub const KEM_KEY_LEN: usize = 1184;
/// Bytes of a ciphertext (FIPS 203, table 3).
pub const KEM_CIPHERTEXT_LEN: usize = 1088;

/// The technician's key pair for one attempt.
pub(super) struct KemPair(ml_kem_768::DecapsulationKey);

impl KemPair {
    pub(super) fn new(seed: &Seed) -> Self {
        let bytes = seed.draw::<64>("ml-kem", 0);
        Self(ml_kem_768::DecapsulationKey::from_seed((*bytes).into()))
    }

    pub(super) fn public(&self) -> Vec<u8> {
        self.0.encapsulation_key().to_bytes().to_vec()
    }

    /// The shared secret. A forged ciphertext gives another secret, not an error (FIPS 203, 6.3).
    pub(super) fn open(&self, ciphertext: &[u8]) -> Result<Zeroizing<[u8; 32]>, MalformedExchange> {
        let ciphertext: &ml_kem::Ciphertext<MlKem768> = ciphertext.try_into().map_err(|_| MalformedExchange)?;
        Ok(Zeroizing::new(self.0.decapsulate(ciphertext).into()))
    }
}

/// Ciphertext and shared secret for the technician's public key (validated as FIPS 203, 7.2 asks).
pub(super) fn encapsulate(public: &[u8], seed: &Seed) -> Result<(Vec<u8>, Zeroizing<[u8; 32]>), MalformedExchange> {
    let bytes = public.try_into().map_err(|_| MalformedExchange)?;
    let key = ml_kem_768::EncapsulationKey::new(bytes).map_err(|_| MalformedExchange)?;
    let message = seed.draw::<32>("ml-kem", 1);
    let (ciphertext, secret) = key.encapsulate_deterministic(&(*message).into());
    Ok((ciphertext.to_vec(), Zeroizing::new(secret.into())))
}
