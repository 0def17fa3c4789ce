//! The thread of a bad line: one `poll(2)` over all sockets and the time when the next packet comes out.
//!
//! In scope: sockets and the lock between the thread and the test. Not in scope: what becomes of a packet ([`super::way`]).

use super::{
    Direction, Terms,
    way::{Counts, Way},
};
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fd::OwnedFd,
    net::sockopt::set_socket_recv_buffer_size,
};
use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Asked of the kernel for every socket, bytes: what is lost is lost by the terms alone.
const SOCKET_BUFFER: usize = 4 << 20;
/// Larger than any UDP packet.
const PACKET: usize = 65_536;

/// A packet of a program, by its place among the line's clients.
#[derive(Debug)]
struct Packet {
    client: usize,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct State {
    up: Way<Packet>,
    down: Way<Packet>,
    /// Every byte that came in, while somebody listens.
    seen: Option<Vec<u8>>,
    rebind: bool,
    ended: bool,
}

/// What the thread and the test share.
#[derive(Debug)]
pub(super) struct Shared {
    start: Instant,
    state: Mutex<State>,
    wake: OwnedFd,
}

impl Shared {
    pub(super) fn new(seed: u64) -> Self {
        let way = |seed| Way::new(Terms::default(), seed);
        let state = State { up: way(seed), down: way(!seed), seen: None, rebind: false, ended: false };
        let wake = eventfd(0, EventfdFlags::NONBLOCK).expect("an event");
        Self { start: Instant::now(), state: Mutex::new(state), wake }
    }

    pub(super) fn set(&self, direction: Direction, terms: Terms) {
        let now = self.start.elapsed();
        self.change(|state| state.way(direction).set(now, terms));
    }

    pub(super) fn rebind(&self) {
        self.change(|state| state.rebind = true);
    }

    pub(super) fn end(&self) {
        self.change(|state| state.ended = true);
    }

    pub(super) fn counts(&self, direction: Direction) -> Counts {
        self.lock().way(direction).counts()
    }

    pub(super) fn listen(&self) {
        self.lock().seen.get_or_insert_default();
    }

    pub(super) fn seen(&self) -> Vec<u8> {
        self.lock().seen.clone().unwrap_or_default()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        rustix::io::write(&self.wake, &1_u64.to_ne_bytes()).expect("an event can be set");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note(&mut self, bytes: &[u8]) {
        if let Some(seen) = &mut self.seen {
            seen.extend_from_slice(bytes);
        }
    }

    fn way(&mut self, direction: Direction) -> &mut Way<Packet> {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

/// A program, and the socket that stands for it before the relay.
struct Client {
    address: SocketAddr,
    back: UdpSocket,
}

/// Forwards until told to end.
pub(super) fn run(shared: &Shared, front: &UdpSocket, relay: SocketAddr) {
    prepare(front);
    let mut clients: Vec<Client> = Vec::new();
    let mut buffer = vec![0; PACKET];
    loop {
        let mut state = shared.lock();
        if state.ended {
            return;
        }
        if std::mem::take(&mut state.rebind) {
            clients.iter_mut().for_each(|client| client.back = back());
        }
        while let Some((count, from)) = receive(front, &mut buffer) {
            let known = clients.iter().position(|client| client.address == from);
            let client = known.unwrap_or_else(|| {
                clients.push(Client { address: from, back: back() });
                clients.len() - 1
            });
            state.note(&buffer[..count]);
            state.up.offer(shared.start.elapsed(), Packet { client, bytes: buffer[..count].to_vec() }, count);
        }
        for (client, Client { back, .. }) in clients.iter().enumerate() {
            while let Some((count, from)) = receive(back, &mut buffer) {
                if from == relay {
                    state.note(&buffer[..count]);
                    state.down.offer(shared.start.elapsed(), Packet { client, bytes: buffer[..count].to_vec() }, count);
                }
            }
        }
        // What a socket does not take is lost, as on any network.
        while let Some(packet) = state.up.take(shared.start.elapsed()) {
            let _ = clients[packet.client].back.send_to(&packet.bytes, relay);
        }
        while let Some(packet) = state.down.take(shared.start.elapsed()) {
            let _ = front.send_to(&packet.bytes, clients[packet.client].address);
        }
        let due = state.up.due().into_iter().chain(state.down.due()).min();
        drop(state);
        wait(shared, front, &clients, due.map(|due| due.saturating_sub(shared.start.elapsed())));
    }
}

fn wait(shared: &Shared, front: &UdpSocket, clients: &[Client], left: Option<std::time::Duration>) {
    let mut sockets = vec![PollFd::new(&shared.wake, PollFlags::IN), PollFd::new(front, PollFlags::IN)];
    sockets.extend(clients.iter().map(|client| PollFd::new(&client.back, PollFlags::IN)));
    let left = left.map(|left| Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) });
    // An interruption is a reason to look again, as anything else is.
    let _ = poll(&mut sockets, left.as_ref());
    // Empty when something else woke the thread.
    let _ = rustix::io::read(&shared.wake, &mut [0; 8]);
}

/// The next packet, if one is there.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        match socket.recv_from(buffer) {
            Ok(received) => return Some(received),
            // Somebody before us is gone, and the kernel says so once: what comes after that is still there.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(_) => return None,
        }
    }
}

fn back() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    prepare(&socket);
    socket
}

fn prepare(socket: &UdpSocket) {
    socket.set_nonblocking(true).expect("a socket can be made to return at once");
    // The kernel may give less.
    let _ = set_socket_recv_buffer_size(socket, SOCKET_BUFFER);
}
