//! The pointer's messages: made from what capture tells, gathered to a sensible rate.
//!
//! In scope: the translation and the rate. Not in scope: sealing and sending.

use deskhand_capture::Cursor;
use deskhand_wire::update::{CursorMessage, CursorShape};
use std::time::{Duration, Instant};

/// A pointer is told about at most this often.
const INTERVAL: Duration = Duration::from_millis(8);

/// The pointer's changes that were not told yet.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    waiting: Option<CursorMessage>,
    told: Option<Instant>,
}

impl Pointer {
    /// It changed.
    pub(super) fn changed(&mut self, cursor: Cursor) {
        let shape = cursor.shape.map(|shape| CursorShape {
            width: shape.size.width,
            height: shape.size.height,
            hot_x: shape.hot_x,
            hot_y: shape.hot_y,
            pixels: shape.pixels,
        });
        let shape = shape.filter(CursorShape::is_valid).or_else(|| self.waiting.take().and_then(|waiting| waiting.shape));
        self.waiting = Some(CursorMessage { x: cursor.x, y: cursor.y, visible: cursor.visible, shape });
    }

    /// When there is something to tell, if there is.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.as_ref().map(|_| self.told.map_or_else(Instant::now, |told| told + INTERVAL))
    }

    /// What is to be told at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Option<CursorMessage> {
        if self.told.is_some_and(|told| now < told + INTERVAL) {
            return None;
        }
        let message = self.waiting.take()?;
        self.told = Some(now);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_capture::Shape;
    use deskhand_screen::Size;

    fn at(x: u32, shape: Option<Shape>) -> Cursor {
        Cursor { x, y: 0, visible: true, shape }
    }

    #[test]
    fn moves_are_gathered_and_a_new_picture_is_never_lost_among_them() {
        let (mut pointer, start) = (Pointer::default(), Instant::now());
        pointer.changed(at(1, None));
        assert_eq!(pointer.take(start).map(|message| message.x), Some(1));
        let shape = Shape { size: Size { width: 1, height: 1 }, hot_x: 0, hot_y: 0, pixels: vec![u32::MAX] };
        pointer.changed(at(2, Some(shape)));
        pointer.changed(at(3, None));
        assert_eq!(pointer.take(start + Duration::from_millis(1)), None);
        let told = pointer.take(start + INTERVAL).unwrap();
        assert_eq!((told.x, told.shape.is_some()), (3, true));
        assert_eq!(pointer.due(), None);
    }
}
