//! Where the session task puts what there is to see, for whoever looks.
//!
//! In scope: the newest value only, waking those who wait. Not in scope: history; nothing is queued.

use crate::state::Snapshot;
use deskhand_wire::{Millis, update::CursorMessage};
use std::sync::Arc;
use tokio::sync::watch;

/// Figures of the picture, which change with every update and which no window repaints for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Meter {
    /// The newest update in the picture.
    pub update: u64,
    /// Updates in the picture so far.
    pub updates: u64,
    /// Bytes of updates received, sealed.
    pub bytes: u64,
    /// Updates received and not yet in the picture.
    pub queue: u64,
    /// Whether nothing lossy is on the picture.
    pub exact: bool,
    /// When the picture changed last, on this program's clock.
    pub changed_at: Millis,
    /// Median milliseconds from an update's first byte here to its pixels in the picture, over the last updates.
    pub shown_ms_p50: f64,
    /// The 95th percentile of the same.
    pub shown_ms_p95: f64,
    /// Round-trip time to the relay, milliseconds.
    pub rtt_ms: f64,
    /// The customer's pointer.
    pub pointer: PointerMeter,
}

/// What is known of the customer's pointer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PointerMeter {
    /// From the left, pixels of the customer's screen.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Whether there is anything to draw.
    pub visible: bool,
    /// Messages so far.
    pub messages: u64,
    /// Pictures so far.
    pub shapes: u64,
    /// Width of the last picture, pixels.
    pub width: u32,
    /// Height of the last picture, pixels.
    pub height: u32,
}

impl PointerMeter {
    /// The pointer after this message.
    pub(crate) fn after(self, message: &CursorMessage) -> Self {
        let moved = Self { x: message.x, y: message.y, visible: message.visible, messages: self.messages + 1, ..self };
        match &message.shape {
            Some(shape) => Self { shapes: self.shapes + 1, width: shape.width, height: shape.height, ..moved },
            None => moved,
        }
    }
}

/// The board. Clones share it.
#[derive(Clone)]
pub(crate) struct Board {
    snapshot: watch::Sender<Arc<Snapshot>>,
    meter: watch::Sender<Meter>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Board {
    /// A board that shows `first`; `wake` is called after every change.
    pub(crate) fn new(first: Snapshot, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { snapshot: watch::Sender::new(Arc::new(first)), meter: watch::Sender::new(Meter::default()), wake: Arc::new(wake) }
    }

    /// Shows this from now on.
    pub(crate) fn show(&self, snapshot: Snapshot) {
        self.snapshot.send_replace(Arc::new(snapshot));
        (self.wake)();
    }

    /// What is shown.
    #[must_use]
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    /// New figures. Wakes scripts that wait, not the window.
    pub(crate) fn measure(&self, meter: Meter) {
        self.meter.send_replace(meter);
    }

    /// The figures.
    #[must_use]
    pub(crate) fn meter(&self) -> Meter {
        *self.meter.borrow()
    }

    /// Wakes the window without a new snapshot.
    pub(crate) fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.wake.clone()
    }

    /// To wait for new figures.
    #[must_use]
    pub(crate) fn meters(&self) -> watch::Receiver<Meter> {
        self.meter.subscribe()
    }
}
