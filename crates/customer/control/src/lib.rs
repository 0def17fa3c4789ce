//! A technician's input to operating-system events, only with a [`ControlGrant`].
//!
//! In scope: carrying out an [`InputEvent`] on this desktop, and refusing to. The grant is asked before every event and
//! before every character, so that a Stop holds in the middle of a word; what is held down is let go then. Nothing is
//! ever injected into a Deskhand window, so that a technician cannot answer the customer's question. Not in scope: who
//! may have a grant (`session`), whether a picture was fresh enough to click on (`session`), the network.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`injector`] | the order of checks and events |
//! | [`held`] | what is down, so that nothing sticks |
//! | [`symbols`] | keys and characters as X11 keysyms |
//! | `x11` | the keyboard's map, spare keys for other characters, whose window is where |
#![forbid(unsafe_code)]

pub mod error;
pub mod held;
pub mod injector;
pub mod symbols;
mod x11;

pub use deskhand_session::{Button, ControlGrant, InputEvent, Key, NamedKey};
pub use error::{Blocked, ControlError, InputFailure};
pub use injector::Injector;
