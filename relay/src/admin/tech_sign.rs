//! `tech sign`: a certificate, made where the organisation key is. In scope: signing and writing it.
//! Not in scope: importing it into a relay (`tech_add`).

use std::fmt;
use std::path::{Path, PathBuf};

use deskhand_identity::{Organisation, PublicKey, SignedCertificate, TechnicianPublic, check_name, rfc3339};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::TechSignOptions;
use super::{folder, organisation, store};

/// A certificate that was signed.
#[derive(Clone, Debug)]
pub struct TechnicianSigned {
    /// It.
    pub certificate: SignedCertificate,
    /// The file it was written to.
    pub out: Option<PathBuf>,
}

/// Signs a certificate.
///
/// # Errors
/// [`AdminError::Usage`] for name or key, and what opening the organisation key says.
pub fn tech_sign(options: &TechSignOptions, context: &Context<'_>) -> Result<TechnicianSigned, AdminError> {
    check_name(&options.name)?;
    let keys = TechnicianPublic::parse(&options.pubkey)?;
    let key = organisation::open_key(&options.org_key, &options.passphrase, context)?;
    let organisation_name = name_beside(&options.org_key, &key.public());
    let certificate = organisation::certify(&key, &organisation_name, &options.name, keys, context.now_ms)?;
    if let Some(out) = &options.out {
        folder::write_whole(out, format!("{}\n", certificate.to_text()).as_bytes())?;
    }
    Ok(TechnicianSigned { certificate, out: options.out.clone() })
}

/// The organisation's name from a statement of the same key that lies beside the key; else none, and the name in the
/// statement of whoever reads the certificate stands.
fn name_beside(org_key: &Path, key: &PublicKey<Organisation>) -> String {
    store::read_statement(&org_key.with_file_name(store::STATEMENT))
        .ok()
        .filter(|statement| statement.statement().organisation.key == *key)
        .map(|statement| statement.statement().organisation.name.clone())
        .unwrap_or_default()
}

impl fmt::Display for TechnicianSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.certificate.claimed();
        match &self.out {
            None => writeln!(f, "{}", self.certificate.to_text()),
            Some(out) => {
                writeln!(f, "Signed {} ({}) until {}.", content.name, content.keys.fingerprint(), rfc3339(content.not_after_ms))?;
                writeln!(f, "Next, at the relay: deskhand-relay tech add --cert {} --data DIR", out.display())
            }
        }
    }
}

impl Answer for TechnicianSigned {
    fn json(&self) -> Vec<Value> {
        let content = self.certificate.claimed();
        vec![json!({
            "name": content.name,
            "fingerprint": content.keys.fingerprint(),
            "certificate": self.certificate.to_text(),
            "not_after": rfc3339(content.not_after_ms),
            "file": self.out,
        })]
    }
}
