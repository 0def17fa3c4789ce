//! Signing as the organisation. In scope: opening its key, making the next statement, making a certificate.
//! Not in scope: what changes in a statement. `serve` never comes here.

use std::path::Path;

use deskhand_identity::{
    CERTIFICATE_LIFE_MS, Certificate, Organisation, PublicKey, STATEMENT_LIFE_MS, SecretKey, SignedCertificate, SignedStatement, Statement,
    TechnicianPublic,
};
use deskhand_link::keyfile;

use super::context::Context;
use super::error::AdminError;
use super::folder::ChangeLock;
use super::options::PassphraseOptions;
use super::options::SigningOptions;
use super::store;

/// Opens the organisation key in `file`.
pub(crate) fn open_key(file: &Path, passphrase: &PassphraseOptions, context: &Context<'_>) -> Result<SecretKey<Organisation>, AdminError> {
    if !file.exists() {
        return Err(AdminError::Failed(format!(
            "the organisation key is not at {}: name it with --org-key FILE, or sign where it is and bring the result here \
             (tech add --cert, policy import)",
            file.display()
        )));
    }
    Ok(keyfile::read(file, |path| context.passphrase(passphrase, path))?)
}

/// As [`open_key`], and it must be the key of this organisation.
pub(crate) fn open_key_of(
    organisation: &PublicKey<Organisation>,
    file: &Path,
    passphrase: &PassphraseOptions,
    context: &Context<'_>,
) -> Result<SecretKey<Organisation>, AdminError> {
    let key = open_key(file, passphrase, context)?;
    if key.public() != *organisation {
        return Err(AdminError::Refused(format!(
            "{} is the key of another organisation ({}, expected {})",
            file.display(),
            key.public().fingerprint(),
            organisation.fingerprint()
        )));
    }
    Ok(key)
}

/// Makes the next statement of a data folder and takes it into use. `change` is applied before any passphrase is asked
/// for; when it changes nothing, nothing is signed.
pub(crate) fn change_statement<R>(
    data: &Path,
    signing: &SigningOptions,
    context: &Context<'_>,
    change: impl FnOnce(&mut Statement) -> Result<R, AdminError>,
) -> Result<(SignedStatement, R), AdminError> {
    let held = {
        // Names what is missing before a lock file is made in a folder that is none.
        store::load_statement(data)?;
        let lock = ChangeLock::take(data)?;
        (lock, store::load_statement(data)?)
    };
    let (_lock, held) = held;
    let mut next = held.statement().clone();
    let result = change(&mut next)?;
    if next == *held.statement() {
        return Ok((held, result));
    }
    next.serial += 1;
    next.issued_ms = context.now_ms;
    next.not_after_ms = context.now_ms.saturating_add(STATEMENT_LIFE_MS);
    next.revoked.retain(|entry| entry.not_after_ms >= context.now_ms);
    let key = open_key_of(&next.organisation.key, &signing.key_file(data), &signing.passphrase, context)?;
    let signed = next.sign(&key)?;
    store::save_statement(data, &signed)?;
    Ok((signed, result))
}

/// Makes a certificate that begins now.
pub(crate) fn certify(
    key: &SecretKey<Organisation>,
    organisation_name: &str,
    name: &str,
    keys: TechnicianPublic,
    now_ms: u64,
) -> Result<SignedCertificate, AdminError> {
    let mut serial = [0; 8];
    // 48 bits: an integer that every JSON reader takes exactly.
    getrandom::fill(&mut serial[2..]).map_err(|error| AdminError::Failed(format!("no random numbers: {error}")))?;
    let certificate = Certificate {
        name: name.to_owned(),
        organisation: key.public(),
        organisation_name: organisation_name.to_owned(),
        keys,
        serial: u64::from_be_bytes(serial),
        issued_ms: now_ms,
        not_after_ms: now_ms.saturating_add(CERTIFICATE_LIFE_MS),
    };
    Ok(certificate.sign(key)?)
}
