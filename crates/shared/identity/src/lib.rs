//! Who is who: key text forms, the organisation's signed statement, its policy, and technician certificates.
//!
//! In scope: typed Ed25519 keys and their one-line text, session ids, certificates, the statement file
//! `deskhand.toml`, the policy in it, and the byte form of key files. Everything here is a pure function.
//! Not in scope: files, clocks, random numbers (seeds, salts, nonces and the time are parameters) and the network.
//!
//! What a signature proves: [`SignedStatement::parse`] checks that the file is whole, by the key that travels in it.
//! Whose file it is follows only from a key known beforehand ([`SignedStatement::origin`]).

#![forbid(unsafe_code)]

mod bytes;
mod certificate;
mod key;
mod keyfile;
mod kind;
mod label;
mod name;
mod policy;
mod reviewer;
mod secret;
mod session_id;
mod signature;
mod statement;
mod technician;
mod text;
mod time;
mod well_known;

pub use certificate::{CERTIFICATE_LIFE_MS, CLOCK_TOLERANCE_MS, Certificate, CertificateError, MAX_CERTIFICATE_BYTES, SignedCertificate};
pub use key::PublicKey;
pub use keyfile::{Cost, KeyFile, KeyFileError, KeyMaterial, MAX_KEY_FILE_BYTES, Sealed};
pub use kind::{Kind, Organisation, Relay, RelayCosign, Reviewer, Session, Technician, TechnicianCosign, Witness};
pub use label::Label;
pub use name::{MAX_ADDRESS_BYTES, MAX_DOMAIN_BYTES, MAX_NAME_BYTES, NameError, check_address, check_domain, check_name};
pub use policy::{CodeLanguage, CodeStyle, CosignMissing, DiskFull, Policy, PolicyError, PolicyKey, Recording, Scope};
pub use reviewer::{ReviewerPublic, ReviewerSecret};
pub use secret::SecretKey;
pub use session_id::{SessionId, SessionIdError};
pub use signature::{BadSignature, Signature};
pub use statement::{
    MAX_RELAY_ADDRESSES, MAX_RELAYS, MAX_REVIEWERS, MAX_REVOKED, MAX_STATEMENT_BYTES, MAX_WITNESSES, OrganisationEntry, Origin, RelayEntry,
    ReviewerEntry, RevokedEntry, STATEMENT_LIFE_MS, STATEMENT_VERSION, SignedStatement, Statement, StatementError, Successor, WitnessEntry,
};
pub use technician::{TechnicianPublic, TechnicianSecret};
pub use text::KeyTextError;
pub use time::{rfc3339, rfc3339_to_ms};
pub use well_known::{MAX_WELL_KNOWN_BYTES, WELL_KNOWN_PATH, well_known_names, well_known_text};
