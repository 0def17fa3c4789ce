//! Numbers of the QUIC transport, each with its reason.
//!
//! In scope: windows, stream counts, timers, congestion control. Not in scope: what travels in the streams; the bounds
//! of messages are in `wire::limits`.

use std::{sync::Arc, time::Duration};

use quinn::{IdleTimeout, TransportConfig, VarInt, congestion::CubicConfig};

/// A peer that says nothing for this long is gone. The timer starts again with the first packet that is sent into the silence
/// (RFC 9000, section 10.1), so a killed peer is noticed after at most twice this time: within 5 s.
pub const IDLE_TIMEOUT: Duration = Duration::from_millis(2_500);

/// A client (never the relay: one side is enough) sends a probe after this much silence: two fit into the timeout. More than a
/// second, because a session under control says something every second anyway and then needs none.
pub const KEEP_ALIVE: Duration = Duration::from_millis(1_200);

/// Bidirectional streams a peer may have open at once: control, input, clipboard, chat and files of a few viewers.
pub const MAX_BI_STREAMS: u32 = 64;

/// Unidirectional streams a peer may have open at once: screen updates on their way.
pub const MAX_UNI_STREAMS: u32 = 64;

/// Bytes of one stream that may be unread: 100 Mbit/s over 300 ms.
pub const STREAM_WINDOW: u32 = 4 << 20;

/// Bytes of one connection that may be unread: two streams at full speed. The most a peer can make this side hold.
pub const CONNECTION_WINDOW: u32 = 8 << 20;

/// Bytes written and not yet acknowledged, on all streams of a connection.
pub const SEND_WINDOW: u64 = 4 << 20;

/// Congestion window before anything is known about the path: 32 packets, as large content networks start with. On
/// loopback it doubles every 100 µs, so a burst of 8 MB needs about eight round trips more than its bytes.
pub const INITIAL_WINDOW: u64 = 32 * 1_200;

/// Datagrams kept for a reader, and for the wire; when full the oldest goes: a cursor position is worth its age.
pub const DATAGRAM_BUFFER: usize = 64 << 10;

/// Receive and send buffers asked of the kernel for the UDP socket (it may give less).
pub(crate) const SOCKET_BUFFER: usize = 2 << 20;

/// Transport of a client or of the relay.
pub(crate) fn config(keep_alive: bool) -> Arc<TransportConfig> {
    let mut cubic = CubicConfig::default();
    cubic.initial_window(INITIAL_WINDOW);
    let idle = IdleTimeout::try_from(IDLE_TIMEOUT).expect("the timeout fits in a QUIC integer");
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(MAX_BI_STREAMS))
        .max_concurrent_uni_streams(VarInt::from_u32(MAX_UNI_STREAMS))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(SEND_WINDOW)
        .max_idle_timeout(Some(idle))
        .keep_alive_interval(keep_alive.then_some(KEEP_ALIVE))
        .datagram_receive_buffer_size(Some(DATAGRAM_BUFFER))
        .datagram_send_buffer_size(DATAGRAM_BUFFER)
        .congestion_controller_factory(Arc::new(cubic));
    Arc::new(transport)
}
