//! The first frame of every stream says what the stream is.
//!
//! In scope: channels, their direction and who opens them. A frame on a stream is a `u32` length (big endian) and that many
//! bytes; the head is such a frame of at most [`limits::MAX_STREAM_HEAD`](crate::limits::MAX_STREAM_HEAD) bytes.
//!
//! | kind | opened by | what follows |
//! | --- | --- | --- |
//! | `Relay` | every client, first, one, bidirectional | frames: [`ClientHello`](crate::relay::ClientHello), then that role's messages |
//! | `Audit` | host, one, bidirectional | frames: `AuditToRelay` up, `AuditToHost` down |
//! | `Control` | viewer (the relay opens its twin to the host), bidirectional | frames: `ControlFrame` |
//! | `Input` | viewer (twin to the host), bidirectional, highest priority | frames: sealed `InputMessage` up |
//! | `Update` | host (twins to all viewers), unidirectional, one an update | [`UpdateHeader`](crate::update::UpdateHeader), then sealed bytes to the end |
//! | `Cursor` | host (twins to all viewers), unidirectional, when no datagram holds it | the same as `Update` |

use crate::PeerId;
use serde::{Deserialize, Serialize};

/// The logical channels of a session, as numbered in SFrame key ids.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Channel {
    /// Screen updates, host to all viewers, epoch key.
    Screen = 1,
    /// Cursor, host to all viewers, epoch key.
    Cursor = 2,
    /// Grants, ticks, requests; pairwise key.
    Control = 3,
    /// Pointer and keys, viewer to host; pairwise key.
    Input = 4,
    /// One clipboard item, pushed on purpose.
    Clipboard = 5,
    /// A file.
    File = 6,
    /// Chat.
    Chat = 7,
    /// The log, host to relay and to viewers; sealed fields under the log key.
    Audit = 8,
}

impl Channel {
    /// The number in key ids and headers.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// What a stream is. On a stream between relay and host `peer` is the viewer it belongs to; a viewer's own streams carry
/// the number that the relay gave it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum StreamHead {
    /// Messages between this client and the relay.
    Relay,
    /// The log on its way to the relay's disk.
    Audit,
    /// Pairing, then sealed control messages.
    Control {
        /// The viewer.
        peer: PeerId,
    },
    /// Sealed input.
    Input {
        /// The viewer.
        peer: PeerId,
    },
    /// One sealed screen update.
    Update,
    /// One sealed cursor message.
    Cursor,
}
