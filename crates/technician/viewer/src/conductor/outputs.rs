//! What the session says is to be done.
//!
//! In scope: frames to their streams, changes to the board, notices to scripts. Not in scope: why.

use super::{Conductor, MAX_WAITING_CONTROL, Outcome};
use crate::{
    arrivals,
    failure::denial_text,
    outgoing::Outgoing,
    state::{Notice, Step, refusal},
};
use deskhand_session::{
    Scope,
    viewer::{Ending, ViewerInput, ViewerOutput},
};
use deskhand_wire::{PeerId, encode, limits::MAX_WAITING_INPUT, relay::ViewerToRelay, stream::StreamHead};

impl Conductor {
    /// Does what the session says, streams included.
    pub(super) async fn obey(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                ViewerOutput::OpenStreams { peer } => self.open_streams(peer).await,
                other => self.output(other),
            }
        }
    }

    /// Does what the session says, as far as it needs no waiting; the rest is left to [`Self::obey`]. Before the streams
    /// are open nothing that comes here can be sent, so nothing overtakes their opening.
    pub(super) fn emit(&mut self) {
        while self.control.is_some() {
            let Some(output) = self.session.poll_output() else { return };
            self.output(output);
        }
    }

    async fn open_streams(&mut self, peer: PeerId) {
        let control = self.connection.open_bi(StreamHead::Control { peer }).await;
        let input = self.connection.open_bi(StreamHead::Input { peer }).await;
        match (control, input) {
            (Ok((control, from_host)), Ok((input, nothing))) => {
                self.tasks.spawn(arrivals::control(from_host, self.inbox.clone()));
                // Nothing comes back on the input stream; it is kept open so that nobody takes its end for an answer.
                self.tasks.spawn(async move {
                    let mut nothing = nothing;
                    while let Ok(Some(_)) = nothing.chunk().await {}
                });
                self.control = Some(Outgoing::start(control, MAX_WAITING_CONTROL));
                self.input = Some(Outgoing::start(input, MAX_WAITING_INPUT));
                self.shown.step(Step::Pairing);
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::info!(%error, "the session's streams can't be opened");
                self.tell(ViewerInput::LinkLost);
            }
        }
    }

    fn output(&mut self, output: ViewerOutput) {
        let now = self.audience.clock.mono_ms();
        let sent = match output {
            ViewerOutput::Relay(message @ ViewerToRelay::Leave) => {
                self.leave = Some(encode(&message));
                true
            }
            ViewerOutput::Relay(message) => self.relay.as_ref().is_some_and(|relay| relay.send(encode(&message))),
            ViewerOutput::Control { frame } => self.control.as_ref().is_some_and(|control| control.send(frame)),
            ViewerOutput::Input { frame } => self.input.as_ref().is_some_and(|input| input.send(frame)),
            other => {
                self.change(other, now);
                true
            }
        };
        if !sent {
            // A stream that takes no more is a line that is cut.
            self.tell(ViewerInput::LinkLost);
        }
    }

    fn change(&mut self, output: ViewerOutput, now: u64) {
        match output {
            ViewerOutput::Paired { session } => {
                self.shown.paired(session.to_string());
                self.notice(Notice::Paired { session: session.to_string() });
            }
            ViewerOutput::Asking { scopes } => {
                self.shown.step(Step::Asking);
                self.notice(Notice::Asking(scopes));
            }
            ViewerOutput::Granted { scopes, .. } => {
                self.shown.granted();
                self.shown.step(Step::Picture);
                self.notice(Notice::Granted(scopes));
            }
            ViewerOutput::Denied { scopes, why } => {
                if !self.shown.was_granted() && scopes.has(Scope::View) {
                    // The very first question: there is nothing left to wait for.
                    self.outcome = Some(Outcome::Refused(why));
                    self.tell(ViewerInput::End);
                    return;
                }
                self.shown.say(denial_text(why).to_owned(), now);
                self.notice(Notice::Denied(scopes, why));
            }
            ViewerOutput::Revoked { scopes, by } => {
                self.shown.revoked(scopes, by, now);
                self.notice(Notice::Revoked(scopes, by));
            }
            ViewerOutput::Stale(stale) => {
                self.shown.stale(stale, now);
                self.notice(Notice::Stale(stale));
            }
            ViewerOutput::InputRefused { count, why } => {
                let (reason, text) = refusal(why);
                self.shown.say(text.to_owned(), now);
                self.notice(Notice::InputRefused { count, reason });
            }
            // The picture itself says how large it is; where the monitors are it can't say.
            ViewerOutput::Screen { width, height, displays } => self.screen(width, height, &displays),
            ViewerOutput::Looked { monitors, update } => self.looked(&monitors, update),
            ViewerOutput::Ended(ending) => self.end(ending),
            ViewerOutput::Relay(_) | ViewerOutput::Control { .. } | ViewerOutput::Input { .. } | ViewerOutput::OpenStreams { .. } => {}
        }
    }

    fn end(&mut self, ending: Ending) {
        // A refusal that led to the end says more than the end.
        self.outcome.get_or_insert(Outcome::Ended(ending));
    }
}
