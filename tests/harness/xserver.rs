//! A private X server without a screen (Xvfb).

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use x11rb::{connection::Connection, protocol::xproto::ConnectionExt as _, rust_connection::RustConnection};

/// A running Xvfb; ended with the value.
#[derive(Debug)]
pub struct XServer {
    child: Child,
    display: String,
}

impl XServer {
    /// Starts one with a screen of this size and 24 bit colour.
    ///
    /// # Panics
    /// When Xvfb is not installed or does not start.
    pub fn start(width: u32, height: u32) -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset", "-ac"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts (Debian package xvfb; `cargo xtask test` installs it)");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is a pipe")).read_line(&mut line).expect("Xvfb names its display");
        assert!(!line.trim().is_empty(), "Xvfb did not start");
        Self { child, display: format!(":{}", line.trim()) }
    }

    /// Its name, for `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A connection to it, and the number of its screen.
    ///
    /// # Panics
    /// When it is gone.
    pub fn connect(&self) -> (RustConnection, usize) {
        x11rb::connect(Some(&self.display)).expect("the X server answers")
    }

    /// The whole screen, `0xFFRRGGBB`, row by row, with its width.
    ///
    /// # Panics
    /// When the server is gone.
    pub fn picture(&self) -> (u32, Vec<u32>) {
        let (connection, screen) = self.connect();
        let root = connection.setup().roots[screen].root;
        let shape = connection.get_geometry(root).expect("asked").reply().expect("the root has a shape");
        let image = connection
            .get_image(x11rb::protocol::xproto::ImageFormat::Z_PIXMAP, root, 0, 0, shape.width, shape.height, !0)
            .expect("asked")
            .reply()
            .expect("the root has pixels");
        let pixels = image.data.chunks_exact(4).map(|p| 0xFF00_0000 | u32::from_le_bytes([p[0], p[1], p[2], 0])).collect();
        (u32::from(shape.width), pixels)
    }

    /// Gives the screen another size.
    ///
    /// # Panics
    /// When the server is gone or can't.
    pub fn resize(&self, width: u16, height: u16) {
        use x11rb::protocol::randr::{ConnectionExt as _, Rotation};
        let (connection, screen) = self.connect();
        let root = connection.setup().roots[screen].root;
        let resources = connection.randr_get_screen_resources(root).expect("asked").reply().expect("RANDR");
        for crtc in resources.crtcs {
            let off = connection.randr_set_crtc_config(crtc, 0, resources.config_timestamp, 0, 0, 0, Rotation::ROTATE0, &[]);
            off.expect("asked").reply().expect("a monitor that can be switched off");
        }
        connection.randr_set_screen_size(root, width, height, 200, 100).expect("asked").check().expect("a size that the server takes");
    }

    /// A part of the screen (x, y, width, height), `0xFFRRGGBB`, row by row.
    ///
    /// # Panics
    /// When the server is gone or the part lies outside.
    pub fn part(&self, [x, y, width, height]: [u32; 4]) -> Vec<u32> {
        let (row, pixels) = self.picture();
        (y..y + height).flat_map(|y| pixels[(y * row + x) as usize..][..width as usize].to_vec()).collect()
    }

    /// Plugs a monitor in, or gives it another place; the one called "first" takes the place of the server's own.
    ///
    /// # Panics
    /// When the server is gone or can't.
    pub fn plug(&self, name: &str, [x, y, width, height]: [u32; 4]) {
        use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
        let (connection, screen) = self.connect();
        let root = connection.setup().roots[screen].root;
        let outputs = connection.randr_get_screen_resources(root).expect("asked").reply().expect("RANDR").outputs;
        let monitor = MonitorInfo {
            name: connection.intern_atom(false, name.as_bytes()).expect("asked").reply().expect("a name").atom,
            x: x as i16,
            y: y as i16,
            width: width as u16,
            height: height as u16,
            width_in_millimeters: 200,
            height_in_millimeters: 200,
            outputs: if name == "first" { outputs } else { Vec::new() },
            ..MonitorInfo::default()
        };
        // A name is taken once. Nobody sees the screen between the two.
        connection.grab_server().expect("asked");
        let _new = connection.randr_delete_monitor(root, monitor.name).expect("asked").check();
        connection.randr_set_monitor(root, monitor).expect("asked").check().expect("a monitor that the server takes");
        connection.ungrab_server().expect("asked").check().expect("the X server answers");
    }

    /// Unplugs a monitor.
    ///
    /// # Panics
    /// When the server is gone or has no such monitor.
    pub fn unplug(&self, name: &str) {
        use x11rb::protocol::randr::ConnectionExt as _;
        let (connection, screen) = self.connect();
        let root = connection.setup().roots[screen].root;
        let name = connection.intern_atom(false, name.as_bytes()).expect("asked").reply().expect("a name").atom;
        connection.randr_delete_monitor(root, name).expect("asked").check().expect("a monitor that is there");
    }

    /// Where the pointer is.
    ///
    /// # Panics
    /// When the server is gone.
    pub fn pointer(&self) -> (i16, i16) {
        let (connection, screen) = self.connect();
        let root = connection.setup().roots[screen].root;
        let reply = connection.query_pointer(root).expect("asked").reply().expect("there is a pointer");
        (reply.root_x, reply.root_y)
    }
}

impl Drop for XServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
