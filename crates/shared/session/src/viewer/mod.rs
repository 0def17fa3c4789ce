//! The technician's end of a session.
//!
//! In scope: the state machine's surface; each decision has a file of its own. See [`ViewerSession`].

mod config;
mod event;

pub use config::ViewerConfig;
pub use event::{Ending, ViewerInput, ViewerOutput};

use deskhand_wire::{
    Millis,
    control::Scopes,
    input::InputEvent,
    update::{CursorMessage, HEADER_BYTES},
};

use crate::clock::Now;
use crate::error::{ApiMisuse, InputBlocked, UpdateRefusal};

/// An update whose seal was good, for the decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedUpdate {
    /// Its number.
    pub number: u64,
    /// Whether it needs nothing before it.
    pub key: bool,
    /// The update's bytes; still the word of an unknown machine, so they are decoded in the cage.
    pub bytes: Vec<u8>,
}

/// What a window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerStatus {
    /// Whether host and viewer share keys.
    pub paired: bool,
    /// What is allowed now.
    pub granted: Scopes,
    /// When control ends by itself, on this program's monotonic clock.
    pub control_until: Option<Millis>,
    /// Whether the customer is being asked something.
    pub asking: bool,
    /// Whether the picture is stale and input is held back.
    pub stale: bool,
    /// The newest update that was opened.
    pub newest: u64,
    /// Whether the session is over.
    pub ended: bool,
}

/// The technician's end of a session, from the code to the end.
///
/// Drive it so: after every `handle`, `open_*` and `input`, call [`poll_output`](Self::poll_output) until it is `None`;
/// when nothing happens, call `handle(now, ViewerInput::Timeout)` at [`poll_timeout`](Self::poll_timeout).
/// `now.mono_ms` must never go back.
pub struct ViewerSession {
    ended: bool,
}

impl ViewerSession {
    /// Starts: claims the code's nameplate at the relay.
    ///
    /// # Errors
    /// [`ApiMisuse::OutOfRange`] when ticket or reason is too long, or no scope is asked for.
    pub fn new(config: ViewerConfig, now: Now) -> Result<Self, ApiMisuse> {
        let _ = (config, now);
        Ok(Self { ended: false })
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// [`ApiMisuse`] when the caller's own input makes no sense; nothing happened then. What the other end sends is
    /// never an error here: what breaks the protocol ends the session.
    pub fn handle(&mut self, now: Now, input: ViewerInput) -> Result<(), ApiMisuse> {
        let _ = (now, input);
        if self.ended { Err(ApiMisuse::Ended) } else { Ok(()) }
    }

    /// Sends one thing that the technician did, as [`ViewerOutput::Input`].
    ///
    /// # Errors
    /// [`InputBlocked`]; nothing was sent then. A release of something held is sent even on a stale picture.
    pub fn input(&mut self, now: Now, event: InputEvent) -> Result<(), InputBlocked> {
        let _ = (now, event);
        Err(InputBlocked::NoGrant)
    }

    /// Opens an update as it came: header, then the sealed frame.
    ///
    /// # Errors
    /// [`UpdateRefusal`]; nothing changed then, except that a forged update makes the picture stale.
    pub fn open_update(&mut self, now: Now, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<OpenedUpdate, UpdateRefusal> {
        let _ = (now, header, frame);
        Err(UpdateRefusal::NotAllowed)
    }

    /// Opens a cursor message as it came, from a stream or a datagram.
    ///
    /// # Errors
    /// [`UpdateRefusal`]; nothing changed then.
    pub fn open_cursor(&mut self, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<CursorMessage, UpdateRefusal> {
        let _ = (header, frame);
        Err(UpdateRefusal::NotAllowed)
    }

    /// The next thing to do, in order; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<ViewerOutput> {
        None
    }

    /// When to call `handle` with [`ViewerInput::Timeout`] if nothing else happens, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        None
    }

    /// What a window shows.
    #[must_use]
    pub fn status(&self) -> ViewerStatus {
        ViewerStatus {
            paired: false,
            granted: Scopes::NONE,
            control_until: None,
            asking: false,
            stale: false,
            newest: 0,
            ended: self.ended,
        }
    }
}
