//! Pairing: from the secret half of a code to a master key that both ends, and only they, share.
//!
//! SPAKE2 for the password, ML-KEM-768 because the relay keeps ciphertext for years. The transcript hash binds session,
//! nameplate, relay key, organisation key and both messages byte for byte, so that a changed offer changes every key.
//! In scope: the computation of both ends. Not in scope: message layouts (`wire`), counting attempts (`session`).
//! ```text
//! th     = SHA-256("deskhand/pair/1" || lp(sid, nameplate, relay key, organisation key) || lp(P1) || lp(P2))
//! master = HKDF-Extract(salt th, K_spake2 || K_mlkem)
//! ```
//! `lp` puts a 32-bit big-endian length before each item.

mod kem;
mod pake;

pub use kem::{KEM_CIPHERTEXT_LEN, KEM_KEY_LEN};
pub use pake::{MalformedExchange, Names, Pake, Spake2Ed25519};

use crate::code::{Nameplate, Password};
use crate::draw::Seed;
use crate::keys::{Direction, Master};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Suite name for the log: what the keys came from.
pub const SUITE_NAME: &str = "spake2-ed25519+ml-kem-768/aes-128-gcm-sha256-128";
/// Bytes of a confirmation.
pub const CONFIRM_LEN: usize = 32;

/// What both ends must agree on before they begin. A difference in any field gives different keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairContext {
    /// The session's id: a hash of the host's session key.
    pub sid: [u8; 16],
    /// Public half of the code.
    pub nameplate: Nameplate,
    /// Ed25519 key of the relay both are connected to.
    pub relay: [u8; 32],
    /// Ed25519 key of the organisation whose statement both hold.
    pub organisation: [u8; 32],
}

impl PairContext {
    fn role(&self, role: &str) -> Vec<u8> {
        let mut name = format!("deskhand/{role}/1").into_bytes();
        for part in [&self.sid[..], &self.relay, &self.organisation] {
            name.extend_from_slice(part);
        }
        name
    }

    /// The transcript hash over this context and both messages exactly as they travelled.
    #[must_use]
    pub fn transcript(&self, p1: &[u8], p2: &[u8]) -> [u8; 32] {
        let mut hash = Sha256::new().chain_update(b"deskhand/pair/1");
        let nameplate = self.nameplate.to_string();
        let parts = [&self.sid[..], nameplate.as_bytes(), &self.relay, &self.organisation, p1, p2];
        for part in parts {
            let length = u32::try_from(part.len()).expect("pairing messages are capped far below 4 GiB");
            hash.update(length.to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// The technician's half of P1.
pub struct Opening {
    /// Fresh bytes.
    pub nonce: [u8; 32],
    /// The exchange message.
    pub pake: Vec<u8>,
    /// ML-KEM-768 encapsulation key, [`KEM_KEY_LEN`] bytes.
    pub kem_key: Vec<u8>,
}

/// The host's half of P2.
pub struct Reply {
    /// Fresh bytes.
    pub nonce: [u8; 32],
    /// The exchange message.
    pub pake: Vec<u8>,
    /// ML-KEM-768 ciphertext, [`KEM_CIPHERTEXT_LEN`] bytes.
    pub kem_ciphertext: Vec<u8>,
}

/// The technician's end between P1 and P2.
pub struct TechnicianPairing<P: Pake = Spake2Ed25519> {
    context: PairContext,
    pake: P,
    kem: kem::KemPair,
}

impl<P: Pake> TechnicianPairing<P> {
    /// Begins; `seed` is used for this attempt alone.
    #[must_use]
    pub fn start(context: PairContext, password: &Password, seed: &Seed) -> (Self, Opening) {
        let (technician, host) = (context.role("technician"), context.role("host"));
        let names = Names { technician: &technician, host: &host };
        let (pake, message) = P::technician(password, &names, seed.child("pake", 0));
        let kem = kem::KemPair::new(&seed.child("kem", 0));
        let opening = Opening { nonce: *seed.draw("nonce", 0), pake: message, kem_key: kem.public() };
        (Self { context, pake, kem }, opening)
    }

    /// Ends with P2. `p1` and `p2` are the encoded messages, `pake` and `kem_ciphertext` fields of `p2`.
    ///
    /// # Errors
    /// [`MalformedExchange`] when the host's fields cannot be used.
    pub fn finish(self, p1: &[u8], p2: &[u8], pake: &[u8], kem_ciphertext: &[u8]) -> Result<Unconfirmed, MalformedExchange> {
        let shared = self.kem.open(kem_ciphertext)?;
        let password_key = self.pake.finish(pake)?;
        Ok(Unconfirmed::new(self.context.transcript(p1, p2), &password_key, &shared, Direction::ViewerToHost))
    }
}

/// The host's end between computing P2's fields and sending it.
pub struct HostPairing<P: Pake = Spake2Ed25519> {
    context: PairContext,
    pake: P,
    peer: Vec<u8>,
    shared: Zeroizing<[u8; 32]>,
}

impl<P: Pake> HostPairing<P> {
    /// Answers P1's fields; `seed` is used for this attempt alone.
    ///
    /// # Errors
    /// [`MalformedExchange`] when the technician's fields cannot be used.
    pub fn answer(
        context: PairContext,
        password: &Password,
        seed: &Seed,
        pake: &[u8],
        kem_key: &[u8],
    ) -> Result<(Self, Reply), MalformedExchange> {
        if pake.len() != P::MESSAGE_LEN {
            return Err(MalformedExchange);
        }
        let (technician, host) = (context.role("technician"), context.role("host"));
        let names = Names { technician: &technician, host: &host };
        let (state, message) = P::host(password, &names, seed.child("pake", 1));
        let (kem_ciphertext, shared) = kem::encapsulate(kem_key, &seed.child("kem", 1))?;
        let reply = Reply { nonce: *seed.draw("nonce", 1), pake: message, kem_ciphertext };
        Ok((Self { context, pake: state, peer: pake.to_vec(), shared }, reply))
    }

    /// Ends once P2 is encoded. `p1` and `p2` are the messages as they travel.
    ///
    /// # Errors
    /// [`MalformedExchange`] when the technician's exchange message cannot be used.
    pub fn finish(self, p1: &[u8], p2: &[u8]) -> Result<Unconfirmed, MalformedExchange> {
        let password_key = self.pake.finish(&self.peer)?;
        Ok(Unconfirmed::new(self.context.transcript(p1, p2), &password_key, &self.shared, Direction::HostToViewer))
    }
}

/// The other end did not know the code, or somebody changed a message on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the code is wrong, or a message was changed on the way")]
pub struct NotConfirmed;

/// A master key that nobody confirmed yet: it can make and check confirmations, and nothing else.
#[must_use = "a pairing is worth nothing until the other end confirmed it"]
pub struct Unconfirmed {
    master: Master,
    own: Direction,
}

impl std::fmt::Debug for Unconfirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unconfirmed(hidden)")
    }
}

impl Unconfirmed {
    fn new(th: [u8; 32], password_key: &[u8], shared: &[u8; 32], own: Direction) -> Self {
        let mut input = Zeroizing::new(Vec::with_capacity(password_key.len() + shared.len()));
        input.extend_from_slice(password_key);
        input.extend_from_slice(shared);
        Self { master: Master::extract(th, &input), own }
    }

    /// What this end sends to prove that it knows the code. The host sends its own only after it checked the other's.
    #[must_use]
    pub fn confirmation(&self) -> [u8; CONFIRM_LEN] {
        self.master.confirmation(self.own)
    }

    /// Checks the other end's confirmation in constant time and gives the keys.
    ///
    /// # Errors
    /// [`NotConfirmed`]; the keys are gone then.
    pub fn confirm(self, theirs: &[u8]) -> Result<Master, NotConfirmed> {
        if self.master.confirms(self.own.other(), theirs) { Ok(self.master) } else { Err(NotConfirmed) }
    }
}
