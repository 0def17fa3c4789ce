//! The one thread that moves the pointer and types.
//!
//! In scope: owning [`control::Injector`](deskhand_control::Injector), opened only once there is a grant; a bounded queue; asking the
//! stop switch before every event (the injector asks the grant). Not in scope: deciding who may what (`session`).

use crate::{clock::Clock, stop::StopSwitch};
use deskhand_control::{Blocked, Injector};
use deskhand_session::{ControlGrant, InputEvent, Refusal};
use deskhand_wire::{PeerId, control::InputRefusal, limits::MAX_WAITING_INPUT};
use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
};

/// What was not carried out, and why. Called on the effector's thread; must not wait.
pub type Refused = Box<dyn Fn(PeerId, InputRefusal) + Send>;

enum Order {
    Inject(ControlGrant, InputEvent),
    ReleaseAll,
}

/// The thread's handle; the thread lets go of everything and ends when this is dropped.
#[derive(Debug)]
pub struct Effector {
    orders: SyncSender<Order>,
}

impl Effector {
    /// Starts the thread. Nothing of the system is touched before the first event with a grant.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(clock: Clock, stop: StopSwitch, refused: Refused) -> std::io::Result<Self> {
        let (orders, waiting) = sync_channel(MAX_WAITING_INPUT);
        thread::Builder::new().name("input".into()).spawn(move || work(&waiting, clock, &stop, &refused))?;
        Ok(Self { orders })
    }

    /// Queues an event.
    ///
    /// # Errors
    /// [`InputRefusal::TooFast`] when the queue is full, [`InputRefusal::System`] when the thread is gone.
    pub fn inject(&self, grant: ControlGrant, event: InputEvent) -> Result<(), InputRefusal> {
        self.orders.try_send(Order::Inject(grant, event)).map_err(|error| match error {
            TrySendError::Full(_) => InputRefusal::TooFast,
            TrySendError::Disconnected(_) => InputRefusal::System,
        })
    }

    /// Lets go of every key and button, after what is queued (which a revoked grant refuses at once).
    pub fn release_all(&self) {
        // A full queue holds events of a grant: each of them that is refused makes the injector let go as well.
        let _ = self.orders.try_send(Order::ReleaseAll);
    }
}

fn work(orders: &Receiver<Order>, clock: Clock, stop: &StopSwitch, refused: &Refused) {
    let mut injector = None;
    while let Ok(order) = orders.recv() {
        match order {
            Order::ReleaseAll => {
                if let Some(injector) = &mut injector {
                    Injector::release_all(injector);
                }
            }
            Order::Inject(grant, event) => {
                if let Err(why) = inject(&mut injector, &grant, &event, clock, stop) {
                    if let Some(injector) = &mut injector
                        && why == InputRefusal::NoGrant
                    {
                        injector.release_all();
                    }
                    refused(grant.peer(), why);
                }
            }
        }
    }
    if let Some(injector) = &mut injector {
        injector.release_all();
    }
}

fn inject(
    injector: &mut Option<Injector>,
    grant: &ControlGrant,
    event: &InputEvent,
    clock: Clock,
    stop: &StopSwitch,
) -> Result<(), InputRefusal> {
    if !stop.lets_control() {
        return Err(InputRefusal::NoGrant);
    }
    grant.permits(clock.millis()).map_err(refusal)?;
    let injector = match injector {
        Some(injector) => injector,
        None => {
            let opened = Injector::open().map_err(|error| {
                tracing::warn!(%error, "input can't be carried out");
                InputRefusal::System
            })?;
            injector.insert(opened)
        }
    };
    injector.inject(grant, event, clock.millis()).map_err(|blocked| match blocked {
        Blocked::NoGrant | Blocked::Expired | Blocked::Revoked => InputRefusal::NoGrant,
        Blocked::QuestionOpen => InputRefusal::QuestionOpen,
        Blocked::OwnWindow => InputRefusal::OwnWindow,
        Blocked::Failed(why) => {
            tracing::warn!(%why, "the system refused an input");
            InputRefusal::System
        }
    })
}

fn refusal(refusal: Refusal) -> InputRefusal {
    match refusal {
        Refusal::Revoked | Refusal::Expired => InputRefusal::NoGrant,
        Refusal::QuestionOpen => InputRefusal::QuestionOpen,
    }
}
