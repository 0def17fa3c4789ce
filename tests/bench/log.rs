//! What the log cost the host in a session that was just measured: its events, heads and segments are made once more, on one thread, and
//! its CPU is counted.
//!
//! In scope: appending, signing and hashing as the host does it, of what lies in the relay's store. Not in scope: sending it, which costs
//! as much as so many small messages.

use anyhow::Context;
use deskhand_audit::{
    Checkpoint, Draft, Entry, Event, Hash, Log, Organisation,
    bundle::{CHECKPOINTS, EVENTS, Found, LineReader, NoteReader, media_name},
};
use deskhand_identity::{SecretKey, Session, SessionId};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// How often everything is made, so that the clock has something to count.
const ROUNDS: u32 = 50;

/// CPU of this thread, microseconds.
fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// The mean CPU of a round, microseconds.
fn mean_us(mut round: impl FnMut()) -> f64 {
    let before = cpu_us();
    (0..ROUNDS).for_each(|_| round());
    (cpu_us() - before) / f64::from(ROUNDS)
}

/// Events, heads and recorded bytes that the host wrote between `from_ms` and `to_ms` (since the Unix epoch), and what making them takes.
pub(crate) fn made_again(folder: &Path, from_ms: u64, to_ms: u64) -> anyhow::Result<Value> {
    let read = |name: &str| std::fs::read(folder.join(name)).with_context(|| format!("{name} of the session"));
    let entries = entries(&read(EVENTS)?)?;
    let Some(Event::SessionCreated { organisation, .. }) = entries.first().map(|entry| &entry.event) else {
        anyhow::bail!("the session's log has no beginning");
    };
    let inside: Vec<&Entry> = entries.iter().filter(|entry| (from_ms..to_ms).contains(&entry.t_ms)).collect();
    let places = inside.first().map_or(0..0, |first| first.seq + 1..first.seq + 1 + inside.len() as u64);
    let heads = heads(&read(CHECKPOINTS)?)?.into_iter().filter(|size| places.contains(size)).count();
    let mut bytes = BTreeMap::<u32, u64>::new();
    for entry in &inside {
        if let Event::MediaSegment(segment) = &entry.event {
            *bytes.entry(segment.epoch).or_default() += segment.bytes;
        }
    }
    let mut media = Vec::new();
    for (epoch, length) in &bytes {
        let file = read(&media_name(*epoch))?;
        media.extend_from_slice(&file[..usize::try_from(*length)?.min(file.len())]);
    }
    let (append_us, sign_us) = log(organisation, &inside);
    let hash_us = mean_us(|| assert_ne!(std::hint::black_box(Hash::of(&media)), Hash::default()));
    let seconds = (to_ms - from_ms) as f64 / 1e3;
    let all_us = append_us * inside.len() as f64 + sign_us * heads as f64 + hash_us;
    Ok(json!({
        "events_per_s": inside.len() as f64 / seconds, "heads_per_s": heads as f64 / seconds, "recorded_kb_per_s": media.len() as f64 / 1e3 / seconds,
        "append_us": append_us, "sign_us": sign_us, "hash_ms_per_s": hash_us / 1e3 / seconds, "cpu_ms_per_s": all_us / 1e3 / seconds,
    }))
}

/// Microseconds of appending one of these events, and of signing a head.
fn log(organisation: &Organisation, events: &[&Entry]) -> (f64, f64) {
    let key = SecretKey::<Session>::from_seed([1; 32]);
    let sid = SessionId::of(&key.public());
    let draft = |entry: &Entry| {
        let event = entry.event.clone();
        Draft { sealed: entry.sealed.clone(), pii: entry.pii.clone(), ..Draft::new(entry.t_ms, entry.mono_ms, entry.actor.clone(), event) }
    };
    let drafts: Vec<Draft> = events.iter().map(|entry| draft(entry)).collect();
    // Copies of drafts are made in both rounds, and counted in neither.
    let copying = mean_us(|| drafts.iter().for_each(|draft| drop(std::hint::black_box(draft.clone()))));
    let appending = mean_us(|| {
        let mut log = Log::new(sid, organisation);
        drafts.iter().for_each(|draft| drop(std::hint::black_box(log.append(draft.clone()))));
    });
    let mut log = Log::new(sid, organisation);
    drafts.iter().for_each(|draft| drop(log.append(draft.clone())));
    // The root is part of the work: it is computed from what was appended.
    let head = || Checkpoint { origin: log.origin().clone(), size: log.size(), root: log.root() };
    let signing = mean_us(|| drop(std::hint::black_box(head().sign(&key).to_bytes())));
    ((appending - copying) / events.len().max(1) as f64, signing)
}

fn entries(events: &[u8]) -> anyhow::Result<Vec<Entry>> {
    let (mut reader, mut all, mut line) = (LineReader::new(events), Vec::new(), Vec::new());
    while reader.next(&mut line)? == Found::Whole {
        all.push(Entry::from_leaf(&line)?);
    }
    Ok(all)
}

/// How many events each head covers.
fn heads(notes: &[u8]) -> anyhow::Result<Vec<u64>> {
    let (mut reader, mut all, mut note) = (NoteReader::new(notes), Vec::new(), Vec::new());
    while reader.next(&mut note)? == Found::Whole {
        let text = String::from_utf8_lossy(&note);
        all.push(text.lines().nth(1).context("a head has a size")?.parse()?);
    }
    Ok(all)
}
