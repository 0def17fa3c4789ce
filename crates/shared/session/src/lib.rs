//! The session as a pure state machine: pairing, consent, grants, ticks, epochs and the log of all that.
//!
//! In scope: every decision of a session. [`host::HostSession`] runs on the customer's machine, [`viewer::ViewerSession`]
//! on the technician's. Both are sans-I/O: something happened goes in by `handle(now, input)`, what to do next comes out
//! by `poll_output()` until it is `None`, and `poll_timeout()` says when to call again if nothing happens. They read no
//! clock and draw no random number: time is a parameter and randomness comes from one 32-byte seed.
//!
//! Not in scope: sockets (`link`), pixels (`encode`, `decode`), injecting (`control`), windows (the two programs).
//!
//! Invariant: a transition that changes a grant cannot be completed without taking its audit event. It returns a
//! `#[must_use]` value that holds both, and only writing the event gives the grant.
#![forbid(unsafe_code)]

mod clock;
pub mod error;
pub mod grant;
pub mod host;
mod language;
mod padded;
mod question;
#[cfg(test)]
mod scenarios;
mod tally;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod viewer;

pub use clock::Now;
pub use deskhand_audit::AnswerInput;
pub use deskhand_identity::SessionId;
pub use deskhand_seal::code::{Code, CodeError, CodeStyle, Language, Typing, typing};
pub use deskhand_wire::{
    control::{Scope, Scopes},
    input::{Button, InputEvent, Key, NamedKey},
};
pub use error::{ApiMisuse, InputBlocked, SealRefusal, StartError, UpdateRefusal, ViewerError};
pub use grant::{ControlGrant, Refusal, ViewGrant};
pub use language::word_list;
pub use question::{Question, RecordingNotice, Standing};
