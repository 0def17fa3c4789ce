//! `show`: what happened in a session, event by event.
//!
//! In scope: reading the log once, printing lines. Not in scope: the words for an event (`timeline`).

use std::io::{BufReader, Read, Write};

use deskhand_audit::{
    Entry, Event, Hash, SealedRef,
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
    target::{Target, trust},
    timeline,
};

pub(crate) fn run(session: &Session, open: Option<&KeyChoice>, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let target = Target::find(session)?;
    if json {
        return leaves(&target.folder, out);
    }
    let report = judge(&target, trust(None, session.store.as_deref())?, None)?;
    writeln!(out, "{}: {}", report.verdict, report.verdict.sentence())?;
    let personal = personal(&target.folder);
    let mut fields = open.map(|choice| unlock(session, &target, choice)).transpose()?.map(|key| Fields::new(&key));
    let mut begun = None;
    let whole = each(&target.folder, |entry, _| {
        let mono = entry.mono_ms.saturating_sub(*begun.get_or_insert(entry.mono_ms));
        let mut sentence = timeline::sentence(&entry.event);
        if let Some(name) = technician(&personal, entry) {
            sentence = format!("{sentence}: {name}");
        }
        if let (Some(fields), Some(sealed)) = (&mut fields, &entry.sealed) {
            sentence = format!("{sentence}; {}: {}", sealed.field, opened(&target.folder, fields, entry.seq, sealed));
        }
        let (seconds, ms) = (mono / 1000, mono % 1000);
        let time = rfc3339(entry.t_ms);
        let line = format!("{:>5}  {time}  +{seconds:>5}.{ms:03}  {:<17} {sentence}", entry.seq, entry.event.kind());
        writeln!(out, "{}", shown(line.trim_end()))
    })?;
    if let Some(why) = whole {
        writeln!(out, "The log cannot be read any further: {}", shown(&why))?;
    }
    Ok(Exit::Done)
}

/// What a sealed field says, or why that cannot be told.
pub(crate) fn opened(folder: &Folder, fields: &mut Fields, seq: u64, sealed: &SealedRef) -> String {
    let mut bytes = Vec::new();
    let name = sealed_name(seq, &sealed.field).unwrap_or_default();
    match folder.open(&name).and_then(|file| file.take(sealed.len + 1).read_to_end(&mut bytes)) {
        Err(why) => format!("({why})"),
        Ok(_) if Hash::of(&bytes) != sealed.sha256 => "(changed: run verify)".to_owned(),
        Ok(_) => fields.open(&bytes).map_or_else(|why| format!("({why})"), |text| format!("{text:?}")),
    }
}

/// The events as they are stored, one a line.
fn leaves(folder: &Folder, out: &mut dyn Write) -> Result<Exit, Failure> {
    let whole = each(folder, |_, leaf| {
        out.write_all(leaf)?;
        out.write_all(b"\n")
    })?;
    whole.map_or(Ok(Exit::Done), |why| Err(Failure::failed(format!("the log cannot be read any further: {why}"))))
}

/// Hands every readable event to `with`; says why it stopped early.
pub(crate) fn each(folder: &Folder, mut with: impl FnMut(&Entry, &[u8]) -> std::io::Result<()>) -> Result<Option<String>, Failure> {
    if !folder.path().join(EVENTS).exists() {
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
