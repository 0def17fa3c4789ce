//! Palette: finds the colours of an area, if they are few.
//!
//! In scope: up to 256 colours and each pixel's place among them, several places in a byte where the colours are that few. Not in
//! scope: compressing them (`tiles`).

/// Most colours.
const MOST: usize = 256;
/// Slots of the hash table: a power of two, eight for each colour.
const SLOT_BITS: u32 = 11;
const SLOTS: usize = 1 << SLOT_BITS;
/// Pixels that are compared at once.
const BLOCK: usize = 8;
/// A free slot: no pixel, as a pixel's top byte is `0xFF`.
const FREE: u32 = 0;
const OPAQUE: u32 = 0xFF00_0000;

/// Collects colours; keeps its buffers.
pub(crate) struct Palette {
    table: Box<Table>,
    places: Vec<u8>,
}

/// The colours in the order they were met, and where to find them again.
struct Table {
    colours: Vec<u32>,
    keys: [u32; SLOTS],
    values: [u8; SLOTS],
}

impl Default for Palette {
    fn default() -> Self {
        let table = Table { colours: Vec::with_capacity(MOST), keys: [FREE; SLOTS], values: [0; SLOTS] };
        Self { table: Box::new(table), places: Vec::new() }
    }
}

impl Palette {
    /// The area's colours, 1..=256 in the order they are met, and each pixel's place among them as [`TileForm::Palette`] holds
    /// them; `None` when there are more (found out early).
    ///
    /// [`TileForm::Palette`]: deskhand_screen::TileForm::Palette
    pub(crate) fn reduce<'a>(&mut self, rows: impl Iterator<Item = &'a [u32]>) -> Option<(&[u32], &[u8])> {
        self.table.colours.clear();
        self.table.keys.fill(FREE);
        self.places.clear();
        let (mut colour, mut place) = (FREE, 0);
        for row in rows {
            let start = self.places.len();
            self.places.resize(start + row.len(), 0);
            let places = &mut self.places[start..];
            let (blocks, rest) = row.as_chunks::<BLOCK>();
            let (place_blocks, rest_places) = places.as_chunks_mut::<BLOCK>();
            for (pixels, places) in blocks.iter().zip(place_blocks) {
                // Screens are mostly runs: a block of the colour before is told by one wide comparison.
                if pixels.iter().fold(0, |bits, pixel| bits | ((pixel | OPAQUE) ^ colour)) == 0 {
                    *places = [place; BLOCK];
                    continue;
                }
                for (pixel, place) in pixels.iter().zip(places.iter_mut()) {
                    *place = self.table.place(*pixel)?;
                }
                (colour, place) = (pixels[BLOCK - 1] | OPAQUE, places[BLOCK - 1]);
            }
            for (pixel, place) in rest.iter().zip(rest_places) {
                *place = self.table.place(*pixel)?;
            }
        }
        match self.table.colours.len() {
            0 => return None,
            1..=2 => join::<8>(&mut self.places),
            3..=4 => join::<4>(&mut self.places),
            5..=16 => join::<2>(&mut self.places),
            _ => {}
        }
        Some((&self.table.colours, &self.places))
    }
}

/// Puts so many places into each byte, the first in the lowest bits.
fn join<const EACH: usize>(places: &mut Vec<u8>) {
    let bytes = places.len().div_ceil(EACH);
    places.resize(bytes * EACH, 0);
    for at in 0..bytes {
        let together = &places[at * EACH..(at + 1) * EACH];
        places[at] = together.iter().rev().fold(0, |byte, place| (u32::from(byte) << (8 / EACH)) as u8 | place);
    }
    places.truncate(bytes);
}

impl Table {
    #[inline]
    fn place(&mut self, pixel: u32) -> Option<u8> {
        let pixel = pixel | OPAQUE;
        let slot = (pixel.wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS)) as usize;
        if self.keys[slot] == pixel { Some(self.values[slot]) } else { self.search(pixel, slot) }
    }

    /// Looks further than the first slot; a colour that is not there yet is added, if there is room.
    #[cold]
    fn search(&mut self, pixel: u32, mut slot: usize) -> Option<u8> {
        while self.keys[slot] != FREE {
            if self.keys[slot] == pixel {
                return Some(self.values[slot]);
            }
            slot = (slot + 1) % SLOTS;
        }
        let place = self.colours.len();
        if place == MOST {
            return None;
        }
        self.keys[slot] = pixel;
        self.values[slot] = place as u8;
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
        let mut palette = Palette::default();
        let (colours, places) = palette.reduce([row.as_slice()].into_iter()).unwrap();
        let back: Vec<u32> = places.iter().map(|place| colours[usize::from(*place)]).collect();
        assert_eq!(back, row);
        row.push(0xFF12_3456);
        assert!(palette.reduce([row.as_slice()].into_iter()).is_none());
    }

    #[test]
    fn places_of_few_colours_share_bytes() {
        let mut palette = Palette::default();
        let row: Vec<u32> = [1, 2, 1, 1, 2, 2, 1, 2, 2].map(|colour| OPAQUE | colour).to_vec();
        assert_eq!(palette.reduce([row.as_slice()].into_iter()).unwrap().1, [0b1011_0010, 1]);
        let row: Vec<u32> = [1, 2, 3, 1, 2].map(|colour| OPAQUE | colour).to_vec();
        assert_eq!(palette.reduce([row.as_slice()].into_iter()).unwrap().1, [0b0010_0100, 1]);
        let row: Vec<u32> = [1, 2, 3, 4, 5].map(|colour| OPAQUE | colour).to_vec();
        assert_eq!(palette.reduce([row.as_slice()].into_iter()).unwrap().1, [0x10, 0x32, 4]);
    }
}
