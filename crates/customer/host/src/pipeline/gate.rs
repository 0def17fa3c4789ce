//! Who may see the screen now, as the question that capture asks before every request for pixels.
//!
//! In scope: the view grants that are in force, behind the stop switch. Not in scope: giving them (`session`).

use crate::{clock::Clock, stop::StopSwitch};
use deskhand_capture::Gate;
use deskhand_session::ViewGrant;
use deskhand_wire::PeerId;
use std::sync::{Arc, Mutex, PoisonError};

/// The grants; clones are one.
#[derive(Clone, Debug)]
pub struct ViewGate {
    stop: StopSwitch,
    clock: Clock,
    grants: Arc<Mutex<Vec<ViewGrant>>>,
}

impl ViewGate {
    /// A gate that is closed: there is no grant.
    pub fn new(stop: StopSwitch, clock: Clock) -> Self {
        Self { stop, clock, grants: Arc::default() }
    }

    /// Adds a grant; an earlier one of the same viewer goes.
    pub fn add(&self, grant: ViewGrant) {
        let mut grants = self.grants();
        grants.retain(|held| held.peer() != grant.peer());
        grants.push(grant);
    }

    /// Takes a viewer's grant out. Whether somebody may still see.
    pub fn remove(&self, peer: PeerId) -> bool {
        let mut grants = self.grants();
        grants.retain(|held| held.peer() != peer);
        !grants.is_empty()
    }

    /// Whether pixels may be asked for now.
    pub fn is_open(&self) -> bool {
        let now = self.clock.millis();
        self.stop.lets_see() && self.grants().iter().any(|grant| grant.permits(now).is_ok())
    }

    /// As capture asks it.
    pub fn for_capture(&self) -> Gate {
        let gate = self.clone();
        Arc::new(move || gate.is_open())
    }

    fn grants(&self) -> std::sync::MutexGuard<'_, Vec<ViewGrant>> {
        // Held for a few instructions only; nothing in there can panic.
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
