//! A private X server, a parent window on it, and a picture in shared memory that a pane shows in that window.
//!
//! In scope: what a scenario changes and compares. Not in scope: what it expects.

use deskhand_paint::{Pane, PaneError, Place, x11::X11Pane};
use deskhand_screen::{Framebuffer, Rect, Region, Size};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    os::{fd::AsFd, unix::fs::FileExt},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::{
        Event,
        xproto::{ConnectionExt as _, CreateWindowAux, EventMask, ImageFormat, Window, WindowClass},
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// Where the parent window lies on the screen.
pub(crate) const CORNER: (u32, u32) = (30, 20);
/// What the parent shows where no pane is.
pub(crate) const NOTHING: u32 = 0x0040_5060;
const PATIENCE: Duration = Duration::from_secs(20);

/// A window on a screen, and what is painted in it.
pub(crate) struct Scene {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
    pub(crate) parent: Window,
    pub(crate) pane: Arc<X11Pane>,
    pub(crate) frame: Framebuffer,
    memory: File,
    wanted: mpsc::Receiver<()>,
    _server: Server,
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Memory as large as a decoder's.
fn memory() -> File {
    let file = File::from(rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).unwrap());
    file.set_len(deskhand_screen::MAX_PIXELS * 4).unwrap();
    file
}

impl Scene {
    /// A screen with a window of that size, and a picture of another.
    pub(crate) fn new(window: (u16, u16), picture: (u32, u32)) -> Self {
        let screen = format!("{}x{}x24", u32::from(window.0) + 100, u32::from(window.1) + 100);
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts (on Debian and Ubuntu it is in the package xvfb)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Server(child);
        let display = format!(":{}", line.trim());
        let (connection, number) = RustConnection::connect(Some(&display)).unwrap();
        let root = connection.setup().roots[number].root;
        let parent = Self::window(&connection, root, Rect::new(CORNER.0, CORNER.1, window.0.into(), window.1.into()), NOTHING);
        let (wants, wanted) = mpsc::channel();
        let pane = X11Pane::open(Some(&display), parent, move || _ = wants.send(())).unwrap();
        let size = Size::new(picture.0, picture.1).unwrap();
        let mut scene = Self {
            connection,
            root,
            parent,
            pane: Arc::new(pane),
            frame: Framebuffer::new(size),
            memory: memory(),
            wanted,
            _server: server,
        };
        scene.pane.attach(scene.memory.as_fd()).unwrap();
        scene.draw(size.rect(), 1);
        scene
    }

    /// A mapped window that hears everything about pointer and keys.
    pub(crate) fn window(connection: &RustConnection, root: Window, at: Rect, colour: u32) -> Window {
        let window = connection.generate_id().unwrap();
        let events = EventMask::POINTER_MOTION | EventMask::BUTTON_PRESS | EventMask::ENTER_WINDOW | EventMask::LEAVE_WINDOW;
        let look = CreateWindowAux::new().background_pixel(colour).override_redirect(1).event_mask(events);
        let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        let (x, y, width, height) = (at.x as i16, at.y as i16, at.width as u16, at.height as u16);
        connection.create_window(depth, window, root, x, y, width, height, 0, class, COPY_FROM_PARENT, &look).unwrap();
        connection.map_window(window).unwrap();
        connection.sync().unwrap();
        window
    }

    /// The whole picture at its own size, its corner there.
    pub(crate) fn exact(&self, x: i32, y: i32) -> Place {
        let size = self.frame.size();
        let visible = Region::from_rect(Rect::new(0, 0, 4096, 4096));
        Place { size, x, y, width: size.width, height: size.height, pointer_scale: 1.0, visible }
    }

    /// Draws something new in the picture, for the decoder.
    pub(crate) fn draw(&mut self, rect: Rect, seed: u32) {
        let size = self.frame.size();
        for y in rect.y..rect.bottom().min(size.height) {
            for x in rect.x..rect.right().min(size.width) {
                let noise = (x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B)).wrapping_mul(seed.wrapping_mul(2).wrapping_add(1));
                self.frame.pixels_mut()[(y * size.width + x) as usize] = 0xFF00_0000 | (noise >> 8);
            }
        }
        let bytes: Vec<u8> = self.frame.view().pixels().iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        self.memory.write_all_at(&bytes, 0).unwrap();
    }

    /// Draws, and has it painted, as after an update.
    pub(crate) fn update(&mut self, rect: Rect, seed: u32) {
        self.draw(rect, seed);
        self.pane.paint(self.frame.size(), &Region::from_rect(rect)).unwrap();
    }

    /// A picture of another size, in other memory, as after the decoder was replaced.
    pub(crate) fn replace(&mut self, size: (u32, u32)) {
        self.frame = Framebuffer::new(Size::new(size.0, size.1).unwrap());
        self.memory = memory();
        self.draw(self.frame.size().rect(), 77);
        self.pane.attach(self.memory.as_fd()).unwrap();
    }

    /// Does what the picture's thread does while nothing is decoded, until the screen is as expected.
    pub(crate) fn settles(&self, what: &str, is: impl Fn(&Shot) -> bool) -> Shot {
        let end = Instant::now() + PATIENCE;
        loop {
            if self.wanted.recv_timeout(Duration::from_millis(10)).is_ok() {
                self.pane.paint(self.frame.size(), &Region::new()).unwrap();
            }
            let shot = self.shot();
            if is(&shot) {
                return shot;
            }
            assert!(Instant::now() < end, "not in time: {what}");
        }
    }

    /// What is on the screen, from the parent's corner.
    pub(crate) fn shot(&self) -> Shot {
        let shape = self.connection.get_geometry(self.root).unwrap().reply().unwrap();
        let (width, height) = (shape.width - CORNER.0 as u16, shape.height - CORNER.1 as u16);
        let (x, y) = (CORNER.0 as i16, CORNER.1 as i16);
        let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, !0).unwrap().reply().unwrap();
        let pixels = image.data.chunks_exact(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0])).collect();
        Shot { width: width.into(), pixels }
    }

    /// Whether `part` of the picture, whose corner is at (`x`, `y`) of the parent, is on the screen, byte for byte.
    pub(crate) fn shows(&self, shot: &Shot, part: Rect, x: i32, y: i32) -> bool {
        let frame = self.frame.view();
        (part.y..part.bottom()).all(|row| {
            (part.x..part.right()).all(|column| {
                let (there_x, there_y) = (column as i32 + x, row as i32 + y);
                shot.pixel(there_x as u32, there_y as u32) == frame.row(row)[column as usize] & 0xFF_FFFF
            })
        })
    }

    /// What the pane asks of the picture's thread: an error when it is gone.
    pub(crate) fn goes(&self) -> PaneError {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Err(error) = self.pane.paint(self.frame.size(), &Region::new()) {
                return error;
            }
            assert!(Instant::now() < end, "the pane does not notice");
            let _ = self.wanted.recv_timeout(Duration::from_millis(10));
        }
    }

    /// Everything that the parent heard so far.
    pub(crate) fn heard(&self) -> Vec<Event> {
        self.connection.sync().unwrap();
        std::iter::from_fn(|| self.connection.poll_for_event().unwrap()).collect()
    }
}

/// A screen's pixels.
pub(crate) struct Shot {
    width: u32,
    pixels: Vec<u32>,
}

impl Shot {
    pub(crate) fn pixel(&self, x: u32, y: u32) -> u32 {
        self.pixels[(y * self.width + x) as usize]
    }

    pub(crate) fn is_all(&self, rect: Rect, colour: u32) -> bool {
        (rect.y..rect.bottom()).all(|y| (rect.x..rect.right()).all(|x| self.pixel(x, y) == colour))
    }
}
