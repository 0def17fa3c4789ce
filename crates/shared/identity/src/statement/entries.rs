//! The parts of a statement and their limits. In scope: names, addresses, counts, doubles. Not in scope: signatures.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::{MAX_RELAY_ADDRESSES, MAX_RELAYS, MAX_REVIEWERS, MAX_REVOKED, MAX_WITNESSES, Statement, StatementError};
use crate::key::PublicKey;
use crate::kind::{Organisation, Relay, RelayCosign, Technician, Witness};
use crate::name::{check_address, check_domain, check_name};
use crate::reviewer::ReviewerPublic;

/// Who states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganisationEntry {
    /// Free text; proves nothing.
    pub name: String,
    /// The domain that is to name this key at `/.well-known/deskhand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The key that signs.
    pub key: PublicKey<Organisation>,
}

/// One relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayEntry {
    /// `HOST:PORT`, up to [`MAX_RELAY_ADDRESSES`], in the order in which they are tried; none until it is known.
    pub addresses: Vec<String>,
    /// The pinned key that its TLS leaf chains to.
    pub key: PublicKey<Relay>,
    /// Its key for cosignatures.
    pub cosign: PublicKey<RelayCosign>,
}

/// One witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessEntry {
    /// The name in its cosignature lines.
    pub name: String,
    /// Its key.
    pub key: PublicKey<Witness>,
}

/// One reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewerEntry {
    /// The reviewer's name.
    pub name: String,
    /// TLS key and X25519 key.
    pub keys: ReviewerPublic,
}

/// One revoked technician.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokedEntry {
    /// The name, for people.
    pub name: String,
    /// The TLS key whose certificates no longer count.
    pub key: PublicKey<Technician>,
    /// When it was revoked.
    #[serde(rename = "revoked", with = "crate::time")]
    pub revoked_ms: u64,
    /// When the certificate would have ended: from then on the entry may go.
    #[serde(rename = "not_after", with = "crate::time")]
    pub not_after_ms: u64,
}

/// Largest serial: the last integer that every JSON reader takes exactly.
const MAX_SERIAL: u64 = (1 << 53) - 1;

/// Checks everything that is not the signature.
pub(super) fn check(statement: &Statement) -> Result<(), StatementError> {
    if !(1..=MAX_SERIAL).contains(&statement.serial) {
        return Err(content("the serial lies between 1 and 2^53 - 1"));
    }
    if statement.not_after_ms <= statement.issued_ms {
        return Err(content("it must end after it begins"));
    }
    check_name(&statement.organisation.name).map_err(content)?;
    statement.organisation.domain.as_deref().map_or(Ok(()), check_domain).map_err(content)?;

    if statement.relays.is_empty() {
        return Err(content("it must name a relay"));
    }
    count("relays", statement.relays.len(), MAX_RELAYS)?;
    for relay in &statement.relays {
        count("addresses of one relay", relay.addresses.len(), MAX_RELAY_ADDRESSES)?;
        relay.addresses.iter().try_for_each(|address| check_address(address)).map_err(content)?;
    }
    once("relay", statement.relays.iter().map(|relay| relay.key))?;

    count("witnesses", statement.witnesses.len(), MAX_WITNESSES)?;
    statement.witnesses.iter().try_for_each(|witness| check_name(&witness.name)).map_err(content)?;
    once("witness", statement.witnesses.iter().map(|witness| witness.key))?;
    let cosigners = statement.relays.len() + statement.witnesses.len();
    if usize::try_from(statement.quorum).map_or(true, |quorum| quorum > cosigners) {
        return Err(content(format!("a quorum of {} needs as many relays and witnesses", statement.quorum)));
    }

    count("reviewers", statement.reviewers.len(), MAX_REVIEWERS)?;
    statement.reviewers.iter().try_for_each(|reviewer| check_name(&reviewer.name)).map_err(content)?;
    once("reviewer", statement.reviewers.iter().map(|reviewer| reviewer.keys.tls))?;

    count("revoked technicians", statement.revoked.len(), MAX_REVOKED)?;
    statement.revoked.iter().try_for_each(|entry| check_name(&entry.name)).map_err(content)?;
    once("revoked technician", statement.revoked.iter().map(|entry| entry.key))?;

    statement.policy.check().map_err(content)
}

fn content(what: impl Display) -> StatementError {
    StatementError::Content(what.to_string())
}

fn count(what: &str, found: usize, most: usize) -> Result<(), StatementError> {
    if found > most {
        return Err(content(format!("{found} {what}, at most {most} are allowed")));
    }
    Ok(())
}

fn once<K: Eq + Hash>(what: &str, keys: impl Iterator<Item = K>) -> Result<(), StatementError> {
    let mut seen = HashSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(content(format!("a {what} is named twice")));
        }
    }
    Ok(())
}
