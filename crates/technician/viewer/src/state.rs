//! What the session task shows and what it is told: the only words between it and a window or a script.
//!
//! In scope: plain data. A window is a function of a [`Snapshot`] and gives [`Command`]s; it owns no connection, key or timer.

use crate::{failure::Failure, passphrase::Passphrase, trail::Trail};
use deskhand_paint::Surface;
use deskhand_screen::Rect;
use deskhand_seal::code::Language;
use deskhand_session::{Code, InputEvent, Scope, Scopes};
use deskhand_wire::{
    Millis,
    control::{Denial, RevokedBy},
};
use std::sync::Arc;

/// What there is to see at one moment.
#[derive(Clone)]
pub(crate) enum Snapshot {
    /// The key file needs its passphrase.
    Unlock(Unlock),
    /// A code can be typed.
    Entry(Entry),
    /// On the way to the customer.
    Connecting(Connecting),
    /// The session.
    Live(Box<Live>),
    /// It is over, or never began.
    Over(Over),
}

/// The key file needs its passphrase.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlock {
    /// The key file.
    pub file: String,
    /// What was wrong with the last one.
    pub wrong: Option<String>,
    /// Whether one is being tried.
    pub busy: bool,
}

/// A code can be typed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The organisation, as its statement names it.
    pub organisation: String,
    /// The list that the words are of.
    pub language: Language,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Looking for the relay.
    Relay,
    /// Finding the customer's machine and proving the code.
    Pairing,
    /// The customer is being asked.
    Asking,
    /// Allowed; waiting for the first picture.
    Picture,
}

/// On the way to the customer.
#[derive(Clone, Debug)]
pub(crate) struct Connecting {
    /// How far.
    pub step: Step,
    /// The relay's address, as configured.
    pub relay: String,
    /// The code's public number.
    pub nameplate: String,
    /// What the technician should know about certificates in their name.
    pub notice: Option<String>,
}

/// The session.
#[derive(Clone)]
pub(crate) struct Live {
    /// Whose machine it is, as far as anybody can know.
    pub host: String,
    /// The technician's name in the certificate.
    pub technician: String,
    /// The ticket.
    pub ticket: Option<String>,
    /// The session's id.
    pub session: String,
    /// What is allowed now.
    pub granted: Scopes,
    /// When control ends by itself, on this program's clock.
    pub control_until: Option<Millis>,
    /// Whether the customer is being asked.
    pub asking: bool,
    /// Since when the picture is stale, on this program's clock.
    pub stale_since: Option<Millis>,
    /// Round-trip time to the relay, milliseconds.
    pub rtt_ms: u64,
    /// The last thing worth saying.
    pub message: Option<Message>,
    /// The customer's monitors, pixels of the screen.
    pub monitors: Vec<Rect>,
    /// The monitor that the technician wants to see; none for all of the screen.
    pub chosen: Option<Rect>,
    /// The part of the picture that is shown; none for all of it.
    pub seen: Option<Rect>,
    /// Where the picture and the customer's pointer come from; none in a script.
    pub surface: Option<Arc<Surface>>,
    /// What the last updates touched, for who wants to see how the screen travels.
    pub trail: Arc<Trail>,
}

/// A short sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The sentence.
    pub text: String,
    /// When it was said, on this program's clock.
    pub at: Millis,
}

/// It is over, or never began.
#[derive(Clone, Debug)]
pub(crate) struct Over {
    /// What happened and what to do.
    pub failure: Failure,
    /// Whether there was a session.
    pub was_live: bool,
}

/// What a person or a script wants.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Open the key file.
    Unlock(Passphrase),
    /// Begin a session.
    Connect {
        /// The customer's code.
        code: Code,
        /// The ticket.
        ticket: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// Ask the customer for a scope.
    Request {
        /// Which.
        scope: Scope,
        /// For how long, minutes.
        minutes: u16,
        /// Why.
        reason: Option<String>,
    },
    /// Give control back.
    Release,
    /// Do this on the customer's machine, in order.
    Input(Vec<InputEvent>),
    /// See this monitor alone, or all of the screen.
    Look(Option<Rect>),
    /// Let go of everything that is held.
    LetGo,
    /// End the session, or stop connecting.
    End,
    /// Back to the entry of a code.
    Again,
}

/// Something that happened, for scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Keys are shared.
    Paired {
        /// The session's id.
        session: String,
    },
    /// The customer is being asked.
    Asking(Scopes),
    /// Allowed.
    Granted(Scopes),
    /// Not allowed.
    Denied(Scopes, Denial),
    /// No longer allowed.
    Revoked(Scopes, RevokedBy),
    /// Input was not carried out.
    InputRefused {
        /// How many messages.
        count: u32,
        /// Why the last was not.
        reason: &'static str,
    },
    /// The picture is stale, or no longer.
    Stale(bool),
    /// The customer's screen has this shape.
    Screen {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// Monitors: x, y, width, height.
        monitors: Vec<[u32; 4]>,
    },
}

/// The word and the sentence for input that the host did not carry out.
#[must_use]
pub(crate) fn refusal(why: deskhand_wire::control::InputRefusal) -> (&'static str, &'static str) {
    use deskhand_wire::control::InputRefusal as R;
    match why {
        R::NoGrant => ("no_grant", "not done: control is not granted any more"),
        R::Stale => ("stale", "not done: it was held back on the way for too long"),
        R::Changed => ("changed", "not done: the screen had changed under the pointer; look, then click again"),
        R::QuestionOpen => ("question_open", "not done: a question is open at the customer's"),
        R::OwnWindow => ("own_window", "not done: Deskhand's own windows are the customer's alone"),
        R::System => ("system", "not done: the customer's system refused it"),
        R::TooFast => ("too_fast", "not done: too much at once"),
    }
}
