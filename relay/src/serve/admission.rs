//! Who may come in. A pure decision over what the handshake proved and what the directory says.
//!
//! In scope: versions, technicians' certificates, reviewers. Not in scope: what they may do inside; a host needs nothing
//! but its key, because a session's id is the hash of it.

use deskhand_identity::{CertificateError, PublicKey, Session, SignedCertificate};
use deskhand_wire::{
    limits::{OLDEST_VERSION, VERSION},
    relay::{ClientHello, Refusal, Role},
};

use super::directory::Snapshot;

/// A client that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// A host, with its session's key.
    Host(PublicKey<Session>),
    /// A technician, with the certificate of its key first, then every other one in the same name, newest first.
    Technician(Vec<SignedCertificate>),
    /// A reviewer.
    Reviewer,
}

/// The newest version that both speak.
///
/// # Errors
/// [`Refusal::Incompatible`] when there is none.
pub fn version(hello: &ClientHello) -> Result<u16, Refusal> {
    let common = hello.newest.min(VERSION);
    if common >= OLDEST_VERSION && common >= hello.oldest {
        Ok(common)
    } else {
        Err(Refusal::Incompatible { oldest: OLDEST_VERSION, newest: VERSION })
    }
}

/// Decides on a client that proved `key` and says that it is a `role`, at `now_ms` since the Unix epoch.
///
/// # Errors
/// Why it may not come in.
pub fn admit(role: Role, key: [u8; 32], snapshot: &Snapshot, now_ms: u64) -> Result<Admitted, Refusal> {
    match role {
        // The handshake verified a signature under it, so it is a key.
        Role::Host => PublicKey::from_bytes(key).map(Admitted::Host).map_err(|_| Refusal::StoreFailed),
        Role::Technician => technician(key, snapshot, now_ms).map(Admitted::Technician),
        Role::Reviewer => reviewer(key, snapshot).map(|_| Admitted::Reviewer).ok_or(Refusal::UnknownReviewer),
    }
}

/// The fingerprint of the reviewer with this key, when the statement names one.
#[must_use]
pub fn reviewer(key: [u8; 32], snapshot: &Snapshot) -> Option<String> {
    let reviewers = &snapshot.statement.statement().reviewers;
    reviewers.iter().find(|reviewer| *reviewer.keys.tls.bytes() == key).map(|reviewer| reviewer.keys.fingerprint())
}

fn technician(key: [u8; 32], snapshot: &Snapshot, now_ms: u64) -> Result<Vec<SignedCertificate>, Refusal> {
    let key = PublicKey::from_bytes(key).map_err(|_| Refusal::UnknownTechnician)?;
    let statement = snapshot.statement.statement();
    if statement.is_revoked(&key) {
        return Err(Refusal::RevokedTechnician);
    }
    let own = snapshot.technicians.find(&key).ok_or(Refusal::UnknownTechnician)?;
    let content = match statement.admit(&own.certificate, now_ms) {
        Ok(content) => content,
        Err(CertificateError::Revoked { .. }) => return Err(Refusal::RevokedTechnician),
        Err(CertificateError::Expired { .. } | CertificateError::NotYetValid { .. }) => {
            return Err(Refusal::ExpiredCertificate);
        }
        Err(_) => return Err(Refusal::UnknownTechnician),
    };
    let mut others: Vec<_> = snapshot.technicians.named(&content.name).filter(|other| other.certificate != own.certificate).collect();
    others.sort_by_key(|other| std::cmp::Reverse(other.content().issued_ms));
    let mut certificates = vec![own.certificate.clone()];
    certificates.extend(others.into_iter().map(|other| other.certificate.clone()));
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(oldest: u16, newest: u16) -> ClientHello {
        ClientHello { oldest, newest, role: Role::Host, statement_serial: 0 }
    }

    #[test]
    fn the_newest_common_version_is_spoken() {
        assert_eq!(version(&hello(OLDEST_VERSION, VERSION)), Ok(VERSION));
        assert_eq!(version(&hello(OLDEST_VERSION, VERSION + 5)), Ok(VERSION));
    }

    #[test]
    fn without_a_common_version_the_relay_says_which_it_speaks() {
        let refusal = Err(Refusal::Incompatible { oldest: OLDEST_VERSION, newest: VERSION });
        assert_eq!(version(&hello(VERSION + 1, VERSION + 2)), refusal);
        assert_eq!(version(&hello(0, OLDEST_VERSION - 1)), refusal);
        assert_eq!(version(&hello(9, 1)), refusal);
    }
}
