//! A relay that serves, over real QUIC on loopback. One binary for all scenarios: they share a relay's heavy parts.
//!
//! | file | scenarios |
//! | --- | --- |
//! | `clients` | who gets in, who is led to whom, what is noticed when somebody goes |
//! | `cosigned` | technicians' cosignatures, and a host that shows two histories |
//! | `updates` | what reaches viewers, what is recorded, what a slow viewer costs others |
//! | `stored` | the log: acknowledged is on disk, what does not fit is refused, a full disk is said |
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients;
mod common;
mod cosigned;
mod stored;
mod updates;
