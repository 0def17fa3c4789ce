//! The customer's end of a session.
//!
//! In scope: the state machine's surface; each decision has a file of its own. See [`HostSession`].

mod config;
mod event;
mod media;
mod status;

pub use config::{HostConfig, Wording};
pub use event::{CodeGone, Customer, HostInput, HostOutput, Link, Notice, Screen};
pub use media::{OutgoingUpdate, SealedFrame};
pub use status::{HostStatus, TechnicianStatus};

use deskhand_identity::SessionId;
use deskhand_seal::RecordingKey;
use deskhand_wire::{Millis, update::CursorMessage};

use crate::clock::Now;
use crate::error::{ApiMisuse, SealRefusal, StartError};

/// The customer's end of a session, from the first code to the last entry of the log.
///
/// Drive it so: after every `handle`, `seal_*` and `discarded`, call [`poll_output`](Self::poll_output) until it is
/// `None`; when nothing happens, call `handle(now, HostInput::Timeout)` at [`poll_timeout`](Self::poll_timeout).
/// `now.mono_ms` must never go back.
///
/// One task owns it. What other threads need are the grants, which are shared state: a `Stop` reaches them before
/// `handle` returns.
pub struct HostSession {
    ended: bool,
}

impl HostSession {
    /// Starts a session: asks the relay for a nameplate; the code comes as [`HostOutput::Code`].
    ///
    /// # Errors
    /// [`StartError`] when the statement does not allow any session here and now.
    pub fn new(config: HostConfig, now: Now) -> Result<Self, StartError> {
        let _ = (config, now);
        Ok(Self { ended: false })
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// [`ApiMisuse`] when the caller's own input makes no sense; nothing happened then. What peers send is never an
    /// error here.
    pub fn handle(&mut self, now: Now, input: HostInput) -> Result<(), ApiMisuse> {
        let _ = (now, input);
        if self.ended { Err(ApiMisuse::Ended) } else { Ok(()) }
    }

    /// The next thing to do, in order; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<HostOutput> {
        None
    }

    /// When to call `handle` with [`HostInput::Timeout`] if nothing else happens, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        None
    }

    /// Seals an update for every viewer and for the recording. Asks the view grants, remembers what changed, counts
    /// the media segment and moves the running hash of the ticks.
    ///
    /// # Errors
    /// [`SealRefusal`]; the update must not be sent then.
    pub fn seal_update(&mut self, now: Now, update: &OutgoingUpdate<'_>) -> Result<SealedFrame, SealRefusal> {
        let _ = (now, update);
        Err(SealRefusal::NotAllowed)
    }

    /// Seals the customer's pointer. Not recorded in the log.
    ///
    /// # Errors
    /// [`SealRefusal`]; the message must not be sent then.
    pub fn seal_cursor(&mut self, now: Now, cursor: &CursorMessage) -> Result<SealedFrame, SealRefusal> {
        let _ = (now, cursor);
        Err(SealRefusal::NotAllowed)
    }

    /// A sealed update was given up on the way in favour of a key update: ticks and the log will say so.
    pub fn discarded(&mut self, now: Now, number: u64) {
        let _ = (now, number);
    }

    /// The key that the recording depends on, for its envelopes.
    #[must_use]
    pub fn recording_key(&self) -> RecordingKey {
        RecordingKey::new([0; 32])
    }

    /// The session's id.
    #[must_use]
    pub fn session(&self) -> SessionId {
        SessionId::from_bytes([0; 16])
    }

    /// What a window shows.
    #[must_use]
    pub fn status(&self) -> HostStatus {
        unreachable_status()
    }
}

fn unreachable_status() -> HostStatus {
    HostStatus {
        session: SessionId::from_bytes([0; 16]),
        organisation: String::new(),
        standing: crate::question::Standing::Unknown,
        code: None,
        question: None,
        technicians: Vec::new(),
        connected: false,
        stored: false,
        ended: false,
    }
}
