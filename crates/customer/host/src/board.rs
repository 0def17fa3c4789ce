//! Where the conductor puts what is so, and where a front leaves what the customer wants.
//!
//! In scope: the two directions between one conductor and one front. Neither ever waits for the other. A stop pulls the session's
//! switch on the front's own thread, before anything is queued. Not in scope: what a command leads to.

use crate::{
    snapshot::{Command, Snapshot},
    stop::StopSwitch,
};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Commands that wait for the conductor. People are slow; a front that fills this is broken.
const MAX_WAITING_COMMANDS: usize = 64;

/// Called with every snapshot, on the conductor's thread; must return at once.
pub type Publish = Box<dyn FnMut(Arc<Snapshot>) + Send>;

/// A front's way to say what the customer wants. Clones are one.
#[derive(Clone, Debug)]
pub struct Commands {
    queue: mpsc::Sender<Command>,
    stop: Arc<Mutex<StopSwitch>>,
}

/// The conductor's end.
#[derive(Debug)]
pub struct Wishes {
    queue: mpsc::Receiver<Command>,
    stop: Arc<Mutex<StopSwitch>>,
}

/// Both ends.
pub fn board() -> (Commands, Wishes) {
    let (sender, queue) = mpsc::channel(MAX_WAITING_COMMANDS);
    let stop = Arc::new(Mutex::new(StopSwitch::default()));
    (Commands { queue: sender, stop: stop.clone() }, Wishes { queue, stop })
}

impl Commands {
    /// Leaves a command. A stop works at once, whatever the conductor and the network do.
    pub fn send(&self, command: Command) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match &command {
            Command::Stop(_) | Command::Quit => stop.stop_everything(),
            Command::StopControl(_) => stop.stop_control(),
            _ => {}
        }
        if let Err(error) = self.queue.try_send(command) {
            tracing::debug!(%error, "a command of the customer was dropped");
        }
    }
}

impl Wishes {
    /// The next command, `None` when the front is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Command> {
        self.queue.recv().await
    }

    /// A new session begins: this is its switch.
    pub fn use_switch(&self, switch: StopSwitch) {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner) = switch;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_session::AnswerInput;

    #[test]
    fn a_stop_works_before_anybody_takes_the_command() {
        let (commands, wishes) = board();
        let switch = StopSwitch::default();
        wishes.use_switch(switch.clone());
        commands.send(Command::StopControl(AnswerInput::Pointer));
        assert!(switch.lets_see() && !switch.lets_control());
        commands.send(Command::Stop(AnswerInput::Pointer));
        assert!(!switch.lets_see());
    }

    #[test]
    fn a_stop_works_even_when_the_queue_is_full() {
        let (commands, wishes) = board();
        let switch = StopSwitch::default();
        wishes.use_switch(switch.clone());
        for _ in 0..=MAX_WAITING_COMMANDS {
            commands.send(Command::NewCode);
        }
        commands.send(Command::Stop(AnswerInput::Key));
        assert!(!switch.lets_see());
    }
}
