//! A session with hostile texts in every place that takes one, sealed ones included, and a reviewer whose key opens it.
//!
//! In scope: making it, exporting it. Not in scope: what is checked.

use std::fs;

use deskhand_audit::{
    Actor, Event,
    bundle::{half_name, halves_of},
    testing::{PEER, Synthetic},
};
use deskhand_identity::ReviewerSecret;
use deskhand_recording::{
    RecordingKey,
    envelope::{Halves, Needed},
    sealing_key,
};
use deskhand_review::Exit;
use deskhand_seal::frames::{KeyId, Sealer, pad};
use deskhand_wire::{HOST, stream::Channel};
use tempfile::TempDir;

use crate::stored::{review, text, write};

/// The half that a synthetic session's relay keeps.
const SECOND: [u8; 32] = [0xB0; 32];
const FIRST: [u8; 32] = [0xA0; 32];

/// A stored session and what it takes to open it.
pub(crate) struct Reviewed {
    pub(crate) session: Synthetic,
    place: TempDir,
}

impl Reviewed {
    /// A sound session in which `words` stand as the organisation's name, an anomaly's detail and the sealed reason for control.
    pub(crate) fn with(words: &str) -> Self {
        Self::named(words, "Ana Ruiz")
    }

    /// The same with a technician's name.
    pub(crate) fn named(words: &str, technician: &str) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let key = place.path().join("reviewer.key");
        assert_eq!(review(&["keygen", "--out", text(&key), "--no-passphrase"]).0, Exit::Done);
        let secret: ReviewerSecret = deskhand_link::keyfile::read(&key, |_| Ok(None)).expect("the key was just made");
        let first = zeroize::Zeroizing::new(FIRST);
        let halves = Halves::new(first.clone(), SECOND);
        let mut draws = 0;
        let envelope = halves.seal(&[sealing_key(&secret.age)], Needed::One, || {
            draws += 1;
            zeroize::Zeroizing::new([draws; 32])
        });
        let mut session = Synthetic::begin_for(77, words);
        session.keys(&envelope.expect("one reviewer is enough"));
        session.pair_as(technician);
        let mut request = session.draft(Actor::technician(PEER), Event::ControlRequested { peer: PEER, minutes: 5 });
        session.sealed(&mut request, "reason", sealed(&RecordingKey::of_halves(&FIRST, &SECOND), words));
        session.append(request);
        session.event(Actor::host(), Event::Anomaly { anomaly: "replay".into(), peer: None, detail: Some(words.into()) });
        session.end();
        let data = place.path().join("data");
        write(&data, &[&session]);
        let shred = halves_of(&data).expect("an absolute path");
        fs::create_dir_all(&shred).expect("writable");
        fs::write(shred.join(half_name(&session.sid())), SECOND).expect("writable");
        Self { session, place }
    }

    /// What `export --open` writes in this form, with this purpose.
    pub(crate) fn export(&self, format: &str, purpose: &str) -> String {
        let (sid, data, key) = (self.session.sid().to_string(), self.place.path().join("data"), self.place.path().join("reviewer.key"));
        let purpose = format!("--purpose={purpose}");
        let arguments = ["export", &sid, "--store", text(&data), "--format", format, "--open", "--key", text(&key), &purpose];
        let (exit, said) = review(&arguments);
        assert_eq!(exit, Exit::Done, "{said}");
        said
    }

    /// The stored leaves.
    pub(crate) fn leaves(&self) -> Vec<String> {
        let bytes = &self.session.store.files[deskhand_audit::bundle::EVENTS];
        String::from_utf8(bytes.clone()).expect("leaves are text").lines().map(str::to_owned).collect()
    }
}

/// A text as the host seals it into the log.
fn sealed(key: &RecordingKey, words: &str) -> Vec<u8> {
    let mut bytes = words.as_bytes().to_vec();
    pad(&mut bytes, 64, false);
    let mut sealer = Sealer::new(&key.log(), KeyId::pairwise(HOST, Channel::Audit));
    sealer.seal(&[], &bytes).expect("the first frame of a key")
}
