//! The session log as proof: events, hash tree, checkpoints, bundle format and verifier.
//!
//! In scope: what one event looks like byte for byte ([`Entry`], [`Event`]), the RFC 6962 tree over
//! the events ([`Tree`]), the host's side of the log ([`Log`]), the signed notes that commit to it
//! ([`Checkpoint`], [`note`]), the files of a stored session and the one file that holds them ([`bundle`]) and the pure verifier
//! ([`verify`](fn@verify)).
//!
//! Not in scope: files, clocks, random numbers, networks. Callers hand in bytes, times, salts and a
//! [`verify::Store`] to read from. What a sealed field says is not readable here, only its hash.
#![forbid(unsafe_code)]

pub mod bundle;
mod cadence;
mod checkpoint;
mod commitment;
mod cosignature;
mod encoding;
mod entry;
mod event;
mod follower;
mod frontier;
mod jcs;
mod log;
pub mod note;
pub mod organisation;
pub mod receipt;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tlog_witness;
mod transcript;
mod tree;
pub mod verify;

pub use cadence::{Cadence, MAX_EVENTS_UNSIGNED, MAX_UNSIGNED_MS};
pub use checkpoint::{Checkpoint, CheckpointError, Origin};
pub use commitment::{Commitment, Salt};
pub use encoding::{Blob, Hash, Hasher};
pub use entry::{Actor, ActorType, Entry, EntryError, MAX_LEAF_BYTES, Outcome, SealedRef, Severity, Source};
pub use event::{AnswerInput, AttemptResult, By, Display, Event, MediaSegment, Organisation, PeerRole, TechIdentified, Totals};
pub use follower::{FollowError, Follower};
pub use frontier::{Frontier, MAX_PEAKS};
pub use log::{Draft, Leaf, Log};
pub use transcript::transcript_hash;
pub use tree::{ProofError, Tree, leaf_hash};
pub use verify::{Report, Verdict, verify};
