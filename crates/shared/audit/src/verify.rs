//! The verifier: recomputes everything that a session's folder claims.
//!
//! In scope: leaves, roots, signatures, clocks, grammar, ciphertext and media hashes, technicians'
//! transcripts and certificates, the organisation, and a verdict with its reasons. Pure: files come
//! through a [`Store`], memory is bounded by the log, not by the recording.
//! Not in scope: opening sealed fields or recordings.
//!
//! What a verdict proves: order, integrity, completeness up to the last signed size, which keys
//! acted, and that the recording is what the host sealed. It cannot prove that the host told the
//! truth about its screen, nor who held a key.

mod beside;
mod events;
mod findings;
mod grammar;
mod heads;
mod media;
mod people;
mod proofs;
mod receipt;
mod technicians;
#[cfg(test)]
mod tests;
mod trust;

use std::{
    collections::BTreeSet,
    fmt,
    io::{self, Read},
};

use deskhand_identity::SessionId;
pub use trust::Trust;

use crate::note::Note;

use crate::bundle::{CHECKPOINTS, COSIGNATURES, EVENTS, MANIFEST, Manifest, OPEN_MARKER, PERSONAL};
use findings::Findings;

/// The most events a log may have.
pub const MAX_EVENTS: u64 = 1 << 20;

/// Where the files of one session are read from. Names are relative, with `/` between the parts.
pub trait Store {
    /// The names of all files, in any order.
    fn files(&self) -> io::Result<Vec<String>>;
    /// Opens a file at its beginning.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>>;
}

/// What the caller knows beforehand.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The session that should be in the folder.
    pub sid: Option<SessionId>,
    /// The organisation it should belong to.
    pub trust: Option<Trust>,
    /// The customer's receipt: a head that the host signed for the customer, and that this log must go on from.
    pub receipt: Option<Note>,
    /// Whether the relay that writes the folder is running and the session is marked as open.
    pub live: bool,
}

/// The verdict, with the size it holds for. "At n" means that the first n events stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Whole, signed and ended.
    Ok,
    /// Whole, but from n on fewer have signed than the statement asks for.
    OkUnilateralFrom(u64),
    /// Sound so far, and still running.
    OpenAt(u64),
    /// Sound up to n; the rest is missing.
    TruncatedAt(u64),
    /// The host signed two different histories.
    ForkedAt(u64),
    /// Something does not fit what was signed.
    TamperedAt(u64),
}

/// The verdict and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// How many events were read.
    pub events: u64,
    /// How many bytes of recording fit what the events say of them.
    pub media_bytes: u64,
    /// Who was in the session, and up to where each of them has cosigned the log.
    pub technicians: Vec<Witness>,
    /// Sentences, the gravest first. Names of files in them are as found: escape them for a terminal.
    pub reasons: Vec<String>,
}

/// What a technician's program has put its name to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// The technician's number.
    pub peer: u8,
    /// The event that says who it is.
    pub from: u64,
    /// The first so many events are as it saw them; 0 when it has cosigned none. What the log says of it beyond is the host's word.
    pub cosigned: u64,
}

impl Verdict {
    /// The word scripts rely on.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::OkUnilateralFrom(_) => "OK-UNILATERAL-FROM",
            Self::OpenAt(_) => "OPEN",
            Self::TruncatedAt(_) => "TRUNCATED",
            Self::ForkedAt(_) => "FORKED",
            Self::TamperedAt(_) => "TAMPERED",
        }
    }

    /// The size the verdict names.
    pub fn at(&self) -> Option<u64> {
        match *self {
            Self::Ok => None,
            Self::OkUnilateralFrom(n) | Self::OpenAt(n) | Self::TruncatedAt(n) | Self::ForkedAt(n) | Self::TamperedAt(n) => Some(n),
        }
    }

    /// Whether the log stands.
    pub fn stands(&self) -> bool {
        matches!(self, Self::Ok | Self::OkUnilateralFrom(_) | Self::OpenAt(_))
    }

    /// What it means, to be pasted into a report.
    pub fn sentence(&self) -> String {
        match self {
            Self::Ok => {
                "The log is whole, in order, signed by the host's session key, and it ended; everything stored beside it fits.".into()
            }
            Self::OkUnilateralFrom(n) => {
                format!("The log is whole, but from event {n} on fewer parties have signed it than the organisation asks for.")
            }
            Self::OpenAt(n) => format!("The session is still running; its first {n} events are signed and fit."),
            Self::TruncatedAt(n) => {
                format!("The first {n} events are signed and fit; what came after them is missing or was never signed.")
            }
            Self::ForkedAt(n) => format!("The host's key signed two different histories; they part at or before event {n}."),
            Self::TamperedAt(n) => format!(
                "The stored session was changed after it was signed, or breaks the rules of a session; only its first {n} events can be relied on."
            ),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("OK"),
            Self::OkUnilateralFrom(n) => write!(f, "OK-UNILATERAL-FROM {n}"),
            _ => write!(f, "{} at {}", self.word(), self.at().unwrap_or_default()),
        }
    }
}

/// Verifies one session's folder.
///
/// # Errors
/// Only when the store cannot be read; whatever is in it leads to a verdict.
pub fn verify(store: &dyn Store, options: &Options) -> io::Result<Report> {
    let names: BTreeSet<String> = store.files()?.into_iter().collect();
    let mut findings = Findings::default();
    let manifest = match read_manifest(store, &names)? {
        Ok(manifest) => manifest,
        Err(why) => {
            findings.tampered(0, format!("{MANIFEST}: {why}."));
            return Ok(findings.report((0, 0), Vec::new()));
        }
    };
    if options.sid.is_some_and(|sid| sid != manifest.sid) {
        findings.tampered(0, format!("This is session {}, not the one that was asked for.", manifest.sid));
    }
    let personal = beside::read_personal(store, &names, &mut findings)?;
    let cosignatures = technicians::read(store, &names, &mut findings)?;
    let wanted: BTreeSet<u64> = receipt::size(options.receipt.as_ref()).into_iter().chain(cosignatures.sizes()).collect();
    let log = events::read(store, &names, &manifest, (&personal, &wanted), &mut findings)?;
    trust::check(&log, &manifest, options.trust.as_ref(), &mut findings);
    let mut known = BTreeSet::from([MANIFEST, EVENTS, CHECKPOINTS, COSIGNATURES].map(str::to_owned));
    if !personal.is_empty() {
        known.insert(PERSONAL.to_owned());
    }
    let is_erased = proofs::check(store, &names, (&log, &manifest), &mut known, &mut findings)?;
    // Values that were erased are missing, all of them.
    if !is_erased || names.contains(PERSONAL) {
        beside::check_personal(&log, &personal, &mut findings);
    }
    beside::check_keys(store, &names, &log, &mut known, &mut findings)?;
    beside::check_sealed(store, &names, &log, &mut known, &mut findings)?;
    let media_bytes = media::check(store, &names, &log, &mut known, &mut findings)?;
    check_marker(store, &names, &mut known, &mut findings)?;
    for name in names.difference(&known) {
        findings.leftover(&log, format!("{name} is in the folder and no event accounts for it."));
    }
    receipt::check(&log, &manifest, options.receipt.as_ref(), &mut findings);
    let technicians = technicians::check(&cosignatures, &log, &manifest, &mut findings);
    log.close(options.live, &mut findings);
    Ok(findings.report((log.events, media_bytes), technicians))
}

fn read_manifest(store: &dyn Store, names: &BTreeSet<String>) -> io::Result<Result<Manifest, String>> {
    if !names.contains(MANIFEST) {
        return Ok(Err("it is missing".into()));
    }
    let bytes = read_up_to(store, MANIFEST, crate::bundle::MAX_MANIFEST_BYTES)?;
    Ok(Manifest::from_bytes(&bytes).map_err(|why| why.to_string()))
}

fn check_marker(store: &dyn Store, names: &BTreeSet<String>, known: &mut BTreeSet<String>, findings: &mut Findings) -> io::Result<()> {
    if names.contains(OPEN_MARKER) {
        known.insert(OPEN_MARKER.to_owned());
        if !read_up_to(store, OPEN_MARKER, 0)?.is_empty() {
            findings.tampered(0, format!("The marker {OPEN_MARKER} is not empty."));
        }
    }
    Ok(())
}

/// Reads a file; one that is longer than `limit` comes with one byte too many, so that every reader
/// of it refuses.
fn read_up_to(store: &dyn Store, name: &str, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    store.open(name)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
