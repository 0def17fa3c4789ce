//! Time as a parameter: the pair of clocks that a caller reads and this crate never does.
//!
//! In scope: the pair. Not in scope: reading a clock.

use deskhand_wire::Millis;

/// One moment, as the caller's two clocks show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock: milliseconds since the program started. It decides everything.
    pub mono_ms: Millis,
    /// The wall clock: milliseconds since the Unix epoch. It goes into the log and is compared with dates in
    /// certificates and statements, and decides nothing else.
    pub wall_ms: u64,
}

impl Now {
    /// Both clocks at once.
    #[must_use]
    pub const fn new(mono_ms: Millis, wall_ms: u64) -> Self {
        Self { mono_ms, wall_ms }
    }

    /// The same moment plus some milliseconds.
    #[must_use]
    pub const fn plus(self, ms: u64) -> Self {
        Self { mono_ms: self.mono_ms.saturating_add(ms), wall_ms: self.wall_ms.saturating_add(ms) }
    }
}
