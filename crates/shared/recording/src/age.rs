//! age v1 files with X25519 recipients: as much of the format as a key envelope needs.
//!
//! In scope: writing a short payload for several recipients, and opening such a file with one secret key
//! (<https://c2sp.org/age>). Not in scope: passphrases, plugins, payloads beyond one chunk, other recipients' kinds; a file that has
//! them is refused or its stanzas are passed over. The `age` crate opens what is written here and the reverse (tests); it is not used
//! because it would bring more than fifty crates into the customer's program.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use chacha20poly1305::{AeadInPlace as _, ChaCha20Poly1305, KeyInit as _, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

const VERSION: &str = "age-encryption.org/v1";
const X25519_LABEL: &[u8] = b"age-encryption.org/v1/X25519";
const FILE_KEY: usize = 16;
const NONCE: usize = 16;
const TAG: usize = 16;
/// Longest payload: one chunk.
pub(crate) const MAX_PAYLOAD: usize = 64 * 1024;
/// Most stanzas of a file that is read.
const MAX_STANZAS: usize = 128;
/// Longest line of a header; a body's lines have at most 64 characters, arguments are ours or passed over.
const MAX_LINE: usize = 256;

/// Why bytes cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgeError {
    /// Not an age v1 file of the kind that is written here.
    #[error("this is not an age file of this kind")]
    Malformed,
    /// None of its stanzas is for this key.
    #[error("it is not sealed to this key")]
    NotForThisKey,
    /// It was changed.
    #[error("it was changed after it was sealed")]
    Changed,
    /// A recipient's key is one that no secret key belongs to.
    #[error("a recipient's key is unusable")]
    Recipient,
}

/// Writes a file. `draw` gives 32 fresh random bytes at each call.
///
/// # Errors
/// [`AgeError::Recipient`] for a key of small order, [`AgeError::Malformed`] for a payload beyond one chunk.
pub(crate) fn seal(payload: &[u8], recipients: &[[u8; 32]], mut draw: impl FnMut() -> Zeroizing<[u8; 32]>) -> Result<Vec<u8>, AgeError> {
    if payload.len() > MAX_PAYLOAD {
        return Err(AgeError::Malformed);
    }
    let drawn = draw();
    let file_key: Zeroizing<[u8; FILE_KEY]> = Zeroizing::new(std::array::from_fn(|at| drawn[at]));
    let mut header = format!("{VERSION}\n");
    for recipient in recipients {
        let ephemeral = StaticSecret::from(*draw());
        let share = PublicKey::from(&ephemeral).to_bytes();
        let shared = ephemeral.diffie_hellman(&PublicKey::from(*recipient));
        if !shared.was_contributory() {
            return Err(AgeError::Recipient);
        }
        let mut body = file_key.to_vec();
        let key = derive(shared.as_bytes(), &[share, *recipient].concat(), X25519_LABEL);
        let tag = ChaCha20Poly1305::new(key.as_ref().into()).encrypt_in_place_detached(&Nonce::default(), &[], &mut body);
        body.extend_from_slice(&tag.map_err(|_| AgeError::Malformed)?);
        header.push_str(&format!("-> X25519 {}\n{}\n", STANDARD_NO_PAD.encode(share), STANDARD_NO_PAD.encode(&body)));
    }
    header.push_str("---");
    let mac = header_mac(&file_key, header.as_bytes()).finalize().into_bytes();
    let mut out = format!("{header} {}\n", STANDARD_NO_PAD.encode(mac)).into_bytes();
    let drawn = draw();
    let nonce: [u8; NONCE] = std::array::from_fn(|at| drawn[at]);
    out.extend_from_slice(&nonce);
    let mut chunk = payload.to_vec();
    let tag = payload_cipher(&file_key, &nonce).encrypt_in_place_detached(&last_chunk(), &[], &mut chunk);
    out.extend_from_slice(&chunk);
    out.extend_from_slice(&tag.map_err(|_| AgeError::Malformed)?);
    Ok(out)
}

/// Opens a file with a recipient's secret key.
///
/// # Errors
/// An [`AgeError`] that says what is wrong with it.
pub(crate) fn open(file: &[u8], secret: &Zeroizing<[u8; 32]>) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    let mut rest = file;
    let mut line = || {
        let end = rest.iter().take(MAX_LINE).position(|byte| *byte == b'\n').ok_or(AgeError::Malformed)?;
        let text = std::str::from_utf8(&rest[..end]).map_err(|_| AgeError::Malformed)?;
        rest = &rest[end + 1..];
        Ok::<_, AgeError>(text)
    };
    if line()? != VERSION {
        return Err(AgeError::Malformed);
    }
    let secret = StaticSecret::from(**secret);
    let own = PublicKey::from(&secret).to_bytes();
    let mut file_key = None;
    let mut at = VERSION.len() + 1;
    let mut next = line()?;
    for _ in 0..=MAX_STANZAS {
        if let Some(mac) = next.strip_prefix("--- ") {
            let mac = STANDARD_NO_PAD.decode(mac).map_err(|_| AgeError::Malformed)?;
            let file_key: Zeroizing<[u8; FILE_KEY]> = file_key.ok_or(AgeError::NotForThisKey)?;
            header_mac(&file_key, &file[..at + 3]).verify_slice(&mac).map_err(|_| AgeError::Changed)?;
            return open_payload(rest, &file_key);
        }
        let arguments = next.strip_prefix("-> ").ok_or(AgeError::Malformed)?;
        at += next.len() + 1;
        let mut body = String::new();
        loop {
            let part = line()?;
            at += part.len() + 1;
            body.push_str(part);
            if part.len() < 64 {
                break;
            }
            if body.len() > MAX_PAYLOAD {
                return Err(AgeError::Malformed);
            }
        }
        if let Some(share) = arguments.strip_prefix("X25519 ") {
            let share: [u8; 32] = decode(share)?;
            let body: [u8; FILE_KEY + TAG] = decode(&body)?;
            file_key = file_key.or_else(|| unwrap(&secret, own, share, body));
        }
        next = line()?;
    }
    Err(AgeError::Malformed)
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], AgeError> {
    STANDARD_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(AgeError::Malformed)
}

/// The file key, when the stanza is for this key.
fn unwrap(secret: &StaticSecret, own: [u8; 32], share: [u8; 32], body: [u8; FILE_KEY + TAG]) -> Option<Zeroizing<[u8; FILE_KEY]>> {
    let shared = secret.diffie_hellman(&PublicKey::from(share));
    if !shared.was_contributory() {
        return None;
    }
    let key = derive(shared.as_bytes(), &[share, own].concat(), X25519_LABEL);
    let (sealed, tag) = body.split_first_chunk::<FILE_KEY>()?;
    let mut file_key = Zeroizing::new(*sealed);
    let tag: [u8; TAG] = tag.try_into().ok()?;
    let opened =
        ChaCha20Poly1305::new(key.as_ref().into()).decrypt_in_place_detached(&Nonce::default(), &[], &mut file_key[..], &tag.into());
    opened.is_ok().then_some(file_key)
}

fn open_payload(payload: &[u8], file_key: &[u8; FILE_KEY]) -> Result<Zeroizing<Vec<u8>>, AgeError> {
    let (nonce, chunk) = payload.split_first_chunk::<NONCE>().ok_or(AgeError::Malformed)?;
    let length = chunk.len().checked_sub(TAG).filter(|length| *length <= MAX_PAYLOAD).ok_or(AgeError::Malformed)?;
    let tag: [u8; TAG] = chunk[length..].try_into().map_err(|_| AgeError::Malformed)?;
    let mut opened = Zeroizing::new(chunk[..length].to_vec());
    let cipher = payload_cipher(file_key, nonce);
    cipher.decrypt_in_place_detached(&last_chunk(), &[], &mut opened[..], &tag.into()).map_err(|_| AgeError::Changed)?;
    Ok(opened)
}

/// Nonce of the first chunk, which is also the last.
fn last_chunk() -> Nonce {
    let mut nonce = Nonce::default();
    nonce[11] = 1;
    nonce
}

fn payload_cipher(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(derive(file_key, nonce, b"payload").as_ref().into())
}

fn header_mac(file_key: &[u8; FILE_KEY], header: &[u8]) -> Hmac<Sha256> {
    let key = derive(file_key, &[], b"header");
    let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key[..]).expect("HMAC takes keys of any length");
    mac.chain_update(header)
}

fn derive(input: &[u8], salt: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), input).expand(label, &mut out[..]).expect("32 bytes are one block");
    out
}
