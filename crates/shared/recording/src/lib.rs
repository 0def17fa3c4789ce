//! The recording of a session: sealed updates exactly as they were relayed, and what opens them.
//!
//! In scope: opening records with the session's recording key ([`Recording`]), the envelope that this key
//! lies in for the reviewers ([`envelope`]), the log's sealed fields ([`Fields`]), and the public half of a reviewer's sealing key ([`sealing_key`]).
//! Not in scope: the key schedule (`seal`: [`RecordingKey`] and the epoch keys derived from it),
//! the segments that the host commits to (`session`), files, and whether the log stands (`audit`).
//!
//! | value | how |
//! | --- | --- |
//! | epoch key | HKDF-SHA-256, salt `deskhand/recording/1`, recording key, info `deskhand/epoch/1` and the epoch as u32 big endian |
//! | commitment in `epoch.changed` | SHA-256(`deskhand/epoch-key/1` and the epoch key) |
//! | record | u32 big-endian length, outer header (36 bytes), SFrame; the header is the frame's metadata |
#![forbid(unsafe_code)]

mod age;
pub mod envelope;
mod fields;
mod recording;
mod reviewer;

pub use age::AgeError;
pub use deskhand_seal::RecordingKey;
pub use fields::{FieldError, Fields};
pub use recording::{RecordError, Recording, Update};
pub use reviewer::sealing_key;
