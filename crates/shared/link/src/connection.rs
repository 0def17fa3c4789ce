//! One connection between a client and the relay: streams with their heads, datagrams, the state of the path.
//!
//! In scope: opening and accepting streams, closing with a reason. Not in scope: what the streams carry.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use deskhand_wire::stream::StreamHead;
use quinn::{Endpoint, VarInt};

use crate::{
    caps::Place,
    error::LinkError,
    frames::{FrameReader, FrameWriter, priority},
};

/// How long a closing program waits for the close to leave.
const CLOSE_WAIT: Duration = Duration::from_millis(500);

/// Why a connection is closed on purpose. The numbers are on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CloseCode {
    /// Everything was said.
    Done = 0,
    /// The client may not come in.
    Refused = 1,
    /// The other side broke the protocol.
    Misbehaved = 2,
    /// The relay is being stopped.
    Stopping = 3,
    /// The same key has connected anew; the newer connection counts.
    Replaced = 4,
    /// The relay cannot go on with this client: its own disk or system is to blame.
    Failed = 5,
}

/// What the path can carry, as congestion control sees it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathEstimate {
    /// Congestion window over round-trip time.
    pub bytes_per_second: u64,
    /// Smoothed round-trip time.
    pub rtt: Duration,
    /// Congestion window, bytes: what may be on its way at once.
    pub window: u64,
}

/// A connection whose both ends proved their keys. Clones share it; it closes when the last is dropped.
#[derive(Debug, Clone)]
pub struct Connection {
    quic: quinn::Connection,
    peer_key: [u8; 32],
    endpoint: Option<Endpoint>,
    _place: Option<Arc<Place>>,
}

impl Connection {
    pub(crate) fn new(quic: quinn::Connection, peer_key: [u8; 32], endpoint: Option<Endpoint>, place: Option<Place>) -> Self {
        Self { quic, peer_key, endpoint, _place: place.map(Arc::new) }
    }

    /// The other side's Ed25519 public key, proved in the handshake: a client's own key at the relay, the relay's
    /// long-lived key at a client.
    #[must_use]
    pub fn peer_key(&self) -> [u8; 32] {
        self.peer_key
    }

    /// Where the other side is now. It may move.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.quic.remote_address()
    }

    /// A number that tells this connection from others of this program.
    #[must_use]
    pub fn id(&self) -> usize {
        self.quic.stable_id()
    }

    /// Opens a bidirectional stream, sends its head and gives it the head's priority. Waits while the peer has as many
    /// open as it allows.
    ///
    /// # Errors
    /// The connection's error.
    pub async fn open_bi(&self, head: StreamHead) -> Result<(FrameWriter, FrameReader), LinkError> {
        let (send, recv) = self.quic.open_bi().await?;
        let mut writer = FrameWriter::new(send);
        writer.set_priority(priority::of(head));
        writer.send(&head).await?;
        Ok((writer, FrameReader::new(recv)))
    }

    /// Opens a unidirectional stream, sends its head and gives it the head's priority. For an update set
    /// [`priority::of_update`].
    ///
    /// # Errors
    /// The connection's error.
    pub async fn open_uni(&self, head: StreamHead) -> Result<FrameWriter, LinkError> {
        let mut writer = FrameWriter::new(self.quic.open_uni().await?);
        writer.set_priority(priority::of(head));
        writer.send(&head).await?;
        Ok(writer)
    }

    /// The next bidirectional stream that the peer opened; read its head with [`FrameReader::head`]. Cancel safe.
    ///
    /// # Errors
    /// The connection's error.
    pub async fn accept_bi(&self) -> Result<(FrameWriter, FrameReader), LinkError> {
        let (send, recv) = self.quic.accept_bi().await?;
        Ok((FrameWriter::new(send), FrameReader::new(recv)))
    }

    /// The next unidirectional stream that the peer opened, in the order in which it opened them; read its head with
    /// [`FrameReader::head`]. Cancel safe.
    ///
    /// # Errors
    /// The connection's error.
    pub async fn accept_uni(&self) -> Result<FrameReader, LinkError> {
        Ok(FrameReader::new(self.quic.accept_uni().await?))
    }

    /// Sends a datagram: it arrives whole or not at all. When too many wait, the oldest goes.
    ///
    /// # Errors
    /// [`LinkError::Local`] when it is larger than [`Self::max_datagram`], else the connection's error.
    pub fn send_datagram(&self, bytes: Bytes) -> Result<(), LinkError> {
        match self.quic.send_datagram(bytes) {
            Ok(()) => Ok(()),
            Err(quinn::SendDatagramError::ConnectionLost(error)) => Err(error.into()),
            Err(error) => Err(LinkError::local(error)),
        }
    }

    /// Largest datagram the path takes now, bytes; `None` when the peer takes none.
    #[must_use]
    pub fn max_datagram(&self) -> Option<usize> {
        self.quic.max_datagram_size()
    }

    /// The next datagram. Cancel safe.
    ///
    /// # Errors
    /// The connection's error.
    pub async fn recv_datagram(&self) -> Result<Bytes, LinkError> {
        Ok(self.quic.read_datagram().await?)
    }

    /// Smoothed round-trip time.
    #[must_use]
    pub fn rtt(&self) -> Duration {
        self.quic.rtt()
    }

    /// What the path can carry now.
    #[must_use]
    pub fn path(&self) -> PathEstimate {
        let rtt = self.quic.rtt();
        let window = self.quic.congestion_state().window();
        let micros = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX).max(1);
        PathEstimate { bytes_per_second: window.saturating_mul(1_000_000) / micros, rtt, window }
    }

    /// Why the connection is over, or `None` while it lives.
    #[must_use]
    pub fn over(&self) -> Option<LinkError> {
        self.quic.close_reason().map(LinkError::from)
    }

    /// Waits for the end of the connection and says why. Cancel safe.
    pub async fn closed(&self) -> LinkError {
        self.quic.closed().await.into()
    }

    /// Closes at once: both sides forget what was not delivered. `text` is for a person.
    pub fn close(&self, code: CloseCode, text: &str) {
        self.quic.close(VarInt::from_u32(code as u32), text.as_bytes());
    }

    /// Closes and, at a client, waits until the close has left this computer: before the program ends.
    pub async fn close_and_flush(&self, code: CloseCode, text: &str) {
        self.close(code, text);
        if let Some(endpoint) = &self.endpoint {
            // Half a second at most: the other side notices in the end anyway.
            let _late = tokio::time::timeout(CLOSE_WAIT, endpoint.wait_idle()).await;
        }
    }
}
