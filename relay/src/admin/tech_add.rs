//! `tech add`: a technician for this relay. In scope: importing a certificate that was checked, signing one first when
//! the organisation key is at hand. Not in scope: the running relay, which reads the folder by itself.

use std::fmt;
use std::path::PathBuf;

use deskhand_identity::{SignedCertificate, Statement, TechnicianPublic, check_name, rfc3339};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::folder::ChangeLock;
use super::options::TechAddOptions;
use super::{organisation, store};

/// A technician that was added.
#[derive(Clone, Debug)]
pub struct TechnicianAdded {
    /// The certificate.
    pub certificate: SignedCertificate,
    /// Where it lies.
    pub file: PathBuf,
    /// Other keys with a certificate in the same name.
    pub others_in_name: usize,
}

/// Adds a technician.
///
/// # Errors
/// [`AdminError::Usage`] for name or key, [`AdminError::Refused`] for a certificate that does not count here.
pub fn tech_add(options: &TechAddOptions, context: &Context<'_>) -> Result<TechnicianAdded, AdminError> {
    let data = &options.data.data;
    let signed = store::load_statement(data)?;
    let statement = signed.statement();
    let certificate = match (&options.cert, &options.name, &options.pubkey) {
        (Some(file), _, _) => store::read_certificate(file)?,
        (None, Some(name), Some(pubkey)) => sign(options, context, statement, name, pubkey)?,
        _ => return Err(AdminError::Usage("give NAME and PUBKEY, or --cert CERT".into())),
    };
    statement.admit(&certificate, context.now_ms)?;

    let _lock = ChangeLock::take(data)?;
    let technicians = store::load_technicians(data, statement, context.now_ms)?;
    let content = certificate.claimed();
    let held = technicians.find(&content.keys.tls);
    if held.is_some_and(|held| held.content().issued_ms > content.issued_ms) {
        return Err(AdminError::Refused(format!("a newer certificate of {} is here already: nothing was changed", content.name)));
    }
    let others_in_name = technicians.named(&content.name).filter(|other| other.content().keys.tls != content.keys.tls).count();
    let file = store::save_certificate(data, &certificate)?;
    Ok(TechnicianAdded { certificate, file, others_in_name })
}

fn sign(
    options: &TechAddOptions,
    context: &Context<'_>,
    statement: &Statement,
    name: &str,
    pubkey: &str,
) -> Result<SignedCertificate, AdminError> {
    check_name(name)?;
    let keys = TechnicianPublic::parse(pubkey)?;
    if statement.is_revoked(&keys.tls) {
        return Err(AdminError::Refused(format!(
            "the key of {name} is revoked: let the technician make a new one (deskhand-viewer keygen)"
        )));
    }
    let file = options.signing.key_file(&options.data.data);
    let key = organisation::open_key_of(&statement.organisation.key, &file, &options.signing.passphrase, context)?;
    organisation::certify(&key, &statement.organisation.name, name, keys, context.now_ms)
}

impl fmt::Display for TechnicianAdded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.certificate.claimed();
        writeln!(f, "Added {} ({}) until {}.", content.name, content.keys.fingerprint(), rfc3339(content.not_after_ms))?;
        if self.others_in_name > 0 {
            writeln!(f, "Note: {} more in this name; tech list shows them, and the technician is shown every one.", self.others_in_name)?;
        }
        Ok(())
    }
}

impl Answer for TechnicianAdded {
    fn json(&self) -> Vec<Value> {
        let content = self.certificate.claimed();
        vec![json!({
            "name": content.name,
            "fingerprint": content.keys.fingerprint(),
            "not_after": rfc3339(content.not_after_ms),
            "file": self.file,
            "others_in_name": self.others_in_name,
        })]
    }
}
