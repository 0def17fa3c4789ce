//! Whether the picture is what the host says it sent.
//!
//! In scope: matching ticks with the running hash of what was opened, and when a picture counts as stale. Not in scope:
//! opening updates (`seal`), decoding.
//!
//! Stale is: a tick that does not match, a tick that is not matched within [`PATIENCE_MS`], no tick for that long while
//! control is granted, or a decoder that can't go on. A match after that makes it current again.

use std::collections::VecDeque;

use deskhand_wire::{Millis, control::Tick};

/// How long a tick may stay unmatched, or away, milliseconds.
pub(super) const PATIENCE_MS: u64 = 3_000;
/// Running hashes that are remembered, because a tick may come after later updates.
const REMEMBERED: usize = 64;

/// What is known about the picture.
#[derive(Debug, Default)]
pub(super) struct Picture {
    hashes: VecDeque<(u64, [u8; 32])>,
    /// Newest tick received.
    tick: u64,
    tick_at: Option<Millis>,
    /// The newest tick that waits for its update, and since when one waits.
    pending: Option<(u64, [u8; 32])>,
    pending_since: Option<Millis>,
    mismatched: bool,
    broken: bool,
    /// Since when ticks are due although none came yet: control was granted then.
    ticks_due_since: Option<Millis>,
}

impl Picture {
    /// Number of the newest tick; inputs name it.
    pub(super) fn newest_tick(&self) -> u64 {
        self.tick
    }

    /// An update was opened.
    pub(super) fn opened(&mut self, number: u64, key: bool, hash: [u8; 32]) {
        if self.hashes.len() == REMEMBERED {
            self.hashes.pop_front();
        }
        self.hashes.push_back((number, hash));
        if key {
            self.broken = false;
        }
        if let Some((newest, digest)) = self.pending
            && newest <= number
        {
            self.pending = None;
            self.pending_since = None;
            self.compare(newest, &digest);
        }
    }

    /// A tick came. Numbers must go up by one; `false` when they do not.
    #[must_use]
    pub(super) fn ticked(&mut self, now: Millis, tick: &Tick) -> bool {
        if tick.number != self.tick + 1 {
            return false;
        }
        self.tick = tick.number;
        self.tick_at = Some(now);
        let opened = self.hashes.back().map_or(0, |(number, _)| *number);
        if tick.newest > opened {
            self.pending = Some((tick.newest, tick.digest));
            self.pending_since.get_or_insert(now);
        } else {
            self.compare(tick.newest, &tick.digest);
        }
        true
    }

    fn compare(&mut self, newest: u64, digest: &[u8; 32]) {
        match self.hashes.iter().find(|(number, _)| *number == newest) {
            Some((_, hash)) => self.mismatched = hash != digest,
            None if newest == 0 => {}
            // An update that was left out in favour of a key update: what was opened since decides.
            None => {}
        }
    }

    /// The decoder can't go on.
    pub(super) fn broke(&mut self) {
        self.broken = true;
    }

    /// Something came that was changed on the way.
    pub(super) fn forged(&mut self) {
        self.mismatched = true;
    }

    /// Control was granted or is over: from then on ticks come every second, or need not.
    pub(super) fn controlled(&mut self, since: Option<Millis>) {
        self.ticks_due_since = since;
    }

    /// Whether the picture is stale at this moment.
    pub(super) fn is_stale(&self, now: Millis) -> bool {
        self.mismatched || self.broken || self.late_at().is_some_and(|at| now >= at)
    }

    /// When it becomes stale if nothing comes.
    pub(super) fn late_at(&self) -> Option<Millis> {
        let away = self.ticks_due_since.map(|since| self.tick_at.map_or(since, |at| at.max(since)));
        let waiting = self.pending_since;
        [away, waiting].into_iter().flatten().min().map(|since| since.saturating_add(PATIENCE_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(number: u64, newest: u64, digest: u8) -> Tick {
        Tick { number, host_ms: 0, newest, digest: [digest; 32], discarded: Default::default() }
    }

    #[test]
    fn a_tick_that_overtakes_its_update_waits_for_it() {
        let mut picture = Picture::default();
        assert!(picture.ticked(1_000, &tick(1, 5, 7)));
        assert!(!picture.is_stale(3_999));
        assert!(picture.is_stale(4_000), "the update was held back");
        picture.opened(5, true, [7; 32]);
        assert!(!picture.is_stale(4_000));
    }

    #[test]
    fn a_hash_that_does_not_match_makes_the_picture_stale_until_one_matches() {
        let mut picture = Picture::default();
        picture.opened(1, true, [1; 32]);
        assert!(picture.ticked(0, &tick(1, 1, 9)));
        assert!(picture.is_stale(0));
        picture.opened(2, true, [2; 32]);
        assert!(picture.ticked(10, &tick(2, 2, 2)));
        assert!(!picture.is_stale(10));
    }

    #[test]
    fn no_tick_for_three_seconds_under_control_is_stale_and_without_control_is_not() {
        let mut picture = Picture::default();
        assert!(picture.ticked(0, &tick(1, 0, 0)));
        assert!(!picture.is_stale(100_000));
        picture.controlled(Some(100_000));
        assert!(!picture.is_stale(102_999));
        assert!(picture.is_stale(103_000));
        assert!(picture.ticked(103_000, &tick(2, 0, 0)));
        assert!(!picture.is_stale(103_000));
    }

    #[test]
    fn a_repeated_or_skipped_tick_is_noticed() {
        let mut picture = Picture::default();
        assert!(picture.ticked(0, &tick(1, 0, 0)));
        assert!(!picture.ticked(0, &tick(1, 0, 0)));
        assert!(!picture.ticked(0, &tick(3, 0, 0)));
    }

    #[test]
    fn a_broken_decoder_is_stale_until_a_key_update() {
        let mut picture = Picture::default();
        picture.opened(1, true, [1; 32]);
        picture.broke();
        picture.opened(2, false, [2; 32]);
        assert!(picture.is_stale(0));
        picture.opened(3, true, [3; 32]);
        assert!(!picture.is_stale(0));
    }
}
