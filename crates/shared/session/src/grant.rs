//! What an effector must hold before it acts: the customer's consent as a value that can be taken back at any moment.
//!
//! In scope: the handles, which only this crate makes, and asking them. They are clones of one shared state, so that
//! a revocation reaches every thread at its next question, without a message. Not in scope: when grants are given and
//! taken (`host`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use deskhand_wire::{Millis, PeerId};

/// Why a grant does not permit something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The customer, the technician or the program took it back. It never comes back.
    #[error("the customer's permission was taken back")]
    Revoked,
    /// Its time is over.
    #[error("the time the customer allowed is over")]
    Expired,
    /// The customer is being asked something: nobody else may answer. The grant works again afterwards.
    #[error("the customer is being asked a question")]
    QuestionOpen,
}

/// State that every handle of one grant shares. Sequentially consistent: a revocation is never seen late.
#[derive(Debug)]
struct Shared {
    revoked: AtomicBool,
    /// Monotonic milliseconds; `u64::MAX` for "until the session ends".
    until: AtomicU64,
}

impl Shared {
    fn new(until: Option<Millis>) -> Arc<Self> {
        Arc::new(Self { revoked: AtomicBool::new(false), until: AtomicU64::new(until.unwrap_or(u64::MAX)) })
    }

    fn permits(&self, now: Millis) -> Result<(), Refusal> {
        if self.revoked.load(Ordering::SeqCst) {
            Err(Refusal::Revoked)
        } else if now >= self.until.load(Ordering::SeqCst) {
            Err(Refusal::Expired)
        } else {
            Ok(())
        }
    }
}

/// The customer lets one technician see the screen. Whoever asks for pixels asks this first.
///
/// Cheap to clone, to send and to ask; made only by [`HostSession`](crate::host::HostSession).
#[derive(Debug, Clone)]
pub struct ViewGrant {
    number: u32,
    peer: PeerId,
    shared: Arc<Shared>,
}

impl ViewGrant {
    pub(crate) fn new(number: u32, peer: PeerId) -> Self {
        Self { number, peer, shared: Shared::new(None) }
    }

    /// Whether pixels may be asked for now.
    ///
    /// # Errors
    /// The [`Refusal`]; nothing may be captured then.
    pub fn permits(&self, now: Millis) -> Result<(), Refusal> {
        self.shared.permits(now)
    }

    /// The grant's number, from 1, never used again in this session.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whom it is for.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    pub(crate) fn revoke(&self) {
        self.shared.revoked.store(true, Ordering::SeqCst);
    }
}

/// The customer lets one technician move the pointer and type, for a while. Whoever injects asks this before every
/// event and before every character.
///
/// Cheap to clone, to send and to ask; made only by [`HostSession`](crate::host::HostSession).
#[derive(Debug, Clone)]
pub struct ControlGrant {
    number: u32,
    peer: PeerId,
    shared: Arc<Shared>,
    question_open: Arc<AtomicBool>,
}

impl ControlGrant {
    pub(crate) fn new(number: u32, peer: PeerId, until: Option<Millis>, question_open: Arc<AtomicBool>) -> Self {
        Self { number, peer, shared: Shared::new(until), question_open }
    }

    /// Whether one event may be injected now.
    ///
    /// # Errors
    /// The [`Refusal`]; nothing may be injected then, and held keys and buttons are let go unless it is
    /// [`Refusal::QuestionOpen`] (then too, when the question stays open).
    pub fn permits(&self, now: Millis) -> Result<(), Refusal> {
        self.shared.permits(now)?;
        if self.question_open.load(Ordering::SeqCst) { Err(Refusal::QuestionOpen) } else { Ok(()) }
    }

    /// The grant's number, from 1, never used again in this session.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Whom it is for.
    #[must_use]
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// When it ends by itself, on the host's monotonic clock; `None` for "with the session".
    #[must_use]
    pub fn until(&self) -> Option<Millis> {
        Some(self.shared.until.load(Ordering::SeqCst)).filter(|until| *until != u64::MAX)
    }

    pub(crate) fn revoke(&self) {
        self.shared.revoked.store(true, Ordering::SeqCst);
    }
}
