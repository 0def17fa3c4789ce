//! `deskhand-relay serve`: listens, lets clients in, and ends in order.
//!
//! In scope: start, the accept loop, housekeeping, shutdown. Not in scope: what a client does inside (`host`, `viewer`).
//! The organisation's key is never opened here.

pub mod admission;
pub mod directory;
mod entries;
pub mod options;
mod ready;
mod reception;
mod retention;
pub mod witness;

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use deskhand_audit::bundle::halves_of;
use deskhand_link::{Caps, CloseCode, LinkError, Listener};
use deskhand_wire::relay::{RelayToHost, RelayToViewer};
use thiserror::Error;
use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::{MissedTickBehavior, interval, timeout},
};

use self::{directory::Directory, options::ServeOptions};
use crate::{
    admin::{
        AdminError,
        store::{RelayKeys, Running, ServingLock, clear_running, load_relay_keys, write_running},
    },
    clock,
    index::Index,
    live::Session,
    pairing::nameplates::{Nameplates, REST_MS},
    relay::{MAX_SESSIONS, Relay},
    store::{self, organisation::Ledger, quota::Quota, shred},
    within,
};

/// A new leaf is shown this often; one is valid for 90 days.
const RENEW_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often the running file is looked after.
const RUNNING_EVERY: Duration = Duration::from_secs(2);

/// Sessions have this long to end in order when the relay is stopped.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a relay did not start, or stopped by itself.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The data folder does not say what is needed, or is in use.
    #[error(transparent)]
    Data(#[from] AdminError),
    /// The address cannot be used.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The index cannot be used.
    #[error("the index in the data folder cannot be used: {0}; it can be deleted and is made again")]
    Index(#[from] sqlx::Error),
    /// The system said no.
    #[error("{what}: {reason}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        reason: io::Error,
    },
}

impl ServeError {
    /// Exit code: 1 failed, 2 usage, 3 refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Data(error) => error.exit_code(),
            _ => 1,
        }
    }

    fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |reason| Self::System { what, reason }
    }
}

/// Serves until SIGTERM or SIGINT (Ctrl-C).
///
/// # Errors
/// Why it did not start.
pub async fn run(options: &ServeOptions) -> Result<(), ServeError> {
    let server = Server::start(options).await?;
    stop_signal().await.map_err(ServeError::system("signals"))?;
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// A relay that listens.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    relay: Arc<Relay>,
    listener: Arc<Listener>,
    clients: watch::Sender<bool>,
    tasks: JoinSet<()>,
    _lock: ServingLock,
}

impl Server {
    /// Starts a relay: takes the data folder, puts what a killed relay left in order, listens, says that it is ready.
    /// Dropped without [`Self::stop`] it stops like a killed one.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start(options: &ServeOptions) -> Result<Self, ServeError> {
        let (data, shred) = (options.data.clone(), options.shred.clone());
        let Prepared { lock, directory, keys, used, shred, ledger } =
            spawn_blocking(move || prepare(&data, shred)).await.map_err(|error| ServeError::system("preparing")(error.into()))??;
        let index = Index::open(&options.data).await?;
        let since = clock::wall_ms().saturating_sub(REST_MS);
        let nameplates = Nameplates::resume(index.nameplates(since).await?);
        let quota = Quota::new(options.quota, options.session_quota, used);
        let directory = Arc::new(directory);
        let relay =
            Arc::new(Relay::new((options.data.clone(), shred), (keys.cosign.clone(), ledger), directory.clone(), index, quota, nameplates));

        let listener = Arc::new(Listener::bind(options.listen, &keys.relay, Caps::default())?);
        let address = listener.local_address().map_err(ServeError::system("the listening socket"))?;
        let running = Running {
            pid: std::process::id(),
            listen: address.to_string(),
            started_ms: clock::wall_ms(),
            live_sessions: 0,
            capacity: MAX_SESSIONS as u64,
        };
        write_running(&options.data, &running)?;
        if let Some(file) = &options.ready_file {
            ready::write(file, address).map_err(ServeError::system(format!("{}", file.display())))?;
        }
        tracing::info!(%address, organisation = %directory.current().statement.statement().organisation.name, "listening");

        let (clients, open) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(relay.clone(), listener.clone(), open));
        tasks.spawn(async move {
            if let Err(error) = directory.keep_fresh().await {
                tracing::error!(%error, "changes of the data folder are no longer seen");
            }
        });
        tasks.spawn(renew(listener.clone(), keys));
        tasks.spawn(say_running(relay.clone(), running));
        tasks.spawn(retention::keep(relay.clone()));
        for witness in &options.witness {
            tasks.spawn(witness::keep(relay.clone(), witness.clone()));
        }
        Ok(Self { address, relay, listener, clients, tasks, _lock: lock })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells everyone, lets sessions be stored, closes.
    pub async fn stop(mut self) {
        self.clients.send_replace(false);
        let sessions = self.relay.live.sessions();
        for session in &sessions {
            session.tell_host(RelayToHost::Closing);
            for viewer in session.viewers() {
                // A viewer that does not read hears it from the close.
                let _full = viewer.messages.try_send(RelayToViewer::Closing);
            }
        }
        // Hosts write the end of their logs now and close.
        settle(&sessions).await;
        self.listener.close(CloseCode::Stopping, "the relay is being stopped");
        settle(&sessions).await;
        let _late = timeout(STOP_TIMEOUT, self.listener.drained()).await;
        self.tasks.shutdown().await;
        self.relay.index.close().await;
        if let Err(error) = clear_running(&self.relay.data) {
            tracing::warn!(%error, "what said that the relay runs cannot be taken away");
        }
    }
}

/// Waits until these sessions are stored, a while for all of them together.
async fn settle(sessions: &[Arc<Session>]) {
    let end = Instant::now() + STOP_TIMEOUT;
    for session in sessions {
        let left = end.saturating_duration_since(Instant::now());
        within(left, &mut session.settled.subscribe(), |settled| *settled).await;
    }
}

/// What a relay starts with.
struct Prepared {
    lock: ServingLock,
    directory: Directory,
    keys: RelayKeys,
    used: u64,
    shred: PathBuf,
    ledger: Arc<Ledger>,
}

/// Everything at the start that blocks.
fn prepare(data: &Path, shred: Option<PathBuf>) -> Result<Prepared, ServeError> {
    let mut directory = Directory::open(data)?;
    let lock = ServingLock::take(data)?;
    let keys = load_relay_keys(data)?;
    keys.entry(directory.current().statement.statement())?;
    let (used, open) = store::survey(data).map_err(ServeError::system("the session folders"))?;
    let organisation = directory.current().statement.statement().organisation.clone();
    let ledger = Ledger::open(data, keys.relay.clone(), organisation.key, organisation.domain);
    let ledger = Arc::new(ledger.map_err(ServeError::system("the organisation's log"))?);
    directory.enter_in(ledger.clone()).map_err(ServeError::system("the organisation's log"))?;
    for folder in open {
        tracing::info!(folder = %folder.display(), "putting in order what a killed relay left");
        if let Err(error) = store::give_up(&folder, &ledger) {
            tracing::error!(folder = %folder.display(), %error, "this session's folder cannot be put in order");
        }
    }
    let no_shred = "the folder of the recording keys' halves (--shred)";
    let shred = shred.map_or_else(|| halves_of(data), Ok).map_err(ServeError::system(no_shred))?;
    shred::open(&shred, data).map_err(ServeError::system(format!("{no_shred}, {}", shred.display())))?;
    Ok(Prepared { lock, directory, keys, used, shred, ledger })
}

async fn accept(relay: Arc<Relay>, listener: Arc<Listener>, mut open: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    let mut taking = true;
    loop {
        tokio::select! {
            incoming = listener.accept(), if taking => match incoming {
                Some(incoming) => {
                    clients.spawn(reception::receive(relay.clone(), incoming));
                }
                None => taking = false,
            },
            changed = open.changed(), if taking => taking = changed.is_ok() && *open.borrow(),
            Some(_) = clients.join_next(), if !clients.is_empty() => {}
            else => return,
        }
    }
}

async fn renew(listener: Arc<Listener>, keys: RelayKeys) {
    let mut every = interval(RENEW_EVERY);
    every.tick().await;
    loop {
        every.tick().await;
        if let Err(error) = listener.renew_leaf(&keys.relay) {
            tracing::error!(%error, "the TLS leaf cannot be renewed; the old one is still shown");
        }
    }
}

/// Keeps the running file true: written when a number changed, looked at rarely.
async fn say_running(relay: Arc<Relay>, mut running: Running) {
    let mut every = interval(RUNNING_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let started = Instant::now();
    loop {
        every.tick().await;
        let live = relay.live.len() as u64;
        if live == running.live_sessions {
            continue;
        }
        running.live_sessions = live;
        let (data, running) = (relay.data.clone(), running.clone());
        let written = spawn_blocking(move || write_running(&data, &running)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(%error, after = ?started.elapsed(), "the running file cannot be written");
        }
    }
}

#[cfg(unix)]
async fn stop_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn stop_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
