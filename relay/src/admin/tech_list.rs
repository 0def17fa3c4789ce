//! `tech list`: the technicians of this relay. In scope: one line for each, and files that do not count.
//! Not in scope: who is connected.

use std::fmt;

use deskhand_identity::rfc3339;
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::DataOptions;
use super::store::{self, Standing, Technicians};

/// The technicians of a data folder.
#[derive(Clone, Debug)]
pub struct TechnicianList(pub Technicians);

/// Lists the technicians.
///
/// # Errors
/// What reading the folder says.
pub fn tech_list(options: &DataOptions, context: &Context<'_>) -> Result<TechnicianList, AdminError> {
    let statement = store::load_statement(&options.data)?;
    store::load_technicians(&options.data, statement.statement(), context.now_ms).map(TechnicianList)
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Valid => "valid",
        Standing::Expired => "expired",
        Standing::Early => "early",
        Standing::Revoked => "revoked",
    }
}

impl fmt::Display for TechnicianList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.known.is_empty() {
            writeln!(f, "No technicians yet. Add one: deskhand-relay tech add NAME PUBKEY --data DIR")?;
        }
        for technician in &self.0.known {
            let content = technician.content();
            writeln!(
                f,
                "{:<8} {} until {}  {}",
                word(technician.standing),
                content.keys.fingerprint(),
                rfc3339(content.not_after_ms),
                content.name
            )?;
        }
        for (file, reason) in &self.0.refused {
            writeln!(f, "ignored  {}: {reason}", file.display())?;
        }
        Ok(())
    }
}

impl Answer for TechnicianList {
    fn json(&self) -> Vec<Value> {
        let known = self.0.known.iter().map(|technician| {
            let content = technician.content();
            json!({
                "name": content.name,
                "fingerprint": content.keys.fingerprint(),
                "public": content.keys.to_string(),
                "state": word(technician.standing),
                "issued": rfc3339(content.issued_ms),
                "not_after": rfc3339(content.not_after_ms),
            })
        });
        let refused = self.0.refused.iter().map(|(file, reason)| json!({ "file": file, "state": "ignored", "reason": reason }));
        known.chain(refused).collect()
    }
}
