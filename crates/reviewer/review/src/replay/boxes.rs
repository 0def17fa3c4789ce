//! Boxes: the building blocks of an MP4 file (ISO/IEC 14496-12, section 4.2).
//!
//! In scope: length, type, content, nested. Not in scope: which boxes a film has (`mp4`).

/// A tree of boxes being written.
#[derive(Default)]
pub(super) struct Boxes(Vec<u8>);

impl Boxes {
    /// A box with what `fill` puts into it.
    pub(super) fn part(&mut self, kind: &[u8; 4], fill: impl FnOnce(&mut Self)) {
        let start = self.0.len();
        self.u32(0);
        self.bytes(kind);
        fill(self);
        // A box of a film's tables stays below 4 GiB: 2^26 pictures would.
        let length = (self.0.len() - start) as u32;
        self.0[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    /// A box with version and flags.
    pub(super) fn full(&mut self, kind: &[u8; 4], version: u8, flags: u32, fill: impl FnOnce(&mut Self)) {
        self.part(kind, |to| {
            to.u32(u32::from(version) << 24 | flags);
            fill(to);
        });
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}
