//! A reviewer's connection: halves of keys, holds, erasures, each entered in the organisation's log before it has an effect.
//!
//! In scope: what a reviewer of the statement may ask for. Not in scope: sessions' files (a reviewer reads them from the store or a copy),
//! opening anything: the half that is handed out opens nothing without the reviewer's own key.

use std::{path::Path, sync::Arc};

use deskhand_audit::{
    bundle::{OPEN_MARKER, PERSONAL, PROOFS, session_folder},
    organisation::{OrganisationEvent, Proof, Proofs},
};
use deskhand_identity::SessionId;
use deskhand_link::{Connection, FrameReader, FrameWriter, LinkError};
use deskhand_wire::{
    limits::MAX_RELAY_FRAME,
    relay::{RelayToReviewer, ReviewRefusal, ReviewerToRelay},
};
use tokio::task::spawn_blocking;

use crate::{
    relay::Relay,
    serve::admission,
    store::{
        self,
        organisation::{Erasure, Ledger},
        shred,
    },
};

/// Serves a reviewer until it is gone.
///
/// # Errors
/// What the reviewer did that is not allowed, or why its connection ended.
pub async fn serve(relay: Arc<Relay>, connection: &Connection, mut writer: FrameWriter, mut reader: FrameReader) -> Result<(), LinkError> {
    while let Some(message) = reader.recv::<ReviewerToRelay>(MAX_RELAY_FRAME).await? {
        // Asked anew each time: a reviewer may have been removed meanwhile.
        let answer = match admission::reviewer(connection.peer_key(), &relay.directory.current()) {
            Some(fingerprint) => {
                let relay = relay.clone();
                let done = spawn_blocking(move || answer(&relay, &fingerprint, message)).await;
                done.map_err(|error| LinkError::Local { detail: error.to_string() })?
            }
            None => RelayToReviewer::Refused(ReviewRefusal::NoReviewer),
        };
        writer.send(&answer).await?;
    }
    Ok(())
}

fn answer(relay: &Relay, reviewer: &str, message: ReviewerToRelay) -> RelayToReviewer {
    let place = Archive { data: &relay.data, shred: &relay.shred, ledger: &relay.ledger };
    let reviewer = reviewer.to_owned();
    let done = match message {
        ReviewerToRelay::Half { session, purpose } => place.half(SessionId::from_bytes(session), reviewer, purpose.as_str()),
        ReviewerToRelay::Exported { session, format, purpose } => {
            let (sid, format, purpose) = (SessionId::from_bytes(session), format.as_str().to_owned(), purpose.as_str().to_owned());
            place.enter(sid, OrganisationEvent::RecordingExported { sid, reviewer, format, purpose })
        }
        ReviewerToRelay::Hold { session, on, reason } => {
            let (sid, reason) = (SessionId::from_bytes(session), reason.as_str().to_owned());
            let event = if on {
                OrganisationEvent::HoldSet { sid, by: reviewer, reason }
            } else {
                OrganisationEvent::HoldCleared { sid, by: reviewer, reason }
            };
            place.enter(sid, event)
        }
        ReviewerToRelay::Erase { session, reason } => place.erase(SessionId::from_bytes(session), &reviewer, reason.as_str()),
    };
    done.unwrap_or_else(RelayToReviewer::Refused)
}

/// The stored sessions, and what may be done with them.
pub(crate) struct Archive<'a> {
    pub(crate) data: &'a Path,
    pub(crate) shred: &'a Path,
    pub(crate) ledger: &'a Ledger,
}

impl Archive<'_> {
    fn half(&self, sid: SessionId, reviewer: String, purpose: &str) -> Result<RelayToReviewer, ReviewRefusal> {
        let half = shred::read(self.shred, &sid).map_err(failed)?;
        let half = half.ok_or(if self.exists(&sid) { ReviewRefusal::Erased } else { ReviewRefusal::NoSession })?;
        let proof = self.log(OrganisationEvent::RecordingOpened { sid, reviewer, purpose: purpose.to_owned() })?;
        Ok(RelayToReviewer::Half { half, proof: proof.to_bytes() })
    }

    fn enter(&self, sid: SessionId, event: OrganisationEvent) -> Result<RelayToReviewer, ReviewRefusal> {
        // A hold that is entered holds: none falls between an erasure's look at it and the erasure.
        let _alone = self.ledger.erasing();
        if !self.exists(&sid) {
            return Err(ReviewRefusal::NoSession);
        }
        Ok(RelayToReviewer::Entered { proof: self.log(event)?.to_bytes() })
    }

    /// Destroys the half of a session's key, and its personal values; the log stays, and still verifies.
    pub(crate) fn erase(&self, sid: SessionId, by: &str, reason: &str) -> Result<RelayToReviewer, ReviewRefusal> {
        let _alone = self.ledger.erasing();
        if !self.exists(&sid) {
            return Err(ReviewRefusal::NoSession);
        }
        if self.data.join(session_folder(&sid)).join(OPEN_MARKER).exists() {
            return Err(ReviewRefusal::Running);
        }
        if self.ledger.is_held(&sid) {
            return Err(ReviewRefusal::Held);
        }
        self.log(OrganisationEvent::ErasureRequested { sid, by: by.to_owned(), reason: reason.to_owned() })?;
        let proof = self.carry_out(sid, by, reason)?;
        Ok(RelayToReviewer::Entered { proof: proof.to_bytes() })
    }

    /// What a killed relay began is carried out: every step of an erasure can be taken again.
    pub(crate) fn resume(&self) {
        for (sid, erasure) in self.ledger.erasures() {
            let _alone = self.ledger.erasing();
            let done = match erasure {
                Erasure::Requested { .. } if self.ledger.erasure(&sid) != Some(erasure.clone()) || self.ledger.is_held(&sid) => Ok(()),
                Erasure::Requested { by, reason } => self.carry_out(sid, &by, &reason).map(drop),
                Erasure::Executed(seq) => {
                    let folder = self.data.join(session_folder(&sid));
                    self.keep(&folder, || self.ledger.prove(seq)).map_err(failed)
                }
            };
            if let Err(refusal) = done {
                tracing::error!(session = %sid, ?refusal, "an erasure that was begun is not finished; it is tried again in an hour");
            }
        }
    }

    fn carry_out(&self, sid: SessionId, by: &str, reason: &str) -> Result<Proof, ReviewRefusal> {
        let folder = self.data.join(session_folder(&sid));
        shred::destroy(self.shred, &sid).map_err(failed)?;
        match std::fs::remove_file(folder.join(PERSONAL)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let proof = self.log(OrganisationEvent::ErasureExecuted { sid, by: by.to_owned(), reason: reason.to_owned() })?;
        self.keep(&folder, || Ok(proof.clone())).map_err(failed)?;
        tracing::info!(session = %sid, by, "erased");
        Ok(proof)
    }

    /// Puts the proof of an erasure beside the log, unless there is one: without it the missing values would be a finding.
    fn keep(&self, folder: &Path, proof: impl FnOnce() -> std::io::Result<Proof>) -> std::io::Result<()> {
        let path = folder.join(PROOFS);
        if !path.exists() {
            return Ok(());
        }
        let mut proofs = Proofs::from_bytes(&std::fs::read(&path)?).map_err(std::io::Error::other)?;
        if proofs.erased.is_some() {
            return Ok(());
        }
        proofs.erased = Some(proof()?);
        store::replace_in(self.data, &path, &proofs.to_bytes())
    }

    fn exists(&self, sid: &SessionId) -> bool {
        self.data.join(session_folder(sid)).is_dir()
    }

    fn log(&self, event: OrganisationEvent) -> Result<Proof, ReviewRefusal> {
        self.ledger.append(event).map(|(_, proof)| proof).map_err(failed)
    }
}

fn failed(error: std::io::Error) -> ReviewRefusal {
    tracing::error!(%error, "a reviewer's wish cannot be carried out");
    ReviewRefusal::Failed
}
