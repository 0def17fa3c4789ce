//! Spare keys: keys without a meaning that stand for characters the layout lacks.
//!
//! In scope: a pure policy of which spare key stands for which symbol, and when it may stand for another. A client reads
//! the keyboard's map when it handles an event, which may be later than the event; a key that was used keeps its symbol
//! for [`REST`]. Not in scope: telling the server.

use std::time::{Duration, Instant};

/// How long after its last use a spare key keeps its symbol. A client that takes longer to handle an event than this, while
/// one text has more foreign characters than there are spare keys (about twenty), may see a wrong one; so it is long.
pub(crate) const REST: Duration = Duration::from_secs(1);

/// The spare keys and what they stand for.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    code: u8,
    symbol: Option<u32>,
    used: Option<Instant>,
}

impl Slot {
    fn is_free(&self, now: Instant) -> bool {
        self.used.is_none_or(|used| now.saturating_duration_since(used) >= REST)
    }
}

impl Spares {
    /// The key that stands for `symbol`.
    pub(crate) fn key_of(&self, symbol: u32) -> Option<u8> {
        self.slots.iter().find(|slot| slot.symbol == Some(symbol)).map(|slot| slot.code)
    }

    /// A key was used: it keeps its symbol for a while.
    pub(crate) fn mark_used(&mut self, code: u8, now: Instant) {
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.code == code) {
            slot.used = Some(now);
        }
    }

    /// The keyboard's map was read anew: these keys are unused, and `symbol_of` says what ours make now. What another
    /// program took away is forgotten.
    pub(crate) fn refresh(&mut self, unused: impl Iterator<Item = u8>, symbol_of: impl Fn(u8) -> Option<u32>) {
        self.slots.retain_mut(|slot| match (symbol_of(slot.code), slot.symbol) {
            (Some(now), Some(ours)) => now == ours,
            (Some(_), None) => false,
            (None, _) => {
                slot.symbol = None;
                true
            }
        });
        for code in unused {
            if self.slots.iter().all(|slot| slot.code != code) {
                self.slots.push(Slot { code, symbol: None, used: None });
            }
        }
        self.slots.sort_by_key(|slot| slot.code);
    }

    /// Gives keys to as many of `symbols` as can be now, in their order, never one of `kept` (keys that are down).
    /// Returns what the server must be told: keys and their symbols, ascending.
    pub(crate) fn assign(&mut self, symbols: &[u32], kept: &[u8], now: Instant) -> Vec<(u8, u32)> {
        let mut told = Vec::new();
        for (index, symbol) in symbols.iter().enumerate() {
            if self.key_of(*symbol).is_some() {
                continue;
            }
            // What the rest of the text needs stays; then keys that stand for nothing; then the longest unused.
            let needed =
                |slot: &Slot| slot.symbol.is_some_and(|symbol| symbols[..index].contains(&symbol) || symbols[index..].contains(&symbol));
            let free = self.slots.iter_mut().filter(|slot| slot.is_free(now) && !kept.contains(&slot.code) && !needed(slot));
            let Some(slot) = free.min_by_key(|slot| (slot.symbol.is_some(), slot.used, slot.code)) else { break };
            slot.symbol = Some(*symbol);
            slot.used = None;
            told.push((slot.code, *symbol));
        }
        told.sort_unstable();
        told
    }

    /// When all keys but `kept` have rested; none when none was used, so that waiting brings nothing. All, and not the first:
    /// every change of the map costs each client a new reading, so changes come in batches with a pause before each.
    pub(crate) fn rested_at(&self, kept: &[u8]) -> Option<Instant> {
        self.slots.iter().filter(|slot| !kept.contains(&slot.code)).filter_map(|slot| slot.used).map(|used| used + REST).max()
    }

    /// Every key that stands for something.
    pub(crate) fn bound(&self) -> Vec<u8> {
        self.slots.iter().filter(|slot| slot.symbol.is_some()).map(|slot| slot.code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spares(codes: &[u8]) -> Spares {
        let mut spares = Spares::default();
        spares.refresh(codes.iter().copied(), |_| None);
        spares
    }

    #[test]
    fn a_key_that_was_just_used_keeps_its_symbol() {
        let mut spares = spares(&[100, 101]);
        let start = Instant::now();
        assert_eq!(spares.assign(&[1, 2, 3], &[], start), [(100, 1), (101, 2)]);
        spares.mark_used(100, start);
        spares.mark_used(101, start + Duration::from_millis(10));
        assert_eq!(spares.assign(&[3], &[], start + Duration::from_millis(20)), []);
        assert_eq!(spares.rested_at(&[]), Some(start + Duration::from_millis(10) + REST));
        assert_eq!(spares.rested_at(&[100, 101]), None);
        assert_eq!(spares.assign(&[3], &[], start + REST), [(100, 3)]);
        assert_eq!(spares.key_of(2), Some(101));
    }

    #[test]
    fn symbols_of_the_same_text_do_not_take_each_others_keys() {
        let mut spares = spares(&[100, 101, 102]);
        let start = Instant::now();
        spares.assign(&[1, 2, 3], &[], start);
        assert_eq!(spares.assign(&[4, 1, 2], &[], start), [(102, 4)]);
    }

    #[test]
    fn a_key_that_is_down_is_left_alone() {
        let mut spares = spares(&[100]);
        let start = Instant::now();
        spares.assign(&[1], &[], start);
        assert_eq!(spares.assign(&[2], &[100], start + REST), []);
    }

    #[test]
    fn keys_that_another_program_took_are_given_up() {
        let mut spares = spares(&[100, 101]);
        spares.assign(&[1, 2], &[], Instant::now());
        spares.refresh([102].into_iter(), |code| (code == 100).then_some(77));
        assert_eq!(spares.key_of(1), None);
        assert_eq!(spares.key_of(2), None, "a new layout wiped it");
        assert_eq!(spares.assign(&[5, 6, 7], &[], Instant::now()), [(101, 5), (102, 6)]);
    }
}
