//! What a log and an outside witness say to each other (C2SP tlog-witness), and a witness's key as text (C2SP signed-note, vkey).
//!
//! In scope: the body of `add-checkpoint`, the answers to it. Not in scope: the request itself (the relay), whom to believe (the
//! organisation's statement).
//!
//! ```text
//! POST <prefix>/add-checkpoint          200  <cosignature lines>
//! old <size>                            409  <size the witness has>\n   (text/x.tlog.size)
//! <base64 hash>, a line each
//! <empty line>
//! <the signed note>
//! ```

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, SignatureLine, is_key_name, key_hash};

/// The most hashes that a request may carry.
const MAX_PROOF_LINES: usize = 63;
/// Signature type byte of a timestamped cosignature.
const COSIGNATURE: u8 = 0x04;
/// Longest answer that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = MAX_NOTE_BYTES;

/// The body of `add-checkpoint`: the witness has seen `old` entries, `proof` (RFC 6962 hashes, one after another) leads from them to the
/// head in `note`. `None` when the proof is none.
pub fn request(old: u64, proof: &[u8], note: &Note) -> Option<Vec<u8>> {
    let hashes = proof.chunks_exact(32);
    if !hashes.remainder().is_empty() || hashes.len() > MAX_PROOF_LINES {
        return None;
    }
    let mut body = format!("old {old}\n");
    hashes.for_each(|hash| body.extend([STANDARD.encode(hash), "\n".into()]));
    body.push('\n');
    Some([body.into_bytes(), note.to_bytes()].concat())
}

/// The lines of a good answer.
pub fn cosignatures(answer: &[u8]) -> Vec<SignatureLine> {
    let lines = answer.split_inclusive(|byte| *byte == b'\n').take(MAX_SIGNATURES);
    lines.filter_map(|line| SignatureLine::from_bytes(line).ok()).collect()
}

/// The size in the answer of a witness that has seen another one.
pub fn other_size(answer: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(answer).ok()?.strip_suffix('\n')?;
    text.parse().ok().filter(|size: &u64| size.to_string() == text)
}

/// Name and key of a witness, from `<name>+<hash>+<base64 of type and key>`; `None` when it is no key for cosignatures.
pub fn witness_key(text: &str) -> Option<(String, [u8; 32])> {
    let mut parts = text.trim().splitn(3, '+');
    let (name, hash, key) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = STANDARD.decode(key).ok()?;
    let (kind, key) = bytes.split_first()?;
    let key: [u8; 32] = key.try_into().ok()?;
    let fits = *kind == COSIGNATURE && is_key_name(name) && hash == format!("{:08x}", key_hash(name, COSIGNATURE, &key));
    fits.then(|| (name.to_owned(), key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_request_is_written_as_the_specification_shows_it() {
        let note = Note {
            text: "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n".into(),
            signatures: vec![SignatureLine { name: "example.com/behind-the-sofa".into(), key_hash: 1, signature: vec![7; 64] }],
        };
        let body = String::from_utf8(request(20_852_014, &[[1; 32], [2; 32]].concat(), &note).unwrap()).unwrap();
        let lines: Vec<&str> = body.lines().collect();
        assert_eq!(lines[0], "old 20852014");
        assert_eq!(lines[1], STANDARD.encode([1; 32]));
        assert_eq!((lines[3], lines[4]), ("", "example.com/behind-the-sofa"));
        assert_eq!(request(1, &[0; 33], &note), None);
        assert_eq!(request(1, &[0; 64 * 32], &note), None);
    }

    #[test]
    fn answers_are_read_strictly() {
        assert_eq!(other_size(b"20852014\n"), Some(20_852_014));
        for wrong in [&b"20852014"[..], b"+1\n", b"01\n", b"\n", b"x\n"] {
            assert_eq!(other_size(wrong), None);
        }
        assert!(cosignatures(b"nothing\n").is_empty());
    }

    #[test]
    fn a_witness_key_is_read_with_its_name_and_checked_by_its_hash() {
        let text = |name: &str, kind: u8, key: [u8; 32]| {
            format!("{name}+{:08x}+{}", key_hash(name, kind, &key), STANDARD.encode([&[kind][..], &key].concat()))
        };
        assert_eq!(witness_key(&text("example.com/witness", 4, [8; 32])), Some(("example.com/witness".into(), [8; 32])));
        assert_eq!(witness_key(&text("example.com/witness", 1, [8; 32])), None, "a key that signs no cosignatures");
        assert_eq!(witness_key(&text("other", 4, [8; 32]).replace("other", "example")), None, "a hash of another name");
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer_or_none(bytes: Vec<u8>, text: String) {
            let _ = (cosignatures(&bytes), other_size(&bytes), witness_key(&text));
        }
    }
}
