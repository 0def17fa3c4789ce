//! Common Event Format 0, one event a line, without a syslog header.
//!
//! In scope: its two kinds of escaping, in the header (`\` and `|`) and in the extension (`\`, `=` and ends of lines). Not in scope:
//! how the lines are sent.
//!
//! | key | what |
//! | --- | --- |
//! | `externalId` | session and number of the event |
//! | `rt` | time in milliseconds since the Unix epoch |
//! | `suser`, `suid` | who did it, and the technician's number |
//! | `outcome`, `msg` | how it went, and what happened in words |
//! | `cs1`, `cs2`, `cs3`, `cs4` | hash of the event, session, data as JSON, organisation |
//! | `cs5`, `cs6` | the sealed text with --open, the purpose with --purpose |

use std::io::{self, Write};

use deskhand_audit::Severity;

use super::{Context, Format, Row, csv::word};
use crate::escape::{json_line, shown};

pub(super) struct Cef;

impl Format for Cef {
    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entry = row.entry;
        let severity = match entry.severity {
            Severity::Informational => 1,
            Severity::Low => 3,
            Severity::Medium => 5,
            Severity::High => 8,
            Severity::Critical => 10,
        };
        let (version, kind) = (header(&row.known.version), entry.event.kind());
        let name = header(&kind.replace(['.', '_'], " "));
        write!(out, "CEF:0|Deskhand|Deskhand|{version}|{kind}|{name}|{severity}|")?;
        let data = serde_json::to_value(&entry.event)?;
        let mut pairs = vec![
            ("externalId", format!("{}/{}", entry.sid, entry.seq)),
            ("rt", entry.t_ms.to_string()),
            ("suser", row.who.to_string()),
            ("suid", entry.actor.id.clone()),
            ("outcome", word(&entry.outcome)?),
            ("msg", row.sentence.clone()),
            ("cs1Label", "leafHash".into()),
            ("cs1", row.leaf_hash().to_string()),
            ("cs2Label", "session".into()),
            ("cs2", entry.sid.to_string()),
            ("cs3Label", "data".into()),
            ("cs3", json_line(&data["data"])?),
            ("cs4Label", "organisation".into()),
            ("cs4", row.known.organisation.clone()),
        ];
        if let Some(opened) = &row.opened {
            pairs.extend([("cs5Label", opened.field.clone()), ("cs5", opened.shown())]);
        }
        if let Some(purpose) = &context.purpose {
            pairs.extend([("cs6Label", "purpose".into()), ("cs6", purpose.clone())]);
        }
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = pairs.map(|(key, text)| format!("{key}={}", value(&text))).collect();
        writeln!(out, "{}", pairs.join(" "))
    }
}

/// A field of the header.
fn header(text: &str) -> String {
    shown(text).replace('\\', r"\\").replace('|', r"\|")
}

/// A value of the extension. Ends of lines have an escape of their own here; what else is hidden is made visible first.
fn value(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let parts = line.split('\r').map(|part| shown(part).replace('\\', r"\\").replace('=', r"\="));
        parts.collect::<Vec<_>>().join(r"\r")
    });
    lines.collect::<Vec<_>>().join(r"\n")
}
