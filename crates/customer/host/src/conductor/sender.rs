//! Sealed updates and pointer messages on their way to the relay.
//!
//! In scope: one unidirectional stream per update, opened in the order of the numbers and of that priority; a pointer message goes
//! as a datagram, or as a stream when it must arrive or fits none. Not in scope: whether something may be sent now (`pacing`): what
//! arrives here is on its way.

use super::line::LineEvent;
use bytes::Bytes;
use deskhand_link::{Connection, LinkError, priority};
use deskhand_session::host::SealedFrame;
use deskhand_wire::{limits::MAX_UNSHOWN_UPDATES, stream::StreamHead};
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Updates that wait for a stream. The pacing policy allows so many on the whole way, and a key update may come on top.
const MAX_WAITING: usize = 2 * MAX_UNSHOWN_UPDATES;

/// The way out; ends when it is dropped. What was handed over is still delivered while the connection lives.
#[derive(Debug)]
pub(super) struct Sending {
    updates: Sender<(u64, SealedFrame)>,
    connection: Connection,
}

impl Sending {
    pub(super) fn start(connection: Connection, events: Sender<LineEvent>) -> Self {
        let (updates, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(send_updates(connection.clone(), waiting, events));
        Self { updates, connection }
    }

    /// Hands over update `number`. Whether there was room.
    pub(super) fn update(&self, number: u64, frame: SealedFrame) -> bool {
        self.updates.try_send((number, frame)).is_ok()
    }

    /// Sends a pointer message; `surely` by a stream, which arrives.
    pub(super) fn cursor(&self, frame: SealedFrame, surely: bool) {
        let bytes = Bytes::from(frame.bytes);
        if !surely && self.connection.max_datagram().is_some_and(|most| bytes.len() <= most) {
            if let Err(error) = self.connection.send_datagram(bytes) {
                tracing::debug!(%error, "a pointer message was not sent");
            }
            return;
        }
        let connection = self.connection.clone();
        tokio::spawn(async move {
            if let Err(error) = send_cursor(&connection, bytes).await {
                tracing::debug!(%error, "a pointer message was not sent");
            }
        });
    }
}

async fn send_updates(connection: Connection, mut waiting: Receiver<(u64, SealedFrame)>, events: Sender<LineEvent>) {
    while let Some((number, frame)) = waiting.recv().await {
        let mut writer = match connection.open_uni(StreamHead::Update).await {
            Ok(writer) => writer,
            Err(error) => return tracing::debug!(%error, "no stream for an update"),
        };
        writer.set_priority(priority::of_update(number));
        let events = events.clone();
        tokio::spawn(async move {
            if let Err(error) = writer.raw(Bytes::from(frame.bytes)).await {
                return tracing::debug!(%error, number, "an update was not sent");
            }
            writer.finish();
            if writer.delivered().await.is_ok() {
                // When nobody listens the session is over.
                let _ = events.send(LineEvent::Delivered(number)).await;
            }
        });
    }
}

async fn send_cursor(connection: &Connection, bytes: Bytes) -> Result<(), LinkError> {
    let mut writer = connection.open_uni(StreamHead::Cursor).await?;
    writer.raw(bytes).await?;
    writer.finish();
    Ok(())
}
