//! `show`: what happened in a session, event by event.
//!
//! In scope: reading the log, printing lines. Not in scope: who did it (`row`), the words for an event (`timeline`).

use std::io::{BufReader, Read, Write};

use deskhand_audit::{
    Entry, Event, Hash, Report, SealedRef,
    bundle::{EVENTS, Found, LineReader, MAX_PERSONAL_BYTES, PERSONAL, Personal, sealed_name},
    verify::Store,
};
use deskhand_identity::{SignedCertificate, rfc3339};
use deskhand_recording::Fields;

use crate::{
    check::judge,
    escape::shown,
    failure::{Exit, Failure},
    folder::Folder,
    keys::unlock,
    options::{KeyChoice, Session},
    part::Part,
    row::{Who, rows},
    target::{Target, trust},
};

pub(crate) fn run(
    session: &Session,
    part: &Part,
    open: Option<&KeyChoice>,
    (json, colour): (bool, bool),
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let target = Target::find(session)?;
    if json {
        return leaves(&target.folder, part, out);
    }
    let report = judge(&target, trust(None, session.store.as_deref())?, None)?;
    writeln!(out, "{}: {}", report.verdict, report.verdict.sentence())?;
    let key = open.map(|choice| unlock(session, &target, choice)).transpose()?;
    let whole = rows(&target.folder, key.as_ref(), |row| {
        if !part.holds(row.offset_ms, &row.entry.event) {
            return Ok(());
        }
        let (seconds, ms) = (row.offset_ms / 1000, row.offset_ms % 1000);
        let (seq, time, kind) = (row.entry.seq, rfc3339(row.entry.t_ms), row.entry.event.kind());
        let who = painted(&row.who, colour);
        let text = shown(&row.text());
        let mark = if is_hosts_word(&report, &row.who, seq) { HOSTS_WORD } else { "" };
        writeln!(out, "{seq:>5}  {time}  +{seconds:>5}.{ms:03}  {who}  {kind:<17}  {}{mark}", text.trim_end())
    })?;
    if let Some(why) = whole {
        writeln!(out, "The log cannot be read any further: {}", shown(&why))?;
    }
    Ok(Exit::Done)
}

/// After what a technician is said to have done and the technician's program has not cosigned.
const HOSTS_WORD: &str = "  [host's word]";

/// Whether it is a technician's event that the technician's own program has not put its name to.
fn is_hosts_word(report: &Report, who: &Who, seq: u64) -> bool {
    let witness = who.peer().and_then(|peer| report.technicians.iter().rev().find(|witness| witness.peer == peer && witness.from <= seq));
    witness.is_some_and(|witness| witness.cosigned <= seq)
}

/// Who it was, in a column, in the colour of their kind: green the customer, grey the programs, each technician another one.
fn painted(who: &Who, colour: bool) -> String {
    const TECHNICIANS: [u8; 4] = [36, 35, 33, 34];
    let text = format!("{:<16}", shown(&who.to_string()));
    let code = match who {
        Who::Customer => 32,
        Who::Technician { .. } => TECHNICIANS[usize::from(who.peer().unwrap_or(1).wrapping_sub(1)) % TECHNICIANS.len()],
        Who::Host | Who::Relay => 90,
    };
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
}

/// What a sealed field says, or why that cannot be told.
pub(crate) fn opened(folder: &Folder, fields: &mut Fields, seq: u64, sealed: &SealedRef) -> Result<String, String> {
    let mut bytes = Vec::new();
    let name = sealed_name(seq, &sealed.field).unwrap_or_default();
    match folder.open(&name).and_then(|file| file.take(sealed.len + 1).read_to_end(&mut bytes)) {
        Err(why) => Err(why.to_string()),
        Ok(_) if Hash::of(&bytes) != sealed.sha256 => Err("changed: run verify".to_owned()),
        Ok(_) => fields.open(&bytes).map_err(|why| why.to_string()),
    }
}

/// The events as they are stored, one a line.
fn leaves(folder: &Folder, part: &Part, out: &mut dyn Write) -> Result<Exit, Failure> {
    let mut begun = None;
    let whole = each(folder, |entry, leaf| {
        if !part.holds(entry.mono_ms.saturating_sub(*begun.get_or_insert(entry.mono_ms)), &entry.event) {
            return Ok(());
        }
        out.write_all(leaf)?;
        out.write_all(b"\n")
    })?;
    whole.map_or(Ok(Exit::Done), |why| Err(Failure::failed(format!("the log cannot be read any further: {why}"))))
}

/// Hands every readable event to `with`; says why it stopped early.
pub(crate) fn each(folder: &Folder, mut with: impl FnMut(&Entry, &[u8]) -> std::io::Result<()>) -> Result<Option<String>, Failure> {
    if folder.size(EVENTS).is_none() {
        return Ok(None);
    }
    let cannot = |why: std::io::Error| Failure::failed(format!("{} cannot be read: {why}", folder.path().join(EVENTS).display()));
    let mut lines = LineReader::new(BufReader::new(folder.open(EVENTS).map_err(cannot)?));
    let mut leaf = Vec::new();
    loop {
        match lines.next(&mut leaf).map_err(cannot)? {
            Found::End => return Ok(None),
            Found::Torn => return Ok(Some("its last line is not whole".into())),
            Found::Whole => match Entry::from_leaf(&leaf) {
                Ok(entry) => with(&entry, &leaf)?,
                Err(why) => return Ok(Some(why.to_string())),
            },
        }
    }
}

/// The personal values, as far as they can be read; `verify` judges them.
pub(crate) fn personal(folder: &Folder) -> Personal {
    let mut bytes = Vec::new();
    let limit = MAX_PERSONAL_BYTES as u64 + 1;
    match folder.open(PERSONAL).map(|file| file.take(limit).read_to_end(&mut bytes)) {
        Ok(Ok(_)) => Personal::from_bytes(&bytes).unwrap_or_default(),
        _ => Personal::default(),
    }
}

/// The technician's name in the certificate of an identification.
pub(crate) fn technician(personal: &Personal, entry: &Entry) -> Option<String> {
    let Event::TechIdentified(_) = &entry.event else { return None };
    let text = String::from_utf8(personal.value(entry.seq, "certificate")?.value.clone()).ok()?;
    Some(SignedCertificate::parse(&text).ok()?.claimed().name.clone())
}
