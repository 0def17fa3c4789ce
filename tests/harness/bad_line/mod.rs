//! A bad line between programs and the relay: a seeded UDP forwarder on loopback.
//!
//! In scope: what networks do to packets (delay, jitter, loss alone and in bursts, reordering, a bottleneck with a bounded queue, an MTU
//! hole, another address of ours in the middle), each direction on its own, changed while it runs; a count of what was done; what
//! somebody on the line can see. Not in scope: changing packets; QUIC notices that by itself.
//!
//! | file | what |
//! | --- | --- |
//! | `terms` | what a direction does to packets |
//! | `way` | one direction as a pure model |
//! | `forward` | the thread: sockets in and out |

mod forward;
pub mod terms;
pub mod way;

pub use terms::{Bound, Burst, Terms};
pub use way::Counts;

use forward::Shared;
use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    thread::JoinHandle,
};

/// The way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From programs to the relay.
    Up,
    /// From the relay to programs.
    Down,
}

/// A line to one address; ended with the value.
#[derive(Debug)]
pub struct BadLine {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl BadLine {
    /// Opens a port on loopback that leads to `relay`. Everything passes until terms are set.
    ///
    /// # Panics
    /// When no socket can be had.
    pub fn to(relay: &str, seed: u64) -> Self {
        let relay: SocketAddr = relay.parse().expect("an address");
        let front = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let address = front.local_addr().expect("an address");
        let shared = Arc::new(Shared::new(seed));
        let forwarding = shared.clone();
        let thread = std::thread::spawn(move || forward::run(&forwarding, &front, relay));
        Self { shared, address, thread: Some(thread) }
    }

    /// Where programs connect to.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on a direction does this.
    pub fn set(&self, direction: Direction, terms: Terms) {
        self.shared.set(direction, terms);
    }

    /// From now on both directions do this.
    pub fn set_both(&self, terms: Terms) {
        self.set(Direction::Up, terms);
        self.set(Direction::Down, terms);
    }

    /// From now on the relay sees every program at another address, as when a phone changes from one network to another.
    pub fn rebind(&self) {
        self.shared.rebind();
    }

    /// What a direction did so far.
    pub fn counts(&self, direction: Direction) -> Counts {
        self.shared.counts(direction)
    }

    /// From now on remembers every byte that comes in.
    pub fn listen(&self) {
        self.shared.listen();
    }

    /// Every byte that came in since [`BadLine::listen`], in both directions.
    pub fn seen(&self) -> Vec<u8> {
        self.shared.seen()
    }
}

impl Drop for BadLine {
    fn drop(&mut self) {
        self.shared.end();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said why.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A program, the line, and an address behind it.
    fn set() -> (UdpSocket, BadLine, UdpSocket) {
        let here = || UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let (program, relay) = (here(), here());
        for socket in [&program, &relay] {
            socket.set_read_timeout(Some(crate::PATIENCE)).expect("a timeout");
        }
        let line = BadLine::to(&relay.local_addr().expect("an address").to_string(), 1);
        program.connect(line.address()).expect("connected");
        (program, line, relay)
    }

    #[test]
    fn packets_pass_in_both_directions_after_their_delay_and_are_counted() {
        let (program, line, relay) = set();
        line.set(Direction::Down, Terms { delay: Duration::from_millis(60), ..Terms::default() });
        line.listen();
        let mut buffer = [0; 100];
        let start = std::time::Instant::now();
        program.send(b"hello").expect("sent");
        let (count, from) = relay.recv_from(&mut buffer).expect("received");
        assert_eq!(&buffer[..count], b"hello");
        relay.send_to(b"good day", from).expect("sent");
        let count = program.recv(&mut buffer).expect("received");
        assert_eq!(&buffer[..count], b"good day");
        assert!(start.elapsed() >= Duration::from_millis(60));
        assert_eq!((line.counts(Direction::Up).passed, line.counts(Direction::Up).bytes), (1, 5));
        assert_eq!((line.counts(Direction::Down).passed, line.counts(Direction::Down).bytes), (1, 8));
        assert_eq!(line.seen(), b"hellogood day");
    }

    #[test]
    fn a_new_address_in_the_middle_is_seen_by_the_relay_and_answered_there() {
        let (program, line, relay) = set();
        let mut buffer = [0; 100];
        program.send(b"1").expect("sent");
        let (_, before) = relay.recv_from(&mut buffer).expect("received");
        line.rebind();
        program.send(b"2").expect("sent");
        let (_, after) = relay.recv_from(&mut buffer).expect("received");
        assert_ne!(before, after);
        relay.send_to(b"3", after).expect("sent");
        assert_eq!(program.recv(&mut buffer).expect("received"), 1);
    }

    #[test]
    fn a_line_that_is_closed_opens_again_without_what_was_lost() {
        let (program, line, relay) = set();
        let mut buffer = [0; 100];
        line.set(Direction::Up, Terms { loss: 1.0, ..Terms::default() });
        program.send(b"lost").expect("sent");
        crate::until("the packet is lost", || (line.counts(Direction::Up).lost == 1).then_some(()));
        line.set(Direction::Up, Terms::default());
        program.send(b"found").expect("sent");
        let (count, _) = relay.recv_from(&mut buffer).expect("received");
        assert_eq!(&buffer[..count], b"found");
    }
}
