//! Updates and cursors on their way out.
//!
//! In scope: what the program hands in and gets back. See `HostSession::seal_update`.

use deskhand_wire::{Millis, update::UpdateHeader};

/// An encoded update, about to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingUpdate<'a> {
    /// Its number, from 1, strictly increasing.
    pub number: u64,
    /// Whether it needs nothing before it.
    pub key: bool,
    /// When the pixels in it were captured, on the host's monotonic clock.
    pub captured_at: Millis,
    /// What changed on the screen, as x, y, width, height. Presses nearby that were made on an older picture are
    /// refused.
    pub changed: &'a [[u32; 4]],
    /// The update's bytes.
    pub bytes: &'a [u8],
}

/// A sealed update or cursor message, ready for its stream or datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFrame {
    /// What the relay may know.
    pub header: UpdateHeader,
    /// The header's bytes, then the SFrame frame: write exactly this.
    pub bytes: Vec<u8>,
}
