//! What stands over a report's timeline: whose session, who, when, what the customer allowed, how it ended.
//!
//! In scope: gathering it in a pass of its own, in bounded memory. Not in scope: showing it.

use deskhand_audit::{By, Event, Totals};
use deskhand_identity::{SessionId, rfc3339};

use crate::{
    failure::Failure,
    row::{Known, rows},
    target::Target,
};

/// The most decisions that are listed; the timeline has all.
const MAX_DECISIONS: usize = 64;

/// A session in short.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) sid: Option<SessionId>,
    pub(super) known: Known,
    pub(super) domain: Option<String>,
    /// Time of the first and of the last event, RFC 3339.
    pub(super) times: Option<(String, String)>,
    pub(super) duration_ms: u64,
    /// What was asked, allowed, denied, taken back.
    pub(super) decisions: Vec<Decision>,
    /// How many more there were.
    pub(super) more_decisions: u64,
    pub(super) end: Option<(By, String, Totals)>,
    pub(super) recorded_bytes: u64,
    pub(super) keys: u64,
    pub(super) clicks: u64,
}

/// One decision about what is allowed.
pub(super) struct Decision {
    pub(super) time: String,
    pub(super) who: String,
    pub(super) what: String,
}

/// Reads a session's log once.
///
/// # Errors
/// [`Failure`]: it cannot be read.
pub(super) fn of(target: &Target) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    rows(&target.folder, None, |row| {
        let entry = row.entry;
        let time = rfc3339(entry.t_ms);
        summary.sid = Some(entry.sid);
        summary.duration_ms = row.offset_ms;
        match &mut summary.times {
            Some((_, last)) => last.clone_from(&time),
            None => summary.times = Some((time.clone(), time.clone())),
        }
        match &entry.event {
            Event::SessionCreated { organisation, .. } => summary.domain.clone_from(&organisation.domain),
            Event::SessionEnded { by, reason, totals, .. } => summary.end = Some((*by, reason.clone(), *totals)),
            Event::MediaSegment(segment) => summary.recorded_bytes = summary.recorded_bytes.saturating_add(segment.bytes),
            Event::InputSummary { keys, clicks, .. } => {
                summary.keys = summary.keys.saturating_add(*keys);
                summary.clicks = summary.clicks.saturating_add(*clicks);
            }
            _ => {}
        }
        if is_decision(&entry.event) {
            if summary.decisions.len() < MAX_DECISIONS {
                summary.decisions.push(Decision { time, who: row.who.to_string(), what: row.sentence.clone() });
            } else {
                summary.more_decisions += 1;
            }
        }
        if summary.known.people.len() != row.known.people.len() || summary.known.organisation.is_empty() {
            summary.known = row.known.clone();
        }
        Ok(())
    })?;
    Ok(summary)
}

fn is_decision(event: &Event) -> bool {
    matches!(
        event,
        Event::ConsentGranted { .. }
            | Event::ConsentDenied { .. }
            | Event::ControlGranted { .. }
            | Event::ControlRevoked { .. }
            | Event::ViewStopped { .. }
            | Event::CustomerStop { .. }
    )
}
