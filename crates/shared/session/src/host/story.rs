//! The story of a session: what a customer wants to know of it afterwards, kept while it happens.
//!
//! In scope: picking and remembering the few events that matter to the customer, in bounded memory. Not in scope: the words (the host
//! program, in the customer's language), the log itself (`journal`), of which this is a part.

use std::collections::BTreeMap;

use deskhand_audit::{By, Event};
use deskhand_wire::PeerId;

use super::consent::wire_scopes;
use deskhand_wire::control::Scopes;

/// Moments that are kept; what comes later is only counted.
const MOST: usize = 400;

/// One moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch, the host's clock.
    pub t_ms: u64,
    /// The technician's name, where it is about one.
    pub technician: Option<String>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Somebody proved who they are.
    Came,
    /// The customer allowed this.
    Allowed(Scopes),
    /// The customer said no, or nothing.
    NotAllowed,
    /// From here on the screen was seen.
    Sees,
    /// From here on it was not.
    SeesNoMore,
    /// From here on mouse and keyboard were used, for so many minutes at most.
    Controls(u32),
    /// From here on they were not.
    ControlsNoMore,
    /// So many keys and clicks since the last time.
    Input {
        /// Keys pressed.
        keys: u64,
        /// Clicks.
        clicks: u64,
    },
    /// What is seen is recorded; so many reviewers can open it.
    Recorded(usize),
    /// The customer pressed Stop.
    Stopped,
    /// Somebody is no longer there.
    Left,
    /// Something that should not happen.
    Anomaly(String),
    /// It is over, by somebody.
    Ended(By),
}

/// The moments so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    moments: Vec<Moment>,
    left_out: usize,
    names: BTreeMap<u8, String>,
    reviewers: usize,
}

impl Story {
    /// The technician of this number is called so.
    pub(super) fn name(&mut self, peer: PeerId, name: &str) {
        self.names.insert(peer, name.to_owned());
    }

    /// An event goes into the log.
    pub(super) fn add(&mut self, t_ms: u64, event: &Event) {
        let (peer, what) = match event {
            Event::TechIdentified(data) => (Some(data.peer), What::Came),
            Event::ConsentGranted { peer, scopes, .. } => (Some(*peer), What::Allowed(wire_scopes(scopes))),
            Event::ConsentDenied { peer, .. } => (Some(*peer), What::NotAllowed),
            Event::ViewStarted { peer, .. } => (Some(*peer), What::Sees),
            Event::ViewStopped { peer, .. } => (Some(*peer), What::SeesNoMore),
            Event::ControlGranted { peer, minutes, .. } => (Some(*peer), What::Controls(*minutes)),
            Event::ControlRevoked { peer, .. } => (Some(*peer), What::ControlsNoMore),
            Event::InputSummary { peer, keys, clicks, .. } => (Some(*peer), What::Input { keys: *keys, clicks: *clicks }),
            Event::PeerLeft { peer, .. } => (Some(*peer), What::Left),
            Event::KeysSealed { reviewers, .. } => {
                self.reviewers = reviewers.len();
                return;
            }
            Event::RecordingStarted { .. } => (None, What::Recorded(self.reviewers)),
            Event::CustomerStop { .. } => (None, What::Stopped),
            Event::Anomaly { anomaly, peer, .. } => (*peer, What::Anomaly(anomaly.clone())),
            Event::SessionEnded { by, .. } => (None, What::Ended(*by)),
            _ => return,
        };
        let technician = peer.and_then(|peer| self.names.get(&peer).cloned());
        let moment = Moment { t_ms, technician, what };
        // Input goes on and on: one line for as long as nothing else happens.
        if let (Some(Moment { what: What::Input { keys, clicks }, technician, .. }), What::Input { keys: more, clicks: further }) =
            (self.moments.last_mut(), &moment.what)
            && *technician == moment.technician
        {
            *keys += more;
            *clicks += further;
        } else if self.moments.len() < MOST || matches!(moment.what, What::Ended(_)) {
            self.moments.push(moment);
        } else {
            self.left_out += 1;
        }
    }

    /// The moments, in order.
    pub(super) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// How many came after those that are kept.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }
}
