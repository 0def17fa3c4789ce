//! The stage for scenarios: real X servers, a real relay, and the real programs, each in folders and on ports of its own.
//!
//! In scope: starting, talking to and ending them; drawing known pictures; deadlines. Not in scope: what is expected of them;
//! that is in `scenarios/`. Nothing here waits for a time to pass: everything waits for a condition, with a deadline.
#![forbid(unsafe_code)]

pub mod bad_line;
pub mod browser;
pub mod cursors;
pub mod deadline;
pub mod evil;
pub mod evil_viewer;
pub mod fuzz;
pub mod host;
pub mod numbered;
pub mod office;
pub mod painter;
pub mod person;
pub mod program;
pub mod stage;
pub mod tape;
pub mod technician;
pub mod terminal;
pub mod viewer;
pub mod watch;
pub mod window_manager;
pub mod xserver;

pub use bad_line::BadLine;
pub use browser::Browser;
pub use cursors::Cursors;
pub use deadline::{PATIENCE, until};
pub use host::Host;
pub use numbered::{Ages, Content, Eye, Numbered};
pub use office::Office;
pub use painter::Painter;
pub use person::Person;
pub use program::Program;
pub use stage::Stage;
pub use technician::Technician;
pub use viewer::Viewer;
pub use watch::Watch;
pub use window_manager::WindowManager;
pub use xserver::XServer;
