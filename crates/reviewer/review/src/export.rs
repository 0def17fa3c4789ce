//! `export`: a session's events in the form that another program or person reads.
//!
//! In scope: one pass over the log, row by row in bounded memory, each row into one of the forms below, or the session as it is; judging the log on the way, so
//! that nobody takes the events of a changed log for proof unawares. Not in scope: what an event means (`row`, `timeline`).
//!
//! Every form is one file here and makes the texts of strangers harmless by its own rules: what a terminal or a table program would act
//! on is visible or escaped, and what is read back is the text.

mod bundle;
mod cef;
mod csv;
mod html;
mod jsonl;
mod ocsf;
pub(crate) mod options;
mod output;
mod rfc5424;
mod summary;

use std::{
    io::{self, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::ValueEnum as _;
use deskhand_audit::{Report, bundle::EVENTS};
use deskhand_recording::RecordingKey;

use crate::{
    check::judge,
    escape::{json_line, shown},
    failure::{Exit, Failure},
    keys::{secret, unlock},
    progress::Progress,
    relay::Line,
    row::{Row, rows},
    target::{Target, trust},
    timeline::count,
};
use options::{Export, Form};

/// What stands beside the events.
struct Context {
    report: Report,
    /// What the export is for, in the words of who makes it.
    purpose: Option<String>,
    /// When it is made, milliseconds since the Unix epoch.
    made_ms: u64,
}

/// One form of export.
trait Format {
    /// What stands before the first event.
    fn begin(&mut self, _context: &Context, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// One event.
    fn row(&mut self, context: &Context, row: &Row<'_>, out: &mut dyn Write) -> io::Result<()>;

    /// What stands after the last event; `stopped` says why there are no more that can be read.
    fn end(&mut self, _stopped: Option<&str>, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the export. It is written whole for a log that does not stand too; the exit code and a sentence on standard error say so.
pub(crate) fn run(export: &Export, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let target = Target::find(&export.session)?;
    if export.format == Form::Bundle {
        bundle::check(export, &target.folder)?;
    }
    let report = judge(&target, trust(export.trust.as_deref(), export.session.store.as_deref())?, None)?;
    if let Some(config) = &export.key.config {
        enter(export, config, &target)?;
    }
    let key = export.open.then(|| unlock(&export.session, &target, &export.key)).transpose()?;
    let made = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let context = Context { report, purpose: export.key.purpose.clone(), made_ms: u64::try_from(made).unwrap_or(u64::MAX) };
    let make = |out: &mut dyn Write| match format(export.format, &target)? {
        Some(mut format) => write(&target, key.as_ref(), &context, &mut *format, out),
        None => bundle::write(&target.folder, out).map(|()| context.report.events),
    };
    match &export.out {
        None => drop(make(out)?),
        Some(file) => {
            let events = output::to_new_file(file, make)?;
            let name = file.display().to_string();
            if json {
                let line = serde_json::json!({"file": name, "events": events, "verdict": context.report.verdict.word()});
                writeln!(out, "{}", json_line(&line)?)?;
            } else {
                writeln!(out, "{}: {}, {}.", shown(&name), count(events, "event"), context.report.verdict)?;
            }
        }
    }
    if context.report.verdict.stands() {
        return Ok(Exit::Done);
    }
    eprintln!("deskhand-review: {}: {}", context.report.verdict, context.report.verdict.sentence());
    Ok(Exit::Unverified)
}

/// The form; `None` for the session as it is, which has no rows.
fn format(form: Form, target: &Target) -> Result<Option<Box<dyn Format>>, Failure> {
    Ok(Some(match form {
        Form::Jsonl => Box::new(jsonl::Jsonl),
        Form::Csv => Box::new(csv::Csv),
        Form::Ocsf => Box::new(ocsf::Ocsf),
        Form::Cef => Box::new(cef::Cef),
        Form::Rfc5424 => Box::new(rfc5424::Rfc5424),
        Form::Html => Box::new(html::Html::new(summary::of(target)?)),
        Form::Bundle => return Ok(None),
    }))
}

/// Has the relay enter the export in the organisation's log, before there is one.
fn enter(export: &Export, config: &Path, target: &Target) -> Result<(), Failure> {
    let purpose = export.key.purpose.as_deref().unwrap_or_default();
    let form = export.format.to_possible_value().map_or_else(String::new, |form| form.get_name().to_owned());
    let secret = secret(export.key.key.as_deref(), export.key.passphrase_file.as_deref())?;
    Line::to(config, &secret)?.exported(target.session_id()?, &form, purpose).map(drop)
}

/// Everything in one form; how many events there were.
fn write(
    target: &Target,
    key: Option<&RecordingKey>,
    context: &Context,
    format: &mut dyn Format,
    out: &mut dyn Write,
) -> Result<u64, Failure> {
    let mut progress = Progress::new("exporting", target.folder.size(EVENTS).unwrap_or_default());
    let mut events = 0;
    format.begin(context, out)?;
    let stopped = rows(&target.folder, key, |row| {
        events += 1;
        progress.add(row.leaf.len() as u64 + 1);
        format.row(context, row, out)
    })?;
    if let Some(why) = &stopped {
        eprintln!("deskhand-review: the log cannot be read any further: {}", shown(why));
    }
    format.end(stopped.as_deref(), out)?;
    Ok(events)
}
