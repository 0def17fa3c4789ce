//! When the next update may be made: only when the way is free, so that nothing stale is ever queued.
//!
//! In scope: a pure policy over what was sent, what the relay took and what a viewer shows. Damage that comes meanwhile only merges.
//! Not in scope: what an update holds, what the way delivers ([`super::delivery`]), and time itself.
//!
//! Two ways have to be free. *Host to relay*: what the relay has not acknowledged is at most one congestion window (RFC 9002, section
//! 7). *Relay to viewer*: what the fastest viewer has not shown is at most what its way delivers in its shortest delay plus
//! [`QUEUE_MS`]: that keeps the way busy and lets little wait. Once the oldest update is overdue the way carries less than was believed, and
//! no more than [`FLOOR_BYTES`] join it until somebody says how much less. The fastest viewer sets the pace: a slower one is the relay's
//! business, which drops it to the next key update.

use super::delivery::{Delivery, Showing};
use deskhand_wire::{Millis, limits::MAX_UNSHOWN_UPDATES};
use std::collections::VecDeque;

/// What may wait on the way to a viewer, beyond what the way itself holds, milliseconds.
pub const QUEUE_MS: u64 = 60;
/// Bytes that may be on their way whatever was measured: a change of a few lines of text never waits. 64 ms of 2 Mbit/s.
pub const FLOOR_BYTES: u64 = 16 << 10;

#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    bytes: u64,
    at: Millis,
    /// Bytes shown in all when it was sent.
    shown_before: u64,
    /// Nothing else was on the way.
    alone: bool,
    delivered: bool,
}

/// The policy's memory.
#[derive(Clone, Debug, Default)]
pub struct Pacing {
    unshown: VecDeque<Sent>,
    shown_bytes: u64,
    delivery: Delivery,
}

impl Pacing {
    /// Update `number` of `bytes` was handed to the link.
    pub fn sent(&mut self, number: u64, bytes: u64, now: Millis) {
        let alone = self.unshown.is_empty();
        if alone {
            self.delivery.found_empty(now);
        }
        self.unshown.push_back(Sent { number, bytes, at: now, shown_before: self.shown_bytes, alone, delivered: false });
    }

    /// The relay has all of update `number`.
    pub fn delivered(&mut self, number: u64) {
        if let Some(sent) = self.unshown.iter_mut().find(|sent| sent.number == number) {
            sent.delivered = true;
        }
    }

    /// A viewer shows everything up to update `number`.
    pub fn shown(&mut self, number: u64, now: Millis) {
        let (mut newest, before) = (None, self.shown_bytes);
        while let Some(sent) = self.unshown.front().copied().filter(|sent| sent.number <= number) {
            self.unshown.pop_front();
            self.shown_bytes += sent.bytes;
            newest = Some(sent);
        }
        let Some(sent) = newest else { return };
        let (bytes, meanwhile) = (self.shown_bytes - before, self.shown_bytes - sent.shown_before);
        self.delivery.shown(Showing { sent: sent.at, shown: now, bytes, meanwhile, alone: sent.alone });
    }

    /// What is on the way is worth nothing any more: a key update comes next, or nobody looks.
    pub fn restart(&mut self) {
        self.unshown.clear();
    }

    /// Whether the next update may be made at `now`. `window` = the congestion window to the relay, bytes.
    pub fn is_free(&self, window: u64, now: Millis) -> bool {
        let Some(oldest) = self.unshown.front() else { return true };
        if self.delivery.wants_base(now) {
            return false;
        }
        let to_relay: u64 = self.unshown.iter().filter(|sent| !sent.delivered).map(|sent| sent.bytes).sum();
        let to_viewer: u64 = self.unshown.iter().map(|sent| sent.bytes).sum();
        let bound = match self.delivery.base() {
            None => window,
            Some(_) if self.delivery.overdue(oldest.at, oldest.bytes, now) > 0 => 0,
            Some(base) => self.delivery.rate() * (base + QUEUE_MS) / 1_000,
        };
        let (window, bound) = (window.max(FLOOR_BYTES), bound.max(FLOOR_BYTES));
        self.unshown.len() < MAX_UNSHOWN_UPDATES && to_relay <= window && to_viewer <= bound
    }

    /// Bytes per second that reach the fastest viewer at `now`, as far as is known; 0 while nothing is.
    pub fn rate(&self, now: Millis) -> u64 {
        self.unshown.front().map_or(self.delivery.rate(), |oldest| self.delivery.rate_at(oldest.at, oldest.bytes, now))
    }

    /// Updates and bytes on the way.
    pub fn on_the_way(&self) -> (usize, u64) {
        (self.unshown.len(), self.unshown.iter().map(|sent| sent.bytes).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = 1 << 20;

    #[test]
    fn an_empty_way_is_free() {
        assert!(Pacing::default().is_free(0, 0));
    }

    #[test]
    fn never_more_unshown_updates_than_the_named_bound() {
        let mut pacing = Pacing::default();
        let mut sent = 0;
        while pacing.is_free(WINDOW, 0) {
            sent += 1;
            pacing.sent(sent, 1, 0);
        }
        assert_eq!(sent, MAX_UNSHOWN_UPDATES as u64);
        pacing.shown(1, 5);
        assert!(pacing.is_free(WINDOW, 0));
    }

    #[test]
    fn a_relay_that_does_not_take_bytes_stops_the_next_update_until_it_does() {
        let mut pacing = Pacing::default();
        pacing.sent(1, WINDOW + 1, 0);
        assert!(!pacing.is_free(WINDOW, 0));
        pacing.delivered(1);
        pacing.shown(1, 400);
        assert!(pacing.is_free(WINDOW, 400));
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
            if pacing.is_free(8 << 20, now) {
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
        assert!(most <= FLOOR_BYTES + 2 * 6_000, "{most} bytes waited");
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
        assert!(pacing.rate(500) >= 40_000_000, "{}", pacing.rate(500));
        pacing.sent(1_000, 500_000, 600);
        assert!(pacing.is_free(WINDOW, 0));
    }

    #[test]
    fn a_small_change_after_quiet_does_not_lower_the_estimate() {
        let mut pacing = Pacing::default();
        pacing.sent(1, 500_000, 0);
        pacing.sent(2, 500_000, 0);
        pacing.shown(2, 20);
        let rate = pacing.rate(20);
        for (number, at) in [(3, 1_000), (4, 2_000)] {
            pacing.sent(number, 300, at);
            pacing.shown(number, at + 10);
        }
        assert_eq!(pacing.rate(2_010), rate);
        // A machine that was busy for a moment says nothing about the way.
        pacing.sent(5, 300, 3_000);
        pacing.shown(5, 3_150);
        assert_eq!(pacing.rate(3_150), rate);
    }

    /// A film of 30 pictures a second that takes its share of the rate, over a way that narrows and widens again: the age of what is
    /// shown, its number of pictures, and the share at the end of each phase.
    struct Film {
        pacing: Pacing,
        now: Millis,
        number: u64,
        way_free_at: f64,
        arrivals: VecDeque<(u64, u64, u64)>,
        shown_from: u64,
    }

    impl Film {
        const DELAY: u64 = 25;

        fn sends(&mut self, bytes: u64, painted: Millis, rate: u64) {
            self.number += 1;
            self.way_free_at = self.way_free_at.max(self.now as f64) + bytes as f64 * 1e3 / rate as f64;
            self.arrivals.push_back((self.way_free_at as u64 + Self::DELAY, self.number, painted));
            self.pacing.sent(self.number, bytes, self.now);
            self.pacing.delivered(self.number);
        }

        /// Plays for `ms` over `rate` bytes per second; the greatest age, and pictures sent.
        fn plays(&mut self, ms: u64, rate: u64) -> (u64, u64) {
            let (end, mut oldest, mut pictures) = (self.now + ms, 0, 0);
            let mut painted = self.now;
            let mut fresh = false;
            while self.now < end {
                self.now += 1;
                if self.now.is_multiple_of(33) {
                    (painted, fresh) = (self.now, true);
                }
                while let Some((at, number, from)) = self.arrivals.front().copied().filter(|(at, ..)| *at <= self.now) {
                    self.arrivals.pop_front();
                    self.shown_from = from;
                    self.pacing.shown(number, at);
                }
                if fresh && self.pacing.is_free(1 << 20, self.now) {
                    fresh = false;
                    pictures += 1;
                    let share = (self.pacing.rate(self.now) * 6 / 10).clamp(37_500, 1_500_000);
                    self.sends(share / 30, painted, rate);
                }
                oldest = oldest.max(self.now - self.shown_from);
            }
            (oldest, pictures)
        }
    }

    #[test]
    fn a_film_stays_young_when_the_way_narrows_from_50_to_2_megabits_and_recovers_when_it_widens() {
        let mut film = Film { pacing: Pacing::default(), now: 0, number: 0, way_free_at: 0.0, arrivals: VecDeque::new(), shown_from: 0 };
        film.plays(4_000, 6_250_000);
        let wide = film.pacing.rate(film.now);
        assert!(wide > 2_000_000, "the way is used: {wide}");
        let (oldest, _) = film.plays(1_000, 250_000);
        assert!(oldest < 500, "{oldest} ms at the step");
        let (oldest, pictures) = film.plays(7_000, 250_000);
        assert!(oldest < 300 && pictures > 100, "{oldest} ms and {pictures} pictures while it is narrow");
        film.plays(3_000, 6_250_000);
        let again = film.pacing.rate(film.now);
        assert!(again * 2 > wide, "{again} of {wide} after three seconds");
    }

    #[test]
    fn a_large_first_picture_over_a_narrow_way_does_not_pass_for_a_long_way() {
        let mut film = Film { pacing: Pacing::default(), now: 0, number: 0, way_free_at: 0.0, arrivals: VecDeque::new(), shown_from: 0 };
        // A key update of 137 kB takes half a second.
        film.sends(137_000, 0, 250_000);
        film.plays(4_000, 250_000);
        let (oldest, pictures) = film.plays(4_000, 250_000);
        assert!(oldest < 250 && pictures > 80, "{oldest} ms and {pictures} pictures");
    }

    #[test]
    fn a_key_update_starts_anew() {
        let mut pacing = Pacing::default();
        pacing.sent(1, 40 << 20, 0);
        assert!(!pacing.is_free(WINDOW, 0));
        pacing.restart();
        assert!(pacing.is_free(WINDOW, 0));
    }
}
