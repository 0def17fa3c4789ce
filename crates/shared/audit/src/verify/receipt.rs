//! The customer's receipt against the stored log: a history that was written anew has another root.
//!
//! In scope: whether the receipt is of this session, whether the log goes on from its head. Not in scope: finding it in a file (`receipt`
//! of the crate).

use super::{Findings, events::Log};
use crate::{
    bundle::Manifest,
    checkpoint::{Checkpoint, Origin},
    note::Note,
};

/// How many events a receipt covers, as it says itself.
pub(super) fn size(receipt: Option<&Note>) -> Option<u64> {
    receipt?.text.lines().nth(1)?.parse().ok()
}

pub(super) fn check(log: &Log, manifest: &Manifest, receipt: Option<&Note>, findings: &mut Findings) {
    let (Some(receipt), Some(created)) = (receipt, &log.created) else { return };
    let origin = Origin::of_session(&created.organisation, &manifest.sid);
    let head = match Checkpoint::open(receipt, &origin, &manifest.session_key) {
        Ok(head) => head,
        Err(why) => {
            findings.note(format!("The receipt is not of this session, or was changed: {why}. Nothing was compared with it."));
            findings.unilateral(0, "The receipt that was given proves nothing about this session.".into());
            return;
        }
    };
    match log.roots.get(&head.size) {
        Some(root) if *root == head.root => {
            findings.note(format!("The customer's receipt covers the first {} events, and they are these.", head.size));
        }
        Some(_) => findings.forked(head.size, format!("The customer holds a receipt for another history of {} events.", head.size)),
        None if log.is_ended() => findings
            .forked(log.events, format!("The customer holds a receipt for {} events; this history ends after {}.", head.size, log.events)),
        None => {
            findings.truncated(log.signed, format!("The customer holds a receipt for {} events, only {} are here.", head.size, log.events))
        }
    }
}
