//! The cursor on a real X server: every kind of picture that programs give it, and how often it is told.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_capture::{Cursor, Shape, Source, Wake, x11::X11Source};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use support::{Painter, Xvfb};
use x11rb::{
    connection::Connection,
    protocol::{
        render::{Animcursorelt, ConnectionExt as _, CreatePictureAux, PictType, Pictformat},
        xproto::{ChangeGCAux, ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, ImageFormat},
    },
    wrapper::ConnectionExt as _,
};

/// Somebody who chooses cursors.
struct Chooser {
    painter: Painter,
    argb: Pictformat,
}

impl Chooser {
    fn at(server: &Xvfb) -> Self {
        let painter = Painter::new(&server.display);
        let formats = painter.connection.render_query_pict_formats().unwrap().reply().unwrap().formats;
        let argb = formats.iter().find(|format| format.type_ == PictType::DIRECT && format.depth == 32 && format.direct.alpha_mask == 0xFF);
        let argb = argb.unwrap().id;
        Self { painter, argb }
    }

    fn id(&self) -> u32 {
        self.painter.connection.generate_id().unwrap()
    }

    /// A cursor of these pixels (`0xAARRGGBB`, multiplied by alpha).
    fn coloured(&self, width: u16, hot: (u16, u16), pixels: &[u32]) -> u32 {
        let connection = &self.painter.connection;
        let (pixmap, gc, picture, cursor) = (self.id(), self.id(), self.id(), self.id());
        let height = (pixels.len() / usize::from(width)) as u16;
        connection.create_pixmap(32, pixmap, self.painter.root, width, height).unwrap();
        connection.create_gc(gc, pixmap, &CreateGCAux::new()).unwrap();
        let rows = 16_384 / usize::from(width);
        for (part, rows_of) in pixels.chunks(rows * usize::from(width)).enumerate() {
            let bytes: Vec<u8> = rows_of.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
            let count = (rows_of.len() / usize::from(width)) as u16;
            let top = (part * rows) as i16;
            connection.put_image(ImageFormat::Z_PIXMAP, pixmap, gc, width, count, 0, top, 0, 32, &bytes).unwrap().check().unwrap();
        }
        connection.render_create_picture(picture, pixmap, self.argb, &CreatePictureAux::new()).unwrap();
        connection.render_create_cursor(cursor, picture, hot.0, hot.1).unwrap().check().unwrap();
        cursor
    }

    /// A cursor of two colours as the core protocol has it: 8 by 8, a bit for each pixel and one for whether it is there.
    fn masked(&self, source: [u8; 8], mask: [u8; 8]) -> u32 {
        let connection = &self.painter.connection;
        let [source, mask] = [source, mask].map(|rows| {
            let (pixmap, gc) = (self.id(), self.id());
            connection.create_pixmap(1, pixmap, self.painter.root, 8, 8).unwrap();
            connection.create_gc(gc, pixmap, &CreateGCAux::new()).unwrap();
            connection.change_gc(gc, &ChangeGCAux::new().foreground(1).background(0)).unwrap();
            let padded: Vec<u8> = rows.iter().flat_map(|row| [*row, 0, 0, 0]).collect();
            connection.put_image(ImageFormat::XY_BITMAP, pixmap, gc, 8, 8, 0, 0, 0, 1, &padded).unwrap();
            pixmap
        });
        let cursor = self.id();
        connection.create_cursor(cursor, source, mask, 0xFFFF, 0, 0, 0, 0, 0xFFFF, 2, 5).unwrap();
        cursor
    }

    fn animated(&self, frames: &[u32], delay_ms: u32) -> u32 {
        let cursor = self.id();
        let frames: Vec<_> = frames.iter().map(|cursor| Animcursorelt { cursor: *cursor, delay: delay_ms }).collect();
        self.painter.connection.render_create_anim_cursor(cursor, &frames).unwrap();
        cursor
    }

    fn chooses(&self, cursor: u32) {
        let look = ChangeWindowAttributesAux::new().cursor(cursor);
        self.painter.connection.change_window_attributes(self.painter.root, &look).unwrap();
        self.painter.connection.sync().unwrap();
    }
}

fn set() -> (Xvfb, Chooser, X11Source) {
    let server = Xvfb::start("640x480x24", &[]);
    let chooser = Chooser::at(&server);
    let mut source = X11Source::open(&server.display, Arc::new(|| true)).unwrap();
    source.cursor().unwrap();
    (server, chooser, source)
}

/// What is told until `wanted` is, within ten seconds.
fn told(source: &mut X11Source, wanted: impl Fn(&Cursor) -> bool) -> Cursor {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match source.wait(Some(deadline)).unwrap() {
            Wake::Cursor => {
                if let Some(cursor) = source.cursor().filter(&wanted) {
                    return cursor;
                }
            }
            Wake::Deadline => panic!("it was not told"),
            _ => {}
        }
    }
}

fn shape(source: &mut X11Source) -> (Shape, bool) {
    let cursor = told(source, |cursor| cursor.shape.is_some());
    (cursor.shape.unwrap(), cursor.visible)
}

#[test]
fn a_cursor_of_two_colours_has_its_colours_its_holes_and_its_hot_spot() {
    let (_server, chooser, mut source) = set();
    chooser.chooses(chooser.masked([0b1111_0000; 8], [0b0011_1100; 8]));
    let (shape, visible) = shape(&mut source);
    assert!(visible);
    assert_eq!((shape.hot_x, shape.hot_y), (2, 5));
    // Bits of a row go from the right: the mask leaves columns 2 to 5, the source has columns 4 to 7 in the foreground.
    let row: Vec<u32> = shape.pixels[..shape.size.width as usize].to_vec();
    assert_eq!(row[..8], [0, 0, 0xFF00_00FF, 0xFF00_00FF, 0xFFFF_0000, 0xFFFF_0000, 0, 0]);
}

#[test]
fn a_coloured_cursor_keeps_its_transparency() {
    let (_server, chooser, mut source) = set();
    let pixels: Vec<u32> = (0..24 * 24).map(|at| if at % 3 == 0 { 0x8040_2010 } else { 0 }).collect();
    chooser.chooses(chooser.coloured(24, (7, 9), &pixels));
    let (shape, visible) = shape(&mut source);
    assert!(visible);
    assert_eq!((shape.size.width, shape.hot_x, shape.hot_y), (24, 7, 9));
    assert_eq!(shape.pixels, pixels);
}

#[test]
fn a_blank_cursor_is_told_as_one_that_is_not_seen_and_the_next_one_as_seen() {
    let (_server, chooser, mut source) = set();
    chooser.chooses(chooser.masked([0; 8], [0; 8]));
    assert!(!told(&mut source, |_| true).visible);
    chooser.chooses(chooser.masked([0xFF; 8], [0xFF; 8]));
    assert!(told(&mut source, |cursor| cursor.shape.is_some()).visible);
}

#[test]
fn a_cursor_of_256_pixels_is_whole_and_a_larger_one_is_cut_around_what_it_points_at() {
    let (_server, chooser, mut source) = set();
    let number = |at: u32| 0xFF00_0000 | at;
    let whole: Vec<u32> = (0..256 * 256).map(number).collect();
    chooser.chooses(chooser.coloured(256, (255, 0), &whole));
    let (told, _) = shape(&mut source);
    assert_eq!((told.hot_x, told.hot_y), (255, 0));
    assert!(told.pixels == whole);

    let larger: Vec<u32> = (0..300 * 280).map(number).collect();
    chooser.chooses(chooser.coloured(300, (290, 10), &larger));
    let (told, _) = shape(&mut source);
    assert_eq!((told.size.width, told.size.height), (256, 256));
    let pointed = told.pixels[(told.hot_y * 256 + told.hot_x) as usize];
    assert_eq!(pointed, number(10 * 300 + 290), "the pixel that points is the same one");
    assert_eq!(told.pixels[0], number(44));
}

#[test]
fn every_picture_of_an_animated_cursor_is_told() {
    let (_server, chooser, mut source) = set();
    let frames = [0xFFFF_0000, 0xFF00_FF00, 0xFF00_00FF].map(|colour| chooser.coloured(16, (1, 1), &[colour; 256]));
    chooser.chooses(chooser.animated(&frames, 10));
    let mut seen = Vec::new();
    while seen.len() < 9 {
        seen.push(shape(&mut source).0.pixels[0]);
    }
    for colour in [0xFFFF_0000, 0xFF00_FF00, 0xFF00_00FF] {
        assert!(seen.contains(&colour), "{seen:x?}");
    }
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "a picture that is shown already is not told again: {seen:x?}");
}

#[test]
fn setting_the_cursor_that_is_shown_already_tells_nothing() {
    let (_server, chooser, mut source) = set();
    let pixels = [0xFF12_3456; 256];
    chooser.chooses(chooser.coloured(16, (3, 3), &pixels));
    shape(&mut source);
    chooser.chooses(chooser.coloured(16, (3, 3), &pixels));
    while source.wait(Some(Instant::now() + Duration::from_millis(100))).unwrap() != Wake::Deadline {
        assert_eq!(source.cursor(), None);
    }
}

#[test]
fn a_cursor_that_xfixes_hides_looks_to_every_client_as_if_it_were_shown() {
    use x11rb::protocol::xfixes::ConnectionExt as _;
    let (_server, chooser, mut source) = set();
    chooser.chooses(chooser.coloured(16, (3, 3), &[0xFF12_3456; 256]));
    shape(&mut source);
    let connection = &chooser.painter.connection;
    connection.xfixes_query_version(5, 0).unwrap().reply().unwrap();
    connection.xfixes_hide_cursor(chooser.painter.root).unwrap().check().unwrap();
    // The protocol has no word for it: no event, and the same picture. Whoever sees this fail has a server that can do better.
    assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(300))).unwrap(), Wake::Deadline);
    assert_eq!(connection.xfixes_get_cursor_image().unwrap().reply().unwrap().cursor_image[0], 0xFF12_3456);
}
