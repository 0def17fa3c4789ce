//! Who the technicians are: transcript, signature, certificate.
//!
//! In scope: that the key which a certificate names signed the very pairing that the log shows.
//! Not in scope: whether the organisation is the right one (`trust`).

use deskhand_identity::{Label, SignedCertificate};

use super::{events::Log, grammar::Grammar};
use crate::{bundle::Personal, entry::Entry, event::TechIdentified, transcript::transcript_hash};

/// Name of the personal field that holds the certificate's text.
pub(crate) const CERTIFICATE: &str = "certificate";

pub(super) fn check(entry: &Entry, data: &TechIdentified, log: &Log, grammar: &Grammar, personal: &Personal) -> Result<(), String> {
    let created = log.created.as_ref().ok_or("the session was not created")?;
    if data.organisation != created.organisation.key {
        return Err("it names another organisation than the session".into());
    }
    if data.relay != created.relay {
        return Err("it names another relay than the session".into());
    }
    if data.key_fp != data.key.fingerprint() {
        return Err("its fingerprint is not its key's".into());
    }
    let th = transcript_hash(&entry.sid, &data.nameplate, &data.relay, &data.organisation, &data.p1.0, &data.p2.0);
    if grammar.transcript(data.peer) != Some(th) {
        return Err("its pairing messages are not those that were confirmed".into());
    }
    data.key.verify(Label::IDENT, &th.0, &data.signature).map_err(|_| "the technician's key did not sign this pairing")?;
    if !entry.pii.contains_key(CERTIFICATE) {
        return Err("it has no certificate".into());
    }
    // A missing value is a finding of its own (`beside`), unless it was erased.
    let Some(text) = personal.value(entry.seq, CERTIFICATE) else { return Ok(()) };
    let text = std::str::from_utf8(&text.value).map_err(|_| "its certificate is not a text")?;
    let signed = SignedCertificate::parse(text).map_err(|why| why.to_string())?;
    let certificate = signed.verify(&data.organisation, entry.t_ms).map_err(|why| why.to_string())?;
    if certificate.keys.tls != data.key {
        return Err("its certificate is of another key".into());
    }
    if certificate.keys.cosign != data.cosign {
        return Err("its key for cosignatures is not the certificate's".into());
    }
    Ok(())
}
