//! One session from its code to its end: the task that owns the state machine.
//!
//! In scope: feeding [`HostSession`] what happened and carrying out what it says. Nothing in here waits for the network: everything
//! goes through bounded queues. Not in scope: decisions (`session`), pages ([`super::show`]), connecting ([`super`]).

mod outputs;

use super::{
    line::{Line, LineEvent, LogState, MAX_WAITING_EVENTS, Outbox},
    sender::Sending,
    show::{self, Beside},
};
use crate::{
    board::{Publish, Wishes},
    clock::Clock,
    domain::Check,
    effector::Effector,
    pipeline::{self, Encoded, FromPipeline, Pipeline, gate::ViewGate},
    receipt::{self, Receipt},
    snapshot::{Command, Ended, Reason},
    stop::StopSwitch,
    stop_key::StopKey,
};
use deskhand_capture::Kind;
use deskhand_session::{
    AnswerInput, ApiMisuse, SealRefusal,
    host::{Customer, HostInput, HostSession, Link, OutgoingUpdate},
};
use deskhand_wire::{Millis, PeerId, control::InputRefusal, relay::AuditToHost};
use std::{collections::HashMap, sync::Arc};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, sleep_until},
};

/// What a session runs with.
pub(super) struct Parts {
    pub(super) session: HostSession,
    /// What the organisation's domain says.
    pub(super) check: Check,
    pub(super) line: Line,
    pub(super) events: (Sender<LineEvent>, Receiver<LineEvent>),
    pub(super) clock: Clock,
    pub(super) stop: StopSwitch,
    pub(super) capture: Kind,
    /// A code that is over ends the session: nobody is there to ask for another.
    pub(super) one_code: bool,
    /// Takes the stop key; it leaves its stop where the front leaves its commands.
    pub(super) stop_key: Option<Box<dyn Fn() + Send + Sync>>,
}

/// How it went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) ended: Ended,
    /// The customer said no.
    pub(super) denied: bool,
    /// The program is to end too.
    pub(super) quit: bool,
    /// The customer wants another code at once.
    pub(super) again: bool,
    /// What the customer may keep, when somebody was there and the log has its end.
    pub(super) receipt: Option<Receipt>,
}

pub(super) struct Attended {
    session: HostSession,
    check: Check,
    line: Line,
    events: Receiver<LineEvent>,
    from_pipeline: Receiver<FromPipeline>,
    to_conductor: Sender<FromPipeline>,
    refused: Receiver<(PeerId, InputRefusal)>,
    clock: Clock,
    stop: StopSwitch,
    capture: Kind,
    one_code: bool,
    sending: Sending,
    effector: Effector,
    gate: ViewGate,
    pipeline: Option<Pipeline>,
    controls: HashMap<PeerId, Outbox>,
    round_trips: super::round_trip::RoundTrips,
    on_stop_key: Option<Arc<dyn Fn() + Send + Sync>>,
    stop_key: Option<StopKey>,
    beside: Beside,
    /// A yes that came before the pause was over, from a script.
    early: Option<(Millis, Customer)>,
    reason: Option<Reason>,
    was_seen: bool,
    denied: bool,
    log: LogState,
    ended: bool,
    quit: bool,
    again: bool,
}

impl Attended {
    pub(super) fn new(parts: Parts) -> std::io::Result<Self> {
        let (to_conductor, from_pipeline) = mpsc::channel(pipeline::MAX_WAITING);
        let (refusals, refused) = mpsc::channel(MAX_WAITING_EVENTS);
        let (events_in, events) = parts.events;
        let tell = move |peer, why| {
            // The session counts refusals; one that finds no room is one among many.
            let _ = refusals.try_send((peer, why));
        };
        let effector = Effector::start(parts.clock, parts.stop.clone(), Box::new(tell))?;
        Ok(Self {
            sending: Sending::start(parts.line.connection.clone(), events_in),
            gate: ViewGate::new(parts.stop.clone(), parts.clock),
            session: parts.session,
            check: parts.check,
            line: parts.line,
            events,
            from_pipeline,
            to_conductor,
            refused,
            clock: parts.clock,
            stop: parts.stop,
            capture: parts.capture,
            one_code: parts.one_code,
            effector,
            pipeline: None,
            controls: HashMap::new(),
            round_trips: super::round_trip::RoundTrips::default(),
            on_stop_key: parts.stop_key.map(Arc::from),
            stop_key: None,
            beside: Beside::default(),
            early: None,
            reason: None,
            was_seen: false,
            denied: false,
            log: LogState::default(),
            ended: false,
            quit: false,
            again: false,
        })
    }

    /// Runs the session to its end and closes the line.
    pub(super) async fn run(mut self, wishes: &mut Wishes, publish: &mut Publish) -> Outcome {
        let mut last = None;
        loop {
            self.carry_out();
            if self.ended {
                break;
            }
            let snapshot = show::snapshot(&self.session.status(), &self.beside, self.clock);
            if last.as_ref() != Some(&snapshot) {
                last = Some(snapshot.clone());
                publish(Arc::new(snapshot));
            }
            self.next(wishes).await;
        }
        let ended = Ended {
            reason: self.reason.unwrap_or(Reason::Customer),
            session: self.session.session().to_string(),
            was_seen: self.was_seen,
            receipt: None,
        };
        // The customer is told before the network is waited for.
        let (denied, quit, again) = (self.denied, self.quit, self.again);
        self.beside.ended = Some(ended.clone()).filter(|_| !again);
        publish(Arc::new(show::snapshot(&self.session.status(), &self.beside, self.clock)));
        let receipt = self.close().await;
        Outcome { ended, denied, quit, again, receipt }
    }

    async fn next(&mut self, wishes: &mut Wishes) {
        let deadline = self.session.poll_timeout().into_iter().chain(self.early.map(|(at, _)| at)).min();
        let deadline = deadline.map(|at| Instant::from_std(self.clock.instant(at)));
        let timer = async move {
            match deadline {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            command = wishes.next() => self.command(command.unwrap_or(Command::Quit)),
            event = self.events.recv() => match event {
                Some(event) => self.line_event(event),
                None => self.feed(HostInput::Link(Link::Gone)),
            },
            Some(what) = self.from_pipeline.recv() => self.pipeline_event(what),
            Some((peer, why)) = self.refused.recv() => self.feed(HostInput::NotInjected { peer, why }),
            standing = self.check.news() => self.feed(HostInput::Standing(standing)),
            () = timer => self.time(),
        }
    }

    fn feed(&mut self, input: HostInput) {
        if let Err(error) = self.session.handle(self.clock.now(), input) {
            tracing::debug!(%error, "the session did not take an input");
        }
    }

    fn time(&mut self) {
        let now = self.clock.millis();
        if let Some((_, answer)) = self.early.take_if(|(at, _)| *at <= now) {
            self.customer(answer);
        }
        self.feed(HostInput::Timeout);
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::NewCode => self.new_code(),
            Command::Answer { question, scopes, input, recorded } => {
                self.early = None;
                if !recorded {
                    self.customer(Customer::Recording { wanted: false });
                }
                self.denied = scopes.is_empty() && !self.was_seen;
                self.customer(Customer::Answer { question, allow: scopes, how: input });
            }
            Command::StopControl(how) => self.customer(Customer::TakeControlBack { how }),
            Command::Stop(how) => self.stop(Customer::Stop { how }),
            Command::Quit => {
                self.quit = true;
                self.stop(Customer::Stop { how: AnswerInput::Pointer });
            }
            Command::Copy(_) | Command::Retry | Command::SaveReceipt => {}
        }
    }

    /// A code that still works is given up with its session: the next one has a key of its own.
    fn new_code(&mut self) {
        if let Err(ApiMisuse::CodeInUse) = self.session.handle(self.clock.now(), HostInput::Customer(Customer::NewCode)) {
            self.again = true;
            self.stop(Customer::Stop { how: AnswerInput::Pointer });
        }
    }

    /// Grants first, then capture and input, then the network.
    fn stop(&mut self, stop: Customer) {
        self.stop.stop_everything();
        self.customer(stop);
        self.pipeline = None;
        self.effector.release_all();
    }

    fn customer(&mut self, customer: Customer) {
        match self.session.handle(self.clock.now(), HostInput::Customer(customer)) {
            Ok(()) => {}
            Err(ApiMisuse::TooEarly(ms)) => self.early = Some((self.clock.millis() + ms, customer)),
            Err(error) => tracing::debug!(%error, "the session did not take what the customer said"),
        }
    }

    fn line_event(&mut self, event: LineEvent) {
        match event {
            LineEvent::Relay(message) => self.feed(HostInput::Relay(message)),
            LineEvent::Audit(message) => {
                if let AuditToHost::Acked { leaves, checkpoint } = &message {
                    self.log.acked(*leaves, *checkpoint);
                }
                self.feed(HostInput::Audit(message));
            }
            LineEvent::ControlOpened(peer, outbox) => {
                self.controls.insert(peer, outbox);
            }
            LineEvent::Control(peer, frame) => self.feed(HostInput::Control { peer, frame }),
            LineEvent::Input(peer, frame) => self.feed(HostInput::Input { peer, frame }),
            LineEvent::Delivered(number) => {
                if let Some(pipeline) = &self.pipeline {
                    pipeline.delivered(number);
                }
            }
            LineEvent::Gone(error) => {
                tracing::warn!(%error, "the line to the relay is gone");
                self.feed(HostInput::Link(Link::Gone));
            }
        }
    }

    fn pipeline_event(&mut self, what: FromPipeline) {
        match what {
            FromPipeline::Screen(screen) => self.feed(HostInput::Screen(screen)),
            FromPipeline::Update(update) => self.send_update(&update),
            FromPipeline::Cursor(telling) => match self.session.seal_cursor(self.clock.now(), &telling.message) {
                Ok(frame) => self.sending.cursor(frame, telling.surely),
                Err(error) => tracing::trace!(%error, "a pointer message is not sent"),
            },
            FromPipeline::Looked { monitors, update } => self.feed(HostInput::Looked { monitors, update }),
            FromPipeline::Failed(why) => {
                tracing::warn!(why, "the screen can't be captured any more");
                self.feed(HostInput::CaptureFailed);
            }
        }
    }

    fn send_update(&mut self, update: &Encoded) {
        let outgoing = OutgoingUpdate {
            number: update.number,
            key: update.key,
            captured_at: update.captured_at,
            changed: &update.changed,
            bytes: &update.bytes,
        };
        match self.session.seal_update(self.clock.now(), &outgoing) {
            Ok(frame) => {
                self.round_trips.sent(update.number, self.clock.millis());
                if !self.sending.update(update.number, frame) {
                    // The bound is named and the pacing keeps below it: a line that still has no room is no line.
                    tracing::warn!(number = update.number, "an update found no room");
                    self.feed(HostInput::Link(Link::Gone));
                }
            }
            Err(SealRefusal::NotAllowed) => {}
            Err(error) => {
                tracing::debug!(%error, number = update.number, "an update is not sent");
                self.request_key();
            }
        }
    }

    fn request_key(&self) {
        if let Some(pipeline) = &self.pipeline {
            pipeline.request_key();
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.session.poll_output() {
            self.output(output);
        }
    }

    /// Lets the last messages arrive, within limits, and says goodbye.
    async fn close(self) -> Option<Receipt> {
        let Self { mut session, line, mut events, controls, clock, log, .. } = self;
        let controls = controls.into_values().collect();
        let heard = |message| {
            if let Err(error) = session.handle(clock.now(), HostInput::Audit(message)) {
                tracing::debug!(%error, "a last word about the log is not taken in");
            }
        };
        line.close(controls, &mut events, log, heard).await;
        receipt::of(&session, &session.status().organisation)
    }
}
