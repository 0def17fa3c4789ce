//! A session as one file, `<sid>.dhs`: a tar archive of its folder that can be written in one way only.
//!
//! In scope: writing it from files, finding the files in it, reading them where they lie. Not in scope: whether the session stands
//! (`verify`), where the bytes come from ([`Bytes`]).
//!
//! ```text
//! header | bytes | zeros up to a multiple of 512      for each file, in the order of `Member`, no file twice
//! 1024 zeros                                         and nothing after them
//! ```
//!
//! The first file is `manifest.json`. There are no folders, links or owners, and no file that a session can't have. What is read is
//! compared with what would be written: every byte that is not in a file is known beforehand, and one that differs is an error. Any tar
//! program unpacks it.

use std::io::{self, Read, Write};

use super::{
    MANIFEST, MAX_MANIFEST_BYTES, Manifest, ManifestError, Member,
    ustar::{self, BLOCK},
};
use crate::verify::{MAX_EVENTS, Store};

/// The ending of a bundle file's name.
pub const EXTENSION: &str = "dhs";

/// The most files in a bundle; each event has one sealed field at most.
const MAX_MEMBERS: usize = MAX_EVENTS as usize;
const END: usize = 2 * BLOCK;

/// Bytes that can be read at any place, by several readers at a time.
pub trait Bytes {
    /// How many there are.
    ///
    /// # Errors
    /// When that cannot be told.
    fn length(&self) -> io::Result<u64>;
    /// Reads some of them from `offset` on; 0 at the end.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

impl Bytes for &[u8] {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }
}

/// Why bytes are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Something else.
    #[error("it does not begin as the bundle of a session does")]
    Foreign,
    /// A newer program wrote it.
    #[error("{MANIFEST}: {0}")]
    Manifest(ManifestError),
    /// A header that is none.
    #[error("at byte {0} there is no header that a bundle has: it was changed")]
    Header(u64),
    /// A file that no session has.
    #[error("it holds {0:?}, which no session has")]
    Unknown(String),
    /// A file twice, or out of order.
    #[error("{0} stands where a bundle does not have it: files were put in, or in another order")]
    Order(String),
    /// Bytes between the files.
    #[error("the bytes after {0} are not zero")]
    Padding(String),
    /// Fewer bytes than it says.
    #[error("it ends within {0}: the rest is missing")]
    Short(String),
    /// No end.
    #[error("it has no end: the rest is missing")]
    Endless,
    /// More bytes than it says.
    #[error("it goes on after its end")]
    Long,
    /// More files than a session can have.
    #[error("it holds more files than any session has")]
    Many,
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file in a bundle.
#[derive(Debug)]
struct Place {
    member: Member,
    offset: u64,
    size: u64,
}

/// A bundle whose files are known by name and place.
#[derive(Debug)]
pub struct Archive<B> {
    bytes: B,
    places: Vec<Place>,
}

impl<B: Bytes> Archive<B> {
    /// Finds the files; their bytes are not read.
    ///
    /// # Errors
    /// [`ArchiveError`]: it is not byte for byte what [`ArchiveWriter`] writes around these files.
    pub fn read(bytes: B) -> Result<Self, ArchiveError> {
        let length = bytes.length()?;
        let mut archive = Self { bytes, places: Vec::new() };
        let mut at = 0;
        loop {
            let mut block = [0; BLOCK];
            let is_there = archive.fill(at, &mut block)? == BLOCK;
            let Some(last) = archive.places.last() else {
                let found = ustar::read(&block).filter(|(name, _)| is_there && name == MANIFEST);
                let (_, size) = found.ok_or(ArchiveError::Foreign)?;
                at = archive.add(Member::Manifest, at, size, length)?;
                archive.check_version()?;
                continue;
            };
            if !is_there {
                return Err(ArchiveError::Endless);
            }
            if block == [0; BLOCK] {
                return archive.end(at, length);
            }
            let (name, size) = ustar::read(&block).ok_or(ArchiveError::Header(at))?;
            let Some(member) = Member::of(&name) else { return Err(ArchiveError::Unknown(name)) };
            if member <= last.member {
                return Err(ArchiveError::Order(name));
            }
            at = archive.add(member, at, size, length)?;
        }
    }

    /// How long a file is; `None` when it is not there.
    pub fn size(&self, name: &str) -> Option<u64> {
        self.place(name).map(|place| place.size)
    }

    /// Opens a file at `offset` bytes; at its end when it is shorter.
    ///
    /// # Errors
    /// When it is not there.
    pub fn open_at(&self, name: &str, offset: u64) -> io::Result<Section<'_, B>> {
        let place = self.place(name).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{name} is not in it")))?;
        let skipped = offset.min(place.size);
        Ok(Section { bytes: &self.bytes, at: place.offset + skipped, left: place.size - skipped })
    }

    fn place(&self, name: &str) -> Option<&Place> {
        let member = Member::of(name)?;
        let at = self.places.binary_search_by(|place| place.member.cmp(&member)).ok()?;
        self.places.get(at)
    }

    /// Takes the file whose header is at `at`; where the next header is.
    fn add(&mut self, member: Member, at: u64, size: u64, length: u64) -> Result<u64, ArchiveError> {
        let name = || member.name().unwrap_or_default();
        let offset = at + BLOCK as u64;
        let end = offset.checked_add(size).filter(|end| *end <= length).ok_or_else(|| ArchiveError::Short(name()))?;
        let mut padding = [0; BLOCK];
        let padding = &mut padding[..padding_of(size)];
        if self.fill(end, padding)? < padding.len() {
            return Err(ArchiveError::Short(name()));
        }
        if padding.iter().any(|byte| *byte != 0) {
            return Err(ArchiveError::Padding(name()));
        }
        if self.places.len() == MAX_MEMBERS {
            return Err(ArchiveError::Many);
        }
        self.places.push(Place { member, offset, size });
        Ok(end + padding.len() as u64)
    }

    /// A bundle of a later form says so in its manifest; everything else in there is for the verifier.
    fn check_version(&self) -> Result<(), ArchiveError> {
        let mut bytes = Vec::new();
        self.open_at(MANIFEST, 0)?.take(MAX_MANIFEST_BYTES as u64).read_to_end(&mut bytes)?;
        match Manifest::from_bytes(&bytes) {
            Err(newer @ ManifestError::Format(_)) => Err(ArchiveError::Manifest(newer)),
            _ => Ok(()),
        }
    }

    fn end(self, at: u64, length: u64) -> Result<Self, ArchiveError> {
        let mut end = [1; END];
        match self.fill(at, &mut end)? {
            END if end != [0; END] => Err(ArchiveError::Header(at)),
            END if length > at + END as u64 => Err(ArchiveError::Long),
            END => Ok(self),
            _ => Err(ArchiveError::Endless),
        }
    }

    /// Reads as many bytes as there are, up to all of `into`.
    fn fill(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < into.len() {
            match self.bytes.read_at(at + done as u64, &mut into[done..]) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
        Ok(done)
    }
}

impl<B: Bytes> Store for Archive<B> {
    fn files(&self) -> io::Result<Vec<String>> {
        Ok(self.places.iter().filter_map(|place| place.member.name()).collect())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.open_at(name, 0)?))
    }
}

/// Reads one file in a bundle.
pub struct Section<'a, B> {
    bytes: &'a B,
    at: u64,
    left: u64,
}

impl<B: Bytes> Read for Section<'_, B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.bytes.read_at(self.at, &mut into[..most])?;
        if count == 0 && most > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the bundle became shorter while it was read"));
        }
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

/// Writes a bundle, file by file.
pub struct ArchiveWriter<W> {
    out: W,
    last: Option<Member>,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins one.
    pub fn new(out: W) -> Self {
        Self { out, last: None }
    }

    /// Writes the next file: all that `from` holds, which must be `size` bytes.
    ///
    /// # Errors
    /// When it is out of order ([`Member`], the manifest first), has another size, or cannot be read or written. Nothing sensible can be
    /// added after that.
    pub fn add(&mut self, member: Member, size: u64, mut from: impl Read) -> io::Result<()> {
        let is_next = self.last.as_ref().map_or(member == Member::Manifest, |last| *last < member);
        let name = member.name().filter(|_| is_next);
        let header = name.as_deref().and_then(|name| ustar::header(name, size));
        let header = header.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a bundle has its files in another order"))?;
        self.out.write_all(&header)?;
        let copied = io::copy(&mut from.by_ref().take(size), &mut self.out)?;
        if copied < size || from.read(&mut [0])? > 0 {
            return Err(io::Error::other(format!("{} changed while it was read", name.unwrap_or_default())));
        }
        self.out.write_all(&[0; BLOCK][..padding_of(size)])?;
        self.last = Some(member);
        Ok(())
    }

    /// Writes the end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(&[0; END])?;
        Ok(self.out)
    }
}

/// How many zeros follow a file.
fn padding_of(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

#[cfg(test)]
mod tests;
