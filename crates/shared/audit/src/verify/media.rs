//! The recording: every byte of `media/*.sfr` belongs to a segment that the host signed for.
//!
//! In scope: record form, hashes, counts, missing and unaccounted bytes. Not in scope: opening
//! updates, their numbers within a segment (the host signed those bytes).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read},
};

use sha2::{Digest, Sha256};

use super::{Findings, Store, events::Log};
use crate::{
    bundle::{MEDIA, RecordError, RecordWalk, media_name},
    encoding::Hash,
    event::MediaSegment,
};

/// How much of a file is read at a time: small enough to be hashed while it lies in the processor's nearest memory.
const PIECE: usize = 32 * 1024;

/// Checks all segments and gives the bytes that fit.
pub(super) fn check(
    store: &dyn Store,
    names: &BTreeSet<String>,
    log: &Log,
    known: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> io::Result<u64> {
    let mut files: BTreeMap<u32, Option<Box<dyn Read + '_>>> = BTreeMap::new();
    let (mut piece, mut fitting) = (vec![0; PIECE], 0);
    for (seq, segment) in &log.segments {
        let name = media_name(segment.epoch);
        if segment.updates > 0 && !names.contains(&name) {
            findings.tampered(*seq, format!("Event {seq}: {name} is missing."));
            continue;
        }
        if segment.updates == 0 {
            continue;
        }
        known.insert(name.clone());
        if let std::collections::btree_map::Entry::Vacant(place) = files.entry(segment.epoch) {
            place.insert(Some(store.open(&name)?));
        }
        // A file that did not fit once is not read any further.
        let Some(Some(reader)) = files.get_mut(&segment.epoch) else { continue };
        match read_segment(reader, segment, &mut piece)? {
            Ok(()) => fitting += segment.bytes,
            Err(why) => {
                findings.tampered(*seq, format!("Event {seq}: updates {} to {} in {name}: {why}.", segment.first, segment.last));
                files.insert(segment.epoch, None);
            }
        }
    }
    for (epoch, reader) in &mut files {
        let Some(reader) = reader else { continue };
        if read(reader, &mut piece[..1])? > 0 {
            findings.leftover(log, format!("{} goes on after the last update that an event accounts for.", media_name(*epoch)));
        }
    }
    if !log.is_complete() {
        known.extend(names.iter().filter(|name| is_media(name)).cloned());
    }
    Ok(fitting)
}

fn is_media(name: &str) -> bool {
    let epoch = name.strip_prefix(MEDIA).and_then(|name| name.strip_prefix('/')).and_then(|name| name.strip_suffix(".sfr"));
    epoch.and_then(|epoch| epoch.parse().ok()).is_some_and(|epoch| media_name(epoch) == name)
}

/// Reads the bytes that a segment says it has; why they are not its.
fn read_segment(reader: &mut dyn Read, segment: &MediaSegment, piece: &mut [u8]) -> io::Result<Result<(), String>> {
    let (mut hasher, mut walk, mut left) = (Sha256::new(), RecordWalk::default(), segment.bytes);
    while left > 0 {
        let most = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = read(reader, &mut piece[..most]).map(|there| &piece[..there])?;
        if bytes.is_empty() {
            let why = if walk.is_between() { "the file ends before them".to_owned() } else { RecordError::Torn.to_string() };
            return Ok(Err(why));
        }
        hasher.update(bytes);
        if let Err(why) = walk.take(bytes) {
            return Ok(Err(why.to_string()));
        }
        left -= bytes.len() as u64;
    }
    let is_whole = walk.is_between() && walk.records() == segment.updates;
    if !is_whole || Hash(hasher.finalize().into()) != segment.sha256 {
        return Ok(Err("they are not those that the host sealed".into()));
    }
    Ok(Ok(()))
}

/// Reads what is there; nothing at the end of the file.
fn read(reader: &mut dyn Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
