//! `package`: what customers and technicians need. In scope: `deskhand.toml` with the relay's address, and the host
//! program when it lies beside this one. Not in scope: building programs, signing them for an operating system.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use deskhand_identity::{MAX_RELAY_ADDRESSES, SignedStatement, Statement, WELL_KNOWN_PATH, check_address, well_known_text};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::PackageOptions;
use super::{folder, organisation, store};

/// What was written.
#[derive(Clone, Debug)]
pub struct Packaged {
    /// The statement's file.
    pub statement: PathBuf,
    /// Its serial.
    pub serial: u64,
    /// Where the relay is reached.
    pub addresses: Vec<String>,
    /// What to publish at the organisation's domain, and where; none without a domain.
    pub well_known: Option<(PathBuf, String)>,
    /// The host program, when there was one.
    pub host: Option<PathBuf>,
}

/// File name, in the package, of what is to be published at the organisation's domain.
const WELL_KNOWN_FILE: &str = "well-known-deskhand";

/// Writes the package. A statement is signed: an address that it does not hold yet needs the organisation key, and makes
/// the next statement, for the relay too.
///
/// # Errors
/// [`AdminError::Usage`] when no address is known, [`AdminError::Failed`] when the organisation key is not at hand.
pub fn package(options: &PackageOptions, context: &Context<'_>) -> Result<Packaged, AdminError> {
    let data = &options.data.data;
    options.address.iter().try_for_each(|address| check_address(address))?;
    if options.address.len() > MAX_RELAY_ADDRESSES {
        return Err(AdminError::Usage(format!("at most {MAX_RELAY_ADDRESSES} addresses")));
    }
    let signed = addressed_statement(options, context)?;
    let statement = signed.statement();
    statement.check_time(context.now_ms)?;
    let addresses = statement.relays[own_relay(data, statement)?].addresses.clone();

    fs::create_dir_all(&options.out).map_err(|error| AdminError::io(&options.out, &error))?;
    let file = options.out.join(store::STATEMENT);
    folder::write_whole(&file, signed.text().as_bytes())?;
    let well_known = match &statement.organisation.domain {
        None => None,
        Some(domain) => {
            let file = options.out.join(WELL_KNOWN_FILE);
            folder::write_whole(&file, well_known_text(&statement.organisation.key).as_bytes())?;
            Some((file, format!("https://{domain}{WELL_KNOWN_PATH}")))
        }
    };
    let host = copy_host(context.program_folder.as_deref(), &options.out)?;
    Ok(Packaged { statement: file, serial: statement.serial, addresses, well_known, host })
}

/// The statement with the wanted address: as it is when it holds that, else the next one.
fn addressed_statement(options: &PackageOptions, context: &Context<'_>) -> Result<SignedStatement, AdminError> {
    let data = &options.data.data;
    let held = store::load_statement(data)?;
    let own = own_relay(data, held.statement())?;
    let stated = &held.statement().relays[own].addresses;
    let wanted = match (options.address.is_empty(), stated.is_empty()) {
        (false, _) => options.address.clone(),
        (true, false) => return Ok(held),
        (true, true) => vec![listening(data)?],
    };
    if wanted == *stated {
        return Ok(held);
    }
    let key = options.signing.key_file(data);
    if !key.exists() {
        return Err(AdminError::Failed(format!(
            "the statement is signed, so the address {} needs the organisation key, which is not at {}: name it with --org-key FILE. \
             Or copy {} to a folder where the key is, run there: deskhand-relay package --data FOLDER --out OUT --address {} --org-key FILE, \
             and here: deskhand-relay policy import OUT/{} --data {}",
            wanted.join(" "),
            key.display(),
            data.join(store::STATEMENT).display(),
            wanted.join(" --address "),
            store::STATEMENT,
            data.display()
        )));
    }
    let (signed, ()) = organisation::change_statement(data, &options.signing, context, |statement| {
        let own = own_relay(data, statement)?;
        statement.relays[own].addresses = wanted;
        Ok(())
    })?;
    Ok(signed)
}

/// Which relay of the statement this folder is. Where there is one only, no key is needed to tell.
fn own_relay(data: &Path, statement: &Statement) -> Result<usize, AdminError> {
    if statement.relays.len() == 1 {
        return Ok(0);
    }
    let own = store::load_relay_keys(data)?.entry(statement)?.key;
    Ok(statement.relays.iter().position(|entry| entry.key == own).unwrap_or_default())
}

/// Where the relay of this folder listens, when that is an address that others can use.
fn listening(data: &Path) -> Result<String, AdminError> {
    store::read_running(data)
        .map(|running| running.listen)
        .filter(|listen| listen.parse::<SocketAddr>().is_ok_and(|address| !address.ip().is_unspecified() && address.port() != 0))
        .ok_or_else(|| {
            AdminError::Usage(
                "nobody has said yet where customers reach this relay: give --address HOST:PORT, like relay.acme.example:4433".into(),
            )
        })
}

fn copy_host(program_folder: Option<&Path>, out: &Path) -> Result<Option<PathBuf>, AdminError> {
    let name = format!("deskhand-host{}", std::env::consts::EXE_SUFFIX);
    let Some(source) = program_folder.map(|folder| folder.join(&name)).filter(|source| source.is_file()) else {
        return Ok(None);
    };
    let target = out.join(&name);
    fs::copy(&source, &target).map_err(|error| AdminError::io(&target, &error))?;
    Ok(Some(target))
}

impl fmt::Display for Packaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (statement {}) leads to {}.", self.statement.display(), self.serial, self.addresses.join(", "))?;
        if let Some((file, url)) = &self.well_known {
            writeln!(f, "Publish {} at {url}, so that customers are shown your domain.", file.display())?;
        }
        match &self.host {
            Some(host) => writeln!(f, "{} is the program for customers: give both files together.", host.display()),
            None => writeln!(f, "There was no deskhand-host beside this program: put it beside deskhand.toml."),
        }
    }
}

impl Answer for Packaged {
    fn json(&self) -> Vec<Value> {
        vec![json!({
            "statement": self.statement,
            "serial": self.serial,
            "addresses": self.addresses,
            "well_known": self.well_known.as_ref().map(|(file, _)| file),
            "host": self.host,
        })]
    }
}
