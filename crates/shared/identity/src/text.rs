//! The one-line text of keys: `deskhand-<kind>-1:<base64>`. In scope: writing and strictly reading it.
//! Not in scope: what the bytes mean. Base64 is RFC 4648 section 4, padded and canonical.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Why a key's text was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyTextError {
    /// It does not have the form `deskhand-<kind>-1:…`.
    #[error("this is not a Deskhand key: it must be one line that begins with deskhand-{expected}-1:")]
    NotAKey {
        /// The kind that was wanted.
        expected: &'static str,
    },
    /// It is a key of another kind.
    #[error("this is a key of the kind {found}, but the kind {expected} is needed here")]
    WrongKind {
        /// The kind that was wanted.
        expected: &'static str,
        /// The kind that was given, at most 40 characters.
        found: String,
    },
    /// A secret key was given where a public one belongs.
    #[error("this is a secret key: never paste or send it. Give the public text instead (it begins with deskhand-{expected}-1:)")]
    Secret {
        /// The kind that was wanted.
        expected: &'static str,
    },
    /// A later version wrote it.
    #[error("this {expected} key was written by a newer version of Deskhand: update this program")]
    Newer {
        /// The kind that was wanted.
        expected: &'static str,
    },
    /// The base64 or its length is wrong, mostly a part is missing.
    #[error("this {expected} key is damaged (a part is missing or mistyped): copy the whole line again")]
    Damaged {
        /// The kind that was wanted.
        expected: &'static str,
    },
    /// The bytes are no usable Ed25519 public key.
    #[error("this {expected} key is not a usable Ed25519 public key: have it made again")]
    Unusable {
        /// The kind that was wanted.
        expected: &'static str,
    },
}

/// `deskhand-<kind>-1:<base64>`.
pub(crate) fn write(kind: &str, bytes: &[u8]) -> String {
    let mut text = format!("deskhand-{kind}-1:");
    STANDARD.encode_string(bytes, &mut text);
    text
}

/// Reads the text of exactly this kind and at most `max` bytes. Whitespace around the line is allowed, none within.
pub(crate) fn read(expected: &'static str, text: &str, max: usize) -> Result<Zeroizing<Vec<u8>>, KeyTextError> {
    let text = text.trim_ascii();
    let not_a_key = KeyTextError::NotAKey { expected };
    let Some((head, body)) = text.strip_prefix("deskhand-").and_then(|rest| rest.split_once(':')) else {
        return Err(not_a_key);
    };
    let Some((kind, version)) = head.rsplit_once('-') else {
        return Err(not_a_key);
    };
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Err(not_a_key);
    }
    if kind != expected {
        if kind.ends_with("-secret") && !expected.ends_with("-secret") {
            return Err(KeyTextError::Secret { expected });
        }
        return Err(KeyTextError::WrongKind { expected, found: kind.chars().take(40).collect() });
    }
    if version != "1" {
        let number = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        return Err(if number { KeyTextError::Newer { expected } } else { not_a_key });
    }
    if body.len() > max.div_ceil(3) * 4 {
        return Err(KeyTextError::Damaged { expected });
    }
    let bytes = STANDARD.decode(body).map(Zeroizing::new).map_err(|_| KeyTextError::Damaged { expected })?;
    if bytes.len() > max {
        return Err(KeyTextError::Damaged { expected });
    }
    Ok(bytes)
}

/// As [`read`], for a kind of exactly `N` bytes.
pub(crate) fn read_array<const N: usize>(expected: &'static str, text: &str) -> Result<Zeroizing<[u8; N]>, KeyTextError> {
    let bytes = read(expected, text, N)?;
    let array: [u8; N] = bytes.as_slice().try_into().map_err(|_| KeyTextError::Damaged { expected })?;
    Ok(Zeroizing::new(array))
}

#[cfg(test)]
mod tests {
    use super::{KeyTextError, read, read_array, write};
    use proptest::prelude::*;

    #[test]
    fn a_secret_where_a_public_key_belongs_is_named_as_such() {
        let text = write("technician-secret", &[7; 64]);
        assert_eq!(read("technician", &text, 64).unwrap_err(), KeyTextError::Secret { expected: "technician" });
    }

    #[test]
    fn a_newer_version_asks_for_an_update() {
        assert_eq!(read("relay", "deskhand-relay-2:AAAA", 64).unwrap_err(), KeyTextError::Newer { expected: "relay" });
    }

    #[test]
    fn base64_that_is_not_canonical_is_refused() {
        // "AB==" has bits set beyond the byte it stands for.
        assert!(read("relay", "deskhand-relay-1:AB==", 64).is_err());
        assert!(read("relay", "deskhand-relay-1:AA==", 64).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC{0,200}", tail in "deskhand-[a-z-]{0,20}[0-9]{0,3}:[A-Za-z0-9+/=]{0,90}") {
            let _ = read("relay", &text, 64);
            let _ = read_array::<32>("relay", &tail);
        }

        #[test]
        fn what_is_written_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let read = read("relay", &write("relay", &bytes), 100);
            prop_assert_eq!(read.unwrap().to_vec(), bytes);
        }
    }
}
