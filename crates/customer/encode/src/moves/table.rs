//! Table: from a hash to the only place that has it.
//!
//! In scope: open addressing over buffers that are kept. Not in scope: what is hashed.

const FREE: u32 = u32::MAX;
const SEVERAL: u32 = u32::MAX - 1;

/// Hash -> place, remembering whether the hash is the only one of its kind.
#[derive(Default)]
pub(super) struct Table {
    slots: Vec<(u64, u32)>,
    mask: usize,
    free: usize,
}

impl Table {
    /// Makes it empty, with room for `places`.
    pub(super) fn clear(&mut self, places: usize) {
        let slots = (places.max(1) * 2).next_power_of_two();
        self.slots.clear();
        self.slots.resize(slots, (0, FREE));
        (self.mask, self.free) = (slots - 1, places);
    }

    /// Adds a place below 2^32 - 2; nothing happens when there is no room.
    pub(super) fn insert(&mut self, hash: u64, place: u32) {
        let slot = self.slot(hash);
        if self.slots[slot].1 != FREE {
            self.slots[slot].1 = SEVERAL;
        } else if self.free > 0 {
            self.free -= 1;
            self.slots[slot] = (hash, place);
        }
    }

    /// The place, when just one has this hash.
    pub(super) fn only(&self, hash: u64) -> Option<u32> {
        match self.slots[self.slot(hash)].1 {
            FREE | SEVERAL => None,
            place => Some(place),
        }
    }

    fn slot(&self, hash: u64) -> usize {
        let mut slot = hash as usize & self.mask;
        while self.slots[slot].1 != FREE && self.slots[slot].0 != hash {
            slot = (slot + 1) & self.mask;
        }
        slot
    }
}
