//! Random-looking bytes out of a caller's 32-byte seed: HKDF-SHA256 (RFC 5869), one label per use.
//!
//! In scope: named draws from a seed, and a byte stream for crates that want a random number generator.
//! Not in scope: where the seed comes from. This crate never asks an operating system for randomness, so that
//! every run can be repeated from its seeds.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A 32-byte secret seed. Every label gives independent bytes; the same seed and label give the same bytes again.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(hidden)")
    }
}

impl Seed {
    /// Takes 32 bytes from the system's generator (the caller draws them).
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// `N` bytes for one purpose, `N` at most 255 * 32 (RFC 5869, 2.3).
    #[must_use]
    pub fn draw<const N: usize>(&self, label: &str, number: u64) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0_u8; N]);
        Hkdf::<Sha256>::new(Some(b"deskhand/seed/1"), &self.0)
            .expand_multi_info(&[label.as_bytes(), &[0], &number.to_be_bytes()], &mut out[..])
            .expect("every draw in this crate is far below 8,160 bytes");
        out
    }

    /// A seed of its own for one purpose.
    #[must_use]
    pub fn child(&self, label: &str, number: u64) -> Self {
        Self(*self.draw::<32>(label, number))
    }
}

/// A byte stream from a seed, shaped as the random number generator that `spake2` asks for.
pub(crate) struct SeedStream {
    seed: Seed,
    block: u64,
}

impl SeedStream {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, block: 0 }
    }
}

impl rand_core::RngCore for SeedStream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for chunk in dest.chunks_mut(32) {
            let block = self.seed.draw::<32>("stream", self.block);
            self.block += 1;
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl rand_core::CryptoRng for SeedStream {}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::RngCore;

    #[test]
    fn the_same_seed_and_label_give_the_same_bytes_and_nothing_else_does() {
        let seed = Seed::new([7; 32]);
        assert_eq!(*seed.draw::<32>("a", 0), *Seed::new([7; 32]).draw::<32>("a", 0));
        assert_ne!(*seed.draw::<32>("a", 0), *seed.draw::<32>("a", 1));
        assert_ne!(*seed.draw::<32>("a", 0), *seed.draw::<32>("b", 0));
        assert_ne!(*seed.draw::<32>("a", 0), *Seed::new([8; 32]).draw::<32>("a", 0));
    }

    #[test]
    fn a_stream_does_not_repeat_its_blocks() {
        let mut stream = SeedStream::new(Seed::new([1; 32]));
        let mut bytes = [0; 96];
        stream.fill_bytes(&mut bytes);
        assert_ne!(bytes[..32], bytes[32..64]);
        assert_ne!(bytes[32..64], bytes[64..]);
    }
}
