//! What every connection of a running relay shares.
//!
//! In scope: the shared state and the drawing of nameplates. Not in scope: connections.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deskhand_audit::bundle::Manifest;
use deskhand_identity::{DiskFull, PublicKey, RelayCosign, SecretKey, Session, SessionId};
use deskhand_wire::relay::StoreFailure;

use crate::{
    clock,
    index::{self, Index},
    live::Live,
    pairing::{claims::Claims, nameplates::Nameplates},
    serve::directory::Directory,
    store::{Place, organisation::Ledger, quota::Quota},
};

/// Why no nameplate was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrawError {
    /// Too many were drawn in the last day.
    Used,
    /// It cannot be remembered, and the policy is to end then.
    Store(StoreFailure),
}

/// Sessions at a time.
pub const MAX_SESSIONS: usize = 1_000;

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    /// Its data folder.
    pub data: PathBuf,
    /// The folder of the recording keys' second halves.
    pub shred: PathBuf,
    /// Signs cosignatures of sessions' checkpoints.
    pub cosign: SecretKey<RelayCosign>,
    /// The organisation's log.
    pub ledger: Arc<Ledger>,
    /// Who belongs to the organisation.
    pub directory: Arc<Directory>,
    /// Who is here.
    pub live: Live,
    /// The index.
    pub index: Index,
    /// How much may be stored.
    pub quota: Arc<Quota>,
    nameplates: tokio::sync::Mutex<Nameplates>,
    claims: Mutex<Claims>,
    started: Instant,
}

impl Relay {
    /// A relay that goes on with `nameplates`.
    #[must_use]
    pub fn new(
        (data, shred): (PathBuf, PathBuf),
        (cosign, ledger): (SecretKey<RelayCosign>, Arc<Ledger>),
        directory: Arc<Directory>,
        index: Index,
        quota: Quota,
        nameplates: Nameplates,
    ) -> Self {
        Self {
            data,
            shred,
            cosign,
            ledger,
            directory,
            live: Live::default(),
            index,
            quota: Arc::new(quota),
            nameplates: tokio::sync::Mutex::new(nameplates),
            claims: Mutex::default(),
            started: Instant::now(),
        }
    }

    /// Draws a nameplate for a session and posts it.
    ///
    /// # Errors
    /// [`DrawError`].
    pub async fn draw(&self, sid: SessionId) -> Result<(String, Duration), DrawError> {
        let snapshot = self.directory.current();
        let policy = &snapshot.statement.statement().policy;
        let life = Duration::from_millis(policy.code_life_ms);
        let mut nameplates = self.nameplates.lock().await;
        let now_ms = clock::wall_ms();
        let digits = nameplates.draw(now_ms, random).ok_or(DrawError::Used)?;
        // Remembered before it is given out: a restart must not give it out again.
        if let Err(error) = self.index.drawn(&digits, now_ms).await {
            tracing::error!(%error, "the index cannot be written");
            if policy.disk_full == DiskFull::End {
                return Err(DrawError::Store(index::failure(&error)));
            }
        }
        drop(nameplates);
        self.live.post(digits.clone(), sid, Instant::now() + life);
        Ok((digits, life))
    }

    /// Counts a claim by this technician's key and says whether it may be looked at.
    #[must_use]
    pub fn may_claim(&self, key: [u8; 32]) -> bool {
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).permit(key, now_ms)
    }

    /// Where the session of this key is stored.
    #[must_use]
    pub fn place(&self, key: PublicKey<Session>) -> Place {
        let organisation = self.directory.current().statement.statement().organisation.clone();
        Place {
            data: self.data.clone(),
            shred: self.shred.clone(),
            cosign: self.cosign.clone(),
            ledger: self.ledger.clone(),
            manifest: Manifest::new(key, organisation.key),
            domain: organisation.domain,
            quota: self.quota.clone(),
        }
    }
}

/// A uniform 64-bit number of the system. Without random numbers nothing here is safe, so that it ends.
fn random() -> u64 {
    getrandom::u64().expect("the system has random numbers")
}
