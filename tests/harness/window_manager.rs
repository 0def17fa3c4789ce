//! A window manager (openbox): without one no window gets the keys by itself, or fills the screen.

use crate::xserver::XServer;
use std::process::{Child, Command, Stdio};

/// A running openbox; ended with the value.
#[derive(Debug)]
pub struct WindowManager(Child);

impl WindowManager {
    /// Starts it on this screen.
    ///
    /// # Panics
    /// When it is not installed.
    pub fn on(screen: &XServer) -> Self {
        let mut manager = Command::new("openbox");
        manager.env("DISPLAY", screen.display()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(manager.spawn().expect("openbox starts (Debian package openbox; `cargo xtask test` installs it)"))
    }
}

impl Drop for WindowManager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
