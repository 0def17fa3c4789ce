//! What is told of one session: its events in plain words, its verdict, the shape of its recording.
//!
//! In scope: the JSON that the page reads. Texts are as found; the page shows them as text and never as anything else.

use deskhand_audit::{ActorType, Entry, Event, Outcome, Report, Severity};
use deskhand_identity::rfc3339;
use deskhand_player::Index;
use deskhand_recording::{Fields, RecordingKey};
use serde::Serialize;

use crate::{
    failure::Failure,
    show::{each, opened, personal, technician},
    target::Target,
    timeline::sentence,
};

/// A session's log.
#[derive(Serialize)]
pub(super) struct Told {
    live: bool,
    /// Why the log cannot be read to its end.
    broken: Option<String>,
    events: Vec<Line>,
}

/// One event.
#[derive(Serialize)]
struct Line {
    seq: u64,
    /// Session time.
    ms: u64,
    /// The host's clock, RFC 3339.
    t: String,
    kind: &'static str,
    actor: ActorType,
    /// The technician's number, for a technician.
    peer: Option<String>,
    text: String,
    /// The technician's name, where one was identified.
    name: Option<String>,
    /// What was sealed, where the key opens it.
    sealed: Option<(String, String)>,
    severity: Severity,
    outcome: Outcome,
}

/// The events of a session; sealed fields are opened with its key, when there is one.
///
/// # Errors
/// [`Failure`] when the log cannot be opened.
pub(super) fn tell(target: &Target, key: Option<&RecordingKey>) -> Result<Told, Failure> {
    let values = personal(&target.folder);
    let mut fields = key.map(Fields::new);
    let (mut events, mut zero) = (Vec::new(), None);
    let broken = each(&target.folder, |entry, _| {
        let zero = *zero.get_or_insert(entry.mono_ms);
        let sealed = entry.sealed.as_ref().zip(fields.as_mut());
        let sealed = sealed.map(|(sealed, fields)| {
            (sealed.field.clone(), opened(&target.folder, fields, entry.seq, sealed).unwrap_or_else(|why| format!("({why})")))
        });
        events.push(Line {
            seq: entry.seq,
            ms: entry.mono_ms.saturating_sub(zero),
            t: rfc3339(entry.t_ms),
            kind: entry.event.kind(),
            actor: entry.actor.kind,
            peer: peer(entry),
            text: sentence(&entry.event),
            name: technician(&values, entry),
            sealed,
            severity: entry.severity,
            outcome: entry.outcome,
        });
        Ok(())
    })?;
    Ok(Told { live: target.folder.is_live(), broken, events })
}

/// Whose event it is: the one who acted, or the technician that was identified.
fn peer(entry: &Entry) -> Option<String> {
    match &entry.event {
        Event::TechIdentified(data) => Some(data.peer.to_string()),
        _ if entry.actor.kind == ActorType::Technician => Some(entry.actor.id.clone()),
        _ => None,
    }
}

/// What `verify` says.
#[derive(Serialize)]
pub(super) struct Verdict<'a> {
    verdict: String,
    stands: bool,
    sentence: String,
    events: u64,
    media_bytes: u64,
    reasons: &'a [String],
}

pub(super) fn verdict(report: &Report) -> Verdict<'_> {
    Verdict {
        verdict: report.verdict.to_string(),
        stands: report.verdict.stands(),
        sentence: report.verdict.sentence(),
        events: report.events,
        media_bytes: report.media_bytes,
        reasons: &report.reasons,
    }
}

/// The shape of a recording, in session time.
#[derive(Serialize)]
pub(super) struct Recording {
    end_ms: u64,
    updates: usize,
    /// When the first picture is.
    first_ms: Option<u64>,
    /// From, to, why.
    gaps: Vec<(u64, u64, String)>,
    /// From, to.
    idle: Vec<(u64, u64)>,
}

pub(super) fn recording(index: &Index) -> Recording {
    Recording {
        end_ms: index.end_ms(),
        updates: index.steps().len(),
        first_ms: index.steps().first().map(|step| step.ms),
        gaps: index.gaps().iter().map(|gap| (gap.from_ms, gap.to_ms, gap.why.to_string())).collect(),
        idle: index.idle().iter().map(|idle| (idle.from_ms, idle.to_ms)).collect(),
    }
}
