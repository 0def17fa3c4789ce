//! The customer's pointer in the child window.
//!
//! In scope: its picture at the server, its place, drawing it. Not in scope: when, and what was under it (`present`).

use super::{
    display::{Formats, lost, no_id},
    present::{fixed, scaling},
    window::on_wire,
};
use crate::{
    pane::{PaneError, Place},
    pointer::{Cursor, Shape, same_shape},
};
use deskhand_screen::Rect;
use std::sync::Arc;
use x11rb::{
    NONE,
    connection::Connection,
    protocol::{
        render::{ConnectionExt as _, CreatePictureAux, PictOp, Picture},
        xproto::{ConnectionExt as _, ImageFormat, Window},
    },
    rust_connection::RustConnection,
};

/// Largest side of a pointer as it is shown.
const MAX_SIDE: f32 = 1024.0;

/// A pointer at the server.
pub(super) struct Sprite {
    shape: Option<Arc<Shape>>,
    scale: f32,
    hot: (f32, f32),
    picture: Picture,
    width: u32,
    height: u32,
    /// Its upper left corner in the window; it may lie outside.
    corner: (i32, i32),
}

impl Sprite {
    pub(super) fn new(
        connection: &RustConnection,
        window: Window,
        formats: Formats,
        cursor: &Cursor,
        scale: f32,
    ) -> Result<Self, PaneError> {
        let shape = cursor.shape.clone().unwrap_or_else(|| Arc::new(Shape::dot()));
        let [width, height] = shape.image.size.map(|side| u16::try_from(side).unwrap_or(u16::MAX));
        let bytes: Vec<u8> = shape.image.pixels.iter().flat_map(|pixel| [pixel.b(), pixel.g(), pixel.r(), pixel.a()]).collect();
        let pixmap = connection.generate_id().map_err(no_id)?;
        connection.create_pixmap(32, pixmap, window, width, height).map_err(lost)?;
        let gc = connection.generate_id().map_err(no_id)?;
        connection.create_gc(gc, pixmap, &Default::default()).map_err(lost)?;
        connection.put_image(ImageFormat::Z_PIXMAP, pixmap, gc, width, height, 0, 0, 0, 32, &bytes).map_err(lost)?;
        connection.free_gc(gc).map_err(lost)?;
        let picture = connection.generate_id().map_err(no_id)?;
        connection.render_create_picture(picture, pixmap, formats.covered, &CreatePictureAux::new()).map_err(lost)?;
        // The picture keeps it.
        connection.free_pixmap(pixmap).map_err(lost)?;
        if scale != 1.0 {
            let step = fixed(1.0 / f64::from(scale.max(0.01)));
            connection.render_set_picture_transform(picture, scaling(step, step)).map_err(lost)?;
            connection.render_set_picture_filter(picture, b"bilinear", &[]).map_err(lost)?;
        }
        let side = |side: u16| (f32::from(side) * scale).ceil().clamp(1.0, MAX_SIDE) as u32;
        Ok(Self {
            shape: cursor.shape.clone(),
            scale,
            hot: (shape.hot_x as f32 * scale, shape.hot_y as f32 * scale),
            picture,
            width: side(width),
            height: side(height),
            corner: (0, 0),
        })
    }

    pub(super) fn is_of(&self, cursor: &Cursor, scale: f32) -> bool {
        self.scale == scale && same_shape(self.shape.as_ref(), cursor.shape.as_ref())
    }

    pub(super) fn move_to(&mut self, cursor: &Cursor, place: &Place) {
        let along = |at: u32, shown: u32, whole: u32, hot: f32| {
            let at = f64::from(at) * f64::from(shown) / f64::from(whole.max(1)) - f64::from(hot);
            at.round() as i32
        };
        self.corner =
            (along(cursor.x, place.width, place.size.width, self.hot.0), along(cursor.y, place.height, place.size.height, self.hot.1));
    }

    /// The part of the window that it covers.
    pub(super) fn area(&self) -> Rect {
        let edge = |from: i32, by: u32| u32::try_from(i64::from(from) + i64::from(by)).unwrap_or(0);
        let (x, y) = self.corner;
        Rect::from_edges(edge(x, 0), edge(y, 0), edge(x, self.width), edge(y, self.height))
    }

    pub(super) fn draw(&self, connection: &RustConnection, onto: Picture) -> Result<(), PaneError> {
        let area = self.area();
        let part = on_wire(area);
        let from = |edge: u32, corner: i32| i16::try_from(i64::from(edge) - i64::from(corner)).unwrap_or(0);
        let (x, y) = (from(area.x, self.corner.0), from(area.y, self.corner.1));
        connection
            .render_composite(PictOp::OVER, self.picture, NONE, onto, x, y, 0, 0, part.x, part.y, part.width, part.height)
            .map(drop)
            .map_err(lost)
    }

    pub(super) fn free(self, connection: &RustConnection) -> Result<(), PaneError> {
        connection.render_free_picture(self.picture).map(drop).map_err(lost)
    }
}
