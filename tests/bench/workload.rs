//! Six things that happen on screens, seeded, drawn in a real X server at 1920 by 1080.
//!
//! | name | what changes |
//! | --- | --- |
//! | idle | nothing: a desktop with three text windows |
//! | typing | a terminal: a character every 40 to 160 ms |
//! | scroll | a 1440x940 page moves by 60 px, 30 times a second, with turns |
//! | drag | a 600x400 window over a photo, 30 moves a second |
//! | video | 960x540, 30 frames a second, grain of 2 |
//! | full | another full-screen slide every 2 s |
//!
//! In scope: drawing them until told to stop. A square in the lower right corner changes its colour on a click: that is what
//! click-to-picture is measured on.

use crate::scene::{self, Pen, Picture};
use anyhow::Context;
use harness::painter::Seeded;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            ChangeGCAux, ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat,
            Pixmap, Rectangle, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

pub(crate) const WIDTH: u32 = 1920;
pub(crate) const HEIGHT: u32 = 1080;
/// Where a click changes something.
pub(crate) const TARGET: (u32, u32) = (WIDTH - 40, HEIGHT - 80);

/// The names, in the order of the table.
pub(crate) const NAMES: [&str; 6] = ["idle", "typing", "scroll", "drag", "video", "full"];

/// A workload on a screen; ended with the value.
pub(crate) struct Workload {
    ended: Arc<AtomicBool>,
    running: Arc<AtomicBool>,
    frames: Arc<AtomicU64>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Workload {
    /// Draws the first picture, and waits.
    pub(crate) fn start(name: &str, seed: u64, display: &str) -> anyhow::Result<Self> {
        let (ended, running, frames) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut stage = Stage::open(name, seed, display)?;
        let shared = (ended.clone(), running.clone(), frames.clone());
        let thread = std::thread::spawn(move || stage.play(&shared.0, &shared.1, &shared.2));
        Ok(Self { ended, running, frames, thread: Some(thread) })
    }

    /// Goes on, or holds still.
    pub(crate) fn run(&self, on: bool) {
        self.running.store(on, Ordering::SeqCst);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }

    /// Pictures drawn so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::SeqCst)
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

enum Act {
    Idle,
    Typing { mono: Pen, column: u32, line: u32 },
    Scroll { page: Pixmap, height: u32, at: i64, step: i64 },
    Drag { window: Window, x: i64, y: i64, dx: i64, dy: i64 },
    Video { frames: Vec<Pixmap>, next: usize },
    Full { slides: Vec<Pixmap>, next: usize },
}

struct Stage {
    connection: RustConnection,
    window: Window,
    gc: Gcontext,
    random: Seeded,
    act: Act,
    clicked: bool,
}

impl Stage {
    fn open(name: &str, seed: u64, display: &str) -> anyhow::Result<Self> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots[number].root;
        let (window, gc) = (connection.generate_id()?, connection.generate_id()?);
        let values = CreateWindowAux::new().override_redirect(1).event_mask(EventMask::BUTTON_PRESS | EventMask::EXPOSURE);
        let (width, height) = (WIDTH as u16, HEIGHT as u16);
        connection.create_window(
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
        )?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?;
        connection.map_window(window)?;
        connection.sync()?;
        let mut random = Seeded::new(seed);
        let pen = Pen::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")?;
        let mono = Pen::new("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf")?;
        let mut stage = Self { connection, window, gc, random: random.clone(), act: Act::Idle, clicked: false };
        let desktop = scene::desktop(&pen, &mono, &mut random, WIDTH, HEIGHT);
        stage.draw(stage.window, 0, 0, &desktop)?;
        stage.act = match name {
            "idle" => Act::Idle,
            "typing" => {
                stage.fill(300, 670, 1300, 350, 0x18_1A1F)?;
                Act::Typing { mono, column: 0, line: 0 }
            }
            "scroll" => {
                let page = pen.prose(&mut random, 1440, 4000, 16.0);
                Act::Scroll { page: stage.pixmap(&page)?, height: 4000, at: 0, step: 60 }
            }
            "drag" => {
                let photo = scene::photo(&mut random, WIDTH, HEIGHT, 2);
                let content = pen.prose(&mut random, 600, 370, 16.0);
                let photo = stage.pixmap(&photo)?;
                // The X server itself draws it again where the window was.
                stage.connection.change_window_attributes(stage.window, &ChangeWindowAttributesAux::new().background_pixmap(photo))?;
                stage.connection.clear_area(false, stage.window, 0, 0, 0, 0)?;
                let inner = stage.child(&scene::titled(&pen, "Notes", &content))?;
                Act::Drag { window: inner, x: 200, y: 150, dx: 11, dy: 7 }
            }
            "video" => {
                let film = scene::photo(&mut random, 960 + 160, 540 + 60, 0);
                let frames = (0..32u32).map(|frame| {
                    let mut picture = film.part(frame * 5, frame, 960, 540);
                    for pixel in &mut picture.pixels {
                        let grain = random.below(5);
                        let lift = |shift: u32| ((*pixel >> shift & 255) + grain).saturating_sub(2).min(255) << shift;
                        *pixel = lift(16) | lift(8) | lift(0);
                    }
                    stage.pixmap(&picture)
                });
                Act::Video { frames: frames.collect::<anyhow::Result<_>>()?, next: 0 }
            }
            "full" => {
                let mut slides = Vec::new();
                for index in 0..6 {
                    let slide = match index % 3 {
                        0 => pen.prose(&mut random, WIDTH, HEIGHT, 24.0),
                        1 => scene::photo(&mut random, WIDTH, HEIGHT, 2),
                        _ => chart(&pen, &mut random),
                    };
                    slides.push(stage.pixmap(&slide)?);
                }
                Act::Full { slides, next: 0 }
            }
            other => anyhow::bail!("no workload is called {other}; there are {}", NAMES.join(", ")),
        };
        stage.target()?;
        Ok(stage)
    }

    fn draw(&self, to: u32, x: i16, y: i16, picture: &Picture) -> anyhow::Result<()> {
        let rows = (60_000 / picture.width as usize).max(1);
        for (part, pixels) in picture.pixels.chunks(rows * picture.width as usize).enumerate() {
            let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
            let (height, top) = ((pixels.len() / picture.width as usize) as u16, y + (part * rows) as i16);
            self.connection.put_image(ImageFormat::Z_PIXMAP, to, self.gc, picture.width as u16, height, x, top, 0, 24, &bytes)?;
        }
        self.connection.sync().context("the X server is gone")
    }

    fn pixmap(&self, picture: &Picture) -> anyhow::Result<Pixmap> {
        let pixmap = self.connection.generate_id()?;
        self.connection.create_pixmap(24, pixmap, self.window, picture.width as u16, picture.height as u16)?;
        self.draw(pixmap, 0, 0, picture)?;
        Ok(pixmap)
    }

    fn child(&self, picture: &Picture) -> anyhow::Result<Window> {
        let (window, pixmap) = (self.connection.generate_id()?, self.pixmap(picture)?);
        let values = CreateWindowAux::new().background_pixmap(pixmap);
        let (width, height) = (picture.width as u16, picture.height as u16);
        self.connection.create_window(
            COPY_DEPTH_FROM_PARENT,
            window,
            self.window,
            200,
            150,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            COPY_FROM_PARENT,
            &values,
        )?;
        self.connection.map_window(window)?;
        self.connection.sync()?;
        Ok(window)
    }

    #[allow(clippy::too_many_arguments, reason = "as the X request has them")]
    fn copy(&self, from: Pixmap, sx: u32, sy: u32, x: u32, y: u32, width: u32, height: u32) -> anyhow::Result<()> {
        let cut = |value: u32| value as i16;
        self.connection.copy_area(from, self.window, self.gc, cut(sx), cut(sy), cut(x), cut(y), width as u16, height as u16)?;
        Ok(())
    }

    fn fill(&self, x: u32, y: u32, width: u32, height: u32, colour: u32) -> anyhow::Result<()> {
        self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour))?;
        let area = Rectangle { x: x as i16, y: y as i16, width: width as u16, height: height as u16 };
        self.connection.poly_fill_rectangle(self.window, self.gc, &[area])?;
        Ok(())
    }

    fn target(&self) -> anyhow::Result<()> {
        self.fill(TARGET.0 - 16, TARGET.1 - 16, 32, 32, if self.clicked { 0xE0_4030 } else { 0x30_A060 })?;
        self.connection.sync().context("the X server is gone")
    }

    fn play(&mut self, ended: &AtomicBool, running: &AtomicBool, frames: &AtomicU64) -> anyhow::Result<()> {
        let mut next = Instant::now();
        while !ended.load(Ordering::SeqCst) {
            while let Some(event) = self.connection.poll_for_event()? {
                if matches!(event, Event::ButtonPress(_)) {
                    self.clicked = !self.clicked;
                    self.target()?;
                }
            }
            if running.load(Ordering::SeqCst) && Instant::now() >= next {
                let pause = self.step()?;
                self.connection.sync()?;
                frames.fetch_add(1, Ordering::SeqCst);
                next = (next + pause).max(Instant::now());
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }

    /// One step; how long until the next.
    fn step(&mut self) -> anyhow::Result<Duration> {
        let thirtieth = Duration::from_micros(33_333);
        let connection = &self.connection;
        match &mut self.act {
            Act::Idle => Ok(Duration::from_secs(1)),
            Act::Typing { mono, column, line } => {
                if *column > 90 {
                    (*column, *line) = (0, *line + 1);
                    if *line > 16 {
                        connection.copy_area(self.window, self.window, self.gc, 300, 688, 300, 670, 1300, 332)?;
                        *line = 16;
                        let area = Rectangle { x: 300, y: 1002, width: 1300, height: 18 };
                        connection.change_gc(self.gc, &ChangeGCAux::new().foreground(0x18_1A1F))?;
                        connection.poly_fill_rectangle(self.window, self.gc, &[area])?;
                    }
                }
                let mut glyph = Picture::plain(9, 18, 0x18_1A1F);
                let letter = char::from(b'a' + self.random.below(26) as u8);
                mono.line(&mut glyph, 0, 1, 14.0, 0xD0_D4DA, &letter.to_string());
                let (x, y) = (306 + *column * 9, 676 + *line * 18);
                *column += 1;
                let pause = Duration::from_millis(40 + u64::from(self.random.below(121)));
                let bytes: Vec<u8> = glyph.pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
                connection.put_image(ImageFormat::Z_PIXMAP, self.window, self.gc, 9, 18, x as i16, y as i16, 0, 24, &bytes)?;
                Ok(pause)
            }
            Act::Scroll { page, height, at, step } => {
                let limit = i64::from(*height) - 940;
                if *at + *step < 0 || *at + *step > limit || self.random.below(90) == 0 {
                    *step = -*step;
                }
                *at = (*at + *step).clamp(0, limit);
                let (page, at) = (*page, *at as u32);
                self.copy(page, 0, at, 240, 60, 1440, 940)?;
                Ok(thirtieth)
            }
            Act::Drag { window, x, y, dx, dy } => {
                (*x, *y) = (*x + *dx, *y + *dy);
                if *x < 0 || *x > i64::from(WIDTH) - 600 {
                    *dx = -*dx;
                }
                if *y < 0 || *y > i64::from(HEIGHT) - 530 {
                    *dy = -*dy;
                }
                let place = x11rb::protocol::xproto::ConfigureWindowAux::new().x(*x as i32).y(*y as i32);
                connection.configure_window(*window, &place)?;
                Ok(thirtieth)
            }
            Act::Video { frames, next } => {
                let frame = frames[*next % frames.len()];
                *next += 1;
                self.copy(frame, 0, 0, 480, 270, 960, 540)?;
                Ok(thirtieth)
            }
            Act::Full { slides, next } => {
                let slide = slides[*next % slides.len()];
                *next += 1;
                self.copy(slide, 0, 0, 0, 0, WIDTH, HEIGHT)?;
                self.target()?;
                Ok(Duration::from_millis(1800 + u64::from(self.random.below(400))))
            }
        }
    }
}

fn chart(pen: &Pen, random: &mut Seeded) -> Picture {
    let mut slide = Picture::plain(WIDTH, HEIGHT, 0xF4_F6FA);
    pen.line(&mut slide, 120, 80, 48.0, 0x20_2840, "Tickets resolved by quarter");
    for bar in 0..12 {
        let height = 120 + random.below(600);
        slide.fill(150 + bar * 138, 960 - height, 96, height, 0x30_60A0 + bar * 0x06_0300);
        pen.line(&mut slide, 160 + bar * 138, 970, 20.0, 0x40_4860, &format!("Q{}", bar + 1));
    }
    slide
}
