//! `init`: keys, data folder, first statement. In scope: making them, refusing to replace any.
//! Not in scope: serving.

use std::fmt;
use std::path::{Path, PathBuf};

use deskhand_identity::{
    MAX_RELAY_ADDRESSES, Organisation, OrganisationEntry, Policy, RelayEntry, STATEMENT_LIFE_MS, SecretKey, SignedStatement, Statement,
    check_address, check_domain, check_name,
};
use deskhand_link::keyfile;
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::folder::{self, ChangeLock};
use super::options::InitOptions;
use super::store::{self, RelayKeys};

/// What `init` made.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// The data folder.
    pub data: PathBuf,
    /// The organisation key's file.
    pub org_key: PathBuf,
    /// The first statement.
    pub statement: SignedStatement,
}

/// Makes the organisation key, the relay's keys and the first statement. Replaces nothing.
///
/// # Errors
/// [`AdminError::Usage`] for names, domain or addresses, [`AdminError::Refused`] when something is there already.
pub fn init(options: &InitOptions, context: &Context<'_>) -> Result<Initialised, AdminError> {
    check_name(&options.org)?;
    options.domain.as_deref().map_or(Ok(()), check_domain)?;
    options.address.iter().try_for_each(|address| check_address(address))?;
    if options.address.len() > MAX_RELAY_ADDRESSES {
        return Err(AdminError::Usage(format!("at most {MAX_RELAY_ADDRESSES} addresses")));
    }
    let data = &options.data.data;
    let org_key = options.signing.key_file(data);
    refuse_existing(data, &org_key)?;
    if let Some(folder) = options.signing.org_key.as_deref().and_then(Path::parent)
        && !folder.as_os_str().is_empty()
        && folder != data
        && !folder.is_dir()
    {
        return Err(AdminError::Usage(format!("{}: the folder of --org-key is not there: make it first", folder.display())));
    }
    let passphrase = context.new_passphrase(&options.signing.passphrase, &org_key)?;

    let organisation: SecretKey<Organisation> = draw()?;
    let relay = RelayKeys { relay: draw()?, cosign: draw()? };
    let statement = first_statement(options, &organisation, &relay, context.now_ms).sign(&organisation)?;

    folder::private_folder(data)?;
    let _lock = ChangeLock::take(data)?;
    refuse_existing(data, &org_key)?;
    keyfile::write(&org_key, &organisation, passphrase.as_ref().map(|text| text.as_str()))?;
    keyfile::write(&data.join(store::RELAY_KEY), &relay.relay, None)?;
    keyfile::write(&data.join(store::RELAY_COSIGN_KEY), &relay.cosign, None)?;
    folder::private_folder(&data.join(store::TECHNICIANS))?;
    // Last: a folder with a statement is a complete one.
    store::save_statement(data, &statement)?;
    Ok(Initialised { data: data.clone(), org_key, statement })
}

fn refuse_existing(data: &Path, org_key: &Path) -> Result<(), AdminError> {
    let own = [store::STATEMENT, store::RELAY_KEY, store::RELAY_COSIGN_KEY].map(|name| data.join(name));
    match own.iter().map(PathBuf::as_path).chain([org_key]).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(AdminError::Refused(format!(
            "{} is there already and nothing was changed: choose another --data (or --org-key), or move it away first",
            path.display()
        ))),
    }
}

fn draw<K: deskhand_identity::Kind>() -> Result<SecretKey<K>, AdminError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| AdminError::Failed(format!("no random numbers: {error}")))?;
    Ok(SecretKey::from_seed(seed))
}

fn first_statement(options: &InitOptions, organisation: &SecretKey<Organisation>, relay: &RelayKeys, now_ms: u64) -> Statement {
    Statement {
        serial: 1,
        issued_ms: now_ms,
        not_after_ms: now_ms.saturating_add(STATEMENT_LIFE_MS),
        organisation: OrganisationEntry { name: options.org.clone(), domain: options.domain.clone(), key: organisation.public() },
        relays: vec![RelayEntry { addresses: options.address.clone(), key: relay.relay.public(), cosign: relay.cosign.public() }],
        witnesses: Vec::new(),
        quorum: 0,
        reviewers: Vec::new(),
        revoked: Vec::new(),
        policy: Policy::default(),
    }
}

impl Initialised {
    fn next_command(&self) -> String {
        format!("deskhand-relay serve --data {}", quoted(&self.data))
    }
}

/// As a POSIX shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl fmt::Display for Initialised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let organisation = &self.statement.statement().organisation;
        writeln!(f, "The relay of {} is ready in {}.", organisation.name, self.data.display())?;
        writeln!(f, "  organisation  {}", organisation.key.fingerprint())?;
        writeln!(f, "  its key       {}", self.org_key.display())?;
        writeln!(f, "                It signs technicians and policy. The relay never needs it: keep it off this computer.")?;
        writeln!(f, "Next: {}", self.next_command())
    }
}

impl Answer for Initialised {
    fn json(&self) -> Vec<Value> {
        let statement = self.statement.statement();
        vec![json!({
            "data": self.data,
            "organisation": statement.organisation.name,
            "key": statement.organisation.key,
            "fingerprint": statement.organisation.key.fingerprint(),
            "org_key": self.org_key,
            "statement": self.data.join(store::STATEMENT),
            "serial": statement.serial,
            "next": self.next_command(),
        })]
    }
}
