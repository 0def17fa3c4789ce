//! Trail: what the last updates touched and how it came, for the overlay that shows how the screen travels.
//!
//! In scope: a pure memory of the last second, off until somebody looks. Not in scope: finding it out (`decode`), drawing it
//! (`window::overlay`).

use deskhand_cage::{Touch, Way};
use deskhand_screen::Region;
use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How long a touch is shown.
pub(crate) const SHOWN: Duration = Duration::from_millis(1_000);
/// How long it is shown bright.
const BRIGHT: Duration = Duration::from_millis(400);
/// Most updates that are remembered.
const MAX_UPDATES: usize = 128;
/// Most rectangles of what is shown; older touches are left out beyond it.
const MAX_RECTS: usize = 1_024;

/// The memory. Shared between the picture's thread and the window's.
#[derive(Default)]
pub(crate) struct Trail {
    on: AtomicBool,
    recent: Mutex<VecDeque<(Instant, Vec<Touch>)>>,
}

/// A part of the picture that came by one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mark {
    /// The way.
    pub way: Way,
    /// Where; no other mark has these pixels.
    pub region: Region,
    /// Whether it came just now.
    pub bright: bool,
}

impl Trail {
    /// Whether somebody looks.
    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Somebody looks, or nobody any more.
    pub(crate) fn set(&self, on: bool) {
        if self.on.swap(on, Ordering::Relaxed) && !on {
            self.recent().clear();
        }
    }

    /// An update was applied.
    pub(crate) fn note(&self, now: Instant, touches: Vec<Touch>) {
        if touches.is_empty() || !self.is_on() {
            return;
        }
        let mut recent = self.recent();
        if recent.len() == MAX_UPDATES {
            recent.pop_front();
        }
        recent.push_back((now, touches));
    }

    /// What is to be shown at `now`, the newest first; a pixel belongs to the newest touch alone. With it, when that changes by
    /// itself.
    pub(crate) fn marks(&self, now: Instant) -> (Vec<Mark>, Option<Duration>) {
        let mut recent = self.recent();
        let age = |at: Instant| now.saturating_duration_since(at);
        while recent.front().is_some_and(|(at, _)| age(*at) >= SHOWN) {
            recent.pop_front();
        }
        let left = |at: Instant| if age(at) < BRIGHT { BRIGHT - age(at) } else { SHOWN - age(at) };
        let change = recent.iter().map(|(at, _)| left(*at)).min();
        let (mut marks, mut taken) = (Vec::new(), Region::new());
        for (at, touches) in recent.iter().rev() {
            for touch in touches {
                let mut region = touch.region.clone();
                region.subtract_region(&taken);
                taken.add_region(&touch.region);
                if !region.is_empty() {
                    marks.push(Mark { way: touch.way, region, bright: age(*at) < BRIGHT });
                }
            }
            if taken.rects().len() > MAX_RECTS {
                break;
            }
        }
        (marks, change)
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<(Instant, Vec<Touch>)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Rect;

    fn touch(way: Way, x: u32) -> Vec<Touch> {
        vec![Touch { way, region: Region::from_rect(Rect::new(x, 0, 10, 10)) }]
    }

    fn watched() -> (Trail, Instant) {
        let trail = Trail::default();
        trail.set(true);
        (trail, Instant::now())
    }

    #[test]
    fn nothing_is_remembered_while_nobody_looks() {
        let (trail, start) = watched();
        trail.note(start, touch(Way::Copy, 0));
        trail.set(false);
        trail.note(start, touch(Way::Copy, 0));
        trail.set(true);
        assert_eq!(trail.marks(start), (vec![], None));
    }

    #[test]
    fn a_touch_is_bright_then_pale_then_gone() {
        let (trail, start) = watched();
        trail.note(start, touch(Way::Video, 0));
        let (marks, change) = trail.marks(start);
        assert!(marks[0].bright);
        let pale = start + change.unwrap();
        let (marks, change) = trail.marks(pale);
        assert!(!marks[0].bright);
        assert_eq!(trail.marks(pale + change.unwrap()), (vec![], None));
    }

    #[test]
    fn a_pixel_belongs_to_what_brought_it_last() {
        let (trail, start) = watched();
        trail.note(start, touch(Way::Video, 0));
        trail.note(start, touch(Way::Copy, 4));
        let marks = trail.marks(start).0;
        let places: Vec<_> = marks.iter().map(|mark| (mark.way, mark.region.bounds())).collect();
        assert_eq!(places, [(Way::Copy, Rect::new(4, 0, 10, 10)), (Way::Video, Rect::new(0, 0, 4, 10))]);
    }

    #[test]
    fn very_many_updates_take_no_more_memory() {
        let (trail, start) = watched();
        for at in 0..10 * MAX_UPDATES as u32 {
            trail.note(start, touch(Way::Raw, at * 20));
        }
        assert_eq!(trail.recent().len(), MAX_UPDATES);
    }
}
