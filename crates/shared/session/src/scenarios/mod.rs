//! Scenarios: a host, its viewers and a relay in memory, as people would live through them.

mod attempts;
mod consent;
mod control;
mod cosigning;
mod evil;
mod journey;
mod look;
mod pictures;
mod tampering;

use deskhand_audit::Event;
use deskhand_wire::control::{Scope, Scopes};

use crate::testing::{Pair, World};
use crate::viewer::ViewerOutput;

const BOTH: [Scope; 2] = Scope::ALL;

fn scopes(scopes: impl IntoIterator<Item = Scope>) -> Scopes {
    Scopes::of(scopes)
}

/// A session in which Ana sees the screen and controls it, with one update shown.
fn in_control() -> Pair {
    let mut pair = Pair::with_consent(World::default(), BOTH);
    pair.update(true, &[[0, 0, 800, 600]]).unwrap();
    pair.wait(300);
    pair.clear();
    pair
}

fn viewer_said(pair: &Pair, wanted: impl Fn(&ViewerOutput) -> bool) -> bool {
    pair.viewer_out.iter().any(|(_, output)| wanted(output))
}

/// The anomalies in the log.
fn anomalies(pair: &Pair) -> Vec<String> {
    let of = |event| match event {
        Event::Anomaly { anomaly, .. } => Some(anomaly),
        _ => None,
    };
    pair.store.events().into_iter().filter_map(of).collect()
}

/// Input that was refused, by reason, as the log has it.
fn blocked(pair: &Pair) -> Vec<(String, u64)> {
    let of = |event| match event {
        Event::InputBlocked { reason, count, .. } => Some((reason, count)),
        _ => None,
    };
    pair.store.events().into_iter().filter_map(of).collect()
}
