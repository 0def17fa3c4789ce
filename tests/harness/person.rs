//! The person at a screen: real pointer and key events, by XTEST, and eyes that find a button by its colour.

use crate::xserver::XServer;
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// Somebody at a screen.
#[derive(Debug)]
pub struct Person<'a> {
    screen: &'a XServer,
    connection: RustConnection,
    root: u32,
}

impl<'a> Person<'a> {
    /// Sits down at `screen`.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn at(screen: &'a XServer) -> Self {
        let (connection, number) = screen.connect();
        let root = connection.setup().roots[number].root;
        Self { screen, connection, root }
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) {
        self.connection.xtest_fake_input(kind, detail, 0, self.root, x, y, 0).expect("the X server takes input");
        self.connection.sync().expect("the X server answers");
    }

    /// Moves there and clicks.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn click(&self, x: i16, y: i16) {
        self.fake(MOTION_NOTIFY_EVENT, 0, x, y);
        self.fake(BUTTON_PRESS_EVENT, 1, 0, 0);
        self.fake(BUTTON_RELEASE_EVENT, 1, 0, 0);
    }

    /// Moves there.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn moves(&self, x: i16, y: i16) {
        self.fake(MOTION_NOTIFY_EVENT, 0, x, y);
    }

    /// Presses these keys together (X key symbols) and lets go.
    ///
    /// # Panics
    /// When the keyboard has no such key.
    pub fn chord(&self, symbols: &[u32]) {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let map = self.connection.get_keyboard_mapping(first, last - first + 1).expect("asked").reply().expect("a keyboard");
        let per = usize::from(map.keysyms_per_keycode);
        let codes: Vec<u8> = symbols
            .iter()
            .map(|symbol| {
                let at =
                    map.keysyms.iter().position(|known| known == symbol).unwrap_or_else(|| panic!("the keyboard has no key {symbol:#x}"));
                first + (at / per) as u8
            })
            .collect();
        codes.iter().for_each(|code| self.fake(KEY_PRESS_EVENT, *code, 0, 0));
        codes.iter().rev().for_each(|code| self.fake(KEY_RELEASE_EVENT, *code, 0, 0));
    }

    /// The middle of the largest area of exactly this colour (`0xRRGGBB`) that is at least 60 by 20 pixels, row runs counted.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn sees(&self, colour: u32) -> Option<(i16, i16)> {
        let (width, pixels) = self.screen.picture();
        let (mut left, mut right, mut rows) = (u32::MAX, 0, Vec::new());
        for (y, row) in pixels.chunks(width as usize).enumerate() {
            let count = row.iter().filter(|pixel| **pixel & 0xFF_FFFF == colour).count();
            if count >= 60 {
                let first = row.iter().position(|pixel| pixel & 0xFF_FFFF == colour)? as u32;
                let last = row.iter().rposition(|pixel| pixel & 0xFF_FFFF == colour)? as u32;
                (left, right) = (left.min(first), right.max(last));
                rows.push(y as i16);
            }
        }
        (rows.len() >= 20).then(|| ((left + (right - left) / 2) as i16, rows[rows.len() / 2]))
    }
}
