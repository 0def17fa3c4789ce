//! The relay: pairing, forwarding, store and witness.
//!
//! In scope: who may come in, which technician is led to which host, forwarding sealed bytes by channel and priority,
//! storing the log and the recording as they were relayed. Not in scope: reading any of it. The relay depends on no
//! crate that could: it is blind by construction.
//!
//! | module | what |
//! | --- | --- |
//! | [`admin`] | every command but `serve`: keys, statement, technicians, reviewers, policy |
//! | [`serve`] | listening, admission, the directory, start and stop |
//! | [`host`], [`viewer`] | one connection each |
//! | [`live`] | the table of sessions |
//! | [`pairing`] | nameplates and claims |
//! | [`forward`] | bytes from one side to the other |
//! | [`audit`], [`store`] | the log and the recording on disk |
//! | [`index`] | SQLite, which can be rebuilt |
#![forbid(unsafe_code)]

pub mod admin;
pub mod audit;
pub mod clock;
pub mod forward;
pub mod host;
pub mod index;
pub mod live;
pub mod pairing;
pub mod relay;
pub mod reviewer;
pub mod serve;
mod speak;
pub mod store;
pub mod viewer;
mod wait;

pub(crate) use speak::speak;
pub(crate) use wait::within;
