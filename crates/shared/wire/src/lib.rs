//! What the programs say to each other: messages by direction, their byte form, and every limit by name.
//!
//! In scope: the shape of each message, the byte form (postcard, strict: no byte may be left over), the header
//! that a relay may read of a sealed update, and the named limits that every reader checks before it allocates.
//! Not in scope: keys and sealing (`seal`), what a message means (`session`), sockets (`link`).
//!
//! | file | who to whom |
//! | --- | --- |
//! | [`stream`] | the first frame of every stream: what follows |
//! | [`relay`] | host, technician and relay, in the clear inside TLS |
//! | [`pair`] | host and viewer before they share keys |
//! | [`control`] | host and viewer, sealed: grants, ticks, requests |
//! | [`input`] | viewer to host, sealed: pointer, keys, text |
//! | [`update`] | the header of a sealed screen update; the cursor |
//! | [`limits`] | every bound, by name |
#![forbid(unsafe_code)]

pub mod codec;
pub mod control;
pub mod input;
pub mod limits;
pub mod pair;
pub mod relay;
pub mod stream;
pub mod text;
pub mod update;

pub use codec::{WireError, decode, encode};
pub use text::Text;

/// A participant of a session as the relay numbers them: 0 is the host, viewers count from 1.
pub type PeerId = u8;

/// The host's own number.
pub const HOST: PeerId = 0;

/// Milliseconds of a program's own monotonic clock, which starts near 0 with the program.
pub type Millis = u64;
