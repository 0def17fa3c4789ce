//! Frames on a QUIC stream: a `u32` length (big endian) and that many bytes, each message within its own limit.
//!
//! In scope: reading and writing frames, typed messages, and the raw bytes that follow the head of an update stream.
//! Not in scope: what a message means. A length is checked against the caller's limit before anything is allocated, and
//! memory grows with the bytes that arrived, never with the length that was announced.

use bytes::{Bytes, BytesMut};
use deskhand_wire::{decode, encode, limits::MAX_STREAM_HEAD, stream::StreamHead};
use quinn::{RecvStream, SendStream, VarInt};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::LinkError;

/// Bytes of the length before a frame.
const PREFIX: usize = 4;

/// The most one read takes at once, so that no stream holds a task for long.
const READ_CHUNK: usize = 64 << 10;

/// Packets' worth of bytes that one raw read takes together.
const READ_PACKETS: usize = 48;

/// The receiving half of a stream.
#[derive(Debug)]
pub struct FrameReader {
    stream: RecvStream,
    /// The frame on its way: length prefix first. Kept here, so that an abandoned `recv` loses nothing.
    partial: Vec<u8>,
}

impl FrameReader {
    pub(crate) fn new(stream: RecvStream) -> Self {
        Self { stream, partial: Vec::new() }
    }

    /// The next frame of at most `limit` bytes, or `None` when the stream ended after a whole frame.
    ///
    /// Cancel safe: a call that is dropped loses no byte.
    ///
    /// # Errors
    /// [`LinkError::PeerMisbehaved`] for a longer frame or a stream that ends inside one, else the connection's error.
    pub async fn recv_bytes(&mut self, limit: usize) -> Result<Option<Vec<u8>>, LinkError> {
        while self.partial.len() < PREFIX {
            let missing = PREFIX - self.partial.len();
            if !self.more(missing).await? {
                return if self.partial.is_empty() { Ok(None) } else { Err(cut_short()) };
            }
        }
        let mut prefix = [0; PREFIX];
        prefix.copy_from_slice(&self.partial[..PREFIX]);
        let length = u32::from_be_bytes(prefix) as usize;
        if length > limit {
            return Err(LinkError::PeerMisbehaved { detail: format!("a frame of {length} bytes where {limit} are allowed") });
        }
        while self.partial.len() < PREFIX + length {
            let missing = PREFIX + length - self.partial.len();
            if !self.more(missing).await? {
                return Err(cut_short());
            }
        }
        let mut frame = std::mem::take(&mut self.partial);
        frame.drain(..PREFIX);
        Ok(Some(frame))
    }

    /// The next message of at most `limit` bytes, or `None` at the end of the stream. Cancel safe.
    ///
    /// # Errors
    /// [`LinkError::PeerMisbehaved`] for bytes that are no such message, else as [`Self::recv_bytes`].
    pub async fn recv<T: DeserializeOwned>(&mut self, limit: usize) -> Result<Option<T>, LinkError> {
        let Some(frame) = self.recv_bytes(limit).await? else {
            return Ok(None);
        };
        decode(&frame, limit).map(Some).map_err(misbehaved)
    }

    /// The head of a stream that was just accepted. Cancel safe.
    ///
    /// # Errors
    /// As [`Self::recv`]; a stream that ends before its head is the peer's fault.
    pub async fn head(&mut self) -> Result<StreamHead, LinkError> {
        self.recv(MAX_STREAM_HEAD).await?.ok_or_else(cut_short)
    }

    /// Exactly `N` raw bytes. Not to be mixed with a frame that was begun. Cancel safe.
    ///
    /// # Errors
    /// [`LinkError::PeerMisbehaved`] when the stream ends before, else the connection's error.
    pub async fn exact<const N: usize>(&mut self) -> Result<[u8; N], LinkError> {
        while self.partial.len() < N {
            let missing = N - self.partial.len();
            if !self.more(missing).await? {
                return Err(cut_short());
            }
        }
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.partial);
        self.partial.clear();
        Ok(bytes)
    }

    /// The raw bytes that have arrived, up to about 64 KiB in one piece; `None` at the end of the stream. Cancel safe.
    ///
    /// # Errors
    /// The connection's error, or [`LinkError::StreamGivenUp`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, LinkError> {
        let mut packets = [const { Bytes::new() }; READ_PACKETS];
        let Some(count) = self.stream.read_chunks(&mut packets).await? else {
            return Ok(None);
        };
        if let [only] = &packets[..count] {
            return Ok(Some(only.clone()));
        }
        // One piece costs a copy and saves a lock and a wake for each packet; it also lets go of receive buffers that
        // are much larger than the few bytes used of them.
        let mut piece = BytesMut::with_capacity(packets[..count].iter().map(Bytes::len).sum());
        packets[..count].iter().for_each(|packet| piece.extend_from_slice(packet));
        Ok(Some(piece.freeze()))
    }

    /// Everything to the end of the stream, at most `limit` bytes.
    ///
    /// # Errors
    /// [`LinkError::PeerMisbehaved`] when there is more, else the connection's error.
    pub async fn rest(&mut self, limit: usize) -> Result<Vec<u8>, LinkError> {
        let mut all = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if all.len() + chunk.len() > limit {
                return Err(LinkError::PeerMisbehaved { detail: format!("a stream of more than {limit} bytes") });
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all)
    }

    /// Tells the peer that nothing more of this stream will be read.
    pub fn stop(&mut self) {
        // An error says that the stream is over anyway.
        let _over = self.stream.stop(VarInt::from_u32(0));
    }

    async fn more(&mut self, limit: usize) -> Result<bool, LinkError> {
        match self.stream.read_chunk(limit.min(READ_CHUNK), true).await? {
            Some(chunk) => {
                self.partial.extend_from_slice(&chunk.bytes);
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

/// The sending half of a stream. Dropping it without [`Self::finish`] ends the stream with what was written.
#[derive(Debug)]
pub struct FrameWriter {
    stream: SendStream,
}

impl FrameWriter {
    pub(crate) fn new(stream: SendStream) -> Self {
        Self { stream }
    }

    /// Sends one message as a frame. Waits while the stream's window is full. Not cancel safe: a dropped call may leave
    /// half a frame, after which the stream is of no use.
    ///
    /// # Errors
    /// The connection's error, or [`LinkError::Closed`] when the peer stopped reading.
    pub async fn send<T: Serialize>(&mut self, message: &T) -> Result<(), LinkError> {
        self.send_bytes(&encode(message)).await
    }

    /// Sends bytes as one frame; see [`Self::send`].
    ///
    /// # Errors
    /// As [`Self::send`]; [`LinkError::Local`] for a frame of 4 GiB or more.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        let length = u32::try_from(bytes.len()).map_err(LinkError::local)?;
        let mut frame = Vec::with_capacity(PREFIX + bytes.len());
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(bytes);
        self.stream.write_chunk(frame.into()).await?;
        Ok(())
    }

    /// Sends raw bytes, without copying them. Waits while the stream's window is full. Not cancel safe.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn raw(&mut self, bytes: Bytes) -> Result<(), LinkError> {
        self.stream.write_chunk(bytes).await?;
        Ok(())
    }

    /// No more will be written. Returns at once; what was written still arrives.
    pub fn finish(&mut self) {
        // An error says that the stream is over anyway.
        let _over = self.stream.finish();
    }

    /// Gives the stream up: what was not delivered yet is not delivered.
    pub fn abandon(&mut self) {
        let _over = self.stream.reset(VarInt::from_u32(0));
    }

    /// Waits until the peer has everything up to [`Self::finish`], or no longer reads. Cancel safe.
    ///
    /// # Errors
    /// The connection's error.
    pub async fn delivered(&mut self) -> Result<(), LinkError> {
        self.stream.stopped().await.map(|_| ()).map_err(|error| match error {
            quinn::StoppedError::ConnectionLost(error) => error.into(),
            other => LinkError::local(other),
        })
    }

    /// Streams of a higher number go first. See [`priority`].
    pub fn set_priority(&mut self, priority: i32) {
        let _over = self.stream.set_priority(priority);
    }
}

/// Order of streams on a connection: input before control before anything else before updates, older updates before
/// newer ones.
pub mod priority {
    use deskhand_wire::stream::StreamHead;

    /// Priority of a stream of this kind; updates and cursors have [`of_update`].
    #[must_use]
    pub fn of(head: StreamHead) -> i32 {
        match head {
            StreamHead::Input { .. } => 3,
            StreamHead::Control { .. } => 2,
            StreamHead::Cursor => 1,
            StreamHead::Relay | StreamHead::Audit => 0,
            StreamHead::Update => -1,
        }
    }

    /// Priority of screen update `number`, from 1.
    #[must_use]
    pub fn of_update(number: u64) -> i32 {
        // 2^30 updates are more than a year of them at 30 a second.
        -i32::try_from(number % (1 << 30)).unwrap_or(i32::MAX).max(1)
    }
}

fn cut_short() -> LinkError {
    LinkError::PeerMisbehaved { detail: "a stream that ends in the middle".into() }
}

fn misbehaved(error: impl std::fmt::Display) -> LinkError {
    LinkError::PeerMisbehaved { detail: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::priority::{of, of_update};
    use deskhand_wire::stream::StreamHead;

    #[test]
    fn input_goes_before_control_before_updates_and_old_updates_before_new_ones() {
        let input = of(StreamHead::Input { peer: 1 });
        let control = of(StreamHead::Control { peer: 1 });
        assert!(input > control);
        assert!(control > of(StreamHead::Audit));
        assert!(of(StreamHead::Audit) > of_update(1));
        assert!(of_update(1) > of_update(2));
        assert!(of_update(u64::MAX) < 0);
    }
}
