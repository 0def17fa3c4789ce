//! One entry of the log: the envelope around an event, and its only byte form.
//!
//! In scope: the JCS (RFC 8785) object that is a leaf of the tree, and its strict reading: bytes
//! that would be written differently are refused, so every byte of a leaf counts.
//! Not in scope: the order of entries (`verify`), hashing (`tree`).

use std::{collections::BTreeMap, fmt, str::FromStr};

use deskhand_identity::{SessionId, rfc3339, rfc3339_to_ms};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Number, Value};

use crate::{commitment::Commitment, encoding::Hash, event::Event};

/// The version of the envelope that this crate writes and reads.
pub(crate) const VERSION: u8 = 1;

/// The longest leaf that is read, in bytes.
pub const MAX_LEAF_BYTES: usize = 32 * 1024;

/// The largest integer JSON carries exactly (RFC 7493, section 2.2).
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// One entry: who did what, when, and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of the envelope, 1.
    pub v: u8,
    /// The session.
    pub sid: SessionId,
    /// Place in the log, from 0; the host draws it.
    pub seq: u64,
    /// Milliseconds since the Unix epoch by the writer's clock: a claim, not a proof.
    #[serde(rename = "t", serialize_with = "time_text", deserialize_with = "time_parse")]
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
                .and_then(|peer| peer.parse().ok())
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
    /// Not JSON of the expected shape.
    #[error("an entry cannot be read: {0}")]
    Malformed(String),
    /// The shape is right, the spelling is not the canonical one.
    #[error("an entry is not written in its canonical form (RFC 8785)")]
    NotCanonical,
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
        let mut value = serde_json::to_value(self).expect("an entry holds plain data only");
        saturate(&mut value);
        // There are no fractions in it, and ASCII names sort alike as UTF-8 and UTF-16: what is left of RFC 8785 is what the plain
        // writer does with a sorted map, in half the time.
        if self.pii.keys().all(|name| name.is_ascii()) {
            return serde_json::to_vec(&value).expect("plain data");
        }
        canonical(&value)
    }

    /// Reads a leaf; any other spelling than the one [`Entry::to_leaf`] gives is an error.
    pub fn from_leaf(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let entry: Self = serde_json::from_slice(bytes).map_err(|why| match serde_json::from_slice::<VersionOnly>(bytes) {
            Ok(VersionOnly { v }) if v != VERSION => EntryError::Version(v),
            _ => EntryError::Malformed(why.to_string()),
        })?;
        if entry.v != VERSION {
            return Err(EntryError::Version(entry.v));
        }
        if entry.to_leaf() != bytes {
            return Err(EntryError::NotCanonical);
        }
        Ok(entry)
    }
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u8,
}

/// The JCS bytes of a plain value.
pub(crate) fn canonical<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("plain data without floating point")
}

fn saturate(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if number.as_u64().is_some_and(|n| n > MAX_SAFE_INTEGER) {
                *number = Number::from(MAX_SAFE_INTEGER);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(saturate),
        Value::Object(fields) => fields.values_mut().for_each(saturate),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn time_text<S: Serializer>(ms: &u64, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*ms))
}

fn time_parse<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    rfc3339_to_ms(&text).ok_or_else(|| D::Error::custom("not a time like 2026-01-31T23:59:59.000Z"))
}

#[cfg(test)]
mod tests;
