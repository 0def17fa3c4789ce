//! When the log is signed: every 64 events, or 5 s after the first unsigned one, or at once after an
//! event on which somebody acts.
//!
//! In scope: the times. Not in scope: signing (`log`).

use crate::event::Event;

/// Unsigned events that force a checkpoint.
pub const MAX_EVENTS_UNSIGNED: u64 = 64;
/// Milliseconds an event stays unsigned at most.
pub const MAX_UNSIGNED_MS: u64 = 5_000;

/// When the next checkpoint is due. Times are milliseconds of the host's monotonic clock.
#[derive(Debug, Clone, Default)]
pub struct Cadence {
    unsigned: u64,
    due: Option<u64>,
}

impl Cadence {
    /// Nothing to sign yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// An event went into the log.
    pub fn appended(&mut self, event: &Event, now_ms: u64) {
        self.unsigned += 1;
        let latest =
            if event.signed_at_once() || self.unsigned >= MAX_EVENTS_UNSIGNED { now_ms } else { now_ms.saturating_add(MAX_UNSIGNED_MS) };
        self.due = Some(self.due.map_or(latest, |due| due.min(latest)));
    }

    /// The log was signed.
    pub fn signed(&mut self) {
        *self = Self::default();
    }

    /// When to sign; `None` while nothing is unsigned.
    pub fn next(&self) -> Option<u64> {
        self.due
    }

    /// Whether to sign now.
    pub fn is_due(&self, now_ms: u64) -> bool {
        self.due.is_some_and(|due| due <= now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::By;

    const QUIET: Event = Event::LinkLost { peer: None };

    #[test]
    fn a_quiet_event_is_signed_within_five_seconds() {
        let mut cadence = Cadence::new();
        assert_eq!(cadence.next(), None);
        cadence.appended(&QUIET, 1_000);
        cadence.appended(&QUIET, 4_000);
        assert_eq!(cadence.next(), Some(6_000));
        assert!(!cadence.is_due(5_999));
        assert!(cadence.is_due(6_000));
        cadence.signed();
        assert_eq!(cadence.next(), None);
    }

    #[test]
    fn a_grant_and_the_sixty_fourth_event_are_signed_at_once() {
        let mut cadence = Cadence::new();
        cadence.appended(&Event::ViewStopped { peer: 1, by: By::Customer }, 10);
        assert!(cadence.is_due(10));
        cadence.signed();
        for _ in 0..MAX_EVENTS_UNSIGNED - 1 {
            cadence.appended(&QUIET, 20);
        }
        assert!(!cadence.is_due(20));
        cadence.appended(&QUIET, 20);
        assert!(cadence.is_due(20));
    }
}
