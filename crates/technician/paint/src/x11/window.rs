//! The child window: where it is, what of it is seen, and what of it must be painted again.
//!
//! In scope: one window on a connection of its own, whose events a small thread waits for. Not in scope: pixels (`present`).
//!
//! It is as large as the whole picture is shown, so that a scroll only moves it. Its shape is what nothing of the toolkit's lies
//! over. Its input shape is empty: pointer and keys are the parent's as if it were not there, and so is the pointer's picture.

use super::display::{Display, lost, no_id};
use crate::pane::{PaneError, Place};
use deskhand_screen::{Rect, Region};
use std::sync::{Arc, Mutex, PoisonError};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        shape::{self, ConnectionExt as _},
        xproto::{
            ClipOrdering, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, ExposeEvent, Rectangle, Window as Id,
            WindowClass,
        },
    },
    rust_connection::RustConnection,
};

/// Largest side of a window.
const MAX_SIDE: u32 = i16::MAX as u32;

/// A child window, destroyed with this value.
pub(super) struct Window {
    connection: Arc<RustConnection>,
    id: Id,
    placed: Mutex<Option<Place>>,
}

impl Window {
    /// Makes it, unseen. `exposed` is told what lost its pixels; an empty region says that the window is gone.
    pub(super) fn new(display: Display, parent: Id, exposed: impl Fn(Region) + Send + 'static) -> Result<Self, PaneError> {
        let id = display.connection.generate_id().map_err(no_id)?;
        let screen = display.screen();
        // No background: what was there stays until the picture is put over it.
        let values = CreateWindowAux::new()
            .border_pixel(0)
            .colormap(screen.default_colormap)
            .event_mask(EventMask::EXPOSURE | EventMask::STRUCTURE_NOTIFY);
        let (depth, visual, class) = (screen.root_depth, screen.root_visual, WindowClass::INPUT_OUTPUT);
        let made = display.connection.create_window(depth, id, parent, 0, 0, 1, 1, 0, class, visual, &values).map_err(lost)?;
        made.check().map_err(|error| PaneError::Unfit(error.to_string()))?;
        let connection = Arc::new(display.connection);
        connection.shape_rectangles(shape::SO::SET, shape::SK::INPUT, ClipOrdering::UNSORTED, id, 0, 0, &[]).map_err(lost)?;
        connection.flush().map_err(lost)?;
        let events = connection.clone();
        std::thread::Builder::new()
            .name("pane".into())
            .spawn(move || watch(&events, id, &exposed))
            .map_err(|error| PaneError::Unfit(error.to_string()))?;
        Ok(Self { connection, id, placed: Mutex::new(None) })
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }

    /// Moves, shapes, shows or hides it; asks the server for what changed only.
    pub(super) fn place(&self, place: Option<&Place>) -> Result<(), PaneError> {
        let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
        if placed.as_ref() == place {
            return Ok(());
        }
        let before = std::mem::replace(&mut *placed, place.cloned());
        match place {
            None => drop(self.connection.unmap_window(self.id).map_err(lost)?),
            Some(place) => self.change(before.as_ref(), place)?,
        }
        self.connection.flush().map_err(lost)
    }

    fn change(&self, before: Option<&Place>, place: &Place) -> Result<(), PaneError> {
        if place.width.max(place.height) > MAX_SIDE {
            return Err(PaneError::Lost("the picture is shown larger than a window can be".into()));
        }
        let area = |place: &Place| (place.x, place.y, place.width, place.height);
        let shape = seen(place);
        if before.map(area) != Some(area(place)) {
            let values = ConfigureWindowAux::new().x(place.x).y(place.y).width(place.width.max(1)).height(place.height.max(1));
            self.connection.configure_window(self.id, &values).map_err(lost)?;
        }
        if before.map(seen).as_ref() != Some(&shape) {
            let (set, bounding) = (shape::SO::SET, shape::SK::BOUNDING);
            let shape: Vec<_> = shape.rects().iter().map(|rect| on_wire(*rect)).collect();
            self.connection.shape_rectangles(set, bounding, ClipOrdering::UNSORTED, self.id, 0, 0, &shape).map_err(lost)?;
        }
        if before.is_none() {
            self.connection.map_window(self.id).map_err(lost)?;
        }
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // The thread that waits hears of it and ends. A server that is gone has destroyed it already.
        _ = self.connection.destroy_window(self.id);
        _ = self.connection.flush();
    }
}

/// What is seen of the window, from its own corner.
fn seen(place: &Place) -> Region {
    let mut visible = place.visible.clone();
    visible.translate(place.x.saturating_neg(), place.y.saturating_neg());
    visible.intersect(place.shown());
    visible
}

/// A rectangle inside a window; sides of windows fit the wire's numbers.
pub(super) fn on_wire(rect: Rect) -> Rectangle {
    let side = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
    let edge = |value: u32| i16::try_from(value).unwrap_or(i16::MAX);
    Rectangle { x: edge(rect.x), y: edge(rect.y), width: side(rect.width), height: side(rect.height) }
}

fn watch(connection: &RustConnection, window: Id, exposed: &dyn Fn(Region)) {
    let mut region = Region::new();
    loop {
        match connection.wait_for_event() {
            Ok(Event::Expose(ExposeEvent { x, y, width, height, count, .. })) => {
                region.add(Rect::new(u32::from(x), u32::from(y), u32::from(width), u32::from(height)));
                if count == 0 {
                    exposed(std::mem::take(&mut region));
                }
            }
            Ok(Event::DestroyNotify(event)) if event.window == window => break,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    exposed(Region::new());
}
