//! The organisation's log on the disk: one for all sessions of a relay.
//!
//! In scope: appending durably, signing heads, proofs. Not in scope: what an entry is (`audit::organisation`), sessions' own logs
//! (`folder`). The whole log is in memory, about 300 bytes a session.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, BufReader},
    path::Path,
    sync::{Mutex, PoisonError},
};

use deskhand_audit::{
    Hash,
    bundle::{CHECKPOINTS, EVENTS, Found, LineReader, ORGANISATION, WITNESSED, event_line, whole_lines, whole_notes},
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
}

struct Inner {
    log: OrganisationLog,
    events: Appender,
    notes: Appender,
    witnessed: Appender,
    known: Known,
}

/// What the entries say.
#[derive(Default)]
struct Known {
    /// Opened and not sealed, and where.
    opened: HashMap<SessionId, u64>,
    /// Sealed and not erased, and when.
    sealed: HashMap<SessionId, u64>,
    held: HashSet<SessionId>,
    /// Certificates by the hash of their text, and where.
    certified: HashMap<Hash, u64>,
    /// Fingerprints of revoked keys.
    revoked: HashSet<String>,
    /// The statement in use.
    statement: Option<Hash>,
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
        Ok(Self { key, organisation, domain, inner: Mutex::new(Inner { log, events, notes, witnessed, known }) })
    }

    /// Appends an event, signs the head, and gives the entry's number and proof once both are on the disk.
    ///
    /// # Errors
    /// What the disk says; the entry may be there nevertheless.
    pub fn append(&self, event: OrganisationEvent) -> io::Result<(u64, Proof)> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let note = self.write(&mut inner, [event])?;
        let seq = inner.log.size() - 1;
        inner.log.prove(seq, &note).map(|proof| (seq, proof)).ok_or_else(|| io::Error::other("an entry that was just made is not there"))
    }

    /// Appends those of these events that say something new, all under one head.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_new(&self, events: impl IntoIterator<Item = OrganisationEvent>) -> io::Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> = events.into_iter().filter(|event| !inner.known.has(event)).collect();
        if new.is_empty() { Ok(()) } else { self.write(&mut inner, new).map(drop) }
    }

    /// Appends events and signs the head; both are on the disk then.
    fn write(&self, inner: &mut Inner, new: impl IntoIterator<Item = OrganisationEvent>) -> io::Result<Note> {
        let Inner { log, events, notes, known, .. } = inner;
        let now = clock::wall_ms();
        let mut lines = Vec::new();
        for event in new {
            known.remember(log.size(), now, &event);
            let (_, leaf) = log.append(now, event);
            lines.push(event_line(&leaf));
        }
        events.append(lines.iter().map(Vec::as_slice))?;
        events.sync()?;
        let note = log.head(&self.organisation, self.domain.as_deref()).sign(&self.key);
        notes.append([&note.to_bytes()[..]])?;
        notes.sync()?;
        Ok(note)
    }

    /// The signed head and the proof that it goes on from the first `old` entries (none from 0), when there are more; how many there are.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn grown(&self, old: u64) -> io::Result<Option<(u64, Note, Vec<u8>)>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.witnessed.append([&note.to_bytes()[..]])?;
        inner.witnessed.sync()
    }

    /// The proof that a certificate is entered, by the hash of its text.
    ///
    /// # Errors
    /// When it is not.
    pub fn certified(&self, sha256: &Hash) -> io::Result<Proof> {
        let seq = self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.certified.get(sha256).copied();
        self.prove(seq.ok_or(io::ErrorKind::NotFound)?)
    }

    /// Where a session's latest opening is, if there is one.
    pub fn opened(&self, sid: &SessionId) -> Option<u64> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.opened.get(sid).copied()
    }

    /// Whether a session must not be erased.
    pub fn is_held(&self, sid: &SessionId) -> bool {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.held.contains(sid)
    }

    /// Sessions that were sealed before this time, milliseconds since the Unix epoch, and neither erased nor held since.
    pub fn older_than(&self, t_ms: u64) -> Vec<SessionId> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { sealed, held, .. } = &inner.known;
        sealed.iter().filter(|(sid, at)| **at < t_ms && !held.contains(*sid)).map(|(sid, _)| *sid).collect()
    }

    /// The proof of an older entry under the head as it is now.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn prove(&self, seq: u64) -> io::Result<Proof> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let note = inner.log.head(&self.organisation, self.domain.as_deref()).sign(&self.key);
        inner.log.prove(seq, &note).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
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

    fn remember(&mut self, seq: u64, t_ms: u64, event: &OrganisationEvent) {
        match event {
            OrganisationEvent::SessionOpened { sid } => {
                self.opened.insert(*sid, seq);
            }
            OrganisationEvent::SessionSealed { sid, .. } => {
                self.opened.remove(sid);
                self.sealed.insert(*sid, t_ms);
            }
            OrganisationEvent::HoldSet { sid, .. } => {
                self.held.insert(*sid);
            }
            OrganisationEvent::HoldCleared { sid, .. } => {
                self.held.remove(sid);
            }
            OrganisationEvent::ErasureExecuted { sid, .. } => {
                self.sealed.remove(sid);
            }
            OrganisationEvent::ErasureRequested { .. }
            | OrganisationEvent::RecordingOpened { .. }
            | OrganisationEvent::RecordingExported { .. } => {}
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
}
