//! A host's updates: read in the order of their streams, recorded, and handed to every viewer as they arrive.
//!
//! In scope: checks of the header, recording upstream of every drop, cut-through to the viewers' backlogs, datagrams.
//! Not in scope: whether the customer consented; the relay cannot know, and updates are sealed.
//!
//! The host opens one stream an update, in the order of their numbers; reading them one after the other keeps the
//! recording in that order. Later ones wait in the connection's receive window meanwhile.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use deskhand_link::{Connection, FrameReader, LinkError};
use deskhand_wire::{
    limits::MAX_CURSOR_FRAME,
    relay::RelayToHost,
    stream::{Channel, StreamHead},
    update::{HEADER_BYTES, UpdateHeader},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::{
    backlog::Offered,
    flight::{Arriving, End, Flight},
};
use crate::{audit::Passed, live::Session, store::Writer};

/// Streams whose turn is still to come. The transport bounds how many a host may have open.
const MAX_OPENED: usize = 64;

/// A host's stream of updates.
#[derive(Debug)]
pub struct Updates {
    session: Arc<Session>,
    writer: Writer,
    passed: watch::Sender<Passed>,
    started: Instant,
    last: (u32, u64),
}

impl Updates {
    /// Updates of `session`; those that belong to the recording are stored by `writer`, and `passed` says how far.
    #[must_use]
    pub fn new(session: Arc<Session>, writer: Writer, passed: watch::Sender<Passed>) -> Self {
        Self { session, writer, passed, started: Instant::now(), last: (0, 0) }
    }

    /// Reads the host's unidirectional streams until its connection ends.
    ///
    /// # Errors
    /// Why the connection ended, or what the host did that is not allowed.
    pub async fn run(mut self) -> Result<(), LinkError> {
        let (opened, mut streams) = mpsc::channel(MAX_OPENED);
        let accepting = accept(self.session.clone(), opened);
        tokio::pin!(accepting);
        loop {
            let stream: Opened = tokio::select! {
                ended = &mut accepting => return ended,
                Some(stream) = streams.recv() => stream,
            };
            let outcome = tokio::select! {
                ended = &mut accepting => return ended,
                outcome = self.read(stream) => outcome,
            };
            match outcome {
                // Given up by the host in favour of a key update.
                Ok(()) | Err(LinkError::StreamGivenUp) => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn read(&mut self, stream: Opened) -> Result<(), LinkError> {
        match stream.await.map_err(|error| LinkError::Local { detail: error.to_string() })?? {
            Some(update) => {
                let outcome = self.update(update).await;
                self.passed.send_replace(self.last);
                outcome
            }
            None => Ok(()),
        }
    }

    async fn update(&mut self, mut reader: FrameReader) -> Result<(), LinkError> {
        let bytes: [u8; HEADER_BYTES] = reader.exact().await?;
        let header = self.check(&bytes)?;
        let flight = Arc::new(Flight::new(header, bytes));
        self.offer(&flight);
        let arriving = Arriving(&flight);
        let mut length = 0;
        while let Some(piece) = reader.chunk().await? {
            length += piece.len();
            if length > header.size as usize {
                return Err(misbehaved("an update longer than its header says"));
            }
            flight.push(piece);
        }
        if length != header.size as usize {
            return Err(misbehaved("an update shorter than its header says"));
        }
        flight.finish(End::Whole);
        drop(arriving);
        if header.recorded {
            let mut parts = vec![Bytes::copy_from_slice(&bytes)];
            parts.append(&mut flight.pieces());
            self.writer.record(header.epoch, header.number, parts).await;
        }
        Ok(())
    }

    fn check(&mut self, bytes: &[u8; HEADER_BYTES]) -> Result<UpdateHeader, LinkError> {
        let header = UpdateHeader::from_bytes(bytes).map_err(|error| misbehaved(&error.to_string()))?;
        if header.session != *self.session.sid.bytes() {
            return Err(misbehaved("an update of another session"));
        }
        if header.channel != Channel::Screen {
            return Err(misbehaved("an update of another channel than the screen's"));
        }
        let (epoch, number) = self.last;
        if header.epoch < epoch || header.number <= number {
            return Err(misbehaved("an update that is not newer than the one before it"));
        }
        self.last = (header.epoch, header.number);
        Ok(header)
    }

    fn offer(&self, flight: &Arc<Flight>) {
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        for viewer in self.session.viewers() {
            let offered = viewer.backlog().offer(flight.clone(), now_ms);
            match offered {
                Offered::Queued => viewer.queued.notify_one(),
                Offered::QueuedInstead => {
                    viewer.queued.notify_one();
                    viewer.interrupted.notify_waiters();
                }
                Offered::FellBehind | Offered::AskAgain => {
                    tracing::debug!(session = %self.session.sid, peer = viewer.peer, "a viewer fell behind");
                    self.session.tell_host(RelayToHost::KeyUpdateWanted { peer: viewer.peer });
                }
                Offered::Skipped => {}
            }
        }
    }
}

/// A stream whose head is being read: an update's, or none when it was the pointer's.
type Opened = JoinHandle<Result<Option<FrameReader>, LinkError>>;

/// Accepts the host's streams in their order. The pointer's are forwarded at once: they wait for no update before them.
async fn accept(session: Arc<Session>, opened: mpsc::Sender<Opened>) -> Result<(), LinkError> {
    loop {
        let mut reader = session.host.accept_uni().await?;
        let session = session.clone();
        let opening = tokio::spawn(async move {
            match reader.head().await? {
                StreamHead::Update => Ok(Some(reader)),
                StreamHead::Cursor => cursor(&session, reader).await.map(|()| None),
                _ => Err(misbehaved("a stream of a kind that a host does not open")),
            }
        });
        // Nobody reads them any more: the host is being put out.
        let _over = opened.send(opening).await;
    }
}

async fn cursor(session: &Session, mut reader: FrameReader) -> Result<(), LinkError> {
    let message = Bytes::from(reader.rest(HEADER_BYTES + MAX_CURSOR_FRAME).await?);
    for viewer in session.viewers() {
        // A viewer that is so slow shows the pointer late.
        let _full = viewer.cursors.try_send(message.clone());
    }
    Ok(())
}

/// Forwards a host's datagrams (cursor messages) to every viewer until its connection ends.
///
/// # Errors
/// Why the connection ended.
pub async fn datagrams(session: &Session) -> Result<(), LinkError> {
    loop {
        let datagram = session.host.recv_datagram().await?;
        for viewer in session.viewers() {
            forward_datagram(&viewer.connection, &viewer.cursors, &datagram);
        }
    }
}

fn forward_datagram(connection: &Connection, cursors: &tokio::sync::mpsc::Sender<Bytes>, datagram: &Bytes) {
    if connection.max_datagram().is_some_and(|most| datagram.len() <= most) {
        // An error says that the viewer is gone; its own task notices.
        let _gone = connection.send_datagram(datagram.clone());
    } else {
        // This viewer's path takes smaller datagrams than the host's.
        let _full = cursors.try_send(datagram.clone());
    }
}

fn misbehaved(what: &str) -> LinkError {
    LinkError::PeerMisbehaved { detail: what.to_owned() }
}
