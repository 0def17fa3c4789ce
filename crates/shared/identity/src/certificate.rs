//! Technician certificates: the organisation's word that these two keys belong to that name. In scope: the byte form,
//! signing, verifying against a known organisation and a given time. Not in scope: revocation (the statement holds it,
//! [`Statement::admit`](crate::Statement::admit) checks both) and where certificates are kept.
//!
//! Bytes, version 1: version 1 | serial u64 | issued u64 | not after u64 | organisation key 32 | TLS key 32 |
//! cosigning key 32 | length u8, name | length u8, organisation's name | signature 64. Integers big-endian.

use thiserror::Error;

use crate::bytes::Reader;
use crate::key::PublicKey;
use crate::kind::Organisation;
use crate::label::Label;
use crate::name::{MAX_NAME_BYTES, NameError, check_name};
use crate::secret::SecretKey;
use crate::signature::Signature;
use crate::technician::TechnicianPublic;
use crate::text::{self, KeyTextError};
use crate::time::rfc3339;

/// How long a certificate is good for: 90 days, in milliseconds.
pub const CERTIFICATE_LIFE_MS: u64 = 90 * 24 * 3_600_000;
/// By how much clocks may differ before a certificate or statement counts as from the future: 5 minutes.
pub const CLOCK_TOLERANCE_MS: u64 = 300_000;
/// Most bytes of a certificate.
pub const MAX_CERTIFICATE_BYTES: usize = 1 + 3 * 8 + 3 * 32 + 2 * (1 + MAX_NAME_BYTES) + Signature::BYTES;

const KIND: &str = "certificate";
const VERSION: u8 = 1;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The technician's name, as the customer will read it.
    pub name: String,
    /// The key that signs.
    pub organisation: PublicKey<Organisation>,
    /// The organisation's name in free text, never shown larger than its checked domain; empty when it was signed where
    /// only the key was at hand (the statement's name stands then).
    pub organisation_name: String,
    /// The technician's keys.
    pub keys: TechnicianPublic,
    /// Differs between certificates of one organisation.
    pub serial: u64,
    /// Wall time of signing, milliseconds since the Unix epoch.
    pub issued_ms: u64,
    /// Last moment of validity.
    pub not_after_ms: u64,
}

/// Why a certificate was not made or not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CertificateError {
    /// The bytes or the text have another form.
    #[error("this is not a Deskhand certificate, or a part of it is missing: copy the whole line again")]
    Malformed,
    /// A later version made it.
    #[error("this certificate was made by a newer version of Deskhand ({0}): update this program")]
    Incompatible(u8),
    /// The text is of another kind.
    #[error(transparent)]
    Text(#[from] KeyTextError),
    /// A name in it is refused.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It ends before it begins.
    #[error("a certificate must end after it begins")]
    Times,
    /// Another organisation signed it.
    #[error("this certificate is of another organisation ({found}, expected {expected}): ask your own organisation for one")]
    WrongOrganisation {
        /// Fingerprint of the organisation that was wanted.
        expected: String,
        /// Fingerprint in the certificate.
        found: String,
    },
    /// The signature does not match.
    #[error("this certificate was changed after it was signed: ask the organisation for a new one")]
    BadSignature,
    /// Its time is over.
    #[error("the certificate of {name} ended at {}: ask the organisation for a new one", rfc3339(*.not_after_ms))]
    Expired {
        /// Whose.
        name: String,
        /// When it ended.
        not_after_ms: u64,
    },
    /// Its time has not come.
    #[error("the certificate of {name} begins at {}: is the clock of this computer right?", rfc3339(*.issued_ms))]
    NotYetValid {
        /// Whose.
        name: String,
        /// When it begins.
        issued_ms: u64,
    },
    /// The statement lists its key as revoked.
    #[error("the organisation has revoked the key of {name}")]
    Revoked {
        /// Whose.
        name: String,
    },
}

impl Certificate {
    /// Signs with the organisation's key.
    ///
    /// # Errors
    /// [`CertificateError::Name`], [`CertificateError::Times`], or [`CertificateError::WrongOrganisation`] when the
    /// key is not that of `organisation`.
    pub fn sign(self, key: &SecretKey<Organisation>) -> Result<SignedCertificate, CertificateError> {
        self.check()?;
        if key.public() != self.organisation {
            return Err(wrong_organisation(&key.public(), &self.organisation));
        }
        let mut bytes = self.to_bytes();
        let signature = key.sign(Label::CERTIFICATE, &bytes);
        bytes.extend_from_slice(signature.bytes());
        Ok(SignedCertificate { certificate: self, bytes })
    }

    fn check(&self) -> Result<(), CertificateError> {
        check_name(&self.name)?;
        if !self.organisation_name.is_empty() {
            check_name(&self.organisation_name)?;
        }
        if self.not_after_ms <= self.issued_ms {
            return Err(CertificateError::Times);
        }
        Ok(())
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for number in [self.serial, self.issued_ms, self.not_after_ms] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        for key in [self.organisation.bytes(), self.keys.tls.bytes(), self.keys.cosign.bytes()] {
            bytes.extend_from_slice(key);
        }
        for name in [&self.name, &self.organisation_name] {
            // `check` has bounded both at MAX_NAME_BYTES, which fits a byte.
            bytes.push(name.len() as u8);
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes
    }
}

fn wrong_organisation(expected: &PublicKey<Organisation>, found: &PublicKey<Organisation>) -> CertificateError {
    CertificateError::WrongOrganisation { expected: expected.fingerprint(), found: found.fingerprint() }
}

/// A certificate with its signature. Its content is believed only after [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCertificate {
    certificate: Certificate,
    bytes: Vec<u8>,
}

impl SignedCertificate {
    /// Reads the bytes strictly: every byte has one meaning, nothing is left over. Does not verify.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::Incompatible`], [`CertificateError::Name`] or
    /// [`CertificateError::Times`].
    pub fn from_bytes(bytes: &[u8]) -> Result<SignedCertificate, CertificateError> {
        let malformed = CertificateError::Malformed;
        match bytes.first() {
            None | Some(0) => return Err(malformed),
            Some(&VERSION) => {}
            Some(&newer) => return Err(CertificateError::Incompatible(newer)),
        }
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(malformed);
        }
        let certificate = read(bytes).ok_or(malformed)?;
        certificate.check()?;
        Ok(SignedCertificate { certificate, bytes: bytes.to_vec() })
    }

    /// Reads `deskhand-certificate-1:<base64>`. Does not verify.
    ///
    /// # Errors
    /// As [`from_bytes`](Self::from_bytes), and [`CertificateError::Text`].
    pub fn parse(text: &str) -> Result<SignedCertificate, CertificateError> {
        Self::from_bytes(&text::read(KIND, text, MAX_CERTIFICATE_BYTES)?)
    }

    /// `deskhand-certificate-1:<base64>`, one line.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::write(KIND, &self.bytes)
    }

    /// Body and signature, as on the wire; at most [`MAX_CERTIFICATE_BYTES`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Checks organisation, signature and time; revocation is [`Statement::admit`](crate::Statement::admit)'s.
    ///
    /// # Errors
    /// [`CertificateError::WrongOrganisation`], [`CertificateError::BadSignature`], [`CertificateError::Expired`] or
    /// [`CertificateError::NotYetValid`].
    pub fn verify(&self, organisation: &PublicKey<Organisation>, now_ms: u64) -> Result<&Certificate, CertificateError> {
        let certificate = &self.certificate;
        if certificate.organisation != *organisation {
            return Err(wrong_organisation(organisation, &certificate.organisation));
        }
        let (body, signature) = self.bytes.split_last_chunk::<{ Signature::BYTES }>().ok_or(CertificateError::Malformed)?;
        organisation.verify(Label::CERTIFICATE, body, &Signature::from_bytes(*signature)).map_err(|_| CertificateError::BadSignature)?;
        if now_ms > certificate.not_after_ms {
            return Err(CertificateError::Expired { name: certificate.name.clone(), not_after_ms: certificate.not_after_ms });
        }
        if now_ms.saturating_add(CLOCK_TOLERANCE_MS) < certificate.issued_ms {
            return Err(CertificateError::NotYetValid { name: certificate.name.clone(), issued_ms: certificate.issued_ms });
        }
        Ok(certificate)
    }

    /// What it claims, verified or not: for lists and error messages only.
    #[must_use]
    pub fn claimed(&self) -> &Certificate {
        &self.certificate
    }
}

fn read(bytes: &[u8]) -> Option<Certificate> {
    let mut reader = Reader::new(bytes);
    reader.byte()?;
    let (serial, issued_ms, not_after_ms) = (reader.number()?, reader.number()?, reader.number()?);
    let organisation = PublicKey::from_bytes(reader.array()?).ok()?;
    let tls = PublicKey::from_bytes(reader.array()?).ok()?;
    let cosign = PublicKey::from_bytes(reader.array()?).ok()?;
    let name = reader.short_text()?.to_owned();
    let organisation_name = reader.short_text()?.to_owned();
    if reader.rest().len() != Signature::BYTES {
        return None;
    }
    Some(Certificate { name, organisation, organisation_name, keys: TechnicianPublic { tls, cosign }, serial, issued_ms, not_after_ms })
}
