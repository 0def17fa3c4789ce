//! Memory shared with the X server alone: a memfd that has no name and no other reader.
//!
//! In scope: the mapping, and copying pixels out of it. Not in scope: what the server puts there, and when. The server may
//! write at any time, so nothing here makes a reference to the memory: pixels are read through the pointer, once.

use crate::CaptureError;
use rustix::{
    fd::OwnedFd,
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};
use std::{ffi::c_void, ptr::NonNull};

/// Pixels that are compared at once: few enough that a difference is noticed early, many enough for wide registers.
const COMPARED: usize = 64;

/// A mapping of whole pixels.
pub(super) struct Segment {
    start: NonNull<u32>,
    pixels: usize,
}

// SAFETY: the mapping belongs to this value alone within the process, and every access goes through `&self` or `Drop`.
unsafe impl Send for Segment {}

impl Segment {
    /// Makes memory for `pixels` pixels; the system gives pages only where it is used. The descriptor is for the server.
    pub(super) fn new(pixels: usize) -> Result<(Self, OwnedFd), CaptureError> {
        let system = |errno: rustix::io::Errno| CaptureError::System { what: "shared memory", source: errno.into() };
        let bytes = pixels * size_of::<u32>();
        let memory = memfd_create("deskhand-screen", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).map_err(system)?;
        ftruncate(&memory, bytes as u64).map_err(system)?;
        fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL).map_err(system)?;
        // SAFETY: a new mapping at an address that the system chooses; it touches no memory that Rust knows.
        let start = unsafe { mmap(std::ptr::null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, &memory, 0) }.map_err(system)?;
        let Some(start) = NonNull::new(start.cast::<u32>()) else {
            return Err(CaptureError::System { what: "shared memory", source: std::io::ErrorKind::OutOfMemory.into() });
        };
        Ok((Self { start, pixels }, memory))
    }

    /// Pixels that it holds.
    pub(super) fn pixels(&self) -> usize {
        self.pixels
    }

    /// Whether the pixels from pixel `from` on are those of `row`, whatever their top bytes are.
    ///
    /// # Panics
    /// When they do not lie within the memory.
    pub(super) fn equals(&self, from: usize, row: &[u32]) -> bool {
        assert!(from <= self.pixels && row.len() <= self.pixels - from, "a row lies within the segment");
        let mut at = from;
        row.chunks(COMPARED).all(|part| {
            let mut differing = 0;
            for (index, pixel) in part.iter().enumerate() {
                // SAFETY: `at + index` is below `from + row.len()`, which is mapped and aligned, as in `copy_opaque`.
                differing |= unsafe { self.start.as_ptr().add(at + index).read() } ^ pixel;
            }
            at += part.len();
            differing & 0x00FF_FFFF == 0
        })
    }

    /// Copies `row.len()` pixels that start at pixel `from`, each with an opaque top byte.
    ///
    /// # Panics
    /// When they do not lie within the memory.
    pub(super) fn copy_opaque(&self, from: usize, row: &mut [u32]) {
        assert!(from <= self.pixels && row.len() <= self.pixels - from, "a row lies within the segment");
        for (index, pixel) in row.iter_mut().enumerate() {
            // SAFETY: `from + index` is below `self.pixels`, which are mapped and aligned (a mapping starts at a page).
            // The sealed size keeps the pages there. Any bits are a valid u32.
            *pixel = unsafe { self.start.as_ptr().add(from + index).read() } | 0xFF00_0000;
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping made in `new`; nothing refers into it.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast::<c_void>(), self.pixels * size_of::<u32>()) };
        debug_assert!(unmapped.is_ok(), "a mapping made here can be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_come_out_opaque_and_no_further_than_the_memory() {
        let (segment, memory) = Segment::new(1024).unwrap();
        rustix::io::pwrite(&memory, &0x0012_3456u32.to_ne_bytes(), 40).unwrap();
        let mut row = [0; 3];
        segment.copy_opaque(9, &mut row);
        assert_eq!(row, [0xFF00_0000, 0xFF12_3456, 0xFF00_0000]);
        segment.copy_opaque(1021, &mut row);
        assert!(std::panic::catch_unwind(|| segment.copy_opaque(1022, &mut [0; 3])).is_err());
    }

    #[test]
    fn the_memory_cannot_be_shrunk_under_a_reader() {
        let (_segment, memory) = Segment::new(1024).unwrap();
        assert!(ftruncate(&memory, 0).is_err());
    }
}
