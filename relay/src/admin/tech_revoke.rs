//! `tech revoke`: certificates that no longer count. In scope: the next statement that names their keys.
//! Not in scope: ending live sessions, which the running relay does when it reads that statement.

use std::fmt;

use deskhand_identity::{CERTIFICATE_LIFE_MS, PublicKey, RevokedEntry, Statement, Technician, TechnicianPublic};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::TechRevokeOptions;
use super::organisation;
use super::store::{self, Technicians};

/// What was revoked.
#[derive(Clone, Debug)]
pub struct TechniciansRevoked {
    /// The entries added to the statement; empty when all were in it already.
    pub entries: Vec<RevokedEntry>,
    /// The serial of the statement that holds them.
    pub serial: u64,
}

/// Revokes every certificate in a name, or one by its fingerprint or public key.
///
/// # Errors
/// [`AdminError::Failed`] when nobody fits, and what signing says.
pub fn tech_revoke(options: &TechRevokeOptions, context: &Context<'_>) -> Result<TechniciansRevoked, AdminError> {
    let data = &options.data.data;
    let (signed, entries) = organisation::change_statement(data, &options.signing, context, |statement| {
        let technicians = store::load_technicians(data, statement, context.now_ms)?;
        let entries = entries(&options.name, &technicians, statement, context.now_ms)?;
        statement.revoked.extend(entries.iter().cloned());
        Ok(entries)
    })?;
    Ok(TechniciansRevoked { entries, serial: signed.statement().serial })
}

fn entries(who: &str, technicians: &Technicians, statement: &Statement, now_ms: u64) -> Result<Vec<RevokedEntry>, AdminError> {
    let mut found: Vec<RevokedEntry> = technicians
        .known
        .iter()
        .map(|technician| technician.content())
        .filter(|content| content.name == who || content.keys.fingerprint() == who || content.keys.to_string() == who)
        .map(|content| RevokedEntry {
            name: content.name.clone(),
            key: content.keys.tls,
            revoked_ms: now_ms,
            not_after_ms: content.not_after_ms.max(now_ms),
        })
        .collect();
    if found.is_empty() {
        // A certificate that was signed but never imported here can still be revoked by its key.
        let key = key_of(who)
            .ok_or_else(|| AdminError::Failed(format!("there is no technician {who:?} here: tech list shows names and fingerprints")))?;
        found.push(RevokedEntry {
            name: "not known here".into(),
            key,
            revoked_ms: now_ms,
            not_after_ms: now_ms.saturating_add(CERTIFICATE_LIFE_MS),
        });
    }
    found.retain(|entry| !statement.is_revoked(&entry.key));
    Ok(found)
}

fn key_of(text: &str) -> Option<PublicKey<Technician>> {
    TechnicianPublic::parse(text).map(|keys| keys.tls).or_else(|_| PublicKey::parse(text)).ok()
}

impl fmt::Display for TechniciansRevoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entries.is_empty() {
            return writeln!(f, "Revoked already by statement {}: nothing was changed.", self.serial);
        }
        for entry in &self.entries {
            writeln!(f, "Revoked {} ({}).", entry.name, entry.key.fingerprint())?;
        }
        writeln!(f, "Statement {} says so; a running relay takes it over by itself.", self.serial)
    }
}

impl Answer for TechniciansRevoked {
    fn json(&self) -> Vec<Value> {
        let revoked: Vec<Value> =
            self.entries.iter().map(|entry| json!({ "name": entry.name, "fingerprint": entry.key.fingerprint() })).collect();
        vec![json!({ "revoked": revoked, "serial": self.serial })]
    }
}
