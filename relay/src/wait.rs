//! Waiting for a value, for a while. In scope: one helper that holds no lock afterwards. Not in scope: what is waited for.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

/// Waits until `value` is as wanted; whether that happened within `time`.
pub(crate) async fn within<T>(time: Duration, value: &mut watch::Receiver<T>, wanted: impl FnMut(&T) -> bool) -> bool {
    matches!(timeout(time, value.wait_for(wanted)).await, Ok(Ok(_)))
}
