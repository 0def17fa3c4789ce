//! The textures that hold the customer's screen, and drawing them.
//!
//! In scope: allocating, uploading parts, one drawing call a tile. Not in scope: scale and place, which the window decides.

use crate::{batch::Batch, layout};
use deskhand_screen::{Rect as Area, Size};
use egui::{Color32, Context, Painter, Pos2, Rect, TextureFilter, TextureHandle, TextureOptions};

/// Smaller than life is smoothed, larger is not: a customer's pixel stays a sharp square.
const OPTIONS: TextureOptions =
    TextureOptions { magnification: TextureFilter::Nearest, minification: TextureFilter::Linear, ..TextureOptions::LINEAR };

/// The screen's textures. They are freed with it. Painting thread only.
#[derive(Default)]
pub struct Canvas {
    size: Option<Size>,
    tiles: Vec<(Area, TextureHandle)>,
    uploaded: u64,
}

impl Canvas {
    /// A canvas without a picture.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The screen's size, once there is a picture.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.size
    }

    /// Pixels uploaded so far.
    #[must_use]
    pub fn uploaded(&self) -> u64 {
        self.uploaded
    }

    /// Uploads a batch. One that continues textures which are not there is left out.
    pub fn apply(&mut self, context: &Context, batch: Batch) {
        if !batch.fresh && self.size != Some(batch.size) {
            return;
        }
        self.uploaded += batch.area();
        if batch.fresh {
            self.size = Some(batch.size);
            self.tiles.clear();
            for (area, patch) in layout::tiles(batch.size).into_iter().zip(batch.patches) {
                let name = format!("screen {},{}", area.x, area.y);
                self.tiles.push((area, context.load_texture(name, patch.image, OPTIONS)));
            }
            return;
        }
        for patch in batch.patches {
            if let Some((_, texture)) = self.tiles.get_mut(patch.tile) {
                texture.set_partial(patch.at, patch.image, OPTIONS);
            }
        }
    }

    /// Draws the whole screen into `target` (points); what lies outside the painter's clip costs nothing.
    pub fn draw(&self, painter: &Painter, target: Rect) {
        let Some(size) = self.size else { return };
        let (scale_x, scale_y) = (target.width() / size.width as f32, target.height() / size.height as f32);
        let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
        for (area, texture) in &self.tiles {
            let at = |x: u32, y: u32| Pos2::new(target.left() + x as f32 * scale_x, target.top() + y as f32 * scale_y);
            let place = Rect::from_min_max(at(area.x, area.y), at(area.right(), area.bottom()));
            if place.intersects(painter.clip_rect()) {
                painter.image(texture.id(), place, whole, Color32::WHITE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Region};

    #[test]
    fn only_the_damage_is_uploaded_after_the_first_batch() {
        let context = Context::default();
        let frame = Framebuffer::new(Size::new(640, 480).unwrap());
        let mut canvas = Canvas::new();
        canvas.apply(&context, Batch::of(frame.view(), &Region::new(), true));
        assert_eq!(canvas.uploaded(), 640 * 480);
        context.tex_manager().write().take_delta().clear();
        canvas.apply(&context, Batch::of(frame.view(), &Region::from_rect(Area::new(600, 470, 16, 20)), false));
        let mut delta = context.tex_manager().write().take_delta();
        let parts: Vec<_> = delta.set.values().flatten().map(|part| (part.pos, part.image.size())).collect();
        assert_eq!(parts, [(Some([600, 470]), [16, 10])]);
        delta.clear();
    }

    #[test]
    fn a_part_of_a_screen_that_is_not_there_is_left_out() {
        let context = Context::default();
        let frame = Framebuffer::new(Size::new(64, 64).unwrap());
        let mut canvas = Canvas::new();
        canvas.apply(&context, Batch::of(frame.view(), &Region::from_rect(Area::new(0, 0, 8, 8)), false));
        assert_eq!((canvas.size(), canvas.uploaded()), (None, 0));
    }
}
