//! Signed notes (C2SP signed-note): a text and signature lines under it.
//!
//! In scope: writing a note, reading it back strictly, and keeping signature lines of unknown keys,
//! so that cosignatures can stand beside the host's. Not in scope: what the text says (`checkpoint`).
//!
//! ```text
//! <text, one or more lines>
//! <empty line>
//! — <key name> <base64(u32 key hash, big endian || signature)>
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};
use deskhand_identity::{Kind, PublicKey, Signature as Ed25519Signature};
use sha2::{Digest, Sha256};

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 8 * 1024;
/// The most signature lines one note may carry.
pub const MAX_SIGNATURES: usize = 16;

/// Signature type byte of plain Ed25519 over the text.
const ED25519: u8 = 0x01;
const LINE_START: &str = "\u{2014} ";

/// A text and who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed: ends with a line end.
    pub text: String,
    /// The lines under it, in order.
    pub signatures: Vec<SignatureLine>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the key: no spaces, no plus sign.
    pub name: String,
    /// First four bytes of the key's hash, big endian.
    pub key_hash: u32,
    /// The signature as its type defines it.
    pub signature: Vec<u8>,
}

/// Why bytes are not a note, or not one by this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_BYTES`] or with more lines than [`MAX_SIGNATURES`].
    #[error("the note is too long")]
    TooLong,
    /// Not the form of a note.
    #[error("the note is not written as a signed note")]
    Malformed,
    /// The key did not sign it.
    #[error("the note lacks a signature by the key it should have")]
    Unsigned,
    /// There is a line by the key, and it does not fit the text.
    #[error("the note's signature does not fit its text")]
    BadSignature,
}

impl Note {
    /// A note with one plain Ed25519 signature by the log's own key under the name `name`.
    pub fn signed<K: Kind>(text: String, name: &str, key: &PublicKey<K>, sign: impl FnOnce(&[u8]) -> Ed25519Signature) -> Self {
        let signature = sign(text.as_bytes());
        let line =
            SignatureLine { name: name.to_owned(), key_hash: key_hash(name, ED25519, key.bytes()), signature: signature.bytes().to_vec() };
        Self { text, signatures: vec![line] }
    }

    /// The note's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\n", self.text).into_bytes();
        self.signatures.iter().for_each(|line| out.extend(line.to_bytes()));
        out
    }

    /// Reads exactly one note.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Malformed);
        }
        // The last empty line parts the text from the signatures.
        let split = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, lines) = (&note[..=split], &note[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::TooLong);
            }
            signatures.push(SignatureLine::parse(line).ok_or(NoteError::Malformed)?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Checks the plain Ed25519 signature of the log's own key under the name `name`; other lines
    /// are not looked at.
    pub fn check<K: Kind>(&self, name: &str, key: &PublicKey<K>) -> Result<(), NoteError> {
        let hash = key_hash(name, ED25519, key.bytes());
        let line = self.signatures.iter().find(|line| line.name == name && line.key_hash == hash).ok_or(NoteError::Unsigned)?;
        let signature: [u8; 64] = line.signature.as_slice().try_into().map_err(|_| NoteError::BadSignature)?;
        key.verify_note(self.text.as_bytes(), &Ed25519Signature::from_bytes(signature)).map_err(|_| NoteError::BadSignature)
    }
}

impl SignatureLine {
    /// The line, with its end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut payload = self.key_hash.to_be_bytes().to_vec();
        payload.extend_from_slice(&self.signature);
        format!("{LINE_START}{} {}\n", self.name, STANDARD.encode(payload)).into_bytes()
    }

    /// Reads exactly one line.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], or that it is longer than a note.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        let text = std::str::from_utf8(bytes).ok().and_then(|text| text.strip_suffix('\n')).ok_or(NoteError::Malformed)?;
        let line = Self::parse(text).ok_or(NoteError::Malformed)?;
        if line.to_bytes() == bytes { Ok(line) } else { Err(NoteError::Malformed) }
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, payload) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        if !is_key_name(name) {
            return None;
        }
        let payload = STANDARD.decode(payload).ok()?;
        let (hash, signature) = payload.split_first_chunk::<4>()?;
        (!signature.is_empty()).then(|| Self { name: name.to_owned(), key_hash: u32::from_be_bytes(*hash), signature: signature.to_vec() })
    }
}

/// Whether a note's key may have this name.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(char::is_whitespace)
}

/// First four bytes of SHA-256(name || 0x0A || type || key), big endian (C2SP signed-note).
pub fn key_hash(name: &str, signature_type: u8, key: &[u8]) -> u32 {
    let hash = Sha256::new().chain_update(name.as_bytes()).chain_update([b'\n', signature_type]).chain_update(key).finalize();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}
