//! `events.jsonl` and `checkpoints.txt`: reading them line by line and note by note in bounded
//! memory.
//!
//! In scope: where one leaf or note ends. Not in scope: what is in it (`entry`, `note`).

use std::io::{self, BufRead, Read};

use crate::{entry::MAX_LEAF_BYTES, note::MAX_NOTE_BYTES};

/// A leaf as it stands in `events.jsonl`.
pub fn event_line(leaf: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(leaf.len() + 1);
    line.extend_from_slice(leaf);
    line.push(b'\n');
    line
}

/// What a reader found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// One whole item.
    Whole,
    /// The file ends within an item, or the item is longer than any.
    Torn,
    /// The file is at its end.
    End,
}

/// Reads leaves one by one.
pub struct LineReader<R> {
    inner: R,
    limit: usize,
    whole: u64,
}

impl<R: BufRead> LineReader<R> {
    /// Reads `events.jsonl` from its beginning.
    pub fn new(inner: R) -> Self {
        Self { inner, limit: MAX_LEAF_BYTES, whole: 0 }
    }

    /// The next leaf, without its line end, in `into`.
    pub fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Found> {
        into.clear();
        let most = self.limit as u64 + 1;
        let read = self.inner.by_ref().take(most).read_until(b'\n', into)?;
        if read == 0 {
            return Ok(Found::End);
        }
        if into.pop_if(|last| *last == b'\n').is_none() {
            return Ok(Found::Torn);
        }
        self.whole += read as u64;
        Ok(Found::Whole)
    }

    /// Whether there are bytes after what was read last.
    pub fn has_more(&mut self) -> io::Result<bool> {
        Ok(!self.inner.fill_buf()?.is_empty())
    }
}

/// Reads notes one by one. A note is text lines, an empty line, and lines that begin with an em dash.
pub struct NoteReader<R> {
    lines: LineReader<R>,
    /// What the line after the last note was, once it is known.
    ahead: Option<(Found, Vec<u8>)>,
    whole: u64,
}

impl<R: BufRead> NoteReader<R> {
    /// Reads `checkpoints.txt` from its beginning.
    pub fn new(inner: R) -> Self {
        let mut lines = LineReader::new(inner);
        lines.limit = MAX_NOTE_BYTES;
        Self { lines, ahead: None, whole: 0 }
    }

    /// The next note's bytes in `into`. A note ends where a line follows that is no signature.
    pub fn next(&mut self, into: &mut Vec<u8>) -> io::Result<Found> {
        into.clear();
        let (mut parted, mut signed) = (false, false);
        loop {
            let (found, line) = self.line()?;
            let is_signature = found == Found::Whole && line.starts_with(SIGNATURE_START);
            if signed && !is_signature {
                self.ahead = Some((found, line));
                self.whole += into.len() as u64;
                return Ok(Found::Whole);
            }
            if found == Found::End && into.is_empty() {
                return Ok(Found::End);
            }
            if found != Found::Whole || (parted && !is_signature) || into.len() > MAX_NOTE_BYTES {
                self.ahead = Some((Found::Torn, Vec::new()));
                return Ok(Found::Torn);
            }
            parted |= line.is_empty();
            signed = parted && is_signature;
            into.extend_from_slice(&line);
            into.push(b'\n');
        }
    }

    /// Whether there are bytes after what was read last.
    pub fn has_more(&mut self) -> io::Result<bool> {
        self.lines.has_more()
    }

    fn line(&mut self) -> io::Result<(Found, Vec<u8>)> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(ahead);
        }
        let mut line = Vec::new();
        let found = self.lines.next(&mut line)?;
        Ok((found, line))
    }
}

const SIGNATURE_START: &[u8] = "\u{2014} ".as_bytes();

/// How many bytes of `events.jsonl` are whole lines: what a writer keeps after a crash.
pub fn whole_lines(file: impl BufRead) -> io::Result<u64> {
    let mut reader = LineReader::new(file);
    let mut line = Vec::new();
    while reader.next(&mut line)? == Found::Whole {}
    Ok(reader.whole)
}

/// How many bytes of `checkpoints.txt` are whole notes: what a writer keeps after a crash.
pub fn whole_notes(file: impl BufRead) -> io::Result<u64> {
    let mut reader = NoteReader::new(file);
    let mut note = Vec::new();
    while reader.next(&mut note)? == Found::Whole {}
    Ok(reader.whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = "o\n1\nr\n\n\u{2014} o AAAA\no\n2\nr\n\n\u{2014} o BBBB\n\u{2014} w CCCC\n";

    fn notes(text: &[u8]) -> (Vec<Vec<u8>>, Found) {
        let mut reader = NoteReader::new(text);
        let (mut all, mut note) = (Vec::new(), Vec::new());
        loop {
            match reader.next(&mut note).unwrap() {
                Found::Whole => all.push(note.clone()),
                end => return (all, end),
            }
        }
    }

    #[test]
    fn notes_are_parted_where_the_signatures_end() {
        let (all, end) = notes(NOTES.as_bytes());
        assert_eq!((all.len(), end), (2, Found::End));
        assert_eq!(all.concat(), NOTES.as_bytes());
    }

    #[test]
    fn a_torn_file_is_cut_back_to_its_whole_notes_and_lines() {
        let first = NOTES.find("AAAA").unwrap() as u64 + 5;
        let second = NOTES.find("BBBB").unwrap() as u64 + 5;
        for cut in 0..NOTES.len() as u64 {
            let part = &NOTES.as_bytes()[..cut as usize];
            let kept = whole_notes(part).unwrap();
            let expected = [second, first, 0].into_iter().find(|end| *end <= cut).unwrap();
            assert_eq!(kept, expected, "cut at {cut}");
            let lines = part.iter().rposition(|b| *b == b'\n').map_or(0, |at| at as u64 + 1);
            assert_eq!(whole_lines(part).unwrap(), lines);
        }
    }

    #[test]
    fn a_line_longer_than_any_leaf_is_torn_without_being_read_whole() {
        let long = vec![b'x'; 3 * MAX_LEAF_BYTES];
        let mut line = Vec::new();
        assert_eq!(LineReader::new(&long[..]).next(&mut line).unwrap(), Found::Torn);
        assert!(line.len() <= MAX_LEAF_BYTES + 1);
    }
}
