//! Open Cybersecurity Schema Framework 1.8.0, one JSON object a line.
//!
//! In scope: what every class has (base event, metadata) and what each class asks for. Not in scope: which kind is which class
//! (`class`).
//!
//! | field | what |
//! | --- | --- |
//! | `metadata.uid`, `.correlation_uid`, `.sequence`, `.event_code` | session and number, session, number, kind |
//! | `user`, `actor.user` | the technician it is about, who did it |
//! | `session.uid`, `connection_info.session.uid` | the session |
//! | `unmapped.deskhand` | kind, hash of the event, its data, who wrote it; `opened` with --open, `purpose` with --purpose |

mod class;

use std::io::{self, Write};

use deskhand_audit::{Event, Outcome, Severity};
use deskhand_identity::rfc3339;
use serde_json::{Map, Value, json};

use self::class::{Class, class_of, scopes_of};
use super::{Context, Format, Row, csv::word};
use crate::{escape::json_line, row::Who};

const VERSION: &str = "1.8.0";

pub(super) struct Ocsf;

impl Format for Ocsf {
    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", json_line(&event(context, row)?)?)
    }
}

fn event(context: &Context, row: &Row<'_>) -> io::Result<Value> {
    let (entry, kind) = (row.entry, row.entry.event.kind());
    let (class, activity) = class_of(&entry.event);
    let activity_name = class.activity(activity).unwrap_or(kind);
    let uid = format!("{}/{}", entry.sid, entry.seq);
    let (severity_id, severity) = match entry.severity {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    };
    // A finding's status is how far it was looked into.
    let (status_id, status) = match (class, entry.outcome) {
        (Class::Finding, _) => (1, "New"),
        (_, Outcome::Success) => (1, "Success"),
        (_, Outcome::Failure | Outcome::Refused) => (2, "Failure"),
    };
    let mut event = json!({
        "class_uid": class.uid(),
        "class_name": class.name(),
        "category_uid": class.category().0,
        "category_name": class.category().1,
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": class.uid() * 100 + u64::from(activity),
        "type_name": format!("{}: {}", class.name(), class.activity(activity).unwrap_or("Other")),
        "time": entry.t_ms,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "status_detail": word(&entry.outcome)?,
        "message": row.sentence,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Deskhand", "vendor_name": "Deskhand", "version": row.known.version},
            "uid": uid,
            "correlation_uid": entry.sid,
            "sequence": entry.seq,
            "event_code": kind,
            "log_name": "session log",
            "log_version": entry.v.to_string(),
            "original_time": rfc3339(entry.t_ms),
        },
        "unmapped": {"deskhand": ours(context, row)?},
    });
    if let Some(fields) = event.as_object_mut() {
        of_class(class, row, &uid, fields);
    }
    Ok(event)
}

/// What the framework has no place for.
fn ours(context: &Context, row: &Row<'_>) -> io::Result<Value> {
    let event = serde_json::to_value(&row.entry.event)?;
    let mut ours = json!({
        "kind": row.entry.event.kind(),
        "leaf_hash": row.leaf_hash(),
        "source": row.entry.src,
        "actor": row.entry.actor,
        "data": event["data"],
    });
    if let Some(opened) = &row.opened {
        ours["opened"] = json!({&opened.field: opened.shown()});
    }
    if let Some(purpose) = &context.purpose {
        ours["purpose"] = json!(purpose);
    }
    Ok(ours)
}

/// What the class asks for.
fn of_class(class: Class, row: &Row<'_>, uid: &str, fields: &mut Map<String, Value>) {
    let session = json!({"uid": row.entry.sid, "is_remote": true});
    let actor = json!({"user": user(row, &row.who), "session": session});
    let about = row.entry.event.peer().map_or_else(
        || json!({"uid": "unidentified", "type_id": 0, "type": "Unknown"}),
        |peer| user(row, &row.known.technician(&peer.to_string())),
    );
    let mut add = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    match class {
        Class::Authentication => {
            add("actor", actor);
            add("user", about);
            add("service", json!({"name": "Deskhand", "uid": row.entry.sid}));
            add("session", session);
            add("is_remote", true.into());
        }
        Class::UserAccess => {
            add("actor", actor);
            add("user", about);
            add("privileges", json!(scopes_of(&row.entry.event)));
        }
        Class::Rdp => {
            if row.entry.event.peer().is_some() {
                add("user", about.clone());
                add("src_endpoint", json!({"uid": about["uid"], "name": "technician's computer"}));
            }
            add("dst_endpoint", json!({"uid": row.entry.sid, "name": "customer's computer"}));
            add("app_protocol_name", json!("deskhand/1"));
            add("connection_info", json!({"direction_id": 0, "direction": "Unknown", "uid": row.entry.sid, "session": session}));
            if let Event::SessionEnded { duration_ms, .. } = &row.entry.event {
                add("duration", json!(duration_ms));
            }
        }
        Class::EventLog => {
            add("actor", actor);
            add("log_name", json!("recording"));
            add("log_provider", json!("Deskhand"));
            add("log_type_id", json!(99));
            add("log_type", json!("recording"));
        }
        Class::Finding => {
            let kind = row.entry.event.kind();
            let finding = json!({"uid": uid, "title": row.sentence, "types": [kind], "created_time": row.entry.t_ms});
            add("finding_info", finding);
            add("is_alert", true.into());
            add("evidences", json!([{"actor": actor}]));
        }
    }
}

/// Somebody as a user.
fn user(row: &Row<'_>, who: &Who) -> Value {
    match who {
        Who::Customer => json!({"uid": "customer", "name": "customer", "type_id": 1, "type": "User"}),
        Who::Host => json!({"uid": "host", "name": "host", "type_id": 3, "type": "System"}),
        Who::Relay => json!({"uid": "relay", "name": "relay", "type_id": 3, "type": "System"}),
        Who::Technician { id, name } => {
            let mut user = json!({
                "uid": format!("technician:{id}"),
                "name": name.clone().unwrap_or_else(|| format!("technician {id}")),
                "type_id": 1,
                "type": "User",
                "org": {"name": row.known.organisation},
            });
            if let Some(person) = who.peer().and_then(|peer| row.known.people.get(&peer)) {
                user["credential_uid"] = json!(person.key);
            }
            user
        }
    }
}
