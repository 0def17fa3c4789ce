//! The text form of the statement: TOML that people can read, and a last line that signs every byte above it.
//! In scope: writing, splitting, strict reading, versions. Not in scope: limits of the values, verifying.

use serde::{Deserialize, Serialize};

use super::entries::{OrganisationEntry, RelayEntry, ReviewerEntry, RevokedEntry, WitnessEntry};
use super::{STATEMENT_VERSION, Statement, StatementError};
use crate::policy::Policy;
use crate::signature::Signature;

const HEADER: &str = "# The signed statement of an organisation that uses Deskhand.\n\
    # The last line signs every byte above it: an edited file is refused.\n\n";
const SIGNATURE: &str = "# deskhand-statement-signature-1:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    serial: u64,
    #[serde(with = "crate::time")]
    issued: u64,
    #[serde(with = "crate::time")]
    not_after: u64,
    quorum: u32,
    organisation: OrganisationEntry,
    relays: Vec<RelayEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    witnesses: Vec<WitnessEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reviewers: Vec<ReviewerEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<RevokedEntry>,
    policy: Policy,
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// The text above the signature line.
pub(super) fn write(statement: &Statement) -> Result<String, StatementError> {
    let document = Document {
        version: STATEMENT_VERSION,
        serial: statement.serial,
        issued: statement.issued_ms,
        not_after: statement.not_after_ms,
        quorum: statement.quorum,
        organisation: statement.organisation.clone(),
        relays: statement.relays.clone(),
        witnesses: statement.witnesses.clone(),
        reviewers: statement.reviewers.clone(),
        revoked: statement.revoked.clone(),
        policy: statement.policy.clone(),
    };
    let toml = toml::to_string(&document).map_err(|error| StatementError::Content(error.to_string()))?;
    let body = format!("{HEADER}{toml}\n");
    // The reader is the judge of what may be signed: times past its range, serials past TOML's, or the like.
    if read(&body)? != *statement {
        return Err(StatementError::Content("a time or number is out of its range".into()));
    }
    Ok(body)
}

/// Adds the last line.
pub(super) fn with_signature(body: String, signature: &Signature) -> String {
    format!("{body}{SIGNATURE}{}\n", signature.to_base64())
}

/// The signed bytes and the signature of the last line. The file ends with that line and one line feed.
pub(super) fn split(text: &str) -> Result<(&str, Signature), StatementError> {
    let whole = text.strip_suffix('\n').ok_or(StatementError::Unsigned)?;
    let start = whole.rfind('\n').map_or(0, |at| at + 1);
    let signature = whole[start..].strip_prefix(SIGNATURE).ok_or(StatementError::Unsigned)?;
    let signature = Signature::from_base64(signature).ok_or(StatementError::Edited)?;
    Ok((&text[..start], signature))
}

/// Reads the text above the signature line.
pub(super) fn read(body: &str) -> Result<Statement, StatementError> {
    let Versioned { version } = toml::from_str(body).map_err(form)?;
    match version {
        0 => return Err(StatementError::Form("there is no version 0".into())),
        STATEMENT_VERSION => {}
        version => return Err(StatementError::Incompatible { version }),
    }
    let document: Document = toml::from_str(body).map_err(form)?;
    Ok(Statement {
        serial: document.serial,
        issued_ms: document.issued,
        not_after_ms: document.not_after,
        organisation: document.organisation,
        relays: document.relays,
        witnesses: document.witnesses,
        quorum: document.quorum,
        reviewers: document.reviewers,
        revoked: document.revoked,
        policy: document.policy,
    })
}

/// One line, without the picture of the place that the TOML reader draws.
fn form(error: toml::de::Error) -> StatementError {
    StatementError::Form(error.message().lines().collect::<Vec<_>>().join("; ").chars().take(300).collect())
}
