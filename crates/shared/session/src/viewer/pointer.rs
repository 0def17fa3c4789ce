//! The customer's pointer as the newest messages have it, whatever order they came in.
//!
//! In scope: what a late message still says. Not in scope: opening it (`seal`), drawing it.
//!
//! A picture of the pointer is often too large for a datagram and goes by a stream; a position that was sent later overtakes it.

use deskhand_wire::update::CursorMessage;

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    /// Number of the newest message, and what it said of place and visibility.
    newest: u64,
    place: (u32, u32, bool),
    /// Number of the newest message with a picture.
    shape: u64,
}

impl Pointer {
    /// The pointer now that message `number` came: the newest place, and a picture if this one's is newer than what is drawn.
    pub(super) fn after(&mut self, number: u64, message: CursorMessage) -> CursorMessage {
        if number > self.newest {
            self.newest = number;
            self.place = (message.x, message.y, message.visible);
        }
        let shape = message.shape.filter(|_| number > self.shape);
        if shape.is_some() {
            self.shape = number;
        }
        let (x, y, visible) = self.place;
        CursorMessage { x, y, visible, shape }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_wire::update::CursorShape;

    fn message(x: u32, shape: Option<u32>) -> CursorMessage {
        let shape = shape.map(|pixel| CursorShape { width: 1, height: 1, hot_x: 0, hot_y: 0, pixels: vec![pixel] });
        CursorMessage { x, y: 0, visible: true, shape }
    }

    #[test]
    fn a_picture_that_was_overtaken_is_still_drawn_and_moves_nothing_back() {
        let mut pointer = Pointer::default();
        assert_eq!(pointer.after(2, message(20, None)), message(20, None));
        assert_eq!(pointer.after(1, message(10, Some(7))), message(20, Some(7)));
        assert_eq!(pointer.after(4, message(40, Some(9))), message(40, Some(9)));
        assert_eq!(pointer.after(3, message(30, Some(8))), message(40, None), "a newer picture is drawn already");
    }
}
