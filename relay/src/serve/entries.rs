//! What an administrator changes in the data folder is entered in the organisation's log before it counts.
//!
//! In scope: which entries a statement and its technicians ask for. Not in scope: reading the files (`directory`), keeping the log
//! (`store::organisation`). An entry that is there already is not made again.

use std::io;

use deskhand_audit::{Hash, organisation::OrganisationEvent};

use super::directory::Snapshot;
use crate::store::organisation::Ledger;

/// Enters the statement, every certificate and every revocation. Blocks.
///
/// # Errors
/// What the disk says: what is not entered must not count.
pub(super) fn enter(ledger: &Ledger, snapshot: &Snapshot) -> io::Result<()> {
    let statement = snapshot.statement.statement();
    let policy = OrganisationEvent::PolicyChanged { serial: statement.serial, sha256: Hash::of(snapshot.statement.text().as_bytes()) };
    let certified = snapshot.technicians.known.iter().map(|known| {
        let content = known.content();
        let sha256 = Hash::of(known.certificate.to_text().as_bytes());
        OrganisationEvent::TechCertified { key_fp: content.keys.tls.fingerprint(), serial: content.serial, sha256 }
    });
    let revoked = statement.revoked.iter().map(|entry| OrganisationEvent::TechRevoked { key_fp: entry.key.fingerprint() });
    ledger.append_new(std::iter::once(policy).chain(certified).chain(revoked))
}
