//! `verify`: the verdict, its sentence, its reasons.
//!
//! In scope: saying it. Not in scope: judging (`deskhand-audit`).

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use deskhand_audit::{
    Report,
    note::Note,
    receipt::{MAX_RECEIPT_BYTES, find},
    verify,
    verify::Options,
};
use serde::Serialize;

use crate::{
    escape::shown,
    failure::{Exit, Failure},
    options::Session,
    snapshot::Snapshot,
    target::{Target, trust},
    timeline::count,
};

/// The line that scripts rely on.
#[derive(Serialize)]
struct Line<'a> {
    verdict: &'static str,
    at: Option<u64>,
    events: u64,
    media_bytes: u64,
    reasons: &'a [String],
}

pub(crate) fn run(
    session: &Session,
    (named, receipt): (Option<&Path>, Option<&Path>),
    json: bool,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let target = Target::find(session)?;
    let trust = trust(named, session.store.as_deref())?;
    let receipt = receipt.map(read_receipt).transpose()?;
    let report = judge(&target, trust, receipt)?;
    if json {
        let line = Line {
            verdict: report.verdict.word(),
            at: report.verdict.at(),
            events: report.events,
            media_bytes: report.media_bytes,
            reasons: &report.reasons,
        };
        serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", report.verdict)?;
        writeln!(out, "{}", report.verdict.sentence())?;
        writeln!(out, "{}, {} of recording.", count(report.events, "event"), count(report.media_bytes, "byte"))?;
        for reason in &report.reasons {
            writeln!(out, "- {}", shown(reason))?;
        }
        writeln!(out, "{LIMITS}")?;
    }
    Ok(if report.verdict.stands() { Exit::Done } else { Exit::Unverified })
}

pub(crate) const LIMITS: &str = "This proves order, integrity and completeness of what was signed, and which keys acted; \
it cannot prove that the host told the truth about its screen, nor who held a key.";

/// The head in a customer's receipt.
fn read_receipt(path: &Path) -> Result<Note, Failure> {
    let fail = |why: &dyn std::fmt::Display| Failure::failed(format!("the receipt {} cannot be used: {why}", path.display()));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|why| fail(&why))?;
    file.take(MAX_RECEIPT_BYTES as u64).read_to_end(&mut bytes).map_err(|why| fail(&why))?;
    find(&bytes).map_err(|why| fail(&why))
}

/// Verifies a target.
///
/// # Errors
/// [`Failure`] when its files cannot be read.
pub(crate) fn judge(target: &Target, trust: Option<deskhand_audit::verify::Trust>, receipt: Option<Note>) -> Result<Report, Failure> {
    let options = Options { receipt, ..target.options(trust) };
    let report = if options.live { verify(&Snapshot::of(&target.folder), &options) } else { verify(&target.folder, &options) };
    report.map_err(|why| Failure::failed(format!("{} cannot be read: {why}", target.folder.path().display())))
}
