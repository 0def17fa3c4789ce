//! The line to the relay as tasks: readers that turn streams into events, writers that take messages without waiting.
//!
//! In scope: hello, the audit stream, the viewers' streams, bounded queues in both directions. Not in scope: what a message means.

use crate::failure::Failed;
use deskhand_identity::{RelayEntry, SecretKey, Session};
use deskhand_link::{CloseCode, Connection, FrameReader, FrameWriter, LinkError, Me, connect, hello};
use deskhand_wire::{
    PeerId, encode,
    limits::{MAX_AUDIT_FRAME, MAX_CONTROL_FRAME, MAX_INPUT_FRAME, MAX_RELAY_FRAME, MAX_UNACKED_LEAVES},
    relay::{AuditToHost, AuditToRelay, HostToRelay, RelayToHost, Role},
    stream::StreamHead,
};
use std::collections::BTreeSet;
use tokio::{
    sync::{
        mpsc::{self, Receiver, Sender},
        watch,
    },
    task::{JoinHandle, JoinSet},
    time::{Duration, sleep, timeout},
};

/// What happened on the line.
#[derive(Debug)]
pub(super) enum LineEvent {
    /// A message of the relay.
    Relay(RelayToHost),
    /// A message about the log.
    Audit(AuditToHost),
    /// A viewer's control stream is there.
    ControlOpened(PeerId, Outbox),
    /// A frame of a viewer's control stream.
    Control(PeerId, Vec<u8>),
    /// A frame of a viewer's input stream.
    Input(PeerId, Vec<u8>),
    /// The relay has all of an update.
    Delivered(u64),
    /// The line is gone.
    Gone(LinkError),
}

/// Events that wait; readers wait when it is full, and so do their peers.
pub(super) const MAX_WAITING_EVENTS: usize = 64;
/// Frames that wait to be written to one viewer. More means that it does not read.
const MAX_WAITING_FRAMES: usize = 1_024;
/// How long the relay may take to let us in.
const HELLO_PATIENCE: Duration = Duration::from_secs(5);
/// How long the last messages may take to arrive.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(2);
/// How long the end of the log may take to be stored: its last segment waits for the last updates, which a slow line still carries.
const STORED_PATIENCE: Duration = Duration::from_secs(10);
/// How long the relay may take for the very last one.
const END_PATIENCE: Duration = Duration::from_millis(500);
/// What the relay gets to read it.
const READ_GRACE: Duration = Duration::from_millis(100);

/// A stream's queue of frames. Never waits: a full one is an error.
#[derive(Debug)]
pub(super) struct Outbox {
    frames: Sender<Vec<u8>>,
    task: JoinHandle<()>,
}

impl Outbox {
    fn new(writer: FrameWriter, capacity: usize) -> Self {
        let (frames, waiting) = mpsc::channel(capacity);
        Self { frames, task: tokio::spawn(write(writer, waiting)) }
    }

    /// Queues a frame. Whether there was room and the stream lives.
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        self.frames.try_send(frame).is_ok()
    }

    /// No more frames; ready when the relay has them all, or can't be told any more.
    pub(super) async fn finish(self) {
        drop(self.frames);
        // A task that panicked has nothing left to deliver.
        let _ = self.task.await;
    }
}

/// The line of one session.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) connection: Connection,
    /// The relay's statement when it is newer than ours, unchecked.
    pub(super) statement: Option<String>,
    relay: Outbox,
    audit: Outbox,
    /// Viewers on their way out.
    farewells: JoinSet<()>,
}

impl Line {
    /// Connects, says hello and starts the tasks. Events come out of the receiver.
    pub(super) async fn open(
        entry: &RelayEntry,
        key: &SecretKey<Session>,
        serial: u64,
    ) -> Result<(Self, Sender<LineEvent>, Receiver<LineEvent>), Failed> {
        let me = Me::host(key)?;
        let connection = connect(&entry.addresses, &entry.key, &me).await?;
        let lost =
            || Failed::Link(LinkError::Unreachable { addresses: entry.addresses.clone(), detail: Some("it does not answer".into()) });
        let greeting = timeout(HELLO_PATIENCE, hello(&connection, Role::Host, serial)).await.map_err(|_| lost())??;
        let (audit_writer, audit_reader) = connection.open_bi(StreamHead::Audit).await?;
        let (events, received) = mpsc::channel(MAX_WAITING_EVENTS);
        let line = Self {
            connection: connection.clone(),
            statement: greeting.statement,
            relay: Outbox::new(greeting.writer, MAX_WAITING_FRAMES),
            // A leaf has at most a sealed and a personal part and a checkpoint with it.
            audit: Outbox::new(audit_writer, 4 * MAX_UNACKED_LEAVES),
            farewells: JoinSet::new(),
        };
        let (joined, known) = watch::channel(BTreeSet::new());
        tokio::spawn(read_relay(greeting.reader, events.clone(), joined));
        tokio::spawn(read_audit(audit_reader, events.clone()));
        tokio::spawn(accept(connection.clone(), events.clone(), known));
        tokio::spawn(watch_end(connection, events.clone()));
        Ok((line, events, received))
    }

    /// Says something to the relay.
    pub(super) fn to_relay(&self, message: &HostToRelay) -> bool {
        self.relay.send(encode(message))
    }

    /// Hands the relay a piece of the log.
    pub(super) fn to_audit(&self, message: &AuditToRelay) -> bool {
        self.audit.send(encode(message))
    }

    /// Sends a viewer away once it has its last words.
    pub(super) fn dismiss(&mut self, peer: PeerId, outbox: Option<Outbox>) {
        let relay = self.relay.frames.clone();
        self.farewells.spawn(async move {
            if let Some(outbox) = outbox {
                // A viewer that does not take them goes without.
                let _late = timeout(GOODBYE_PATIENCE, outbox.finish()).await;
            }
            // When the relay is gone everybody is.
            let _gone = relay.send(encode(&HostToRelay::Dismiss { peer })).await;
        });
    }

    /// Says goodbye, and hands on what the relay says about the log meanwhile: the viewers get their last words, the log its last acknowledgement, then the relay is told that it is over.
    pub(super) async fn close(
        mut self,
        controls: Vec<Outbox>,
        events: &mut Receiver<LineEvent>,
        mut log: LogState,
        mut heard: impl FnMut(AuditToHost),
    ) {
        if self.connection.over().is_some() {
            return;
        }
        let last_words = async {
            while self.farewells.join_next().await.is_some() {}
            for outbox in controls {
                outbox.finish().await;
            }
            self.audit.finish().await;
        };
        let stored = async {
            while !log.is_stored() {
                match events.recv().await {
                    Some(LineEvent::Audit(AuditToHost::Acked { leaves, checkpoint })) => log.acked(leaves, checkpoint),
                    Some(LineEvent::Audit(message @ (AuditToHost::Cosigned { .. } | AuditToHost::Opened { .. }))) => heard(message),
                    Some(LineEvent::Gone(_)) | Some(LineEvent::Audit(AuditToHost::Failed(_))) | None => return,
                    Some(_) => {}
                }
            }
        };
        if timeout(STORED_PATIENCE, async { tokio::join!(last_words, stored) }).await.is_err() {
            tracing::warn!("the relay did not take the end of the session in time");
        }
        self.relay.send(encode(&HostToRelay::End));
        if timeout(END_PATIENCE, self.relay.finish()).await.is_err() {
            tracing::debug!("the relay did not take the goodbye in time");
        }
        // A close overtakes what the relay has received and not read yet.
        sleep(READ_GRACE).await;
        self.connection.close_and_flush(CloseCode::Done, "the session is over").await;
    }
}

/// How much of the log was sent and how much the relay has on disk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LogState {
    sent: (u64, u64),
    acked: (u64, u64),
}

impl LogState {
    /// A piece of the log goes out.
    pub(super) fn sent(&mut self, message: &AuditToRelay) {
        match message {
            AuditToRelay::Leaf { seq, .. } => self.sent.0 = seq + 1,
            AuditToRelay::Checkpoint { size, .. } => self.sent.1 = *size,
            AuditToRelay::Sealed { .. } | AuditToRelay::Personal { .. } | AuditToRelay::Keys { .. } => {}
        }
    }

    /// The relay has so many leaves, and a checkpoint over so many, on disk.
    pub(super) fn acked(&mut self, leaves: u64, checkpoint: u64) {
        self.acked = (self.acked.0.max(leaves), self.acked.1.max(checkpoint));
        tracing::debug!(target: "deskhand_host::stored", leaves, checkpoint, "the relay has on its disk");
    }

    fn is_stored(&self) -> bool {
        self.acked.0 >= self.sent.0 && self.acked.1 >= self.sent.1
    }
}

async fn write(mut writer: FrameWriter, mut frames: Receiver<Vec<u8>>) {
    while let Some(frame) = frames.recv().await {
        if let Err(error) = writer.send_bytes(&frame).await {
            tracing::debug!(%error, "a stream can't be written any more");
            return;
        }
    }
    writer.finish();
    if let Err(error) = writer.delivered().await {
        tracing::debug!(%error, "the end of a stream was not delivered");
    }
}

/// `joined` holds the viewers whose coming was told, in this order: first the event, then the number.
async fn read_relay(mut reader: FrameReader, events: Sender<LineEvent>, joined: watch::Sender<BTreeSet<PeerId>>) {
    loop {
        let (event, over) = match reader.recv::<RelayToHost>(MAX_RELAY_FRAME).await {
            Ok(Some(message)) => (LineEvent::Relay(message), false),
            Ok(None) => (LineEvent::Gone(LinkError::Closed { reason: "the relay ended the session".into() }), true),
            Err(error) => (LineEvent::Gone(error), true),
        };
        let (come, left) = match &event {
            LineEvent::Relay(RelayToHost::ViewerJoined { peer, .. }) => (Some(*peer), None),
            LineEvent::Relay(RelayToHost::ViewerLeft { peer }) => (None, Some(*peer)),
            _ => (None, None),
        };
        if events.send(event).await.is_err() || over {
            return;
        }
        if come.is_some() || left.is_some() {
            joined.send_modify(|joined| {
                joined.extend(come);
                left.iter().for_each(|peer| _ = joined.remove(peer));
            });
        }
    }
}

async fn read_audit(mut reader: FrameReader, events: Sender<LineEvent>) {
    loop {
        let event = match reader.recv(MAX_AUDIT_FRAME).await {
            Ok(Some(message)) => LineEvent::Audit(message),
            Ok(None) => LineEvent::Gone(LinkError::Closed { reason: "the relay stopped storing".into() }),
            Err(error) => LineEvent::Gone(error),
        };
        let over = matches!(event, LineEvent::Gone(_));
        if events.send(event).await.is_err() || over {
            return;
        }
    }
}

async fn watch_end(connection: Connection, events: Sender<LineEvent>) {
    let error = connection.closed().await;
    // When nobody listens the session is over.
    let _ = events.send(LineEvent::Gone(error)).await;
}

/// Takes the streams that the relay opens for its viewers. Their number at a time is bounded by the transport.
async fn accept(connection: Connection, events: Sender<LineEvent>, joined: watch::Receiver<BTreeSet<PeerId>>) {
    while let Ok((writer, reader)) = connection.accept_bi().await {
        tokio::spawn(serve(writer, reader, events.clone(), joined.clone()));
    }
}

async fn serve(mut writer: FrameWriter, mut reader: FrameReader, events: Sender<LineEvent>, mut joined: watch::Receiver<BTreeSet<PeerId>>) {
    let head = match reader.head().await {
        Ok(head) => head,
        Err(error) => return tracing::debug!(%error, "a stream without a head"),
    };
    if let StreamHead::Control { peer } | StreamHead::Input { peer } = head
        // Streams have no order among each other: the viewer's own may be here before the word that it came.
        && joined.wait_for(|joined| joined.contains(&peer)).await.is_err()
    {
        return;
    }
    let served = match head {
        StreamHead::Control { peer } => {
            writer.set_priority(deskhand_link::priority::of(head));
            let outbox = Outbox::new(writer, MAX_WAITING_FRAMES);
            if events.send(LineEvent::ControlOpened(peer, outbox)).await.is_err() {
                return;
            }
            forward(&mut reader, MAX_CONTROL_FRAME, &events, |frame| LineEvent::Control(peer, frame)).await
        }
        StreamHead::Input { peer } => forward(&mut reader, MAX_INPUT_FRAME, &events, |frame| LineEvent::Input(peer, frame)).await,
        other => {
            tracing::debug!(?other, "a stream that a host does not take");
            Ok(())
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, ?head, "a viewer's stream ended");
    }
}

async fn forward(
    reader: &mut FrameReader,
    limit: usize,
    events: &Sender<LineEvent>,
    event: impl Fn(Vec<u8>) -> LineEvent,
) -> Result<(), LinkError> {
    while let Some(frame) = reader.recv_bytes(limit).await? {
        if events.send(event(frame)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
