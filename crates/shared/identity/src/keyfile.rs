//! The text of key files. In scope: a secret key in plain text, or sealed under a passphrase with argon2id (RFC 9106)
//! and XChaCha20-Poly1305. Not in scope: files, their modes, asking for the passphrase, drawing salt and nonce.
//!
//! Sealed bytes: memory KiB u32 | passes u32 | lanes u32 | salt 16 | nonce 24 | ciphertext | tag 16; integers big-endian.
//! The tag covers the kind and the cost as well.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::kind::{Organisation, Relay, RelayCosign, Reviewer, Technician, TechnicianCosign, Witness};
use crate::secret::SecretKey;
use crate::text::{self, KeyTextError};

/// Most bytes of a key file.
pub const MAX_KEY_FILE_BYTES: usize = 1024;
/// Most bytes of secret in a key file.
const MAX_SECRET_BYTES: usize = 64;
const HEAD: usize = 3 * 4 + 16 + 24;
const TAG: usize = 16;

/// Secrets that a key file can hold.
pub trait KeyMaterial: Sized {
    /// Kind of the plain text, `deskhand-<SECRET>-1:…`.
    const SECRET: &'static str;
    /// Kind of the sealed text, `deskhand-<SEALED>-1:…`.
    const SEALED: &'static str;
    /// Length of the secret in bytes, at most 64.
    const BYTES: usize;

    /// The secret bytes.
    fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>>;

    /// From exactly [`BYTES`](Self::BYTES) bytes.
    fn from_secret_bytes(bytes: &[u8]) -> Option<Self>;
}

macro_rules! single_keys {
    ($($kind:ident = $secret:literal, $sealed:literal;)*) => {$(
        impl KeyMaterial for SecretKey<$kind> {
            const SECRET: &'static str = $secret;
            const SEALED: &'static str = $sealed;
            const BYTES: usize = 32;

            fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
                Zeroizing::new(self.seed().to_vec())
            }

            fn from_secret_bytes(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(SecretKey::from_seed)
            }
        }
    )*};
}

// A session's key has no file: it lives in memory only.
single_keys! {
    Organisation = "organisation-secret", "organisation-sealed";
    Relay = "relay-secret", "relay-sealed";
    RelayCosign = "relay-cosign-secret", "relay-cosign-sealed";
    Technician = "technician-tls-secret", "technician-tls-sealed";
    TechnicianCosign = "technician-cosign-secret", "technician-cosign-sealed";
    Reviewer = "reviewer-tls-secret", "reviewer-tls-sealed";
    Witness = "witness-secret", "witness-sealed";
}

/// What guessing one passphrase costs (argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB, 8 per lane to 262,144 (256 MiB).
    pub memory_kib: u32,
    /// Passes, 1 to 16.
    pub passes: u32,
    /// Lanes, 1 to 8.
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106 section 4, second recommendation: 64 MiB, 3 passes, 4 lanes.
    pub const STANDARD: Cost = Cost { memory_kib: 65_536, passes: 3, lanes: 4 };

    fn check(self) -> Result<Params, KeyFileError> {
        let right =
            (1..=8).contains(&self.lanes) && (1..=16).contains(&self.passes) && (8 * self.lanes..=262_144).contains(&self.memory_kib);
        if !right {
            return Err(KeyFileError::Cost);
        }
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| KeyFileError::Cost)
    }
}

/// Why a key file was not made or not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyFileError {
    /// Another text, or a damaged one.
    #[error(transparent)]
    Text(#[from] KeyTextError),
    /// More than [`MAX_KEY_FILE_BYTES`].
    #[error("this file is too large to be a key")]
    TooLarge,
    /// It is sealed and no passphrase was given.
    #[error("this key is held under a passphrase: type it, or name a file with --passphrase-file")]
    PassphraseNeeded,
    /// The passphrase does not open it, or the file was changed: the two look the same.
    #[error("the passphrase does not open this key (or the file was changed)")]
    WrongPassphrase,
    /// The passphrase to seal with is empty.
    #[error("the passphrase is empty: choose one, or say --no-passphrase")]
    EmptyPassphrase,
    /// The recorded cost is out of its bounds.
    #[error("this key file asks for more memory or time than any key of ours: it was not made by Deskhand")]
    Cost,
}

/// A key file as read: either plain or under a passphrase.
#[derive(Debug)]
pub enum KeyFile<S> {
    /// The secret itself.
    Plain(S),
    /// A secret under a passphrase.
    Sealed(Sealed<S>),
}

/// A secret under a passphrase.
pub struct Sealed<S> {
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 24],
    ciphertext: Vec<u8>,
    secret: std::marker::PhantomData<fn() -> S>,
}

impl<S> std::fmt::Debug for Sealed<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl<S: KeyMaterial> KeyFile<S> {
    /// The plain text of a key file, one line with its end. Whoever reads it has the key.
    #[must_use]
    pub fn plain(secret: &S) -> Zeroizing<String> {
        let mut line = Zeroizing::new(text::write(S::SECRET, &secret.to_secret_bytes()));
        line.push('\n');
        line
    }

    /// The text of a key file under a passphrase (its UTF-8 bytes as typed), one line with its end.
    /// `salt` and `nonce` are drawn anew for each file.
    ///
    /// # Errors
    /// [`KeyFileError::EmptyPassphrase`] or [`KeyFileError::Cost`].
    pub fn seal(secret: &S, passphrase: &[u8], cost: Cost, salt: [u8; 16], nonce: [u8; 24]) -> Result<String, KeyFileError> {
        if passphrase.is_empty() {
            return Err(KeyFileError::EmptyPassphrase);
        }
        let cipher = cipher(passphrase, cost, &salt)?;
        let bytes = secret.to_secret_bytes();
        let payload = Payload { msg: &bytes, aad: &covered(S::SEALED, cost) };
        let ciphertext = cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| KeyFileError::Cost)?;
        let head = [cost.memory_kib, cost.passes, cost.lanes].map(u32::to_be_bytes).concat();
        let mut line = text::write(S::SEALED, &[&head[..], &salt, &nonce, &ciphertext].concat());
        line.push('\n');
        Ok(line)
    }

    /// Reads a key file's text. Nothing costly happens yet.
    ///
    /// # Errors
    /// [`KeyFileError::Text`], [`KeyFileError::TooLarge`] or [`KeyFileError::Cost`].
    pub fn parse(line: &str) -> Result<KeyFile<S>, KeyFileError> {
        if line.len() > MAX_KEY_FILE_BYTES {
            return Err(KeyFileError::TooLarge);
        }
        let damaged = |expected| KeyFileError::Text(KeyTextError::Damaged { expected });
        match text::read(S::SECRET, line, MAX_SECRET_BYTES) {
            Ok(bytes) if bytes.len() == S::BYTES => {
                return S::from_secret_bytes(&bytes).map(KeyFile::Plain).ok_or(damaged(S::SECRET));
            }
            Ok(_) => return Err(damaged(S::SECRET)),
            Err(KeyTextError::WrongKind { found, .. }) if found == S::SEALED => {}
            Err(error) => return Err(error.into()),
        }
        let bytes = text::read(S::SEALED, line, HEAD + MAX_SECRET_BYTES + TAG)?;
        let sealed = read_sealed(&bytes).ok_or(damaged(S::SEALED))?;
        if sealed.ciphertext.len() != S::BYTES + TAG {
            return Err(damaged(S::SEALED));
        }
        sealed.cost.check()?;
        Ok(KeyFile::Sealed(sealed))
    }

    /// Whether [`open`](Self::open) will want a passphrase.
    #[must_use]
    pub fn needs_passphrase(&self) -> bool {
        matches!(self, KeyFile::Sealed(_))
    }

    /// The secret. For a sealed file this takes the memory and time of its cost; a plain one ignores the passphrase.
    ///
    /// # Errors
    /// [`KeyFileError::PassphraseNeeded`] or [`KeyFileError::WrongPassphrase`].
    pub fn open(self, passphrase: Option<&[u8]>) -> Result<S, KeyFileError> {
        let sealed = match self {
            KeyFile::Plain(secret) => return Ok(secret),
            KeyFile::Sealed(sealed) => sealed,
        };
        let passphrase = passphrase.ok_or(KeyFileError::PassphraseNeeded)?;
        let cipher = cipher(passphrase, sealed.cost, &sealed.salt)?;
        let payload = Payload { msg: &sealed.ciphertext, aad: &covered(S::SEALED, sealed.cost) };
        let bytes =
            cipher.decrypt(XNonce::from_slice(&sealed.nonce), payload).map(Zeroizing::new).map_err(|_| KeyFileError::WrongPassphrase)?;
        S::from_secret_bytes(&bytes).ok_or(KeyFileError::WrongPassphrase)
    }
}

fn read_sealed<S>(bytes: &[u8]) -> Option<Sealed<S>> {
    let mut reader = Reader::new(bytes);
    let [memory_kib, passes, lanes] = [reader.array()?, reader.array()?, reader.array()?].map(u32::from_be_bytes);
    Some(Sealed {
        cost: Cost { memory_kib, passes, lanes },
        salt: reader.array()?,
        nonce: reader.array()?,
        ciphertext: reader.rest().to_vec(),
        secret: std::marker::PhantomData,
    })
}

fn cipher(passphrase: &[u8], cost: Cost, salt: &[u8; 16]) -> Result<XChaCha20Poly1305, KeyFileError> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.check()?);
    let mut key = Zeroizing::new([0; 32]);
    argon.hash_password_into(passphrase, salt, key.as_mut_slice()).map_err(|_| KeyFileError::Cost)?;
    Ok(XChaCha20Poly1305::new(key.as_slice().into()))
}

fn covered(kind: &str, cost: Cost) -> Vec<u8> {
    let numbers = [cost.memory_kib, cost.passes, cost.lanes].map(u32::to_be_bytes).concat();
    [b"deskhand-", kind.as_bytes(), b"-1:", &numbers[..]].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cost, KeyFile, KeyFileError};
    use crate::{Organisation, Relay, SecretKey, TechnicianSecret};

    const CHEAP: Cost = Cost { memory_kib: 32, passes: 1, lanes: 1 };

    fn sealed() -> (SecretKey<Organisation>, String) {
        let key = SecretKey::from_seed([7; 32]);
        let line = KeyFile::seal(&key, b"correct horse", CHEAP, [1; 16], [2; 24]).unwrap();
        (key, line)
    }

    #[test]
    fn the_right_passphrase_opens_and_a_wrong_one_does_not() {
        let (key, line) = sealed();
        assert!(line.starts_with("deskhand-organisation-sealed-1:") && line.ends_with('\n'));
        let parsed = || KeyFile::<SecretKey<Organisation>>::parse(&line).unwrap();
        assert!(parsed().needs_passphrase());
        assert_eq!(parsed().open(Some(b"correct horse")).unwrap().public(), key.public());
        assert_eq!(parsed().open(Some(b"correct house")).unwrap_err(), KeyFileError::WrongPassphrase);
        assert_eq!(parsed().open(None).unwrap_err(), KeyFileError::PassphraseNeeded);
    }

    #[test]
    fn a_plain_file_needs_no_passphrase() {
        let secret = TechnicianSecret::from_seeds([1; 32], [2; 32]);
        let line = KeyFile::plain(&secret);
        let opened = KeyFile::<TechnicianSecret>::parse(&line).unwrap().open(None).unwrap();
        assert_eq!(opened.public(), secret.public());
    }

    #[test]
    fn a_key_of_another_kind_is_refused_by_name() {
        let (_, line) = sealed();
        let error = KeyFile::<SecretKey<Relay>>::parse(&line).unwrap_err().to_string();
        assert!(error.contains("organisation-sealed") && error.contains("relay-secret"), "{error}");
    }

    #[test]
    fn a_file_that_asks_for_a_gigabyte_is_refused_before_any_work() {
        let key = SecretKey::<Relay>::from_seed([7; 32]);
        let line = KeyFile::seal(&key, b"x", CHEAP, [1; 16], [2; 24]).unwrap();
        let mut bytes = crate::text::read("relay-sealed", &line, 200).unwrap();
        bytes[..4].copy_from_slice(&(1_u32 << 20).to_be_bytes());
        let line = crate::text::write("relay-sealed", &bytes);
        assert_eq!(KeyFile::<SecretKey<Relay>>::parse(&line).unwrap_err(), KeyFileError::Cost);
    }

    #[test]
    fn an_empty_passphrase_does_not_seal() {
        let key = SecretKey::<Relay>::from_seed([7; 32]);
        assert_eq!(KeyFile::seal(&key, b"", CHEAP, [1; 16], [2; 24]).unwrap_err(), KeyFileError::EmptyPassphrase);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_, line) = sealed();
        let bytes = crate::text::read("organisation-sealed", &line, 200).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let line = crate::text::write("organisation-sealed", &changed);
            let opened = KeyFile::<SecretKey<Organisation>>::parse(&line).and_then(|file| file.open(Some(b"correct horse")));
            assert!(opened.is_err(), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC{0,200}", body in "[A-Za-z0-9+/]{176}") {
            let _ = KeyFile::<SecretKey<Relay>>::parse(&text);
            let _ = KeyFile::<SecretKey<Relay>>::parse(&format!("deskhand-relay-sealed-1:{body}"));
            let _ = KeyFile::<TechnicianSecret>::parse(&format!("deskhand-technician-secret-1:{}", &body[..88]));
        }
    }
}
