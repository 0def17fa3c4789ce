//! The runtime under an endpoint: tokio, with a socket that wakes nobody when what was sent has left.
//!
//! In scope: readiness. A socket that is registered for writing too reports "writable" after every single packet, an empty wake-up
//! for each; here writing is registered only while the kernel's buffer is full. Not in scope: packets themselves (`quinn-udp`).

use std::{
    future::Future,
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::{AsFd, AsRawFd, OwnedFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use quinn::{
    AsyncTimer, AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller,
    udp::{RecvMeta, Transmit, UdpSocketState},
};
use tokio::io::{Interest, unix::AsyncFd};

/// Tokio with quiet sockets. Everything must run within a tokio runtime.
#[derive(Debug)]
pub(crate) struct QuietRuntime;

impl Runtime for QuietRuntime {
    fn new_timer(&self, at: Instant) -> Pin<Box<dyn AsyncTimer>> {
        TokioRuntime.new_timer(at)
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        TokioRuntime.spawn(future);
    }

    fn wrap_udp_socket(&self, socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        let state = UdpSocketState::new((&socket).into())?;
        socket.set_nonblocking(true)?;
        Ok(Arc::new(QuietSocket { socket: register(socket, Interest::READABLE)?, state }))
    }

    fn now(&self) -> Instant {
        TokioRuntime.now()
    }
}

#[derive(Debug)]
struct QuietSocket {
    socket: AsyncFd<UdpSocket>,
    state: UdpSocketState,
}

impl AsyncUdpSocket for QuietSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.state.send(self.socket.get_ref().into(), transmit)
    }

    fn poll_recv(&self, context: &mut Context<'_>, buffers: &mut [io::IoSliceMut<'_>], meta: &mut [RecvMeta]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.socket.poll_read_ready(context))?;
            // Otherwise there was nothing after all: wait again.
            if let Ok(received) = ready.try_io(|socket| self.state.recv(socket.get_ref().into(), buffers, meta)) {
                return Poll::Ready(received);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get_ref().local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.state.gro_segments()
    }

    fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }
}

/// Waits for room in the kernel's buffer. Asked only after a send that found none.
#[derive(Debug)]
struct Writable {
    socket: Arc<QuietSocket>,
    /// The same socket under a descriptor of its own, registered for writing while somebody waits.
    waiting: Option<AsyncFd<OwnedFd>>,
}

impl UdpPoller for Writable {
    fn poll_writable(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let twin = match self.waiting.take() {
            Some(twin) => twin,
            None => register(self.socket.socket.get_ref().as_fd().try_clone_to_owned()?, Interest::WRITABLE)?,
        };
        match twin.poll_write_ready(context) {
            Poll::Ready(ready) => Poll::Ready(ready.map(drop)),
            Poll::Pending => {
                self.waiting = Some(twin);
                Poll::Pending
            }
        }
    }
}

fn register<T: AsRawFd>(descriptor: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    // SAFETY: both types used here own one open descriptor, name that same one every time, and give it to nobody else; the
    // registration ends, in `AsyncFd`'s drop, before it is closed.
    unsafe { Ok(AsyncFd::register_with_interest(descriptor, interest)?) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    fn transmit(to: SocketAddr, contents: &[u8]) -> Transmit<'_> {
        Transmit { destination: to, ecn: None, contents, segment_size: None, src_ip: None }
    }

    #[tokio::test]
    async fn what_is_sent_arrives_and_room_is_told_when_it_is_waited_for() {
        let here = || UdpSocket::bind("127.0.0.1:0").expect("a port");
        let (from, to) = (QuietRuntime.wrap_udp_socket(here()).expect("a socket"), QuietRuntime.wrap_udp_socket(here()).expect("a socket"));
        let address = to.local_addr().expect("an address");
        let mut writable = from.clone().create_io_poller();
        poll_fn(|context| writable.as_mut().poll_writable(context)).await.expect("room");
        from.try_send(&transmit(address, b"hello")).expect("sent");
        let (mut buffer, mut meta) = ([0; 2_000], [RecvMeta::default()]);
        let received = poll_fn(|context| to.poll_recv(context, &mut [io::IoSliceMut::new(&mut buffer)], &mut meta)).await;
        assert_eq!((received.expect("received"), meta[0].len), (1, 5));
        assert_eq!(&buffer[..5], b"hello");
    }
}
