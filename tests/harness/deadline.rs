//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long a scenario waits for anything before it says what did not happen. Long, because machines are slow at times;
/// nothing is ever waited for longer than it takes.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Asks `condition` until it gives a value.
///
/// # Panics
/// When it gave none within [`PATIENCE`], naming `what`.
pub fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, condition)
}

/// Asks `condition` until it gives a value.
///
/// # Panics
/// When it gave none within `patience`, naming `what`.
pub fn within<T>(patience: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "not within {patience:?}: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
