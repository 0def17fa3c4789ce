//! What the way to the viewer delivers, estimated from when updates are shown.
//!
//! In scope: a pure estimator, bytes per second. Not in scope: what follows from it ([`super::pacing`], the encoder).
//!
//! The way is a pipe of an unknown rate behind a fixed delay. The *base* is the shortest delay of a small update that found the way empty,
//! or of any that was faster still, over the last seconds (a windowed minimum, as BBR has it for its round trip:
//! draft-ietf-ccwg-bbr, section 2.13). What an update took longer, it *waited*.
//!
//! * **Down at once.** While updates wait, the time from one showing to the next is the time that the pipe took for the bytes between
//!   them. Once that was observed for [`SURE_MS`] it is the rate, whatever was believed before: no maximum of earlier times holds it up.
//!   An update that is overdue bounds the rate before it is shown ([`Delivery::rate_at`]).
//! * **Up by trying.** While nothing waits, the belief doubles every [`DOUBLING_MS`], but only up to [`TRIED`] times what was delivered
//!   lately (the same guard as in draft-ietf-rmcat-gcc-02, section 5.5): somebody who types proves nothing about the way.
//! * What is delivered within an update's whole delay is a lower bound at any time.

use deskhand_wire::Millis;
use std::collections::VecDeque;

/// A delay longer than the base by no more than this is noise, milliseconds.
pub(super) const NOISE_MS: u64 = 20;
/// How long the pipe must have been seen busy before that says what it carries, milliseconds, and how many bytes it must have carried.
const SURE_MS: u64 = 60;
const SURE_BYTES: u64 = 8 << 10;
/// How fast the belief grows while nothing waits, milliseconds.
const DOUBLING_MS: u64 = 400;
/// It grows to at most so many times what was delivered within [`LATELY_MS`].
const TRIED: u64 = 3;
const LATELY_MS: u64 = 500;
/// How long a delay counts for the base, milliseconds, where there is a newer one: a way that became longer is believed after this time.
const BASE_MS: u64 = 4_000;
/// The way is let run empty at least this often, milliseconds (BBR's ProbeRTT): in a queue that never empties nobody sees the base.
const PROBE_MS: u64 = 1_500;

/// Updates that were shown together, the newest of them, and what was on the way with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Showing {
    /// When the newest was sent.
    pub(super) sent: Millis,
    /// When it was shown.
    pub(super) shown: Millis,
    /// Bytes that are shown now and were not before.
    pub(super) bytes: u64,
    /// Bytes that were shown between its sending and its showing, itself included.
    pub(super) meanwhile: u64,
    /// The newest found the way empty: nothing of its delay is somebody else's.
    pub(super) alone: bool,
}

/// The estimator's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    /// Bytes per second; 0 while nothing is known.
    rate: u64,
    /// Delays that may be the base: ascending in both.
    delays: VecDeque<(Millis, u64)>,
    /// When an update last found the way empty.
    probed: Millis,
    lately: VecDeque<(Millis, u64)>,
    last_shown: Millis,
    /// While updates wait: milliseconds that the pipe was busy, and the bytes that it carried meanwhile.
    busy: Option<(u64, u64)>,
}

impl Delivery {
    /// Bytes per second that are believed to arrive; 0 while unknown.
    pub(super) fn rate(&self) -> u64 {
        self.rate
    }

    /// The shortest delay of late, milliseconds.
    pub(super) fn base(&self) -> Option<u64> {
        self.delays.front().map(|(_, delay)| *delay)
    }

    /// How long the oldest update on the way, sent at `sent`, is overdue at `now`, milliseconds: it waits, or the way carries less than
    /// is believed.
    pub(super) fn overdue(&self, sent: Millis, bytes: u64, now: Millis) -> u64 {
        let Some(base) = self.base() else { return 0 };
        let expected = self.last_shown.max(sent + base) + bytes * 1_000 / self.rate.max(1);
        now.saturating_sub(expected + NOISE_MS)
    }

    /// As [`Delivery::rate`], when the oldest update on the way, of `bytes`, was sent at `sent` and is not shown at `now`.
    pub(super) fn rate_at(&self, sent: Millis, bytes: u64, now: Millis) -> u64 {
        match (self.base(), self.overdue(sent, bytes, now)) {
            (Some(base), 1..) => self.rate.min(bytes.max(SURE_BYTES) * 1_000 / (now - self.last_shown.max(sent + base))),
            _ => self.rate,
        }
    }

    /// An update is sent and finds the way empty.
    pub(super) fn found_empty(&mut self, now: Millis) {
        self.probed = now;
    }

    /// Whether the base is to be measured anew: by an update that finds the way empty.
    pub(super) fn wants_base(&self, now: Millis) -> bool {
        self.probed + PROBE_MS < now
    }

    /// Updates were shown.
    pub(super) fn shown(&mut self, showing: Showing) {
        let now = showing.shown;
        let delay = now.saturating_sub(showing.sent).max(1);
        let base = self.base().map_or(delay, |base| base.min(delay));
        let took = now.saturating_sub(self.last_shown.max(showing.sent.min(now) + base));
        // A large update's delay is mostly its own.
        let small = showing.alone && showing.bytes <= SURE_BYTES;
        self.remember(now, showing.bytes, Some(delay).filter(|_| small || delay <= base));
        let least = showing.meanwhile * 1_000 / delay;
        if delay > base + NOISE_MS {
            let (time, carried) = self.busy.unwrap_or_default();
            let (time, carried) = (time + took, carried + showing.bytes);
            if time >= SURE_MS && carried >= SURE_BYTES {
                self.rate = carried * 1_000 / time;
                self.busy = Some((0, 0));
            } else {
                self.busy = Some((time, carried));
            }
        } else {
            self.busy = None;
            let quiet = now.saturating_sub(self.last_shown).min(DOUBLING_MS / 4);
            let grown = self.rate + self.rate * quiet / DOUBLING_MS;
            let delivered: u64 = self.lately.iter().map(|(_, bytes)| *bytes).sum();
            self.rate = grown.min(self.rate.max(delivered * TRIED * 1_000 / LATELY_MS)).max(least);
        }
        self.last_shown = now;
    }

    /// `delay` where it may be the base.
    fn remember(&mut self, now: Millis, bytes: u64, delay: Option<u64>) {
        if let Some(delay) = delay {
            while self.delays.back().is_some_and(|(_, longer)| *longer >= delay) {
                self.delays.pop_back();
            }
            self.delays.push_back((now, delay));
        }
        while self.delays.len() > 1 && self.delays.front().is_some_and(|(at, _)| at + BASE_MS < now) {
            self.delays.pop_front();
        }
        self.lately.push_back((now, bytes));
        while self.lately.front().is_some_and(|(at, _)| at + LATELY_MS < now) {
            self.lately.pop_front();
        }
    }
}
