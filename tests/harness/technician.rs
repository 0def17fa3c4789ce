//! The technician's own screen, with the viewer's window on it.
//!
//! In scope: starting the viewer as a person would, and finding the customer's picture on that screen, pixel for pixel.

use crate::{
    office::Office,
    program::{Program, binary},
    window_manager::WindowManager,
    xserver::XServer,
};
use std::process::Command;

/// A technician at a screen.
#[derive(Debug)]
pub struct Technician {
    /// The technician's screen.
    pub screen: XServer,
    /// The viewer.
    pub program: Program,
    _manager: WindowManager,
}

impl Technician {
    /// Opens the viewer's window with a code and further arguments, filling a screen of this size.
    pub fn sits_down(office: &Office, code: &str, (width, height): (u32, u32), further: &[&str]) -> Self {
        let screen = XServer::start(width, height);
        let manager = WindowManager::on(&screen);
        let mut command = Command::new(binary("deskhand-viewer"));
        command
            .arg("--config")
            .arg(office.config())
            .arg("--key")
            .arg(office.key("technician"))
            .args(["--fullscreen", "--code", code])
            .args(further);
        command.env("DISPLAY", screen.display()).env_remove("WAYLAND_DISPLAY");
        command.env("XDG_CONFIG_HOME", office.path().join("viewer-config"));
        let program = Program::start("viewer", command);
        Self { screen, program, _manager: manager }
    }

    /// Where all of the customer's screen is shown exactly on the technician's, when it is.
    pub fn finds(&self, customer: &XServer) -> Option<(u32, u32)> {
        let (width, picture) = customer.picture();
        self.finds_pixels(width, &picture)
    }

    /// Where this part (x, y, width, height) of the customer's screen is shown exactly on the technician's, when it is.
    pub fn finds_part(&self, customer: &XServer, part: [u32; 4]) -> Option<(u32, u32)> {
        self.finds_pixels(part[2], &customer.part(part))
    }

    fn finds_pixels(&self, width: u32, picture: &[u32]) -> Option<(u32, u32)> {
        let (own_width, own) = self.screen.picture();
        let (rows, own_rows) = (picture.len() as u32 / width, own.len() as u32 / own_width);
        let row = |x: u32, y: u32| &own[(y * own_width + x) as usize..][..width as usize];
        let places = (0..=own_rows.checked_sub(rows)?).flat_map(|y| (0..=own_width.saturating_sub(width)).map(move |x| (x, y)));
        let mut places = places.filter(|(x, y)| row(*x, *y) == &picture[..width as usize]);
        places.find(|(x, y)| picture.chunks_exact(width as usize).zip(*y..).all(|(line, at)| row(*x, at) == line))
    }
}
