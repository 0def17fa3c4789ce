//! `reviewer add | list | remove`: who may open recordings. In scope: the next statement with the changed set; it is the
//! only place where reviewers exist. Not in scope: recordings made before the change.

use std::fmt;

use deskhand_identity::{ReviewerEntry, ReviewerPublic, check_name};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::{DataOptions, ReviewerAddOptions, ReviewerRemoveOptions};
use super::{organisation, store};

/// A reviewer that was added.
#[derive(Clone, Debug)]
pub struct ReviewerAdded {
    /// The entry.
    pub reviewer: ReviewerEntry,
    /// The serial of the statement that holds it.
    pub serial: u64,
}

/// A reviewer that was removed.
#[derive(Clone, Debug)]
pub struct ReviewerRemoved {
    /// The entry that is gone.
    pub reviewer: ReviewerEntry,
    /// The serial of the statement without it.
    pub serial: u64,
}

/// The reviewers of the statement.
#[derive(Clone, Debug)]
pub struct Reviewers(pub Vec<ReviewerEntry>);

pub(super) fn add(options: &ReviewerAddOptions, context: &Context<'_>) -> Result<ReviewerAdded, AdminError> {
    check_name(&options.name)?;
    let reviewer = ReviewerEntry { name: options.name.clone(), keys: ReviewerPublic::parse(&options.pubkey)? };
    let (signed, ()) = organisation::change_statement(&options.data.data, &options.signing, context, |statement| {
        if let Some(held) = statement.reviewers.iter().find(|held| held.keys.tls == reviewer.keys.tls) {
            return Err(AdminError::Refused(format!("this key is the reviewer {} already: nothing was changed", held.name)));
        }
        statement.reviewers.push(reviewer.clone());
        Ok(())
    })?;
    Ok(ReviewerAdded { reviewer, serial: signed.statement().serial })
}

pub(super) fn list(options: &DataOptions) -> Result<Reviewers, AdminError> {
    Ok(Reviewers(store::load_statement(&options.data)?.statement().reviewers.clone()))
}

pub(super) fn remove(options: &ReviewerRemoveOptions, context: &Context<'_>) -> Result<ReviewerRemoved, AdminError> {
    let who = &options.name;
    let (signed, reviewer) = organisation::change_statement(&options.data.data, &options.signing, context, |statement| {
        let fits = |entry: &ReviewerEntry| entry.name == *who || entry.keys.fingerprint() == *who;
        match statement.reviewers.iter().filter(|entry| fits(entry)).count() {
            0 => Err(AdminError::Failed(format!("there is no reviewer {who:?}: reviewer list shows names and fingerprints"))),
            1 => {
                let at = statement.reviewers.iter().position(fits).unwrap_or_default();
                Ok(statement.reviewers.remove(at))
            }
            several => Err(AdminError::Usage(format!("{several} reviewers are called {who:?}: give the fingerprint instead"))),
        }
    })?;
    Ok(ReviewerRemoved { reviewer, serial: signed.statement().serial })
}

fn one_line(entry: &ReviewerEntry) -> Value {
    json!({ "name": entry.name, "fingerprint": entry.keys.fingerprint(), "public": entry.keys.to_string() })
}

fn with_serial(entry: &ReviewerEntry, serial: u64) -> Vec<Value> {
    vec![json!({ "name": entry.name, "fingerprint": entry.keys.fingerprint(), "serial": serial })]
}

impl fmt::Display for ReviewerAdded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}) may open recordings from now on.", self.reviewer.name, self.reviewer.keys.fingerprint())?;
        writeln!(f, "Statement {} says so; customers are shown the changed set.", self.serial)
    }
}

impl Answer for ReviewerAdded {
    fn json(&self) -> Vec<Value> {
        with_serial(&self.reviewer, self.serial)
    }
}

impl fmt::Display for ReviewerRemoved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({}) opens no recording that is made from now on.", self.reviewer.name, self.reviewer.keys.fingerprint())?;
        writeln!(f, "Statement {} says so; recordings made before stay readable with that key.", self.serial)
    }
}

impl Answer for ReviewerRemoved {
    fn json(&self) -> Vec<Value> {
        with_serial(&self.reviewer, self.serial)
    }
}

impl fmt::Display for Reviewers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            writeln!(f, "No reviewers: nobody can open recordings. Add one: deskhand-relay reviewer add NAME PUBKEY --data DIR")?;
        }
        self.0.iter().try_for_each(|entry| writeln!(f, "{}  {}", entry.keys.fingerprint(), entry.name))
    }
}

impl Answer for Reviewers {
    fn json(&self) -> Vec<Value> {
        self.0.iter().map(one_line).collect()
    }
}
