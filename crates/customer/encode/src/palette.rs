//! Palette: finds the colours of an area, if they are few.
//!
//! In scope: up to 256 colours and each pixel's place among them. Not in scope: packing them (`tiles`).

/// Most colours.
const MOST: usize = 256;
/// Slots of the hash table: a power of two, four for each colour.
const SLOTS: usize = 1024;
/// Pixels that are compared at once.
const BLOCK: usize = 8;
/// A free slot.
const FREE: u16 = u16::MAX;

/// Collects colours; keeps its buffers.
pub(crate) struct Palette {
    colours: Vec<u32>,
    slots: Box<[u16; SLOTS]>,
    places: Vec<u8>,
}

impl Palette {
    pub(crate) fn new() -> Self {
        Self { colours: Vec::with_capacity(MOST), slots: Box::new([FREE; SLOTS]), places: Vec::new() }
    }

    /// The area's colours, 1..=256 in the order they are met, and each pixel's place among them; `None` when there are more
    /// (found out early).
    pub(crate) fn reduce<'a>(&mut self, rows: impl Iterator<Item = &'a [u32]>) -> Option<(&[u32], &[u8])> {
        self.colours.clear();
        self.slots.fill(FREE);
        self.places.clear();
        let (mut colour, mut place) = (None, 0);
        for row in rows {
            let start = self.places.len();
            self.places.resize(start + row.len(), 0);
            let mut at = start;
            for block in row.chunks(BLOCK) {
                // Screens are mostly runs: whole blocks of the last colour are told by one wide comparison.
                let differs = colour.is_none_or(|colour| block.iter().fold(0, |bits, pixel| bits | (pixel ^ colour)) != 0);
                if !differs {
                    self.places[at..at + block.len()].fill(place);
                    at += block.len();
                    continue;
                }
                for pixel in block {
                    if colour != Some(*pixel) {
                        colour = Some(*pixel);
                        place = self.place(*pixel)?;
                    }
                    self.places[at] = place;
                    at += 1;
                }
            }
        }
        (!self.colours.is_empty()).then_some((&self.colours, &self.places))
    }

    fn place(&mut self, pixel: u32) -> Option<u8> {
        let mut slot = (pixel.wrapping_mul(0x9E37_79B1) >> 22) as usize;
        loop {
            match self.slots[slot] {
                FREE => break,
                place if self.colours[usize::from(place)] == pixel => return Some(place as u8),
                _ => slot = (slot + 1) % SLOTS,
            }
        }
        let place = self.colours.len();
        if place == MOST {
            return None;
        }
        self.slots[slot] = place as u16;
        self.colours.push(pixel);
        Some(place as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_256_colours_fit_and_one_more_does_not() {
        let mut row: Vec<u32> = (0..256).map(|n| 0xFF00_0000 | (n * 0x01_0101)).collect();
        row.extend_from_slice(&[row[7], row[7], row[0]]);
        let mut palette = Palette::new();
        let (colours, places) = palette.reduce([row.as_slice()].into_iter()).unwrap();
        let back: Vec<u32> = places.iter().map(|place| colours[usize::from(*place)]).collect();
        assert_eq!(back, row);
        row.push(0xFF12_3456);
        assert!(palette.reduce([row.as_slice()].into_iter()).is_none());
    }
}
