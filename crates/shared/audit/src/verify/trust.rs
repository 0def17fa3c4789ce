//! Whether the session belongs to the organisation that the reader trusts.
//!
//! In scope: comparing keys with the statement. Not in scope: reading statements (`identity`),
//! quorum of cosigners.

use deskhand_identity::{Organisation, PublicKey, Relay, RelayCosign, Statement};

use super::{Findings, events::Log};
use crate::bundle::Manifest;

/// What a reader takes from the organisation's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The organisation's key.
    pub organisation: PublicKey<Organisation>,
    /// Its relays' keys, and those they cosign with.
    pub relays: Vec<(PublicKey<Relay>, PublicKey<RelayCosign>)>,
}

impl From<&Statement> for Trust {
    fn from(statement: &Statement) -> Self {
        Self { organisation: statement.organisation.key, relays: statement.relays.iter().map(|relay| (relay.key, relay.cosign)).collect() }
    }
}

pub(super) fn check(log: &Log, manifest: &Manifest, trust: Option<&Trust>, findings: &mut Findings) {
    let Some(trust) = trust else {
        findings.note("No statement was given, so whose organisation this is was not checked.".into());
        return;
    };
    if manifest.organisation != trust.organisation {
        findings.tampered(
            0,
            format!(
                "The session names the organisation {}, the statement is of {}.",
                manifest.organisation.fingerprint(),
                trust.organisation.fingerprint()
            ),
        );
    }
    let Some(created) = &log.created else { return };
    match trust.relays.iter().find(|(relay, _)| *relay == created.relay) {
        Some((_, cosign)) if *cosign == created.relay_cosign => {}
        Some(_) => findings.tampered(0, "The session names another cosigning key for its relay than the statement.".into()),
        None => findings.note(format!("The relay {} is not in the statement (any more).", created.relay.fingerprint())),
    }
}
