//! `org.proof`: that the session is in the organisation's log, opened and sealed as it lies here.
//!
//! In scope: the two proofs of one session. Not in scope: the organisation's log itself.

use std::{collections::BTreeSet, io};

use super::{Findings, Store, events::Log, read_up_to};
use crate::{
    bundle::{Manifest, PROOFS},
    checkpoint::Origin,
    organisation::{MAX_PROOFS_BYTES, OrganisationEvent, Proof, Proofs},
};

/// Checks the proofs; whether the session was erased.
pub(super) fn check(
    store: &dyn Store,
    names: &BTreeSet<String>,
    (log, manifest): (&Log, &Manifest),
    known: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> io::Result<bool> {
    let Some(created) = &log.created else { return Ok(false) };
    if !names.contains(PROOFS) {
        if log.is_complete() {
            findings.unilateral(
                0,
                format!("{PROOFS} is missing: nothing proves that the relay entered this session in the organisation's log."),
            );
        }
        return Ok(false);
    }
    known.insert(PROOFS.to_owned());
    let bytes = read_up_to(store, PROOFS, MAX_PROOFS_BYTES)?;
    let origin = Origin::of_organisation(&created.organisation.key, created.organisation.domain.as_deref());
    let entries = Proofs::from_bytes(&bytes).and_then(|proofs| {
        let open = |proof: &Proof| proof.open(&origin, &created.relay);
        Ok((open(&proofs.opened)?, open(&proofs.sealed)?, proofs.erased.as_ref().map(open).transpose()?))
    });
    let (opened, sealed, erased) = match entries {
        Ok(entries) => entries,
        Err(why) => {
            findings.tampered(0, format!("{PROOFS}: {why}."));
            return Ok(false);
        }
    };
    let is_erased = match erased.map(|entry| entry.event) {
        Some(OrganisationEvent::ErasureExecuted { sid, by, reason }) if sid == manifest.sid => {
            findings.note(format!("The recording and the personal values were erased by {by}: {reason}."));
            true
        }
        Some(_) => {
            findings.tampered(0, format!("{PROOFS} does not prove that this session was erased."));
            false
        }
        None => false,
    };
    if opened.event != (OrganisationEvent::SessionOpened { sid: manifest.sid }) || opened.seq >= sealed.seq {
        findings.tampered(0, format!("{PROOFS} does not prove that this session was opened."));
    }
    let OrganisationEvent::SessionSealed { sid, size, root, ended } = sealed.event else {
        findings.tampered(0, format!("{PROOFS} does not prove that this session was sealed."));
        return Ok(is_erased);
    };
    if sid != manifest.sid {
        findings.tampered(0, format!("{PROOFS} is of session {sid}."));
    } else if size > log.events {
        findings.truncated(log.signed, format!("The organisation's log says that {size} events were stored; {} are here.", log.events));
    } else if size < log.events || root != log.root || ended != log.is_ended() {
        findings.tampered(
            size.min(log.signed),
            format!("The session that the organisation's log sealed, {size} events, is another one than this."),
        );
    }
    Ok(is_erased)
}
