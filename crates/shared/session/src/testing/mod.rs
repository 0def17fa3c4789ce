//! For tests of this crate and of others: grants without a session, and a host and its viewers in memory.
//!
//! In scope: what tests need, seeded and without a network. Never compiled into a program (feature `testing`).

mod pair;
mod store;
mod world;

pub use pair::{Fate, Pair, Way};
pub use store::MemoryStore;
pub use world::{Person, World};

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deskhand_wire::{Millis, PeerId};

use crate::grant::{ControlGrant, ViewGrant};

/// A live control grant and the switches that a session would hold.
#[must_use]
pub fn control_grant(peer: PeerId, until: Option<Millis>) -> (ControlGrant, GrantSwitch) {
    let question = Arc::new(AtomicBool::new(false));
    let grant = ControlGrant::new(1, peer, until, question.clone());
    (grant.clone(), GrantSwitch { grant, question })
}

/// A live view grant.
#[must_use]
pub fn view_grant(peer: PeerId) -> ViewGrant {
    ViewGrant::new(1, peer)
}

/// Takes a view grant of a test back.
pub fn revoke_view(grant: &ViewGrant) {
    grant.revoke();
}

/// What a session does to a control grant.
#[derive(Debug, Clone)]
pub struct GrantSwitch {
    grant: ControlGrant,
    question: Arc<AtomicBool>,
}

impl GrantSwitch {
    /// Takes it back.
    pub fn revoke(&self) {
        self.grant.revoke();
    }

    /// Opens or closes a question.
    pub fn question(&self, open: bool) {
        self.question.store(open, Ordering::SeqCst);
    }
}
