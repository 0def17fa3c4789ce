//! The customer's pointer, and the technician's own.
//!
//! In scope: drawing the one where it is, giving the other its shape, so that it never lags. Not in scope: moving either.

use super::fit::Fit;
use deskhand_paint::{Cursor, Shape, Surface, pointer::same_shape};
use egui::{Color32, CustomCursorImage, Painter, Pos2, Rect, Stroke, TextureHandle, TextureOptions, Vec2, pos2, vec2};
use std::sync::Arc;

/// A pointer that is made smaller with the screen than this can't be seen.
const SMALLEST: f32 = 0.75;

/// Points that a pixel of the customer's pointer takes.
pub(super) fn scale(fit: &Fit) -> f32 {
    fit.scale().max(SMALLEST)
}

/// Pictures made for the shape that is shown now.
#[derive(Default)]
pub(super) struct Pictures {
    shape: Option<Arc<Shape>>,
    texture: Option<TextureHandle>,
    image: Option<CustomCursorImage>,
}

impl Pictures {
    fn take(&mut self, shape: Option<&Arc<Shape>>) {
        if !same_shape(self.shape.as_ref(), shape) {
            let image = shape.and_then(|shape| image(shape));
            *self = Self { shape: shape.cloned(), texture: None, image };
        }
    }

    /// Shows the customer's pointer. `own` is the technician's, when it acts on the picture: it takes the customer's shape, and
    /// the customer's is drawn only when it is somewhere else.
    pub(super) fn show(&mut self, painter: &Painter, fit: &Fit, surface: &Surface, own: Option<Pos2>) {
        let beside = surface.own(own.map(|place| fit.nearest(place)), fit.scale());
        let Some(cursor) = surface.cursor() else { return };
        self.take(cursor.shape.as_ref());
        if let (Some(_), Some(image)) = (own, &self.image) {
            painter.ctx().output_mut(|output| output.cursor_image = Some(image.clone()));
        }
        if let Some(cursor) = beside.filter(|_| surface.by_textures()) {
            self.draw(painter, fit, &cursor);
        }
    }

    fn draw(&mut self, painter: &Painter, fit: &Fit, cursor: &Cursor) {
        let shape = self.shape.clone().unwrap_or_else(|| Arc::new(Shape::dot()));
        let texture = self.texture.get_or_insert_with(|| painter.ctx().load_texture("cursor", shape.image.clone(), TextureOptions::LINEAR));
        let [width, height] = shape.image.size;
        let place = fit.place(i64::from(cursor.x), i64::from(cursor.y));
        let corner = place - vec2(shape.hot_x as f32, shape.hot_y as f32) * scale(fit);
        let target = Rect::from_min_size(corner, vec2(width as f32, height as f32) * scale(fit));
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        painter.image(texture.id(), target, whole, Color32::WHITE);
    }
}

/// The shape for the window system, which wants colours that are not multiplied by their cover.
fn image(shape: &Shape) -> Option<CustomCursorImage> {
    let side = |side: usize| u16::try_from(side).ok();
    let hot = |hot: u32| u16::try_from(hot).ok();
    let rgba: Vec<u8> = shape.image.pixels.iter().flat_map(|pixel| pixel.to_srgba_unmultiplied()).collect();
    Some(CustomCursorImage {
        rgba: rgba.into(),
        size: [side(shape.image.size[0])?, side(shape.image.size[1])?],
        hotspot: [hot(shape.hot_x)?, hot(shape.hot_y)?],
    })
}

/// A frame around the picture that says where the keyboard goes.
pub(super) fn frame(painter: &Painter, target: Rect, colour: Color32) {
    painter.rect_stroke(target.expand2(Vec2::splat(1.0)), 0.0, Stroke::new(2.0, colour), egui::StrokeKind::Outside);
}
