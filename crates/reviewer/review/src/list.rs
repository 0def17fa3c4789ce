//! `list`: the sessions of a store, the newest first.
//!
//! In scope: what each log says of itself. Not in scope: whether that is true (`verify`).

use std::{fs, io::Write, path::Path};

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
    show::{each, personal, technician},
};

/// What is said of one session.
#[derive(Serialize)]
pub(crate) struct Line {
    session: String,
    /// First event, RFC 3339; nothing while there is none.
    started: Option<String>,
    duration_ms: u64,
    /// `ended`, `open` or `cut off`; `unreadable` when the log cannot be read to its end.
    state: &'static str,
    technicians: Vec<String>,
    events: u64,
}

/// Every session of a store, the newest first.
///
/// # Errors
/// [`Failure`] when the store cannot be read.
pub(crate) fn lines(store: &Path) -> Result<Vec<Line>, Failure> {
    let mut lines: Vec<Line> = sessions(store)?.into_iter().map(|sid| read(store, &sid)).collect::<Result<_, _>>()?;
    lines.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| a.session.cmp(&b.session)));
    Ok(lines)
}

pub(crate) fn run(store: &Path, json: bool, out: &mut dyn Write) -> Result<Exit, Failure> {
    let lines = lines(store)?;
    if lines.is_empty() && !json {
        writeln!(out, "{} holds no sessions.", shown(&store.display().to_string()))?;
    }
    for line in &lines {
        if json {
            serde_json::to_writer(&mut *out, line).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            let started = line.started.as_deref().unwrap_or("(no event)");
            let who = if line.technicians.is_empty() { "nobody".to_owned() } else { line.technicians.join(", ") };
            let seconds = line.duration_ms / 1000;
            let text = format!("{}  {started:<24}  {seconds:>6} s  {:<10}  {:>6} events  {who}", line.session, line.state, line.events);
            writeln!(out, "{}", shown(&text))?;
        }
    }
    Ok(Exit::Done)
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
    let cannot = |why: std::io::Error| Failure::failed(format!("{} cannot be read: {why}", folder.display()));
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
    let (mut started, mut clock) = (None, None);
    let stopped = each(&folder, |entry, _| {
        events += 1;
        ended |= matches!(entry.event, Event::SessionEnded { .. });
        started.get_or_insert(entry.t_ms);
        let (first, _) = clock.unwrap_or((entry.mono_ms, 0));
        clock = Some((first, entry.mono_ms));
        technicians.extend(technician(&values, entry));
        Ok(())
    })?;
    let state = match (ended, folder.is_live(), stopped) {
        (true, _, None) => "ended",
        (false, true, _) => "open",
        (false, false, None) => "cut off",
        (_, _, Some(_)) => "unreadable",
    };
    Ok(Line {
        session: sid.to_string(),
        started: started.map(rfc3339),
        duration_ms: clock.map_or(0, |(first, last): (u64, u64)| last.saturating_sub(first)),
        state,
        technicians,
        events,
    })
}
