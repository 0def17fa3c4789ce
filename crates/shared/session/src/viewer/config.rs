//! What a viewer session is started with.
//!
//! In scope: keys, certificate, code. Not in scope: where they come from.

use deskhand_identity::{PublicKey, Relay, SecretKey, SignedCertificate, SignedStatement, Technician, TechnicianCosign};
use deskhand_seal::code::Code;
use deskhand_wire::control::Scopes;

/// Everything that a [`ViewerSession`](super::ViewerSession) is made of. Nothing is read from anywhere else.
pub struct ViewerConfig {
    /// 32 bytes from the system's generator: every random value of the session comes from them. Used for one session.
    pub seed: [u8; 32],
    /// The technician's key, also the TLS identity. It signs the pairing.
    pub key: SecretKey<Technician>,
    /// The key that cosigns the session's log, of the same certificate.
    pub cosign: SecretKey<TechnicianCosign>,
    /// The organisation's certificate for that key, as the relay handed it over.
    pub certificate: SignedCertificate,
    /// That it is in the organisation's log, as the relay proves it.
    pub entered: Vec<u8>,
    /// The organisation's statement.
    pub statement: SignedStatement,
    /// Key of the relay that the viewer is connected to.
    pub relay: PublicKey<Relay>,
    /// The code that the customer read aloud.
    pub code: Code,
    /// The ticket this session belongs to, at most 64 bytes.
    pub ticket: Option<String>,
    /// Why, at most 240 bytes; the customer reads it.
    pub reason: Option<String>,
    /// What is asked for at the start.
    pub scopes: Scopes,
}
