//! A screen update on its way: its bytes arrive once and are read by every viewer as they come.
//!
//! In scope: sharing the bytes while they grow. Not in scope: where they come from and go to.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use deskhand_wire::update::{HEADER_BYTES, UpdateHeader};
use tokio::sync::watch;

/// How an update's bytes ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All are there.
    Whole,
    /// The host gave it up.
    GivenUp,
}

/// The next piece for a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes.
    Bytes(Bytes),
    /// No more bytes.
    End(End),
}

/// An update on its way.
#[derive(Debug)]
pub struct Flight {
    header: UpdateHeader,
    header_bytes: [u8; HEADER_BYTES],
    pieces: Mutex<Pieces>,
    grown: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Pieces {
    bytes: Vec<Bytes>,
    end: Option<End>,
}

impl Flight {
    /// An update of which only the header has arrived.
    #[must_use]
    pub fn new(header: UpdateHeader, header_bytes: [u8; HEADER_BYTES]) -> Self {
        Self { header, header_bytes, pieces: Mutex::default(), grown: watch::Sender::new(()) }
    }

    /// Its header.
    #[must_use]
    pub fn header(&self) -> &UpdateHeader {
        &self.header
    }

    /// Its header's bytes, as they came.
    #[must_use]
    pub fn header_bytes(&self) -> &[u8; HEADER_BYTES] {
        &self.header_bytes
    }

    /// Bytes that will have been forwarded when it is whole.
    #[must_use]
    pub fn size(&self) -> usize {
        HEADER_BYTES + self.header.size as usize
    }

    /// More bytes arrived.
    pub fn push(&self, bytes: Bytes) {
        self.lock().bytes.push(bytes);
        self.grown.send_replace(());
    }

    /// No more will arrive.
    pub fn finish(&self, end: End) {
        self.lock().end.get_or_insert(end);
        self.grown.send_replace(());
    }

    /// Whether the host gave it up.
    #[must_use]
    pub fn is_given_up(&self) -> bool {
        self.lock().end == Some(End::GivenUp)
    }

    /// Every piece that has arrived.
    #[must_use]
    pub fn pieces(&self) -> Vec<Bytes> {
        self.lock().bytes.clone()
    }

    /// Piece `index`, from 0; waits for it. An update that was given up ends at once. Cancel safe.
    pub async fn piece(&self, index: usize) -> Piece {
        let mut grown = self.grown.subscribe();
        loop {
            {
                let pieces = self.lock();
                if pieces.end == Some(End::GivenUp) {
                    return Piece::End(End::GivenUp);
                }
                if let Some(bytes) = pieces.bytes.get(index) {
                    return Piece::Bytes(bytes.clone());
                }
                if let Some(end) = pieces.end {
                    return Piece::End(end);
                }
            }
            // The sender lives in `self`.
            let _alive = grown.changed().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pieces> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An update that is dropped half way was not delivered.
#[derive(Debug)]
pub struct Arriving<'a>(pub &'a Flight);

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.0.finish(End::GivenUp);
    }
}
