//! Runs decode in a process that can reach nothing.
//!
//! What a customer's machine sends is parsed by a large codec written in C. A hijacked codec must find no key, no file and no
//! network: it runs in a child process, this program's own executable started again, with limits on memory and a system call
//! filter that allows little more than reading the next update, writing a short answer, and memory for itself.
//!
//! In scope: starting, feeding, watching and replacing that process, and the picture in memory shared with it. Not in scope:
//! decoding (`decode`). Linux only so far.
//!
//! A program that uses [`Cage`] calls [`run_if_asked`] first thing in `main`.
#![deny(unsafe_op_in_unsafe_fn)]

mod answer;
mod caged;
mod error;
mod jail;
mod parent;
mod pipe;
mod shared;

pub use caged::run_if_asked;
pub use deskhand_decode::{Applied, DecodeError, Touch, Way};
pub use error::CageError;
pub use jail::lock_up;
pub use parent::Cage;

/// The hidden argument that makes a program be the cage.
pub const ARGUMENT: &str = "--decode-caged";
