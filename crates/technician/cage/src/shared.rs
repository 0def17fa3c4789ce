//! The picture in memory that both processes see.
//!
//! In scope: a sealed memory file, large enough for every picture, of which only touched pages take memory; the view of it on
//! either side. Not in scope: when it is read or written (`parent`, `caged`).

use std::{
    io,
    os::fd::{AsFd, AsRawFd, OwnedFd},
    ptr::NonNull,
};

use deskhand_decode::{DecodeError, Picture};
use deskhand_screen::{MAX_PIXELS, Pixels, PixelsMut, Size};
use rustix::{
    fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fstat, ftruncate, memfd_create, open},
    mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap},
};

/// Bytes of the memory file.
pub(crate) const BYTES: usize = MAX_PIXELS as usize * 4;

/// A memory file for pictures. Its size is sealed: nobody who holds it can make reading it fail.
pub(crate) fn create() -> io::Result<OwnedFd> {
    let file = memfd_create("deskhand-picture", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&file, BYTES as u64)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}

/// The same memory file by a descriptor that can't write to it, whoever gets it.
pub(crate) fn to_read(file: &OwnedFd) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// The whole memory file, mapped.
struct Map {
    start: NonNull<u32>,
}

// SAFETY: the mapping belongs to this value alone and is not tied to a thread; access goes through `&self` and `&mut self`.
unsafe impl Send for Map {}
// SAFETY: with `&self` it is only read.
unsafe impl Sync for Map {}

impl Map {
    fn new(file: impl AsFd, access: ProtFlags) -> io::Result<Self> {
        if fstat(&file)?.st_size != BYTES as i64 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory of ours. The file has the mapped size.
        let start = unsafe { mmap(std::ptr::null_mut(), BYTES, access, MapFlags::SHARED, file, 0)? };
        NonNull::new(start.cast()).map(|start| Self { start }).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this size, and every borrow of it has ended.
        unsafe { _ = munmap(self.start.as_ptr().cast(), BYTES) };
    }
}

/// The viewer's side: to read.
pub(crate) struct ReadSide {
    map: Map,
}

impl ReadSide {
    pub(crate) fn new(file: impl AsFd) -> io::Result<Self> {
        Ok(Self { map: Map::new(file, ProtFlags::READ)? })
    }

    /// The first `size.area()` pixels. An honest cage writes only while an update is applied, which needs `&mut` of the [`crate::Cage`].
    pub(crate) fn pixels(&self, size: Size) -> Option<Pixels<'_>> {
        let area = size.is_valid().then(|| size.area() as usize)?;
        // SAFETY: the mapping is readable, aligned to a page, and `BYTES` hold `MAX_PIXELS` >= `area` pixels; the file's size is
        // sealed, so reading cannot fault. The cage is idle while the slice lives. A hijacked cage could still write: then
        // single pixels, of which every value is valid, may differ from one read to the next; nothing but colours is ever
        // derived from them.
        let pixels = unsafe { std::slice::from_raw_parts(self.map.start.as_ptr(), area) };
        Pixels::new(size, pixels)
    }
}

/// The cage's side: to draw.
pub(crate) struct WriteSide {
    map: Map,
    size: Size,
}

impl WriteSide {
    pub(crate) fn new(file: impl AsFd) -> io::Result<Self> {
        let mut side = Self { map: Map::new(file, ProtFlags::READ | ProtFlags::WRITE)?, size: Size { width: 1, height: 1 } };
        side.pixels_mut().pixels_mut().fill(0xFF00_0000);
        Ok(side)
    }

    pub(crate) const fn size(&self) -> Size {
        self.size
    }
}

impl Picture for WriteSide {
    fn reset(&mut self, size: Size) -> Result<(), DecodeError> {
        if size.area() < self.size.area() {
            // Gives the memory of a larger picture back. It may fail on kernels without it: then it is only kept.
            // SAFETY: the range is the mapping itself, nothing borrows it, and zero is a valid pixel.
            unsafe { _ = madvise(self.map.start.as_ptr().cast(), BYTES, Advice::LinuxRemove) };
        }
        self.size = size;
        let mut pixels = self.pixels_mut();
        pixels.pixels_mut().fill(0xFF00_0000);
        Ok(())
    }

    fn pixels_mut(&mut self) -> PixelsMut<'_> {
        // SAFETY: the mapping is writable, aligned, holds `MAX_PIXELS` pixels, and this process has no other reference to it.
        // The viewer only reads, and only between updates.
        let pixels = unsafe { std::slice::from_raw_parts_mut(self.map.start.as_ptr(), self.size.area() as usize) };
        PixelsMut::new(self.size, pixels).expect("the slice has exactly the size's area")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_one_picture_and_its_size_is_sealed() {
        let file = create().unwrap();
        let mut write = WriteSide::new(&file).unwrap();
        let read = ReadSide::new(&file).unwrap();
        let size = Size::new(30, 20).unwrap();
        write.reset(size).unwrap();
        write.pixels_mut().fill(size.rect(), 0x0011_2233);
        assert!(read.pixels(size).unwrap().pixels().iter().all(|pixel| *pixel == 0xFF11_2233));
        assert!(ftruncate(&file, 0).is_err());
        write.reset(Size::new(2, 2).unwrap()).unwrap();
        assert_eq!(read.pixels(size).unwrap().pixels()[..5], [0xFF00_0000, 0xFF00_0000, 0xFF00_0000, 0xFF00_0000, 0]);
        assert!(read.pixels(Size { width: u32::MAX, height: u32::MAX }).is_none());
    }

    #[test]
    fn whoever_is_given_the_picture_to_read_can_not_write_it() {
        let file = create().unwrap();
        let memory = to_read(&file).unwrap();
        assert!(ReadSide::new(&memory).is_ok());
        assert!(WriteSide::new(&memory).is_err());
        assert!(rustix::io::pwrite(&memory, &[1], 0).is_err());
    }

    #[test]
    fn a_file_of_another_size_is_refused() {
        let file = memfd_create("small", MemfdFlags::CLOEXEC).unwrap();
        assert!(ReadSide::new(&file).is_err());
    }
}
