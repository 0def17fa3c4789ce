//! The organisation's log on the disk: one for all sessions of a relay.
//!
//! In scope: appending durably, signing heads, proofs. Not in scope: what an entry is (`audit::organisation`), sessions' own logs
//! (`folder`). The whole log is in memory, about 300 bytes a session.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, BufReader},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use deskhand_audit::{
    Checkpoint, Hash, Origin,
    bundle::{CHECKPOINTS, EVENTS, Found, LineReader, NoteReader, ORGANISATION, WITNESSED, event_line, whole_lines, whole_notes},
    note::Note,
    organisation::{OrganisationEntry, OrganisationEvent, OrganisationLog, Proof},
};
use deskhand_identity::{Organisation, PublicKey, Relay, SecretKey, SessionId};

use super::appender::{Appender, sync_folder};
use crate::clock;

/// The organisation's log.
pub struct Ledger {
    key: SecretKey<Relay>,
    organisation: PublicKey<Organisation>,
    domain: Option<String>,
    inner: Mutex<Inner>,
    erasing: Mutex<()>,
}

struct Inner {
    log: OrganisationLog,
    events: Appender,
    notes: Appender,
    witnessed: Appender,
    known: Known,
}

/// What the entries say.
#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<SessionId, KnownSession>,
    /// Certificates by the hash of their text, and where.
    certified: HashMap<Hash, u64>,
    /// Fingerprints of revoked keys.
    revoked: HashSet<String>,
    /// The statement in use.
    statement: Option<Hash>,
}

/// What the entries say of a session.
#[derive(Debug, Default)]
struct KnownSession {
    /// The entry of its latest opening.
    opened: Option<u64>,
    /// The entry of the seal after that, and when.
    sealed: Option<(u64, u64)>,
    held: bool,
    erasure: Option<Erasure>,
}

/// How far the erasure of a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// It was entered and may have been begun.
    Requested {
        /// Who said so.
        by: String,
        /// Why.
        reason: String,
    },
    /// It is done, says this entry.
    Executed(u64),
}

/// Whether a session's folder is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was opened, by this entry, and not sealed since.
    Opened(u64),
    /// It was opened by the first entry and sealed by the second.
    Sealed(u64, u64),
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ledger")
    }
}

impl Ledger {
    /// Opens the log of a data folder, or begins it.
    ///
    /// # Errors
    /// What the disk says, or that an entry is not one.
    pub fn open(data: &Path, key: SecretKey<Relay>, organisation: PublicKey<Organisation>, domain: Option<String>) -> io::Result<Self> {
        let folder = data.join(ORGANISATION);
        fs::create_dir_all(&folder)?;
        let events = Appender::open(&folder.join(EVENTS), |file| whole_lines(file))?;
        let notes = Appender::open(&folder.join(CHECKPOINTS), |file| whole_notes(file))?;
        let witnessed = Appender::open(&folder.join(WITNESSED), |file| whole_notes(file))?;
        sync_folder(&folder)?;
        sync_folder(data)?;
        let (mut log, mut known) = (OrganisationLog::default(), Known::default());
        let mut lines = LineReader::new(BufReader::new(fs::File::open(folder.join(EVENTS))?));
        let mut leaf = Vec::new();
        while lines.next(&mut leaf)? == Found::Whole {
            let entry = OrganisationEntry::from_leaf(&leaf).map_err(io::Error::other)?;
            if entry.seq != log.size() {
                return Err(io::Error::other("an entry of the organisation's log is not at its place"));
            }
            known.remember(entry.seq, entry.t_ms, &entry.event);
            log.restore(leaf.clone());
        }
        let signed = signed(&folder.join(CHECKPOINTS), &Origin::of_organisation(&organisation, domain.as_deref()), &key.public())?;
        let mut inner = Inner { log, events, notes, witnessed, known };
        if signed < inner.log.size() {
            // Killed between an entry and its head.
            inner.sign(&organisation, domain.as_deref(), &key)?;
        }
        Ok(Self { key, organisation, domain, inner: Mutex::new(inner), erasing: Mutex::default() })
    }

    /// Appends an event, signs the head, and gives the entry's number and proof once both are on the disk.
    ///
    /// # Errors
    /// What the disk says; the entry may be there nevertheless.
    pub fn append(&self, event: OrganisationEvent) -> io::Result<(u64, Proof)> {
        let mut inner = self.inner();
        let note = self.write(&mut inner, [event])?;
        let seq = inner.log.size() - 1;
        inner.log.prove(seq, &note).map(|proof| (seq, proof)).ok_or_else(|| io::Error::other("an entry that was just made is not there"))
    }

    /// Appends those of these events that say something new, all under one head.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_new(&self, events: impl IntoIterator<Item = OrganisationEvent>) -> io::Result<()> {
        let mut inner = self.inner();
        let new: Vec<_> = events.into_iter().filter(|event| !inner.known.has(event)).collect();
        if new.is_empty() { Ok(()) } else { self.write(&mut inner, new).map(drop) }
    }

    /// Appends events and signs the head; both are on the disk then.
    fn write(&self, inner: &mut Inner, new: impl IntoIterator<Item = OrganisationEvent>) -> io::Result<Note> {
        let now = clock::wall_ms();
        let mut lines = Vec::new();
        for event in new {
            inner.known.remember(inner.log.size(), now, &event);
            let (_, leaf) = inner.log.append(now, event);
            lines.push(event_line(&leaf));
        }
        inner.events.append(lines.iter().map(Vec::as_slice))?;
        inner.events.sync()?;
        inner.sign(&self.organisation, self.domain.as_deref(), &self.key)
    }

    /// The signed head and the proof that it goes on from the first `old` entries (none from 0), when there are more; how many there are.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn grown(&self, old: u64) -> io::Result<Option<(u64, Note, Vec<u8>)>> {
        let inner = self.inner();
        let size = inner.log.size();
        if old > size {
            return Err(io::Error::other(format!("it has seen {old} entries of this log, and there are {size}")));
        }
        let note = inner.log.head(&self.organisation, self.domain.as_deref()).sign(&self.key);
        let proof = if old == 0 { Some(Vec::new()) } else { inner.log.prove_growth(old) };
        Ok(proof.filter(|_| old < size).map(|proof| (size, note, proof)))
    }

    /// Keeps a head that an outside witness has cosigned.
    ///
    /// # Errors
    /// What the disk says.
    pub fn witnessed(&self, note: &Note) -> io::Result<()> {
        let mut inner = self.inner();
        inner.witnessed.append([&note.to_bytes()[..]])?;
        inner.witnessed.sync()
    }

    /// The proof that a certificate is entered, by the hash of its text.
    ///
    /// # Errors
    /// When it is not.
    pub fn certified(&self, sha256: &Hash) -> io::Result<Proof> {
        let seq = self.inner().known.certified.get(sha256).copied();
        self.prove(seq.ok_or(io::ErrorKind::NotFound)?)
    }

    /// Whether a session's folder is closed; `None` for one that was never opened.
    pub fn standing(&self, sid: &SessionId) -> Option<Standing> {
        let inner = self.inner();
        let known = inner.known.sessions.get(sid)?;
        let opened = known.opened?;
        Some(known.sealed.map_or(Standing::Opened(opened), |(sealed, _)| Standing::Sealed(opened, sealed)))
    }

    /// Whether a session must not be erased.
    pub fn is_held(&self, sid: &SessionId) -> bool {
        self.inner().known.sessions.get(sid).is_some_and(|known| known.held)
    }

    /// Sessions that were sealed before this time, milliseconds since the Unix epoch, that are not on hold and that nobody wanted erased.
    pub fn older_than(&self, t_ms: u64) -> Vec<SessionId> {
        let is_old = |known: &KnownSession| known.sealed.is_some_and(|(_, at)| at < t_ms) && !known.held && known.erasure.is_none();
        self.inner().known.sessions.iter().filter(|(_, known)| is_old(known)).map(|(sid, _)| *sid).collect()
    }

    /// How far the erasure of a session is, if anybody wanted it.
    pub fn erasure(&self, sid: &SessionId) -> Option<Erasure> {
        self.inner().known.sessions.get(sid)?.erasure.clone()
    }

    /// Every session that somebody wanted erased.
    pub fn erasures(&self) -> Vec<(SessionId, Erasure)> {
        self.inner().known.sessions.iter().filter_map(|(sid, known)| Some((*sid, known.erasure.clone()?))).collect()
    }

    /// One at a time erases or sets a hold, for as long as it keeps this.
    pub fn erasing(&self) -> MutexGuard<'_, ()> {
        self.erasing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The proof of an older entry under the head as it is now.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn prove(&self, seq: u64) -> io::Result<Proof> {
        let inner = self.inner();
        let note = inner.log.head(&self.organisation, self.domain.as_deref()).sign(&self.key);
        inner.log.prove(seq, &note).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Inner {
    /// Signs the head as it is now; the note is on the disk afterwards.
    fn sign(&mut self, organisation: &PublicKey<Organisation>, domain: Option<&str>, key: &SecretKey<Relay>) -> io::Result<Note> {
        let note = self.log.head(organisation, domain).sign(key);
        self.notes.append([&note.to_bytes()[..]])?;
        self.notes.sync()?;
        Ok(note)
    }
}

/// How many entries the newest head covers.
fn signed(notes: &Path, origin: &Origin, key: &PublicKey<Relay>) -> io::Result<u64> {
    let mut reader = NoteReader::new(BufReader::new(fs::File::open(notes)?));
    let (mut size, mut note) = (0, Vec::new());
    while reader.next(&mut note)? == Found::Whole {
        let head = Note::from_bytes(&note).ok().and_then(|note| Checkpoint::open(&note, origin, key).ok());
        size = head.map_or(size, |head| head.size);
    }
    Ok(size)
}

impl Known {
    /// Whether an entry would say nothing new.
    fn has(&self, event: &OrganisationEvent) -> bool {
        match event {
            OrganisationEvent::TechCertified { sha256, .. } => self.certified.contains_key(sha256),
            OrganisationEvent::TechRevoked { key_fp } => self.revoked.contains(key_fp),
            OrganisationEvent::PolicyChanged { sha256, .. } => self.statement == Some(*sha256),
            _ => false,
        }
    }

    fn session(&mut self, sid: SessionId) -> &mut KnownSession {
        self.sessions.entry(sid).or_default()
    }

    fn remember(&mut self, seq: u64, t_ms: u64, event: &OrganisationEvent) {
        match event {
            OrganisationEvent::SessionOpened { sid } => {
                let known = self.session(*sid);
                (known.opened, known.sealed) = (Some(seq), None);
            }
            OrganisationEvent::SessionSealed { sid, .. } => self.session(*sid).sealed = Some((seq, t_ms)),
            OrganisationEvent::HoldSet { sid, .. } => self.session(*sid).held = true,
            OrganisationEvent::HoldCleared { sid, .. } => self.session(*sid).held = false,
            OrganisationEvent::ErasureRequested { sid, by, reason } => {
                self.session(*sid).erasure = Some(Erasure::Requested { by: by.clone(), reason: reason.clone() });
            }
            OrganisationEvent::ErasureExecuted { sid, .. } => self.session(*sid).erasure = Some(Erasure::Executed(seq)),
            OrganisationEvent::RecordingOpened { .. } | OrganisationEvent::RecordingExported { .. } => {}
            OrganisationEvent::TechCertified { sha256, .. } => {
                self.certified.insert(*sha256, seq);
            }
            OrganisationEvent::TechRevoked { key_fp } => {
                self.revoked.insert(key_fp.clone());
            }
            OrganisationEvent::PolicyChanged { sha256, .. } => self.statement = Some(*sha256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_audit::Origin;

    #[test]
    fn the_log_goes_on_after_a_restart_and_proves_what_came_before() {
        let data = tempfile::tempdir().unwrap();
        let key = SecretKey::<Relay>::from_seed([1; 32]);
        let organisation = SecretKey::<Organisation>::from_seed([2; 32]).public();
        let open = || Ledger::open(data.path(), key.clone(), organisation, None).unwrap();
        let event = |n: u8| OrganisationEvent::SessionOpened { sid: SessionId::from_bytes([n; 16]) };
        let origin = Origin::of_organisation(&organisation, None);
        let (first, proof) = open().append(event(1)).unwrap();
        assert_eq!(proof.open(&origin, &key.public()).unwrap().event, event(1));
        let again = open();
        let (second, proof) = again.append(event(2)).unwrap();
        assert_eq!((first, second), (0, 1));
        assert_eq!(proof.open(&origin, &key.public()).unwrap().event, event(2));
        assert_eq!(again.prove(0).unwrap().open(&origin, &key.public()).unwrap().event, event(1));
    }

    #[test]
    fn an_entry_whose_head_a_kill_prevented_is_signed_at_the_next_start() {
        let data = tempfile::tempdir().unwrap();
        let key = SecretKey::<Relay>::from_seed([1; 32]);
        let organisation = SecretKey::<Organisation>::from_seed([2; 32]).public();
        let open = || Ledger::open(data.path(), key.clone(), organisation, None).unwrap();
        let ledger = open();
        (1..4).for_each(|n| _ = ledger.append(OrganisationEvent::SessionOpened { sid: SessionId::from_bytes([n; 16]) }).unwrap());
        drop(ledger);
        let notes = data.path().join(ORGANISATION).join(CHECKPOINTS);
        let origin = Origin::of_organisation(&organisation, None);
        let whole = fs::read_to_string(&notes).unwrap();
        fs::write(&notes, &whole[..whole.len() - 20]).unwrap();
        drop(open());
        assert_eq!(signed(&notes, &origin, &key.public()).unwrap(), 3);
        let written = fs::read(&notes).unwrap();
        drop(open());
        assert_eq!(fs::read(&notes).unwrap(), written, "a head that is there is not signed again");
    }
}
