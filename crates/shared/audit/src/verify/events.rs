//! The leaves of `events.jsonl`: read once, compared with the signed heads, handed to the other
//! checks.
//!
//! In scope: canonical form, numbering, roots, completeness. Not in scope: the order of kinds
//! (`grammar`), what lies beside the log (`beside`, `media`).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, BufReader},
};

use deskhand_identity::{PublicKey, Relay, RelayCosign};

use super::{
    Findings, MAX_EVENTS, Store,
    grammar::Grammar,
    heads::{self, Heads},
    people,
};
use crate::{
    bundle::{EVENTS, Found, LineReader, Manifest, Personal},
    checkpoint::Origin,
    commitment::Commitment,
    encoding::Hash,
    entry::{Entry, SealedRef},
    event::{Event, MediaSegment, Organisation},
    tree::Edge,
};

/// What later checks need of the log.
#[derive(Default)]
pub(super) struct Log {
    /// Leaves read.
    pub(super) events: u64,
    /// The largest signed size whose root fits.
    pub(super) signed: u64,
    /// The largest size that the relay has cosigned.
    pub(super) cosigned: u64,
    /// The root over all of them.
    pub(super) root: Hash,
    /// The root at the size of the customer's receipt, when there are as many events.
    pub(super) expected: Option<Hash>,
    /// Whose session the first event says it is.
    pub(super) created: Option<Created>,
    /// Ciphertext references, by leaf.
    pub(super) sealed: Vec<(u64, SealedRef)>,
    /// Commitments to personal values, by leaf and field.
    pub(super) pii: BTreeMap<(u64, String), Commitment>,
    /// Hash of the key envelope, and the leaf that says so.
    pub(super) keys: Option<(u64, Hash)>,
    /// Segments of the recording, by leaf.
    pub(super) segments: Vec<(u64, MediaSegment)>,
    ended: bool,
    torn: bool,
    promised: u64,
}

/// The first event.
pub(super) struct Created {
    pub(super) organisation: Organisation,
    pub(super) relay: PublicKey<Relay>,
    pub(super) relay_cosign: PublicKey<RelayCosign>,
}

impl Log {
    /// Whether the session ended and everything up to its end is signed and here.
    pub(super) fn is_complete(&self) -> bool {
        self.ended && self.signed == self.events && self.promised <= self.signed
    }

    /// Whether it has its end.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Says whether and where the end is missing.
    pub(super) fn close(&self, live: bool, findings: &mut Findings) {
        let (signed, events) = (self.signed, self.events);
        if self.torn {
            findings.leftover(self, format!("{EVENTS} or the checkpoints end within a line."));
        }
        if self.is_complete() {
            if self.cosigned < signed {
                let cosigned = self.cosigned;
                findings.unilateral(
                    cosigned,
                    format!("The relay's cosignature is missing from event {cosigned} on: only the host has signed these."),
                );
            }
            return;
        }
        if self.promised > events {
            let promised = self.promised;
            findings.truncated(signed, format!("The host signed {promised} events, only {events} are here."));
        } else if live {
            findings.open(signed);
        } else if self.ended {
            findings.truncated(signed, "The end of the session is stored but not signed.".into());
        } else {
            findings.truncated(signed, "The log has no end: the session was cut off, or its end was removed.".into());
        }
        if events > signed {
            findings.note(format!("{} events after the last fitting checkpoint are not proven.", events - signed));
        }
    }
}

/// Reads the log.
pub(super) fn read(
    store: &dyn Store,
    names: &BTreeSet<String>,
    manifest: &Manifest,
    (personal, expected): (&Personal, Option<u64>),
    findings: &mut Findings,
) -> io::Result<Log> {
    let mut log = Log::default();
    let mut chain = Chain::default();
    let mut grammar = Grammar::default();
    let mut totals = None;
    if names.contains(EVENTS) {
        let mut lines = LineReader::new(BufReader::new(store.open(EVENTS)?));
        let mut leaf = Vec::new();
        loop {
            let seq = log.events;
            match lines.next(&mut leaf)? {
                Found::End => break,
                Found::Torn => {
                    if lines.has_more()? {
                        findings.tampered(seq, format!("Event {seq} is longer than any event."));
                    }
                    log.torn = true;
                    break;
                }
                Found::Whole => {}
            }
            let entry = match open(&leaf, seq, manifest) {
                Ok(entry) => entry,
                Err(why) => {
                    findings.tampered(seq, format!("Event {seq}: {why}."));
                    break;
                }
            };
            if seq == 0 {
                let heads = match first(&entry, manifest, &mut log) {
                    Ok((origin, cosigner)) => heads::read(store, names, manifest, (&origin, &cosigner), findings)?,
                    Err(why) => {
                        findings.tampered(0, format!("Event 0: {why}."));
                        break;
                    }
                };
                chain = Chain::new(heads);
            }
            chain.append(&leaf, findings);
            log.events += 1;
            if Some(log.events) == expected {
                log.expected = Some(chain.tree.root());
            }
            if let Err(why) = grammar.next(&entry) {
                findings.tampered(seq, format!("Event {seq} ({}): {why}.", entry.event.kind()));
            }
            if let Event::TechIdentified(data) = &entry.event
                && let Err(why) = people::check(&entry, data, &log, &grammar, personal)
            {
                findings.tampered(seq, format!("Event {seq} (tech.identified): {why}."));
            }
            if let Event::SessionEnded { totals: counted, .. } = &entry.event {
                totals = counted.checkpoints.map(|promised| (seq, promised));
            }
            collect(entry, &mut log);
        }
    }
    log.ended = grammar.has_ended();
    chain.close(&mut log, findings);
    if let Some((seq, promised)) = totals {
        let found = chain.heads.heads.iter().filter(|(size, _)| *size <= seq).count() as u64;
        if found != promised {
            findings.tampered(seq, format!("The host signed {promised} checkpoints before the end, {found} are here."));
        }
    }
    Ok(log)
}

fn open(leaf: &[u8], seq: u64, manifest: &Manifest) -> Result<Entry, String> {
    if seq >= MAX_EVENTS {
        return Err(format!("a log has at most {MAX_EVENTS} events"));
    }
    let entry = Entry::from_leaf(leaf).map_err(|why| why.to_string())?;
    if entry.seq != seq {
        return Err(format!("it says it is event {}", entry.seq));
    }
    if entry.sid != manifest.sid {
        return Err(format!("it belongs to session {}", entry.sid));
    }
    Ok(entry)
}

/// The first event says whose session it is, and so under which origin the heads are signed.
fn first(entry: &Entry, manifest: &Manifest, log: &mut Log) -> Result<(Origin, PublicKey<RelayCosign>), String> {
    let Event::SessionCreated { organisation, relay, relay_cosign, key, .. } = &entry.event else {
        return Err("a log begins with session.created".into());
    };
    if *key != manifest.session_key {
        return Err("its session key is not the manifest's".into());
    }
    if organisation.key != manifest.organisation {
        return Err("its organisation is not the manifest's".into());
    }
    log.created = Some(Created { organisation: organisation.clone(), relay: *relay, relay_cosign: *relay_cosign });
    Ok((Origin::of_session(organisation, &manifest.sid), *relay_cosign))
}

fn collect(entry: Entry, log: &mut Log) {
    let seq = entry.seq;
    log.sealed.extend(entry.sealed.map(|sealed| (seq, sealed)));
    log.pii.extend(entry.pii.into_iter().map(|(field, commitment)| ((seq, field), commitment)));
    match entry.event {
        Event::MediaSegment(segment) => log.segments.push((seq, segment)),
        Event::KeysSealed { envelope_sha256, .. } => log.keys = Some((seq, envelope_sha256)),
        _ => {}
    }
}

/// The tree beside the signed heads.
#[derive(Default)]
struct Chain {
    tree: Edge,
    heads: Heads,
    next: usize,
    signed: u64,
    /// First signed size whose root does not fit.
    broken: Option<u64>,
}

impl Chain {
    fn new(heads: Heads) -> Self {
        Self { heads, ..Self::default() }
    }

    fn head(&self) -> Option<(u64, Hash)> {
        self.heads.heads.get(self.next).copied()
    }

    fn append(&mut self, leaf: &[u8], findings: &mut Findings) {
        self.tree.append(leaf);
        let size = self.tree.size();
        let Some((_, root)) = self.head().filter(|(signed, _)| *signed == size) else {
            return;
        };
        self.next += 1;
        if self.tree.root() != root {
            self.broken.get_or_insert(size);
            return;
        }
        if let Some(broken) = self.broken.take() {
            findings.forked(broken, format!("The host signed these {size} events, and before that another log of {broken}."));
        }
        self.signed = size;
    }

    fn close(&self, log: &mut Log, findings: &mut Findings) {
        log.signed = self.signed;
        log.torn |= self.heads.torn;
        log.root = self.tree.root();
        log.cosigned = self.heads.cosigned.min(self.signed);
        log.promised = self.heads.heads.last().map_or(0, |(size, _)| *size);
        if let Some(broken) = self.broken {
            let signed = self.signed;
            findings.tampered(
                signed,
                format!("The first {broken} events are not those the host signed: something was changed, moved, put in or taken out after the first {signed}."),
            );
        }
    }
}
