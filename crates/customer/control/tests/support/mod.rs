//! A private X server, and a window of another process that tells what input it got.
//!
//! In scope: starting and ending both; waiting for what must come, and for a mark behind which nothing more can come.

#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part of it, and fails by panicking")]

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};
use x11rb::{
    COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT,
    connection::Connection,
    protocol::{
        Event,
        xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus, PropMode, Window, WindowClass},
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// An Xvfb that ends with the test.
pub(crate) struct Xvfb {
    child: Child,
    pub(crate) display: String,
}

impl Xvfb {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts (on Debian and Ubuntu it is in the package xvfb)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "Xvfb chose no display");
        Self { display: format!(":{}", line.trim()), child }
    }

    /// Runs a small program of X's to its end, e.g. `setxkbmap de`.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let status = Command::new(program).args(arguments).env("DISPLAY", &self.display).stderr(Stdio::null()).status();
        assert!(status.expect("it is in the package x11-xkb-utils").success(), "{program} {arguments:?}");
    }

    pub(crate) fn desk(&self) -> Desk {
        let (connection, number) = RustConnection::connect(Some(&self.display)).unwrap();
        let root = connection.setup().roots[number].root;
        Desk { connection, root }
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A child process that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The test's own connection.
pub(crate) struct Desk {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
}

impl Desk {
    /// Key codes that are down.
    pub(crate) fn keys_down(&self) -> Vec<u8> {
        let keys = self.connection.query_keymap().unwrap().reply().unwrap().keys;
        (0..=u8::MAX).filter(|code| keys[usize::from(code / 8)] & (1 << (code % 8)) != 0).collect()
    }

    /// The mask of modifiers and buttons that are down.
    pub(crate) fn state(&self) -> u16 {
        self.connection.query_pointer(self.root).unwrap().reply().unwrap().mask.into()
    }

    pub(crate) fn pointer(&self) -> (i16, i16) {
        let place = self.connection.query_pointer(self.root).unwrap().reply().unwrap();
        (place.root_x, place.root_y)
    }

    /// All symbols of the keyboard.
    pub(crate) fn keymap(&self) -> Vec<u32> {
        let setup = self.connection.setup();
        let count = setup.max_keycode - setup.min_keycode + 1;
        self.connection.get_keyboard_mapping(setup.min_keycode, count).unwrap().reply().unwrap().keysyms
    }

    pub(crate) fn focus(&self, window: Window) {
        self.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap().check().unwrap();
    }

    /// A mapped window of this very process.
    pub(crate) fn window(&self, x: i16, y: i16, side: u16, managed: bool) -> Window {
        let window = self.connection.generate_id().unwrap();
        let events = EventMask::KEY_PRESS | EventMask::BUTTON_PRESS | EventMask::STRUCTURE_NOTIFY | EventMask::EXPOSURE;
        let look = CreateWindowAux::new().override_redirect(u32::from(!managed)).event_mask(events).background_pixel(0xff);
        self.connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                self.root,
                x,
                y,
                side,
                side,
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
}

/// Waits until `ready` says so.
pub(crate) fn until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !ready() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::yield_now();
    }
}

/// A window of another process, 400x300 at (100, 100), that tells what it gets.
pub(crate) struct Witness {
    _child: Running,
    lines: Receiver<String>,
    pub(crate) window: Window,
    marks: u32,
}

/// The variable that names the class of a witness's window.
const CLASS: &str = "WITNESS_CLASS";
/// The class of a witness that tells what the keys it gets stand for, by the keyboard's map at that moment.
pub(crate) const TELLS_SYMBOLS: &str = "tells-symbols";
const PREFIX: &str = "witness: ";

impl Witness {
    /// Starts one by running this test binary's ignored test `witness_child` in a process of its own.
    pub(crate) fn start(server: &Xvfb, class: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "witness_child", "--ignored", "--nocapture"])
            .env("DISPLAY", &server.display)
            .env(CLASS, class)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (told, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(line) = line.split(PREFIX).nth(1)
                    && told.send(line.to_owned()).is_err()
                {
                    return;
                }
            }
        });
        let ready = lines.recv_timeout(DEADLINE).expect("the witness starts");
        let window = ready.strip_prefix("ready ").unwrap().parse().unwrap();
        Self { _child: Running(child), lines, window, marks: 0 }
    }

    /// The next thing it got.
    pub(crate) fn next(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("the window gets an event")
    }

    /// Everything it got up to now.
    pub(crate) fn all(&mut self, desk: &Desk) -> Vec<String> {
        self.marks += 1;
        let message = ClientMessageEvent::new(32, self.window, AtomEnum::INTEGER, [self.marks, 0, 0, 0, 0]);
        desk.connection.send_event(false, self.window, EventMask::NO_EVENT, message).unwrap().check().unwrap();
        let mark = format!("mark {}", self.marks);
        let mut all = Vec::new();
        loop {
            match self.next() {
                line if line == mark => return all,
                line => all.push(line),
            }
        }
    }
}

/// What the child does: shows a window and tells its events until it is killed.
pub(crate) fn witness() {
    let (connection, number) = x11rb::connect(None).unwrap();
    let root = connection.setup().roots[number].root;
    let window = connection.generate_id().unwrap();
    let events =
        EventMask::KEY_PRESS | EventMask::KEY_RELEASE | EventMask::BUTTON_PRESS | EventMask::BUTTON_RELEASE | EventMask::POINTER_MOTION;
    let look = CreateWindowAux::new().override_redirect(1).event_mask(events | EventMask::EXPOSURE).background_pixel(0xff_ffff);
    connection
        .create_window(COPY_DEPTH_FROM_PARENT, window, root, 100, 100, 400, 300, 0, WindowClass::INPUT_OUTPUT, COPY_FROM_PARENT, &look)
        .unwrap();
    let class = std::env::var(CLASS).unwrap();
    let tells_symbols = class == TELLS_SYMBOLS;
    let class = [class.as_bytes(), b"\0", class.as_bytes(), b"\0"].concat();
    connection.change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, AtomEnum::STRING, &class).unwrap();
    connection.map_window(window).unwrap();
    connection.flush().unwrap();
    let tell = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{PREFIX}{line}").unwrap();
        out.flush().unwrap();
    };
    let mut shown = false;
    loop {
        // The server goes before the child does.
        let Ok(event) = connection.wait_for_event() else { return };
        match event {
            Event::Expose(_) if !shown => {
                shown = true;
                connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap();
                connection.sync().unwrap();
                tell(format!("ready {window}"));
            }
            Event::KeyPress(event) if tells_symbols => {
                // As late as a client can look: when it handles the event.
                let symbols = connection.get_keyboard_mapping(event.detail, 1).unwrap().reply().unwrap().keysyms;
                tell(format!("symbol {:#x}", symbols[usize::from(u16::from(event.state) & 1)]));
            }
            Event::KeyPress(event) => tell(format!("key {} down {:#x}", event.detail, u16::from(event.state))),
            Event::KeyRelease(event) => tell(format!("key {} up", event.detail)),
            Event::ButtonPress(event) => tell(format!("button {} down {},{}", event.detail, event.root_x, event.root_y)),
            Event::ButtonRelease(event) => tell(format!("button {} up", event.detail)),
            Event::MotionNotify(event) => tell(format!("move {},{}", event.root_x, event.root_y)),
            Event::ClientMessage(event) => tell(format!("mark {}", event.data.as_data32()[0])),
            _ => {}
        }
    }
}
