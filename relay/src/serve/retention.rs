//! Retention: sessions that are older than the policy keeps them are erased, unless they are on hold.
//!
//! In scope: when. Not in scope: what erasing does (`reviewer`).

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::interval};

use crate::{clock, relay::Relay, reviewer::Archive};

const EVERY: Duration = Duration::from_secs(60 * 60);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Who erases, in the organisation's log.
const BY: &str = "policy";

/// Looks once an hour, and at the start.
pub(super) async fn keep(relay: Arc<Relay>) {
    let mut every = interval(EVERY);
    loop {
        every.tick().await;
        let relay = relay.clone();
        if let Err(error) = spawn_blocking(move || erase_old(&relay, clock::wall_ms())).await {
            tracing::error!(%error, "looking for old sessions failed");
        }
    }
}

fn erase_old(relay: &Relay, now_ms: u64) {
    let days = u64::from(relay.directory.current().statement.statement().policy.retention_days);
    let archive = Archive { data: &relay.data, shred: &relay.shred, ledger: &relay.ledger };
    for sid in relay.ledger.older_than(now_ms.saturating_sub(days * DAY_MS)) {
        if let Err(refusal) = archive.erase(sid, BY, &format!("kept for {days} days")) {
            tracing::warn!(session = %sid, ?refusal, "an old session is not erased");
        }
    }
}
