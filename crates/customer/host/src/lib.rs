//! The customer's program: a code to read aloud, a question, a banner, a Stop.
//!
//! In scope: putting the parts together. One task owns the session and carries out what it says ([`conductor`]); one thread brings
//! the screen out ([`pipeline`]) and one carries input out ([`effector`]), each only with a grant; a front ([`window`] or
//! [`terminal`]) draws snapshots and leaves commands. Not in scope: who may what (`session`), keys on the wire (`seal`), pixels
//! (`capture`, `encode`), the pointer (`control`).
//!
//! Invariant: nothing of the screen is asked for and nothing is injected without a grant of `session`, and Stop pulls one switch
//! that every effector asks before it sends anything to anybody.
#![forbid(unsafe_code)]

pub mod board;
pub mod clock;
pub mod conductor;
pub mod domain;
pub mod effector;
pub mod failure;
pub mod options;
pub mod organisation;
pub mod pipeline;
pub mod receipt;
pub mod snapshot;
pub mod start;
pub mod statement_file;
pub mod stop;
pub mod stop_key;
pub mod terminal;
pub mod window;
pub mod wording;
