//! A technician's two keys, together. In scope: the one line that `tech add` takes, and the pair of secrets that a
//! key file holds. Not in scope: the certificate over them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key::PublicKey;
use crate::keyfile::KeyMaterial;
use crate::kind::{Technician, TechnicianCosign};
use crate::secret::SecretKey;
use crate::text::{self, KeyTextError};

const KIND: &str = "technician-public";

/// Both public keys of a technician. Text: `deskhand-technician-public-1:<base64 of 64 bytes>`, TLS key first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TechnicianPublic {
    /// TLS client key; also signs the identity over the pairing transcript.
    pub tls: PublicKey<Technician>,
    /// Signs cosignatures of checkpoints.
    pub cosign: PublicKey<TechnicianCosign>,
}

impl TechnicianPublic {
    /// Reads the one line.
    ///
    /// # Errors
    /// A [`KeyTextError`] that says what to give instead.
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let (tls, cosign) = halves(&*text::read_array::<64>(KIND, text)?);
        Ok(TechnicianPublic {
            tls: PublicKey::from_bytes(*tls).map_err(|_| KeyTextError::Unusable { expected: KIND })?,
            cosign: PublicKey::from_bytes(*cosign).map_err(|_| KeyTextError::Unusable { expected: KIND })?,
        })
    }

    /// The fingerprint of the TLS key, by which technicians are known.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.tls.fingerprint()
    }
}

impl fmt::Display for TechnicianPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::write(KIND, &[*self.tls.bytes(), *self.cosign.bytes()].concat()))
    }
}

impl FromStr for TechnicianPublic {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        Self::parse(text)
    }
}

/// Both secret keys of a technician, as one key file holds them (kind `technician`).
#[derive(Clone, Debug)]
pub struct TechnicianSecret {
    /// See [`TechnicianPublic::tls`].
    pub tls: SecretKey<Technician>,
    /// See [`TechnicianPublic::cosign`].
    pub cosign: SecretKey<TechnicianCosign>,
}

impl TechnicianSecret {
    /// From two independent seeds.
    #[must_use]
    pub fn from_seeds(tls: [u8; 32], cosign: [u8; 32]) -> Self {
        TechnicianSecret { tls: SecretKey::from_seed(tls), cosign: SecretKey::from_seed(cosign) }
    }

    /// Both public halves.
    #[must_use]
    pub fn public(&self) -> TechnicianPublic {
        TechnicianPublic { tls: self.tls.public(), cosign: self.cosign.public() }
    }
}

impl KeyMaterial for TechnicianSecret {
    const SECRET: &'static str = "technician-secret";
    const SEALED: &'static str = "technician-sealed";
    const BYTES: usize = 64;

    fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([*self.tls.seed(), *self.cosign.seed()].concat())
    }

    fn from_secret_bytes(bytes: &[u8]) -> Option<Self> {
        let (tls, cosign) = halves(bytes.try_into().ok()?);
        Some(Self::from_seeds(*tls, *cosign))
    }
}

/// Two keys of 32 bytes that lie side by side.
pub(crate) fn halves(bytes: &[u8; 64]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let (mut first, mut second) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
    first.copy_from_slice(&bytes[..32]);
    second.copy_from_slice(&bytes[32..]);
    (first, second)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TechnicianPublic, TechnicianSecret};

    #[test]
    fn the_line_for_tech_add_round_trips() {
        let public = TechnicianSecret::from_seeds([1; 32], [2; 32]).public();
        let line = public.to_string();
        assert!(line.starts_with("deskhand-technician-public-1:") && !line.contains('\n'));
        assert_eq!(line.parse(), Ok(public));
        assert!(TechnicianPublic::parse(&public.tls.to_string()).is_err(), "one key alone is not enough");
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC{0,120}", body in "[A-Za-z0-9+/]{86}==") {
            let _ = TechnicianPublic::parse(&text);
            let _ = TechnicianPublic::parse(&format!("deskhand-technician-public-1:{body}"));
        }
    }
}
