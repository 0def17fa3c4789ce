//! The recording: `media/<epoch>.sfr`, one record an update, exactly as relayed.
//!
//! In scope: appending, which part of each file the log vouches for, cutting back to it. Not in scope: what is in an
//! update; nobody here could read it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use deskhand_audit::{
    MediaSegment,
    bundle::{MAX_RECORD_BYTES, MEDIA, media_name, whole_records},
};

use super::appender::{Appender, sync_folder};

/// Files kept open: an epoch and the one before it are in use at a time.
const MAX_OPEN: usize = 3;

/// Epochs of one session that are recorded: one an hour and one for each join is far less.
const MAX_EPOCHS: usize = 4_096;

#[derive(Debug, Default)]
struct EpochFile {
    open: Option<Appender>,
    /// Bytes of whole records.
    length: u64,
    /// Bytes that segments in the log cover.
    vouched: u64,
}

/// The media files of one session.
#[derive(Debug)]
pub(super) struct Media {
    folder: PathBuf,
    epochs: BTreeMap<u32, EpochFile>,
}

impl Media {
    /// The files below a session's `folder`; `segments` are those that its log holds.
    pub(super) fn open(folder: &Path, segments: &[MediaSegment]) -> io::Result<Self> {
        let mut media = Self { folder: folder.to_owned(), epochs: BTreeMap::new() };
        for segment in segments {
            media.file(segment.epoch)?;
            if let Some(epoch) = media.epochs.get_mut(&segment.epoch) {
                epoch.vouched += segment.bytes;
            }
        }
        Ok(media)
    }

    /// Bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.epochs.values().map(|epoch| epoch.length).sum()
    }

    /// Bytes that a record of these parts takes.
    pub(super) fn record_bytes(parts: &[Bytes]) -> u64 {
        4 + parts.iter().map(|part| part.len() as u64).sum::<u64>()
    }

    /// Appends one record: its length, then `parts`.
    pub(super) fn append(&mut self, epoch: u32, parts: &[Bytes]) -> io::Result<()> {
        let length = parts.iter().map(Bytes::len).sum::<usize>();
        let prefix = u32::try_from(length)
            .ok()
            .filter(|_| (1..=MAX_RECORD_BYTES).contains(&length))
            .ok_or(io::ErrorKind::InvalidInput)?
            .to_be_bytes();
        let record = std::iter::once(&prefix[..]).chain(parts.iter().map(AsRef::as_ref));
        let file = self.file(epoch)?;
        file.append(record)?;
        let length = file.length();
        self.epochs.entry(epoch).or_default().length = length;
        Ok(())
    }

    /// Before a segment goes into the log: puts its bytes on the disk, and says whether they are those that it says. What was recorded
    /// after them may be there already.
    pub(super) fn vouch(&mut self, segment: &MediaSegment) -> io::Result<bool> {
        self.file(segment.epoch)?.sync()?;
        let epoch = self.epochs.entry(segment.epoch).or_default();
        let start = epoch.vouched;
        epoch.vouched = start.saturating_add(segment.bytes);
        if epoch.vouched > epoch.length {
            return Ok(false);
        }
        let hash = self.file(segment.epoch)?.hash(start, segment.bytes)?;
        Ok(segment.bytes == 0 || hash == segment.sha256)
    }

    /// Forgets what no segment covers, and says how many bytes that were.
    pub(super) fn cut_loose(&mut self) -> io::Result<u64> {
        let loose: Vec<_> = self
            .epochs
            .iter()
            .filter(|(_, epoch)| epoch.vouched < epoch.length)
            .map(|(number, epoch)| (*number, epoch.vouched, epoch.length))
            .collect();
        let mut bytes = 0;
        for (number, vouched, length) in loose {
            self.file(number)?.cut(vouched)?;
            self.epochs.entry(number).or_default().length = vouched;
            bytes += length - vouched;
        }
        Ok(bytes)
    }

    /// Everything appended is on the disk afterwards.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.epochs.values_mut().filter_map(|epoch| epoch.open.as_mut()).try_for_each(Appender::sync)
    }

    /// The open file of an epoch; older ones are closed when there are too many.
    fn file(&mut self, epoch: u32) -> io::Result<&mut Appender> {
        let known = self.epochs.get(&epoch).is_some_and(|known| known.open.is_some());
        if !known {
            if !self.epochs.contains_key(&epoch) && self.epochs.len() >= MAX_EPOCHS {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            self.close_oldest()?;
            let media = self.folder.join(MEDIA);
            if !media.exists() {
                fs::create_dir(&media)?;
                sync_folder(&self.folder)?;
            }
            let file = Appender::open(&self.folder.join(media_name(epoch)), |reader| whole_records(reader))?;
            sync_folder(&media)?;
            let entry = self.epochs.entry(epoch).or_default();
            entry.length = file.length();
            entry.open = Some(file);
        }
        self.epochs.get_mut(&epoch).and_then(|epoch| epoch.open.as_mut()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn close_oldest(&mut self) -> io::Result<()> {
        let open = self.epochs.values().filter(|epoch| epoch.open.is_some()).count();
        if open >= MAX_OPEN {
            let oldest = self.epochs.values_mut().find(|epoch| epoch.open.is_some());
            if let Some(mut file) = oldest.and_then(|epoch| epoch.open.take()) {
                file.sync()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_audit::Hash;

    fn segment(epoch: u32, bytes: u64) -> MediaSegment {
        MediaSegment { epoch, first: 1, last: 1, updates: 1, bytes, sha256: Hash::of(b"\0\0\0\x07headabc"), discarded: Vec::new() }
    }

    fn parts(text: &'static str) -> Vec<Bytes> {
        vec![Bytes::from_static(b"head"), Bytes::from_static(text.as_bytes())]
    }

    #[test]
    fn a_record_is_its_length_and_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut media = Media::open(folder.path(), &[]).unwrap();
        media.append(1, &parts("abc")).unwrap();
        media.append(1, &parts("")).unwrap();
        let bytes = fs::read(folder.path().join("media/1.sfr")).unwrap();
        assert_eq!(bytes, b"\0\0\0\x07headabc\0\0\0\x04head");
        assert_eq!(media.bytes(), 19);
    }

    #[test]
    fn what_no_segment_vouches_for_can_be_cut() {
        let folder = tempfile::tempdir().unwrap();
        let mut media = Media::open(folder.path(), &[]).unwrap();
        media.append(1, &parts("abc")).unwrap();
        assert!(media.vouch(&segment(1, 11)).unwrap());
        media.append(1, &parts("lost")).unwrap();
        media.append(2, &parts("lost")).unwrap();
        assert_eq!(media.cut_loose().unwrap(), 24);
        assert_eq!(media.bytes(), 11);
    }

    #[test]
    fn a_segment_of_another_size_or_with_other_bytes_than_the_file_is_noticed() {
        for (text, bytes, fits) in [("abc", 11, true), ("abc", 12, false), ("abc", 10, false), ("abd", 11, false)] {
            let folder = tempfile::tempdir().unwrap();
            let mut media = Media::open(folder.path(), &[]).unwrap();
            media.append(1, &parts(text)).unwrap();
            assert_eq!(media.vouch(&segment(1, bytes)).unwrap(), fits, "{text}, {bytes}");
        }
    }

    #[test]
    fn what_is_recorded_after_a_segment_does_not_disturb_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut media = Media::open(folder.path(), &[]).unwrap();
        media.append(1, &parts("abc")).unwrap();
        media.append(1, &parts("next")).unwrap();
        assert!(media.vouch(&segment(1, 11)).unwrap());
    }

    #[test]
    fn many_epochs_hold_few_files_open_and_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut media = Media::open(folder.path(), &[]).unwrap();
        for epoch in (1..=20).chain(1..=20) {
            media.append(epoch, &parts("abc")).unwrap();
        }
        let open = media.epochs.values().filter(|e| e.open.is_some()).count();
        assert!(open <= MAX_OPEN);
        assert_eq!(media.bytes(), 20 * 22);
    }
}
