//! A private X server for a test, and something that draws on it.
//!
//! In scope: starting and ending Xvfb, drawing from a connection of its own, reading the screen the plain way to compare.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use deskhand_capture::{CaptureError, Source};
use deskhand_screen::{Framebuffer, Rect, Region, Size};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::{
        randr::ConnectionExt as _,
        xproto::{
            CONFIGURE_NOTIFY_EVENT, ConfigureNotifyEvent, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask,
            Gcontext, ImageFormat, Rectangle, StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// Grabs, brings `frame` up to date and returns the damage.
pub(crate) fn grab(source: &mut dyn Source, frame: &mut Framebuffer) -> Result<Region, CaptureError> {
    let patch = source.grab()?;
    frame.apply(patch);
    Ok(patch.damage().clone())
}

/// An Xvfb that ends with the test.
pub(crate) struct Xvfb {
    child: Child,
    pub(crate) display: String,
}

impl Xvfb {
    /// Starts one with a screen such as `640x480x24`.
    pub(crate) fn start(screen: &str, more: &[&str]) -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-noreset"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts (on Debian and Ubuntu it is in the package xvfb)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let number = line.trim();
        assert!(!number.is_empty(), "Xvfb chose no display");
        Self { display: format!(":{number}"), child }
    }

    /// Ends it, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that draws.
pub(crate) struct Painter {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
    gc: Gcontext,
}

impl Painter {
    pub(crate) fn new(display: &str) -> Self {
        let (connection, number) = RustConnection::connect(Some(display)).unwrap();
        let root = connection.setup().roots[number].root;
        let gc = connection.generate_id().unwrap();
        connection.create_gc(gc, root, &CreateGCAux::new()).unwrap();
        Self { connection, root, gc }
    }

    /// Moves a window's top left corner there.
    pub(crate) fn move_window(&self, window: Window, x: i32, y: i32) {
        self.connection.configure_window(window, &ConfigureWindowAux::new().x(x).y(y)).unwrap().check().unwrap();
    }

    /// Brings a window to the front.
    pub(crate) fn raise_window(&self, window: Window) {
        self.connection.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE)).unwrap().check().unwrap();
    }

    /// A mapped window with a plain background.
    pub(crate) fn window(&self, at: Rect, background: u32) -> Window {
        let window = self.connection.generate_id().unwrap();
        let look = CreateWindowAux::new().background_pixel(background).override_redirect(1);
        let (x, y, width, height) = (at.x as i16, at.y as i16, at.width as u16, at.height as u16);
        self.connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                self.root,
                x,
                y,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                COPY_FROM_PARENT,
                &look,
            )
            .unwrap();
        self.connection.map_window(window).unwrap();
        self.connection.sync().unwrap();
        window
    }

    /// Fills a rectangle and waits until the server did it.
    pub(crate) fn fill(&self, window: Window, at: Rect, colour: u32) {
        self.connection.change_gc(self.gc, &x11rb::protocol::xproto::ChangeGCAux::new().foreground(colour)).unwrap();
        let rect = Rectangle { x: at.x as i16, y: at.y as i16, width: at.width as u16, height: at.height as u16 };
        self.connection.poly_fill_rectangle(window, self.gc, &[rect]).unwrap();
        self.connection.sync().unwrap();
    }

    /// Changes the size of the screen.
    pub(crate) fn resize(&self, width: u16, height: u16) {
        let resources = self.connection.randr_get_screen_resources(self.root).unwrap().reply().unwrap();
        for crtc in &resources.crtcs {
            self.connection
                .randr_set_crtc_config(*crtc, 0, resources.config_timestamp, 0, 0, 0, x11rb::protocol::randr::Rotation::ROTATE0, &[])
                .unwrap()
                .reply()
                .unwrap();
        }
        self.connection.randr_set_screen_size(self.root, width, height, 200, 100).unwrap().check().unwrap();
    }

    /// Tells every watcher of the root window that it may have changed, though it did not.
    pub(crate) fn tell_of_geometry(&self) {
        let shape = self.connection.get_geometry(self.root).unwrap().reply().unwrap();
        let event = ConfigureNotifyEvent {
            response_type: CONFIGURE_NOTIFY_EVENT,
            sequence: 0,
            event: self.root,
            window: self.root,
            above_sibling: 0,
            x: 0,
            y: 0,
            width: shape.width,
            height: shape.height,
            border_width: 0,
            override_redirect: false,
        };
        self.connection.send_event(false, self.root, EventMask::STRUCTURE_NOTIFY, event).unwrap();
        self.connection.sync().unwrap();
    }

    /// The whole screen by one plain request.
    pub(crate) fn screen(&self) -> Framebuffer {
        let geometry = self.connection.get_geometry(self.root).unwrap().reply().unwrap();
        let (width, height) = (geometry.width, geometry.height);
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0).unwrap().reply().unwrap();
        let mut frame = Framebuffer::new(Size { width: width.into(), height: height.into() });
        for (to, from) in frame.pixels_mut().iter_mut().zip(image.data.chunks_exact(4)) {
            *to = u32::from_le_bytes(from.try_into().unwrap()) | 0xFF00_0000;
        }
        frame
    }
}

/// Seeded numbers for a test (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % u64::from(below)) as u32
    }

    /// A rectangle within `size`.
    pub(crate) fn rect(&mut self, size: Size) -> Rect {
        let (x, y) = (self.roll(size.width), self.roll(size.height));
        Rect::new(x, y, 1 + self.roll(size.width - x), 1 + self.roll(size.height - y))
    }
}
