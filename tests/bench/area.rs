//! What an update costs against how much changed: CPU of capture and encode, and of the X server for the capture.
//!
//! In scope: one update at a time on a screen of 3840x2160, new text in a rectangle of eleven sizes, every pixel of it changed. Not in
//! scope: updates in a row, where moves and video pay (`stages`); the viewer.

use crate::{
    process::cpu_ms,
    scene::{Pen, Picture},
    spread,
    stats::line,
};
use anyhow::{Context, bail};
use deskhand_capture::{Kind, Source, Wake};
use deskhand_encode::{Encoder, Path};
use deskhand_screen::{Op, Region};
use harness::{XServer, painter::Seeded};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, ImageFormat, Pixmap, Window, WindowClass},
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
const SIZES: [(u32, u32); 11] = [
    (16, 16),
    (32, 32),
    (64, 64),
    (128, 128),
    (320, 180),
    (480, 270),
    (800, 450),
    (1280, 720),
    (1920, 1080),
    (2560, 1440),
    (WIDTH, HEIGHT),
];
/// Updates of a size in a row in each round; one more before them is not counted, as it pays for the size before it.
const IN_A_ROW: u32 = 3;
/// Between two updates on the encoder's clock: so long that nothing looks like a film.
const PAUSE_MS: u64 = 5_000;
const PATH: Path = Path { bytes_per_second: 100_000_000, rtt: Duration::from_millis(1) };
/// How long the X server may take to tell of a change.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a change became.
struct Told {
    damage: Region,
    bytes: usize,
    video: bool,
}

/// What watches the screen.
struct Eye {
    source: Box<dyn Source>,
    encoder: Encoder,
    bytes: Vec<u8>,
    now: u64,
}

impl Eye {
    /// All that is timed: from the news of a change to the bytes of its update.
    fn update(&mut self) -> anyhow::Result<Told> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.source.wait(Some(deadline))? {
                Wake::Damage | Wake::Resized(_) => break,
                Wake::Deadline => bail!("the X server told of no change"),
                Wake::Cursor | Wake::Woken => {}
            }
        }
        let patch = self.source.grab()?;
        let update = self.encoder.encode(patch, self.now, PATH)?;
        let mut told = Told { damage: patch.damage().clone(), bytes: 0, video: false };
        if let Some(update) = update {
            update.write_to(&mut self.bytes);
            told.bytes = self.bytes.len();
            told.video = update.ops.iter().any(|op| matches!(op, Op::Video { .. }));
            self.encoder.recycle(update);
        }
        Ok(told)
    }

    /// Lets time pass on the encoder's clock until everything is exact and calm.
    fn rest(&mut self) -> anyhow::Result<()> {
        let calm = self.now + PAUSE_MS;
        while let Some(at) = self.encoder.next_refine() {
            self.now = at.max(self.now + 1);
            self.encoder.refine(self.now, PATH)?;
        }
        self.now = calm.max(self.now);
        Ok(())
    }
}

/// What is drawn: pages of which each differs from the one before in every pixel.
struct Press {
    connection: RustConnection,
    window: Window,
    gc: Gcontext,
    pages: Vec<Pixmap>,
    random: Seeded,
    next: usize,
}

impl Press {
    fn open(display: &str, seed: u64) -> anyhow::Result<Self> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots[number].root;
        let (window, gc) = (connection.generate_id()?, connection.generate_id()?);
        let look = CreateWindowAux::new().override_redirect(1).background_pixel(0);
        let (width, height) = (WIDTH as u16, HEIGHT as u16);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(COPY_DEPTH_FROM_PARENT, window, root, 0, 0, width, height, 0, class, COPY_FROM_PARENT, &look)?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?;
        connection.map_window(window)?;
        connection.sync()?;
        let mut press = Self { connection, window, gc, pages: Vec::new(), random: Seeded::new(seed), next: 0 };
        let pen = Pen::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")?;
        for page in 0..4_u32 {
            let mut picture = pen.prose(&mut press.random, WIDTH, HEIGHT, 16.0);
            // The lowest bit of blue tells one page from the next, in ink as in paper.
            picture.pixels.iter_mut().for_each(|pixel| *pixel = *pixel & !1 | page & 1);
            press.keep(&picture)?;
        }
        Ok(press)
    }

    fn keep(&mut self, page: &Picture) -> anyhow::Result<()> {
        let pixmap = self.connection.generate_id()?;
        self.connection.create_pixmap(24, pixmap, self.window, page.width as u16, page.height as u16)?;
        let rows = 15;
        for (part, pixels) in page.pixels.chunks(rows * page.width as usize).enumerate() {
            let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
            let (height, top) = (pixels.len() / page.width as usize, part * rows);
            let (width, height) = (page.width as u16, height as u16);
            self.connection.put_image(ImageFormat::Z_PIXMAP, pixmap, self.gc, width, height, 0, top as i16, 0, 24, &bytes)?;
        }
        self.pages.push(pixmap);
        self.connection.sync().context("the X server is gone")
    }

    /// Draws text from a place of the next page into the middle of the screen, and waits until it is there.
    fn print(&mut self, (width, height): (u32, u32)) -> anyhow::Result<()> {
        let page = self.pages[self.next % self.pages.len()];
        self.next += 1;
        let (from_x, from_y) = (self.random.below(WIDTH - width + 1) as i16, self.random.below(HEIGHT - height + 1) as i16);
        let (x, y) = (((WIDTH - width) / 2) as i16, ((HEIGHT - height) / 2) as i16);
        self.connection.copy_area(page, self.window, self.gc, from_x, from_y, x, y, width as u16, height as u16)?;
        self.connection.sync().context("the X server is gone")
    }
}

fn process_cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

#[derive(Default)]
struct Samples {
    cpu: Vec<f64>,
    wall: Vec<f64>,
    server: Vec<f64>,
    kb: Vec<f64>,
    videos: u32,
}

/// Measures all sizes in turn, again and again for this long, so that a slow minute of the machine meets all of them.
pub(crate) fn measure(seed: u64, seconds: u64) -> anyhow::Result<Value> {
    let screen = XServer::start(WIDTH, HEIGHT);
    let mut press = Press::open(screen.display(), seed)?;
    press.print((WIDTH, HEIGHT))?;
    let environment = deskhand_capture::Environment::x11(screen.display());
    let source = deskhand_capture::open_in(Kind::X11, Arc::new(|| true), &environment)?;
    let encoder = Encoder::new(source.size());
    let mut eye = Eye { source, encoder, bytes: Vec::new(), now: 1 };
    press.print((WIDTH, HEIGHT))?;
    eye.update()?;
    let mut samples: [Samples; SIZES.len()] = std::array::from_fn(|_| Samples::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    // Two rounds at least: a figure needs values.
    for round in 0.. {
        if round >= 2 && Instant::now() >= end {
            break;
        }
        for (size, samples) in SIZES.into_iter().zip(&mut samples) {
            // Once beside the count: this size at this place may still show what the round before left.
            press.print(size)?;
            for turn in 0..=IN_A_ROW {
                eye.rest()?;
                let (server, cpu) = (cpu_ms(screen.pid()), process_cpu_us());
                let begun = Instant::now();
                let told = eye.update()?;
                let wall = begun.elapsed();
                let (cpu, server) = (process_cpu_us() - cpu, cpu_ms(screen.pid()) - server);
                if told.damage.area() != u64::from(size.0) * u64::from(size.1) {
                    bail!("{}x{} were drawn, and {} pixels copied", size.0, size.1, told.damage.area());
                }
                if turn > 0 {
                    samples.cpu.push(cpu);
                    samples.wall.push(wall.as_secs_f64() * 1e6);
                    samples.server.push(server * 1e3);
                    samples.kb.push(told.bytes as f64 / 1e3);
                    samples.videos += u32::from(told.video);
                }
                if turn < IN_A_ROW {
                    press.print(size)?;
                }
            }
        }
    }
    let points: Vec<Value> = SIZES.into_iter().zip(samples).map(|(size, samples)| point(size, samples)).collect();
    let costs = points.iter().filter_map(|point| Some((point["pixels"].as_f64()?, point["cpu_us"]["p50"].as_f64()?)));
    let line = line(&costs.collect::<Vec<_>>()).map(|line| {
        json!({
            "at_zero_us": line.at_zero, "at_zero_us_noise": line.at_zero_noise,
            "us_per_mpixel": line.slope * 1e6, "us_per_mpixel_noise": line.slope_noise * 1e6,
        })
    });
    Ok(json!({"points": points, "line": line}))
}

fn point((width, height): (u32, u32), samples: Samples) -> Value {
    json!({
        "width": width, "height": height, "pixels": width * height,
        "cpu_us": spread(samples.cpu), "x_us": spread(samples.server), "wall_us": spread(samples.wall),
        "update_kb": spread(samples.kb), "videos": samples.videos,
    })
}
