//! Notes and checkpoints, against an implementation written apart from this one.

use base64::{Engine, engine::general_purpose::STANDARD};
use deskhand_identity::{SecretKey, Session};
use proptest::prelude::*;

use super::*;
use crate::{
    note::{SignatureLine, key_hash},
    testing::ended_session,
    tree::Tree,
};

const SIZE: u64 = 7;

fn key() -> SecretKey<Session> {
    SecretKey::from_seed([3; 32])
}

fn origin() -> Origin {
    let organisation = SecretKey::<OrganisationKey>::from_seed([4; 32]).public();
    Origin::of(&organisation, Some("acme.example"), &SessionId::of(&key().public()))
}

fn checkpoint() -> Checkpoint {
    let mut tree = Tree::new();
    (0..SIZE).for_each(|leaf| tree.append(vec![leaf as u8]));
    Checkpoint { origin: origin(), size: SIZE, root: tree.root() }
}

fn verifier(name: &str) -> signed_note::VerifierList {
    let public = [&[1], &key().public().bytes()[..]].concat();
    let vkey = format!("{name}+{:08x}+{}", signed_note::key_id(name, &public), STANDARD.encode(&public));
    signed_note::VerifierList::new(vec![Box::new(signed_note::StandardVerifier::new(&vkey).unwrap())])
}

#[test]
fn another_implementation_accepts_our_note_and_reads_the_same_head() {
    let bytes = checkpoint().sign(&key()).to_bytes();
    let theirs = signed_note::Note::from_bytes(&bytes).unwrap();
    let (known, unknown) = theirs.verify(&verifier(origin().as_str())).unwrap();
    assert_eq!((known.len(), unknown.len()), (1, 0));
    let head = tlog_tiles::Checkpoint::from_bytes(theirs.text()).unwrap();
    assert_eq!((head.origin(), head.size(), head.extension()), (origin().as_str(), SIZE, ""));
    assert_eq!(head.hash().0, checkpoint().root.0);
}

#[test]
fn another_implementation_refuses_our_note_once_a_byte_is_changed() {
    let mut bytes = checkpoint().sign(&key()).to_bytes();
    let size = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    bytes[size] = b'8';
    let theirs = signed_note::Note::from_bytes(&bytes).unwrap();
    assert!(theirs.verify(&verifier(origin().as_str())).is_err());
}

#[test]
fn our_tree_has_the_root_another_implementation_computes() {
    let leaf = |n: u8| tlog_tiles::record_hash(&[n]);
    let node = tlog_tiles::node_hash;
    let left = node(node(leaf(0), leaf(1)), node(leaf(2), leaf(3)));
    let right = node(node(leaf(4), leaf(5)), leaf(6));
    assert_eq!(checkpoint().root.0, node(left, right).0);
}

#[test]
fn the_example_of_the_format_has_the_key_hash_it_says() {
    // From the documentation of golang.org/x/mod/sumdb/note, where the format comes from.
    let key = STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
    assert_eq!(key_hash("PeterNeumann", key[0], &key[1..]), 0xc74f_20a3);
}

#[test]
fn a_note_opens_for_its_own_log_and_key_only() {
    let note = checkpoint().sign(&key());
    let (origin, public) = (origin(), key().public());
    assert_eq!(Note::from_bytes(&note.to_bytes()).unwrap(), note);
    assert_eq!(Checkpoint::open(&note, &origin, &public).unwrap(), checkpoint());
    let other = SecretKey::<Session>::from_seed([5; 32]).public();
    assert_eq!(Checkpoint::open(&note, &origin, &other), Err(NoteError::Unsigned.into()));
    let organisation = SecretKey::<OrganisationKey>::from_seed([4; 32]).public();
    let foreign = Origin::of(&organisation, None, &SessionId::of(&public));
    assert_eq!(Checkpoint::open(&note, &foreign, &public), Err(CheckpointError::Origin));
}

#[test]
fn a_line_of_an_unknown_key_is_kept_and_does_not_matter_to_the_note() {
    let mut note = checkpoint().sign(&key());
    let witness = SignatureLine { name: "witness.example/w1".into(), key_hash: 7, signature: vec![4; 72] };
    note.signatures.insert(0, witness);
    let read = Note::from_bytes(&note.to_bytes()).unwrap();
    assert_eq!(read, note);
    assert!(Checkpoint::open(&read, &origin(), &key().public()).is_ok());
}

#[test]
fn a_size_or_root_spelled_otherwise_is_refused() {
    let text = checkpoint().text();
    for other in [
        text.replace("\n7\n", "\n07\n"),
        text.replace("\n7\n", "\n+7\n"),
        text.replace("=\n", "\n"),
        format!("{text}extension\n"),
        text.trim_end().to_owned(),
    ] {
        let origin = origin();
        let note = Note::signed(other.clone(), origin.as_str(), &key().public(), |text| key().sign_note(text));
        assert_eq!(Checkpoint::open(&note, &origin, &key().public()), Err(CheckpointError::Malformed), "{other}");
    }
}

#[test]
fn an_organisation_without_a_domain_has_its_fingerprint_in_the_origin() {
    let key = SecretKey::<OrganisationKey>::from_seed([4; 32]).public();
    let sid = SessionId::from_bytes([0; 16]);
    let expected = format!("{}/deskhand/{sid}", key.fingerprint());
    for domain in [None, Some(""), Some("a b"), Some("a+b"), Some("a\nb")] {
        assert_eq!(Origin::of(&key, domain, &sid).as_str(), expected, "{domain:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_note_or_an_error(bytes: Vec<u8>, text in "\\PC{0,20}\n\\PC{0,20}\n\n\u{2014} [a-z+ ]{0,9} [A-Za-z0-9+/=]{0,30}\n?") {
        for bytes in [bytes, text.into_bytes()] {
            if let Ok(note) = Note::from_bytes(&bytes) {
                prop_assert_eq!(note.to_bytes(), bytes);
                let _ = Checkpoint::open(&note, &origin(), &key().public());
            }
        }
    }

    #[test]
    fn a_changed_note_is_never_opened(at in 0..1000_usize, bit in 0..8_u8) {
        let session = ended_session(20);
        let mut reader = crate::bundle::NoteReader::new(&session.store.files["checkpoints.txt"][..]);
        let mut bytes = Vec::new();
        reader.next(&mut bytes).unwrap();
        // The relay's line under it is checked for itself (`cosignature`).
        let mut note = Note::from_bytes(&bytes).unwrap();
        note.signatures.truncate(1);
        let mut bytes = note.to_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let opened = Note::from_bytes(&bytes).ok().and_then(|note| {
            let organisation = Organisation { key: session.organisation.public(), name: String::new(), domain: Some("acme.example".into()) };
            Checkpoint::open(&note, &Origin::of_session(&organisation, &session.sid()), &session.key.public()).ok()
        });
        prop_assert_eq!(opened, None);
    }
}
