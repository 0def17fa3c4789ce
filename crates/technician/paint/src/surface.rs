//! From the decoded picture to the window, by the way that costs least: a pane of the window system's own where there is one, the
//! toolkit's textures otherwise and while something translucent lies over the picture.
//!
//! In scope: which way is taken, and changing it without a gap. Not in scope: either way (`pane`, `feed`).
//!
//! The picture's thread offers what it decoded; the window says where the picture goes. Neither waits for the other.

use crate::{
    batch::Batch,
    feed::Feed,
    pane::{Pane, PaneError, Place},
    pointer::{Cursor, same_shape},
};
use deskhand_screen::{Pixels, Region, Size};
use std::{
    os::fd::BorrowedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The technician's own pointer is this near to the customer's when only one of them is drawn, points.
const APART: f64 = 24.0;

/// Called on any thread.
pub type Call = Arc<dyn Fn() + Send + Sync>;

/// The window that a picture is painted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// A window of the X server that `DISPLAY` names.
    X11(u32),
    /// Any other.
    Other,
}

/// The picture's way into a window. Shared between both threads.
pub struct Surface {
    feed: Feed,
    pane: Option<Box<dyn Pane>>,
    state: Mutex<State>,
    changed: Call,
    wanted: Call,
}

#[derive(Default)]
struct State {
    size: Option<Size>,
    /// Whether the toolkit's textures are kept up to date.
    textures: bool,
    /// Whether the pane can't be used any more.
    lost: bool,
    cursor: Option<Cursor>,
    own: Option<(u32, u32)>,
    /// Pixels of the customer's screen that [`APART`] is.
    apart: f64,
}

impl State {
    /// The customer's pointer, unless it is where the technician's is.
    fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref().filter(|cursor| {
            self.own.is_none_or(|(x, y)| f64::hypot(f64::from(x) - f64::from(cursor.x), f64::from(y) - f64::from(cursor.y)) >= self.apart)
        })
    }
}

impl Surface {
    /// `changed` is called when the window is to be painted by the toolkit. `wanted` is called when the picture's thread is to call
    /// [`offer`](Self::offer).
    #[must_use]
    pub fn new(parent: Parent, changed: Call, wanted: Call) -> Self {
        let pane = match parent {
            Parent::X11(window) => open(window, wanted.clone()).inspect_err(|error| tracing::info!("{error}")).ok(),
            Parent::Other => None,
        };
        Self::with_pane(pane, changed, wanted)
    }

    /// With a pane that was made already.
    #[must_use]
    pub fn with_pane(pane: Option<Box<dyn Pane>>, changed: Call, wanted: Call) -> Self {
        let (arrived, room) = (changed.clone(), wanted.clone());
        let feed = Feed::new(move || arrived(), move || room());
        let state = State { textures: pane.is_none(), lost: pane.is_none(), ..State::default() };
        Self { feed, pane, state: Mutex::new(state), changed, wanted }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pane(&self) -> Option<&dyn Pane> {
        self.pane.as_deref().filter(|_| !self.state().lost)
    }

    /// A pane that failed is not asked again: the toolkit paints from now on.
    fn check(&self, result: Result<(), PaneError>) -> bool {
        let Err(error) = result else { return true };
        tracing::warn!("{error}");
        if let Some(pane) = &self.pane {
            // It must not lie over the textures. If it can't even be hidden, it is gone.
            _ = pane.place(None);
        }
        self.feed.restart();
        let mut state = self.state();
        (state.lost, state.textures) = (true, true);
        drop(state);
        (self.wanted)();
        (self.changed)();
        false
    }

    /// Pictures lie at the start of this memory from now on. Picture's thread.
    pub fn attach(&self, memory: BorrowedFd<'_>) {
        if let Some(pane) = self.pane() {
            self.check(pane.attach(memory));
        }
    }

    /// The picture is now `pixels`, and `damage` of it is new. When this returns, a pane has shown it, and the pixels may be
    /// written again. Picture's thread.
    pub fn offer(&self, pixels: Pixels<'_>, damage: &Region) {
        let (resized, textures) = {
            let mut state = self.state();
            (state.size.replace(pixels.size()) != Some(pixels.size()), state.textures)
        };
        if let Some(pane) = self.pane() {
            self.check(pane.paint(pixels.size(), damage));
        }
        if textures {
            self.feed.offer(pixels, damage);
        } else if resized {
            (self.changed)();
        }
    }

    /// The picture's size, once there is one.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        self.state().size
    }

    /// Whether there is another way than the toolkit's textures.
    #[must_use]
    pub fn has_pane(&self) -> bool {
        self.pane().is_some()
    }

    /// Whether the toolkit draws the picture.
    #[must_use]
    pub fn by_textures(&self) -> bool {
        self.state().textures
    }

    /// What is to be uploaded now, if anything. Window's thread.
    #[must_use]
    pub fn take(&self) -> Option<Batch> {
        self.feed.take().filter(|_| self.by_textures())
    }

    /// The picture lies there, and nothing translucent lies over it. Window's thread, once a frame.
    pub fn place(&self, place: &Place) {
        let Some(pane) = self.pane() else { return };
        if self.check(pane.place(Some(place))) {
            self.state().textures = false;
        }
    }

    /// The toolkit must draw the picture, or nobody. The pane goes when the textures are `ready`, so that there is no moment
    /// without a picture. Window's thread, once a frame.
    pub fn cover(&self, ready: bool) {
        let Some(pane) = self.pane() else { return };
        if ready {
            self.check(pane.place(None));
        }
        if !self.by_textures() {
            // What was left of the last time is old.
            self.feed.restart();
            self.state().textures = true;
            (self.wanted)();
        }
    }

    /// The customer's pointer is there now, or it is hidden. Any thread.
    pub fn point(&self, cursor: Option<Cursor>) {
        let mut state = self.state();
        let same = same_shape(state.cursor.as_ref().and_then(|old| old.shape.as_ref()), cursor.as_ref().and_then(|new| new.shape.as_ref()));
        state.cursor = cursor;
        // The technician's own pointer takes a new shape by the toolkit.
        let repaint = state.textures || (!same && state.own.is_some());
        let seen = state.cursor().cloned();
        drop(state);
        if let Some(pane) = self.pane() {
            pane.point(seen.as_ref());
        }
        if repaint {
            (self.changed)();
        }
    }

    /// The customer's pointer.
    #[must_use]
    pub fn cursor(&self) -> Option<Cursor> {
        self.state().cursor.clone()
    }

    /// The technician's own pointer acts on this pixel of the picture, or on none, and a pixel is shown as so many points. Gives
    /// the customer's pointer when it is to be drawn beside it. Window's thread.
    pub fn own(&self, own: Option<(u32, u32)>, points_a_pixel: f32) -> Option<Cursor> {
        let mut state = self.state();
        (state.own, state.apart) = (own, APART / f64::from(points_a_pixel.max(0.01)));
        let seen = state.cursor().cloned();
        drop(state);
        if let Some(pane) = self.pane() {
            pane.point(seen.as_ref());
        }
        seen
    }
}

fn open(window: u32, wanted: Call) -> Result<Box<dyn Pane>, PaneError> {
    Ok(Box::new(crate::x11::X11Pane::open(None, window, move || wanted())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Framebuffer, Rect};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    /// What a pane was asked.
    #[derive(Default)]
    struct Log {
        painted: AtomicUsize,
        seen: AtomicBool,
        pointer: AtomicBool,
        breaks: AtomicBool,
    }

    struct Fake(Arc<Log>);

    impl Pane for Fake {
        fn attach(&self, _: BorrowedFd<'_>) -> Result<(), PaneError> {
            Ok(())
        }

        fn paint(&self, _: Size, _: &Region) -> Result<(), PaneError> {
            self.0.painted.fetch_add(1, Ordering::SeqCst);
            if self.0.breaks.load(Ordering::SeqCst) { Err(PaneError::Lost("it broke".into())) } else { Ok(()) }
        }

        fn place(&self, place: Option<&Place>) -> Result<(), PaneError> {
            self.0.seen.store(place.is_some(), Ordering::SeqCst);
            Ok(())
        }

        fn point(&self, cursor: Option<&Cursor>) {
            self.0.pointer.store(cursor.is_some(), Ordering::SeqCst);
        }
    }

    struct Bench {
        surface: Surface,
        log: Arc<Log>,
        repaints: Arc<AtomicUsize>,
        frame: Framebuffer,
    }

    impl Bench {
        fn new() -> Self {
            let (log, repaints) = (Arc::new(Log::default()), Arc::new(AtomicUsize::new(0)));
            let count = repaints.clone();
            let changed = move || {
                count.fetch_add(1, Ordering::SeqCst);
            };
            let surface = Surface::with_pane(Some(Box::new(Fake(log.clone()))), Arc::new(changed), Arc::new(|| {}));
            Self { surface, log, repaints, frame: Framebuffer::new(Size::new(100, 50).unwrap()) }
        }

        fn update(&self) {
            self.surface.offer(self.frame.view(), &Region::from_rect(Rect::new(0, 0, 4, 4)));
        }

        fn place(&self) {
            let visible = Region::from_rect(self.frame.size().rect());
            self.surface.place(&Place { size: self.frame.size(), x: 0, y: 0, width: 100, height: 50, pointer_scale: 1.0, visible });
        }

        fn repaints(&self) -> usize {
            self.repaints.swap(0, Ordering::SeqCst)
        }
    }

    #[test]
    fn the_toolkit_sleeps_while_the_pane_paints() {
        let bench = Bench::new();
        bench.update();
        assert_eq!(bench.repaints(), 1, "the window must learn the size");
        bench.place();
        for _ in 0..10 {
            bench.update();
        }
        assert_eq!(bench.repaints(), 0);
        assert_eq!(bench.log.painted.load(Ordering::SeqCst), 11);
        assert!(bench.surface.take().is_none(), "nothing is converted for textures");
    }

    #[test]
    fn the_pane_goes_only_when_the_textures_are_there_and_comes_back() {
        let bench = Bench::new();
        bench.update();
        bench.place();
        bench.surface.cover(false);
        assert!(bench.log.seen.load(Ordering::SeqCst) && bench.surface.by_textures());
        bench.surface.offer(bench.frame.view(), &Region::new());
        assert!(bench.surface.take().is_some_and(|batch| batch.fresh), "the whole picture is uploaded");
        bench.surface.cover(true);
        assert!(!bench.log.seen.load(Ordering::SeqCst));
        bench.place();
        assert!(bench.log.seen.load(Ordering::SeqCst) && !bench.surface.by_textures());
        // Covered once more: what was left of the first time is not shown.
        bench.surface.cover(false);
        bench.update();
        assert!(bench.surface.take().is_some_and(|batch| batch.fresh));
    }

    #[test]
    fn a_pane_that_breaks_is_replaced_by_textures() {
        let bench = Bench::new();
        bench.update();
        bench.place();
        bench.log.breaks.store(true, Ordering::SeqCst);
        bench.repaints();
        bench.update();
        assert!(bench.repaints() > 0 && !bench.surface.has_pane());
        assert!(!bench.log.seen.load(Ordering::SeqCst), "nothing lies over the textures");
        bench.update();
        assert!(bench.surface.take().is_some_and(|batch| batch.fresh));
        assert_eq!(bench.log.painted.load(Ordering::SeqCst), 2, "it is not asked again");
    }

    #[test]
    fn the_customers_pointer_moves_without_the_toolkit_and_gives_way_to_the_technicians() {
        let bench = Bench::new();
        bench.update();
        bench.place();
        bench.repaints();
        let at = |x| Some(Cursor { x, y: 10, shape: None });
        for x in 0..50 {
            bench.surface.point(at(x));
        }
        assert_eq!(bench.repaints(), 0);
        assert!(bench.log.pointer.load(Ordering::SeqCst));
        assert!(bench.surface.own(Some((40, 12)), 1.0).is_none());
        assert!(!bench.log.pointer.load(Ordering::SeqCst), "one pointer is enough");
        assert!(bench.surface.own(Some((90, 12)), 1.0).is_some());
        assert!(bench.log.pointer.load(Ordering::SeqCst));
        // Only while the technician's own pointer has the customer's shape does the toolkit care for it.
        bench.surface.point(Some(Cursor { x: 1, y: 1, shape: Some(Arc::new(crate::Shape::dot())) }));
        assert_eq!(bench.repaints(), 1);
        bench.surface.own(None, 1.0);
        bench.surface.point(None);
        assert_eq!(bench.repaints(), 0);
    }
}
