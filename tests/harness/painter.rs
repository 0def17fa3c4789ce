//! Somebody who works at the customer's screen: known, seeded pictures in a real window.
//!
//! In scope: text-like, photo-like and moving pictures, scrolls, and what arrives at the window as keys and clicks.

use crate::xserver::XServer;
use std::collections::VecDeque;
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ChangeGCAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat,
            InputFocus, PropMode, StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// A small seeded generator (xorshift64*): the same pictures at every run.
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        ((self.draw() >> 33) % u64::from(end.max(1))) as u32
    }
}

/// A window over the whole screen, without decoration.
#[derive(Debug)]
pub struct Painter {
    connection: RustConnection,
    root: Window,
    window: Window,
    gc: Gcontext,
    width: u16,
    height: u16,
    heard: VecDeque<Event>,
}

impl Painter {
    /// Opens the window and waits until it is seen.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn on(screen: &XServer) -> Self {
        let (connection, number) = screen.connect();
        let root = connection.setup().roots[number].root;
        let shape = connection.get_geometry(root).expect("asked").reply().expect("the root has a shape");
        let (width, height) = (shape.width, shape.height);
        let window = connection.generate_id().expect("an id");
        let gc = connection.generate_id().expect("an id");
        let events = EventMask::EXPOSURE
            | EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::POINTER_MOTION;
        let values = CreateWindowAux::new().override_redirect(1).background_pixel(0xFF_FFFF).event_mask(events);
        connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                0,
                0,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                COPY_FROM_PARENT,
                &values,
            )
            .expect("a window");
        let class: PropMode = PropMode::REPLACE;
        connection.change_property8(class, window, AtomEnum::WM_CLASS, AtomEnum::STRING, b"painter\0Painter\0").expect("a class");
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0)).expect("a context");
        connection.map_window(window).expect("mapped");
        let mut painter = Self { connection, root, window, gc, width, height, heard: VecDeque::new() };
        painter.wait_for("the window is shown", |event| matches!(event, Event::Expose(_)));
        painter.focus();
        painter
    }

    /// Takes the keys.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn focus(&self) {
        self.connection.set_input_focus(InputFocus::PARENT, self.window, x11rb::CURRENT_TIME).expect("focus");
        self.connection.sync().expect("the X server answers");
    }

    /// Comes to the front, or goes behind everything.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn stack(&self, front: bool) {
        let mode = if front { StackMode::ABOVE } else { StackMode::BELOW };
        self.connection.configure_window(self.window, &ConfigureWindowAux::new().stack_mode(mode)).expect("stacked");
        self.connection.sync().expect("the X server answers");
    }

    /// The window's size.
    pub fn size(&self) -> (u32, u32) {
        (u32::from(self.width), u32::from(self.height))
    }

    /// Draws pixels (`0xRRGGBB`, row by row) at a place, and waits until they are there.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn pixels(&self, x: u32, y: u32, width: u32, pixels: &[u32]) {
        let rows_at_once = (60_000 / width.max(1) as usize).max(1);
        for (part, rows) in pixels.chunks(rows_at_once * width as usize).enumerate() {
            let bytes: Vec<u8> = rows.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
            let top = y as usize + part * rows_at_once;
            let height = rows.len() / width as usize;
            self.connection
                .put_image(ImageFormat::Z_PIXMAP, self.window, self.gc, width as u16, height as u16, x as i16, top as i16, 0, 24, &bytes)
                .expect("drawn");
        }
        self.connection.sync().expect("the X server answers");
    }

    /// Fills a rectangle with one colour.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn fill(&self, x: u32, y: u32, width: u32, height: u32, colour: u32) {
        self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).expect("a colour");
        let rectangle = x11rb::protocol::xproto::Rectangle { x: x as i16, y: y as i16, width: width as u16, height: height as u16 };
        self.connection.poly_fill_rectangle(self.window, self.gc, &[rectangle]).expect("filled");
        self.connection.sync().expect("the X server answers");
    }

    /// Something like a page of text: many small dark marks on white.
    pub fn text_page(&self, seed: u64) {
        let (width, height) = self.size();
        self.pixels(0, 0, width, &text_like(width, height, seed));
    }

    /// Something like a photo: soft shapes and grain.
    pub fn photo(&self, x: u32, y: u32, width: u32, height: u32, seed: u64) {
        self.pixels(x, y, width, &photo_like(width, height, seed));
    }

    /// Moves what is in the rectangle up by `rows` and draws new text below it.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn scroll_up(&self, x: u32, y: u32, width: u32, height: u32, rows: u32, seed: u64) {
        let cut = |value: u32| value as i16;
        self.connection
            .copy_area(self.window, self.window, self.gc, cut(x), cut(y + rows), cut(x), cut(y), width as u16, (height - rows) as u16)
            .expect("copied");
        self.pixels(x, y + height - rows, width, &text_like(width, rows, seed));
    }

    /// Takes what the X server told this window.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn heard(&mut self) -> Vec<Event> {
        self.connection.sync().expect("the X server answers");
        while let Some(event) = self.connection.poll_for_event().expect("the X server answers") {
            self.heard.push_back(event);
        }
        self.heard.drain(..).collect()
    }

    /// Waits for an event; earlier ones are dropped.
    ///
    /// # Panics
    /// When it does not come.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Event {
        crate::until(what, || self.heard().into_iter().find(&wanted))
    }

    /// The root window.
    pub fn root(&self) -> Window {
        self.root
    }
}

/// Pixels like a page of text.
pub fn text_like(width: u32, height: u32, seed: u64) -> Vec<u32> {
    let mut random = Seeded::new(seed);
    let mut pixels = vec![0xFF_FFFF; (width * height) as usize];
    let inks = [0x14_1414, 0x28_283C, 0x96_2878, 0x1A_5FB4];
    let mut top = 2;
    while top + 12 <= height {
        let mut left = 4;
        while left + 8 <= width {
            let ink = inks[random.below(8).min(3) as usize % inks.len()];
            for _ in 0..random.below(10) + 2 {
                let glyph = random.draw();
                for bit in 0..60u32 {
                    let (x, y) = (left + bit % 6, top + bit / 6);
                    if glyph >> bit & 1 == 1 && x < width {
                        pixels[(y * width + x) as usize] = ink;
                    }
                }
                left += 8;
                if left + 8 > width {
                    break;
                }
            }
            left += 8;
        }
        top += 16;
    }
    pixels
}

/// Pixels like a photo: three soft waves and grain.
pub fn photo_like(width: u32, height: u32, seed: u64) -> Vec<u32> {
    let mut random = Seeded::new(seed);
    let phase: Vec<f32> = (0..6).map(|_| random.below(628) as f32 / 100.0).collect();
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| {
            let (u, v) = (x as f32 / 37.0, y as f32 / 29.0);
            let mut channel = |a: usize, b: usize| {
                let wave = (u + phase[a]).sin() + (v * 0.7 + phase[b]).cos() + ((u + v) * 0.31 + phase[a]).sin();
                let grain = random.below(9) as f32 - 4.0;
                (128.0 + wave * 38.0 + grain).clamp(0.0, 255.0) as u32
            };
            channel(0, 1) << 16 | channel(2, 3) << 8 | channel(4, 5)
        })
        .collect()
}
