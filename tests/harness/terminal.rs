//! A real application at the customer's: a terminal (xterm) whose typed lines go to a file.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, MapState, Window},
    rust_connection::RustConnection,
};

/// An open terminal; ended with the value.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
}

/// Opens a terminal on this display that writes what is typed to `file`, a line at a time.
///
/// # Panics
/// When xterm is not installed.
pub fn terminal(display: &str, file: &Path) -> Terminal {
    let script = format!("cat > '{}'", file.display());
    let child = Command::new("xterm")
        .args(["-u8", "-class", "Notes", "-title", "Notes", "-geometry", "70x12+40+480", "-e", "sh", "-c", &script])
        .env("DISPLAY", display)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("xterm starts (Debian package xterm; `cargo xtask` installs it)");
    crate::until("the terminal runs its program", || file.exists().then_some(()));
    Terminal { child }
}

/// The terminal's window, and the middle of it on the screen.
fn window(connection: &RustConnection, root: Window) -> Option<(Window, i16, i16)> {
    let mut open = connection.query_tree(root).ok()?.reply().ok()?.children;
    while let Some(window) = open.pop() {
        let class = connection.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64).ok()?.reply().ok();
        if class.is_some_and(|class| class.value.ends_with(b"Notes\0")) {
            let shown = connection.get_window_attributes(window).ok()?.reply().ok()?.map_state == MapState::VIEWABLE;
            let shape = connection.get_geometry(window).ok()?.reply().ok()?;
            let place =
                connection.translate_coordinates(window, root, shape.width as i16 / 2, shape.height as i16 / 2).ok()?.reply().ok()?;
            return shown.then_some((window, place.dst_x, place.dst_y));
        }
        open.extend(connection.query_tree(window).ok().and_then(|tree| tree.reply().ok()).map(|tree| tree.children).unwrap_or_default());
    }
    None
}

impl Terminal {
    /// Gives the terminal's window the keys, and waits until it has them; the middle of the window on the screen.
    ///
    /// # Panics
    /// When it has no window in time.
    pub fn take_focus(&mut self, display: &str) -> (i16, i16) {
        let (connection, screen) = x11rb::connect(Some(display)).expect("the X server answers");
        let root = connection.setup().roots[screen].root;
        let (window, x, y) = crate::until("the terminal's window is shown", || window(&connection, root));
        crate::until("the terminal's window has the keys", || {
            connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).ok()?.check().ok()?;
            self.has_focus(display).then_some(())
        });
        (x, y)
    }

    /// Whether the keys go to the terminal.
    ///
    /// # Panics
    /// When the X server is gone.
    pub fn has_focus(&self, display: &str) -> bool {
        let (connection, screen) = x11rb::connect(Some(display)).expect("the X server answers");
        let root = connection.setup().roots[screen].root;
        let focus = connection.get_input_focus().expect("asked").reply().expect("there is a focus").focus;
        // The focus may be on a window inside of the terminal's.
        let mut at = focus;
        let Some((terminal, ..)) = window(&connection, root) else { return false };
        while at > 1 && at != root {
            if at == terminal {
                return true;
            }
            let Some(tree) = connection.query_tree(at).ok().and_then(|tree| tree.reply().ok()) else { return false };
            at = tree.parent;
        }
        false
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
