//! One direction of a bad line: what becomes of each packet, and when it comes out.
//!
//! In scope: a pure, seeded model; `now` is a parameter (time since the line was opened). Packets meet, in this order: the MTU hole, loss
//! (alone and in bursts), the bottleneck (a queue with a bound, emptied at a rate), then delay, jitter and reordering. Not in scope:
//! sockets ([`super`]).

use super::terms::{Bound, Terms};
use crate::painter::Seeded;
use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

/// What a direction did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that came in.
    pub came: u64,
    /// Packets that came out.
    pub passed: u64,
    /// Bytes that came out.
    pub bytes: u64,
    /// Packets that were lost by chance, alone or in a burst.
    pub lost: u64,
    /// Packets that found the queue full.
    pub overflowed: u64,
    /// Packets that fell into the MTU hole.
    pub too_large: u64,
    /// Packets that were overtaken.
    pub reordered: u64,
    /// Most bytes that ever waited in the queue.
    pub most_waiting: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    packet: T,
    bytes: usize,
    came: Duration,
}

/// One direction. `T` is what a packet is to its owner.
#[derive(Debug)]
pub struct Way<T> {
    terms: Terms,
    chance: Seeded,
    in_burst: bool,
    /// The bottleneck: the first one is being sent and has left at `first_leaves`.
    queue: VecDeque<Waiting<T>>,
    queued_bytes: u64,
    first_leaves: Duration,
    /// By when it comes out; the second part keeps the order of equals.
    flying: BTreeMap<(Duration, u64), (T, usize)>,
    flown: u64,
    last_out: Duration,
    counts: Counts,
}

impl<T> Way<T> {
    /// A direction with these terms.
    pub fn new(terms: Terms, seed: u64) -> Self {
        Self {
            terms,
            chance: Seeded::new(seed),
            in_burst: false,
            queue: VecDeque::new(),
            queued_bytes: 0,
            first_leaves: Duration::ZERO,
            flying: BTreeMap::new(),
            flown: 0,
            last_out: Duration::ZERO,
            counts: Counts::default(),
        }
    }

    /// Changes the terms. What waits in the queue leaves at the new rate, except the packet that is being sent.
    pub fn set(&mut self, now: Duration, terms: Terms) {
        self.advance(now);
        self.terms = terms;
    }

    /// The terms.
    pub fn terms(&self) -> Terms {
        self.terms
    }

    /// What happened so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A packet comes in.
    pub fn offer(&mut self, now: Duration, packet: T, bytes: usize) {
        self.advance(now);
        self.counts.came += 1;
        if self.terms.mtu.is_some_and(|most| bytes > most) {
            self.counts.too_large += 1;
        } else if self.is_lost() {
            self.counts.lost += 1;
        } else if self.terms.rate.is_none() && self.queue.is_empty() {
            self.fly(now, packet, bytes);
        } else if !self.queue.is_empty() && self.queued_bytes + bytes as u64 > self.room() {
            self.counts.overflowed += 1;
        } else {
            if self.queue.is_empty() {
                self.first_leaves = now + self.sending(bytes);
            }
            self.queue.push_back(Waiting { packet, bytes, came: now });
            self.queued_bytes += bytes as u64;
            self.counts.most_waiting = self.counts.most_waiting.max(self.queued_bytes);
        }
    }

    /// The next packet that has come out by `now`.
    pub fn take(&mut self, now: Duration) -> Option<T> {
        self.advance(now);
        let entry = self.flying.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (packet, bytes) = entry.remove();
        self.counts.passed += 1;
        self.counts.bytes += bytes as u64;
        Some(packet)
    }

    /// When to look again, if anything is on its way.
    pub fn due(&self) -> Option<Duration> {
        let queued = self.queue.front().map(|_| self.first_leaves);
        queued.into_iter().chain(self.flying.keys().next().map(|(at, _)| *at)).min()
    }

    /// Moves what has left the bottleneck by `now` on. Times follow from each other, not from when somebody looked: the rate holds.
    fn advance(&mut self, now: Duration) {
        while let Some(first) = self.queue.front().filter(|_| self.first_leaves <= now) {
            let (left, bytes) = (self.first_leaves, first.bytes);
            self.queued_bytes -= bytes as u64;
            if let Some(sent) = self.queue.pop_front() {
                self.fly(left, sent.packet, bytes);
            }
            if let Some(next) = self.queue.front() {
                self.first_leaves = left.max(next.came) + self.sending(next.bytes);
            }
        }
    }

    fn fly(&mut self, left: Duration, packet: T, bytes: usize) {
        let jitter = self.terms.jitter.mul_f64(self.draw());
        let mut out = left + self.terms.delay + jitter;
        if self.happens(self.terms.reorder) {
            self.counts.reordered += 1;
            out += self.terms.reorder_by;
        } else {
            out = out.max(self.last_out);
            self.last_out = out;
        }
        self.flown += 1;
        self.flying.insert((out, self.flown), (packet, bytes));
    }

    fn is_lost(&mut self) -> bool {
        if let Some(burst) = self.terms.burst {
            let turns = self.happens(if self.in_burst { burst.ends } else { burst.begins });
            self.in_burst ^= turns;
        }
        self.happens(self.terms.loss) || (self.in_burst && self.terms.burst.is_some())
    }

    fn sending(&self, bytes: usize) -> Duration {
        self.terms.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64))
    }

    /// Bytes that may wait now.
    fn room(&self) -> u64 {
        match self.terms.queue {
            Bound::Bytes(bytes) => bytes,
            Bound::Time(time) => self.terms.rate.map_or(u64::MAX, |rate| (rate as f64 * time.as_secs_f64()) as u64),
        }
    }

    fn happens(&mut self, probability: f64) -> bool {
        // Nothing is drawn for what never happens: terms that are switched on later do not change what was before.
        probability > 0.0 && self.draw() < probability
    }

    /// From 0 up to 1.
    fn draw(&mut self) -> f64 {
        (self.chance.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bad_line::terms::Burst;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Offers `count` packets of 1,000 bytes, one every `every`; what came out and when, looked at every millisecond.
    fn run(way: &mut Way<u64>, count: u64, every: Duration) -> Vec<(Duration, u64)> {
        let (mut out, mut now, mut sent) = (Vec::new(), Duration::ZERO, 0);
        while sent < count || way.due().is_some() {
            while sent < count && every * sent as u32 <= now {
                way.offer(every * sent as u32, sent, 1_000);
                sent += 1;
            }
            while let Some(packet) = way.take(now) {
                out.push((now, packet));
            }
            now += MS(1);
        }
        out
    }

    #[test]
    fn the_rate_is_held_and_what_comes_too_fast_finds_the_queue_full() {
        // 250 kB/s; a megabyte a second comes.
        let terms = Terms { rate: Some(250_000), queue: Bound::Time(MS(200)), delay: MS(10), ..Terms::default() };
        let mut way = Way::new(terms, 1);
        let out = run(&mut way, 4_000, MS(1));
        let counts = way.counts();
        let second = out.iter().filter(|(at, _)| (MS(1_000)..MS(2_000)).contains(at)).count();
        assert!((248..=252).contains(&second), "{second} packets of 1,000 bytes in a second");
        assert!(counts.most_waiting <= 50_000, "{counts:?}");
        assert_eq!(counts.passed + counts.overflowed, 4_000, "{counts:?}");
        let late = out.iter().map(|(at, packet)| *at - MS(*packet)).max();
        assert!(late <= Some(MS(10 + 200 + 5)), "nothing waits longer than the queue is deep: {late:?}");
    }

    #[test]
    fn a_step_of_the_rate_counts_for_what_waits() {
        let wide = Terms { rate: Some(1_000_000), ..Terms::default() };
        let mut way = Way::new(wide, 1);
        (0..100).for_each(|number| way.offer(Duration::ZERO, number, 1_000));
        let mut out = 0;
        for ms in 0..1_000 {
            if ms == 50 {
                way.set(MS(50), Terms { rate: Some(100_000), ..wide });
            }
            while way.take(MS(ms)).is_some() {
                out += 1;
            }
            match ms {
                49 => assert_eq!(out, 49),
                // One was being sent when the step came.
                300 => assert!((74..=76).contains(&out), "{out}"),
                _ => {}
            }
        }
        assert_eq!(out, 100);
    }

    #[test]
    fn the_same_seed_loses_the_same_packets_and_another_one_others() {
        let terms = Terms { loss: 0.05, burst: Some(Burst { begins: 0.01, ends: 0.3 }), jitter: MS(8), ..Terms::default() };
        let came = |seed| run(&mut Way::new(terms, seed), 2_000, MS(1));
        assert_eq!(came(7), came(7));
        assert_ne!(came(7), came(8));
    }

    #[test]
    fn losses_come_as_often_and_bursts_last_as_long_as_they_are_said_to() {
        let mut alone = Way::new(Terms { loss: 0.1, ..Terms::default() }, 3);
        run(&mut alone, 10_000, Duration::from_micros(100));
        assert!((900..=1_100).contains(&alone.counts().lost), "{:?}", alone.counts());
        let mut bursts = Way::new(Terms { burst: Some(Burst { begins: 0.01, ends: 0.25 }), ..Terms::default() }, 3);
        let out: Vec<u64> = run(&mut bursts, 10_000, Duration::from_micros(100)).into_iter().map(|(_, packet)| packet).collect();
        let gaps: Vec<u64> = out.windows(2).map(|pair| pair[1] - pair[0] - 1).filter(|gap| *gap > 0).collect();
        let mean = gaps.iter().sum::<u64>() as f64 / gaps.len() as f64;
        assert!((3.0..=5.5).contains(&mean), "bursts of {mean} packets");
    }

    #[test]
    fn jitter_alone_keeps_the_order_and_reordering_is_counted() {
        let mut shaking = Way::new(Terms { jitter: MS(20), ..Terms::default() }, 5);
        let out = run(&mut shaking, 500, MS(1));
        assert!(out.is_sorted_by_key(|(_, packet)| *packet));
        let mut mixed = Way::new(Terms { reorder: 0.1, reorder_by: MS(5), ..Terms::default() }, 5);
        let out = run(&mut mixed, 500, MS(1));
        let overtaken = out.windows(2).filter(|pair| pair[1].1 < pair[0].1).count();
        assert!(overtaken > 20 && mixed.counts().reordered >= overtaken as u64, "{overtaken} {:?}", mixed.counts());
    }

    #[test]
    fn what_is_larger_than_the_hole_vanishes() {
        let mut way = Way::new(Terms { mtu: Some(1_200), ..Terms::default() }, 1);
        way.offer(Duration::ZERO, "small", 1_200);
        way.offer(Duration::ZERO, "large", 1_201);
        assert_eq!((way.take(MS(1)), way.take(MS(1))), (Some("small"), None));
        assert_eq!(way.counts().too_large, 1);
    }
}
