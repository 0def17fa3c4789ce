//! From damaged pixels to screen updates.
//!
//! In scope: what truly changed, what only moved or shows again, the choice between exact tiles and video, packing, and making lossy areas
//! exact again. Cost follows what changed, not how large the screen is; a settled screen is bit-exact at the other end.
//! Not in scope: getting pixels (`capture`), when to send (the host's pacing), applying updates (`decode`).
//!
//! Stages, one file each: [`moves`] by hints -> [`truth`] -> [`moves`] by search -> [`under`] -> [`history`] -> [`plan`] (asks [`cost`]) ->
//! [`packer`] of [`tiles`] or [`streams`] of [`video`], and [`refine`] when it is quiet. [`trace`] says why each area was sent how.
#![deny(unsafe_op_in_unsafe_fn)]

mod cells;
mod codec;
mod cost;
mod encoder;
mod error;
mod filter;
mod history;
mod moves;
mod packer;
mod palette;
mod plan;
mod refine;
mod rows;
mod spare;
mod streams;
mod tiles;
mod trace;
mod truth;
mod under;
mod video;

pub use encoder::{Encoder, Settings};
pub use error::EncodeError;

use std::time::Duration;

/// Milliseconds of a monotonic clock.
pub type Millis = u64;

/// What is known about the way to the viewer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Path {
    /// Estimate of the delivery rate, in bytes per second; 0 when unknown.
    pub bytes_per_second: u64,
    /// Round-trip time.
    pub rtt: Duration,
}
