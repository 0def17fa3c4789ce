//! What `serve` reads of the data folder. In scope: the statement, the certificates, the relay's own keys, and what a
//! running relay leaves there for `status` and `package`. Not in scope: sessions. Nothing here opens the organisation
//! key: all of it works when that key is elsewhere.
//!
//! `DIR/deskhand.toml`, `DIR/relay.key`, `DIR/relay-cosign.key`, `DIR/technicians/<fingerprint>.cert`,
//! `DIR/running.json`; `DIR/org.key` until the administrator takes it away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use deskhand_identity::{
    Certificate, CertificateError, MAX_CERTIFICATE_BYTES, MAX_STATEMENT_BYTES, PublicKey, Relay, RelayCosign, RelayEntry, SecretKey,
    SignedCertificate, SignedStatement, Statement, Technician,
};
use deskhand_link::keyfile;
use serde::{Deserialize, Serialize};

use super::error::AdminError;
use super::folder;

pub use super::folder::ServingLock;

/// The statement's file name.
pub const STATEMENT: &str = "deskhand.toml";
/// Default file name of the organisation key.
pub const ORGANISATION_KEY: &str = "org.key";
/// File name of the relay's pinned key.
pub const RELAY_KEY: &str = "relay.key";
/// File name of the relay's key for cosignatures.
pub const RELAY_COSIGN_KEY: &str = "relay-cosign.key";
/// Folder of the certificates.
pub const TECHNICIANS: &str = "technicians";
/// What a running relay says of itself.
pub const RUNNING: &str = "running.json";

const MAX_RUNNING_BYTES: usize = 64 << 10;

/// Reads and checks the statement of a data folder: whole, signed by the key it states. Its time is not checked.
///
/// # Errors
/// [`AdminError::Failed`] when there is none, [`AdminError::Refused`] when it is not whole.
pub fn load_statement(data: &Path) -> Result<SignedStatement, AdminError> {
    let path = data.join(STATEMENT);
    if !path.exists() {
        return Err(AdminError::Failed(format!(
            "there is no {}: run first: deskhand-relay init --data {} --org \"YOUR ORGANISATION\"",
            path.display(),
            data.display()
        )));
    }
    read_statement(&path)
}

/// Reads and checks a statement file anywhere.
///
/// # Errors
/// As [`load_statement`].
pub fn read_statement(path: &Path) -> Result<SignedStatement, AdminError> {
    let bytes = folder::read_bounded(path, MAX_STATEMENT_BYTES)
        .map_err(|error| AdminError::io(path, &error))?
        .ok_or_else(|| AdminError::from(deskhand_identity::StatementError::TooLarge).at(path))?;
    SignedStatement::parse(bytes).map_err(|error| AdminError::from(error).at(path))
}

/// Takes a statement into use: written whole, then renamed.
pub(crate) fn save_statement(data: &Path, statement: &SignedStatement) -> Result<(), AdminError> {
    folder::write_whole(&data.join(STATEMENT), statement.text().as_bytes())
}

/// The relay's own keys.
#[derive(Clone, Debug)]
pub struct RelayKeys {
    /// The pinned key: signs the TLS leaf.
    pub relay: SecretKey<Relay>,
    /// Signs cosignatures of checkpoints.
    pub cosign: SecretKey<RelayCosign>,
}

impl RelayKeys {
    /// The statement's entry for this relay.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when the statement does not name these keys.
    pub fn entry<'a>(&self, statement: &'a Statement) -> Result<&'a RelayEntry, AdminError> {
        let (relay, cosign) = (self.relay.public(), self.cosign.public());
        statement.relays.iter().find(|entry| entry.key == relay && entry.cosign == cosign).ok_or_else(|| {
            AdminError::Refused(format!(
                "the statement (serial {}) does not name this relay ({}): import a statement that does",
                statement.serial,
                relay.fingerprint()
            ))
        })
    }
}

/// Reads the relay's own keys; they are files of mode 0600 without a passphrase, so that a relay starts by itself.
///
/// # Errors
/// [`AdminError::Failed`] when one is missing, [`AdminError::Refused`] when others may read it or it is no such key.
pub fn load_relay_keys(data: &Path) -> Result<RelayKeys, AdminError> {
    let nobody = |_: &Path| Ok(None);
    Ok(RelayKeys { relay: keyfile::read(&data.join(RELAY_KEY), nobody)?, cosign: keyfile::read(&data.join(RELAY_COSIGN_KEY), nobody)? })
}

/// Whether a certificate counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It does.
    Valid,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    Early,
    /// The statement revokes its key.
    Revoked,
}

/// A technician of this relay: a certificate that the organisation signed, and whether it counts now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTechnician {
    /// The certificate; its signature was checked.
    pub certificate: SignedCertificate,
    /// Whether it counts now.
    pub standing: Standing,
}

impl KnownTechnician {
    /// What the certificate says.
    #[must_use]
    pub fn content(&self) -> &Certificate {
        self.certificate.claimed()
    }
}

/// Every technician of a data folder.
#[derive(Clone, Debug, Default)]
pub struct Technicians {
    /// Signed by the organisation, in the order of name and fingerprint.
    pub known: Vec<KnownTechnician>,
    /// Files that do not count at all, each with the reason.
    pub refused: Vec<(PathBuf, String)>,
}

impl Technicians {
    /// The technician with this TLS key, whatever the standing.
    #[must_use]
    pub fn find(&self, key: &PublicKey<Technician>) -> Option<&KnownTechnician> {
        self.known.iter().find(|technician| technician.content().keys.tls == *key)
    }

    /// Every certificate in this name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a KnownTechnician> {
        self.known.iter().filter(move |technician| technician.content().name == name)
    }
}

/// Reads every certificate of a data folder and checks it against the statement. Files that are no certificate of this
/// organisation are listed as refused; they never make the rest fail.
///
/// # Errors
/// [`AdminError::Failed`] when the folder cannot be read. A missing folder holds nobody.
pub fn load_technicians(data: &Path, statement: &Statement, now_ms: u64) -> Result<Technicians, AdminError> {
    let path = data.join(TECHNICIANS);
    let files = match fs::read_dir(&path) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Technicians::default()),
        Err(error) => return Err(AdminError::io(&path, &error)),
    };
    let mut technicians = Technicians::default();
    for file in files {
        let file = file.map_err(|error| AdminError::io(&path, &error))?.path();
        if file.extension().is_none_or(|extension| extension != "cert") {
            continue;
        }
        match load_technician(&file, statement, now_ms) {
            Ok(technician) => technicians.known.push(technician),
            Err(reason) => technicians.refused.push((file, reason)),
        }
    }
    technicians.known.sort_by_cached_key(|technician| {
        let content = technician.content();
        (content.name.clone(), content.keys.fingerprint())
    });
    technicians.refused.sort();
    Ok(technicians)
}

fn load_technician(file: &Path, statement: &Statement, now_ms: u64) -> Result<KnownTechnician, String> {
    let certificate = read_certificate(file).map_err(|error| error.to_string())?;
    let standing = standing(&certificate, statement, now_ms).map_err(|error| error.to_string())?;
    if file.file_name() != Some(certificate_name(certificate.claimed()).as_ref()) {
        return Err("its file name is not the fingerprint of its key: import it with tech add --cert".into());
    }
    Ok(KnownTechnician { certificate, standing })
}

fn standing(certificate: &SignedCertificate, statement: &Statement, now_ms: u64) -> Result<Standing, CertificateError> {
    match statement.admit(certificate, now_ms) {
        Ok(_) => Ok(Standing::Valid),
        Err(CertificateError::Revoked { .. }) => Ok(Standing::Revoked),
        Err(_) if statement.is_revoked(&certificate.claimed().keys.tls) && signed(certificate, statement) => Ok(Standing::Revoked),
        Err(CertificateError::Expired { .. }) => Ok(Standing::Expired),
        Err(CertificateError::NotYetValid { .. }) => Ok(Standing::Early),
        Err(error) => Err(error),
    }
}

/// Whether the organisation signed it, at whatever time.
fn signed(certificate: &SignedCertificate, statement: &Statement) -> bool {
    certificate.verify(&statement.organisation.key, certificate.claimed().not_after_ms).is_ok()
}

/// Reads a certificate file: one line of text. Not verified yet.
pub(crate) fn read_certificate(file: &Path) -> Result<SignedCertificate, AdminError> {
    let bytes = folder::read_bounded(file, 2 * MAX_CERTIFICATE_BYTES)
        .map_err(|error| AdminError::io(file, &error))?
        .ok_or_else(|| AdminError::from(CertificateError::Malformed).at(file))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| AdminError::from(CertificateError::Malformed).at(file))?;
    SignedCertificate::parse(text).map_err(|error| AdminError::from(error).at(file))
}

/// A name is never a path: the file is named by the key.
fn certificate_name(certificate: &Certificate) -> String {
    format!("{}.cert", certificate.keys.fingerprint())
}

/// Writes a verified certificate to its place.
pub(crate) fn save_certificate(data: &Path, certificate: &SignedCertificate) -> Result<PathBuf, AdminError> {
    let path = data.join(TECHNICIANS);
    folder::private_folder(&path)?;
    let file = path.join(certificate_name(certificate.claimed()));
    folder::write_whole(&file, format!("{}\n", certificate.to_text()).as_bytes())?;
    Ok(file)
}

/// What a running relay says of itself, for `status` and `package`. `serve` writes it when it begins to listen, and
/// again when a number changes (at most once a second is enough).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its process.
    pub pid: u32,
    /// Where it listens, `IP:PORT`.
    pub listen: String,
    /// Wall time of its start, milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// Sessions that live right now.
    pub live_sessions: u64,
    /// Sessions that it takes at most.
    pub capacity: u64,
}

/// Writes [`RUNNING`] whole.
///
/// # Errors
/// [`AdminError::Failed`].
pub fn write_running(data: &Path, running: &Running) -> Result<(), AdminError> {
    let text = serde_json::to_string(running).map_err(|error| AdminError::Failed(error.to_string()))?;
    folder::write_whole(&data.join(RUNNING), format!("{text}\n").as_bytes())
}

/// Takes [`RUNNING`] away: the last thing of a relay that ends in order.
///
/// # Errors
/// [`AdminError::Failed`].
pub fn clear_running(data: &Path) -> Result<(), AdminError> {
    let path = data.join(RUNNING);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(AdminError::io(&path, &error)),
        _ => Ok(()),
    }
}

/// What the last relay in this folder said of itself, running or not.
#[must_use]
pub fn read_running(data: &Path) -> Option<Running> {
    let bytes = folder::read_bounded(&data.join(RUNNING), MAX_RUNNING_BYTES).ok()??;
    serde_json::from_slice(&bytes).ok()
}
