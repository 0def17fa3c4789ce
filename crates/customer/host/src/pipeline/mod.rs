//! The screen's way out: capture, encode, hand over, in one thread that exists only while somebody may see.
//!
//! In scope: the thread's handle, what it is told and what it tells. Not in scope: sealing (the conductor's session does it, because
//! epochs and ticks are its business) and the network. On a still screen the thread sleeps in `poll(2)` without a timer.
//!
//! | file | what |
//! | --- | --- |
//! | [`gate`] | who may see now |
//! | `delivery` | what the way delivers |
//! | [`pacing`] | is the way free |
//! | [`rate`] | how often at most |
//! | [`cursor`] | the pointer's messages |
//! | `run` | the loop |

pub mod cursor;
mod delivery;
pub mod gate;
pub mod pacing;
pub mod rate;
mod run;

pub(crate) use run::shape;

use crate::{clock::Clock, stop::StopSwitch};
use cursor::Telling;
use deskhand_capture::{CaptureError, Kind, Waker};
use deskhand_link::Connection;
use deskhand_session::host::Screen;
use deskhand_wire::Millis;
use gate::ViewGate;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// Monitors as the session names them: x, y, width, height; none is all of the screen.
pub type Monitors = Vec<[u32; 4]>;

/// What the thread tells the conductor. The channel is bounded: a conductor that is busy slows the thread, nothing piles up.
#[derive(Debug)]
pub enum FromPipeline {
    /// The screen's shape, at the start and when it changed.
    Screen(Screen),
    /// An update to seal and send.
    Update(Encoded),
    /// The pointer.
    Cursor(Telling),
    /// These monitors are looked at, and the picture of them is up to date.
    Looked {
        /// As they were chosen.
        monitors: Monitors,
        /// The newest update then, 0 before the first.
        update: u64,
    },
    /// The screen can't be read any more; the thread is over.
    Failed(String),
}

/// An update, not sealed yet.
#[derive(Debug)]
pub struct Encoded {
    /// Its number.
    pub number: u64,
    /// Needs nothing before it.
    pub key: bool,
    /// When its pixels were captured, host's monotonic clock.
    pub captured_at: Millis,
    /// What changed: x, y, width, height.
    pub changed: Vec<[u32; 4]>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Updates and messages that wait for the conductor.
pub const MAX_WAITING: usize = 4;

/// What the thread is told.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Order {
    /// An update, and when it was told.
    Shown(u64, Millis),
    Delivered(u64),
    KeyUpdate,
    Look(Monitors),
    End,
}

/// What the thread works with.
pub struct Work {
    /// Where pixels come from.
    pub kind: Kind,
    /// Who may see.
    pub gate: ViewGate,
    /// The way, for its estimates.
    pub connection: Connection,
    /// The program's clock.
    pub clock: Clock,
    /// Woken when everything stops.
    pub stop: StopSwitch,
    /// Where updates go.
    pub out: tokio::sync::mpsc::Sender<FromPipeline>,
}

/// The thread's handle. Dropping it ends the thread; nothing is captured after that.
#[derive(Debug)]
pub struct Pipeline {
    orders: Sender<Order>,
    /// The thread waits until the way is free.
    blocked: Arc<AtomicBool>,
    clock: Clock,
    waker: Waker,
    stop: StopSwitch,
}

impl Pipeline {
    /// Opens the screen and starts the thread. Only called with a view grant in the gate.
    ///
    /// # Errors
    /// [`CaptureError`] when the screen can't be opened.
    pub fn start(work: Work) -> Result<Self, CaptureError> {
        let source = deskhand_capture::open(work.kind, work.gate.for_capture())?;
        let (waker, stop) = (source.waker(), work.stop.clone());
        // A stop that comes from now on ends the wait at once.
        stop.wakes(Some(waker.clone()));
        // What goes in is bounded by what is on the way: at most a number and a delivery for each unshown update.
        let (orders, received) = channel();
        let (blocked, clock) = (Arc::new(AtomicBool::new(false)), work.clock);
        let waits = blocked.clone();
        thread::Builder::new()
            .name("screen".into())
            .spawn(move || run::run(source, work, &received, &waits))
            .map_err(|source| CaptureError::System { what: "a thread", source })?;
        Ok(Self { orders, blocked, clock, waker, stop })
    }

    /// A viewer shows everything up to `number`.
    pub fn shown(&self, number: u64) {
        self.report(Order::Shown(number, self.clock.millis()));
    }

    /// The relay has all of update `number`.
    pub fn delivered(&self, number: u64) {
        self.report(Order::Delivered(number));
    }

    /// The next update must need nothing before it.
    pub fn request_key(&self) {
        self.tell(Order::KeyUpdate);
    }

    /// These monitors are looked at from now on; answered by [`FromPipeline::Looked`].
    pub fn look(&self, monitors: Monitors) {
        self.tell(Order::Look(monitors));
    }

    /// Tells what only matters to a thread that waits for the way: a wake-up costs more than a typed letter.
    fn report(&self, order: Order) {
        if self.orders.send(order).is_ok() && self.blocked.load(Ordering::SeqCst) {
            self.waker.wake();
        }
    }

    fn tell(&self, order: Order) {
        // A thread that is over needs to be told nothing.
        if self.orders.send(order).is_ok() {
            self.waker.wake();
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop.wakes(None);
        self.tell(Order::End);
    }
}

type Orders = Receiver<Order>;
