//! Sealed frames: SFrame (RFC 9605) with AES_128_GCM_SHA256_128, the full tag, and an order rule per channel.
//!
//! In scope: key ids, sealing, opening, order, padding. Not in scope: which key (`keys`), which stream (`link`).

mod open;
mod padding;
mod seal;

pub use open::{OpenError, Opener, Order};
pub use padding::{pad, unpad};
pub use seal::{Exhausted, Sealer, sealed_size};

use deskhand_wire::{PeerId, stream::Channel};

/// SFrame key id: epoch 24 | peer 8 | channel 8 | stream 24 bits, most significant first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(u64);

/// Epochs and streams fit 24 bits.
pub const MAX_24: u32 = (1 << 24) - 1;

impl KeyId {
    /// The id of a key. `None` when epoch or stream does not fit 24 bits.
    #[must_use]
    pub fn new(epoch: u32, peer: PeerId, channel: Channel, stream: u32) -> Option<Self> {
        if epoch > MAX_24 || stream > MAX_24 {
            return None;
        }
        let id = u64::from(epoch) << 40 | u64::from(peer) << 32 | u64::from(channel.number()) << 24 | u64::from(stream);
        Some(Self(id))
    }

    /// The id of a pairwise channel's only stream: epoch 0, stream 0.
    #[must_use]
    pub fn pairwise(peer: PeerId, channel: Channel) -> Self {
        Self(u64::from(peer) << 32 | u64::from(channel.number()) << 24)
    }

    /// The number in the SFrame header.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}
