//! The organisation's log on the disk: one for all sessions of a relay.
//!
//! In scope: appending durably, signing heads, proofs. Not in scope: what an entry is (`audit::organisation`), sessions' own logs
//! (`folder`). The whole log is in memory, about 300 bytes a session.

use std::{
    collections::HashMap,
    fs,
    io::{self, BufReader},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use deskhand_audit::{
    Checkpoint, Origin,
    bundle::{CHECKPOINTS, EVENTS, Found, LineReader, NoteReader, ORGANISATION, event_line, whole_lines, whole_notes},
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
    sessions: HashMap<SessionId, Known>,
}

/// What the entries say of a session.
#[derive(Debug, Default)]
struct Known {
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
        sync_folder(&folder)?;
        sync_folder(data)?;
        let (mut log, mut sessions) = (OrganisationLog::default(), HashMap::new());
        let mut lines = LineReader::new(BufReader::new(fs::File::open(folder.join(EVENTS))?));
        let mut leaf = Vec::new();
        while lines.next(&mut leaf)? == Found::Whole {
            let entry = OrganisationEntry::from_leaf(&leaf).map_err(io::Error::other)?;
            if entry.seq != log.size() {
                return Err(io::Error::other("an entry of the organisation's log is not at its place"));
            }
            remember(&mut sessions, entry.seq, entry.t_ms, &entry.event);
            log.restore(leaf.clone());
        }
        let signed = signed(&folder.join(CHECKPOINTS), &Origin::of_organisation(&organisation, domain.as_deref()), &key.public())?;
        let mut inner = Inner { log, events, notes, sessions };
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
        let now = clock::wall_ms();
        let seq = inner.log.size();
        remember(&mut inner.sessions, seq, now, &event);
        let (_, leaf) = inner.log.append(now, event);
        inner.events.append([&event_line(&leaf)[..]])?;
        inner.events.sync()?;
        let note = inner.sign(&self.organisation, self.domain.as_deref(), &self.key)?;
        let proof = inner.log.prove(seq, &note).ok_or_else(|| io::Error::other("an entry that was just made is not there"))?;
        Ok((seq, proof))
    }

    /// Whether a session's folder is closed; `None` for one that was never opened.
    pub fn standing(&self, sid: &SessionId) -> Option<Standing> {
        let inner = self.inner();
        let known = inner.sessions.get(sid)?;
        let opened = known.opened?;
        Some(known.sealed.map_or(Standing::Opened(opened), |(sealed, _)| Standing::Sealed(opened, sealed)))
    }

    /// Whether a session must not be erased.
    pub fn is_held(&self, sid: &SessionId) -> bool {
        self.inner().sessions.get(sid).is_some_and(|known| known.held)
    }

    /// Sessions that were sealed before this time, milliseconds since the Unix epoch, that are not on hold and that nobody wanted erased.
    pub fn older_than(&self, t_ms: u64) -> Vec<SessionId> {
        let is_old = |known: &Known| known.sealed.is_some_and(|(_, at)| at < t_ms) && !known.held && known.erasure.is_none();
        self.inner().sessions.iter().filter(|(_, known)| is_old(known)).map(|(sid, _)| *sid).collect()
    }

    /// How far the erasure of a session is, if anybody wanted it.
    pub fn erasure(&self, sid: &SessionId) -> Option<Erasure> {
        self.inner().sessions.get(sid)?.erasure.clone()
    }

    /// Every session that somebody wanted erased.
    pub fn erasures(&self) -> Vec<(SessionId, Erasure)> {
        self.inner().sessions.iter().filter_map(|(sid, known)| Some((*sid, known.erasure.clone()?))).collect()
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

fn remember(sessions: &mut HashMap<SessionId, Known>, seq: u64, t_ms: u64, event: &OrganisationEvent) {
    let (OrganisationEvent::SessionOpened { sid }
    | OrganisationEvent::SessionSealed { sid, .. }
    | OrganisationEvent::HoldSet { sid, .. }
    | OrganisationEvent::HoldCleared { sid, .. }
    | OrganisationEvent::ErasureRequested { sid, .. }
    | OrganisationEvent::ErasureExecuted { sid, .. }
    | OrganisationEvent::RecordingOpened { sid, .. }
    | OrganisationEvent::RecordingExported { sid, .. }) = event
    else {
        return;
    };
    let known = sessions.entry(*sid).or_default();
    match event {
        OrganisationEvent::SessionOpened { .. } => (known.opened, known.sealed) = (Some(seq), None),
        OrganisationEvent::SessionSealed { .. } => known.sealed = Some((seq, t_ms)),
        OrganisationEvent::HoldSet { .. } => known.held = true,
        OrganisationEvent::HoldCleared { .. } => known.held = false,
        OrganisationEvent::ErasureRequested { by, reason, .. } => {
            known.erasure = Some(Erasure::Requested { by: by.clone(), reason: reason.clone() });
        }
        OrganisationEvent::ErasureExecuted { .. } => known.erasure = Some(Erasure::Executed(seq)),
        OrganisationEvent::RecordingOpened { .. }
        | OrganisationEvent::RecordingExported { .. }
        | OrganisationEvent::PolicyChanged { .. } => {}
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
