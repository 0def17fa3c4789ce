//! The password-authenticated key exchange behind a trait, so that another one can take its place.
//!
//! In scope: SPAKE2 over Ed25519 as the crate `spake2` 0.4 does it (asymmetric roles; this is not RFC 9382 and does
//! not claim to be). Not in scope: the transcript, the post-quantum half and the confirmation (`super`).

use crate::code::Password;
use crate::draw::{Seed, SeedStream};
use spake2::{Ed25519Group, Identity, Spake2};
use zeroize::Zeroizing;

/// The names both ends are bound to; a different name on either end gives a different key.
pub struct Names<'a> {
    /// Who starts: the technician's role, bound to the session.
    pub technician: &'a [u8],
    /// Who answers: the host's role, bound to the session.
    pub host: &'a [u8],
}

/// A peer's exchange message that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other end's pairing message is malformed")]
pub struct MalformedExchange;

/// A balanced password-authenticated key exchange: one message each way, then a shared key.
/// A wrong password gives each end a different key and tells neither anything else.
pub trait Pake: Sized {
    /// Name for the log.
    const NAME: &'static str;
    /// Bytes of either message.
    const MESSAGE_LEN: usize;

    /// The technician's end: state and the message to send.
    fn technician(password: &Password, names: &Names<'_>, seed: Seed) -> (Self, Vec<u8>);
    /// The host's end: state and the message to send.
    fn host(password: &Password, names: &Names<'_>, seed: Seed) -> (Self, Vec<u8>);
    /// The shared key from the other end's message.
    ///
    /// # Errors
    /// [`MalformedExchange`] when the message is not one of the other role.
    fn finish(self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, MalformedExchange>;
}

/// SPAKE2 over the Ed25519 group. The crate keeps its scalars in plain memory until they are dropped and does not
/// wipe them; a run lives for one attempt at one code only.
pub struct Spake2Ed25519(Spake2<Ed25519Group>);

impl Pake for Spake2Ed25519 {
    const NAME: &'static str = "spake2-ed25519";
    const MESSAGE_LEN: usize = 33;

    fn technician(password: &Password, names: &Names<'_>, seed: Seed) -> (Self, Vec<u8>) {
        let password = spake2::Password::new(password.bytes());
        let (a, b) = (Identity::new(names.technician), Identity::new(names.host));
        let (state, message) = Spake2::start_a_with_rng(&password, &a, &b, SeedStream::new(seed));
        (Self(state), message)
    }

    fn host(password: &Password, names: &Names<'_>, seed: Seed) -> (Self, Vec<u8>) {
        let password = spake2::Password::new(password.bytes());
        let (a, b) = (Identity::new(names.technician), Identity::new(names.host));
        let (state, message) = Spake2::start_b_with_rng(&password, &a, &b, SeedStream::new(seed));
        (Self(state), message)
    }

    fn finish(self, message: &[u8]) -> Result<Zeroizing<Vec<u8>>, MalformedExchange> {
        self.0.finish(message).map(Zeroizing::new).map_err(|_| MalformedExchange)
    }
}
