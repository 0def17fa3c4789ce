//! From a one-time code to sealed frames: code, password-authenticated pairing, key schedule, SFrame.
//!
//! In scope: every secret between the two ends of a session, as pure functions. Seeds are parameters; nothing here
//! reads a clock or draws a random number. Not in scope: message shapes (`wire`), who may do what (`session`).
//!
//! | file | what |
//! | --- | --- |
//! | [`code`] | `48213-velvet-anchor-oxygen`: drawing, showing, forgiving parsing, completion |
//! | [`pairing`] | SPAKE2 + ML-KEM-768, transcript, confirmation |
//! | `keys` | one key per direction, channel, peer, stream and epoch |
//! | [`frames`] | SFrame (RFC 9605), key ids, order rules, padding |
//! | [`screen`] | updates under the epoch key, the running hash |
#![forbid(unsafe_code)]

pub mod code;
mod draw;
pub mod frames;
mod keys;
pub mod pairing;
pub mod screen;

pub use draw::Seed;
pub use keys::{Direction, EpochKey, FrameKey, Master, RecordingKey};
