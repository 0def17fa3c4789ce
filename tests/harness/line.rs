//! A line between programs and the relay: a UDP forwarder that sees every datagram and can be cut or made slow.
//!
//! In scope: what a bad network does (rate, cut), and what somebody on the line can see. Not in scope: changing datagrams;
//! QUIC notices that by itself.

use std::{
    collections::HashMap,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

#[derive(Debug, Default)]
struct State {
    ended: AtomicBool,
    cut: AtomicBool,
    /// Bytes a second in each direction, 0 for unlimited.
    rate: AtomicU64,
    seen: Mutex<Vec<u8>>,
    bytes: AtomicU64,
}

/// A forwarder to one address; ended with the value.
#[derive(Debug)]
pub struct Line {
    state: Arc<State>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Opens a port on loopback that leads to `relay`.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn to(relay: &str) -> Self {
        let relay: SocketAddr = relay.parse().expect("an address");
        let front = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        front.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
        let address = front.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let shared = state.clone();
        let thread = std::thread::spawn(move || forward(&shared, &front, relay));
        Self { state, address, thread: Some(thread) }
    }

    /// Where programs connect to.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on nothing passes, or everything does again.
    pub fn cut(&self, cut: bool) {
        self.state.cut.store(cut, Ordering::SeqCst);
    }

    /// From now on only so many bytes a second pass in each direction; 0 for all.
    pub fn narrow(&self, bytes_per_second: u64) {
        self.state.rate.store(bytes_per_second, Ordering::SeqCst);
    }

    /// Every byte that passed.
    ///
    /// # Panics
    /// Never in practice: the lock is only held for a copy.
    pub fn seen(&self) -> Vec<u8> {
        self.state.seen.lock().expect("the lock").clone()
    }

    /// How many bytes passed.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A bucket that holds back what is too fast, and drops what would wait longer than half a second, as routers do.
struct Bucket {
    free_at: Instant,
}

impl Bucket {
    fn passes(&mut self, bytes: usize, rate: u64) -> bool {
        if rate == 0 {
            return true;
        }
        let now = Instant::now();
        let start = self.free_at.max(now);
        if start > now + Duration::from_millis(500) {
            return false;
        }
        std::thread::park_timeout(start - now);
        self.free_at = start + Duration::from_secs_f64(bytes as f64 / rate as f64);
        true
    }
}

fn note(state: &State, bytes: &[u8]) {
    state.bytes.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    state.seen.lock().expect("the lock").extend_from_slice(bytes);
}

fn forward(state: &Arc<State>, front: &UdpSocket, relay: SocketAddr) {
    let mut clients: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut buffer = vec![0; 65_536];
    let mut bucket = Bucket { free_at: Instant::now() };
    while !state.ended.load(Ordering::SeqCst) {
        let Ok((count, client)) = front.recv_from(&mut buffer) else { continue };
        let back = clients.entry(client).or_insert_with(|| {
            let back = Arc::new(UdpSocket::bind("127.0.0.1:0").expect("a socket"));
            back.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
            let (socket, state, front) = (back.clone(), state.clone(), front.try_clone().expect("a socket can be shared"));
            std::thread::spawn(move || answer(&state, &socket, &front, client));
            back
        });
        if state.cut.load(Ordering::SeqCst) || !bucket.passes(count, state.rate.load(Ordering::SeqCst)) {
            continue;
        }
        note(state, &buffer[..count]);
        let _ = back.send_to(&buffer[..count], relay);
    }
}

fn answer(state: &State, back: &UdpSocket, front: &UdpSocket, client: SocketAddr) {
    let mut buffer = vec![0; 65_536];
    let mut bucket = Bucket { free_at: Instant::now() };
    while !state.ended.load(Ordering::SeqCst) {
        let Ok((count, _)) = back.recv_from(&mut buffer) else { continue };
        if state.cut.load(Ordering::SeqCst) || !bucket.passes(count, state.rate.load(Ordering::SeqCst)) {
            continue;
        }
        note(state, &buffer[..count]);
        let _ = front.send_to(&buffer[..count], client);
    }
}
