//! From a session's recording to its pictures by time.
//!
//! In scope: an [`Index`] of what was recorded and when, the parts of a session without a picture ([`Gap`]), the time in which nothing
//! changed ([`Idle`]), and a [`Player`] that shows any moment and goes on from there. Not in scope: the recording's keys and records
//! (`recording`), whether the log stands (`audit`), decoding (`cage`), what is done with the pictures (`review`).
//!
//! A session has a key update an hour, so showing a moment by applying everything since then would take minutes. Tiles are exact, so what was
//! painted over later does not matter: the `slice` of a moment is those operations alone that the picture still shows, the save-under still
//! holds, or a running video stream needs. It is worked out from the index, which holds where each operation paints and no pixels; nothing
//! decoded is ever kept. Memory is bounded for any input, and any bytes are a picture or a gap.
#![forbid(unsafe_code)]

mod error;
mod gaps;
mod index;
mod marks;
mod outline;
mod player;
mod read;
mod screen;
mod slice;
mod source;

pub use error::PlayError;
pub use gaps::{Gap, Idle, Why};
pub use index::{Index, MAX_STEPS, Step};
pub use player::{Player, Seen, Shown};
pub use screen::Screen;
pub use source::Source;
