//! How often one technician may claim nameplates: enough for typing errors, too little to search the digits.
//!
//! In scope: a sliding window for each key. A pure policy: the clock is a parameter. Not in scope: attempts at the
//! words; the host counts those.

use std::collections::{HashMap, VecDeque};

/// Length of the window, milliseconds.
pub const WINDOW_MS: u64 = 60_000;

/// Claims in a window.
pub const MAX_CLAIMS: usize = 12;

/// Claims of the last minute, by technician's key.
#[derive(Debug, Default)]
pub struct Claims {
    recent: HashMap<[u8; 32], VecDeque<u64>>,
}

impl Claims {
    /// Counts a claim by `key` at `now_ms` (any steady clock) and says whether it may be looked at. A refused claim
    /// counts as well, so that whoever hammers stays out.
    pub fn permit(&mut self, key: [u8; 32], now_ms: u64) -> bool {
        let start = now_ms.saturating_sub(WINDOW_MS);
        self.recent.retain(|other, times| *other == key || times.back().is_some_and(|last| *last > start));
        let times = self.recent.entry(key).or_default();
        while times.front().is_some_and(|first| *first <= start) {
            times.pop_front();
        }
        if times.len() > MAX_CLAIMS {
            times.pop_front();
        }
        times.push_back(now_ms);
        times.len() <= MAX_CLAIMS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_pass_and_a_search_does_not() {
        let mut claims = Claims::default();
        let passed = (0..100).filter(|n| claims.permit([1; 32], 1_000_000 + n * 100)).count();
        assert_eq!(passed, MAX_CLAIMS);
        assert!(claims.permit([2; 32], 1_010_000), "others are not held back");
    }

    #[test]
    fn after_a_minute_of_rest_claims_pass_again() {
        let mut claims = Claims::default();
        for n in 0..50 {
            claims.permit([1; 32], 1_000_000 + n);
        }
        assert!(!claims.permit([1; 32], 1_000_100));
        assert!(claims.permit([1; 32], 1_000_100 + WINDOW_MS));
    }

    #[test]
    fn nothing_is_kept_of_technicians_who_rest() {
        let mut claims = Claims::default();
        for n in 0..100_u8 {
            claims.permit([n; 32], 1_000_000);
        }
        claims.permit([200; 32], 1_000_000 + 2 * WINDOW_MS);
        assert_eq!(claims.recent.len(), 1);
    }
}
