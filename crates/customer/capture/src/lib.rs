//! From the screen to damaged pixels.
//!
//! In scope: waiting for the screen to change without polling, and fetching only what changed, as a [`Patch`]. Not in scope: whether it truly changed, how it is sent, and who may see it; but the [`Gate`] is asked
//! before every single request for pixels, so that a Stop holds here too.
//!
//! | backend | module | waits by | for |
//! | --- | --- | --- | --- |
//! | X11 | [`x11`] | DAMAGE, RANDR and XFIXES events in `poll(2)` | Linux desktops |
//! | scrap | `scrap` (Cargo feature of that name) | looking several times a second | comparison, other systems |
//! | pattern | [`pattern`] | a paced clock | tests |
//!
//! The loop of a program: `wait`, then `grab` when it may send, `cursor` when told.

pub mod cursor;
pub mod environment;
pub mod error;
pub mod pattern;
#[cfg(feature = "scrap")]
pub mod scrap;
pub mod waker;
pub mod x11;

pub use cursor::{Cursor, Shape};
pub use error::CaptureError;
pub use waker::Waker;

use deskhand_screen::{Patch, Rect, Size};
use environment::Backend;
pub use environment::Environment;
use std::{sync::Arc, time::Instant};

/// Whether pixels may be asked for, now. It is asked before every request for pixels, so it must be cheap (an atomic).
pub type Gate = Arc<dyn Fn() -> bool + Send + Sync>;

/// Which source to open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// What fits this session: X11 when there is a display.
    #[default]
    Auto,
    /// The X11 backend.
    X11,
    /// The `scrap` backend, when it was built in.
    Scrap,
    /// A moving picture that is the same in every run.
    Pattern,
}

/// Why [`Source::wait`] came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wake {
    /// The screen changed since the last grab. Told once; then nothing more is told of damage until a grab took it.
    Damage,
    /// The cursor moved or changed its shape: ask [`Source::cursor`].
    Cursor,
    /// The screen has this size now, or its monitors moved. The next grab brings everything.
    Resized(Size),
    /// A [`Waker`] was used.
    Woken,
    /// The deadline passed.
    Deadline,
}

/// A screen that can be watched and copied. One thread owns it; others reach it through its [`Waker`].
pub trait Source: Send {
    /// The screen's size, pixels; all monitors are one screen.
    fn size(&self) -> Size;

    /// The monitors within the screen, as they were when last told; at least one.
    fn displays(&self) -> Vec<Rect>;

    /// A handle that ends a running or the next [`Source::wait`] from another thread.
    fn waker(&self) -> Waker;

    /// Blocks until something happens; uses no CPU on a still screen.
    ///
    /// # Errors
    /// [`CaptureError::Lost`] when the display went away.
    fn wait(&mut self, deadline: Option<Instant>) -> Result<Wake, CaptureError>;

    /// Fetches what changed: all of the screen the first time and after its size changed. The patch is of this moment; what it says
    /// may be read until the next call.
    ///
    /// # Errors
    /// [`CaptureError::NotAllowed`] when the gate is closed. What was damaged is then still owed to the next grab, but
    /// not told again by [`Source::wait`].
    fn grab(&mut self) -> Result<&dyn Patch, CaptureError>;

    /// The cursor, when it changed since the last call; its picture only when that changed.
    fn cursor(&mut self) -> Option<Cursor>;
}

/// Opens the screen of this session.
///
/// # Errors
/// [`CaptureError::NoDisplay`], [`CaptureError::WaylandOnly`], [`CaptureError::NoPermission`],
/// [`CaptureError::Unsupported`], [`CaptureError::NotBuilt`]: each says what to do.
pub fn open(kind: Kind, gate: Gate) -> Result<Box<dyn Source>, CaptureError> {
    open_in(kind, gate, &Environment::current())
}

/// Opens the screen of the session that `environment` describes.
///
/// # Errors
/// As [`open`].
pub fn open_in(kind: Kind, gate: Gate, environment: &Environment) -> Result<Box<dyn Source>, CaptureError> {
    Ok(match environment.backend(kind)? {
        Backend::X11(display) => Box::new(x11::X11Source::open(&display, gate)?),
        Backend::Scrap(display) => open_scrap(&display, gate)?,
        Backend::Pattern => Box::new(pattern::Pattern::open(pattern::Settings::default(), gate)?),
    })
}

#[cfg(feature = "scrap")]
fn open_scrap(display: &str, gate: Gate) -> Result<Box<dyn Source>, CaptureError> {
    Ok(Box::new(scrap::ScrapSource::open(display, gate)?))
}

#[cfg(not(feature = "scrap"))]
fn open_scrap(_display: &str, _gate: Gate) -> Result<Box<dyn Source>, CaptureError> {
    Err(CaptureError::NotBuilt)
}
