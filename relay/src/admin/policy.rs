//! `policy show | set | import`. In scope: the policy of the statement, and taking over a statement signed elsewhere.
//! Not in scope: what each policy does; the table of them is in `identity`.

use std::fmt;

use deskhand_identity::{Policy, Successor};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::folder::ChangeLock;
use super::options::{DataOptions, PolicyImportOptions, PolicySetOptions};
use super::{organisation, store};

/// The policy in force.
#[derive(Clone, Debug)]
pub struct PolicyShown {
    /// It.
    pub policy: Policy,
    /// The serial of its statement.
    pub serial: u64,
}

/// What `set` changed.
#[derive(Clone, Debug)]
pub struct PolicySet {
    /// Name, value before, value now; empty when everything was so already.
    pub changes: Vec<(&'static str, String, String)>,
    /// The serial of the statement in force now.
    pub serial: u64,
}

/// What `import` took over.
#[derive(Clone, Debug)]
pub struct PolicyImported {
    /// The serial in force now.
    pub serial: u64,
    /// Whether it was in force already.
    pub same: bool,
}

/// Shows every policy.
///
/// # Errors
/// What reading the statement says.
pub fn show(options: &DataOptions) -> Result<PolicyShown, AdminError> {
    let signed = store::load_statement(&options.data)?;
    let statement = signed.statement();
    Ok(PolicyShown { policy: statement.policy.clone(), serial: statement.serial })
}

/// Sets policies and signs the next statement; all of them or none.
///
/// # Errors
/// [`AdminError::Usage`] naming the allowed values, and what signing says.
pub fn set(options: &PolicySetOptions, context: &Context<'_>) -> Result<PolicySet, AdminError> {
    let (signed, changes) = organisation::change_statement(&options.data.data, &options.signing, context, |statement| {
        let before = statement.policy.clone();
        options.pairs.iter().try_for_each(|pair| statement.policy.set_pair(pair))?;
        let changes = Policy::keys().iter().map(|key| (key.name, key.value(&before), key.value(&statement.policy)));
        Ok(changes.filter(|(_, before, now)| before != now).collect())
    })?;
    Ok(PolicySet { changes, serial: signed.statement().serial })
}

/// Takes over a statement that was signed elsewhere: of this organisation, newer, in its time, naming this relay.
///
/// # Errors
/// [`AdminError::Refused`] when it is not.
pub fn import(options: &PolicyImportOptions, context: &Context<'_>) -> Result<PolicyImported, AdminError> {
    let data = &options.data.data;
    let offered = store::read_statement(&options.file)?;
    store::load_statement(data)?;
    let _lock = ChangeLock::take(data)?;
    let held = store::load_statement(data)?;
    let successor = held.successor(&offered)?;
    let statement = offered.statement();
    if successor == Successor::Newer {
        statement.check_time(context.now_ms)?;
        store::load_relay_keys(data)?.entry(statement)?;
        store::save_statement(data, &offered)?;
    }
    Ok(PolicyImported { serial: statement.serial, same: successor == Successor::Same })
}

impl fmt::Display for PolicyShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.policy.show())
    }
}

impl Answer for PolicyShown {
    fn json(&self) -> Vec<Value> {
        vec![json!({ "serial": self.serial, "policy": self.policy })]
    }
}

impl fmt::Display for PolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return writeln!(f, "So already in statement {}: nothing was changed.", self.serial);
        }
        for (name, before, now) in &self.changes {
            writeln!(f, "{name}: {before} -> {now}")?;
        }
        writeln!(f, "Statement {} says so; a running relay takes it over by itself.", self.serial)
    }
}

impl Answer for PolicySet {
    fn json(&self) -> Vec<Value> {
        let changes: Map<String, Value> =
            self.changes.iter().map(|(name, before, now)| ((*name).to_owned(), json!({ "before": before, "now": now }))).collect();
        vec![json!({ "serial": self.serial, "changes": changes })]
    }
}

impl fmt::Display for PolicyImported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same {
            return writeln!(f, "Statement {} is in force already.", self.serial);
        }
        writeln!(f, "Statement {} is in force now; a running relay takes it over by itself.", self.serial)
    }
}

impl Answer for PolicyImported {
    fn json(&self) -> Vec<Value> {
        vec![json!({ "serial": self.serial, "same": self.same })]
    }
}
