//! The UDP socket under an endpoint: bound with large buffers, so that a burst of a key update is not lost in the kernel.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};

use quinn::Runtime;
use socket2::{Domain, Protocol, Socket, Type};

use crate::transport::SOCKET_BUFFER;

/// What an endpoint runs on.
pub(crate) fn runtime() -> Arc<dyn Runtime> {
    #[cfg(unix)]
    return Arc::new(crate::quiet::QuietRuntime);
    #[cfg(not(unix))]
    Arc::new(quinn::TokioRuntime)
}

/// Binds a UDP socket; an unspecified IPv6 address takes IPv4 peers too where the system allows it.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        let both = socket.set_only_v6(false);
        if let Err(error) = both {
            tracing::debug!(%error, "this system keeps IPv4 and IPv6 sockets apart");
        }
    }
    for result in [socket.set_recv_buffer_size(SOCKET_BUFFER), socket.set_send_buffer_size(SOCKET_BUFFER)] {
        if let Err(error) = result {
            tracing::debug!(%error, "the system keeps its own UDP buffer size");
        }
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}
