//! A window manager (openbox): without one no window gets the keys by itself, or fills the screen.

use crate::xserver::XServer;
use std::process::{Child, Command, Stdio};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{AtomEnum, ConnectionExt as _},
};

/// A running openbox; ended with the value.
#[derive(Debug)]
pub struct WindowManager(Child);

impl WindowManager {
    /// Starts it on this screen, and waits until it says there that it manages windows: one that opens earlier may stay unseen.
    ///
    /// # Panics
    /// When it is not installed, or does not begin.
    pub fn on(screen: &XServer) -> Self {
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", screen.display()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let manager = Self(manager.spawn().expect("openbox starts (Debian package openbox; `cargo xtask test` installs it)"));
        let (connection, number) = screen.connect();
        let root = connection.setup().roots[number].root;
        let sign = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK").expect("asked").reply().expect("a name").atom;
        crate::until("the window manager is there", || {
            let said = connection.get_property(false, root, sign, AtomEnum::WINDOW, 0, 1).expect("asked").reply().expect("an answer");
            (said.value_len == 1).then_some(())
        });
        manager
    }
}

impl Drop for WindowManager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
