//! The customer's pointer, and the technician's own.
//!
//! In scope: drawing the one where it is, giving the other its shape, so that it never lags. Not in scope: moving either.

use super::fit::Fit;
use crate::state::{Cursor, Shape};
use egui::{Color32, Context, CustomCursorImage, Painter, Pos2, Rect, Stroke, TextureHandle, TextureOptions, Vec2, pos2, vec2};
use std::sync::Arc;

/// Both pointers are drawn when the customer's is this far from the technician's, points: the customer moves it.
const APART: f32 = 24.0;

/// Pictures made for the shape that is shown now.
#[derive(Default)]
pub(super) struct Pictures {
    shape: Option<Arc<Shape>>,
    texture: Option<TextureHandle>,
    image: Option<CustomCursorImage>,
}

impl Pictures {
    fn take(&mut self, context: &Context, shape: Option<&Arc<Shape>>) {
        let same = match (&self.shape, shape) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if same {
            return;
        }
        self.shape = shape.cloned();
        self.texture = shape.map(|shape| context.load_texture("cursor", shape.image.clone(), TextureOptions::LINEAR));
        self.image = shape.and_then(|shape| image(shape));
    }

    /// Draws the customer's pointer. `own` is the technician's, when it acts on the picture: it takes the customer's shape,
    /// and the customer's is drawn only when it is somewhere else.
    pub(super) fn show(&mut self, context: &Context, painter: &Painter, fit: &Fit, cursor: Option<&Cursor>, own: Option<Pos2>) {
        let Some(cursor) = cursor else { return };
        self.take(context, cursor.shape.as_ref());
        let place = fit.place(i64::from(cursor.x), i64::from(cursor.y));
        if let (Some(_), Some(image)) = (own, &self.image) {
            context.output_mut(|output| output.cursor_image = Some(image.clone()));
        }
        if own.is_some_and(|own| own.distance(place) < APART) {
            return;
        }
        match (&self.shape, &self.texture) {
            (Some(shape), Some(texture)) => {
                let [width, height] = shape.image.size;
                // A pointer that is made smaller with the screen can't be seen.
                let scale = fit.scale().max(0.75);
                let corner = place - vec2(shape.hot_x as f32, shape.hot_y as f32) * scale;
                let target = Rect::from_min_size(corner, vec2(width as f32, height as f32) * scale);
                let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
                painter.image(texture.id(), target, whole, Color32::WHITE);
            }
            _ => {
                painter.circle(place, 5.0, Color32::from_white_alpha(160), Stroke::new(1.5, Color32::BLACK));
            }
        }
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
