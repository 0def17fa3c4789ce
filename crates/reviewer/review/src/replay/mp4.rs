//! An MP4 file with one H.264 track of pictures that each stay as long as they stay, and a track of chapters.
//!
//! In scope: ISO/IEC 14496-12 (boxes, sample tables), 14496-15 (avc1, avcC, lengths before NAL units), chapters as a text track that the
//! pictures' track refers to (QuickTime File Format, "Chapter Lists"). Pictures go to the file as they come, tables at its end. Not in
//! scope: H.264.

use std::io::{self, Seek, SeekFrom, Write};

use deskhand_screen::Size;

use super::{boxes::Boxes, schedule::Chapter};

/// Ticks per second everywhere in the file: milliseconds.
const SCALE: u32 = 1000;
const PICTURES: u32 = 1;
const CHAPTERS: u32 = 2;
/// Undetermined language (ISO 639-2), packed.
const UND: u16 = 0x55C4;
/// No rotation, no scaling.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];
/// Longest title of a chapter, bytes.
const MAX_TITLE: usize = 1_000;

/// One sample of a track.
struct Sample {
    ms: u64,
    offset: u64,
    bytes: u32,
    key: bool,
}

/// A file that is being written.
pub(super) struct Mp4<W> {
    to: W,
    size: Size,
    at: u64,
    mdat: u64,
    samples: Vec<Sample>,
    /// Sequence and picture parameter set.
    sets: Option<(Vec<u8>, Vec<u8>)>,
}

impl<W: Write + Seek> Mp4<W> {
    /// Begins a file of pictures of this size.
    pub(super) fn begin(mut to: W, size: Size) -> io::Result<Self> {
        let mut boxes = Boxes::default();
        boxes.part(b"ftyp", |to| to.bytes(b"isom\0\0\x02\0isomiso2avc1mp41"));
        let head = boxes.finish();
        to.write_all(&head)?;
        let mdat = head.len() as u64;
        // A length of 64 bits, known at the end.
        to.write_all(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\0")?;
        Ok(Self { to, size, at: mdat + 16, mdat, samples: Vec::new(), sets: None })
    }

    /// The next picture, an access unit in Annex B; the first one is a key picture.
    pub(super) fn picture(&mut self, ms: u64, key: bool, annex_b: &[u8]) -> io::Result<()> {
        let mut sample = Vec::with_capacity(annex_b.len() + 16);
        let (mut sequence, mut picture) = (None, None);
        for unit in units(annex_b) {
            match unit.first().map(|first| first & 0x1F) {
                Some(7) => sequence = Some(unit.to_vec()),
                Some(8) => picture = Some(unit.to_vec()),
                _ => {
                    sample.extend((unit.len() as u32).to_be_bytes());
                    sample.extend_from_slice(unit);
                }
            }
        }
        if let Some(sets) = sequence.zip(picture) {
            // The file has one description for all of its pictures.
            if self.sets.get_or_insert_with(|| sets.clone()) != &sets {
                return Err(io::Error::other("the codec changed its parameters within the film"));
            }
        }
        self.sample(ms, key, &sample)
    }

    fn sample(&mut self, ms: u64, key: bool, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.samples.push(Sample { ms, offset: self.at, bytes: bytes.len() as u32, key });
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Writes the tables. The last picture stays until `end_ms`.
    pub(super) fn end(mut self, end_ms: u64, chapters: &[Chapter]) -> io::Result<()> {
        let pictures = std::mem::take(&mut self.samples);
        for chapter in one_each(chapters) {
            let mut end = chapter.title.len().min(MAX_TITLE);
            while !chapter.title.is_char_boundary(end) {
                end -= 1;
            }
            let title = &chapter.title.as_bytes()[..end];
            // The text, then its encoding: UTF-8.
            let encoding = b"\0\0\0\x0cencd\0\0\x01\0";
            self.sample(chapter.ms, true, &[&(title.len() as u16).to_be_bytes()[..], title, encoding].concat())?;
        }
        let chapters = std::mem::take(&mut self.samples);
        let length = self.at - self.mdat;
        let mut boxes = Boxes::default();
        boxes.part(b"moov", |to| self.movie(to, end_ms, &pictures, &chapters));
        self.to.write_all(&boxes.finish())?;
        self.to.seek(SeekFrom::Start(self.mdat + 8))?;
        self.to.write_all(&length.to_be_bytes())?;
        self.to.flush()
    }

    fn movie(&self, to: &mut Boxes, end_ms: u64, pictures: &[Sample], chapters: &[Sample]) {
        to.full(b"mvhd", 1, 0, |to| {
            to.zeros(16);
            to.u32(SCALE);
            to.u64(end_ms);
            to.u32(0x1_0000);
            to.u16(0x100);
            to.zeros(10);
            MATRIX.iter().for_each(|value| to.u32(*value));
            to.zeros(24);
            to.u32(CHAPTERS + 1);
        });
        to.part(b"trak", |to| {
            track_header(to, PICTURES, 3, end_ms, self.size);
            if !chapters.is_empty() {
                to.part(b"tref", |to| to.part(b"chap", |to| to.u32(CHAPTERS)));
            }
            to.part(b"mdia", |to| {
                media_header(to, end_ms, b"vide", b"Screen\0");
                to.part(b"minf", |to| {
                    to.full(b"vmhd", 0, 1, |to| to.zeros(8));
                    here(to);
                    to.part(b"stbl", |to| {
                        to.full(b"stsd", 0, 0, |to| {
                            to.u32(1);
                            self.description(to);
                        });
                        tables(to, pictures, end_ms);
                    });
                });
            });
        });
        if chapters.is_empty() {
            return;
        }
        to.part(b"trak", |to| {
            // Not enabled: nobody shows it over the picture.
            track_header(to, CHAPTERS, 0, end_ms, Size { width: 0, height: 0 });
            to.part(b"mdia", |to| {
                media_header(to, end_ms, b"text", b"Chapters\0");
                to.part(b"minf", |to| {
                    to.part(b"gmhd", |to| {
                        to.full(b"gmin", 0, 0, |to| {
                            to.u16(0x40);
                            to.u16(0x8000);
                            to.u16(0x8000);
                            to.u16(0x8000);
                            to.zeros(4);
                        });
                        to.part(b"text", |to| MATRIX.iter().for_each(|value| to.u32(*value)));
                    });
                    here(to);
                    to.part(b"stbl", |to| {
                        to.full(b"stsd", 0, 0, |to| {
                            to.u32(1);
                            to.part(b"text", |to| {
                                to.zeros(6);
                                to.u16(1);
                                to.zeros(43);
                            });
                        });
                        tables(to, chapters, end_ms);
                    });
                });
            });
        });
    }

    /// What the pictures are: size, parameter sets, colours.
    fn description(&self, to: &mut Boxes) {
        to.part(b"avc1", |to| {
            to.zeros(6);
            to.u16(1);
            to.zeros(16);
            to.u16(self.size.width as u16);
            to.u16(self.size.height as u16);
            to.u32(0x48_0000);
            to.u32(0x48_0000);
            to.u32(0);
            to.u16(1);
            to.zeros(32);
            to.u16(24);
            to.u16(0xFFFF);
            to.part(b"avcC", |to| {
                let (sequence, picture) = self.sets.clone().unwrap_or_default();
                // Version, profile, compatibility and level, lengths of four bytes, one set of each kind.
                to.bytes(&[1]);
                to.bytes(sequence.get(1..4).unwrap_or_default());
                to.bytes(&[0xFF, 0xE1]);
                to.u16(sequence.len() as u16);
                to.bytes(&sequence);
                to.bytes(&[1]);
                to.u16(picture.len() as u16);
                to.bytes(&picture);
            });
            // BT.709, full range.
            to.part(b"colr", |to| to.bytes(b"nclx\0\x01\0\x01\0\x01\x80"));
        });
    }
}

/// One chapter for each millisecond: the first, and what else happened then behind it.
fn one_each(chapters: &[Chapter]) -> Vec<Chapter> {
    let mut all: Vec<Chapter> = Vec::new();
    for chapter in chapters {
        match all.last_mut() {
            Some(last) if last.ms >= chapter.ms => last.title = format!("{}; {}", last.title, chapter.title),
            // Chapters begin with the film.
            None => all.push(Chapter { ms: 0, title: chapter.title.clone() }),
            _ => all.push(chapter.clone()),
        }
    }
    all
}

fn track_header(to: &mut Boxes, id: u32, flags: u32, end_ms: u64, size: Size) {
    to.full(b"tkhd", 1, flags, |to| {
        to.zeros(16);
        to.u32(id);
        to.u32(0);
        to.u64(end_ms);
        to.zeros(16);
        MATRIX.iter().for_each(|value| to.u32(*value));
        to.u32(size.width << 16);
        to.u32(size.height << 16);
    });
}

fn media_header(to: &mut Boxes, end_ms: u64, handler: &[u8; 4], name: &[u8]) {
    to.full(b"mdhd", 1, 0, |to| {
        to.zeros(16);
        to.u32(SCALE);
        to.u64(end_ms);
        to.u16(UND);
        to.u16(0);
    });
    to.full(b"hdlr", 0, 0, |to| {
        to.u32(0);
        to.bytes(handler);
        to.zeros(12);
        to.bytes(name);
    });
}

/// The samples lie in this file.
fn here(to: &mut Boxes) {
    to.part(b"dinf", |to| {
        to.full(b"dref", 0, 0, |to| {
            to.u32(1);
            to.full(b"url ", 0, 1, |_| ());
        });
    });
}

/// How long each sample stays, which are keys, where they lie.
fn tables(to: &mut Boxes, samples: &[Sample], end_ms: u64) {
    let count = samples.len() as u32;
    let ends = samples.iter().skip(1).map(|next| next.ms).chain([end_ms]);
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for (sample, end) in samples.iter().zip(ends) {
        let stays = end.saturating_sub(sample.ms) as u32;
        match runs.last_mut() {
            Some((count, same)) if *same == stays => *count += 1,
            _ => runs.push((1, stays)),
        }
    }
    to.full(b"stts", 0, 0, |to| {
        to.u32(runs.len() as u32);
        runs.iter().flat_map(|(count, stays)| [count, stays]).for_each(|value| to.u32(*value));
    });
    if samples.iter().any(|sample| !sample.key) {
        let keys: Vec<u32> = (1..).zip(samples).filter(|(_, sample)| sample.key).map(|(number, _)| number).collect();
        to.full(b"stss", 0, 0, |to| {
            to.u32(keys.len() as u32);
            keys.iter().for_each(|number| to.u32(*number));
        });
    }
    to.full(b"stsc", 0, 0, |to| [1, 1, 1, 1].iter().for_each(|value| to.u32(*value)));
    to.full(b"stsz", 0, 0, |to| {
        to.u32(0);
        to.u32(count);
        samples.iter().for_each(|sample| to.u32(sample.bytes));
    });
    to.full(b"co64", 0, 0, |to| {
        to.u32(count);
        samples.iter().for_each(|sample| to.u64(sample.offset));
    });
}

/// The NAL units between start codes (ITU-T H.264, annex B).
fn units(bytes: &[u8]) -> Vec<&[u8]> {
    let mut starts: Vec<usize> = bytes.windows(3).enumerate().filter(|(_, code)| *code == [0, 0, 1]).map(|(at, _)| at).collect();
    starts.push(bytes.len());
    let unit = |pair: &[usize]| {
        let unit = &bytes[(pair[0] + 3).min(pair[1])..pair[1]];
        // Zeros before the next start code belong to it.
        let end = unit.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        &unit[..end]
    };
    starts.windows(2).map(unit).filter(|unit| !unit.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_lie_between_start_codes_of_either_length() {
        let bytes = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 0, 7];
        assert_eq!(units(&bytes), [&[0x67, 1, 2][..], &[0x68, 9], &[0x65, 0, 7]]);
        assert!(units(&[]).is_empty() && units(&[0, 0, 1]).is_empty() && units(&[1, 2]).is_empty());
    }

    #[test]
    fn chapters_begin_with_the_film_and_never_stand_at_one_moment() {
        let chapter = |ms, title: &str| Chapter { ms, title: title.into() };
        let all = one_each(&[chapter(40, "a"), chapter(40, "b"), chapter(90, "c"), chapter(90, "d")]);
        assert_eq!(all, [chapter(0, "a"), chapter(40, "b"), chapter(90, "c; d")]);
    }
}
