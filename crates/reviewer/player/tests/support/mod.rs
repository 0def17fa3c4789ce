//! Recordings for tests and measurements: a log, and updates sealed as the host seals them.
//!
//! In scope: a session's files in memory, a screen that decodes in this process. Not in scope: what is on the screen (the tests).
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use deskhand_audit::{
    Actor, By, Draft, Event, Hash, Log, MediaSegment, Organisation, Totals,
    bundle::{EVENTS, event_line, media_name, record},
    verify::Store,
};
use deskhand_cage::CageError;
use deskhand_decode::Decoder;
use deskhand_identity::{SecretKey, Session, SessionId};
use deskhand_player::{Screen, Source};
use deskhand_recording::RecordingKey;
use deskhand_screen::{Pixels, Region, Update};
use deskhand_seal::screen::{Flags, ScreenSealer};
use deskhand_wire::update::HEADER_BYTES;

/// The host's clock at the first event, milliseconds.
pub const ZERO_MS: u64 = 5_000;
const WALL_MS: u64 = 1_763_762_702_000;

/// A session's files.
#[derive(Clone, Default)]
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Store for Files {
    fn files(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        self.open_at(name, 0)
    }
}

impl Source for Files {
    fn open_at(&self, name: &str, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.get(offset as usize..).unwrap_or_default()))
    }
}

/// Decodes in this process.
#[derive(Default)]
pub struct Here(pub Decoder);

impl Screen for Here {
    fn apply(&mut self, update: &[u8]) -> Result<Region, CageError> {
        let update = Update::from_bytes(update).map_err(|why| CageError::Decode(why.into()))?;
        Ok(self.0.apply(&update)?.damage)
    }

    fn restart(&mut self) -> Result<(), CageError> {
        self.0 = Decoder::new();
        Ok(())
    }

    fn see(&self, see: &mut dyn FnMut(Pixels<'_>)) {
        see(self.0.frame().view());
    }
}

/// A session that is being recorded.
pub struct Tape {
    pub files: Files,
    log: Log,
    sealer: ScreenSealer,
    epoch: u32,
    last: u64,
    /// The open segment: its records, the number before it, how many, and what was left out.
    open: (Vec<u8>, u64, u64, Vec<u64>),
    pub now_ms: u64,
}

pub fn key() -> RecordingKey {
    RecordingKey::new([3; 32])
}

impl Tape {
    /// A session in which a technician watches from its beginning.
    pub fn begin() -> Self {
        let session = SecretKey::<Session>::from_seed([7; 32]);
        let organisation = Organisation { key: SecretKey::from_seed([8; 32]).public(), name: "Acme Support".into(), domain: None };
        let sid = SessionId::of(&session.public());
        let mut tape = Self {
            files: Files::default(),
            log: Log::new(sid, &organisation),
            sealer: ScreenSealer::new(*sid.bytes(), 1, &key().epoch(1)),
            epoch: 0,
            last: 0,
            open: (Vec::new(), 0, 0, Vec::new()),
            now_ms: ZERO_MS,
        };
        let relay = SecretKey::from_seed([9; 32]).public();
        let relay_cosign = SecretKey::from_seed([10; 32]).public();
        tape.event(Event::SessionCreated { organisation, relay, relay_cosign, key: session.public(), version: "0.1.0".into() });
        tape.epoch();
        tape.event(Event::RecordingStarted { reviewers: Vec::new() });
        tape.event(Event::ViewStarted { peer: 1, displays: Vec::new() });
        tape
    }

    pub fn event(&mut self, event: Event) {
        let draft = Draft::new(WALL_MS + self.now_ms, self.now_ms, Actor::host(), event);
        let line = event_line(&self.log.append(draft).bytes);
        self.files.0.entry(EVENTS.into()).or_default().extend(line);
    }

    /// Begins the next epoch; the next update is to be a key update.
    pub fn epoch(&mut self) {
        self.close();
        self.epoch += 1;
        let epoch = key().epoch(self.epoch);
        if self.epoch > 1 {
            self.sealer.begin(self.epoch, &epoch);
        }
        self.event(Event::EpochChanged { epoch: self.epoch, reason: "test".into(), key_sha256: Hash(epoch.commitment()) });
    }

    /// Records an update.
    pub fn update(&mut self, update: &Update) {
        let flags = Flags { key: update.is_key(), recorded: true };
        let sealed = self.sealer.update(update.number, flags, &update.to_bytes()).unwrap();
        let (header, frame) = sealed.bytes.split_at(HEADER_BYTES);
        let bytes = [&record(header, frame).unwrap()[..], &sealed.bytes].concat();
        self.files.0.entry(media_name(self.epoch)).or_default().extend(&bytes);
        self.open.0.extend(bytes);
        self.open.2 += 1;
        self.open.3.extend(self.last + 1..update.number);
        self.last = update.number;
        if self.open.2 == 256 {
            self.close();
        }
    }

    /// Closes the open segment.
    pub fn close(&mut self) {
        let (bytes, before, updates, discarded) = std::mem::take(&mut self.open);
        self.open.1 = self.last;
        if updates > 0 {
            let (bytes_len, sha256) = (bytes.len() as u64, Hash::of(&bytes));
            let segment =
                MediaSegment { epoch: self.epoch, first: before + 1, last: self.last, updates, bytes: bytes_len, sha256, discarded };
            self.event(Event::MediaSegment(segment));
        }
    }

    /// Ends the session.
    pub fn end(&mut self) -> Files {
        self.close();
        let totals = Totals { updates: self.last, bytes: 0, inputs: 0, checkpoints: None };
        let duration_ms = self.now_ms - ZERO_MS;
        self.event(Event::SessionEnded { by: By::Customer, reason: "customer".into(), duration_ms, totals });
        self.files.clone()
    }
}
