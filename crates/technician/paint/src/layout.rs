//! Which textures cover a screen.
//!
//! In scope: a grid of tiles no larger than a texture may be. Not in scope: pixels.

use deskhand_screen::{Rect, Size};

/// Side of a tile, pixels. Every graphics system of the last fifteen years allows twice that; a 1080p screen is one tile, so
/// that drawing it is one call and scaling has no inner edge.
pub const TILE_SIDE: u32 = 2048;

/// The tiles of a screen of this size, row by row; each is cut to the screen.
#[must_use]
pub fn tiles(size: Size) -> Vec<Rect> {
    let mut tiles = Vec::new();
    for y in (0..size.height).step_by(TILE_SIDE as usize) {
        for x in (0..size.width).step_by(TILE_SIDE as usize) {
            tiles.push(Rect::new(x, y, TILE_SIDE.min(size.width - x), TILE_SIDE.min(size.height - y)));
        }
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_hd_screen_is_one_tile() {
        let size = Size::new(1920, 1080).unwrap();
        assert_eq!(tiles(size), [size.rect()]);
    }

    #[test]
    fn the_tiles_of_a_large_screen_cover_it_once() {
        let size = Size::new(5000, 2049).unwrap();
        let tiles = tiles(size);
        assert_eq!(tiles.len(), 6);
        assert_eq!(tiles.iter().map(|tile| tile.area()).sum::<u64>(), size.area());
        for (at, tile) in tiles.iter().enumerate() {
            assert!(size.rect().contains_rect(*tile));
            assert!(tiles[..at].iter().all(|other| other.intersect(*tile).is_empty()));
        }
    }
}
