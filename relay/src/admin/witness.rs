//! `witness add | list | remove`: who outside may vouch for the organisation's log. In scope: the next statement with the changed set.
//! Not in scope: asking them (`serve --witness`).

use std::fmt;

use deskhand_audit::tlog_witness::witness_key;
use deskhand_identity::{PublicKey, WitnessEntry};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::{DataOptions, WitnessAddOptions, WitnessRemoveOptions};
use super::{organisation, store};

/// A witness that was added or removed.
#[derive(Clone, Debug)]
pub struct WitnessChanged {
    /// The entry.
    pub witness: WitnessEntry,
    /// The serial of the statement that says so.
    pub serial: u64,
    /// Whether it is in it now.
    pub added: bool,
}

/// The witnesses of the statement.
#[derive(Clone, Debug)]
pub struct Witnesses(pub Vec<WitnessEntry>);

pub(super) fn add(options: &WitnessAddOptions, context: &Context<'_>) -> Result<WitnessChanged, AdminError> {
    let (name, key) = witness_key(&options.key).ok_or_else(|| {
        AdminError::Usage("a witness's key is NAME+HASH+KEY as the witness publishes it (C2SP signed-note, type 4)".into())
    })?;
    let key = PublicKey::from_bytes(key).map_err(|error| AdminError::Usage(error.to_string()))?;
    let witness = WitnessEntry { name, key };
    let (signed, ()) = organisation::change_statement(&options.data.data, &options.signing, context, |statement| {
        if statement.witnesses.iter().any(|held| held.key == witness.key || held.name == witness.name) {
            return Err(AdminError::Refused(format!("{} is a witness already: nothing was changed", witness.name)));
        }
        statement.witnesses.push(witness.clone());
        Ok(())
    })?;
    Ok(WitnessChanged { witness, serial: signed.statement().serial, added: true })
}

pub(super) fn list(options: &DataOptions) -> Result<Witnesses, AdminError> {
    Ok(Witnesses(store::load_statement(&options.data)?.statement().witnesses.clone()))
}

pub(super) fn remove(options: &WitnessRemoveOptions, context: &Context<'_>) -> Result<WitnessChanged, AdminError> {
    let (signed, witness) = organisation::change_statement(&options.data.data, &options.signing, context, |statement| {
        let at = statement.witnesses.iter().position(|held| held.name == options.name);
        let none = || AdminError::Failed(format!("there is no witness {:?}: witness list shows them", options.name));
        Ok(statement.witnesses.remove(at.ok_or_else(none)?))
    })?;
    Ok(WitnessChanged { witness, serial: signed.statement().serial, added: false })
}

impl fmt::Display for WitnessChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { witness, serial, added } = self;
        if *added {
            writeln!(
                f,
                "{} may vouch for the organisation's log; the relay asks it with serve --witness {}=URL.",
                witness.name, witness.name
            )?;
        } else {
            writeln!(f, "{} vouches for nothing from now on.", witness.name)?;
        }
        writeln!(f, "Statement {serial} says so.")
    }
}

impl Answer for WitnessChanged {
    fn json(&self) -> Vec<Value> {
        vec![json!({ "name": self.witness.name, "serial": self.serial })]
    }
}

impl fmt::Display for Witnesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            writeln!(f, "No outside witnesses. One is added with: deskhand-relay witness add NAME+HASH+KEY --data DIR")?;
        }
        self.0.iter().try_for_each(|entry| writeln!(f, "{}", entry.name))
    }
}

impl Answer for Witnesses {
    fn json(&self) -> Vec<Value> {
        self.0.iter().map(|entry| json!({ "name": entry.name, "public": entry.key.to_string() })).collect()
    }
}
