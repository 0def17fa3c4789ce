//! Which nameplates there are: random digits, never the same twice in a day.
//!
//! In scope: drawing from the free set, growing by a digit when many are in use. A pure policy: the clock (milliseconds
//! since the Unix epoch) and the randomness are parameters. Not in scope: keeping the list over a restart (`index`),
//! which session a nameplate leads to (`live`).

use std::collections::{BTreeSet, HashSet};

use deskhand_wire::limits::{MAX_NAMEPLATE, MIN_NAMEPLATE};

/// A nameplate is not drawn again for this long: a caller who reads an old one aloud reaches nobody.
pub const REST_MS: u64 = 24 * 60 * 60 * 1_000;

/// A digit more is drawn when one in this many of the set is in use.
pub const SPARSENESS: u64 = 10;

/// Draws before the next length is tried; nine in ten are free, so this many taken ones in a row do not happen.
const MAX_DRAWS: usize = 256;

/// The nameplates of the last day.
#[derive(Debug, Default)]
pub struct Nameplates {
    resting: HashSet<String>,
    by_age: BTreeSet<(u64, String)>,
    used: [u64; MAX_NAMEPLATE + 1],
}

impl Nameplates {
    /// Continues with nameplates drawn before: digits and when they were drawn.
    #[must_use]
    pub fn resume(drawn: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut nameplates = Self::default();
        for (digits, at_ms) in drawn {
            nameplates.remember(digits, at_ms);
        }
        nameplates
    }

    /// Draws one. `random` gives uniform 64-bit numbers. `None` when every length is in use to its share.
    pub fn draw(&mut self, now_ms: u64, mut random: impl FnMut() -> u64) -> Option<String> {
        self.forget_before(now_ms.saturating_sub(REST_MS));
        for length in MIN_NAMEPLATE..=MAX_NAMEPLATE {
            let set = 10_u64.pow(u32::try_from(length).unwrap_or(u32::MAX));
            if self.used[length] >= set / SPARSENESS {
                continue;
            }
            for _ in 0..MAX_DRAWS {
                // The bias of the remainder is below 10^9 / 2^64.
                let digits = format!("{:0length$}", random() % set);
                if !self.resting.contains(&digits) {
                    self.remember(digits.clone(), now_ms);
                    return Some(digits);
                }
            }
        }
        None
    }

    /// How many were drawn in the last day.
    #[must_use]
    pub fn in_use(&self) -> usize {
        self.resting.len()
    }

    fn remember(&mut self, digits: String, at_ms: u64) {
        let length = digits.len();
        if length <= MAX_NAMEPLATE && self.resting.insert(digits.clone()) {
            self.by_age.insert((at_ms, digits));
            self.used[length] += 1;
        }
    }

    /// Forgets what was drawn at `ms` or earlier.
    fn forget_before(&mut self, ms: u64) {
        while self.by_age.first().is_some_and(|(at, _)| *at <= ms) {
            if let Some((_, digits)) = self.by_age.pop_first() {
                self.used[digits.len()] -= 1;
                self.resting.remove(&digits);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SplitMix64: uniform numbers of a seed.
    fn seeded(mut state: u64) -> impl FnMut() -> u64 {
        move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
    }

    const NOON: u64 = 1_800_000_000_000;

    #[test]
    fn no_nameplate_comes_twice_within_a_day_though_more_are_drawn_than_five_digits_hold() {
        let mut nameplates = Nameplates::default();
        let mut random = seeded(1);
        let mut seen = HashSet::new();
        for n in 0..30_000 {
            let digits = nameplates.draw(NOON + n, &mut random).unwrap();
            assert!(seen.insert(digits), "drawn twice within 24 h");
        }
        assert_eq!(nameplates.in_use(), 30_000);
    }

    #[test]
    fn a_digit_more_is_drawn_when_a_tenth_of_the_set_is_in_use() {
        let mut nameplates = Nameplates::default();
        let mut random = seeded(2);
        for _ in 0..10_000 {
            assert_eq!(nameplates.draw(NOON, &mut random).unwrap().len(), 5);
        }
        assert_eq!(nameplates.draw(NOON, &mut random).unwrap().len(), 6);
    }

    #[test]
    fn a_nameplate_is_free_again_after_a_day_and_not_a_millisecond_sooner() {
        let mut nameplates = Nameplates::default();
        let first = nameplates.draw(NOON, || 7).unwrap();
        assert_eq!(first, "00007");
        let soon = nameplates.draw(NOON + REST_MS - 1, {
            let mut numbers = [7, 8].into_iter();
            move || numbers.next().unwrap()
        });
        assert_eq!(soon.unwrap(), "00008");
        assert_eq!(nameplates.draw(NOON + REST_MS, || 7).unwrap(), "00007");
    }

    #[test]
    fn a_restart_forgets_nothing_of_the_last_day() {
        let mut before = Nameplates::default();
        let mut random = seeded(3);
        let drawn: Vec<_> = (0..500).map(|n| (before.draw(NOON + n, &mut random).unwrap(), NOON + n)).collect();
        let mut after = Nameplates::resume(drawn.clone());
        let mut same = seeded(3);
        for _ in 0..500 {
            let again = after.draw(NOON + 1_000, &mut same).unwrap();
            assert!(drawn.iter().all(|(digits, _)| *digits != again));
        }
    }

    #[test]
    fn the_drawing_stops_instead_of_looping_when_randomness_repeats_itself() {
        let mut nameplates = Nameplates::default();
        let lengths: Vec<_> = (0..6).map(|_| nameplates.draw(NOON, || 3).map(|digits| digits.len())).collect();
        assert_eq!(lengths, [Some(5), Some(6), Some(7), Some(8), Some(9), None]);
    }
}
