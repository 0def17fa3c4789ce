//! Cosignatures (C2SP tlog-cosignature, `cosignature/v1`): somebody besides the host saw this head, at this time.
//!
//! In scope: making and checking the line under a note. Not in scope: when to cosign (whoever does it has the leaves and checks that the
//! head goes on from the last one it signed), how many there must be (`verify`).
//!
//! ```text
//! signed:    cosignature/v1 LF time <seconds since 1970> LF <text of the note>
//! signature: u64 seconds, big endian || Ed25519
//! ```

use deskhand_identity::{Kind, PublicKey, SecretKey, Signature};

use crate::note::{Note, NoteError, SignatureLine, key_hash};

/// Signature type byte of a timestamped cosignature.
const COSIGNATURE: u8 = 0x04;

fn message(seconds: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{text}").into_bytes()
}

impl Note {
    /// A line by this key under the name `name`, at this time (seconds since the Unix epoch). It is not put under the note.
    pub fn cosignature<K: Kind>(&self, name: &str, key: &SecretKey<K>, seconds: u64) -> SignatureLine {
        let signed = key.sign_note(&message(seconds, &self.text));
        let signature = [&seconds.to_be_bytes()[..], signed.bytes()].concat();
        SignatureLine { name: name.to_owned(), key_hash: key_hash(name, COSIGNATURE, key.public().bytes()), signature }
    }

    /// Checks that `line` is a cosignature of this note by this key under this name, and gives its time, seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] for a line of another key, [`NoteError::BadSignature`] for one that does not fit the text.
    pub fn check_cosignature<K: Kind>(&self, line: &SignatureLine, name: &str, key: &PublicKey<K>) -> Result<u64, NoteError> {
        if line.name != name || line.key_hash != key_hash(name, COSIGNATURE, key.bytes()) {
            return Err(NoteError::Unsigned);
        }
        let (seconds, signature) = line.signature.split_first_chunk::<8>().ok_or(NoteError::BadSignature)?;
        let seconds = u64::from_be_bytes(*seconds);
        let signature: [u8; 64] = signature.try_into().map_err(|_| NoteError::BadSignature)?;
        let signed = key.verify_note(&message(seconds, &self.text), &Signature::from_bytes(signature));
        signed.map(|()| seconds).map_err(|_| NoteError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};
    use deskhand_identity::RelayCosign;

    const NAME: &str = "acme.example/deskhand/relay";

    fn key() -> SecretKey<RelayCosign> {
        SecretKey::from_seed([5; 32])
    }

    fn note() -> Note {
        Note { text: "acme.example/deskhand/abc\n7\nAAAA\n".into(), signatures: Vec::new() }
    }

    #[test]
    fn a_cosignature_is_over_its_time_and_the_whole_text() {
        let line = note().cosignature(NAME, &key(), 1_679_315_147);
        assert_eq!(note().check_cosignature(&line, NAME, &key().public()), Ok(1_679_315_147));
        for at in 0..line.signature.len() {
            let mut changed = line.clone();
            changed.signature[at] ^= 1;
            assert_eq!(note().check_cosignature(&changed, NAME, &key().public()), Err(NoteError::BadSignature), "byte {at}");
        }
        let other = Note { text: "acme.example/deskhand/abc\n8\nAAAA\n".into(), signatures: Vec::new() };
        assert_eq!(other.check_cosignature(&line, NAME, &key().public()), Err(NoteError::BadSignature));
        assert_eq!(note().check_cosignature(&line, "other/relay", &key().public()), Err(NoteError::Unsigned));
        let stranger = SecretKey::<RelayCosign>::from_seed([6; 32]).public();
        assert_eq!(note().check_cosignature(&line, NAME, &stranger), Err(NoteError::Unsigned));
    }

    /// A verifier of the other implementation for signature type 4, by the words of C2SP tlog-cosignature alone.
    struct Theirs(Vec<u8>);

    impl signed_note::Verifier for Theirs {
        fn name(&self) -> &str {
            NAME
        }

        fn key_id(&self) -> u32 {
            signed_note::key_id(NAME, &[&[4], &self.0[..]].concat())
        }

        fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
            let seconds = u64::from_be_bytes(signature[..8].try_into().unwrap());
            let message = [format!("cosignature/v1\ntime {seconds}\n").as_bytes(), text].concat();
            let key = deskhand_identity::PublicKey::<RelayCosign>::from_bytes(self.0[..].try_into().unwrap()).unwrap();
            key.verify_note(&message, &Signature::from_bytes(signature[8..].try_into().unwrap())).is_ok()
        }
    }

    #[test]
    fn another_implementation_reads_the_line_and_finds_its_key() {
        let mut ours = note();
        ours.signatures.push(ours.cosignature(NAME, &key(), 1_679_315_147));
        let bytes = ours.to_bytes();
        let theirs = signed_note::Note::from_bytes(&bytes).unwrap();
        let public = key().public().bytes().to_vec();
        let list = signed_note::VerifierList::new(vec![Box::new(Theirs(public))]);
        let (known, unknown) = theirs.verify(&list).unwrap();
        assert_eq!((known.len(), unknown.len()), (1, 0));
        assert!(String::from_utf8(bytes).unwrap().contains(&STANDARD.encode(ours_payload(&ours))));
    }

    fn ours_payload(note: &Note) -> Vec<u8> {
        [&note.signatures[0].key_hash.to_be_bytes()[..], &note.signatures[0].signature].concat()
    }
}
