//! Programs that choose the pointer's picture: plain, hidden, and animated ones.
//!
//! In scope: setting it on a screen. Not in scope: what is told of it; that is in `scenarios/` and in the tests of `capture`.

use crate::xserver::XServer;
use x11rb::{
    connection::Connection,
    protocol::{
        render::{Animcursorelt, ConnectionExt as _, CreatePictureAux, PictType, Pictformat},
        xproto::{ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, ImageFormat},
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// Somebody who chooses cursors.
#[derive(Debug)]
pub struct Cursors {
    connection: RustConnection,
    root: u32,
    argb: Pictformat,
}

impl Cursors {
    /// On this screen.
    ///
    /// # Panics
    /// When the X server lacks RENDER.
    pub fn on(screen: &XServer) -> Self {
        let (connection, number) = screen.connect();
        let root = connection.setup().roots[number].root;
        let formats = connection.render_query_pict_formats().expect("asked").reply().expect("RENDER").formats;
        let argb = formats.iter().find(|format| format.type_ == PictType::DIRECT && format.depth == 32 && format.direct.alpha_mask == 0xFF);
        let argb = argb.expect("colours with alpha").id;
        Self { connection, root, argb }
    }

    fn id(&self) -> u32 {
        self.connection.generate_id().expect("an id")
    }

    /// A square of one colour (`0xAARRGGBB`, multiplied by alpha).
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn square(&self, side: u16, colour: u32) -> u32 {
        let (pixmap, gc, picture, cursor) = (self.id(), self.id(), self.id(), self.id());
        self.connection.create_pixmap(32, pixmap, self.root, side, side).expect("a pixmap");
        self.connection.create_gc(gc, pixmap, &CreateGCAux::new()).expect("a context");
        let row: Vec<u8> = (0..side).flat_map(|_| colour.to_le_bytes()).collect();
        for y in 0..side as i16 {
            self.connection.put_image(ImageFormat::Z_PIXMAP, pixmap, gc, side, 1, 0, y, 0, 32, &row).expect("drawn");
        }
        self.connection.render_create_picture(picture, pixmap, self.argb, &CreatePictureAux::new()).expect("a picture");
        self.connection.render_create_cursor(cursor, picture, 0, 0).expect("asked").check().expect("a cursor");
        cursor
    }

    /// These cursors one after the other.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn animated(&self, cursors: &[u32], delay_ms: u32) -> u32 {
        let cursor = self.id();
        let frames: Vec<_> = cursors.iter().map(|cursor| Animcursorelt { cursor: *cursor, delay: delay_ms }).collect();
        self.connection.render_create_anim_cursor(cursor, &frames).expect("asked").check().expect("a cursor");
        cursor
    }

    /// Sets it for the whole screen.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn choose(&self, cursor: u32) {
        let look = ChangeWindowAttributesAux::new().cursor(cursor);
        self.connection.change_window_attributes(self.root, &look).expect("chosen");
        self.connection.sync().expect("the X server answers");
    }

    /// Puts the pointer somewhere, as a program does that leads to its default button.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn put(&self, x: i16, y: i16) {
        self.connection.warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, x, y).expect("put");
        self.connection.sync().expect("the X server answers");
    }
}
