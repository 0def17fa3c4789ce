//! How often an update may be made, whatever the way allows.
//!
//! In scope: a pure token bucket. A program paints one change in several steps a millisecond apart: the first steps go out at once,
//! a stream of them is gathered to [`PER_SECOND`] updates. Not in scope: the way's capacity ([`super::pacing`]).

use deskhand_wire::Millis;

/// Updates a second that a moving picture makes at most.
pub const PER_SECOND: u64 = 60;
/// Updates that may follow each other at once after quiet.
pub const BURST: u64 = 3;

/// Tokens are counted in thousandths of an update.
const ONE: u64 = 1_000;

/// The bucket.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    tokens: u64,
    at: Millis,
}

impl Default for Rate {
    fn default() -> Self {
        Self { tokens: BURST * ONE, at: 0 }
    }
}

impl Rate {
    /// When the next update may be made: `now` or later.
    pub fn next(&self, now: Millis) -> Millis {
        let tokens = self.filled(now);
        if tokens >= ONE { now } else { now + (ONE - tokens).div_ceil(PER_SECOND) }
    }

    /// An update was made.
    pub fn made(&mut self, now: Millis) {
        self.tokens = self.filled(now).saturating_sub(ONE);
        self.at = now;
    }

    fn filled(&self, now: Millis) -> u64 {
        // PER_SECOND updates a second are PER_SECOND thousandths a millisecond.
        (self.tokens + now.saturating_sub(self.at) * PER_SECOND).min(BURST * ONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_of_a_change_go_at_once() {
        let mut rate = Rate::default();
        for _ in 0..BURST {
            assert_eq!(rate.next(1_000), 1_000);
            rate.made(1_000);
        }
        assert!(rate.next(1_000) > 1_000);
    }

    #[test]
    fn a_moving_picture_is_gathered() {
        let (mut rate, mut made) = (Rate::default(), 0);
        for now in 0..10_000 {
            if rate.next(now) == now {
                rate.made(now);
                made += 1;
            }
        }
        assert!((580..=603).contains(&made), "{made} updates in ten seconds");
    }
}
