//! An organisation with its keys, its statement and its technicians.
//!
//! In scope: signed things from small seeds. Not in scope: sessions (`pair`).

use deskhand_audit::{
    Hash,
    organisation::{OrganisationEvent, OrganisationLog},
};
use deskhand_identity::{
    Certificate, CertificateError, Organisation, OrganisationEntry, Policy, Relay, RelayEntry, RevokedEntry, SecretKey, SignedCertificate,
    SignedStatement, Statement, TechnicianSecret,
};
use deskhand_seal::code::{Code, CodeStyle, Language};
use deskhand_wire::control::{Scope, Scopes};

use crate::clock::Now;
use crate::host::HostConfig;
use crate::question::Standing;
use crate::viewer::ViewerConfig;

/// Seed of the relay's key for cosignatures.
pub(crate) const COSIGN: [u8; 32] = [3; 32];
const DAY_MS: u64 = 24 * 3_600_000;

/// An organisation. Change the policy or the standing before a session is made.
pub struct World {
    /// Its key.
    pub organisation: SecretKey<Organisation>,
    /// Its relay.
    pub relay: SecretKey<Relay>,
    /// The policy of its statement.
    pub policy: Policy,
    /// Revoked technicians.
    pub revoked: Vec<RevokedEntry>,
    /// Whether its relay cosigns.
    pub cosigns: bool,
    /// What the host knows about it.
    pub standing: Standing,
    /// When everything begins.
    pub start: Now,
}

/// A technician with keys and certificate.
#[derive(Clone)]
pub struct Person {
    /// The keys.
    pub keys: TechnicianSecret,
    /// The organisation's word for them.
    pub certificate: SignedCertificate,
}

impl Default for World {
    fn default() -> Self {
        Self {
            organisation: SecretKey::from_seed([1; 32]),
            relay: SecretKey::from_seed([2; 32]),
            policy: Policy::default(),
            revoked: Vec::new(),
            cosigns: true,
            standing: Standing::Known,
            start: Now::new(1_000, 1_790_000_000_000),
        }
    }
}

impl World {
    /// The signed statement.
    ///
    /// # Panics
    /// When the policy of a test is out of range.
    #[must_use]
    pub fn statement(&self) -> SignedStatement {
        Statement {
            serial: 1,
            issued_ms: self.start.wall_ms - DAY_MS,
            not_after_ms: self.start.wall_ms + 300 * DAY_MS,
            organisation: OrganisationEntry { name: "Acme Support".into(), domain: None, key: self.organisation.public() },
            relays: vec![RelayEntry {
                addresses: vec!["127.0.0.1:4433".into()],
                key: self.relay.public(),
                cosign: SecretKey::from_seed(COSIGN).public(),
            }],
            witnesses: Vec::new(),
            quorum: 0,
            reviewers: Vec::new(),
            revoked: self.revoked.clone(),
            policy: self.policy.clone(),
        }
        .sign(&self.organisation)
        .expect("a statement of tests is valid")
    }

    /// A technician of the organisation, certified yesterday.
    ///
    /// # Panics
    /// Never for a plain name.
    #[must_use]
    pub fn technician(&self, name: &str, seed: u8) -> Person {
        let keys = TechnicianSecret::from_seeds([seed; 32], [seed ^ 0xff; 32]);
        let certificate = self.certify(name, &keys, 90 * DAY_MS).expect("a plain name can be certified");
        Person { keys, certificate }
    }

    /// A certificate that ends `life_ms` after yesterday.
    ///
    /// # Errors
    /// What [`Certificate::sign`] says.
    pub fn certify(&self, name: &str, keys: &TechnicianSecret, life_ms: u64) -> Result<SignedCertificate, CertificateError> {
        let issued_ms = self.start.wall_ms - DAY_MS;
        Certificate {
            name: name.into(),
            organisation: self.organisation.public(),
            organisation_name: "Acme Support".into(),
            keys: keys.public(),
            serial: 1,
            issued_ms,
            not_after_ms: issued_ms + life_ms,
        }
        .sign(&self.organisation)
    }

    /// That a certificate is in the organisation's log, as a relay proves it.
    ///
    /// # Panics
    /// Never: the entry was just made.
    #[must_use]
    pub fn entered(&self, certificate: &SignedCertificate) -> Vec<u8> {
        let content = certificate.claimed();
        let sha256 = Hash::of(certificate.to_text().as_bytes());
        let event = OrganisationEvent::TechCertified { key_fp: content.keys.tls.fingerprint(), serial: content.serial, sha256 };
        let mut log = OrganisationLog::default();
        let (seq, _) = log.append(1, event);
        let note = log.head(&self.organisation.public(), None).sign(&self.relay);
        log.prove(seq, &note).expect("it was just entered").to_bytes()
    }

    /// What a host of the organisation is made of.
    #[must_use]
    pub fn host(&self, seed: u8) -> HostConfig {
        HostConfig {
            seed: [seed; 32],
            session_key: SecretKey::from_seed([seed ^ 0x55; 32]),
            statement: self.statement(),
            standing: self.standing.clone(),
            relay: self.relay.public(),
            code_style: Some(CodeStyle::Words(Language::English)),
            scopes: Scopes::of(Scope::ALL),
            locale: "en".into(),
            version: "0.1.0".into(),
            wording: None,
        }
    }

    /// What a viewer of a technician is made of.
    #[must_use]
    pub fn viewer(&self, person: &Person, code: Code, seed: u8) -> ViewerConfig {
        ViewerConfig {
            seed: [seed; 32],
            key: person.keys.tls.clone(),
            cosign: person.keys.cosign.clone(),
            certificate: person.certificate.clone(),
            entered: self.entered(&person.certificate),
            statement: self.statement(),
            relay: self.relay.public(),
            code,
            ticket: Some("T-17".into()),
            reason: Some("the printer".into()),
            scopes: Scopes::of(Scope::ALL),
        }
    }
}
