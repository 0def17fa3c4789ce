//! One viewer's backlog onto its connection: an update a stream, one after the other.
//!
//! In scope: sending, giving up what a key update replaces, cursor messages that fit no datagram. Not in scope: what is
//! queued (`backlog`).

use deskhand_link::{Connection, FrameWriter, LinkError, priority};
use deskhand_wire::stream::StreamHead;
use tokio::sync::mpsc;

use super::flight::{End, Flight, Piece};
use crate::live::Viewer;
use bytes::Bytes;

/// Sends a viewer's updates until its connection ends.
///
/// # Errors
/// Why the connection ended.
pub async fn updates(viewer: &Viewer) -> Result<(), LinkError> {
    loop {
        let flight = loop {
            let next = viewer.backlog().take();
            match next {
                Some(flight) => break flight,
                None => viewer.queued.notified().await,
            }
        };
        let mut stream = None;
        let outcome = tokio::select! {
            outcome = send(&viewer.connection, &flight, &mut stream) => outcome,
            () = viewer.interrupted.notified() => Err(LinkError::StreamGivenUp),
        };
        match (outcome, stream) {
            (Ok(()), _) => {}
            (Err(LinkError::StreamGivenUp), Some(mut stream)) => stream.abandon(),
            (Err(LinkError::StreamGivenUp), None) => {}
            (Err(error), _) => return Err(error),
        }
        viewer.backlog().sent();
    }
}

async fn send(connection: &Connection, flight: &Flight, stream: &mut Option<FrameWriter>) -> Result<(), LinkError> {
    if flight.is_given_up() {
        return Ok(());
    }
    let stream = stream.insert(connection.open_uni(StreamHead::Update).await?);
    stream.set_priority(priority::of_update(flight.header().number));
    stream.raw(Bytes::copy_from_slice(flight.header_bytes())).await?;
    for index in 0.. {
        match flight.piece(index).await {
            Piece::Bytes(bytes) => stream.raw(bytes).await?,
            Piece::End(End::Whole) => break,
            Piece::End(End::GivenUp) => return Err(LinkError::StreamGivenUp),
        }
    }
    stream.finish();
    Ok(())
}

/// Sends cursor messages that fit no datagram until there are no more.
///
/// # Errors
/// Why the connection ended.
pub async fn cursors(connection: &Connection, mut messages: mpsc::Receiver<Bytes>) -> Result<(), LinkError> {
    while let Some(message) = messages.recv().await {
        let mut stream = connection.open_uni(StreamHead::Cursor).await?;
        match stream.raw(message).await {
            Ok(()) => stream.finish(),
            Err(LinkError::StreamGivenUp) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
