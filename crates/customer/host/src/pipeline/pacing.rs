//! When the next update may be made: only when the way is free, so that nothing stale is ever queued.
//!
//! In scope: a pure policy over what was sent, what the relay took and what a viewer shows. Damage that comes meanwhile only merges.
//! Not in scope: what an update holds, and time itself.
//!
//! Two ways have to be free. *Host to relay*: what the relay has not acknowledged is at most one congestion window (RFC 9002, section
//! 7). *Relay to viewer*: what the fastest viewer has not shown is at most what that viewer's way delivers in its shortest observed
//! delay plus [`QUEUE_MS`]. The delivery rate is measured as in draft-ietf-ccwg-bbr, section 4.1: bytes shown between the sending and
//! the showing of one update, over that time; a windowed maximum, where a sample that the sender limited only counts when it raises
//! it. The fastest viewer sets the pace: a slower one is the relay's business, which drops it to the next key update.

use deskhand_wire::{Millis, limits::MAX_UNSHOWN_UPDATES};
use std::collections::VecDeque;

/// What may wait on the way to a viewer, beyond what the way itself holds, milliseconds.
pub const QUEUE_MS: u64 = 60;
/// Bytes that may be on their way whatever was measured: a change of a few lines of text never waits.
pub const FLOOR_BYTES: u64 = 48 << 10;
/// How long a measurement counts, milliseconds.
const MEMORY_MS: u64 = 4_000;
/// Measurements that are kept.
const MAX_SAMPLES: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    bytes: u64,
    at: Millis,
    /// Bytes shown in all when it was sent.
    shown_before: u64,
    /// Nothing else was on the way: the way could have carried more.
    was_alone: bool,
    delivered: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Millis,
    bytes_per_second: u64,
    delay_ms: u64,
}

/// The policy's memory.
#[derive(Clone, Debug, Default)]
pub struct Pacing {
    unshown: VecDeque<Sent>,
    shown_bytes: u64,
    samples: VecDeque<Sample>,
}

impl Pacing {
    /// Update `number` of `bytes` was handed to the link.
    pub fn sent(&mut self, number: u64, bytes: u64, now: Millis) {
        let was_alone = self.unshown.is_empty();
        self.unshown.push_back(Sent { number, bytes, at: now, shown_before: self.shown_bytes, was_alone, delivered: false });
    }

    /// The relay has all of update `number`.
    pub fn delivered(&mut self, number: u64) {
        if let Some(sent) = self.unshown.iter_mut().find(|sent| sent.number == number) {
            sent.delivered = true;
        }
    }

    /// A viewer shows everything up to update `number`.
    pub fn shown(&mut self, number: u64, now: Millis) {
        let mut newest = None;
        while let Some(sent) = self.unshown.front().copied().filter(|sent| sent.number <= number) {
            self.unshown.pop_front();
            self.shown_bytes += sent.bytes;
            newest = Some(sent);
        }
        let Some(sent) = newest else { return };
        let delay_ms = now.saturating_sub(sent.at).max(1);
        let bytes_per_second = (self.shown_bytes - sent.shown_before) * 1_000 / delay_ms;
        self.forget(now);
        if !sent.was_alone || bytes_per_second > self.rate() {
            if self.samples.len() == MAX_SAMPLES {
                self.samples.pop_front();
            }
            self.samples.push_back(Sample { at: now, bytes_per_second, delay_ms });
        }
    }

    /// What is on the way is worth nothing any more: a key update comes next, or nobody looks.
    pub fn restart(&mut self) {
        self.unshown.clear();
    }

    /// Whether the next update may be made. `window` = the congestion window to the relay, bytes.
    pub fn is_free(&self, window: u64) -> bool {
        if self.unshown.is_empty() {
            return true;
        }
        let to_relay: u64 = self.unshown.iter().filter(|sent| !sent.delivered).map(|sent| sent.bytes).sum();
        let to_viewer: u64 = self.unshown.iter().map(|sent| sent.bytes).sum();
        self.unshown.len() < MAX_UNSHOWN_UPDATES && to_relay <= window.max(FLOOR_BYTES) && to_viewer <= self.bound(window)
    }

    /// Bytes per second that reached the fastest viewer lately; 0 while unknown.
    pub fn rate(&self) -> u64 {
        self.samples.iter().map(|sample| sample.bytes_per_second).max().unwrap_or(0)
    }

    /// Updates and bytes on the way.
    pub fn on_the_way(&self) -> (usize, u64) {
        (self.unshown.len(), self.unshown.iter().map(|sent| sent.bytes).sum())
    }

    fn bound(&self, window: u64) -> u64 {
        let Some(delay) = self.samples.iter().map(|sample| sample.delay_ms).min() else {
            return window.max(FLOOR_BYTES);
        };
        (self.rate() * (delay + QUEUE_MS) / 1_000).max(FLOOR_BYTES)
    }

    fn forget(&mut self, now: Millis) {
        // The last one stays: after a long pause an old measurement is better than none.
        while self.samples.len() > 1 && self.samples.front().is_some_and(|sample| sample.at + MEMORY_MS < now) {
            self.samples.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = 1 << 20;

    #[test]
    fn an_empty_way_is_free() {
        assert!(Pacing::default().is_free(0));
    }

    #[test]
    fn never_more_unshown_updates_than_the_named_bound() {
        let mut pacing = Pacing::default();
        let mut sent = 0;
        while pacing.is_free(WINDOW) {
            sent += 1;
            pacing.sent(sent, 1, 0);
        }
        assert_eq!(sent, MAX_UNSHOWN_UPDATES as u64);
        pacing.shown(1, 5);
        assert!(pacing.is_free(WINDOW));
    }

    #[test]
    fn a_relay_that_does_not_take_bytes_stops_the_next_update_until_it_does() {
        let mut pacing = Pacing::default();
        pacing.sent(1, WINDOW + 1, 0);
        assert!(!pacing.is_free(WINDOW));
        pacing.delivered(1);
        pacing.shown(1, 400);
        assert!(pacing.is_free(WINDOW));
    }

    #[test]
    fn a_slow_viewer_bounds_what_waits_for_it() {
        // 125 kB/s: a megabit. The way to the relay is fast.
        let (rate, mut now, mut pacing) = (125_000u64, 0u64, Pacing::default());
        let mut way_free_at = 0u64;
        let mut arrivals: VecDeque<(u64, u64)> = VecDeque::new();
        let (mut number, mut most) = (0u64, 0u64);
        while now < 20_000 {
            now += 1;
            while let Some((shown_at, shown)) = arrivals.front().copied().filter(|(at, _)| *at <= now) {
                arrivals.pop_front();
                pacing.shown(shown, shown_at);
            }
            if pacing.is_free(8 << 20) {
                number += 1;
                let bytes = 6_000;
                way_free_at = way_free_at.max(now) + bytes * 1_000 / rate;
                arrivals.push_back((way_free_at + 20, number));
                pacing.sent(number, bytes, now);
                pacing.delivered(number);
            }
            if now > 5_000 {
                most = most.max(pacing.on_the_way().1);
            }
        }
        assert!(most <= FLOOR_BYTES + 6_000, "{most} bytes waited");
        assert!(number * 6_000 * 10 / 9 >= rate * 20, "the way was used: {number} updates");
    }

    #[test]
    fn a_fast_way_is_used() {
        // 50 MB/s with 10 ms: more than the floor may be on its way.
        let mut pacing = Pacing::default();
        for round in 0..50u64 {
            let at = round * 10;
            pacing.sent(2 * round + 1, 250_000, at);
            pacing.sent(2 * round + 2, 250_000, at);
            pacing.delivered(2 * round + 1);
            pacing.delivered(2 * round + 2);
            pacing.shown(2 * round + 2, at + 10);
        }
        assert!(pacing.rate() >= 40_000_000, "{}", pacing.rate());
        pacing.sent(1_000, 500_000, 600);
        assert!(pacing.is_free(WINDOW));
    }

    #[test]
    fn a_small_change_after_quiet_does_not_lower_the_estimate() {
        let mut pacing = Pacing::default();
        pacing.sent(1, 500_000, 0);
        pacing.sent(2, 500_000, 0);
        pacing.shown(2, 20);
        let rate = pacing.rate();
        pacing.sent(3, 300, 1_000);
        pacing.shown(3, 1_010);
        assert_eq!(pacing.rate(), rate);
    }

    #[test]
    fn a_key_update_starts_anew() {
        let mut pacing = Pacing::default();
        pacing.sent(1, 40 << 20, 0);
        assert!(!pacing.is_free(WINDOW));
        pacing.restart();
        assert!(pacing.is_free(WINDOW));
    }
}
