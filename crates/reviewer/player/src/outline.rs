//! The outline of a session, from its log: clock, epochs, segments, when somebody watched, what failed.
//!
//! In scope: what the player needs of `events.jsonl`. Not in scope: whether it is true (`audit`), what a person reads of it (`review`).
//!
//! Session time is milliseconds of the host's monotonic clock since its first event. Updates carry the same clock.

use std::io::BufReader;

use deskhand_audit::{
    Entry, Event, Hash,
    bundle::{EVENTS, Found, LineReader},
    verify::{MAX_EVENTS, Store},
};
use deskhand_identity::SessionId;

use crate::{Gap, PlayError, Why};

/// What the log says of the recording.
pub(crate) struct Outline {
    pub(crate) sid: SessionId,
    /// The host's clock at the first event.
    pub(crate) zero_ms: u64,
    /// Session time of the last event.
    pub(crate) end_ms: u64,
    /// Epochs, the commitments to their keys, and when they began.
    pub(crate) epochs: Vec<(u32, Hash, u64)>,
    pub(crate) segments: Vec<Segment>,
    /// When nobody watched, and when the recording had failed.
    pub(crate) gaps: Vec<Gap>,
    /// When something happened.
    pub(crate) moments: Vec<u64>,
}

/// A `media.segment`, and when the log had it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) epoch: u32,
    pub(crate) last: u64,
    pub(crate) updates: u64,
    pub(crate) closed_ms: u64,
}

impl Outline {
    /// Reads the log as far as it can be read.
    pub(crate) fn read(store: &dyn Store) -> Result<Self, PlayError> {
        let mut lines = LineReader::new(BufReader::new(store.open(EVENTS)?));
        let mut leaf = Vec::new();
        let mut outline: Option<Self> = None;
        let (mut watching, mut unwatched, mut failed) = (0_u32, Some(0), None);
        for _ in 0..MAX_EVENTS {
            if lines.next(&mut leaf)? != Found::Whole {
                break;
            }
            let Ok(entry) = Entry::from_leaf(&leaf) else { break };
            let outline = outline.get_or_insert_with(|| Self::begin(&entry));
            let now = entry.mono_ms.saturating_sub(outline.zero_ms).max(outline.end_ms);
            outline.end_ms = now;
            if !matches!(entry.event, Event::MediaSegment(_)) {
                outline.moments.push(now);
            }
            match entry.event {
                Event::ViewStarted { .. } => {
                    watching += 1;
                    outline.gap(unwatched.take(), now, Why::NobodyWatching);
                }
                Event::ViewStopped { .. } => {
                    watching = watching.saturating_sub(1);
                    if watching == 0 {
                        unwatched.get_or_insert(now);
                    }
                }
                Event::EpochChanged { epoch, key_sha256, .. } => outline.epochs.push((epoch, key_sha256, now)),
                Event::MediaSegment(it) => {
                    outline.segments.push(Segment { epoch: it.epoch, last: it.last, updates: it.updates, closed_ms: now });
                }
                Event::RecordingFailed { reason, .. } => failed = failed.or(Some((now, reason))),
                Event::RecordingStarted { .. } => {
                    if let Some((from, reason)) = failed.take() {
                        outline.gap(Some(from), now, Why::Failed(reason));
                    }
                }
                _ => {}
            }
        }
        let mut outline = outline.ok_or(PlayError::NoLog)?;
        let end = outline.end_ms;
        outline.gap(unwatched, end, Why::NobodyWatching);
        if let Some((from, reason)) = failed {
            outline.gap(Some(from), end, Why::Failed(reason));
        }
        Ok(outline)
    }

    fn begin(first: &Entry) -> Self {
        Self {
            sid: first.sid,
            zero_ms: first.mono_ms,
            end_ms: 0,
            epochs: Vec::new(),
            segments: Vec::new(),
            gaps: Vec::new(),
            moments: Vec::new(),
        }
    }

    fn gap(&mut self, from: Option<u64>, to_ms: u64, why: Why) {
        if let Some(from_ms) = from.filter(|from| *from < to_ms) {
            self.gaps.push(Gap { from_ms, to_ms, why });
        }
    }

    /// The segment of an epoch that holds this update: no later than its entry was the update made.
    pub(crate) fn closed_ms(&self, number: u64) -> u64 {
        let at = self.segments.partition_point(|segment| segment.last < number);
        self.segments.get(at).map_or(self.end_ms, |segment| segment.closed_ms)
    }
}
