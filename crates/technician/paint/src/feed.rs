//! From the thread that decodes to the thread that paints: at most one batch waits, the rest is only a region.
//!
//! In scope: merging damage while the window is busy, hidden or slow. Not in scope: pixels themselves; they stay with the
//! decoder until there is room.

use crate::batch::Batch;
use deskhand_screen::{Pixels, Region, Size};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The hand-over. Shared between both threads.
pub struct Feed {
    state: Mutex<State>,
    arrived: Box<dyn Fn() + Send + Sync>,
    wanted: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    waiting: Option<Batch>,
    pending: Region,
    size: Option<Size>,
    fresh: bool,
}

impl Feed {
    /// `arrived` is called on the decoding thread when a batch waits: ask for a repaint. `wanted` is called on the painting
    /// thread when there is room again and damage is pending: let the decoding thread call [`offer`](Self::offer).
    pub fn new(arrived: impl Fn() + Send + Sync + 'static, wanted: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::default(), arrived: Box::new(arrived), wanted: Box::new(wanted) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture is now `pixels`, and `damage` of it is new. Decoding thread.
    pub fn offer(&self, pixels: Pixels<'_>, damage: &Region) {
        let (fresh, pending) = {
            let mut state = self.state();
            if state.size != Some(pixels.size()) {
                state.size = Some(pixels.size());
                state.fresh = true;
                state.waiting = None;
                state.pending.clear();
            }
            if !state.fresh {
                state.pending.add_region(damage);
            }
            if state.waiting.is_some() || (!state.fresh && state.pending.is_empty()) {
                return;
            }
            (std::mem::take(&mut state.fresh), std::mem::take(&mut state.pending))
        };
        // Converted without the lock: the painting thread never waits for it.
        let batch = Batch::of(pixels, &pending, fresh);
        self.state().waiting = Some(batch);
        (self.arrived)();
    }

    /// Nobody uploads for now: what waits is let go, and the next offer is the whole screen.
    pub fn restart(&self) {
        *self.state() = State::default();
    }

    /// What is to be uploaded now, if anything. Painting thread.
    #[must_use]
    pub fn take(&self) -> Option<Batch> {
        let (batch, more) = {
            let mut state = self.state();
            (state.waiting.take(), state.fresh || !state.pending.is_empty())
        };
        if batch.is_some() && more {
            (self.wanted)();
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Rect};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    fn feed() -> (Feed, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let (arrived, wanted) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (a, w) = (arrived.clone(), wanted.clone());
        let count = |counter: Arc<AtomicUsize>| {
            move || {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        };
        (Feed::new(count(a), count(w)), arrived, wanted)
    }

    fn part(x: u32) -> Region {
        Region::from_rect(Rect::new(x, 0, 4, 4))
    }

    #[test]
    fn the_first_batch_is_the_whole_screen_whatever_the_damage() {
        let (feed, arrived, _) = feed();
        let frame = Framebuffer::new(Size::new(100, 50).unwrap());
        feed.offer(frame.view(), &part(0));
        assert_eq!(arrived.load(Ordering::SeqCst), 1);
        let batch = feed.take().unwrap();
        assert!(batch.fresh);
        assert_eq!(batch.area(), 5000);
        assert!(feed.take().is_none());
    }

    #[test]
    fn while_a_batch_waits_damage_only_merges_and_is_asked_for_later() {
        let (feed, arrived, wanted) = feed();
        let frame = Framebuffer::new(Size::new(100, 50).unwrap());
        feed.offer(frame.view(), &Region::new());
        for x in [0, 0, 8, 8, 16] {
            feed.offer(frame.view(), &part(x));
        }
        assert_eq!(arrived.load(Ordering::SeqCst), 1, "nothing more was converted");
        assert!(feed.take().unwrap().fresh);
        assert_eq!(wanted.load(Ordering::SeqCst), 1);
        feed.offer(frame.view(), &Region::new());
        let batch = feed.take().unwrap();
        assert!(!batch.fresh);
        assert_eq!(batch.area(), 48, "three parts, each once");
        assert_eq!(wanted.load(Ordering::SeqCst), 1, "nothing is pending any more");
    }

    #[test]
    fn a_new_size_makes_what_waits_worthless() {
        let (feed, _, _) = feed();
        feed.offer(Framebuffer::new(Size::new(100, 50).unwrap()).view(), &part(0));
        feed.offer(Framebuffer::new(Size::new(64, 64).unwrap()).view(), &part(0));
        let batch = feed.take().unwrap();
        assert!(batch.fresh);
        assert_eq!((batch.size.width, batch.area()), (64, 64 * 64));
    }

    #[test]
    fn an_offer_without_damage_paints_nothing() {
        let (feed, arrived, _) = feed();
        let frame = Framebuffer::new(Size::new(10, 10).unwrap());
        feed.offer(frame.view(), &Region::new());
        assert!(feed.take().is_some());
        feed.offer(frame.view(), &Region::new());
        assert_eq!(arrived.load(Ordering::SeqCst), 1);
        assert!(feed.take().is_none());
    }
}
