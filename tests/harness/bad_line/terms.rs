//! What a direction of a bad line does to packets: plain data.

use std::time::Duration;

/// How much may wait before the bottleneck.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Bytes.
    Bytes(u64),
    /// As many bytes as leave within this time.
    Time(Duration),
}

/// Loss in bursts, as Gilbert's model has it: a state in which everything is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Burst {
    /// Probability, from 0 to 1, that a burst begins with a packet.
    pub begins: f64,
    /// Probability, from 0 to 1, that it ends before a packet; a burst is `1 / ends` packets long on average.
    pub ends: f64,
}

/// What a direction does. The default passes everything at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Bytes a second that leave the bottleneck; without one there is none.
    pub rate: Option<u64>,
    /// What may wait before it; more is lost.
    pub queue: Bound,
    /// How long a packet travels after it left the bottleneck.
    pub delay: Duration,
    /// Up to so much is added, evenly spread; the order is kept.
    pub jitter: Duration,
    /// Probability, from 0 to 1, that a packet is lost alone.
    pub loss: f64,
    /// Loss in bursts.
    pub burst: Option<Burst>,
    /// Probability, from 0 to 1, that a packet may be overtaken.
    pub reorder: f64,
    /// By how much it is late then.
    pub reorder_by: Duration,
    /// Packets of more bytes than this vanish without a word.
    pub mtu: Option<usize>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            rate: None,
            queue: Bound::Time(Duration::from_millis(200)),
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: None,
            reorder: 0.0,
            reorder_by: Duration::ZERO,
            mtu: None,
        }
    }
}

impl Terms {
    /// A line of this many megabits a second that takes so many milliseconds, with a queue of 200 ms.
    pub fn of(megabits: f64, delay_ms: u64) -> Self {
        Self { rate: Some((megabits * 125_000.0) as u64), delay: Duration::from_millis(delay_ms), ..Self::default() }
    }
}
