//! The organisation's statement, `deskhand.toml`: who the organisation is, where its relays are, who may review, who is
//! revoked, and the policy. In scope: its content, limits, signing, and which of two statements counts.
//! Not in scope: its text form (`form`), and how the domain is checked over the network.

mod entries;
mod error;
mod form;

use crate::certificate::{CLOCK_TOLERANCE_MS, Certificate, CertificateError, SignedCertificate};
use crate::key::PublicKey;
use crate::kind::{Organisation, Technician};
use crate::label::Label;
use crate::policy::Policy;
use crate::secret::SecretKey;

pub use entries::{OrganisationEntry, RelayEntry, ReviewerEntry, RevokedEntry, WitnessEntry};
pub use error::StatementError;

/// Version of the form that this program writes and reads.
pub const STATEMENT_VERSION: u32 = 1;
/// Most bytes of a statement.
pub const MAX_STATEMENT_BYTES: usize = 256 << 10;
/// Most relays in a statement.
pub const MAX_RELAYS: usize = 16;
/// Most addresses of one relay.
pub const MAX_RELAY_ADDRESSES: usize = 8;
/// Most witnesses.
pub const MAX_WITNESSES: usize = 16;
/// Most reviewers.
pub const MAX_REVIEWERS: usize = 64;
/// Most revoked technicians. An entry may go once the certificate it names has ended.
pub const MAX_REVOKED: usize = 1024;
/// How long a statement is good for: 365 days, in milliseconds. Every change renews it.
pub const STATEMENT_LIFE_MS: u64 = 365 * 24 * 3_600_000;

/// What the organisation states. Times are wall time in milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// From 1; a larger serial replaces a smaller one.
    pub serial: u64,
    /// When it was signed.
    pub issued_ms: u64,
    /// Last moment of validity.
    pub not_after_ms: u64,
    /// Who states this.
    pub organisation: OrganisationEntry,
    /// The relays of the organisation, 1 to [`MAX_RELAYS`], in the order in which they are tried.
    pub relays: Vec<RelayEntry>,
    /// Witnesses outside the organisation.
    pub witnesses: Vec<WitnessEntry>,
    /// Cosignatures that a checkpoint needs beside the host's signature, by any relay or witness here; 0 = none.
    pub quorum: u32,
    /// Who may open recordings. A changed set is shown to the customer.
    pub reviewers: Vec<ReviewerEntry>,
    /// Technicians whose certificates no longer count.
    pub revoked: Vec<RevokedEntry>,
    /// The policy.
    pub policy: Policy,
}

impl Statement {
    /// Signs with the organisation's key; [`SignedStatement::text`] is the file.
    ///
    /// # Errors
    /// [`StatementError::NotTheOrganisation`] when the key is not the one stated, [`StatementError::Content`] for a
    /// value out of its limits, [`StatementError::TooLarge`].
    pub fn sign(&self, key: &SecretKey<Organisation>) -> Result<SignedStatement, StatementError> {
        if key.public() != self.organisation.key {
            return Err(StatementError::NotTheOrganisation {
                expected: self.organisation.key.fingerprint(),
                found: key.public().fingerprint(),
            });
        }
        entries::check(self)?;
        let body = form::write(self)?;
        let signature = key.sign(Label::STATEMENT, body.as_bytes());
        let text = form::with_signature(body, &signature);
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(StatementError::TooLarge);
        }
        Ok(SignedStatement { text, statement: self.clone() })
    }

    /// Whether this technician is revoked.
    #[must_use]
    pub fn is_revoked(&self, technician: &PublicKey<Technician>) -> bool {
        self.revoked.iter().any(|entry| entry.key == *technician)
    }

    /// Checks a technician's certificate against this statement and the time: organisation, signature, validity and
    /// revocation.
    ///
    /// # Errors
    /// A [`CertificateError`].
    pub fn admit<'a>(&self, certificate: &'a SignedCertificate, now_ms: u64) -> Result<&'a Certificate, CertificateError> {
        let content = certificate.verify(&self.organisation.key, now_ms)?;
        if self.is_revoked(&content.keys.tls) {
            return Err(CertificateError::Revoked { name: content.name.clone() });
        }
        Ok(content)
    }

    /// Checks the time.
    ///
    /// # Errors
    /// [`StatementError::Expired`] or [`StatementError::NotYetValid`].
    pub fn check_time(&self, now_ms: u64) -> Result<(), StatementError> {
        if now_ms > self.not_after_ms {
            return Err(StatementError::Expired { not_after_ms: self.not_after_ms });
        }
        if now_ms.saturating_add(CLOCK_TOLERANCE_MS) < self.issued_ms {
            return Err(StatementError::NotYetValid { issued_ms: self.issued_ms });
        }
        Ok(())
    }
}

/// Where the certainty about a statement's author comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The key was known beforehand: fixed in the program, or given by the person.
    Known,
    /// The key is in the file alone: the file is whole, its author is not known.
    Unknown,
}

/// What a second statement is to the one already held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// Newer: it takes the place of the one held.
    Newer,
    /// The very same.
    Same,
}

/// A statement whose signature fits the key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedStatement {
    text: String,
    statement: Statement,
}

impl SignedStatement {
    /// Reads a statement file strictly and checks its signature by the key that it holds. That proves that the file
    /// is whole; [`origin`](Self::origin) says whose it is. The time is not checked ([`Statement::check_time`]).
    ///
    /// # Errors
    /// [`StatementError::TooLarge`], [`StatementError::NotText`], [`StatementError::Unsigned`],
    /// [`StatementError::Form`], [`StatementError::Incompatible`], [`StatementError::Edited`] or
    /// [`StatementError::Content`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<SignedStatement, StatementError> {
        let bytes = text.as_ref();
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(StatementError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| StatementError::NotText)?;
        let (body, signature) = form::split(text)?;
        let statement = form::read(body)?;
        statement.organisation.key.verify(Label::STATEMENT, body.as_bytes(), &signature).map_err(|_| StatementError::Edited)?;
        entries::check(&statement)?;
        Ok(SignedStatement { text: text.to_owned(), statement })
    }

    /// What is stated.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The file, byte for byte.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the author is known: pass the key that was known beforehand, if any.
    ///
    /// # Errors
    /// [`StatementError::NotTheOrganisation`] when that is another key.
    pub fn origin(&self, expected: Option<&PublicKey<Organisation>>) -> Result<Origin, StatementError> {
        match expected {
            None => Ok(Origin::Unknown),
            Some(key) if *key == self.statement.organisation.key => Ok(Origin::Known),
            Some(key) => Err(StatementError::NotTheOrganisation {
                expected: key.fingerprint(),
                found: self.statement.organisation.key.fingerprint(),
            }),
        }
    }

    /// What `other`, which came later, is to this statement.
    ///
    /// # Errors
    /// [`StatementError::NotTheOrganisation`], [`StatementError::Older`], or [`StatementError::Forked`] when two
    /// statements have one serial.
    pub fn successor(&self, other: &SignedStatement) -> Result<Successor, StatementError> {
        other.origin(Some(&self.statement.organisation.key))?;
        let (held, offered) = (self.statement.serial, other.statement.serial);
        match offered.cmp(&held) {
            std::cmp::Ordering::Greater => Ok(Successor::Newer),
            std::cmp::Ordering::Less => Err(StatementError::Older { held, offered }),
            std::cmp::Ordering::Equal if self.text == other.text => Ok(Successor::Same),
            std::cmp::Ordering::Equal => Err(StatementError::Forked { serial: held }),
        }
    }
}
