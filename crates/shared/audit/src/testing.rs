//! A synthetic session for tests: real keys, real signatures, every kind of file.
//!
//! In scope: writing the folder step by step in memory, and one ready-made session with consent,
//! control, sealed and personal fields and a recording. Not in scope: real pairing, real updates;
//! the pairing messages and sealed bytes here are only bytes.

mod kinds;

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use deskhand_identity::{
    Certificate, CodeStyle, Label, Organisation as OrganisationKind, OrganisationEntry, Policy, Recording, Relay, RelayCosign, RelayEntry,
    Scope, SecretKey, Session, SessionId, Statement, TechnicianSecret,
};

use crate::{
    Actor, AnswerInput, AttemptResult, Blob, By, Commitment, Display, Draft, Event, Hash, Log, MediaSegment, Organisation, PeerRole,
    SealedRef, TechIdentified, Totals, bundle,
    bundle::{Manifest, Personal},
    note::Note,
    organisation::{OrganisationEvent, OrganisationLog, Proofs},
    transcript_hash,
    verify::{Options, Store, Trust},
};

pub use kinds::every_kind;

/// Wall time of the first event: 2025-11-21T22:05:02Z.
pub const START_MS: u64 = 1_763_762_702_000;

/// Files in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryStore {
    /// Bytes by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Store for MemoryStore {
    fn files(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        match self.files.get(name) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A session being written.
pub struct Synthetic {
    /// What is stored.
    pub store: MemoryStore,
    /// The organisation's secret key.
    pub organisation: SecretKey<OrganisationKind>,
    /// The relay's secret key.
    pub relay: SecretKey<Relay>,
    /// The relay's secret key for cosignatures; without it heads are the host's alone.
    pub cosign: Option<SecretKey<RelayCosign>>,
    /// The technician's secret keys.
    pub technician: TechnicianSecret,
    /// The session's secret key.
    pub key: SecretKey<Session>,
    log: Log,
    personal: Personal,
    clock: u64,
    update: u64,
}

/// Seed of the relay's cosigning key.
const COSIGN: [u8; 32] = [9; 32];
/// Number of the technician.
pub const PEER: u8 = 1;
const NAMEPLATE: &str = "48213";

impl Synthetic {
    /// Begins a session; the same seed gives the same bytes.
    pub fn begin(seed: u8) -> Self {
        Self::begin_for(seed, "Acme Support")
    }

    /// Begins a session of an organisation with this name.
    pub fn begin_for(seed: u8, organisation_name: &str) -> Self {
        let key = SecretKey::<Session>::from_seed([seed; 32]);
        let organisation = SecretKey::from_seed([seed ^ 0x55; 32]);
        let names = Organisation { key: organisation.public(), name: organisation_name.into(), domain: Some("acme.example".into()) };
        let sid = SessionId::of(&key.public());
        let mut session = Self {
            store: MemoryStore::default(),
            log: Log::new(sid, &names),
            relay: SecretKey::from_seed([seed ^ 0x66; 32]),
            cosign: Some(SecretKey::from_seed(COSIGN)),
            technician: TechnicianSecret::from_seeds([seed ^ 0x77; 32], [seed ^ 0x78; 32]),
            key,
            personal: Personal::default(),
            clock: 0,
            update: 0,
            organisation,
        };
        let manifest = Manifest::new(session.key.public(), session.organisation.public());
        session.append_to(bundle::MANIFEST, &manifest.to_bytes());
        session.append_to(bundle::OPEN_MARKER, b"");
        let created = Event::SessionCreated {
            organisation: names,
            relay: session.relay.public(),
            relay_cosign: SecretKey::from_seed(COSIGN).public(),
            key: session.key.public(),
            version: "0.1.0".into(),
        };
        session.event(Actor::host(), created);
        session
    }

    /// The session's id.
    pub fn sid(&self) -> SessionId {
        SessionId::of(&self.key.public())
    }

    /// The trust and id that fit the session, for a store whose relay does not run.
    pub fn options(&self) -> Options {
        let trust =
            Trust { organisation: self.organisation.public(), relays: vec![(self.relay.public(), SecretKey::from_seed(COSIGN).public())] };
        Options { sid: Some(self.sid()), trust: Some(trust), receipt: None, live: false }
    }

    /// The text of a statement of this organisation.
    pub fn statement(&self) -> String {
        let statement = Statement {
            serial: 1,
            issued_ms: START_MS,
            not_after_ms: START_MS + deskhand_identity::STATEMENT_LIFE_MS,
            organisation: OrganisationEntry {
                name: "Acme Support".into(),
                domain: Some("acme.example".into()),
                key: self.organisation.public(),
            },
            relays: vec![RelayEntry {
                addresses: vec!["127.0.0.1:4433".into()],
                key: self.relay.public(),
                cosign: SecretKey::from_seed(COSIGN).public(),
            }],
            witnesses: Vec::new(),
            quorum: 0,
            reviewers: Vec::new(),
            revoked: Vec::new(),
            policy: Policy::default(),
        };
        let signed = statement.sign(&self.organisation).expect("the statement of a test is well-formed");
        signed.text().to_owned()
    }

    /// Appends an event of the host, 10 ms after the one before.
    pub fn event(&mut self, actor: Actor, event: Event) -> u64 {
        let draft = self.draft(actor, event);
        self.append(draft)
    }

    /// An event on its way, 10 ms after the one before.
    pub fn draft(&mut self, actor: Actor, event: Event) -> Draft {
        self.clock += 10;
        Draft::new(START_MS + self.clock, self.clock, actor, event)
    }

    /// Appends an event as it is.
    pub fn append(&mut self, draft: Draft) -> u64 {
        let leaf = self.log.append(draft);
        self.append_to(bundle::EVENTS, &bundle::event_line(&leaf.bytes));
        leaf.seq
    }

    /// Signs the head, and has the relay cosign it.
    pub fn checkpoint(&mut self) {
        if let Some((_, bytes)) = self.log.checkpoint(&self.key) {
            let mut note = Note::from_bytes(&bytes).expect("a log writes notes");
            if let Some(key) = &self.cosign {
                let seconds = (START_MS + self.clock) / 1000;
                note.signatures.push(note.cosignature(&self.log.origin().relay_name(), key, seconds));
            }
            self.append_to(bundle::CHECKPOINTS, &note.to_bytes());
        }
    }

    /// Has the technician cosign the newest head.
    pub fn witness(&mut self) {
        let mut notes = bundle::NoteReader::new(&self.store.files[bundle::CHECKPOINTS][..]);
        let (mut newest, mut note) = (Vec::new(), Vec::new());
        while notes.next(&mut note).expect("memory can be read") == bundle::Found::Whole {
            newest.clone_from(&note);
        }
        let mut head = Note::from_bytes(&newest).expect("a log writes notes");
        head.signatures.truncate(1);
        self.witness_of(head);
    }

    /// Has the technician cosign this head.
    pub fn witness_of(&mut self, mut head: Note) {
        let name = self.log.origin().technician_name(PEER);
        let line = head.cosignature(&name, &self.technician.cosign, (START_MS + self.clock) / 1000);
        head.signatures.push(line);
        self.append_to(bundle::COSIGNATURES, &head.to_bytes());
    }

    /// The number the next event gets.
    pub fn next_seq(&self) -> u64 {
        self.log.size()
    }

    /// Stores a key envelope, and its event.
    pub fn keys(&mut self, envelope: &[u8]) {
        self.append_to(bundle::KEYS, envelope);
        let half_sha256 = bundle::half_commitment(&[0xB0; 32]);
        let (envelope_sha256, reviewers) = (Hash::of(envelope), vec!["abcd-efgh".to_owned()]);
        self.event(Actor::host(), Event::KeysSealed { envelope_sha256, half_sha256, reviewers, needed: 1 });
    }

    /// Issues a code, pairs, identifies: everything before the question.
    pub fn pair(&mut self) {
        self.pair_as("Ana Ruiz");
    }

    /// The same with a technician of another name, which a certificate must be able to hold.
    pub fn pair_as(&mut self, name: &str) {
        let issued = Event::CodeIssued { nameplate: NAMEPLATE.into(), style: CodeStyle::Words, attempts: 3, life_ms: 600_000 };
        self.event(Actor::host(), issued);
        self.event(Actor::host(), Event::CodeAttempt { n: 1, left: 2, result: AttemptResult::Success });
        let (p1, p2) = (vec![0xA1; 40], vec![0xB2; 40]);
        let (relay, organisation) = (self.relay.public(), self.organisation.public());
        let th = transcript_hash(&self.sid(), NAMEPLATE, &relay, &organisation, &p1, &p2);
        let pake = "spake2-ed25519".into();
        self.event(Actor::host(), Event::PairConfirmed { peer: PEER, th, pake, suite: "1".into() });
        let keys = self.technician.public();
        let identified = TechIdentified {
            peer: PEER,
            organisation,
            key: keys.tls,
            key_fp: keys.tls.fingerprint(),
            cosign: keys.cosign,
            auth: "certificate".into(),
            ticket: false,
            nameplate: NAMEPLATE.into(),
            relay,
            p1: Blob(p1),
            p2: Blob(p2),
            signature: self.technician.tls.sign(Label::IDENT, &th.0),
        };
        let certificate = Certificate {
            name: name.into(),
            organisation,
            organisation_name: "Acme Support".into(),
            keys,
            serial: 1,
            issued_ms: START_MS,
            not_after_ms: START_MS + deskhand_identity::CERTIFICATE_LIFE_MS,
        };
        let certificate = certificate.sign(&self.organisation).expect("the certificate of a test is well-formed");
        let mut draft = self.draft(Actor::technician(PEER), Event::TechIdentified(Box::new(identified)));
        self.personal(&mut draft, "certificate", certificate.to_text().into_bytes());
        self.append(draft);
        self.event(Actor::host(), Event::PeerJoined { peer: PEER, role: PeerRole::Technician });
    }

    /// Asks for and allows these scopes.
    pub fn consent(&mut self, scopes: &[Scope]) {
        let text_sha256 = Hash::of(b"May Ana Ruiz see your screen?");
        let prompted = Event::ConsentPrompted { peer: PEER, scopes: scopes.to_vec(), text_sha256, locale: "en".into() };
        self.event(Actor::technician(PEER), prompted);
        let input = AnswerInput::Pointer;
        self.event(
            Actor::customer(),
            Event::ConsentGranted { peer: PEER, scopes: scopes.to_vec(), latency_ms: 10, input, recording: None },
        );
    }

    /// Puts a personal value beside the draft.
    pub fn personal(&mut self, draft: &mut Draft, field: &str, value: Vec<u8>) {
        let salt = [0x5A; 32];
        draft.pii.insert(field.to_owned(), Commitment::to(&salt, field, &value));
        let seq = self.log.size();
        self.personal.add(seq, field, salt, value).expect("a test gives each field once");
        self.store.files.insert(bundle::PERSONAL.to_owned(), self.personal.to_bytes());
    }

    /// Puts ciphertext beside the draft.
    pub fn sealed(&mut self, draft: &mut Draft, field: &str, ciphertext: Vec<u8>) {
        draft.sealed = Some(SealedRef::to(&ciphertext, field, "sframe-aes128gcm", 8));
        let name = bundle::sealed_name(self.log.size(), field).expect("a test names fields properly");
        self.store.files.insert(name, ciphertext);
    }

    /// Stores `updates` records in an epoch's file and appends their segment.
    pub fn segment(&mut self, epoch: u32, updates: u64) -> u64 {
        let mut bytes = Vec::new();
        let first = self.update + 1;
        for _ in 0..updates {
            self.update += 1;
            let (header, frame) = (self.update.to_be_bytes(), [0xC3; 24]);
            bytes.extend(bundle::record(&header, &frame).expect("a record of a test is short"));
            bytes.extend(header);
            bytes.extend(frame);
        }
        let segment = MediaSegment {
            epoch,
            first,
            last: self.update,
            updates,
            bytes: bytes.len() as u64,
            sha256: Hash::of(&bytes),
            discarded: Vec::new(),
        };
        self.append_to(&bundle::media_name(epoch), &bytes);
        self.event(Actor::host(), Event::MediaSegment(segment))
    }

    /// Ends the session and signs it.
    pub fn end(&mut self) {
        let totals = Totals { updates: self.update, bytes: 0, inputs: 3, checkpoints: Some(self.log.checkpoints()) };
        let duration_ms = self.clock;
        let ended = Event::SessionEnded { by: By::Customer, reason: "customer".into(), duration_ms, totals };
        self.event(Actor::customer(), ended);
        self.checkpoint();
        self.prove();
        self.store.files.remove(bundle::OPEN_MARKER);
    }

    /// The relay seals the session in the organisation's log, between two others.
    fn prove(&mut self) {
        let mut log = OrganisationLog::default();
        let sid = self.sid();
        log.append(START_MS - 5, OrganisationEvent::SessionOpened { sid: SessionId::from_bytes([1; 16]) });
        let (opened, _) = log.append(START_MS, OrganisationEvent::SessionOpened { sid });
        let (size, root) = (self.log.size(), self.log.root());
        let (sealed, _) = log.append(START_MS + self.clock, OrganisationEvent::SessionSealed { sid, size, root, ended: true });
        let note = log.head(&self.organisation.public(), Some("acme.example")).sign(&self.relay);
        let prove = |seq| log.prove(seq, &note).expect("both entries are there");
        let proofs = Proofs { opened: prove(opened), sealed: prove(sealed), erased: None };
        self.store.files.insert(bundle::PROOFS.to_owned(), proofs.to_bytes());
    }

    fn append_to(&mut self, name: &str, bytes: &[u8]) {
        self.store.files.entry(name.to_owned()).or_default().extend_from_slice(bytes);
    }
}

/// A session with everything in it, up to but without its end; nothing after the last event but one
/// is unsigned.
pub fn running_session(seed: u8) -> Synthetic {
    let mut session = Synthetic::begin(seed);
    let policy = Event::PolicyApplied {
        serial: 1,
        sha256: Hash::of(session.statement().as_bytes()),
        recording: Recording::Optional,
        scopes: vec![Scope::View, Scope::Control],
    };
    session.event(Actor::host(), policy);
    session.keys(b"an envelope is only bytes here");
    session.pair();
    session.checkpoint();
    session.consent(&[Scope::View]);
    session.event(Actor::host(), Event::EpochChanged { epoch: 1, reason: "start".into(), key_sha256: Hash::of(b"1") });
    session.event(Actor::host(), Event::RecordingStarted { reviewers: Vec::new() });
    let displays = vec![Display { x: 0, y: 0, width: 1280, height: 720 }];
    session.event(Actor::host(), Event::ViewStarted { peer: PEER, displays });
    session.checkpoint();
    session.segment(1, 2);
    let mut request = session.draft(Actor::technician(PEER), Event::ControlRequested { peer: PEER, minutes: 5 });
    session.sealed(&mut request, "reason", vec![0xD4; 20]);
    session.append(request);
    session.consent(&[Scope::Control]);
    session.event(Actor::host(), Event::ControlGranted { peer: PEER, grant: 1, minutes: 5 });
    session.checkpoint();
    let summary = Event::InputSummary { peer: PEER, grant: 1, keys: 2, clicks: 1, wheel: 0, moves: 9 };
    session.event(Actor::technician(PEER), summary);
    session.event(Actor::host(), Event::EpochChanged { epoch: 2, reason: "age".into(), key_sha256: Hash::of(b"2") });
    session.segment(2, 1);
    session
}

/// The same, ended in order: verifies as `OK`.
pub fn ended_session(seed: u8) -> Synthetic {
    let mut session = running_session(seed);
    session.event(Actor::customer(), Event::CustomerStop { how: AnswerInput::Pointer });
    session.event(Actor::host(), Event::ControlRevoked { peer: PEER, grant: 1, by: By::Customer });
    session.event(Actor::host(), Event::ViewStopped { peer: PEER, by: By::Customer });
    session.end();
    session
}
