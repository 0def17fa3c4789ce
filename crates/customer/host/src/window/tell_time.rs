//! Countdowns: how much is left, and the one repaint that is needed for the next number.
//!
//! In scope: asking for a repaint when the shown number changes, and never otherwise.

use egui::Ui;
use std::time::{Duration, Instant};

/// A repaint asked for the exact moment may come a little early; so much later it surely shows the next number.
const SLACK: Duration = Duration::from_millis(20);

/// Whole seconds until `end`, rounded up; 0 when it is over. Repaints when the number changes.
pub(crate) fn seconds_until(ui: &Ui, end: Instant, now: Instant) -> u64 {
    let left = end.saturating_duration_since(now);
    if left.is_zero() {
        return 0;
    }
    let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
    ui.ctx().request_repaint_after(if part.is_zero() { Duration::from_secs(1) } else { part } + SLACK);
    left.as_secs() + u64::from(!part.is_zero())
}

/// Whole minutes since `start`. Repaints when the number changes.
pub(crate) fn minutes_since(ui: &Ui, start: Instant, now: Instant) -> u64 {
    let gone = now.saturating_duration_since(start);
    let next = Duration::from_secs((gone.as_secs() / 60 + 1) * 60);
    ui.ctx().request_repaint_after(next - gone + SLACK);
    gone.as_secs() / 60
}
