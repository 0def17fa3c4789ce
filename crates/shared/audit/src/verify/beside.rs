//! What lies beside the log: the key envelope, personal values and sealed fields.
//!
//! In scope: that every value opens its commitment, every ciphertext has its hash, and nothing is
//! there that no event asks for. Not in scope: opening ciphertext.

use std::{
    collections::BTreeSet,
    io::{self, Read},
};

use super::{Findings, Store, events::Log, read_up_to};
use crate::{
    bundle::{KEYS, MAX_KEYS_BYTES, MAX_PERSONAL_BYTES, PERSONAL, Personal, is_field_name, sealed_name},
    encoding::{Hash, Hasher},
};

/// Longest sealed field, in bytes.
const MAX_SEALED_BYTES: u64 = 1 << 20;

pub(super) fn read_personal(store: &dyn Store, names: &BTreeSet<String>, findings: &mut Findings) -> io::Result<Personal> {
    if !names.contains(PERSONAL) {
        return Ok(Personal::default());
    }
    let bytes = read_up_to(store, PERSONAL, MAX_PERSONAL_BYTES)?;
    Ok(Personal::from_bytes(&bytes).unwrap_or_else(|why| {
        findings.tampered(0, format!("{PERSONAL}: {why}."));
        Personal::default()
    }))
}

pub(super) fn check_personal(log: &Log, personal: &Personal, findings: &mut Findings) {
    for ((seq, field), commitment) in &log.pii {
        match personal.value(*seq, field) {
            _ if !is_field_name(field) => findings.tampered(*seq, format!("Event {seq}: a personal field has no proper name.")),
            None => findings.tampered(*seq, format!("Event {seq}: the personal value {field:?} is missing.")),
            Some(value) if !commitment.opens_to(&value.salt, field, &value.value) => {
                findings.tampered(*seq, format!("Event {seq}: the personal value {field:?} is not the one committed to."));
            }
            Some(_) => {}
        }
    }
    for (seq, field) in personal.fields() {
        if !log.pii.contains_key(&(seq, field.to_owned())) {
            findings.leftover(log, format!("{PERSONAL} holds a value {field:?} that event {seq} does not commit to."));
        }
    }
}

pub(super) fn check_keys(
    store: &dyn Store,
    names: &BTreeSet<String>,
    log: &Log,
    known: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> io::Result<()> {
    let Some((seq, sha256)) = log.keys else { return Ok(()) };
    if !names.contains(KEYS) {
        findings.tampered(seq, format!("Event {seq}: {KEYS} is missing."));
        return Ok(());
    }
    if Hash::of(&read_up_to(store, KEYS, MAX_KEYS_BYTES)?) != sha256 {
        findings.tampered(seq, format!("Event {seq}: {KEYS} is not what the host sealed."));
    }
    known.insert(KEYS.to_owned());
    Ok(())
}

pub(super) fn check_sealed(
    store: &dyn Store,
    names: &BTreeSet<String>,
    log: &Log,
    known: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> io::Result<()> {
    for (seq, sealed) in &log.sealed {
        let Some(name) = sealed_name(*seq, &sealed.field).filter(|_| sealed.len <= MAX_SEALED_BYTES) else {
            findings.tampered(*seq, format!("Event {seq}: its sealed field has no proper name or length."));
            continue;
        };
        if !names.contains(&name) {
            findings.tampered(*seq, format!("Event {seq}: {name} is missing."));
            continue;
        }
        let mut hasher = Hasher::default();
        let length = io::copy(&mut store.open(&name)?.take(sealed.len + 1), &mut hasher)?;
        if length != sealed.len || hasher.finish() != sealed.sha256 {
            findings.tampered(*seq, format!("Event {seq}: {name} is not what was sealed."));
        }
        known.insert(name);
    }
    Ok(())
}
