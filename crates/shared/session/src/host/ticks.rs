//! Ticks: what the host says it sent, and how old the one is that an input names.
//!
//! In scope: when the next one is due, and the bounded memory of those sent to one viewer. Not in scope: their content.

use std::collections::VecDeque;

use deskhand_wire::Millis;

/// A tick follows an update within this, milliseconds.
pub(super) const AFTER_UPDATE_MS: u64 = 250;
/// While control is granted there is one at least this often, milliseconds.
pub(super) const WHILE_CONTROLLED_MS: u64 = 1_000;
/// Ticks whose age is known. Four a second for ten seconds, the largest input age a policy allows, and some.
const REMEMBERED: usize = 64;

/// The ticks of one viewer.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    sent: VecDeque<(u64, Millis)>,
    last: u64,
    due: Option<Millis>,
}

impl Ticks {
    /// An update was sent.
    pub(super) fn updated(&mut self, now: Millis) {
        let latest = now.saturating_add(AFTER_UPDATE_MS);
        self.due = Some(self.due.map_or(latest, |due| due.min(latest)));
    }

    /// When the next one is due.
    pub(super) fn next(&self, controlled: bool) -> Option<Millis> {
        let regular = controlled.then(|| self.sent.back().map_or(0, |(_, at)| at.saturating_add(WHILE_CONTROLLED_MS)));
        match (self.due, regular) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Counts a tick that is being sent now; gives its number.
    pub(super) fn send(&mut self, now: Millis) -> u64 {
        self.due = None;
        self.last += 1;
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((self.last, now));
        self.last
    }

    /// How old a tick is, by this host's clock; `None` for one that was never sent or is too long gone.
    pub(super) fn age(&self, number: u64, now: Millis) -> Option<u64> {
        let (_, at) = self.sent.iter().rev().find(|(sent, _)| *sent == number)?;
        Some(now.saturating_sub(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_follows_an_update_and_comes_every_second_under_control() {
        let mut ticks = Ticks::default();
        assert_eq!(ticks.next(false), None);
        assert_eq!(ticks.next(true), Some(0));
        ticks.send(5_000);
        assert_eq!(ticks.next(false), None);
        assert_eq!(ticks.next(true), Some(6_000));
        ticks.updated(5_100);
        ticks.updated(5_200);
        assert_eq!(ticks.next(true), Some(5_350));
        assert_eq!(ticks.next(false), Some(5_350));
    }

    #[test]
    fn the_age_is_by_the_hosts_clock_and_unknown_ticks_have_none() {
        let mut ticks = Ticks::default();
        let first = ticks.send(1_000);
        assert_eq!(ticks.age(first, 4_000), Some(3_000));
        assert_eq!(ticks.age(first + 1, 4_000), None, "from the future");
        assert_eq!(ticks.age(0, 4_000), None);
        for at in 0..REMEMBERED as u64 {
            ticks.send(2_000 + at);
        }
        assert_eq!(ticks.age(first, 4_000), None, "too long gone");
    }
}
