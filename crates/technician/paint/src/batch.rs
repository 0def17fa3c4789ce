//! Damaged pixels as texture uploads, made off the window's thread.
//!
//! In scope: cutting damage into tiles and turning `0xFFRRGGBB` into red, green, blue, 255. Not in scope: when (`feed`).

use crate::layout;
use deskhand_screen::{Pixels, Rect, Region, Size};
use egui::{Color32, ColorImage};

/// Most uploads in one tile; more rectangles than that are uploaded as the one that holds them all, because a call costs
/// more than some thousand pixels.
pub const MAX_PATCHES_IN_A_TILE: usize = 48;

/// A part of one tile.
pub struct Patch {
    /// Which tile of [`layout::tiles`].
    pub tile: usize,
    /// Where in the tile, from its upper left corner, pixels.
    pub at: [usize; 2],
    /// The pixels.
    pub image: ColorImage,
}

/// Everything that one repaint uploads.
pub struct Batch {
    /// The screen's size.
    pub size: Size,
    /// Whether the textures before it are worth nothing: then there is exactly one patch a tile, and it fills the tile.
    pub fresh: bool,
    /// The uploads.
    pub patches: Vec<Patch>,
}

impl Batch {
    /// The uploads for `damage`, or for the whole screen when `fresh`.
    #[must_use]
    pub fn of(pixels: Pixels<'_>, damage: &Region, fresh: bool) -> Self {
        let size = pixels.size();
        let mut patches = Vec::new();
        for (tile, &area) in layout::tiles(size).iter().enumerate() {
            let parts = if fresh { Region::from_rect(area) } else { damage.intersection(area) };
            let bounds = [parts.bounds()];
            let rects: &[Rect] = match parts.rects() {
                [] => continue,
                many if many.len() > MAX_PATCHES_IN_A_TILE => &bounds,
                few => few,
            };
            for &rect in rects {
                let at = [(rect.x - area.x) as usize, (rect.y - area.y) as usize];
                patches.push(Patch { tile, at, image: image(pixels, rect) });
            }
        }
        Self { size, fresh, patches }
    }

    /// Pixels in it.
    #[must_use]
    pub fn area(&self) -> u64 {
        self.patches.iter().map(|patch| patch.image.pixels.len() as u64).sum()
    }
}

fn image(pixels: Pixels<'_>, rect: Rect) -> ColorImage {
    let mut colors = Vec::with_capacity(rect.width as usize * rect.height as usize);
    for row in pixels.rows(rect) {
        colors.extend(row.iter().map(|&pixel| opaque(pixel)));
    }
    ColorImage::new([rect.width as usize, rect.height as usize], colors)
}

fn opaque(pixel: u32) -> Color32 {
    let [blue, green, red, _] = pixel.to_le_bytes();
    Color32::from_rgb(red, green, blue)
}

/// The picture of a cursor from rows of premultiplied `0xAARRGGBB`; `None` when the pixels are not `width * height`.
#[must_use]
pub fn cursor_image(width: u32, height: u32, pixels: &[u32]) -> Option<ColorImage> {
    let area = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    if area == 0 || pixels.len() != area {
        return None;
    }
    let color = |&pixel: &u32| {
        let [blue, green, red, alpha] = pixel.to_le_bytes();
        // A colour brighter than its cover would glow: clamp what a peer sent.
        Color32::from_rgba_premultiplied(red.min(alpha), green.min(alpha), blue.min(alpha), alpha)
    };
    Some(ColorImage::new([width as usize, height as usize], pixels.iter().map(color).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Size};

    fn screen(width: u32, height: u32) -> Framebuffer {
        let mut frame = Framebuffer::new(Size::new(width, height).unwrap());
        for (at, pixel) in frame.pixels_mut().iter_mut().enumerate() {
            *pixel = 0xFF00_0000 | (at as u32).wrapping_mul(2_654_435_761) >> 8;
        }
        frame
    }

    #[test]
    fn a_fresh_batch_holds_every_tile_whole() {
        let frame = screen(2100, 30);
        let batch = Batch::of(frame.view(), &Region::new(), true);
        assert_eq!(batch.patches.len(), 2);
        assert_eq!(batch.patches[0].image.size, [2048, 30]);
        assert_eq!(batch.patches[1].image.size, [52, 30]);
        assert_eq!(batch.area(), 2100 * 30);
    }

    #[test]
    fn damage_across_tiles_is_cut_at_their_edge() {
        let frame = screen(2100, 30);
        let batch = Batch::of(frame.view(), &Region::from_rect(Rect::new(2040, 5, 20, 3)), false);
        let places: Vec<_> = batch.patches.iter().map(|patch| (patch.tile, patch.at, patch.image.size)).collect();
        assert_eq!(places, [(0, [2040, 5], [8, 3]), (1, [0, 5], [12, 3])]);
    }

    #[test]
    fn a_pixel_keeps_its_colour() {
        let mut frame = screen(4, 4);
        frame.pixels_mut()[5] = 0xFF11_2233;
        let batch = Batch::of(frame.view(), &Region::from_rect(Rect::new(1, 1, 1, 1)), false);
        assert_eq!(batch.patches[0].image.pixels, [Color32::from_rgb(0x11, 0x22, 0x33)]);
    }

    #[test]
    fn very_many_small_damages_become_one_upload() {
        let frame = screen(400, 400);
        let damage: Region = (0..100).map(|at| Rect::new((at * 37) % 390, at * 4, 2, 2)).collect();
        assert!(damage.rects().len() > MAX_PATCHES_IN_A_TILE);
        let batch = Batch::of(frame.view(), &damage, false);
        assert_eq!(batch.patches.len(), 1);
        assert_eq!(batch.area(), damage.bounds().area());
    }

    #[test]
    fn damage_outside_the_screen_is_left_out() {
        let frame = screen(40, 40);
        let batch = Batch::of(frame.view(), &Region::from_rect(Rect::new(30, 30, 500, 500)), false);
        assert_eq!(batch.area(), 100);
    }

    #[test]
    fn a_cursor_with_the_wrong_number_of_pixels_has_no_picture() {
        assert!(cursor_image(2, 2, &[0; 3]).is_none());
        assert!(cursor_image(0, 2, &[]).is_none());
        let image = cursor_image(1, 1, &[0x80FF_0010]).unwrap();
        assert_eq!(image.pixels[0].to_array(), [0x80, 0, 0x10, 0x80]);
    }
}
