//! A host's connection, from its welcome to its end.
//!
//! In scope: nameplates, presence, the tasks around one session, ending in order. Not in scope: bytes of updates
//! (`forward`), the log (`audit`), storing (`store`).

use std::{sync::Arc, time::Duration};

use deskhand_identity::{PublicKey, Session as SessionKey, SessionId};
use deskhand_link::{CloseCode, Connection, FrameReader, FrameWriter, LinkError};
use deskhand_wire::{
    Text,
    limits::MAX_RELAY_FRAME,
    relay::{HostToRelay, RelayToHost},
    stream::StreamHead,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use crate::{
    audit, clock,
    forward::updates::{self, Updates},
    index::SessionRow,
    live::{MAX_UNREAD, Session},
    relay::{DrawError, Relay},
    store::{Item, Progress, Store},
    within,
};

/// Nameplates that one host may draw in its session.
const MAX_NAMEPLATES: usize = 64;

/// After its last word a host's log has this long to arrive whole.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A folder is closed within this time, or the relay goes on without.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// What every task of a host's connection has.
#[derive(Clone)]
struct Host {
    relay: Arc<Relay>,
    session: Arc<Session>,
    store: crate::store::Writer,
    progress: watch::Receiver<Progress>,
    passed: watch::Sender<audit::Passed>,
    logged: Arc<watch::Sender<bool>>,
}

/// Serves a host until it is gone.
///
/// # Errors
/// What the host did that is not allowed, or why its connection ended; `Ok` when it ended its session.
pub async fn serve(
    relay: Arc<Relay>,
    connection: &Connection,
    key: PublicKey<SessionKey>,
    writer: FrameWriter,
    reader: FrameReader,
) -> Result<(), LinkError> {
    let sid = SessionId::of(&key);
    let (messages, queue) = mpsc::channel(MAX_UNREAD);
    let Store { writer: store, progress } = Store::start(relay.place(key));
    let session = Arc::new(Session::new(sid, connection.clone(), messages, store.clone()));
    if let Some(before) = relay.live.insert(session.clone()) {
        before.host.close(CloseCode::Replaced, "the host has connected anew");
        // Two never write one folder.
        within(CLOSE_TIMEOUT, &mut before.settled.subscribe(), |settled| *settled).await;
    }
    tracing::info!(session = %sid, "a host is here");
    if let Err(error) = relay.index.opened(sid, clock::wall_ms()).await {
        tracing::warn!(%error, "the index cannot be written; it can be rebuilt");
    }
    let host = Host { relay, session, store, progress, passed: watch::Sender::default(), logged: Arc::new(watch::Sender::new(true)) };
    let outcome = host.run(writer, reader, queue).await;
    host.end(&outcome).await;
    outcome
}

impl Host {
    async fn run(&self, writer: FrameWriter, reader: FrameReader, queue: mpsc::Receiver<RelayToHost>) -> Result<(), LinkError> {
        let mut tasks = JoinSet::new();
        tasks.spawn(crate::speak(writer, queue));
        tasks.spawn(self.clone().watch_store());
        tasks.spawn(self.clone().streams());
        let updates = Updates::new(self.session.clone(), self.store.clone(), self.passed.clone());
        tasks.spawn(updates.run());
        let session = self.session.clone();
        tasks.spawn(async move { updates::datagrams(&session).await });
        tokio::select! {
            outcome = self.listen(reader) => {
                outcome?;
                // The session is over; the rest of the log may still be on its way.
                within(LAST_WORDS, &mut self.logged.subscribe(), |logged| *logged).await;
                self.store.put(Item::Close).await;
                within(CLOSE_TIMEOUT, &mut self.progress.clone(), |progress| progress.closed).await;
                // The last acknowledgement is read before the connection ends.
                let _late = timeout(LAST_WORDS, self.session.host.closed()).await;
                Ok(())
            }
            Some(outcome) = tasks.join_next() => match outcome {
                Ok(outcome) => outcome,
                Err(error) => Err(LinkError::Local { detail: error.to_string() }),
            },
        }
    }

    /// Hears the host until it ends its session.
    async fn listen(&self, mut reader: FrameReader) -> Result<(), LinkError> {
        let mut drawn = 0;
        while let Some(message) = reader.recv::<HostToRelay>(MAX_RELAY_FRAME).await? {
            match message {
                HostToRelay::Nameplate => {
                    drawn += 1;
                    if drawn > MAX_NAMEPLATES {
                        return Err(misbehaved("too many nameplates for one session"));
                    }
                    self.nameplate().await?;
                }
                HostToRelay::Retire => self.relay.live.retire(self.session.sid),
                HostToRelay::Dismiss { peer } => {
                    if let Some(viewer) = self.session.viewer(peer) {
                        viewer.dismissed.send_replace(true);
                    }
                }
                HostToRelay::End => {
                    self.relay.live.retire(self.session.sid);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn nameplate(&self) -> Result<(), LinkError> {
        let answer = match self.relay.draw(self.session.sid).await {
            Ok((digits, life)) => {
                RelayToHost::Nameplate { digits: Text::clipped(&digits), life_ms: u64::try_from(life.as_millis()).unwrap_or(u64::MAX) }
            }
            Err(DrawError::Store(failure)) => RelayToHost::StoreFailed(failure),
            Err(DrawError::Used) => return Err(LinkError::Local { detail: "too many codes were drawn today".into() }),
        };
        self.session.tell_host(answer);
        Ok(())
    }

    /// Streams that the host opens: its log, once.
    async fn streams(self) -> Result<(), LinkError> {
        let mut logs = JoinSet::new();
        loop {
            tokio::select! {
                stream = self.session.host.accept_bi() => {
                    let (writer, mut reader) = stream?;
                    if reader.head().await? != StreamHead::Audit || !logs.is_empty() {
                        return Err(misbehaved("a stream that a host does not open"));
                    }
                    self.logged.send_replace(false);
                    logs.spawn(audit::serve(
                        writer,
                        reader,
                        self.store.clone(),
                        self.progress.clone(),
                        self.passed.subscribe(),
                        self.logged.clone(),
                    ));
                }
                Some(outcome) = logs.join_next() => match outcome {
                    Ok(Ok(()) | Err(LinkError::StreamGivenUp)) => {}
                    Ok(Err(error)) => return Err(error),
                    Err(error) => return Err(LinkError::Local { detail: error.to_string() }),
                },
            }
        }
    }

    /// Tells the host when its log or recording cannot be stored, and ends one that stored what it may not.
    async fn watch_store(mut self) -> Result<(), LinkError> {
        let mut told = None;
        while self.progress.changed().await.is_ok() {
            let now = self.progress.borrow_and_update().clone();
            if let Some(fault) = now.fault {
                tracing::warn!(session = %self.session.sid, fault, "the log was refused");
                return Err(LinkError::PeerMisbehaved { detail: fault });
            }
            let failure = now.failed.or(now.media_failed);
            if failure != told
                && let Some(failure) = failure
            {
                self.session.tell_host(RelayToHost::StoreFailed(failure));
                told = Some(failure);
            }
        }
        Ok(())
    }

    /// Everything that is to be done when a host is gone, however it went.
    async fn end(&self, outcome: &Result<(), LinkError>) {
        let sid = self.session.sid;
        self.relay.live.remove(&self.session);
        self.session.over.send_replace(true);
        self.store.put(Item::Close).await;
        if !within(CLOSE_TIMEOUT, &mut self.progress.clone(), |progress| progress.closed).await {
            tracing::error!(session = %sid, "the session's folder was not closed in time");
        }
        let stored = self.progress.borrow().clone();
        self.session.settled.send_replace(true);
        let row = SessionRow { leaves: stored.leaves, checkpoint: stored.checkpoint, bytes: stored.bytes };
        if let Err(error) = self.relay.index.closed(sid, clock::wall_ms(), row).await {
            tracing::warn!(%error, "the index cannot be written; it can be rebuilt");
        }
        let reason = outcome.as_ref().err().map(ToString::to_string).unwrap_or_default();
        tracing::info!(session = %sid, leaves = stored.leaves, checkpoint = stored.checkpoint, reason, "a host is gone");
    }
}

fn misbehaved(what: &str) -> LinkError {
    LinkError::PeerMisbehaved { detail: what.to_owned() }
}
