//! One task that owns the session: everything that happens goes through it, so that nothing happens at once.
//!
//! In scope: driving `session::viewer::ViewerSession`, giving its outputs to streams, the picture, the board and scripts.
//! Not in scope: the rules (`session`), reading streams (`arrivals`), pixels (`picture`).
//!
//! | file | what |
//! | --- | --- |
//! | `mod` | the loop: what arrives, what a person wants, what the session says |
//! | `orders` | what a person or a script wants |
//! | `outputs` | what the session says |
//! | `updates` | updates and the picture |
//! | `monitors` | which of the customer's monitors are shown |
//! | `live` | what the board shows of it |

mod live;
mod monitors;
mod orders;
mod outputs;
mod updates;

use crate::{
    arrivals::{self, Arrival},
    board::Board,
    clock::Clock,
    dial::Dialed,
    failure::Failure,
    monitors::Monitors,
    outgoing::Outgoing,
    picture::{Picture, Report},
    reorder::{Reorder, Sealed},
    setup::Setup,
    state::{Command, Connecting, Notice},
};
use deskhand_identity::SecretKey;
use deskhand_link::{CloseCode, Connection};
use deskhand_paint::Parent;
use deskhand_session::{
    Code, Scope, Scopes,
    viewer::{Ending, ViewerConfig, ViewerInput, ViewerSession},
};
use deskhand_wire::control::Denial;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

pub(crate) use live::Shown;

/// Messages to the relay and on the control stream that wait to be written.
const MAX_WAITING_CONTROL: usize = 64;

/// How long the customer's machine may take to answer the end of a session.
const FAREWELL: std::time::Duration = std::time::Duration::from_millis(700);

/// What somebody wants done, and where to say that it is.
#[derive(Debug)]
pub(crate) struct Order {
    /// What.
    pub command: Command,
    /// Answered when it is really done, or with the reason why not.
    pub done: Option<oneshot::Sender<Result<(), String>>>,
}

impl From<Command> for Order {
    fn from(command: Command) -> Self {
        Self { command, done: None }
    }
}

/// Whom to help, and why.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// The customer's code.
    pub code: Code,
    /// The ticket.
    pub ticket: Option<String>,
    /// Why, in the technician's words.
    pub reason: Option<String>,
}

/// How it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The session ended, or never began.
    Ended(Ending),
    /// The very first question was answered with no.
    Refused(Denial),
}

/// What the conductor works for.
pub(crate) struct Audience {
    /// Where it shows what there is to see.
    pub board: Board,
    /// Where it tells a script what happened.
    pub notices: Option<mpsc::UnboundedSender<Notice>>,
    /// The window that the picture is painted in, when there is one.
    pub window: Option<Parent>,
    /// This program's clock.
    pub clock: Clock,
}

/// One session.
pub(crate) struct Conductor {
    session: ViewerSession,
    audience: Audience,
    connection: Connection,
    relay: Option<Outgoing>,
    control: Option<Outgoing>,
    input: Option<Outgoing>,
    inbox: arrivals::Inbox,
    picture: Arc<Picture>,
    updates: updates::Progress,
    reorder: Reorder,
    shown: Shown,
    monitors: Monitors,
    /// Who waits for a choice of a monitor to be so.
    looking: Vec<oneshot::Sender<Result<(), String>>>,
    outcome: Option<Outcome>,
    /// The farewell to the relay, kept for the very end.
    leave: Option<Vec<u8>>,
    tasks: tokio::task::JoinSet<()>,
}

/// Runs a session from the claim to its end.
///
/// # Errors
/// [`Failure`] when this computer can't begin it.
pub(crate) async fn run(
    setup: &Setup,
    dialed: Dialed,
    wish: Wish,
    audience: Audience,
    orders: &mut mpsc::Receiver<Order>,
    picture_ready: impl FnOnce(Arc<Picture>),
) -> Result<Outcome, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| Failure::local(format!("this computer gives no random numbers: {error}")))?;
    let statement = setup.statement.statement();
    let (reports, mut reported) = mpsc::unbounded_channel();
    let painted = audience.window.map(|parent| (parent, audience.board.waker()));
    let picture = Picture::start(reports, painted).map_err(|error| Failure::local(format!("the picture can't be decoded: {error}")))?;
    let picture = Arc::new(picture);
    picture_ready(picture.clone());
    let shown = Shown::new(&wish, &dialed, statement, &picture);
    let config = ViewerConfig {
        seed,
        key: SecretKey::from_seed(*setup.secret.tls.seed()),
        cosign: SecretKey::from_seed(*setup.secret.cosign.seed()),
        certificate: dialed.certificate,
        entered: dialed.entered,
        statement: setup.statement.clone(),
        relay: dialed.relay,
        code: wish.code,
        ticket: wish.ticket,
        reason: wish.reason,
        scopes: asked(&statement.policy.scopes),
    };
    let session = ViewerSession::new(config, audience.clock.now()).map_err(|error| Failure::usage(error.to_string()))?;

    let (inbox, mut arrived) = mpsc::channel(arrivals::MAX_WAITING_MESSAGES);
    let (sealed, mut updates) = mpsc::channel(1);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(arrivals::relay(dialed.greeting.reader, inbox.clone()));
    tasks.spawn(arrivals::datagrams(dialed.connection.clone(), inbox.clone()));
    tasks.spawn(arrivals::streams(dialed.connection.clone(), inbox.clone(), sealed));
    let conductor = Conductor {
        session,
        audience,
        connection: dialed.connection,
        relay: Some(Outgoing::start(dialed.greeting.writer, MAX_WAITING_CONTROL)),
        control: None,
        input: None,
        inbox,
        picture,
        updates: updates::Progress::default(),
        reorder: Reorder::default(),
        shown,
        monitors: Monitors::default(),
        looking: Vec::new(),
        outcome: None,
        leave: None,
        tasks,
    };
    Ok(conductor.conduct(orders, &mut arrived, &mut updates, &mut reported).await)
}

/// What is asked for at the start: everything the policy knows, so that one question is enough. The customer decides.
fn asked(policy: &[deskhand_identity::Scope]) -> Scopes {
    let allowed = |scope: Scope| policy.iter().any(|known| known.to_string() == scope.name());
    Scopes::of(Scope::ALL.into_iter().filter(|scope| allowed(*scope)))
}

impl Conductor {
    async fn conduct(
        mut self,
        orders: &mut mpsc::Receiver<Order>,
        arrived: &mut mpsc::Receiver<Arrival>,
        updates: &mut mpsc::Receiver<Sealed>,
        reported: &mut mpsc::UnboundedReceiver<Report>,
    ) -> Outcome {
        let connection = self.connection.clone();
        let mut ended_by: Vec<oneshot::Sender<Result<(), String>>> = Vec::new();
        let outcome = loop {
            self.obey().await;
            if let Some(outcome) = self.outcome.take() {
                break outcome;
            }
            self.show();
            let alarm = self.session.poll_timeout().map(|at| self.audience.clock.instant(at).into());
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order { command: Command::End, done }) => {
                        ended_by.extend(done);
                        self.tell(ViewerInput::End);
                    }
                    Some(order) => self.order(order),
                    // Nobody is there any more.
                    None => self.tell(ViewerInput::End),
                },
                Some(arrival) = arrived.recv() => self.arrival(arrival),
                Some(report) = reported.recv() => self.report(report),
                Some(update) = updates.recv(), if self.updates.has_room() => self.update(update),
                error = connection.closed() => {
                    tracing::info!(%error, "the line to the relay is cut");
                    self.tell(ViewerInput::LinkLost);
                }
                () = sleep_until(alarm), if alarm.is_some() => self.tell(ViewerInput::Timeout),
            }
        };
        self.close(arrived).await;
        for done in ended_by {
            let _gone = done.send(Ok(()));
        }
        outcome
    }

    /// Something happened that the session must know.
    fn tell(&mut self, input: ViewerInput) {
        if let Err(error) = self.session.handle(self.audience.clock.now(), input) {
            tracing::debug!(%error, "the session did not take this");
        }
    }

    fn arrival(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Relay(message) => self.tell(ViewerInput::Relay(message)),
            Arrival::Control(frame) => {
                self.tell(ViewerInput::Control { frame });
                // A key for updates that wait may have come.
                self.open_updates();
            }
            Arrival::ControlOver => {}
            Arrival::Cursor(header, frame) => match self.session.open_cursor(&header, &frame) {
                Ok(cursor) => self.pointer(cursor),
                Err(error) => tracing::debug!(%error, "a cursor message was not used"),
            },
            Arrival::Lost(reason) => {
                tracing::info!(reason, "the relay stream is over");
                self.tell(ViewerInput::LinkLost);
            }
        }
    }

    /// Last words, then the line is closed. The customer's machine hears the end from us before the relay hears that we
    /// leave: otherwise it would take a farewell for a cut line.
    async fn close(mut self, arrived: &mut mpsc::Receiver<Arrival>) {
        let alive = self.connection.over().is_none();
        for stream in [self.input.take(), self.control.take()].into_iter().flatten().filter(|_| alive) {
            stream.finish().await;
        }
        if alive && self.leave.is_some() {
            let heard = async {
                while let Some(arrival) = arrived.recv().await {
                    if matches!(arrival, Arrival::ControlOver | Arrival::Lost(_) | Arrival::Relay(_)) {
                        return;
                    }
                }
            };
            let _late = tokio::time::timeout(FAREWELL, heard).await;
        }
        if let Some(relay) = self.relay.take().filter(|_| self.connection.over().is_none()) {
            if let Some(leave) = self.leave.take() {
                let _full = relay.send(leave);
            }
            relay.finish().await;
        }
        self.tasks.abort_all();
        self.connection.close_and_flush(CloseCode::Done, "the session is over").await;
    }

    fn notice(&self, notice: Notice) {
        if let Some(notices) = &self.audience.notices {
            let _gone = notices.send(notice);
        }
    }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
}

/// What a connecting window shows first.
#[must_use]
pub(crate) fn connecting(relay: String, wish: &Wish) -> Connecting {
    Connecting { step: crate::state::Step::Relay, relay, nameplate: wish.code.nameplate().to_string(), notice: None }
}
