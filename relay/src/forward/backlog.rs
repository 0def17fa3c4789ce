//! What waits for one viewer, and what happens to a viewer that is slow.
//!
//! In scope: the bound in bytes and updates (`wire::limits`), dropping to the next key update. A pure policy over any
//! kind of item. Not in scope: sending (`deliver`).
//!
//! A viewer starts at a key update. When more waits than the bound allows, all of it is dropped, a key update is asked
//! for, and until it comes nothing is queued. An update whose sending began goes on, unless a key update replaces it; a
//! key update whose sending began always goes on, so that a very slow viewer gets a picture in the end.

use std::collections::VecDeque;

use deskhand_wire::limits::{MAX_VIEWER_BACKLOG, MAX_VIEWER_BACKLOG_UPDATES};

/// While a viewer waits for a key update, another is asked for after this long, milliseconds.
pub const ASK_AGAIN_MS: u64 = 2_000;

/// Something that waits: a screen update.
pub trait Update {
    /// Bytes.
    fn size(&self) -> usize;
    /// Whether it needs nothing before it.
    fn is_key(&self) -> bool;
}

/// What became of an offered update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// It waits its turn.
    Queued,
    /// It waits, and what is being sent is worth nothing any more.
    QueuedInstead,
    /// It was dropped, with everything that waited: ask the host for a key update.
    FellBehind,
    /// It was dropped: the viewer waits for a key update.
    Skipped,
    /// As `Skipped`, and the key update does not come: ask again.
    AskAgain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was shown yet; the host sends a key update to everyone who joins.
    New,
    Going,
    /// Since when, milliseconds.
    Behind(u64),
}

/// The updates that wait for one viewer.
#[derive(Debug)]
pub struct Backlog<T> {
    queue: VecDeque<T>,
    bytes: usize,
    state: State,
    sending_key: Option<bool>,
}

impl<T> Default for Backlog<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), bytes: 0, state: State::New, sending_key: None }
    }
}

impl<T: Update> Backlog<T> {
    /// Offers the host's next update at `now_ms` (any steady clock).
    pub fn offer(&mut self, update: T, now_ms: u64) -> Offered {
        let full =
            !self.queue.is_empty() && (self.bytes + update.size() > MAX_VIEWER_BACKLOG || self.queue.len() >= MAX_VIEWER_BACKLOG_UPDATES);
        let (key, behind) = (update.is_key(), self.state != State::Going);
        if key && (full || behind) {
            self.clear();
            self.queue(update);
            self.state = State::Going;
            return if self.sending_key == Some(false) { Offered::QueuedInstead } else { Offered::Queued };
        }
        match self.state {
            State::New => Offered::Skipped,
            State::Behind(since) if now_ms.saturating_sub(since) >= ASK_AGAIN_MS => {
                self.state = State::Behind(now_ms);
                Offered::AskAgain
            }
            State::Behind(_) => Offered::Skipped,
            State::Going if full => {
                self.clear();
                self.state = State::Behind(now_ms);
                Offered::FellBehind
            }
            State::Going => {
                self.queue(update);
                Offered::Queued
            }
        }
    }

    /// The next update to send, if none is being sent.
    pub fn take(&mut self) -> Option<T> {
        if self.sending_key.is_some() {
            return None;
        }
        let update = self.queue.pop_front()?;
        self.bytes -= update.size();
        self.sending_key = Some(update.is_key());
        Some(update)
    }

    /// The update from [`Self::take`] was sent or given up.
    pub fn sent(&mut self) {
        self.sending_key = None;
    }

    /// Bytes that wait, without the update that is being sent.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn queue(&mut self, update: T) {
        self.bytes += update.size();
        self.queue.push_back(update);
    }

    fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Fake {
        number: u64,
        size: usize,
        key: bool,
    }

    impl Update for Fake {
        fn size(&self) -> usize {
            self.size
        }
        fn is_key(&self) -> bool {
            self.key
        }
    }

    fn update(number: u64, size: usize) -> Fake {
        Fake { number, size, key: false }
    }

    fn key(number: u64, size: usize) -> Fake {
        Fake { number, size, key: true }
    }

    fn going() -> Backlog<Fake> {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.offer(key(1, 100), 0), Offered::Queued);
        assert_eq!(backlog.take(), Some(key(1, 100)));
        backlog.sent();
        backlog
    }

    #[test]
    fn a_viewer_starts_at_a_key_update() {
        let mut backlog = Backlog::default();
        assert_eq!(backlog.offer(update(7, 10), 0), Offered::Skipped);
        assert_eq!(backlog.offer(update(8, 10), 60_000), Offered::Skipped);
        assert_eq!(backlog.offer(key(9, 10), 60_000), Offered::Queued);
        assert_eq!(backlog.take(), Some(key(9, 10)));
    }

    #[test]
    fn no_more_bytes_than_the_bound_ever_wait() {
        let mut backlog = going();
        let mut fell = 0;
        for number in 2..2_000 {
            if backlog.offer(update(number, 1 << 20), 0) == Offered::FellBehind {
                fell += 1;
            }
            assert!(backlog.bytes() <= MAX_VIEWER_BACKLOG);
        }
        assert_eq!(fell, 1, "a key update is asked for once");
    }

    #[test]
    fn no_more_updates_than_the_bound_ever_wait() {
        let mut backlog = going();
        let outcomes: Vec<_> = (2..=MAX_VIEWER_BACKLOG_UPDATES as u64 + 2).map(|number| backlog.offer(update(number, 1), 0)).collect();
        let (last, queued) = outcomes.split_last().unwrap();
        assert!(queued.iter().all(|outcome| *outcome == Offered::Queued));
        assert_eq!(*last, Offered::FellBehind);
        assert_eq!(backlog.bytes(), 0);
    }

    #[test]
    fn a_slow_viewer_goes_on_with_the_next_key_update_in_place_of_the_one_being_sent() {
        let mut backlog = going();
        backlog.offer(update(2, 1 << 20), 0);
        assert_eq!(backlog.take(), Some(update(2, 1 << 20)));
        while backlog.offer(update(3, 1 << 20), 0) != Offered::FellBehind {}
        assert_eq!(backlog.offer(update(4, 10), 10), Offered::Skipped);
        assert_eq!(backlog.offer(key(5, 10), 20), Offered::QueuedInstead);
        backlog.sent();
        assert_eq!(backlog.take(), Some(key(5, 10)));
    }

    #[test]
    fn a_key_update_that_is_being_sent_is_never_given_up() {
        let mut backlog = going();
        backlog.offer(key(2, 32 << 20), 0);
        assert_eq!(backlog.take(), Some(key(2, 32 << 20)));
        while backlog.offer(update(3, 1 << 20), 0) != Offered::FellBehind {}
        assert_eq!(backlog.offer(key(4, 32 << 20), 10), Offered::Queued);
        assert_eq!(backlog.take(), None, "one at a time");
    }

    #[test]
    fn a_key_update_that_does_not_come_is_asked_for_again() {
        let mut backlog = going();
        while backlog.offer(update(3, 1 << 20), 1_000) != Offered::FellBehind {}
        assert_eq!(backlog.offer(update(4, 1), 2_999), Offered::Skipped);
        assert_eq!(backlog.offer(update(5, 1), 3_000), Offered::AskAgain);
        assert_eq!(backlog.offer(update(6, 1), 3_001), Offered::Skipped);
    }

    #[test]
    fn a_viewer_that_keeps_up_gets_every_update_key_or_not() {
        let mut backlog = going();
        for number in 2..100 {
            let offered = if number % 10 == 0 { key(number, 5 << 20) } else { update(number, 1_000) };
            assert_eq!(backlog.offer(offered, number), Offered::Queued);
            assert_eq!(backlog.take(), Some(offered));
            backlog.sent();
        }
    }
}
