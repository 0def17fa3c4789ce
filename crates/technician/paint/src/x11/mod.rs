//! The pane on X11: a child window of the toolkit's, painted by MIT-SHM from the memory that the decoder writes.
//!
//! In scope: both threads' sides of it, put together. Not in scope: the parts.
//!
//! | file | what |
//! | --- | --- |
//! | `display` | the connection, and whether this server is one for it |
//! | `window` | the child window's place and shape, and what of it must be painted again |
//! | `present` | pixels from the memory into the window |
//! | `scale`, `sprite` | the picture scaled, the pointer over it |

mod display;
mod present;
mod scale;
mod sprite;
mod window;

use crate::{
    pane::{Pane, PaneError, Place},
    pointer::{Cursor, same_shape},
};
use deskhand_screen::{Region, Size};
use display::Display;
use present::{Presenter, Task};
use std::{
    os::fd::BorrowedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use window::Window;

/// The pane.
pub struct X11Pane {
    window: Window,
    /// The picture's thread alone takes it.
    presenter: Mutex<Presenter>,
    shared: Arc<Shared>,
}

/// What both threads and the window's events say to each other.
struct Shared {
    state: Mutex<State>,
    wanted: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    place: Option<Place>,
    exposed: Region,
    cursor: Option<Cursor>,
    gone: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exposed(&self, region: Region) {
        let mut state = self.state();
        state.gone |= region.is_empty();
        state.exposed.add_region(&region);
        drop(state);
        (self.wanted)();
    }
}

impl X11Pane {
    /// A pane in the toolkit's window `parent` of the display that is called `display`; `DISPLAY` says which, when it is not
    /// named. `wanted` is called on any thread when the picture's thread is to call [`Pane::paint`].
    ///
    /// # Errors
    /// [`PaneError::Unfit`] when this display has no use for one or can't make one.
    pub fn open(display: Option<&str>, parent: u32, wanted: impl Fn() + Send + Sync + 'static) -> Result<Self, PaneError> {
        let shared = Arc::new(Shared { state: Mutex::default(), wanted: Box::new(wanted) });
        let told = shared.clone();
        let window = Window::new(Display::open(display)?, parent, move |region| told.exposed(region))?;
        let presenter = Mutex::new(Presenter::new(Display::open(display)?, window.id())?);
        Ok(Self { window, presenter, shared })
    }

    fn presenter(&self) -> MutexGuard<'_, Presenter> {
        self.presenter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pane for X11Pane {
    fn attach(&self, memory: BorrowedFd<'_>) -> Result<(), PaneError> {
        self.presenter().attach(memory)
    }

    fn paint(&self, size: Size, damage: &Region) -> Result<(), PaneError> {
        let (place, exposed, cursor) = {
            let mut state = self.shared.state();
            if state.gone {
                return Err(PaneError::Lost("its window is gone".into()));
            }
            (state.place.clone(), std::mem::take(&mut state.exposed), state.cursor.clone())
        };
        match place.filter(|place| place.size == size) {
            Some(place) => self.presenter().paint(&Task { place: &place, damage, exposed, cursor: cursor.as_ref() }),
            // Hidden, or not yet placed for this size: it is painted whole when it is.
            None => self.presenter().forget(),
        }
    }

    fn place(&self, place: Option<&Place>) -> Result<(), PaneError> {
        let mut state = self.shared.state();
        let before = std::mem::replace(&mut state.place, place.cloned());
        // A window that appears or is resized is exposed by the server itself.
        let other = match (&before, place) {
            (Some(old), Some(new)) if (old.width, old.height) == (new.width, new.height) => {
                (old.size, old.pointer_scale) != (new.size, new.pointer_scale)
            }
            _ => false,
        };
        if let Some(place) = place.filter(|_| other) {
            state.exposed = Region::from_rect(place.shown());
        }
        drop(state);
        self.window.place(place)?;
        if other {
            (self.shared.wanted)();
        }
        Ok(())
    }

    fn point(&self, cursor: Option<&Cursor>) {
        let mut state = self.shared.state();
        let same = match (&state.cursor, cursor) {
            (Some(old), Some(new)) => (old.x, old.y) == (new.x, new.y) && same_shape(old.shape.as_ref(), new.shape.as_ref()),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same {
            state.cursor = cursor.cloned();
            drop(state);
            (self.shared.wanted)();
        }
    }
}
