//! What goes into a viewer session and what comes out of it.
//!
//! In scope: the two enums and their parts. Frames are whole frames of a stream, without the length before them.

use deskhand_identity::SessionId;
use deskhand_wire::{
    Millis, PeerId,
    control::{Denial, EndedBy, InputRefusal, RevokedBy, Scope, Scopes},
    relay::{RelayToViewer, ViewerToRelay},
};

/// Something that happened outside.
#[derive(Debug, Clone)]
pub enum ViewerInput {
    /// A message of the relay stream.
    Relay(RelayToViewer),
    /// A frame of the control stream (an encoded `ControlFrame`).
    Control {
        /// The frame.
        frame: Vec<u8>,
    },
    /// The technician asks for a scope.
    Request {
        /// Which.
        scope: Scope,
        /// For how long, minutes, 1..=480.
        minutes: u16,
        /// Why; the customer reads it.
        reason: Option<String>,
    },
    /// The technician gives control back.
    Release,
    /// The technician looks at these monitors alone, at all of the screen when there is none.
    Look {
        /// As [`ViewerOutput::Screen`] named them, at most [`MAX_DISPLAYS`](deskhand_wire::limits::MAX_DISPLAYS).
        monitors: Vec<[u32; 4]>,
    },
    /// The window lost the keyboard: everything held is let go.
    FocusLost,
    /// Everything required up to this update is painted.
    Shown {
        /// The update.
        update: u64,
    },
    /// The decoder can't go on without a key update.
    PictureBroken,
    /// The line to the relay is cut.
    LinkLost,
    /// The technician ends the session.
    End,
    /// Nothing but time passed: call this at [`ViewerSession::poll_timeout`](super::ViewerSession::poll_timeout).
    Timeout,
}

/// What to do next, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewerOutput {
    /// Send this on the relay stream.
    Relay(ViewerToRelay),
    /// Open the control and the input stream with this number.
    OpenStreams {
        /// The number that the relay gave.
        peer: PeerId,
    },
    /// Send this frame on the control stream.
    Control {
        /// The frame.
        frame: Vec<u8>,
    },
    /// Send this frame on the input stream, before everything else.
    Input {
        /// The frame.
        frame: Vec<u8>,
    },
    /// Host and viewer share keys. The host is "customer's machine, identity unknown".
    Paired {
        /// The session's id, now proven to belong to the host's key.
        session: SessionId,
    },
    /// The customer is being asked.
    Asking {
        /// For what.
        scopes: Scopes,
    },
    /// The customer allowed this.
    Granted {
        /// The grant's number.
        grant: u32,
        /// What is allowed under it.
        scopes: Scopes,
        /// When it ends by itself, on this program's monotonic clock.
        until: Option<Millis>,
    },
    /// The customer, the policy or time said no.
    Denied {
        /// To what.
        scopes: Scopes,
        /// Why.
        why: Denial,
    },
    /// Something allowed is over.
    Revoked {
        /// What is gone.
        scopes: Scopes,
        /// By whom.
        by: RevokedBy,
    },
    /// The shape of the customer's screen.
    Screen {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// Monitors: x, y, width, height.
        displays: Vec<[u32; 4]>,
    },
    /// What was looked for by [`ViewerInput::Look`] is up to date with this update.
    Looked {
        /// The monitors; none for all of the screen.
        monitors: Vec<[u32; 4]>,
        /// The update, 0 for none.
        update: u64,
    },
    /// The picture is stale (say so on it), or no longer.
    Stale(bool),
    /// The host did not carry out input.
    InputRefused {
        /// How many messages.
        count: u32,
        /// Why the last one was not.
        why: InputRefusal,
    },
    /// The session is over. Nothing follows.
    Ended(Ending),
}

/// How a session ended, or never began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The host said so.
    Host(EndedBy),
    /// This technician ended it.
    Technician,
    /// The customer's machine is no longer connected.
    HostLeft,
    /// The line to the relay is cut.
    LinkLost,
    /// The relay closed this viewer's part or is being stopped.
    Dismissed,
    /// It never began or had to be broken off.
    Failed(crate::error::ViewerError),
}
