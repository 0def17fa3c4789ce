//! Syslog messages with structured data (RFC 5424), one a line.
//!
//! In scope: header, structured data and its escaping (section 6.3.3), UTF-8 with its mark (section 6.4). Not in scope: sending them;
//! nothing in a message ends a line, so that a line is a message on any transport.
//!
//! Facility 13 (log audit), APP-NAME `deskhand`, PROCID the session, MSGID the kind, no HOSTNAME: the log knows none. The element is
//! `deskhand@32473`: 32473 is the number that RFC 5612 sets aside where there is none of one's own.

use std::io::{self, Write};

use deskhand_audit::Severity;
use deskhand_identity::rfc3339;

use super::{Context, Format, Row, csv::word};
use crate::escape::{json_line, shown};

const FACILITY: u8 = 13;

pub(super) struct Rfc5424;

impl Format for Rfc5424 {
    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entry = row.entry;
        let severity = match entry.severity {
            Severity::Informational => 6,
            Severity::Low => 5,
            Severity::Medium => 4,
            Severity::High => 3,
            Severity::Critical => 2,
        };
        let (priority, time, kind) = (FACILITY * 8 + severity, rfc3339(entry.t_ms), entry.event.kind());
        write!(out, "<{priority}>1 {time} - deskhand {} {kind} [deskhand@32473", entry.sid)?;
        let data = serde_json::to_value(&entry.event)?;
        let mut parameters = vec![
            ("seq", entry.seq.to_string()),
            ("leafHash", row.leaf_hash().to_string()),
            ("actor", word(&entry.actor.kind)?),
            ("actorId", entry.actor.id.clone()),
            ("who", row.who.to_string()),
            ("outcome", word(&entry.outcome)?),
            ("severity", word(&entry.severity)?),
            ("organisation", row.known.organisation.clone()),
            ("data", json_line(&data["data"])?),
        ];
        if let Some(opened) = &row.opened {
            parameters.extend([("sealedField", opened.field.clone()), ("sealedText", opened.shown())]);
        }
        if let Some(purpose) = &context.purpose {
            parameters.push(("purpose", purpose.clone()));
        }
        for (name, value) in parameters {
            write!(out, " {name}=\"{}\"", parameter(&value))?;
        }
        writeln!(out, "] \u{feff}{}", shown(&row.sentence))
    }
}

/// A value in structured data.
fn parameter(text: &str) -> String {
    shown(text).replace('\\', r"\\").replace('"', "\\\"").replace(']', r"\]")
}
