//! QUIC between clients and the relay: endpoints, TLS from identities, framed streams, key files.
//!
//! In scope: a connection whose both ends proved a key, noticing within 5 s that the other end is gone, streams with
//! heads and frames within limits, the first words (`hello`), and key files on disk. Not in scope: what travels
//! (`wire` has the messages, `seal` makes them unreadable to the relay), and trying again after a loss.
//!
//! QUIC as in RFC 9000 with TLS 1.3 only, ALPN `deskhand/1`, no 0-RTT, no tickets. The relay shows a short-lived X.509
//! leaf under its pinned key, clients show raw public keys (RFC 7250).
#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]

mod caps;
mod client;
mod connection;
mod error;
mod frames;
mod hello;
pub mod keyfile;
mod listener;
mod me;
#[cfg(unix)]
#[allow(unsafe_code, reason = "registering a descriptor with the reactor")]
mod quiet;
mod socket;
mod tls;
mod transport;

pub use caps::Caps;
pub use client::connect;
pub use connection::{CloseCode, Connection, PathEstimate};
pub use error::LinkError;
pub use frames::{FrameReader, FrameWriter, priority};
pub use hello::{Greeting, hello, refusal_text, refused};
pub use listener::{Incoming, Listener};
pub use me::Me;
pub use tls::ALPN;
pub use transport::{
    CONNECTION_WINDOW, DATAGRAM_BUFFER, IDLE_TIMEOUT, INITIAL_WINDOW, KEEP_ALIVE, MAX_BI_STREAMS, MAX_UNI_STREAMS, SEND_WINDOW,
    STREAM_WINDOW,
};
