//! Changes of grants: the new state and its audit event in one value.
//!
//! In scope: the invariant that no grant is given or taken without its entry. A [`Change`] holds both; the only way to
//! the grant leads through [`Change::write`]. A change that takes a grant has already done so when it is made, so that
//! nothing is ever permitted while its entry is still being written.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use deskhand_audit::{Actor, By, Display, Event};
use deskhand_wire::{Millis, PeerId, control::RevokedBy};

use super::journal::Journal;
use crate::clock::Now;
use crate::grant::{ControlGrant, ViewGrant};

/// A grant's new state and the event that says so.
#[must_use = "a change of a grant is complete only when its event is written"]
pub(super) struct Change<T> {
    state: T,
    actor: Actor,
    event: Event,
}

impl<T> Change<T> {
    /// Writes the event and gives the state with the event's place.
    pub(super) fn write(self, journal: &mut Journal, now: Now) -> (T, u64) {
        let seq = journal.write(now, self.actor, self.event);
        (self.state, seq)
    }
}

/// Gives the view.
pub(super) fn give_view(number: u32, peer: PeerId, displays: Vec<Display>) -> Change<ViewGrant> {
    Change { state: ViewGrant::new(number, peer), actor: Actor::customer(), event: Event::ViewStarted { peer, displays } }
}

/// Takes the view; every handle refuses from here on.
pub(super) fn take_view(grant: &ViewGrant, by: By) -> Change<()> {
    grant.revoke();
    Change { state: (), actor: actor_of(by, grant.peer()), event: Event::ViewStopped { peer: grant.peer(), by } }
}

/// Gives control until a moment.
pub(super) fn give_control(number: u32, peer: PeerId, minutes: u32, until: Millis, question_open: Arc<AtomicBool>) -> Change<ControlGrant> {
    Change {
        state: ControlGrant::new(number, peer, Some(until), question_open),
        actor: Actor::customer(),
        event: Event::ControlGranted { peer, grant: number.into(), minutes },
    }
}

/// Takes control; every handle refuses from here on.
pub(super) fn take_control(grant: &ControlGrant, by: By) -> Change<()> {
    grant.revoke();
    Change {
        state: (),
        actor: actor_of(by, grant.peer()),
        event: Event::ControlRevoked { peer: grant.peer(), grant: grant.number().into(), by },
    }
}

/// Who acted, for the log.
pub(super) fn actor_of(by: By, peer: PeerId) -> Actor {
    match by {
        By::Customer => Actor::customer(),
        By::Technician => Actor::technician(peer),
        By::Relay => Actor::relay(),
        By::Host | By::Link | By::Timeout | By::Policy => Actor::host(),
    }
}

/// The same cause in the log's words.
pub(super) fn by(revoked: RevokedBy) -> By {
    match revoked {
        RevokedBy::Customer => By::Customer,
        RevokedBy::Technician => By::Technician,
        RevokedBy::Expiry => By::Timeout,
        RevokedBy::Link => By::Link,
        RevokedBy::Log => By::Policy,
    }
}
