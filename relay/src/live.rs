//! Who is here: sessions with their hosts and viewers, and the nameplates that lead to them.
//!
//! In scope: the one table of live sessions, joining and leaving. Not in scope: connections' tasks (`host`, `viewer`).
//! Locks are held for a few instructions and never across a wait.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use bytes::Bytes;
use deskhand_identity::SessionId;
use deskhand_link::Connection;
use deskhand_wire::{
    PeerId,
    limits::MAX_VIEWERS,
    relay::{ClaimRefusal, RelayToHost, RelayToViewer},
};
use tokio::sync::{Notify, mpsc, watch};

use crate::forward::{
    backlog::{Backlog, Update},
    flight::Flight,
};

/// Messages to a client that it has not read yet; one that leaves more unread is closed.
pub const MAX_UNREAD: usize = 64;

/// Cursor messages that wait for one viewer.
pub const MAX_CURSORS: usize = 16;

impl Update for Arc<Flight> {
    fn size(&self) -> usize {
        Flight::size(self)
    }

    fn is_key(&self) -> bool {
        self.header().key
    }
}

/// A technician in a session.
#[derive(Debug)]
pub struct Viewer {
    /// The number in the session.
    pub peer: PeerId,
    /// Its connection.
    pub connection: Connection,
    /// Messages to it.
    pub messages: mpsc::Sender<RelayToViewer>,
    /// Cursor messages that fit no datagram, as they came.
    pub cursors: mpsc::Sender<Bytes>,
    /// Updates that wait for it.
    pub backlog: Mutex<Backlog<Arc<Flight>>>,
    /// The backlog has something new.
    pub queued: Notify,
    /// What is being sent is worth nothing any more.
    pub interrupted: Notify,
    /// Set when the host dismissed it.
    pub dismissed: watch::Sender<bool>,
}

impl Viewer {
    /// The backlog, locked.
    pub fn backlog(&self) -> MutexGuard<'_, Backlog<Arc<Flight>>> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A host and its viewers.
#[derive(Debug)]
pub struct Session {
    /// Its id.
    pub sid: SessionId,
    /// The host's connection.
    pub host: Connection,
    messages: mpsc::Sender<RelayToHost>,
    /// Where its log is stored.
    pub log: crate::store::Writer,
    viewers: Mutex<Viewers>,
    /// Becomes true when the host is gone.
    pub over: watch::Sender<bool>,
    /// Becomes true when everything of the host is stored and its folder is closed.
    pub settled: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Viewers {
    /// The last number given out: none is given twice, the keys of a session depend on it.
    last: PeerId,
    here: BTreeMap<PeerId, Arc<Viewer>>,
}

impl Session {
    /// A session of this host.
    #[must_use]
    pub fn new(sid: SessionId, host: Connection, messages: mpsc::Sender<RelayToHost>, log: crate::store::Writer) -> Self {
        Self { sid, host, messages, log, viewers: Mutex::default(), over: watch::Sender::new(false), settled: watch::Sender::new(false) }
    }

    /// Queues a message to the host. A host that does not read is closed.
    pub fn tell_host(&self, message: RelayToHost) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.messages.try_send(message) {
            self.host.close(deskhand_link::CloseCode::Misbehaved, "the host does not read what the relay says");
        }
    }

    /// Takes a viewer in: `make` builds it with the number it gets.
    ///
    /// # Errors
    /// [`ClaimRefusal::Full`] when there are as many as a session may have.
    pub fn join(&self, make: impl FnOnce(PeerId) -> Viewer) -> Result<Arc<Viewer>, ClaimRefusal> {
        let mut viewers = self.lock();
        if viewers.here.len() >= MAX_VIEWERS {
            return Err(ClaimRefusal::Full);
        }
        viewers.last = viewers.last.checked_add(1).ok_or(ClaimRefusal::Full)?;
        let viewer = Arc::new(make(viewers.last));
        viewers.here.insert(viewer.peer, viewer.clone());
        Ok(viewer)
    }

    /// Takes a viewer out; whether it was in.
    pub fn leave(&self, peer: PeerId) -> bool {
        self.lock().here.remove(&peer).is_some()
    }

    /// The viewer with this number.
    pub fn viewer(&self, peer: PeerId) -> Option<Arc<Viewer>> {
        self.lock().here.get(&peer).cloned()
    }

    /// Everyone who is in.
    pub fn viewers(&self) -> Vec<Arc<Viewer>> {
        self.lock().here.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Viewers> {
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every live session.
#[derive(Debug, Default)]
pub struct Live {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    sessions: HashMap<SessionId, Arc<Session>>,
    nameplates: HashMap<String, (SessionId, Instant)>,
}

impl Live {
    /// Puts a session in; gives back the one of the same host that was there.
    pub fn insert(&self, session: Arc<Session>) -> Option<Arc<Session>> {
        self.lock().sessions.insert(session.sid, session)
    }

    /// Takes exactly this session out, with its nameplate.
    pub fn remove(&self, session: &Arc<Session>) {
        let mut tables = self.lock();
        let same = tables.sessions.get(&session.sid).is_some_and(|known| Arc::ptr_eq(known, session));
        if same {
            tables.sessions.remove(&session.sid);
            tables.nameplates.retain(|_, (sid, _)| *sid != session.sid);
        }
    }

    /// The nameplate leads to this session until `end`; one before it no longer does.
    pub fn post(&self, digits: String, sid: SessionId, end: Instant) {
        let mut tables = self.lock();
        tables.nameplates.retain(|_, (other, _)| *other != sid);
        tables.nameplates.insert(digits, (sid, end));
    }

    /// No nameplate leads to this session any more.
    pub fn retire(&self, sid: SessionId) {
        self.lock().nameplates.retain(|_, (other, _)| *other != sid);
    }

    /// The session that a nameplate leads to at `now`.
    pub fn find(&self, digits: &str, now: Instant) -> Option<Arc<Session>> {
        let mut tables = self.lock();
        tables.nameplates.retain(|_, (_, end)| now < *end);
        let (sid, _) = tables.nameplates.get(digits)?;
        tables.sessions.get(sid).cloned()
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every session.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        self.lock().sessions.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
