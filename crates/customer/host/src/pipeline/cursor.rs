//! The pointer's messages: made from what capture tells, gathered to a sensible rate.
//!
//! In scope: the translation and the rate. Not in scope: sealing and sending.
//!
//! A place goes by a datagram, which may be lost: when the pointer rests its place is told once more, surely. A picture always goes surely.
//! Pictures go by a budget of their own: an animated pointer would otherwise cost more than the screen. The place is told in between
//! without its picture, and the newest picture when the budget has room.

use deskhand_capture::Cursor;
use deskhand_wire::update::{CursorMessage, CursorShape};
use std::time::{Duration, Instant};

/// A pointer is told about at most this often.
const INTERVAL: Duration = Duration::from_millis(8);
/// A pointer that was not moved for so long rests.
const REST: Duration = Duration::from_millis(100);
/// Bytes of pictures a second, in the long run; and how many may go at once: some dozen ordinary ones. A larger one goes when nothing
/// was spent.
const BYTES_PER_SECOND: u64 = 64 << 10;
const BURST_BYTES: u64 = 128 << 10;
/// Bytes that a pixel of a picture takes on the wire, about: see-through ones take one, others five.
const PIXEL_BYTES: u64 = 3;

/// What is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Telling {
    /// The message.
    pub message: CursorMessage,
    /// It must arrive: nothing that comes later makes up for it.
    pub surely: bool,
}

/// The pointer, and what of it was not told yet.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    /// As it is now, with its last picture.
    now: Option<CursorMessage>,
    place_is_new: bool,
    shape_is_new: bool,
    /// The place was told, but may have been lost.
    is_unsure: bool,
    told: Option<Instant>,
    /// When the bytes of all pictures that were told will have been worth their time.
    paid: Option<Instant>,
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
        let shape = shape.filter(CursorShape::is_valid);
        self.shape_is_new |= shape.is_some();
        self.place_is_new = true;
        let shape = shape.or_else(|| self.now.take().and_then(|now| now.shape));
        self.now = Some(CursorMessage { x: cursor.x, y: cursor.y, visible: cursor.visible, shape });
    }

    /// Somebody sees it for the first time: all of it is to be told again.
    pub(super) fn again(&mut self) {
        self.place_is_new = self.now.is_some();
        self.shape_is_new = self.now.as_ref().is_some_and(|now| now.shape.is_some());
    }

    /// When there is something to tell, if there is.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = self.told.map_or_else(Instant::now, |told| told + INTERVAL);
        let shape = self.shape_is_new.then(|| self.affordable().map_or(next, |at| at.max(next)));
        let place = self.place_is_new.then_some(next).or_else(|| self.rests_at());
        place.into_iter().chain(shape).min()
    }

    /// What is to be told at `now`.
    pub(super) fn take(&mut self, now: Instant) -> Option<Telling> {
        if self.told.is_some_and(|told| now < told + INTERVAL) {
            return None;
        }
        let with_shape = self.shape_is_new && self.affordable().is_none_or(|at| at <= now);
        let rests = !self.place_is_new && self.rests_at().is_some_and(|at| at <= now);
        if !self.place_is_new && !with_shape && !rests {
            return None;
        }
        let surely = with_shape || rests;
        let known = self.now.as_ref()?;
        let message = CursorMessage { shape: known.shape.clone().filter(|_| with_shape), ..*known };
        if with_shape {
            self.paid = Some(self.paid.map_or(now, |paid| paid.max(now)) + worth(self.cost()));
            self.shape_is_new = false;
        }
        self.place_is_new = false;
        self.is_unsure = !surely;
        self.told = Some(now);
        Some(Telling { message, surely })
    }

    /// When the place is to be told once more, unless it changes before.
    fn rests_at(&self) -> Option<Instant> {
        self.told.filter(|_| self.is_unsure).map(|told| told + REST)
    }

    /// From when on the picture may go, where it had to wait.
    fn affordable(&self) -> Option<Instant> {
        self.paid?.checked_sub(worth(BURST_BYTES.saturating_sub(self.cost())))
    }

    fn cost(&self) -> u64 {
        self.now.as_ref().and_then(|now| now.shape.as_ref()).map_or(0, |shape| shape.pixels.len() as u64 * PIXEL_BYTES)
    }
}

/// How long bytes of pictures take at [`BYTES_PER_SECOND`].
fn worth(bytes: u64) -> Duration {
    Duration::from_millis(bytes * 1_000 / BYTES_PER_SECOND)
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
        assert_eq!(pointer.take(start).map(|telling| (telling.message.x, telling.surely)), Some((1, false)));
        let shape = Shape { size: Size { width: 1, height: 1 }, hot_x: 0, hot_y: 0, pixels: vec![u32::MAX] };
        pointer.changed(at(2, Some(shape)));
        pointer.changed(at(3, None));
        assert_eq!(pointer.take(start + Duration::from_millis(1)), None);
        let told = pointer.take(start + INTERVAL).unwrap();
        assert_eq!((told.message.x, told.message.shape.is_some(), told.surely), (3, true, true));
        assert_eq!(pointer.due(), None);
        pointer.again();
        let told = pointer.take(start + 2 * INTERVAL).unwrap();
        assert_eq!((told.message.x, told.message.shape.is_some()), (3, true));
    }

    #[test]
    fn an_animated_pointer_takes_its_budget_and_no_more_and_its_place_is_told_all_the_time() {
        let (mut pointer, start) = (Pointer::default(), Instant::now());
        let (mut bytes, mut told, mut last) = (0, 0, 0);
        for step in 0..1_000_u32 {
            let pixels = vec![step | 0xFF00_0000; 48 * 48];
            pointer.changed(at(step, Some(Shape { size: Size { width: 48, height: 48 }, hot_x: 0, hot_y: 0, pixels })));
            if let Some(Telling { message, .. }) = pointer.take(start + Duration::from_millis(10) * step) {
                told += 1;
                last = message.x;
                bytes += message.shape.map_or(0, |shape| shape.pixels.len() as u64 * PIXEL_BYTES);
            }
        }
        assert_eq!((told, last), (1_000, 999));
        let worth = 10 * BYTES_PER_SECOND;
        assert!((worth..=BURST_BYTES + worth + 7_000).contains(&bytes), "{bytes}");
        let due = pointer.due().expect("the last picture is still to be told");
        assert_eq!(pointer.take(due).and_then(|telling| telling.message.shape).map(|shape| shape.pixels[0]), Some(999 | 0xFF00_0000));
    }

    #[test]
    fn the_largest_picture_goes_at_once_after_quiet() {
        let (mut pointer, start) = (Pointer::default(), Instant::now());
        let largest = Shape { size: Size { width: 256, height: 256 }, hot_x: 0, hot_y: 0, pixels: vec![u32::MAX; 65_536] };
        pointer.changed(at(1, Some(largest)));
        assert!(pointer.take(start).unwrap().message.shape.is_some());
    }

    #[test]
    fn a_place_that_may_have_been_lost_is_told_once_more_when_the_pointer_rests() {
        let (mut pointer, start) = (Pointer::default(), Instant::now());
        pointer.changed(at(1, None));
        assert!(pointer.take(start).is_some());
        pointer.changed(at(2, None));
        assert_eq!(pointer.take(start + REST / 2).map(|telling| telling.surely), Some(false));
        assert_eq!(pointer.take(start + REST), None);
        assert_eq!(pointer.due(), Some(start + REST / 2 + REST));
        assert_eq!(pointer.take(start + 2 * REST).map(|telling| (telling.message.x, telling.surely)), Some((2, true)));
        assert_eq!(pointer.due(), None, "a pointer at rest costs nothing");
    }
}
