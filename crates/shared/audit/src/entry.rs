//! One entry of the log: the envelope around an event, and its only byte form.
//!
//! In scope: the JCS (RFC 8785) object that is a leaf of the tree; its strict reading is in [`read`]: bytes
//! that would be written differently are refused, so every byte of a leaf counts.
//! Not in scope: the order of entries (`verify`), hashing (`tree`).

mod read;

use std::{collections::BTreeMap, fmt, str::FromStr};

use deskhand_identity::{SessionId, rfc3339};
use serde::{Deserialize, Serialize, Serializer};

use crate::{commitment::Commitment, encoding::Hash, event::Event, jcs};

/// The version of the envelope that this crate writes and reads.
pub(crate) const VERSION: u8 = 1;

/// The longest leaf that is read, in bytes.
pub const MAX_LEAF_BYTES: usize = 32 * 1024;

/// One entry: who did what, when, and how it went.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
pub struct Entry {
    /// Version of the envelope, 1.
    pub v: u8,
    /// The session.
    pub sid: SessionId,
    /// Place in the log, from 0; the host draws it.
    pub seq: u64,
    /// Milliseconds since the Unix epoch by the writer's clock: a claim, not a proof.
    #[serde(rename = "t", serialize_with = "time_text", deserialize_with = "read::time")]
    pub t_ms: u64,
    /// Milliseconds of the writer's monotonic clock.
    pub mono_ms: u64,
    /// Which program wrote it.
    pub src: Source,
    /// Who caused it.
    pub actor: Actor,
    /// How it went.
    pub outcome: Outcome,
    /// How much a reviewer should care.
    pub severity: Severity,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
    /// Ciphertext that lies beside the log in `sealed/<seq>-<field>.bin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedRef>,
    /// Commitments to personal values that lie beside the log in `pii.json`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pii: BTreeMap<String, Commitment>,
}

/// The program that wrote an entry. Text: `host`, `viewer:<peer>`, `relay`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// The customer's program, which also gives every entry its number.
    Host,
    /// A technician's program, by its peer number.
    Viewer(u8),
    /// The relay.
    Relay,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Viewer(peer) => write!(f, "viewer:{peer}"),
            Self::Relay => f.write_str("relay"),
        }
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "host" => Ok(Self::Host),
            "relay" => Ok(Self::Relay),
            _ => text
                .strip_prefix("viewer:")
                .and_then(|text| text.parse().ok().filter(|peer: &u8| peer.to_string() == text))
                .map(Self::Viewer)
                .ok_or("a source is host, viewer:<peer> or relay"),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The kind of actor.
    #[serde(rename = "type")]
    pub kind: ActorType,
    /// Which one: empty for the customer and the host, the peer number for a technician.
    pub id: String,
}

impl Actor {
    /// The person at the host.
    pub fn customer() -> Self {
        Self::of(ActorType::Customer, "")
    }

    /// A technician, by peer number.
    pub fn technician(peer: u8) -> Self {
        Self::of(ActorType::Technician, &peer.to_string())
    }

    /// The customer's program on its own account.
    pub fn host() -> Self {
        Self::of(ActorType::Host, "")
    }

    /// The relay.
    pub fn relay() -> Self {
        Self::of(ActorType::Relay, "")
    }

    fn of(kind: ActorType, id: &str) -> Self {
        Self { kind, id: id.to_owned() }
    }
}

/// Kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorType {
    /// The person at the host.
    Customer,
    /// A technician.
    Technician,
    /// The host program.
    Host,
    /// The relay program.
    Relay,
}

/// How an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and did not work.
    Failure,
    /// A person or the policy said no.
    Refused,
}

/// How much a reviewer should care (the names of OCSF).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The ordinary course of a session.
    Informational,
    /// Worth a glance.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a question to those who were there.
    High,
    /// Worth an investigation.
    Critical,
}

/// A pointer to ciphertext beside the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRef {
    /// The name of the cipher, for example `sframe-aes128gcm`.
    pub alg: String,
    /// What the text is: `reason`, `message`; part of the file's name, so `a-z` and `_` only.
    pub field: String,
    /// Which key, as the SFrame key id.
    pub kid: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: Hash,
    /// Length of the ciphertext in bytes.
    pub len: u64,
}

impl SealedRef {
    /// The pointer to these bytes.
    pub fn to(ciphertext: &[u8], field: &str, alg: &str, kid: u64) -> Self {
        Self { alg: alg.to_owned(), field: field.to_owned(), kid, sha256: Hash::of(ciphertext), len: ciphertext.len() as u64 }
    }
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than [`MAX_LEAF_BYTES`].
    #[error("an entry has {0} bytes; at most {MAX_LEAF_BYTES} are allowed")]
    TooLong(usize),
    /// Not of the expected shape, or not in its one spelling.
    #[error("an entry cannot be read: {0}")]
    Malformed(String),
    /// A newer program wrote it.
    #[error("an entry has version {0}; this program reads version {VERSION}: use a newer one")]
    Version(u8),
}

impl Entry {
    /// The bytes of the leaf: one JCS object, no line end.
    ///
    /// Integers above 2^53 - 1 are written as 2^53 - 1, because JSON does not carry them exactly;
    /// nothing that is counted here comes near.
    pub fn to_leaf(&self) -> Vec<u8> {
        jcs::to_vec(self).expect("an entry holds plain data only")
    }
}

/// The JCS bytes of a plain value.
pub(crate) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("plain data without floating point")
}

fn time_text<S: Serializer>(ms: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*ms))
}

#[cfg(test)]
mod differential;
#[cfg(test)]
mod tests;
