//! `list`: the sessions of a store, the newest first.
//!
//! In scope: what each log says of itself, in a table. Not in scope: whether that is true (`verify`), which are shown (`filter`).

pub(crate) mod filter;

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    path::Path,
};

use deskhand_audit::{
    Event,
    bundle::{SESSIONS, session_folder},
};
use deskhand_identity::{SessionId, rfc3339};
use serde::Serialize;

use crate::{
    escape::shown,
    failure::{Exit, Failure},
    folder::Folder,
    progress::Progress,
    show::{each, personal, technician},
};
use filter::{Filter, HowItWent, State, Taken};

/// What is said of one session.
#[derive(Serialize)]
pub(crate) struct Line {
    session: String,
    /// First event, RFC 3339; nothing while there is none.
    started: Option<String>,
    duration_ms: u64,
    /// The word of `state_is`.
    state: &'static str,
    technicians: Vec<String>,
    events: u64,
    #[serde(skip)]
    started_ms: Option<u64>,
    #[serde(skip)]
    state_is: State,
    #[serde(skip)]
    kinds: BTreeSet<&'static str>,
    #[serde(skip)]
    outcomes: Vec<HowItWent>,
}

/// Every session of a store, the newest first.
///
/// # Errors
/// [`Failure`] when the store cannot be read.
pub(crate) fn lines(store: &Path) -> Result<Vec<Line>, Failure> {
    let mut lines: Vec<Line> = sessions(store)?.into_iter().map(|sid| read(store, &sid)).collect::<Result<_, _>>()?;
    newest_first(&mut lines);
    Ok(lines)
}

fn newest_first(lines: &mut [Line]) {
    lines.sort_by(|a, b| b.started_ms.cmp(&a.started_ms).then_with(|| a.session.cmp(&b.session)));
}

pub(crate) fn run(store: &Path, filter: &Filter, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let all = sessions(store)?;
    let total = all.len() as u64;
    let (mut lines, mut taken) = (Vec::new(), Taken::default());
    let mut progress = Progress::new("reading sessions", total);
    for sid in &all {
        let line = read(store, sid)?;
        match filter.stopped_by(&line) {
            Some(option) => taken.by(option),
            None => lines.push(line),
        }
        progress.add(1);
    }
    drop(progress);
    newest_first(&mut lines);
    match (json, lines.is_empty()) {
        (true, _) => lines.iter().try_for_each(|line| {
            serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
            writeln!(out)
        })?,
        (false, true) if total == 0 => writeln!(out, "{} holds no sessions.", shown(&store.display().to_string()))?,
        (false, true) => writeln!(out, "{}", taken.sentence(total))?,
        (false, false) => table(&lines, out)?,
    }
    Ok(Exit::Done)
}

/// A line a session under a header, in columns as wide as what is in them.
fn table(lines: &[Line], out: &mut dyn Write) -> io::Result<()> {
    let header = ["session", "began", "lasted", "state", "events", "technicians"].map(str::to_owned);
    let rows = lines.iter().map(|line| {
        let who = if line.technicians.is_empty() { "nobody".to_owned() } else { line.technicians.join(", ") };
        let began = line.started.clone().unwrap_or_else(|| "(no event)".to_owned());
        let lasted = format!("{} s", line.duration_ms / 1000);
        [line.session.clone(), began, lasted, line.state.to_owned(), line.events.to_string(), shown(&who)]
    });
    let rows: Vec<[String; 6]> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let [session, began, lasted, state, events] = [0, 1, 2, 3, 4].map(width);
    rows.iter()
        .try_for_each(|[a, b, c, d, e, who]| writeln!(out, "{a:<session$}  {b:<began$}  {c:>lasted$}  {d:<state$}  {e:>events$}  {who}"))
}

/// The ids of the sessions; folders with other names are none.
fn sessions(store: &Path) -> Result<Vec<SessionId>, Failure> {
    let folder = store.join(SESSIONS);
    if !store.is_dir() {
        return Err(Failure::failed(format!("{} is not a folder: give the relay's data folder", store.display())));
    }
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let cannot = |why: io::Error| Failure::failed(format!("{} cannot be read: {why}", folder.display()));
    let mut all = Vec::new();
    for entry in fs::read_dir(&folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if let Some(sid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) {
            all.push(sid);
        }
    }
    Ok(all)
}

fn read(store: &Path, sid: &SessionId) -> Result<Line, Failure> {
    let folder = Folder::new(store.join(session_folder(sid)));
    let values = personal(&folder);
    let (mut events, mut ended, mut technicians) = (0, false, Vec::new());
    let (mut started_ms, mut clock) = (None, None);
    let (mut kinds, mut outcomes) = (BTreeSet::new(), Vec::new());
    let stopped = each(&folder, |entry, _| {
        events += 1;
        ended |= matches!(entry.event, Event::SessionEnded { .. });
        started_ms.get_or_insert(entry.t_ms);
        let (first, _) = clock.unwrap_or((entry.mono_ms, 0));
        clock = Some((first, entry.mono_ms));
        technicians.extend(technician(&values, entry));
        kinds.insert(entry.event.kind());
        let outcome = HowItWent::of(entry.outcome);
        if !outcomes.contains(&outcome) {
            outcomes.push(outcome);
        }
        Ok(())
    })?;
    let state_is = match (ended, folder.is_live(), stopped) {
        (true, _, None) => State::Ended,
        (false, true, _) => State::Open,
        (false, false, None) => State::CutOff,
        (_, _, Some(_)) => State::Unreadable,
    };
    Ok(Line {
        session: sid.to_string(),
        started: started_ms.map(rfc3339),
        duration_ms: clock.map_or(0, |(first, last): (u64, u64)| last.saturating_sub(first)),
        state: state_is.word(),
        technicians,
        events,
        started_ms,
        state_is,
        kinds,
        outcomes,
    })
}
