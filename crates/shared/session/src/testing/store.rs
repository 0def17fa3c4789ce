//! What a relay keeps of a session, in memory: the bundle that the verifier reads.
//!
//! In scope: the files of `audit::bundle`. Not in scope: disks.

use std::collections::BTreeMap;
use std::io::{self, Read};

use deskhand_audit::bundle::{self, Manifest, Personal};
use deskhand_audit::{
    Entry, Event, Report, Tree,
    note::Note,
    organisation::{OrganisationEvent, OrganisationLog, Proofs},
    verify,
};
use deskhand_identity::{Relay, RelayCosign, SecretKey};
use deskhand_wire::relay::AuditToRelay;

/// The files of one session, by name.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    files: BTreeMap<String, Vec<u8>>,
    personal: Personal,
    leaves: Vec<Vec<u8>>,
    checkpoint: u64,
    manifest: Option<Manifest>,
    relay: Option<SecretKey<Relay>>,
    cosigner: Option<SecretKey<RelayCosign>>,
    cosigned: Option<(u64, Vec<u8>)>,
    half: Option<[u8; 32]>,
}

impl MemoryStore {
    /// Begins with the manifest.
    #[must_use]
    pub fn new(manifest: &Manifest, relay: SecretKey<Relay>, cosigner: Option<SecretKey<RelayCosign>>) -> Self {
        let files = BTreeMap::from([
            (bundle::MANIFEST.to_owned(), manifest.to_bytes()),
            (bundle::EVENTS.to_owned(), Vec::new()),
            (bundle::CHECKPOINTS.to_owned(), Vec::new()),
        ]);
        Self { files, manifest: Some(*manifest), relay: Some(relay), cosigner, ..Self::default() }
    }

    /// Stores a message of the audit stream; what is there already is not stored again.
    ///
    /// # Panics
    /// When the host sends what a relay must refuse: a leaf out of order, a field without a proper name.
    pub fn store(&mut self, message: &AuditToRelay) {
        match message {
            AuditToRelay::Leaf { seq, bytes } => {
                if *seq == self.leaves() {
                    self.append(bundle::EVENTS.into(), &bundle::event_line(bytes));
                    self.leaves.push(bytes.clone());
                }
                assert!(*seq < self.leaves(), "leaf {seq} left a gap");
            }
            AuditToRelay::Sealed { seq, field, bytes } => {
                let name = bundle::sealed_name(*seq, field.as_str()).expect("a proper name");
                self.files.insert(name, bytes.clone());
            }
            AuditToRelay::Personal { seq, field, salt, value } => {
                self.personal.add(*seq, field.as_str(), *salt, value.clone()).expect("one value for each field");
                self.files.insert(bundle::PERSONAL.into(), self.personal.to_bytes());
            }
            AuditToRelay::Keys { envelope, half, .. } => {
                self.files.insert(bundle::KEYS.into(), envelope.clone());
                self.half = Some(*half);
            }
            AuditToRelay::Checkpoint { size, note } => {
                if *size > self.checkpoint {
                    self.checkpoint = *size;
                    let note = self.cosign(*size, note);
                    self.append(bundle::CHECKPOINTS.into(), &note);
                }
            }
        }
    }

    fn cosign(&mut self, size: u64, bytes: &[u8]) -> Vec<u8> {
        let mut note = Note::from_bytes(bytes).expect("the host writes notes");
        if let Some(key) = &self.cosigner {
            let origin = note.text.lines().next().expect("a checkpoint has an origin").to_owned();
            let name = format!("{}/relay", origin.rsplit_once('/').expect("the session's id is its last part").0);
            let line = note.cosignature(&name, key, 1_790_000_000);
            self.cosigned = Some((size, line.to_bytes()));
            note.signatures.push(line);
        }
        note.to_bytes()
    }

    /// The newest cosignature: how many leaves it covers, and its line.
    #[must_use]
    pub fn cosigned(&self) -> Option<(u64, Vec<u8>)> {
        self.cosigned.clone()
    }

    /// That the session is in the organisation's log, as a relay proves it to the host.
    ///
    /// # Panics
    /// When the store was made without a relay.
    #[must_use]
    pub fn opening(&self) -> Vec<u8> {
        let (manifest, relay) = self.manifest.zip(self.relay.as_ref()).expect("a relay's store");
        let mut log = OrganisationLog::default();
        let (opened, _) = log.append(1, OrganisationEvent::SessionOpened { sid: manifest.sid });
        let note = log.head(&manifest.organisation, None).sign(relay);
        log.prove(opened, &note).expect("it was just entered").to_bytes()
    }

    /// Stores a head as a technician cosigned it.
    pub fn witness(&mut self, note: &[u8]) {
        self.append(bundle::COSIGNATURES.into(), note);
    }

    /// Stores a sealed update as relayed: header, then frame.
    pub fn record(&mut self, epoch: u32, header_and_frame: &[u8]) {
        let length = u32::try_from(header_and_frame.len()).unwrap_or(u32::MAX).to_be_bytes();
        self.append(bundle::media_name(epoch), &[&length, header_and_frame].concat());
    }

    fn append(&mut self, name: String, bytes: &[u8]) {
        self.files.entry(name).or_default().extend_from_slice(bytes);
    }

    /// Leaves stored.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Size of the newest checkpoint stored.
    #[must_use]
    pub fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// The entries stored.
    ///
    /// # Panics
    /// When a leaf is not canonical.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.leaves.iter().map(|leaf| Entry::from_leaf(leaf).expect("the host writes canonical leaves")).collect()
    }

    /// The events stored.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.entries().into_iter().map(|entry| entry.event).collect()
    }

    /// The kinds stored, in order.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.events().iter().map(Event::kind).collect()
    }

    /// The second half of the recording key, which lies apart from the files.
    #[must_use]
    pub fn half(&self) -> Option<[u8; 32]> {
        self.half
    }

    /// The files, by name.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }

    /// The verifier's verdict.
    ///
    /// # Panics
    /// Never: memory can be read.
    #[must_use]
    pub fn verify(&self) -> Report {
        let mut sealed = self.clone();
        sealed.seal();
        verify::verify(&sealed, &verify::Options::default()).expect("memory can be read")
    }

    /// Enters the session in the organisation's log as it was stored, as a relay does at the end.
    fn seal(&mut self) {
        let (Some(manifest), Some(relay)) = (self.manifest, &self.relay) else { return };
        let (mut tree, mut log) = (Tree::new(), OrganisationLog::default());
        self.leaves.iter().for_each(|leaf| tree.append(leaf.clone()));
        let ended = self.events().last().is_some_and(|event| matches!(event, Event::SessionEnded { .. }));
        let sid = manifest.sid;
        let (opened, _) = log.append(1, OrganisationEvent::SessionOpened { sid });
        let (sealed, _) = log.append(2, OrganisationEvent::SessionSealed { sid, size: tree.size(), root: tree.root(), ended });
        let note = log.head(&manifest.organisation, None).sign(relay);
        let prove = |seq| log.prove(seq, &note).expect("both entries are there");
        let proofs = Proofs { opened: prove(opened), sealed: prove(sealed), erased: None };
        self.files.insert(bundle::PROOFS.into(), proofs.to_bytes());
    }
}

impl verify::Store for MemoryStore {
    fn files(&self) -> io::Result<Vec<String>> {
        Ok(self.files.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}

impl MemoryStore {
    /// Changes one bit of a stored byte.
    pub fn flip(&mut self, name: &str, at: usize) {
        if let Some(byte) = self.files.get_mut(name).and_then(|bytes| bytes.get_mut(at)) {
            *byte ^= 1;
        }
    }
}
