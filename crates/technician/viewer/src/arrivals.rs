//! What comes from the relay and from the customer's machine, read by tasks of their own and told to the conductor.
//!
//! In scope: reading streams and datagrams within their limits. Not in scope: what any of it means.

use crate::reorder::Sealed;
use deskhand_link::{Connection, FrameReader, LinkError};
use deskhand_wire::{
    limits::{MAX_CONTROL_FRAME, MAX_CURSOR_FRAME, MAX_RELAY_FRAME},
    relay::RelayToViewer,
    stream::{Channel, StreamHead},
    update::{HEADER_BYTES, UpdateHeader},
};
use std::{sync::Arc, time::Instant};
use tokio::sync::{Semaphore, mpsc};

/// Messages that wait for the conductor.
pub(crate) const MAX_WAITING_MESSAGES: usize = 64;
/// Updates that are read at once. Together with the bound on one update it bounds what an unknown machine makes us hold.
pub(crate) const MAX_READ_AT_ONCE: usize = 4;

/// A message for the conductor.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// From the relay.
    Relay(RelayToViewer),
    /// A frame of the control stream.
    Control(Vec<u8>),
    /// The control stream is over: the other end has heard everything and said everything.
    ControlOver,
    /// A sealed cursor message.
    Cursor([u8; HEADER_BYTES], Vec<u8>),
    /// A stream that must not end did.
    Lost(String),
}

/// Where arrivals go.
pub(crate) type Inbox = mpsc::Sender<Arrival>;

/// Reads the relay's messages.
pub(crate) async fn relay(mut reader: FrameReader, inbox: Inbox) {
    loop {
        let arrival = match reader.recv(MAX_RELAY_FRAME).await {
            Ok(Some(message)) => Arrival::Relay(message),
            Ok(None) => Arrival::Lost("the relay said goodbye".into()),
            Err(error) => Arrival::Lost(error.to_string()),
        };
        let last = matches!(arrival, Arrival::Lost(_));
        if inbox.send(arrival).await.is_err() || last {
            return;
        }
    }
}

/// Reads the control stream.
pub(crate) async fn control(mut reader: FrameReader, inbox: Inbox) {
    while let Ok(Some(frame)) = reader.recv_bytes(MAX_CONTROL_FRAME).await {
        if inbox.send(Arrival::Control(frame)).await.is_err() {
            return;
        }
    }
    // Why it ended is told on the relay stream or by the connection.
    let _over = inbox.send(Arrival::ControlOver).await;
}

/// Reads cursor messages that fitted a datagram.
pub(crate) async fn datagrams(connection: Connection, inbox: Inbox) {
    while let Ok(datagram) = connection.recv_datagram().await {
        let Some((header, frame)) = datagram.split_first_chunk::<HEADER_BYTES>() else { continue };
        // A pointer is worth its age: when the conductor is busy the next one will do.
        let _busy = inbox.try_send(Arrival::Cursor(*header, frame.to_vec()));
    }
}

/// Accepts the streams of updates and of the pointer's pictures, and reads a few updates at once: a picture waits for none of them.
pub(crate) async fn streams(connection: Connection, inbox: Inbox, updates: mpsc::Sender<Sealed>) {
    let places = Arc::new(Semaphore::new(MAX_READ_AT_ONCE));
    while let Ok(reader) = connection.accept_uni().await {
        let (inbox, updates, places) = (inbox.clone(), updates.clone(), places.clone());
        tokio::spawn(async move {
            if let Err(error) = stream(reader, &inbox, &updates, &places).await {
                tracing::debug!(%error, "an update's stream was not used");
            }
        });
    }
}

async fn stream(mut reader: FrameReader, inbox: &Inbox, updates: &mpsc::Sender<Sealed>, places: &Semaphore) -> Result<(), LinkError> {
    let began = Instant::now();
    let (channel, limit) = match reader.head().await? {
        StreamHead::Update => (Channel::Screen, usize::MAX),
        StreamHead::Cursor => (Channel::Cursor, MAX_CURSOR_FRAME),
        other => return Err(LinkError::PeerMisbehaved { detail: format!("a stream of kind {other:?}") }),
    };
    // The number of streams is bounded by the transport, a picture by its limit. An error would say that nobody reads any more.
    let _place = if channel == Channel::Screen { places.acquire().await.ok() } else { None };
    let bytes = reader.exact::<HEADER_BYTES>().await?;
    let misbehaved = |detail: String| LinkError::PeerMisbehaved { detail };
    let header = UpdateHeader::from_bytes(&bytes).map_err(|error| misbehaved(error.to_string()))?;
    let size = header.size as usize;
    if header.channel != channel || size > limit {
        return Err(misbehaved("a header that does not fit its stream".into()));
    }
    let frame = reader.rest(size).await?;
    if frame.len() != size {
        return Err(misbehaved(format!("an update of {} bytes that announced {size}", frame.len())));
    }
    // Waiting here keeps the place: a busy conductor slows the sender down instead of filling memory.
    let _over = match channel {
        Channel::Cursor => inbox.send(Arrival::Cursor(bytes, frame)).await.is_ok(),
        _ => updates.send(Sealed { header, bytes, frame, began }).await.is_ok(),
    };
    Ok(())
}
