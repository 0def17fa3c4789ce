//! A table: one header, one line an event (RFC 4180).
//!
//! In scope: quoting, and keeping table programs from taking a cell for a formula (OWASP, "CSV Injection"). Not in scope: a table
//! program's other habits; times are RFC 3339 and stay text.
//!
//! A cell whose first character is `=`, `+`, `-`, `@`, their full-width forms or an apostrophe, blanks before it not counted, has an
//! apostrophe put before it. Whoever reads the table with a program takes one apostrophe off the front of a cell that begins with one.

use std::io::{self, Write};

use deskhand_identity::rfc3339;

use super::{Context, Format, Row};
use crate::{
    escape::{json_line, shown},
    row::{Opened, Who},
};

const COLUMNS: &str =
    "seq,time,offset_ms,actor,actor_id,name,kind,outcome,severity,what,sealed_field,sealed_text,data,source,leaf_hash,session,purpose";

pub(super) struct Csv;

impl Format for Csv {
    fn begin(&mut self, _context: &Context, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{COLUMNS}\r\n")
    }

    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
        let entry = row.entry;
        let name = match &row.who {
            Who::Technician { name: Some(name), .. } => name.as_str(),
            _ => "",
        };
        let opened = row.opened.as_ref().map(Opened::shown).unwrap_or_default();
        let data = serde_json::to_value(&entry.event)?;
        let cells = [
            entry.seq.to_string(),
            rfc3339(entry.t_ms),
            row.offset_ms.to_string(),
            word(&entry.actor.kind)?,
            entry.actor.id.clone(),
            name.to_owned(),
            entry.event.kind().to_owned(),
            word(&entry.outcome)?,
            word(&entry.severity)?,
            row.sentence.clone(),
            entry.sealed.as_ref().map(|sealed| sealed.field.clone()).unwrap_or_default(),
            opened,
            json_line(&data["data"])?,
            entry.src.to_string(),
            row.leaf_hash().to_string(),
            entry.sid.to_string(),
            context.purpose.clone().unwrap_or_default(),
        ];
        let cells = cells.map(|text| cell(&text));
        write!(out, "{}\r\n", cells.join(","))
    }
}

/// The text as a cell.
fn cell(text: &str) -> String {
    const FORMULA: &[char] = &['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\''];
    let text = shown(text);
    let guard = if text.trim_start().starts_with(FORMULA) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// The word that a value is written as.
pub(super) fn word(value: &impl serde::Serialize) -> io::Result<String> {
    Ok(serde_json::to_value(value)?.as_str().unwrap_or_default().to_owned())
}
