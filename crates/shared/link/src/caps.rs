//! How many connections and handshakes one network address, and all of them together, may hold at the relay.
//!
//! In scope: counting, and letting go on drop. Not in scope: proving that a peer is at its address (QUIC Retry does
//! that first, so that nobody uses up another's share).

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Connections of one address, handshakes included. An office of technicians sits behind one.
    pub per_address: usize,
    /// Connections altogether.
    pub total: usize,
    /// Unfinished handshakes of one address.
    pub handshakes_per_address: usize,
    /// Unfinished handshakes altogether.
    pub handshakes: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self { per_address: 128, total: 4_096, handshakes_per_address: 32, handshakes: 256 }
    }
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    connections: usize,
    handshakes: usize,
}

#[derive(Debug, Default)]
struct Counts {
    all: Count,
    by_address: HashMap<IpAddr, Count>,
}

/// The doorkeeper: admits or not.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    caps: Caps,
    counts: Arc<Mutex<Counts>>,
}

impl Door {
    pub(crate) fn new(caps: Caps) -> Self {
        Self { caps, counts: Arc::default() }
    }

    /// A place for a new connection in its handshake, or `None` when its share is used up.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<Place> {
        let address = share_of(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let all = counts.all;
        let own = counts.by_address.get(&address).copied().unwrap_or_default();
        if all.connections >= self.caps.total
            || all.handshakes >= self.caps.handshakes
            || own.connections >= self.caps.per_address
            || own.handshakes >= self.caps.handshakes_per_address
        {
            return None;
        }
        counts.all.connections += 1;
        counts.all.handshakes += 1;
        let own = counts.by_address.entry(address).or_default();
        own.connections += 1;
        own.handshakes += 1;
        Some(Place { address, shaking: true, counts: self.counts.clone() })
    }
}

/// A counted connection; dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    address: IpAddr,
    shaking: bool,
    counts: Arc<Mutex<Counts>>,
}

impl Place {
    /// The handshake is done: only the connection counts from now on.
    pub(crate) fn settle(&mut self) {
        if std::mem::take(&mut self.shaking) {
            self.release(0, 1);
        }
    }

    fn release(&self, connections: usize, handshakes: usize) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all.connections -= connections;
        counts.all.handshakes -= handshakes;
        if let Some(own) = counts.by_address.get_mut(&self.address) {
            own.connections -= connections;
            own.handshakes -= handshakes;
            if own.connections == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.release(1, usize::from(self.shaking));
    }
}

/// Who shares a cap: an IPv4 address, or the 64-bit prefix one IPv6 subscriber is given (RFC 6177).
fn share_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(prefix))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("a literal address")
    }

    fn small() -> Door {
        Door::new(Caps { per_address: 2, total: 3, handshakes_per_address: 2, handshakes: 3 })
    }

    #[test]
    fn one_address_cannot_take_more_than_its_share() {
        let door = small();
        let places: Vec<_> = (0..3).map(|_| door.admit(address("192.0.2.1"))).collect();
        assert_eq!(places.iter().filter(|p| p.is_some()).count(), 2);
        assert!(door.admit(address("192.0.2.2")).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_prefix_share_a_cap() {
        let door = small();
        let _held: Vec<_> = (0..2).map(|_| door.admit(address("2001:db8::1"))).collect();
        assert!(door.admit(address("2001:db8::ffff:2")).is_none());
        assert!(door.admit(address("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn a_dropped_connection_frees_its_place_and_nothing_is_kept_of_it() {
        let door = small();
        let mut place = door.admit(address("192.0.2.1")).expect("the door is open");
        place.settle();
        place.settle();
        drop(place);
        let counts = door.counts.lock().expect("nobody panicked");
        assert_eq!(counts.all.connections, 0);
        assert_eq!(counts.all.handshakes, 0);
        assert!(counts.by_address.is_empty());
    }

    #[test]
    fn the_total_counts_over_all_addresses() {
        let door = small();
        let _held: Vec<_> = (1..=3).map(|n| door.admit(address(&format!("192.0.2.{n}")))).collect();
        assert!(door.admit(address("192.0.2.9")).is_none());
    }
}
