//! The program's two clocks.
//!
//! In scope: reading them, and turning the monotonic milliseconds that `session` counts into moments. Everything below layer 2 gets
//! time from here as a parameter.

use deskhand_session::Now;
use deskhand_wire::Millis;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Monotonic milliseconds since the program started. Copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at 0.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Milliseconds since the start.
    pub fn millis(&self) -> Millis {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now::new(self.millis(), wall_ms())
    }

    /// The moment of `millis`.
    pub fn instant(&self, millis: Millis) -> Instant {
        // Far moments are clipped to what a clock can hold.
        self.start.checked_add(Duration::from_millis(millis)).unwrap_or(self.start + Duration::from_secs(1 << 30))
    }
}

/// Milliseconds since the Unix epoch, 0 for a clock that stands before it.
pub fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
