//! Which tiles of a picture differ from those of the picture before.
//!
//! In scope: comparing by a 64-bit hash (xxh3) a tile, and keeping the newest picture. Not in scope: where pictures come
//! from.

use deskhand_screen::{Framebuffer, Pixels, Rect, Region, Size};
use xxhash_rust::xxh3::Xxh3;

/// Pixels of a tile's side.
const SIDE: u32 = 64;

/// The newest picture and its hashes.
pub(super) struct Tiles {
    picture: Framebuffer,
    hashes: Vec<Option<u64>>,
}

impl Tiles {
    pub(super) fn new(size: Size) -> Self {
        let count = size.width.div_ceil(SIDE) as usize * size.height.div_ceil(SIDE) as usize;
        Self { picture: Framebuffer::new(size), hashes: vec![None; count] }
    }

    /// Takes `bytes`, four a pixel, rows without padding, and returns the tiles that changed.
    pub(super) fn changed(&mut self, bytes: &[u8]) -> Region {
        let size = self.picture.size();
        let mut changed = Region::new();
        let mut hashes = self.hashes.iter_mut();
        for top in (0..size.height).step_by(SIDE as usize) {
            for left in (0..size.width).step_by(SIDE as usize) {
                let tile = Rect::new(left, top, SIDE, SIDE).intersect(size.rect());
                let Some(known) = hashes.next() else { return changed };
                let mut hasher = Xxh3::new();
                for y in tile.y..tile.bottom() {
                    hasher.update(row(bytes, size, tile, y));
                }
                let hash = hasher.digest();
                if known.replace(hash) == Some(hash) {
                    continue;
                }
                for y in tile.y..tile.bottom() {
                    let (pixels, _) = row(bytes, size, tile, y).as_chunks::<4>();
                    for (to, from) in self.picture.row_mut(y)[tile.x as usize..].iter_mut().zip(pixels) {
                        *to = u32::from_le_bytes(*from) | 0xFF00_0000;
                    }
                }
                changed.add(tile);
            }
        }
        changed
    }

    /// The newest picture.
    pub(super) fn picture(&self) -> Pixels<'_> {
        self.picture.view()
    }
}

fn row(bytes: &[u8], size: Size, tile: Rect, y: u32) -> &[u8] {
    let start = (y as usize * size.width as usize + tile.x as usize) * 4;
    &bytes[start..start + tile.width as usize * 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_changes_one_tile() {
        let size = Size { width: 130, height: 70 };
        let mut bytes = vec![9; 130 * 70 * 4];
        let mut tiles = Tiles::new(size);
        assert_eq!(tiles.changed(&bytes).area(), size.area());
        assert!(tiles.changed(&bytes).is_empty());
        bytes[(69 * 130 + 129) * 4] = 1;
        assert_eq!(tiles.changed(&bytes).bounds(), Rect::new(128, 64, 2, 6));
        let mut frame = Framebuffer::new(size);
        tiles.copy(&Region::from_rect(size.rect()), &mut frame);
        assert_eq!(frame.row(69)[129], 0xFF09_0901);
        assert_eq!(frame.row(0)[0], 0xFF09_0909);
    }
}
