//! This program's two clocks.
//!
//! In scope: reading them. Nothing else of the program does.

use deskhand_session::Now;
use deskhand_wire::Millis;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A monotonic clock that starts near 0, and the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the monotonic clock at 1 ms, so that 0 is before everything.
    #[must_use]
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Milliseconds since the start.
    #[must_use]
    pub(crate) fn mono_ms(&self) -> Millis {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Both clocks.
    #[must_use]
    pub(crate) fn now(&self) -> Now {
        Now::new(self.mono_ms(), wall_ms())
    }

    /// The moment that the monotonic clock shows `ms`; in the past means now.
    #[must_use]
    pub(crate) fn instant(&self, ms: Millis) -> Instant {
        self.start + Duration::from_millis(ms.saturating_sub(1).min(1 << 40))
    }
}

/// Milliseconds since the Unix epoch.
#[must_use]
pub(crate) fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
