//! What the window system says about windows: moved, appeared, came to the front.
//!
//! In scope: the rectangles of the root window's children, kept up to date by their events (SubstructureNotify), and the hints that follow.
//! A hint is given out with the first grab whose pixels are younger. Not in scope: pixels, names, owners.

use super::session::{Session, lost};
use crate::CaptureError;
use deskhand_screen::{Hints, Moved, Point, Rect, Size};
use std::collections::HashMap;
use x11rb::{
    connection::SequenceNumber,
    protocol::{
        Event,
        xproto::{ConnectionExt as _, GetGeometryReply, MapState, Window},
    },
};

/// Windows that are followed; those beyond give no hints.
const MAX_WINDOWS: usize = 4_096;
/// Hints that wait for a grab; the oldest are dropped.
const MAX_WAITING: usize = 64;

/// A window's place, with its border, in pixels from the screen's top left corner; it may lie beside the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    place: Place,
    mapped: bool,
}

#[derive(Clone, Copy, Debug)]
enum Hint {
    Moved { window: Window, from: Place, to: Place },
    Covered(Place),
}

/// The windows of the screen.
pub(super) struct Windows {
    root: Window,
    known: HashMap<Window, Known>,
    waiting: Vec<(SequenceNumber, Hint)>,
}

impl Windows {
    /// Reads where they are. The root window's events must have been asked for before.
    pub(super) fn read(session: &Session) -> Result<Self, CaptureError> {
        let connection = &session.connection;
        let mut windows = Self { root: session.root, known: HashMap::new(), waiting: Vec::new() };
        // A server that refuses this gives no hints; nothing else depends on it.
        let Ok(tree) = connection.query_tree(session.root).map_err(lost)?.reply() else { return Ok(windows) };
        let mut asked = Vec::new();
        for window in tree.children.into_iter().take(MAX_WINDOWS) {
            asked.push((window, connection.get_geometry(window).map_err(lost)?, connection.get_window_attributes(window).map_err(lost)?));
        }
        for (window, geometry, attributes) in asked {
            // One that is gone meanwhile is of no interest.
            if let (Ok(geometry), Ok(attributes)) = (geometry.reply(), attributes.reply()) {
                windows.known.insert(window, Known { place: place_of(&geometry), mapped: attributes.map_state != MapState::UNMAPPED });
            }
        }
        Ok(windows)
    }

    /// An event of the root window, sent after request `sequence` was done.
    pub(super) fn note(&mut self, event: &Event, sequence: SequenceNumber) {
        match event {
            Event::CreateNotify(event) if event.parent == self.root => {
                let place = place(event.x, event.y, event.width, event.height, event.border_width);
                self.add(event.window, Known { place, mapped: false });
            }
            Event::ConfigureNotify(event) if event.event == self.root && event.window != self.root => {
                let to = place(event.x, event.y, event.width, event.height, event.border_width);
                let Some(known) = self.known.get_mut(&event.window) else { return };
                let from = std::mem::replace(&mut known.place, to);
                if known.mapped && (from.width, from.height) == (to.width, to.height) {
                    let hint = if from == to { Hint::Covered(to) } else { Hint::Moved { window: event.window, from, to } };
                    self.wait(sequence, hint);
                }
            }
            Event::MapNotify(event) if event.event == self.root => {
                let Some(known) = self.known.get_mut(&event.window) else { return };
                known.mapped = true;
                let place = known.place;
                self.wait(sequence, Hint::Covered(place));
            }
            Event::UnmapNotify(event) if event.event == self.root => {
                if let Some(known) = self.known.get_mut(&event.window) {
                    known.mapped = false;
                }
            }
            Event::ReparentNotify(event) if event.event == self.root && event.parent == self.root => {
                // Its size is told with its next change.
                let place = Place { x: event.x.into(), y: event.y.into(), width: 0, height: 0 };
                self.add(event.window, Known { place, mapped: false });
            }
            Event::ReparentNotify(event) => drop(self.known.remove(&event.window)),
            Event::DestroyNotify(event) => drop(self.known.remove(&event.window)),
            _ => {}
        }
    }

    /// The hints that were given before request `sequence`.
    pub(super) fn take(&mut self, sequence: SequenceNumber, screen: Size, hints: &mut Hints) {
        hints.moved.clear();
        hints.covered.clear();
        let mut moves: Vec<(Window, Place, Place)> = Vec::new();
        self.waiting.retain(|(at, hint)| {
            if *at >= sequence {
                return true;
            }
            match *hint {
                Hint::Covered(place) => hints.covered.extend(on_screen(place, screen)),
                Hint::Moved { window, from, to } => {
                    let first = moves.iter().position(|(other, ..)| *other == window).map(|at| moves.remove(at));
                    moves.push((window, first.map_or(from, |(_, from, _)| from), to));
                }
            }
            false
        });
        hints.moved.extend(moves.into_iter().filter_map(|(_, from, to)| visible(from, to, screen)));
    }

    fn add(&mut self, window: Window, known: Known) {
        if self.known.len() < MAX_WINDOWS {
            self.known.insert(window, known);
        }
    }

    fn wait(&mut self, sequence: SequenceNumber, hint: Hint) {
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push((sequence, hint));
    }
}

fn place(x: i16, y: i16, width: u16, height: u16, border: u16) -> Place {
    let border = 2 * i32::from(border);
    Place { x: x.into(), y: y.into(), width: i32::from(width) + border, height: i32::from(height) + border }
}

fn place_of(geometry: &GetGeometryReply) -> Place {
    place(geometry.x, geometry.y, geometry.width, geometry.height, geometry.border_width)
}

fn on_screen(place: Place, screen: Size) -> Option<Rect> {
    let rect = super::geometry::clip(place.x, place.y, place.width as u32, place.height as u32, screen);
    (!rect.is_empty()).then_some(rect)
}

/// The part of a window that is on the screen in both places.
fn visible(from: Place, to: Place, screen: Size) -> Option<Moved> {
    let range = |from: i32, to: i32, length: i32, limit: u32| {
        let limit = i32::try_from(limit).ok()?;
        let first = 0.max(-from).max(-to);
        let last = length.min(limit - from).min(limit - to);
        (first < last).then_some((first, last))
    };
    let (left, right) = range(from.x, to.x, to.width, screen.width)?;
    let (top, bottom) = range(from.y, to.y, to.height, screen.height)?;
    let number = |value: i32| u32::try_from(value).ok();
    Some(Moved {
        from: Point { x: number(from.x + left)?, y: number(from.y + top)? },
        to: Rect::new(number(to.x + left)?, number(to.y + top)?, number(right - left)?, number(bottom - top)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_that_is_on_the_screen_before_and_after_moves() {
        let screen = Size { width: 100, height: 80 };
        let window = |x, y| Place { x, y, width: 40, height: 30 };
        let moved = visible(window(-10, 5), window(70, 60), screen).unwrap();
        assert_eq!(moved, Moved { from: Point { x: 0, y: 5 }, to: Rect::new(80, 60, 20, 20) });
        assert_eq!(visible(window(-40, 0), window(0, 0), screen), None);
        assert_eq!(visible(window(0, 0), window(0, 80), screen), None);
    }
}
