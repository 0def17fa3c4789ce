//! How many bytes sessions may take on disk: all together, and each.
//!
//! In scope: counting and refusing. A part of each session's share is kept for its log, so that a full recording does
//! not keep the log from ending properly. Not in scope: the disk's own end, which the system tells.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a session's share that only the log may use, at most; never more than a quarter of the share.
const LOG_RESERVE: u64 = 1 << 20;

/// What is being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Leaves, checkpoints, sealed fields, personal values.
    Log,
    /// Recorded updates.
    Media,
}

/// The administrator's limits and what is used of them.
#[derive(Debug)]
pub struct Quota {
    total: Option<u64>,
    session: Option<u64>,
    used: AtomicU64,
}

impl Quota {
    /// Limits in bytes (`None`: as much as the disk has) and the bytes used already.
    #[must_use]
    pub fn new(total: Option<u64>, session: Option<u64>, used: u64) -> Self {
        Self { total, session, used: AtomicU64::new(used) }
    }

    /// Takes `bytes` for a session that uses `own` bytes already; `false` when that would be too much, and nothing is
    /// taken.
    #[must_use]
    pub fn take(&self, own: u64, bytes: u64, purpose: Purpose) -> bool {
        let fits = |limit: Option<u64>, used: u64| {
            limit.is_none_or(|limit| {
                let reserve = match purpose {
                    Purpose::Log => 0,
                    Purpose::Media => LOG_RESERVE.min(limit / 4),
                };
                used.saturating_add(bytes) <= limit - reserve
            })
        };
        if !fits(self.session, own) {
            return false;
        }
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| fits(self.total, used).then(|| used.saturating_add(bytes)))
            .is_ok()
    }

    /// Gives `bytes` back that were taken and not written, or were deleted.
    pub fn give_back(&self, bytes: u64) {
        let back = |used: u64| Some(used.saturating_sub(bytes));
        // `back` never declines.
        let _always = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, back);
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether a new session could store anything at all.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.total.is_none_or(|total| self.used() < total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_stops_at_its_share_and_others_go_on() {
        let quota = Quota::new(None, Some(1_000), 0);
        assert!(quota.take(0, 1_000, Purpose::Log));
        assert!(!quota.take(1_000, 1, Purpose::Log));
        assert!(quota.take(0, 1_000, Purpose::Log));
    }

    #[test]
    fn a_full_recording_leaves_room_for_the_log() {
        let quota = Quota::new(None, Some(1_000), 0);
        assert!(quota.take(0, 750, Purpose::Media));
        assert!(!quota.take(750, 1, Purpose::Media));
        assert!(quota.take(750, 250, Purpose::Log));
    }

    #[test]
    fn the_total_counts_over_all_sessions_and_what_was_there_before() {
        let quota = Quota::new(Some(1_000), None, 900);
        assert!(!quota.take(0, 101, Purpose::Log));
        assert_eq!(quota.used(), 900, "a refusal takes nothing");
        assert!(quota.take(0, 100, Purpose::Log));
        assert!(!quota.has_room());
        quota.give_back(100);
        assert!(quota.has_room());
    }

    #[test]
    fn without_limits_there_is_always_room() {
        let quota = Quota::new(None, None, u64::MAX - 1);
        assert!(quota.take(u64::MAX, u64::MAX, Purpose::Media));
        assert!(quota.has_room());
    }
}
