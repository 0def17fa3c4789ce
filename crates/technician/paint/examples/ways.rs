//! Measures the ways of a picture into a window, side by side: `cargo run --release -p deskhand-paint --example ways [ROUNDS]`.
//!
//! In scope: CPU of the window's process and of its X server for one update, and the time until the pixels are in the server's
//! frame buffer, at 1080p on an Xvfb (software GL). Not in scope: decoding; "nothing" is what the rest of the program costs.
//!
//! A way is measured in a process of its own, which this program starts with the way's name and tells what to change.

use deskhand_paint::{Canvas, Pane, PaneError, Place, Surface, pointer::Cursor, x11::X11Pane};
use deskhand_screen::{Framebuffer, Rect, Region, Size};
use egui::ViewportBuilder;
use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use std::{
    error::Error,
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::fs::FileExt as _,
    },
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ConnectionExt as _, CreateGCAux, CreateWindowAux, ImageFormat, WindowClass},
    rust_connection::RustConnection,
};

type Anything<T> = Result<T, Box<dyn Error + Send + Sync>>;

const SIZE: (u32, u32) = (1920, 1080);
/// The picture as a fitted one is shown.
const FITTED: (u32, u32) = (1777, 999);
/// One after the other in every round. "fitted" ways show the picture made smaller.
const WAYS: [&str; 6] = ["nothing", "textures", "plain", "pane", "fitted textures", "fitted pane"];
const CHANGES: [(&str, Rect); 3] = [
    ("16x20", Rect { x: 700, y: 500, width: 16, height: 20 }),
    ("1440x940", Rect { x: 100, y: 60, width: 1440, height: 940 }),
    ("1920x1080", Rect { x: 0, y: 0, width: SIZE.0, height: SIZE.1 }),
];
/// Updates of a kind in one round, one every [`PACE`].
const UPDATES: u32 = 40;
const PACE: Duration = Duration::from_millis(33);

fn main() -> Anything<()> {
    match std::env::args().nth(1) {
        Some(way) if WAYS.contains(&way.as_str()) => paint(&way),
        rounds => compare(rounds.map_or(Ok(5), |rounds| rounds.parse())?),
    }
}

/// What one update cost: milliseconds of the window's process, of the X server, and until it was seen.
type Cost = [f64; 3];

fn compare(rounds: usize) -> Anything<()> {
    let mut costs = vec![vec![Vec::<Cost>::new(); CHANGES.len()]; WAYS.len()];
    for round in 0..rounds {
        for (way, name) in WAYS.iter().enumerate() {
            let mut bench = Bench::start(name)?;
            for (change, (_, rect)) in CHANGES.iter().enumerate() {
                costs[way][change].push(bench.measure(*rect, *name != "nothing")?);
            }
        }
        eprintln!("round {} of {rounds}", round + 1);
    }
    println!("| way | change | window, CPU ms | X server, CPU ms | seen after, ms |\n|---|---|---:|---:|---:|");
    for (change, (title, _)) in CHANGES.iter().enumerate() {
        for (way, name) in WAYS.iter().enumerate() {
            let median = |part: usize| {
                let mut all: Vec<f64> = costs[way][change].iter().map(|cost| cost[part]).collect();
                all.sort_by(f64::total_cmp);
                all[all.len() / 2]
            };
            println!("| {name} | {title} | {:.3} | {:.3} | {:.2} |", median(0), median(1), median(2));
        }
    }
    Ok(())
}

/// An X server and a window on it.
struct Bench {
    server: Child,
    window: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    screen: Screen,
    colour: u32,
    shown: (u32, u32),
    _folder: Folder,
}

impl Bench {
    fn start(way: &str) -> Anything<Self> {
        let folder = Folder(std::env::temp_dir().join(format!("deskhand-ways-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0)?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{}x{}x24", SIZE.0, SIZE.1), "-nolisten", "tcp", "-noreset", "-fbdir"])
            .arg(&folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut display = String::new();
        BufReader::new(server.stdout.take().ok_or("no pipe")?).read_line(&mut display)?;
        let mut window = Command::new(std::env::current_exe()?)
            .arg(way)
            .env("DISPLAY", format!(":{}", display.trim()))
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = window.stdin.take().ok_or("no pipe")?;
        let answers = BufReader::new(window.stdout.take().ok_or("no pipe")?);
        let screen = Screen::open(&folder.0.join("Xvfb_screen0"))?;
        let mut bench = Self { server, window, orders, answers, screen, colour: 0, shown: shown(way), _folder: folder };
        // The window is open and warm when some updates went through.
        for _ in 0..8 {
            bench.update(CHANGES[2].1, way != "nothing")?;
            std::thread::park_timeout(PACE);
        }
        Ok(bench)
    }

    fn measure(&mut self, rect: Rect, seen: bool) -> Anything<Cost> {
        let pids = [self.window.id(), self.server.id()];
        let before = pids.map(cpu_ms);
        let mut times = Vec::new();
        for _ in 0..UPDATES {
            let start = Instant::now();
            times.push(self.update(rect, seen)?.as_secs_f64() * 1e3);
            std::thread::park_timeout(PACE.saturating_sub(start.elapsed()));
        }
        let after = pids.map(cpu_ms);
        times.sort_by(f64::total_cmp);
        let each = |at: usize| (after[at] - before[at]) / f64::from(UPDATES);
        Ok([each(0), each(1), times[times.len() / 2]])
    }

    fn update(&mut self, rect: Rect, seen: bool) -> Anything<Duration> {
        self.colour = self.colour.wrapping_add(0x0011_2233) & 0xFF_FFFF;
        let start = Instant::now();
        writeln!(self.orders, "{} {} {} {} {}", rect.x, rect.y, rect.width, rect.height, self.colour)?;
        // Near both corners, where a filter has mixed nothing else in.
        let place = |x: u32, y: u32| (x * self.shown.0 / SIZE.0, y * self.shown.1 / SIZE.1);
        let (first, last) = (place(rect.x + 3, rect.y + 3), place(rect.right() - 4, rect.bottom() - 4));
        while seen && (self.screen.pixel(first)? != self.colour || self.screen.pixel(last)? != self.colour) {
            if start.elapsed() > Duration::from_secs(20) {
                return Err("the window does not show what it was told to".into());
            }
            std::thread::park_timeout(Duration::from_micros(50));
        }
        let took = start.elapsed();
        self.answers.read_line(&mut String::new())?;
        Ok(took)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        for process in [&mut self.window, &mut self.server] {
            _ = process.kill();
            _ = process.wait();
        }
    }
}

struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The server's frame buffer, a file in the format of xwd.
struct Screen {
    file: File,
    start: u64,
    row: u64,
}

impl Screen {
    fn open(path: &Path) -> Anything<Self> {
        let file = File::open(path)?;
        let field = |index: u64| -> Anything<u64> {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, index * 4)?;
            Ok(u64::from(u32::from_be_bytes(bytes)))
        };
        let (start, row) = (field(0)? + field(19)? * 12, field(12)?);
        Ok(Self { file, start, row })
    }

    fn pixel(&self, (x, y): (u32, u32)) -> Anything<u32> {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, self.start + u64::from(y) * self.row + u64::from(x) * 4)?;
        Ok(u32::from_le_bytes(bytes) & 0xFF_FFFF)
    }
}

/// How large a way shows the picture.
fn shown(way: &str) -> (u32, u32) {
    if way.starts_with("fitted") { FITTED } else { SIZE }
}

/// CPU of a process since its start, by the scheduler's clock.
fn cpu_ms(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lines = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    lines.filter_map(|line| line.split(' ').next()?.parse::<f64>().ok()).sum::<f64>() / 1e6
}

/// The process that is measured.
fn paint(way: &str) -> Anything<()> {
    let viewport = ViewportBuilder::default().with_inner_size([SIZE.0 as f32, SIZE.1 as f32]).with_position([0.0, 0.0]);
    let native = eframe::NativeOptions { viewport: viewport.with_decorations(false), persist_window: false, ..Default::default() };
    let way = way.to_owned();
    eframe::run_native("ways", native, Box::new(move |creation| Ok(Box::new(App::new(creation, &way)?))))
        .map_err(|error| error.to_string().into())
}

struct App {
    shown: (u32, u32),
    surface: Arc<Surface>,
    canvas: Canvas,
}

impl App {
    fn new(creation: &eframe::CreationContext<'_>, way: &str) -> Anything<Self> {
        let parent = match creation.window_handle()?.as_raw() {
            RawWindowHandle::Xlib(window) => u32::try_from(window.window)?,
            _ => return Err("not a window of X11".into()),
        };
        let context = creation.egui_ctx.clone();
        let (jobs, inbox) = mpsc::channel::<Option<String>>();
        let again = jobs.clone();
        let wanted = move || drop(again.send(None));
        let pane: Option<Box<dyn Pane>> = match way {
            "pane" | "fitted pane" => Some(Box::new(X11Pane::open(None, parent, wanted.clone())?)),
            "plain" => Some(Box::new(Plain::open(parent)?)),
            _ => None,
        };
        let surface = Arc::new(Surface::with_pane(pane, Arc::new(move || context.request_repaint()), Arc::new(wanted)));
        let shared = (way != "nothing").then(|| surface.clone());
        std::thread::spawn(move || decode(&inbox, shared.as_deref()).unwrap_or_else(|error| panic!("{error}")));
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                _ = jobs.send(Some(line));
            }
        });
        Ok(Self { shown: shown(way), surface, canvas: Canvas::new() })
    }
}

/// Stands in for the decoder: fills rectangles and says where.
fn decode(inbox: &mpsc::Receiver<Option<String>>, surface: Option<&Surface>) -> Anything<()> {
    let memory = File::from(rustix::fs::memfd_create("ways", rustix::fs::MemfdFlags::CLOEXEC)?);
    memory.set_len(1 << 28)?;
    if let Some(surface) = surface {
        surface.attach(memory.as_fd());
    }
    let mut frame = Framebuffer::new(Size::new(SIZE.0, SIZE.1)?);
    while let Ok(job) = inbox.recv() {
        let mut damage = Region::new();
        if let Some(line) = &job {
            let words: Vec<u32> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
            let [x, y, width, height, colour] = words[..] else { return Err("five numbers".into()) };
            let rect = Rect::new(x, y, width, height);
            frame.fill(rect, colour);
            for (row, at) in frame.view().rows(rect).zip(y..) {
                let bytes: Vec<u8> = row.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
                memory.write_all_at(&bytes, (u64::from(at) * u64::from(SIZE.0) + u64::from(x)) * 4)?;
            }
            damage.add(rect);
        }
        if let Some(surface) = surface {
            surface.offer(frame.view(), &damage);
        }
        if job.is_some() {
            println!("done");
        }
    }
    Ok(())
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        if let Some(batch) = self.surface.take() {
            self.canvas.apply(ui.ctx(), batch);
        }
        if self.surface.by_textures() {
            let (width, height) = (self.shown.0 as f32, self.shown.1 as f32);
            self.canvas.draw(ui.painter(), egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height)));
        }
        let (width, height) = self.shown;
        if let Some(size) = self.surface.size() {
            let visible = Region::from_rect(size.rect());
            self.surface.place(&Place { size, x: 0, y: 0, width, height, pointer_scale: 1.0, visible });
        }
    }
}

/// The other way without textures: a child window, and pixels that travel through the connection.
struct Plain {
    connection: RustConnection,
    window: u32,
    gc: u32,
    memory: Mutex<Option<File>>,
}

impl Plain {
    fn open(parent: u32) -> Anything<Self> {
        let (connection, _) = RustConnection::connect(None)?;
        let (window, gc) = (connection.generate_id()?, connection.generate_id()?);
        let (width, height) = (SIZE.0 as u16, SIZE.1 as u16);
        let values = CreateWindowAux::new();
        connection.create_window(0, window, parent, 0, 0, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &values)?.check()?;
        connection.create_gc(gc, window, &CreateGCAux::new())?;
        connection.map_window(window)?;
        connection.flush()?;
        Ok(Self { connection, window, gc, memory: Mutex::new(None) })
    }

    fn put(&self, rect: Rect) -> Anything<()> {
        let memory = self.memory.lock().map_err(|_| "poisoned")?;
        let memory = memory.as_ref().ok_or("no memory")?;
        // As many rows as go into one request.
        let rows = (200_000 / (rect.width * 4)).max(1);
        for top in (rect.y..rect.bottom()).step_by(rows as usize) {
            let height = rows.min(rect.bottom() - top);
            let mut bytes = vec![0; (rect.width * height * 4) as usize];
            for (row, at) in bytes.chunks_exact_mut(rect.width as usize * 4).zip(top..) {
                memory.read_exact_at(row, (u64::from(at) * u64::from(SIZE.0) + u64::from(rect.x)) * 4)?;
            }
            let (x, y) = (rect.x as i16, top as i16);
            self.connection.put_image(
                ImageFormat::Z_PIXMAP,
                self.window,
                self.gc,
                rect.width as u16,
                height as u16,
                x,
                y,
                0,
                24,
                &bytes,
            )?;
        }
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}

impl Pane for Plain {
    fn attach(&self, memory: BorrowedFd<'_>) -> Result<(), PaneError> {
        let file = memory.try_clone_to_owned().map_err(|error| PaneError::Lost(error.to_string()))?;
        *self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(file.into());
        Ok(())
    }

    fn paint(&self, _: Size, damage: &Region) -> Result<(), PaneError> {
        damage.rects().iter().try_for_each(|rect| self.put(*rect)).map_err(|error| PaneError::Lost(error.to_string()))
    }

    fn place(&self, _: Option<&Place>) -> Result<(), PaneError> {
        Ok(())
    }

    fn point(&self, _: Option<&Cursor>) {}
}
