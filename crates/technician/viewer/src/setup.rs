//! What a session needs from this computer: the organisation's statement, the keys, the certificate.
//!
//! In scope: reading and checking the files, keeping a newer statement. Not in scope: the relay (`dial`).

use crate::{
    clock,
    failure::{Exit, Failure},
    options::Session,
    passphrase, place,
};
use deskhand_identity::{SignedCertificate, SignedStatement, Successor, TechnicianSecret};
use deskhand_link::keyfile;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

/// Bytes of a statement or certificate file that are read.
const MAX_FILE: u64 = 512 * 1024;

/// Everything from the files.
pub(crate) struct Setup {
    /// Where the statement came from.
    pub path: PathBuf,
    /// The statement, checked.
    pub statement: SignedStatement,
    /// The technician's keys.
    pub secret: Arc<TechnicianSecret>,
    /// A certificate that lay beside the key.
    pub certificate: Option<SignedCertificate>,
}

/// Reads a text file of bounded size.
fn text(path: &Path, what: &str, hint: &str) -> Result<String, Failure> {
    let fail = |reason: String| Failure::new(Exit::Failed, format!("{what} {} can't be read: {reason}; {hint}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut text = String::new();
    file.take(MAX_FILE).read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    Ok(text)
}

/// Reads and checks the statement: it is whole, signed, and within its time.
///
/// # Errors
/// [`Failure`]; exit code 3 for one that is unsigned, edited or out of date.
pub(crate) fn statement(given: Option<&Path>) -> Result<(PathBuf, SignedStatement), Failure> {
    let path = place::statement(given)?;
    let hint = "get deskhand.toml from your administrator (deskhand-relay package) and name it with --config";
    let statement = SignedStatement::parse(text(&path, "the organisation's statement", hint)?)?;
    statement.statement().check_time(clock::wall_ms())?;
    Ok((path, statement))
}

/// Whether the key file needs a passphrase that only a person can give.
///
/// # Errors
/// [`Failure`] when the key file can't be read.
pub(crate) fn needs_passphrase(session: &Session) -> Result<bool, Failure> {
    if session.passphrase_file.is_some() {
        return Ok(false);
    }
    let path = place::key(session.key.as_deref())?;
    let mut asked = false;
    let read: Result<TechnicianSecret, _> = keyfile::read(&path, |_| {
        asked = true;
        Ok(None)
    });
    match read {
        Err(_) if asked => Ok(true),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(false),
    }
}

/// Opens the key file. Blocks for the time that a passphrase's hash takes.
///
/// # Errors
/// [`Failure`] when it is missing, open to others, no key, or the passphrase is wrong or can't be asked for.
pub(crate) fn keys(session: &Session, typed: Option<&Zeroizing<String>>) -> Result<TechnicianSecret, Failure> {
    let path = place::key(session.key.as_deref())?;
    let from_file = session.passphrase_file.as_deref().map(passphrase::from_file).transpose()?;
    Ok(keyfile::read(&path, |path| match typed.cloned().or(from_file) {
        Some(passphrase) => Ok(Some(passphrase)),
        None => passphrase::ask(&format!("Passphrase for {}: ", path.display())),
    })?)
}

/// The certificate that lies beside the key, or the one named; the relay has it in most cases.
///
/// # Errors
/// [`Failure`] when a named file can't be read, or when a file is no certificate.
pub(crate) fn certificate(session: &Session) -> Result<Option<SignedCertificate>, Failure> {
    let path = match &session.cert {
        Some(path) => path.clone(),
        None => {
            let beside = place::certificate(&place::key(session.key.as_deref())?);
            if !beside.exists() {
                return Ok(None);
            }
            beside
        }
    };
    let text = text(&path, "the certificate", "ask your administrator for it (deskhand-relay tech sign)")?;
    Ok(Some(SignedCertificate::parse(&text)?))
}

impl Setup {
    /// Everything, with a passphrase that a person typed when there is one.
    ///
    /// # Errors
    /// As the parts.
    pub(crate) fn load(session: &Session, typed: Option<&Zeroizing<String>>) -> Result<Self, Failure> {
        let (path, statement) = statement(session.config.as_deref())?;
        let certificate = certificate(session)?;
        let secret = Arc::new(keys(session, typed)?);
        Ok(Self { path, statement, secret, certificate })
    }

    /// Takes over a newer statement of the same organisation that the relay handed out; anything else is left alone.
    pub(crate) fn renew(&mut self, offered: &str) {
        let newer = SignedStatement::parse(offered).and_then(|offered| {
            let newer = self.statement.successor(&offered)? == Successor::Newer;
            offered.statement().check_time(clock::wall_ms())?;
            Ok(newer.then_some(offered))
        });
        match newer {
            Ok(Some(newer)) => {
                tracing::info!(serial = newer.statement().serial, "the relay has a newer statement of the organisation");
                if let Err(error) = replace(&self.path, newer.text()) {
                    tracing::warn!(%error, path = %self.path.display(), "the newer statement is used but can't be kept");
                }
                self.statement = newer;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the relay offered a statement that is not used"),
        }
    }
}

/// Writes beside the file and renames, so that no program ever reads half of it.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(name);
    std::fs::write(&draft, text)?;
    std::fs::rename(&draft, path).inspect_err(|_| drop(std::fs::remove_file(&draft)))
}
