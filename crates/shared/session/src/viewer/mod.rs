//! The technician's end of a session.
//!
//! In scope: the state machine's surface and its dispatch; each decision has a file of its own:
//!
//! | file | what it decides |
//! | --- | --- |
//! | `pairing` | who the other end is: nobody but the one who was told the code |
//! | `live` | grants, ticks, epochs, requests |
//! | `picture` | whether the picture is stale |
//! | `input`, `held` | what is sent, what is held back, what is let go |
//! | `updates` | which updates are opened |
//! | `witness` | which heads of the log are cosigned |

mod channels;
mod config;
mod event;
mod held;
mod input;
mod live;
mod pairing;
mod picture;
mod pointer;
mod updates;
mod witness;

pub use config::ViewerConfig;
pub use event::{Ending, ViewerInput, ViewerOutput};

use std::collections::VecDeque;

use deskhand_identity::SessionId;
use deskhand_seal::Seed;
use deskhand_wire::{
    Millis, Text,
    control::{Scope, Scopes, ViewerToHost},
    decode,
    limits::{MAX_CONTROL_FRAME, MAX_DISPLAYS, MAX_MINUTES, MAX_PAIR_FRAME, MAX_REASON, MAX_TICKET},
    pair::ControlFrame,
    relay::{RelayToViewer, ViewerToRelay},
    text::List,
};

use zeroize::Zeroize;

use crate::clock::Now;
use crate::error::{ApiMisuse, ViewerError};
use pairing::{ANSWER_MS, Stage};

/// An update whose seal was good, for the decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedUpdate {
    /// Its number.
    pub number: u64,
    /// Whether it needs nothing before it.
    pub key: bool,
    /// The update's bytes; still the word of an unknown machine, so they are decoded in the cage.
    pub bytes: Vec<u8>,
}

/// What a window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewerStatus {
    /// Whether host and viewer share keys.
    pub paired: bool,
    /// What is allowed now.
    pub granted: Scopes,
    /// When control ends by itself, on this program's monotonic clock.
    pub control_until: Option<Millis>,
    /// Whether the customer is being asked something.
    pub asking: bool,
    /// Whether the picture is stale and input is held back.
    pub stale: bool,
    /// The newest update that was opened.
    pub newest: u64,
    /// Whether the session is over.
    pub ended: bool,
}

/// How long the host's last words are waited for when the relay says that it is over, milliseconds.
const LAST_WORDS_MS: u64 = 500;

/// The technician's end of a session, from the code to the end.
///
/// Drive it so: after every `handle`, `open_*` and `input`, call [`poll_output`](Self::poll_output) until it is `None`;
/// when nothing happens, call `handle(now, ViewerInput::Timeout)` at [`poll_timeout`](Self::poll_timeout).
/// `now.mono_ms` must never go back.
pub struct ViewerSession {
    config: ViewerConfig,
    stage: Stage,
    /// When the customer's machine must have answered.
    deadline: Option<Millis>,
    /// The newest moment seen.
    latest: Millis,
    /// The relay says that it is over: why, and until when the host's last words are waited for.
    leaving: Option<(Millis, Ending)>,
    /// `Ended` was said; nothing follows.
    over: bool,
    seed: Seed,
    outputs: VecDeque<ViewerOutput>,
}

impl ViewerSession {
    /// Starts: claims the code's nameplate at the relay.
    ///
    /// # Errors
    /// [`ApiMisuse::OutOfRange`] when ticket or reason is too long, or no scope is asked for.
    pub fn new(mut config: ViewerConfig, now: Now) -> Result<Self, ApiMisuse> {
        if config.ticket.as_ref().is_some_and(|ticket| ticket.len() > MAX_TICKET) {
            return Err(ApiMisuse::OutOfRange("a ticket's name has at most 64 bytes"));
        }
        if config.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON) {
            return Err(ApiMisuse::OutOfRange("a reason has at most 240 bytes"));
        }
        if config.scopes.is_empty() {
            return Err(ApiMisuse::OutOfRange("ask for something"));
        }
        let seed = Seed::new(config.seed);
        config.seed.zeroize();
        let nameplate = Text::clipped(&config.code.nameplate().to_string());
        Ok(Self {
            config,
            stage: Stage::Claiming,
            deadline: Some(now.mono_ms.saturating_add(ANSWER_MS)),
            latest: now.mono_ms,
            leaving: None,
            over: false,
            seed,
            outputs: VecDeque::from([ViewerOutput::Relay(ViewerToRelay::Claim { nameplate })]),
        })
    }

    /// Time never goes back here, whatever the caller's clock does.
    fn at(&mut self, now: Now) -> Now {
        self.latest = self.latest.max(now.mono_ms);
        Now::new(self.latest, now.wall_ms)
    }

    /// Takes in what happened.
    ///
    /// # Errors
    /// [`ApiMisuse`] when the caller's own input makes no sense; nothing happened then. What the other end sends is
    /// never an error here: what breaks the protocol ends the session.
    pub fn handle(&mut self, now: Now, input: ViewerInput) -> Result<(), ApiMisuse> {
        let now = self.at(now);
        if matches!(self.stage, Stage::Ended) {
            return if matches!(input, ViewerInput::Timeout) { Ok(()) } else { Err(ApiMisuse::Ended) };
        }
        if self.deadline.is_some_and(|deadline| deadline <= now.mono_ms) {
            self.fail(ViewerError::NoAnswer);
            return Ok(());
        }
        if self.leaving.as_ref().is_some_and(|(at, _)| *at <= now.mono_ms)
            && let Some((_, ending)) = self.leaving.take()
        {
            self.finish(ending);
            return Ok(());
        }
        self.live_on_time(now);
        match input {
            ViewerInput::Relay(message) => self.relay_message(now, message),
            ViewerInput::Control { frame } => self.control_frame(now, &frame),
            ViewerInput::Request { scope, minutes, reason } => return self.request(now, scope, minutes, reason),
            ViewerInput::Release => {
                self.release_held(now);
                self.gives_back();
                self.send(now, &ViewerToHost::Release);
            }
            ViewerInput::Look { monitors } => return self.look(now, monitors),
            ViewerInput::FocusLost => self.release_held(now),
            ViewerInput::Shown { update } => self.shown(now, update),
            ViewerInput::PictureBroken => {
                if let Stage::Live(live) = &mut self.stage {
                    live.picture.broke();
                    self.watch(now);
                }
            }
            ViewerInput::LinkLost => self.finish(Ending::LinkLost),
            ViewerInput::End => {
                self.release_held(now);
                self.gives_back();
                self.send(now, &ViewerToHost::End);
                self.outputs.push_back(ViewerOutput::Relay(ViewerToRelay::Leave));
                self.finish(Ending::Technician);
            }
            ViewerInput::Timeout => {}
        }
        Ok(())
    }

    fn relay_message(&mut self, now: Now, message: RelayToViewer) {
        match message {
            RelayToViewer::Claimed { peer, session } => self.claimed(now, peer, SessionId::from_bytes(session)),
            RelayToViewer::NotClaimed(refusal) => {
                if matches!(self.stage, Stage::Claiming) {
                    self.fail(ViewerError::Claim(refusal));
                }
            }
            RelayToViewer::HostLeft => self.leave(now, Ending::HostLeft),
            RelayToViewer::Dismissed | RelayToViewer::Closing => self.leave(now, Ending::Dismissed),
        }
    }

    fn control_frame(&mut self, now: Now, frame: &[u8]) {
        let live = matches!(self.stage, Stage::Live(_));
        match decode::<ControlFrame>(frame, if live { MAX_CONTROL_FRAME } else { MAX_PAIR_FRAME }) {
            Ok(ControlFrame::Pair(message)) => self.pair_message(now, frame, message),
            Ok(ControlFrame::Sealed(sealed)) => self.sealed(now, &sealed),
            // With keys, what can't be read came from between the ends: it changes nothing.
            Err(_) if live => {}
            Err(_) => self.fail(ViewerError::PeerMisbehaved("a message can't be read")),
        }
    }

    fn request(&mut self, now: Now, scope: Scope, minutes: u16, reason: Option<String>) -> Result<(), ApiMisuse> {
        if minutes == 0 || minutes > MAX_MINUTES {
            return Err(ApiMisuse::OutOfRange("minutes are 1 to 480"));
        }
        let reason = reason.map(Text::new).transpose().map_err(|_| ApiMisuse::OutOfRange("a reason has at most 240 bytes"))?;
        let Stage::Live(live) = &mut self.stage else {
            return Err(ApiMisuse::OutOfRange("nothing can be asked for before host and viewer are paired"));
        };
        live.witness.asks(scope);
        self.send(now, &ViewerToHost::Request { scope, minutes, reason });
        Ok(())
    }

    fn gives_back(&mut self) {
        if let Stage::Live(live) = &mut self.stage {
            live.witness.gives_back();
        }
    }

    fn look(&mut self, now: Now, monitors: Vec<[u32; 4]>) -> Result<(), ApiMisuse> {
        if monitors.len() > MAX_DISPLAYS {
            return Err(ApiMisuse::OutOfRange("a host names at most 16 monitors"));
        }
        self.send(now, &ViewerToHost::Look { monitors: List::clipped(monitors) });
        Ok(())
    }

    fn shown(&mut self, now: Now, update: u64) {
        let Stage::Live(live) = &mut self.stage else { return };
        if update > live.shown && update <= live.screen.newest() {
            live.shown = update;
            self.send(now, &ViewerToHost::Shown { update });
        }
    }

    /// The relay says that it is over: the host's last words come another way and say why, so they get a moment.
    fn leave(&mut self, now: Now, ending: Ending) {
        let at = now.mono_ms.saturating_add(LAST_WORDS_MS);
        self.leaving.get_or_insert((at, ending));
    }

    /// The end: keys are wiped, nothing is sent any more.
    fn finish(&mut self, ending: Ending) {
        self.stage = Stage::Ended;
        self.deadline = None;
        self.leaving = None;
        if !std::mem::replace(&mut self.over, true) {
            self.outputs.push_back(ViewerOutput::Ended(ending));
        }
    }

    /// The next thing to do, in order; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<ViewerOutput> {
        self.outputs.pop_front()
    }

    /// When to call `handle` with [`ViewerInput::Timeout`] if nothing else happens, on the monotonic clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        let leaving = self.leaving.as_ref().map(|(at, _)| *at);
        [self.deadline, leaving, self.live_due()].into_iter().flatten().min()
    }

    /// What a window shows.
    #[must_use]
    pub fn status(&self) -> ViewerStatus {
        let mut status = ViewerStatus {
            paired: false,
            granted: Scopes::NONE,
            control_until: None,
            asking: false,
            stale: false,
            newest: 0,
            ended: matches!(self.stage, Stage::Ended),
        };
        if let Stage::Live(live) = &self.stage {
            status.paired = true;
            status.granted = live.granted(self.latest);
            status.control_until = live.control(self.latest).and_then(|grant| grant.until);
            status.asking = live.asking;
            status.stale = live.stale;
            status.newest = live.screen.newest();
        }
        status
    }
}

/// A technician's program that was changed to send whatever it likes.
#[cfg(test)]
impl ViewerSession {
    /// Any sealed control message.
    pub(crate) fn evil_control(&mut self, message: &ViewerToHost) -> Option<Vec<u8>> {
        let Stage::Live(live) = &mut self.stage else { return None };
        match message {
            ViewerToHost::Request { scope, .. } => live.witness.asks(*scope),
            ViewerToHost::Release | ViewerToHost::End => live.witness.gives_back(),
            _ => {}
        }
        live.channels.control(message).ok()
    }

    /// Any sealed input message.
    pub(crate) fn evil_input(&mut self, message: &deskhand_wire::input::InputMessage) -> Option<Vec<u8>> {
        let Stage::Live(live) = &mut self.stage else { return None };
        live.witness.sends(&message.event);
        live.channels.input(message).ok()
    }

    /// No cosignature any more.
    pub(crate) fn evil_silence(&mut self) {
        if let Stage::Live(live) = &mut self.stage {
            live.witness.silent = true;
        }
    }

    /// The newest tick and the number of the control grant.
    pub(crate) fn tick_and_grant(&self) -> (u64, u32) {
        let Stage::Live(live) = &self.stage else { return (0, 0) };
        (live.picture.newest_tick(), live.control(self.latest).map_or(0, |grant| grant.number))
    }
}
