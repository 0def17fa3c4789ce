//! What a person or a script wants.
//!
//! In scope: turning orders into inputs of the session, answering when they are done. Not in scope: whether they may be done.

use super::{Conductor, Order};
use crate::state::Command;
use deskhand_session::{InputEvent, viewer::ViewerInput};
use tokio::sync::oneshot;

impl Conductor {
    pub(super) fn order(&mut self, order: Order) {
        let Order { command, done } = order;
        if let Command::Look(monitor) = command {
            return self.choose(monitor, done);
        }
        let result = match command {
            Command::Input(events) => {
                let result = self.act(events);
                if result.is_ok() {
                    self.emit();
                    return answer_when_written(self.input.as_ref().map(crate::outgoing::Outgoing::written), done);
                }
                result
            }
            Command::Request { scope, minutes, reason } => self.ask(ViewerInput::Request { scope, minutes, reason }),
            Command::Release => self.ask(ViewerInput::Release),
            Command::LetGo => self.ask(ViewerInput::FocusLost),
            Command::Look(_) | Command::End | Command::Unlock(_) | Command::Connect { .. } | Command::Again => {
                Err("not now: a session is running".into())
            }
        };
        if result.is_ok() {
            self.emit();
            return answer_when_written(self.control.as_ref().map(crate::outgoing::Outgoing::written), done);
        }
        if let Some(done) = done {
            let _gone = done.send(result);
        }
    }

    fn ask(&mut self, input: ViewerInput) -> Result<(), String> {
        self.session.handle(self.audience.clock.now(), input).map_err(|error| error.to_string())
    }

    /// Sends what was done, in order, until something can't be.
    fn act(&mut self, events: Vec<InputEvent>) -> Result<(), String> {
        let room = self.input.as_ref().map_or(0, crate::outgoing::Outgoing::room);
        // One place is kept for letting go of what is held.
        if room <= events.len() {
            let moves = events.iter().all(|event| matches!(event, InputEvent::Move { .. }));
            let text = if self.input.is_none() { "there is no session yet" } else { "the line is too slow: not done" };
            if !moves {
                self.shown.say(text.into(), self.audience.clock.mono_ms());
            }
            return Err(text.into());
        }
        for event in events {
            let silent = matches!(event, InputEvent::Move { .. }) || event.is_release();
            if let Err(blocked) = self.session.input(self.audience.clock.now(), event) {
                if !silent {
                    self.shown.say(blocked.to_string(), self.audience.clock.mono_ms());
                }
                return Err(blocked.to_string());
            }
        }
        Ok(())
    }
}

fn answer_when_written(written: Option<oneshot::Receiver<()>>, done: Option<oneshot::Sender<Result<(), String>>>) {
    let Some(done) = done else { return };
    let Some(written) = written else {
        let _gone = done.send(Err("there is no session yet".into()));
        return;
    };
    tokio::spawn(async move {
        let _gone = done.send(written.await.map_err(|_| "the line is cut".to_owned()));
    });
}
