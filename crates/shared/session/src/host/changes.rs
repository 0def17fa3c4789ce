//! Where the screen changed lately: a press on a picture that is no longer there is refused.
//!
//! In scope: the bounded history and the one question to it. Source: protocol, "Ticks, grants, stale pictures": refused
//! when the host captured a later change within 32 pixels of the pointer more than 1 s plus a round trip ago.

use std::collections::VecDeque;

use deskhand_wire::Millis;

/// Distance from the pointer within which a change counts, pixels.
pub(super) const NEAR_PIXELS: u32 = 32;
/// Time that a person has to notice a change, to which a round trip is added, milliseconds.
pub(super) const NOTICE_MS: u64 = 1_000;
/// Changes that are remembered. What is older counts as a change everywhere.
pub(super) const MAX_CHANGES: usize = 1024;
/// Rectangles of one update that are remembered one by one; more are remembered as their bounds.
const MAX_RECTS: usize = 16;

#[derive(Debug, Clone, Copy)]
struct Changed {
    update: u64,
    captured_at: Millis,
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

/// The history.
#[derive(Debug, Default)]
pub(super) struct Changes {
    recent: VecDeque<Changed>,
    /// The newest change that was dropped for want of space: its update and time.
    forgotten: Option<(u64, Millis)>,
}

impl Changes {
    /// Remembers what an update changed: x, y, width, height.
    pub(super) fn record(&mut self, update: u64, captured_at: Millis, rects: &[[u32; 4]]) {
        let changed = |[x, y, width, height]: [u32; 4]| Changed {
            update,
            captured_at,
            left: x,
            top: y,
            right: x.saturating_add(width),
            bottom: y.saturating_add(height),
        };
        let rects = rects.iter().filter(|rect| rect[2] > 0 && rect[3] > 0);
        if rects.clone().count() <= MAX_RECTS {
            rects.for_each(|rect| self.push(changed(*rect)));
        } else if let Some(bounds) = rects.copied().map(changed).reduce(bounds) {
            self.push(bounds);
        }
    }

    fn push(&mut self, change: Changed) {
        if self.recent.len() == MAX_CHANGES
            && let Some(oldest) = self.recent.pop_front()
        {
            self.forgotten = Some((oldest.update, oldest.captured_at));
        }
        self.recent.push_back(change);
    }

    /// Whether a press at `x, y` by somebody who saw update `seen` is on a picture that changed too long ago.
    pub(super) fn is_stale(&self, seen: u64, x: u32, y: u32, now: Millis, round_trip: u64) -> bool {
        let noticed = NOTICE_MS.saturating_add(round_trip);
        let long_ago = |captured_at: Millis| now.saturating_sub(captured_at) > noticed;
        if self.forgotten.is_some_and(|(update, at)| update > seen && long_ago(at)) {
            return true;
        }
        let near = |change: &Changed| {
            let (left, top) = (change.left.saturating_sub(NEAR_PIXELS), change.top.saturating_sub(NEAR_PIXELS));
            let (right, bottom) = (change.right.saturating_add(NEAR_PIXELS), change.bottom.saturating_add(NEAR_PIXELS));
            (left..right).contains(&x) && (top..bottom).contains(&y)
        };
        self.recent.iter().rev().take_while(|change| change.update > seen).any(|change| long_ago(change.captured_at) && near(change))
    }
}

fn bounds(a: Changed, b: Changed) -> Changed {
    Changed { left: a.left.min(b.left), top: a.top.min(b.top), right: a.right.max(b.right), bottom: a.bottom.max(b.bottom), ..a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(update: u64, at: Millis, rect: [u32; 4]) -> Changes {
        let mut changes = Changes::default();
        changes.record(1, 0, &[[0, 0, 1000, 1000]]);
        changes.record(update, at, &[rect]);
        changes
    }

    #[test]
    fn a_press_is_refused_only_near_a_later_change_that_could_have_been_noticed() {
        let changes = changed(5, 1_000, [100, 100, 50, 20]);
        assert!(changes.is_stale(4, 120, 110, 2_101, 100), "1 s and a round trip ago");
        assert!(!changes.is_stale(4, 120, 110, 2_100, 100), "not yet");
        assert!(!changes.is_stale(5, 120, 110, 9_000, 0), "its author saw the change");
        assert!(changes.is_stale(4, 68, 68, 9_000, 0), "32 pixels away");
        assert!(!changes.is_stale(4, 67, 110, 9_000, 0), "33 pixels away");
        assert!(!changes.is_stale(4, 120, 152, 9_000, 0), "32 pixels below the last row");
        assert!(changes.is_stale(4, 120, 151, 9_000, 0));
    }

    #[test]
    fn a_press_on_a_picture_older_than_the_history_is_refused_everywhere() {
        let mut changes = Changes::default();
        for update in 1..=MAX_CHANGES as u64 + 2 {
            changes.record(update, update, &[[0, 0, 1, 1]]);
        }
        assert!(changes.is_stale(1, 900, 900, 50_000, 0));
        assert!(!changes.is_stale(3, 900, 900, 50_000, 0));
    }

    #[test]
    fn many_rectangles_of_one_update_are_remembered_as_their_bounds() {
        let rects: Vec<_> = (0..100).map(|at| [at * 10, 500, 5, 5]).collect();
        let mut changes = Changes::default();
        changes.record(2, 0, &rects);
        assert_eq!(changes.recent.len(), 1);
        assert!(changes.is_stale(1, 507, 502, 5_000, 0));
    }
}
