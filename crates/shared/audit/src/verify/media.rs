//! The recording: every byte of `media/*.sfr` belongs to a segment that the host signed for.
//!
//! In scope: record form, hashes, counts, missing and unaccounted bytes. Not in scope: opening
//! updates, their numbers within a segment (the host signed those bytes).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufReader, Read},
};

use sha2::{Digest, Sha256};

use super::{Findings, Store, events::Log};
use crate::{
    bundle::{MEDIA, RecordError, RecordReader, media_name},
    encoding::Hash,
    event::MediaSegment,
};

type Reader<'a> = RecordReader<BufReader<Box<dyn Read + 'a>>>;

/// Checks all segments and gives the bytes that fit.
pub(super) fn check(
    store: &dyn Store,
    names: &BTreeSet<String>,
    log: &Log,
    known: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> io::Result<u64> {
    let mut files: BTreeMap<u32, Option<Reader<'_>>> = BTreeMap::new();
    let mut fitting = 0;
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
            place.insert(Some(RecordReader::new(BufReader::new(store.open(&name)?))));
        }
        // A file that did not fit once is not read any further.
        let Some(Some(reader)) = files.get_mut(&segment.epoch) else { continue };
        match read_segment(reader, segment)? {
            Ok(()) => fitting += segment.bytes,
            Err(why) => {
                findings.tampered(*seq, format!("Event {seq}: updates {} to {} in {name}: {why}.", segment.first, segment.last));
                files.insert(segment.epoch, None);
            }
        }
    }
    let mut record = Vec::new();
    for (epoch, reader) in &mut files {
        let Some(reader) = reader else { continue };
        match reader.next(&mut record) {
            Ok(false) => {}
            Err(RecordError::Io(why)) => return Err(why),
            Ok(true) | Err(_) => {
                findings.leftover(log, format!("{} goes on after the last update that an event accounts for.", media_name(*epoch)));
            }
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

fn read_segment(reader: &mut Reader<'_>, segment: &MediaSegment) -> io::Result<Result<(), String>> {
    let mut hasher = Sha256::new();
    let (mut record, mut bytes) = (Vec::new(), 0_u64);
    for _ in 0..segment.updates {
        match reader.next(&mut record) {
            Ok(true) => {
                hasher.update(&record);
                bytes += record.len() as u64;
            }
            Ok(false) => return Ok(Err("the file ends before them".into())),
            Err(RecordError::Io(why)) => return Err(why),
            Err(why) => return Ok(Err(why.to_string())),
        }
        if bytes > segment.bytes {
            break;
        }
    }
    if bytes != segment.bytes || Hash(hasher.finalize().into()) != segment.sha256 {
        return Ok(Err("they are not those that the host sealed".into()));
    }
    Ok(Ok(()))
}
