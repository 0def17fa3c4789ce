//! How long it takes from sending an update to hearing that it is shown: each viewer's round trip, measured on the session itself.
//!
//! In scope: a bounded memory of sending times. It holds the shortest delay seen, because longer ones include what waited.

use deskhand_wire::{Millis, PeerId, limits::MAX_UNSHOWN_UPDATES};
use std::collections::{HashMap, VecDeque};

/// Sending times that are kept.
const MAX_KEPT: usize = 4 * MAX_UNSHOWN_UPDATES;
/// A change that is worth telling, milliseconds.
const WORTH_TELLING: u64 = 5;

/// The measurements.
#[derive(Debug, Default)]
pub(super) struct RoundTrips {
    sent: VecDeque<(u64, Millis)>,
    shortest: HashMap<PeerId, u64>,
}

impl RoundTrips {
    /// Update `number` goes out.
    pub(super) fn sent(&mut self, number: u64, now: Millis) {
        if self.sent.len() == MAX_KEPT {
            self.sent.pop_front();
        }
        self.sent.push_back((number, now));
    }

    /// `peer` shows update `number`. A round trip worth telling.
    pub(super) fn shown(&mut self, peer: PeerId, number: u64, now: Millis) -> Option<u64> {
        let (_, at) = self.sent.iter().find(|(sent, _)| *sent == number)?;
        let delay = now.saturating_sub(*at);
        let known = self.shortest.get(&peer).copied();
        if known.is_some_and(|known| delay + WORTH_TELLING > known) {
            return None;
        }
        self.shortest.insert(peer, delay);
        Some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_delay_counts() {
        let mut trips = RoundTrips::default();
        trips.sent(1, 100);
        trips.sent(2, 200);
        trips.sent(3, 300);
        assert_eq!(trips.shown(1, 1, 180), Some(80));
        assert_eq!(trips.shown(1, 2, 290), None);
        assert_eq!(trips.shown(1, 3, 330), Some(30));
        assert_eq!(trips.shown(1, 9, 400), None);
    }
}
