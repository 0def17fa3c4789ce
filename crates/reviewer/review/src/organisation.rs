//! `organisation`: the organisation's log against the store, so that no session vanishes and none was put in.
//!
//! In scope: the log's own tree and heads, every session that it names, every folder that it does not. Not in scope: each session's own
//! log (`verify`).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufReader, Write},
    path::Path,
};

use deskhand_audit::{
    Checkpoint, Frontier, Hash, Origin,
    bundle::{CHECKPOINTS, EVENTS, Found, LineReader, NoteReader, ORGANISATION, SESSIONS, WITNESSED},
    note::Note,
    organisation::{OrganisationEntry, OrganisationEvent},
};
use deskhand_identity::{SessionId, Statement};
use serde::Serialize;

use crate::{
    escape::shown,
    failure::{Exit, Failure},
    target::statement,
    timeline::count,
};

/// The most sentences that are given.
const MAX_REASONS: usize = 32;

/// The line that scripts rely on.
#[derive(Serialize)]
struct Line<'a> {
    stands: bool,
    entries: u64,
    sessions: usize,
    /// Certificates of technicians that are or were in use.
    certificates: usize,
    /// Outside witnesses, and how many entries each has seen.
    witnesses: &'a BTreeMap<String, u64>,
    reasons: &'a [String],
}

/// What the log says of a session.
#[derive(Default)]
struct Known {
    sealed: bool,
}

/// What was read.
#[derive(Default)]
struct Ledger {
    entries: u64,
    sessions: BTreeMap<SessionId, Known>,
    certificates: usize,
    witnesses: BTreeMap<String, u64>,
    reasons: Vec<String>,
}

pub(crate) fn run(store: &Path, named: Option<&Path>, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let statement = statement(named, Some(store))?
        .ok_or_else(|| Failure::usage("whose log is it? Give the organisation's statement with --trust FILE"))?;
    let mut found = read(&store.join(ORGANISATION), &statement)?;
    let folders = folders(&store.join(SESSIONS))?;
    for (sid, known) in &found.sessions {
        if !folders.contains(sid) {
            let how = if known.sealed { "was sealed" } else { "was opened" };
            found.reasons.push(format!("Session {sid} {how}, and its folder is not in the store."));
        }
    }
    for sid in folders.iter().filter(|sid| !found.sessions.contains_key(*sid)) {
        found.reasons.push(format!("Session {sid} is in the store, and the organisation's log does not know it."));
    }
    let more = found.reasons.len().saturating_sub(MAX_REASONS);
    found.reasons.truncate(MAX_REASONS);
    if more > 0 {
        found.reasons.push(format!("{more} more findings are not listed."));
    }
    let stands = found.reasons.is_empty();
    if json {
        let line = Line {
            stands,
            entries: found.entries,
            sessions: found.sessions.len(),
            certificates: found.certificates,
            witnesses: &found.witnesses,
            reasons: &found.reasons,
        };
        serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let verdict = if stands { "OK" } else { "NOT WHOLE" };
        let entries = if found.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", found.entries) };
        let (sessions, certificates) = (found.sessions.len() as u64, found.certificates as u64);
        writeln!(out, "{verdict}: {entries}, {}, {}.", count(sessions, "session"), count(certificates, "technician's certificate"))?;
        for (witness, entries) in &found.witnesses {
            writeln!(out, "- The outside witness {} has seen the first {entries} entries.", shown(witness))?;
        }
        for reason in &found.reasons {
            writeln!(out, "- {}", shown(reason))?;
        }
    }
    Ok(if stands { Exit::Done } else { Exit::Unverified })
}

/// Reads the entries beside the signed heads.
fn read(folder: &Path, statement: &Statement) -> Result<Ledger, Failure> {
    let mut found = Ledger::default();
    let origin = Origin::of_organisation(&statement.organisation.key, statement.organisation.domain.as_deref());
    let mut heads = heads(&folder.join(CHECKPOINTS), &origin, statement, &mut found.reasons)?.into_iter().peekable();
    let mut lines = LineReader::new(BufReader::new(open(&folder.join(EVENTS))?));
    let seen = witnessed(&folder.join(WITNESSED), &origin, statement, &mut found.reasons)?;
    let (mut tree, mut leaf) = (Frontier::default(), Vec::new());
    let mut signed = 0;
    while lines.next(&mut leaf)? == Found::Whole {
        let entry = match OrganisationEntry::from_leaf(&leaf) {
            Ok(entry) if entry.seq == found.entries => entry,
            Ok(entry) => {
                found.reasons.push(format!("Entry {} says that it is entry {}.", found.entries, entry.seq));
                break;
            }
            Err(why) => {
                found.reasons.push(format!("Entry {}: {why}.", found.entries));
                break;
            }
        };
        tree.append(&leaf);
        found.entries += 1;
        for (witness, root) in seen.get(&found.entries).into_iter().flatten() {
            if *root == tree.root() {
                found.witnesses.insert(witness.clone(), found.entries);
            } else {
                found.reasons.push(format!("The outside witness {witness} was shown another log of {} entries.", found.entries));
            }
        }
        match entry.event {
            OrganisationEvent::SessionOpened { sid } => found.sessions.entry(sid).or_default().sealed = false,
            OrganisationEvent::SessionSealed { sid, .. } => found.sessions.entry(sid).or_default().sealed = true,
            OrganisationEvent::TechCertified { .. } => found.certificates += 1,
            _ => {}
        }
        while let Some(head) = heads.next_if(|head| head.size <= found.entries) {
            if head.size < found.entries {
                found.reasons.push(format!("A head of {} entries stands after a larger one.", head.size));
            } else if head.root != tree.root() {
                found.reasons.push(format!("The first {} entries are not those that the relay signed.", head.size));
            } else {
                signed = head.size;
            }
        }
    }
    for (size, seen) in seen.range(found.entries + 1..) {
        let names: Vec<&str> = seen.iter().map(|(witness, _)| witness.as_str()).collect();
        found.reasons.push(format!("{} has seen {size} entries; {} are here.", names.join(", "), found.entries));
    }
    if let Some(head) = heads.next() {
        found.reasons.push(format!("The relay signed {} entries; {} are here.", head.size, found.entries));
    }
    if signed < found.entries {
        found.reasons.push(format!("The last {} entries are not signed.", found.entries - signed));
    }
    Ok(found)
}

/// Names of witnesses and the roots they have seen, by size.
type Seen = BTreeMap<u64, Vec<(String, Hash)>>;

/// Reads what outside witnesses have cosigned; there is no such file before one has.
fn witnessed(path: &Path, origin: &Origin, statement: &Statement, reasons: &mut Vec<String>) -> Result<Seen, Failure> {
    let mut seen = Seen::new();
    if !path.exists() {
        return Ok(seen);
    }
    let (mut reader, mut bytes, mut read) = (NoteReader::new(BufReader::new(open(path)?)), Vec::new(), 0);
    while reader.next(&mut bytes)? == Found::Whole {
        let note = Note::from_bytes(&bytes).ok();
        let head = note.as_ref().and_then(|note| {
            let head = statement.relays.iter().find_map(|relay| Checkpoint::open(note, origin, &relay.key).ok())?;
            let line = note.signatures.get(1)?;
            let by = statement.witnesses.iter().find(|witness| note.check_cosignature(line, &witness.name, &witness.key).is_ok())?;
            Some((head, by.name.clone()))
        });
        match head {
            Some((head, name)) => seen.entry(head.size).or_default().push((name, head.root)),
            None => {
                reasons.push(format!("{WITNESSED}: the note after {read} others is not of a relay and a witness of the statement."));
                break;
            }
        }
        read += 1;
    }
    Ok(seen)
}

fn heads(path: &Path, origin: &Origin, statement: &Statement, reasons: &mut Vec<String>) -> Result<Vec<Checkpoint>, Failure> {
    let mut reader = NoteReader::new(BufReader::new(open(path)?));
    let (mut all, mut bytes) = (Vec::new(), Vec::new());
    while reader.next(&mut bytes)? == Found::Whole {
        let note = Note::from_bytes(&bytes).ok();
        let by = |note: &Note| statement.relays.iter().find_map(|relay| Checkpoint::open(note, origin, &relay.key).ok());
        match note.as_ref().and_then(by) {
            Some(head) => all.push(head),
            None => {
                reasons.push(format!("The head after {} others is not signed by a relay of the statement.", all.len()));
                break;
            }
        }
    }
    Ok(all)
}

fn open(path: &Path) -> Result<File, Failure> {
    File::open(path).map_err(|why| Failure::failed(format!("{} cannot be read: {why}", path.display())))
}

fn folders(sessions: &Path) -> Result<BTreeSet<SessionId>, Failure> {
    if !sessions.exists() {
        return Ok(BTreeSet::new());
    }
    let cannot = |why: std::io::Error| Failure::failed(format!("{} cannot be read: {why}", sessions.display()));
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(sessions).map_err(cannot)? {
        all.extend(entry.map_err(cannot)?.file_name().to_str().and_then(|name| name.parse::<SessionId>().ok()));
    }
    Ok(all)
}
