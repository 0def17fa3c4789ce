//! The desk: which sessions lie open, and what is answered about them.
//!
//! In scope: finding a session, its key, a player for the few that are watched. Not in scope: HTTP (`routes`), the parts of an answer
//! (`session`, `picture`).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use deskhand_audit::verify::Trust;
use deskhand_cage::Cage;
use deskhand_identity::{ReviewerSecret, SessionId};
use deskhand_player::Player;
use deskhand_recording::RecordingKey;
use hyper::StatusCode;

use super::{
    answer::{self, Answer},
    picture, session,
};
use crate::{
    check,
    failure::{Exit, Failure},
    folder::Folder,
    keys, list,
    options::{KeyChoice, Session},
    target::Target,
};

/// Players that are kept: each has a process and an index in memory.
const MOST_OPEN: usize = 3;

/// A session that is watched.
pub(super) struct Watched {
    pub(super) player: Player<Folder, Cage>,
    /// Counts the pictures that were sent: whoever has the newest needs only what changed since.
    pub(super) sent: u64,
}

type Open = Vec<(SessionId, Arc<Mutex<Watched>>)>;

/// Everything that answers come from.
pub(super) struct Desk {
    store: PathBuf,
    choice: KeyChoice,
    secret: ReviewerSecret,
    trust: Option<Trust>,
    /// The one that was used last comes last.
    open: Mutex<Open>,
}

impl Desk {
    pub(super) fn new(store: PathBuf, choice: KeyChoice, secret: ReviewerSecret, trust: Option<Trust>) -> Self {
        Self { store, choice, secret, trust, open: Mutex::default() }
    }

    pub(super) fn sessions(&self) -> Answer {
        list::lines(&self.store).map_or_else(|why| refused(&why), |lines| answer::json(&lines))
    }

    pub(super) fn session(&self, sid: &SessionId) -> Answer {
        let told = self.target(sid).and_then(|target| {
            let key = self.key(sid, &target).ok();
            session::tell(&target, key.as_ref())
        });
        told.map_or_else(|why| refused(&why), |told| answer::json(&told))
    }

    pub(super) fn verdict(&self, sid: &SessionId) -> Answer {
        let report = self.target(sid).and_then(|target| check::judge(&target, self.trust.clone(), None));
        report.map_or_else(|why| refused(&why), |report| answer::json(&session::verdict(&report)))
    }

    pub(super) fn recording(&self, sid: &SessionId) -> Answer {
        self.watched(sid).map_or_else(|why| refused(&why), |watched| answer::json(&session::recording(locked(&watched).player.index())))
    }

    pub(super) fn picture(&self, sid: &SessionId, ms: u64, have: u64) -> Answer {
        self.watched(sid)
            .and_then(|watched| picture::at(&mut locked(&watched), ms, have))
            .map_or_else(|why| refused(&why), |body| answer::of(StatusCode::OK, "application/octet-stream", body))
    }

    fn named(&self, sid: &SessionId) -> Session {
        Session { session: sid.to_string(), store: Some(self.store.clone()) }
    }

    fn target(&self, sid: &SessionId) -> Result<Target, Failure> {
        Target::find(&self.named(sid))
    }

    fn key(&self, sid: &SessionId, target: &Target) -> Result<RecordingKey, Failure> {
        let secret = || Ok(ReviewerSecret { tls: self.secret.tls.clone(), age: self.secret.age.clone() });
        keys::unlock_with(&self.named(sid), target, &self.choice, secret)
    }

    /// The player of a session; its index is made when it is asked for first.
    fn watched(&self, sid: &SessionId) -> Result<Arc<Mutex<Watched>>, Failure> {
        // Held while an index is made: two requests for one session must not make two.
        let mut open = locked(&self.open);
        if let Some(at) = open.iter().position(|(own, _)| own == sid) {
            let found = open.remove(at);
            open.push(found.clone());
            return Ok(found.1);
        }
        let target = self.target(sid)?;
        let key = self.key(sid, &target)?;
        let cage = Cage::spawn().map_err(|why| Failure::failed(why.to_string()))?;
        let player = Player::new(target.folder, key, cage).map_err(|why| Failure::failed(why.to_string()))?;
        if open.len() == MOST_OPEN {
            open.remove(0);
        }
        let watched = Arc::new(Mutex::new(Watched { player, sent: 0 }));
        open.push((*sid, watched.clone()));
        Ok(watched)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(why: &Failure) -> Answer {
    let status = match why.exit {
        Exit::Refused => StatusCode::FORBIDDEN,
        Exit::Usage => StatusCode::BAD_REQUEST,
        _ => StatusCode::NOT_FOUND,
    };
    answer::failed(status, &why.text)
}
