//! The loop of the screen's thread: wait, and when the way is free, grab, encode, hand over.
//!
//! In scope: putting the policies together. Damage that comes while the way is not free only merges, inside capture.

use super::{Encoded, FromPipeline, Monitors, Order, Orders, Work, cursor::Pointer, pacing::Pacing, rate::Rate};
use deskhand_capture::{CaptureError, Source, Wake};
use deskhand_encode::{Encoder, Path};
use deskhand_screen::{Op, Rect, Region, Update};
use deskhand_session::host::Screen;
use deskhand_wire::Millis;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Beside updates the pointer is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Rectangles of change that are told per update; beyond it their bounds are.
const MAX_CHANGED: usize = 64;
/// Encoding that fails so often in a row will not get better.
const MAX_FAILURES: u32 = 3;

/// Runs until told to end, until nobody may see, or until the screen is gone.
/// `blocked` is true while it waits for the way to be free.
pub(super) fn run(source: Box<dyn Source>, work: Work, orders: &Orders, blocked: &AtomicBool) {
    let out = work.out.clone();
    let size = source.size();
    let mut screen = Running {
        encoder: Encoder::new(size),
        source,
        work,
        pacing: Pacing::default(),
        rate: Rate::default(),
        pointer: Pointer::default(),
        looked: Instant::now(),
        looking: None,
        dirty: true,
        failures: 0,
    };
    match screen.run(orders, blocked) {
        Ok(()) | Err(CaptureError::NotAllowed) => {}
        Err(error) => {
            tracing::warn!(%error, "the screen can't be read any more");
            // When nobody listens any more the session is over anyway.
            let _ = out.blocking_send(FromPipeline::Failed(error.to_string()));
        }
    }
}

struct Running {
    source: Box<dyn Source>,
    encoder: Encoder,
    work: Work,
    pacing: Pacing,
    rate: Rate,
    pointer: Pointer,
    /// When the pointer was looked at last.
    looked: Instant,
    /// A choice of monitors that is so once the next update was made.
    looking: Option<Monitors>,
    /// Something may have changed since the last grab.
    dirty: bool,
    failures: u32,
}

/// Whether the thread goes on.
#[derive(PartialEq, Eq)]
enum Going {
    On,
    Over,
}

impl Running {
    fn look_at_pointer(&mut self) {
        self.looked = Instant::now();
        if let Some(cursor) = self.source.cursor() {
            self.pointer.changed(cursor);
        }
    }

    fn run(&mut self, orders: &Orders, blocked: &AtomicBool) -> Result<(), CaptureError> {
        if self.tell(FromPipeline::Screen(self.shape())) == Going::Over {
            return Ok(());
        }
        loop {
            if self.take_orders(orders) == Going::Over || !self.work.gate.is_open() {
                return Ok(());
            }
            let now = Instant::now();
            if let Some(telling) = self.pointer.take(now)
                && self.tell(FromPipeline::Cursor(telling)) == Going::Over
            {
                return Ok(());
            }
            let deadline = match self.next_update() {
                Next::Now => {
                    if self.update()? == Going::Over {
                        return Ok(());
                    }
                    // Nobody tells of a pointer that a program puts somewhere; it is where something is drawn next.
                    if self.looked.elapsed() >= LOOK_EVERY {
                        self.look_at_pointer();
                    }
                    continue;
                }
                Next::At(millis) => Some(self.work.clock.instant(millis)),
                // What was told before it was known that this waits woke nobody: look once more.
                Next::WhenFree if !blocked.swap(true, Ordering::SeqCst) => continue,
                Next::WhenFree | Next::WhenTold => None,
            };
            let deadline = deadline.into_iter().chain(self.pointer.due()).min();
            let wake = self.source.wait(deadline);
            blocked.store(false, Ordering::SeqCst);
            match wake? {
                Wake::Damage => self.dirty = true,
                Wake::Resized(_) => {
                    self.dirty = true;
                    if self.tell(FromPipeline::Screen(self.shape())) == Going::Over {
                        return Ok(());
                    }
                }
                Wake::Cursor => self.look_at_pointer(),
                Wake::Woken | Wake::Deadline => {}
            }
        }
    }

    fn take_orders(&mut self, orders: &Orders) -> Going {
        loop {
            match orders.try_recv() {
                Ok(Order::Shown(number, at)) => self.pacing.shown(number, at),
                Ok(Order::Delivered(number)) => self.pacing.delivered(number),
                Ok(Order::KeyUpdate) => {
                    self.pacing.restart();
                    self.encoder.request_key();
                    self.pointer.again();
                    self.dirty = true;
                }
                Ok(Order::Look(monitors)) => {
                    let rect = |[x, y, width, height]: &[u32; 4]| Rect::new(*x, *y, *width, *height);
                    self.encoder.look((!monitors.is_empty()).then(|| monitors.iter().map(rect).collect()));
                    self.looking = Some(monitors);
                    self.dirty = true;
                }
                Ok(Order::End) | Err(std::sync::mpsc::TryRecvError::Disconnected) => return Going::Over,
                Err(std::sync::mpsc::TryRecvError::Empty) => return Going::On,
            }
        }
    }

    fn next_update(&self) -> Next {
        let now = self.work.clock.millis();
        let refine = self.encoder.next_refine();
        let wanted = if self.dirty { Some(now) } else { refine };
        let Some(wanted) = wanted else { return Next::WhenTold };
        if !self.pacing.is_free(self.work.connection.path().window, now) {
            return Next::WhenFree;
        }
        let at = self.rate.next(now).max(wanted);
        if at <= now { Next::Now } else { Next::At(at) }
    }

    fn update(&mut self) -> Result<Going, CaptureError> {
        let captured_at = self.work.clock.millis();
        self.rate.made(captured_at);
        let path = self.path(captured_at);
        let (damage, update) = if std::mem::take(&mut self.dirty) {
            let patch = self.source.grab()?;
            (patch.damage().clone(), self.encoder.encode(patch, captured_at, path))
        } else {
            (Region::new(), self.encoder.refine(captured_at, path))
        };
        let update = match update {
            Ok(update) => update,
            Err(error) => return self.failed(&error.to_string()),
        };
        self.failures = 0;
        let Some(update) = update else { return Ok(self.looked()) };
        let bytes = update.to_bytes();
        self.pacing.sent(update.number, bytes.len() as u64, self.work.clock.millis());
        let video = update.ops.iter().any(|op| matches!(op, Op::Video { .. }));
        tracing::trace!(number = update.number, bytes = bytes.len(), video, path.bytes_per_second, way = ?self.pacing.on_the_way(), "an update");
        let encoded = Encoded { number: update.number, key: update.is_key(), captured_at, changed: changed(&update, &damage), bytes };
        self.encoder.recycle(update);
        if self.tell(FromPipeline::Update(encoded)) == Going::Over {
            return Ok(Going::Over);
        }
        Ok(self.looked())
    }

    /// What is known of the way to the viewer.
    fn path(&self, now: Millis) -> Path {
        let estimate = self.work.connection.path();
        let bytes_per_second = match self.pacing.rate(now) {
            0 => estimate.bytes_per_second,
            rate => rate.min(estimate.bytes_per_second),
        };
        Path { bytes_per_second, rtt: estimate.rtt }
    }

    /// Tells of a choice that is so now.
    fn looked(&mut self) -> Going {
        let Some(monitors) = self.looking.take() else { return Going::On };
        self.tell(FromPipeline::Looked { monitors, update: self.encoder.number() })
    }

    fn failed(&mut self, error: &str) -> Result<Going, CaptureError> {
        self.failures += 1;
        if self.failures > MAX_FAILURES {
            return Err(CaptureError::Unsupported(error.to_owned()));
        }
        tracing::warn!(error, "an update could not be encoded; the next one starts anew");
        self.encoder.request_key();
        self.dirty = true;
        Ok(Going::On)
    }

    fn shape(&self) -> Screen {
        shape(&*self.source)
    }

    fn tell(&self, what: FromPipeline) -> Going {
        if self.work.out.blocking_send(what).is_ok() { Going::On } else { Going::Over }
    }
}

/// Size and monitors of what a source shows.
pub(crate) fn shape(source: &dyn Source) -> Screen {
    let size = source.size();
    Screen { width: size.width, height: size.height, displays: source.displays().into_iter().map(as_array).collect() }
}

enum Next {
    Now,
    At(Millis),
    /// Something waits for the way: a viewer or the relay comes first.
    WhenFree,
    /// An order or a change of the screen comes first.
    WhenTold,
}

/// What of the damage the update shows anew: an update that only refines changes nothing.
fn changed(update: &Update, damage: &Region) -> Vec<[u32; 4]> {
    let mut region = Region::new();
    for op in &update.ops {
        if !matches!(op, Op::Save { .. }) {
            op.rects().iter().for_each(|rect| region.add_region(&damage.intersection(*rect)));
        }
    }
    if region.rects().len() > MAX_CHANGED {
        vec![as_array(region.bounds())]
    } else {
        region.rects().iter().copied().map(as_array).collect()
    }
}

fn as_array(rect: Rect) -> [u32; 4] {
    [rect.x, rect.y, rect.width, rect.height]
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Size, TileForm};

    #[test]
    fn an_update_that_only_refines_changes_nothing() {
        let rect = Rect { x: 0, y: 0, width: 8, height: 8 };
        let tiles = Op::Tiles { rects: vec![rect], form: TileForm::Raw, data: Vec::new() };
        let update = Update { number: 2, base: 1, size: Size { width: 64, height: 64 }, damaged_at: 0, ops: vec![tiles] };
        assert!(changed(&update, &Region::new()).is_empty());
        assert_eq!(changed(&update, &Region::from_rect(Rect { x: 4, y: 4, width: 8, height: 8 })), [[4, 4, 4, 4]]);
    }
}
