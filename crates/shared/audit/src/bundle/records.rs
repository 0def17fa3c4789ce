//! Records of `media/<epoch>.sfr`: a length, then a sealed update exactly as it was relayed.
//!
//! In scope: the length prefix, reading record by record in bounded memory. Not in scope: what the
//! outer header and the frame say; they are hashed, not opened.

use std::io::{self, Read};

/// Longest record after its length, in bytes: the largest sealed update and its header.
pub const MAX_RECORD_BYTES: usize = (32 << 20) + 4096;

/// What can be wrong with the next record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file ends within a record.
    #[error("the file ends within a record")]
    Torn,
    /// A length that no record has.
    #[error("a record says it has {0} bytes, which none has")]
    Length(u32),
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The length that goes before `header` and `frame`, which follow as they are.
///
/// `None` when they are empty or longer than [`MAX_RECORD_BYTES`] together.
pub fn record(header: &[u8], frame: &[u8]) -> Option<[u8; 4]> {
    let length = header.len().checked_add(frame.len())?;
    let fits = (1..=MAX_RECORD_BYTES).contains(&length);
    fits.then_some(length as u32).map(u32::to_be_bytes)
}

/// Reads records one by one.
pub struct RecordReader<R> {
    inner: R,
    whole: u64,
}

impl<R: Read> RecordReader<R> {
    /// Reads from the beginning of a file.
    pub fn new(inner: R) -> Self {
        Self { inner, whole: 0 }
    }

    /// Bytes of the whole records read so far.
    pub fn whole_bytes(&self) -> u64 {
        self.whole
    }

    /// The next record, length prefix included, in `into`; `false` at the end of the file.
    pub fn next(&mut self, into: &mut Vec<u8>) -> Result<bool, RecordError> {
        into.clear();
        self.fill(into, 4)?;
        if into.is_empty() {
            return Ok(false);
        }
        let Ok(prefix) = <[u8; 4]>::try_from(into.as_slice()) else {
            return Err(RecordError::Torn);
        };
        let length = u32::from_be_bytes(prefix);
        if length == 0 || length as usize > MAX_RECORD_BYTES {
            return Err(RecordError::Length(length));
        }
        let expected = 4 + length as usize;
        self.fill(into, u64::from(length))?;
        if into.len() < expected {
            return Err(RecordError::Torn);
        }
        self.whole += expected as u64;
        Ok(true)
    }

    /// Reads up to `count` bytes more; memory grows with what is there, not with what is announced.
    fn fill(&mut self, into: &mut Vec<u8>, count: u64) -> io::Result<()> {
        self.inner.by_ref().take(count).read_to_end(into).map(drop)
    }
}

/// Follows records through pieces of a file, cut anywhere, without keeping them.
#[derive(Debug, Default)]
pub(crate) struct RecordWalk {
    records: u64,
    /// Bytes of the length that is being read, and how many of its four there are.
    length: u32,
    digits: u8,
    /// Bytes of the record that are still to come.
    left: usize,
}

impl RecordWalk {
    /// The next piece.
    ///
    /// # Errors
    /// [`RecordError::Length`].
    pub(crate) fn take(&mut self, mut piece: &[u8]) -> Result<(), RecordError> {
        while let Some((first, rest)) = piece.split_first() {
            if self.left > 0 {
                let inside = self.left.min(piece.len());
                self.left -= inside;
                piece = &piece[inside..];
            } else {
                self.length = self.length << 8 | u32::from(*first);
                self.digits += 1;
                piece = rest;
                if self.digits < 4 {
                    continue;
                }
                self.left = self.length as usize;
                if self.left == 0 || self.left > MAX_RECORD_BYTES {
                    return Err(RecordError::Length(self.length));
                }
                (self.length, self.digits) = (0, 0);
            }
            self.records += u64::from(self.left == 0);
        }
        Ok(())
    }

    /// How many records ended.
    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Whether the last piece ended with a record.
    pub(crate) fn is_between(&self) -> bool {
        self.digits == 0 && self.left == 0
    }
}

/// How many bytes of a media file are whole records: what a writer keeps after a crash.
pub fn whole_records(file: impl Read) -> io::Result<u64> {
    let mut reader = RecordReader::new(file);
    let mut record = Vec::new();
    loop {
        match reader.next(&mut record) {
            Ok(true) => {}
            Ok(false) | Err(RecordError::Torn | RecordError::Length(_)) => {
                return Ok(reader.whole_bytes());
            }
            Err(RecordError::Io(why)) => return Err(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cut_anywhere_hold_the_same_records() {
        let file: Vec<u8> = (1..40_usize).flat_map(|length| [&(length as u32).to_be_bytes()[..], &vec![0xFF; length]].concat()).collect();
        for size in 1..60 {
            let (mut walk, mut seen) = (RecordWalk::default(), 0);
            for piece in file.chunks(size) {
                walk.take(piece).unwrap();
                seen += piece.len() as u64;
                let whole = whole_records(&file[..seen as usize]).unwrap();
                assert_eq!(walk.is_between(), whole == seen, "{seen} bytes in pieces of {size}");
            }
            assert_eq!(walk.records(), 39);
        }
    }

    #[test]
    fn a_length_that_no_record_has_is_refused_wherever_its_bytes_are_cut() {
        for length in [0, MAX_RECORD_BYTES as u32 + 1, u32::MAX] {
            let file = [&[0, 0, 0, 1, 7][..], &length.to_be_bytes()].concat();
            for cut in 0..=file.len() {
                let mut walk = RecordWalk::default();
                let read = walk.take(&file[..cut]).and_then(|()| walk.take(&file[cut..]));
                assert!(matches!(read, Err(RecordError::Length(said)) if said == length), "{length} cut at {cut}");
            }
        }
    }
}
