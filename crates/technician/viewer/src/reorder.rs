//! Updates in the order of their numbers, whatever order their streams arrived in.
//!
//! In scope: holding back what came early, within bounds; jumping ahead at a key update; saying when something is missing
//! for good. Not in scope: seals and pixels.

use deskhand_wire::{
    limits::{MAX_SEALED_UPDATE, MAX_VIEWER_BACKLOG_UPDATES},
    update::UpdateHeader,
};
use std::{collections::BTreeMap, time::Instant};

/// Bytes that may be held back: two of the largest updates.
pub(crate) const MAX_HELD_BYTES: usize = 2 * MAX_SEALED_UPDATE;

/// An update as it came.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    /// Its header, read.
    pub header: UpdateHeader,
    /// Its header's bytes, which its seal covers.
    pub bytes: [u8; deskhand_wire::update::HEADER_BYTES],
    /// The sealed frame.
    pub frame: Vec<u8>,
    /// When its first byte came.
    pub began: Instant,
}

/// What to do after an update was put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Go on: take what is next, if it is there.
    Fine,
    /// Too much waits for a number that does not come: everything was dropped, ask for a key update.
    Lost,
}

/// Holds updates back until it is their turn.
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    /// The number whose turn it is; 0 while only a key update can begin.
    next: u64,
    held: BTreeMap<u64, Sealed>,
    bytes: usize,
}

impl Reorder {
    /// An update arrived. One whose turn is over is dropped.
    pub(crate) fn push(&mut self, update: Sealed) -> Order {
        let (number, key) = (update.header.number, update.header.key);
        if number < self.next {
            return Order::Fine;
        }
        if key && number > self.next {
            // What is below it is not needed any more; what is above builds on it.
            self.next = number;
            self.held = self.held.split_off(&number);
            self.bytes = self.held.values().map(|held| held.frame.len()).sum();
        }
        self.bytes += update.frame.len();
        if let Some(twin) = self.held.insert(number, update) {
            self.bytes -= twin.frame.len();
        }
        if self.held.len() > MAX_VIEWER_BACKLOG_UPDATES || self.bytes > MAX_HELD_BYTES {
            self.restart();
            return Order::Lost;
        }
        Order::Fine
    }

    /// The update whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Sealed> {
        let update = self.held.remove(&self.next)?;
        self.bytes -= update.frame.len();
        self.next += 1;
        Some(update)
    }

    /// Puts back what can't be opened yet.
    pub(crate) fn put_back(&mut self, update: Sealed) {
        self.next = update.header.number;
        self.bytes += update.frame.len();
        self.held.insert(self.next, update);
    }

    /// Only a key update can go on from here; what waits is dropped.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
        self.bytes = 0;
        self.held.clear();
    }

    /// Updates that wait.
    #[must_use]
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_wire::stream::Channel;
    use proptest::prelude::*;

    fn update(number: u64, key: bool, size: usize) -> Sealed {
        let header = UpdateHeader {
            channel: Channel::Screen,
            key,
            discardable: false,
            recorded: false,
            session: [1; 16],
            epoch: 1,
            number,
            size: size as u32,
        };
        Sealed { header, bytes: header.to_bytes(), frame: vec![0; size], began: Instant::now() }
    }

    fn popped(reorder: &mut Reorder) -> Vec<u64> {
        std::iter::from_fn(|| reorder.pop()).map(|update| update.header.number).collect()
    }

    #[test]
    fn what_came_early_waits_for_its_turn() {
        let mut reorder = Reorder::default();
        for number in [3, 2, 5] {
            assert_eq!(reorder.push(update(number, false, 10)), Order::Fine);
            assert_eq!(popped(&mut reorder), [0; 0]);
        }
        reorder.push(update(1, true, 10));
        assert_eq!(popped(&mut reorder), [1, 2, 3]);
        reorder.push(update(4, false, 10));
        assert_eq!(popped(&mut reorder), [4, 5]);
    }

    #[test]
    fn a_key_update_is_never_held_back_and_ends_what_is_older() {
        let mut reorder = Reorder::default();
        reorder.push(update(1, true, 10));
        assert_eq!(popped(&mut reorder), [1]);
        for late in [3, 4] {
            reorder.push(update(late, false, 10));
        }
        reorder.push(update(5, true, 10));
        assert_eq!(popped(&mut reorder), [5]);
        reorder.push(update(2, false, 10));
        assert_eq!(popped(&mut reorder), [0; 0]);
        assert_eq!((reorder.held(), reorder.bytes), (0, 0));
    }

    #[test]
    fn a_number_that_never_comes_is_noticed_within_the_bound() {
        let mut reorder = Reorder::default();
        reorder.push(update(1, true, 10));
        assert_eq!(popped(&mut reorder), [1]);
        let lost = (3..200).find(|number| reorder.push(update(*number, false, 10)) == Order::Lost);
        assert_eq!(lost, Some(3 + MAX_VIEWER_BACKLOG_UPDATES as u64));
        reorder.push(update(300, false, 10));
        assert_eq!(popped(&mut reorder), [0; 0], "only a key update goes on");
        reorder.push(update(301, true, 10));
        assert_eq!(popped(&mut reorder), [301]);
    }

    #[test]
    fn what_is_held_back_is_bounded_in_bytes() {
        let mut reorder = Reorder::default();
        let half = MAX_HELD_BYTES / 2;
        assert_eq!(reorder.push(update(2, false, half)), Order::Fine);
        assert_eq!(reorder.push(update(3, false, half)), Order::Fine);
        assert_eq!(reorder.push(update(4, false, 1)), Order::Lost);
        assert_eq!(reorder.bytes, 0);
    }

    #[test]
    fn what_could_not_be_opened_yet_is_next_again() {
        let mut reorder = Reorder::default();
        reorder.push(update(1, true, 10));
        let first = reorder.pop().unwrap();
        reorder.put_back(first);
        reorder.push(update(2, false, 10));
        assert_eq!(popped(&mut reorder), [1, 2]);
    }

    proptest! {
        #[test]
        fn any_order_of_arrival_comes_out_once_and_in_order(mut numbers in Just((1_u64..40).collect::<Vec<_>>()).prop_shuffle()) {
            let mut reorder = Reorder::default();
            let mut out = Vec::new();
            numbers.push(1);
            for number in numbers {
                prop_assert_eq!(reorder.push(update(number, number == 1, 5)), Order::Fine);
                out.extend(popped(&mut reorder));
            }
            prop_assert_eq!(out, (1_u64..40).collect::<Vec<_>>());
        }
    }
}
