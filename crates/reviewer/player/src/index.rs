//! The index: every update of a recording by time, where it lies, and what cannot be shown.
//!
//! In scope: one pass over log and recording, update by update, in memory that is bounded by [`MAX_STEPS`] and the marks' own bounds; times
//! that a host cannot put out of order; gaps. Not in scope: pixels; they are not kept.
//!
//! An update was made no earlier than the one before it, and no later than the log's entry of its segment: within that its own time counts.

use std::{io::BufReader, ops::Range};

use deskhand_audit::bundle::{RecordError as FileError, RecordReader, media_name};
use deskhand_recording::{RecordError, Recording, RecordingKey};
use deskhand_screen::{Size, Update};

use crate::{Gap, Idle, PlayError, Source, Why, gaps, marks::Marks, outline::Outline};

/// The most updates that are played: a hundred a second for three hours.
pub const MAX_STEPS: usize = 1 << 20;

/// One update of the recording.
#[derive(Debug, Clone)]
pub struct Step {
    /// When it happened: session time in milliseconds, from the first event on.
    pub ms: u64,
    /// Its number.
    pub number: u64,
    /// The epoch whose file it lies in.
    pub epoch: u32,
    /// Where its record begins in that file.
    pub offset: u64,
    /// Size of the picture.
    pub size: Size,
    /// Needs nothing before it.
    pub key: bool,
    pub(crate) marks: Option<Range<u32>>,
}

/// What was recorded, and when.
pub struct Index {
    outline: Outline,
    steps: Vec<Step>,
    marks: Marks,
    gaps: Vec<Gap>,
    idle: Vec<Idle>,
}

impl Index {
    /// Goes through a session's recording with its key.
    ///
    /// # Errors
    /// [`PlayError::Key`] when the key is another session's, [`PlayError::Read`] when files cannot be read, [`PlayError::NoLog`]. Whatever
    /// is wrong with the recording itself is a gap.
    pub fn build(source: &dyn Source, key: &RecordingKey) -> Result<Self, PlayError> {
        let outline = Outline::read(source)?;
        let names: Vec<String> = source.files()?;
        let mut build = Build { steps: Vec::new(), marks: Marks::default(), gaps: Vec::new(), newest: None, broken_since: None };
        let mut recording = Recording::new(outline.sid, key.clone());
        for (epoch, key_sha256, began_ms) in &outline.epochs {
            match recording.announce(*epoch, *key_sha256) {
                Err(RecordError::WrongKey(epoch)) => return Err(PlayError::Key(RecordError::WrongKey(epoch))),
                other => other.map_err(PlayError::Key)?,
            }
            let announced: u64 = outline.segments.iter().filter(|segment| segment.epoch == *epoch).map(|segment| segment.updates).sum();
            if names.contains(&media_name(*epoch)) {
                build.file(source, &outline, &mut recording, *epoch, *began_ms, announced)?;
            } else if announced > 0 {
                build.gap_until_next(*began_ms, Why::Missing(*epoch));
            }
        }
        let Build { steps, marks, mut gaps, newest: _, broken_since } = build;
        gaps.extend(broken_since.map(|(from_ms, why)| Gap { from_ms, to_ms: outline.end_ms.max(from_ms), why }));
        gaps.extend(outline.gaps.iter().cloned());
        gaps.retain(|gap| gap.from_ms < gap.to_ms);
        gaps.sort_by(|a, b| (a.from_ms, &a.why).cmp(&(b.from_ms, &b.why)));
        let mut moments: Vec<u64> = steps.iter().map(|step| step.ms).chain(outline.moments.iter().copied()).collect();
        moments.sort_unstable();
        let idle = gaps::idle(moments, outline.end_ms);
        Ok(Self { outline, steps, marks, gaps, idle })
    }

    /// All updates that can be shown, by time.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Parts without a picture, by their beginning; they may overlap.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The gap at a moment: the one that began last.
    #[must_use]
    pub fn gap_at(&self, ms: u64) -> Option<&Gap> {
        self.gaps.iter().rev().find(|gap| gap.from_ms <= ms && ms < gap.to_ms)
    }

    /// Time in which nothing changed and nothing happened, longer than two seconds each.
    #[must_use]
    pub fn idle(&self) -> &[Idle] {
        &self.idle
    }

    /// Session time of the last event, in milliseconds.
    #[must_use]
    pub fn end_ms(&self) -> u64 {
        self.outline.end_ms
    }

    /// Session time of a moment of the host's monotonic clock, as entries of the log have it.
    #[must_use]
    pub fn session_ms(&self, mono_ms: u64) -> u64 {
        mono_ms.saturating_sub(self.outline.zero_ms).min(self.outline.end_ms)
    }

    /// The newest step at a moment or before it.
    #[must_use]
    pub fn step_at(&self, ms: u64) -> Option<usize> {
        self.steps.partition_point(|step| step.ms <= ms).checked_sub(1)
    }

    /// The key update that a step builds on.
    pub(crate) fn span(&self, step: usize) -> usize {
        self.steps[..=step].iter().rposition(|step| step.key).unwrap_or(0)
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// A recording that opens every epoch, in any order of files.
    pub(crate) fn opener(&self, key: &RecordingKey, epoch: u32) -> Option<Recording> {
        let (_, key_sha256, _) = self.outline.epochs.iter().find(|(own, ..)| *own == epoch)?;
        let mut recording = Recording::new(self.outline.sid, key.clone());
        recording.announce(epoch, *key_sha256).ok().map(|()| recording)
    }
}

struct Build {
    steps: Vec<Step>,
    marks: Marks,
    gaps: Vec<Gap>,
    /// Number of the newest update that was there, whether it could be shown or not.
    newest: Option<u64>,
    /// Since when nothing can be shown, and why.
    broken_since: Option<(u64, Why)>,
}

impl Build {
    fn file(
        &mut self,
        source: &dyn Source,
        outline: &Outline,
        recording: &mut Recording,
        epoch: u32,
        began_ms: u64,
        announced: u64,
    ) -> Result<(), PlayError> {
        let mut records = RecordReader::new(BufReader::with_capacity(1 << 16, source.open(&media_name(epoch))?));
        let mut record = Vec::new();
        let mut last_ms = began_ms;
        let mut count = 0;
        let wrong = loop {
            let offset = records.whole_bytes();
            match records.next(&mut record) {
                Ok(true) => {}
                Ok(false) if count < announced => break Some("updates are missing at its end".to_owned()),
                Ok(false) => break None,
                Err(FileError::Io(why)) => return Err(why.into()),
                Err(why) => break Some(why.to_string()),
            }
            if self.steps.len() == MAX_STEPS {
                self.gap_until_next(last_ms, Why::TooLong);
                return Ok(());
            }
            let opened = recording.open(&record).map_err(|why| why.to_string());
            let opened = opened.and_then(|it| match Update::from_bytes(&it.bytes) {
                Ok(update) if update.number == it.number && update.is_key() == it.key => Ok(update),
                Ok(_) => Err("an update is not the one its header names".to_owned()),
                Err(why) => Err(why.to_string()),
            });
            match opened {
                Ok(update) => last_ms = self.step(outline, &update, epoch, offset, last_ms),
                Err(why) => break Some(why),
            }
            count += 1;
        };
        if let Some(why) = wrong {
            self.gap_until_next(last_ms, Why::Damaged(epoch, why));
        }
        Ok(())
    }

    /// Takes an update; gives its time.
    fn step(&mut self, outline: &Outline, update: &Update, epoch: u32, offset: u64, last_ms: u64) -> u64 {
        let own_ms = update.damaged_at.saturating_sub(outline.zero_ms);
        let floor_ms = self.steps.last().map_or(0, |step| step.ms).max(last_ms);
        let ms = own_ms.min(outline.closed_ms(update.number)).max(floor_ms).min(outline.end_ms.max(floor_ms));
        let size = self.steps.last().map(|step| step.size);
        let follows = update.is_key() || (self.newest == Some(update.base) && size == Some(update.size) && self.broken_since.is_none());
        self.newest = Some(update.number);
        if !follows {
            self.gap_until_next(ms, Why::Discontinued);
            return ms;
        }
        if let Some((from_ms, why)) = self.broken_since.take() {
            self.gaps.push(Gap { from_ms, to_ms: ms, why });
        }
        let marks = self.marks.add(update);
        self.steps.push(Step { ms, number: update.number, epoch, offset, size: update.size, key: update.is_key(), marks });
        ms
    }

    /// Nothing can be shown until the next key update.
    fn gap_until_next(&mut self, from_ms: u64, why: Why) {
        self.broken_since.get_or_insert((from_ms, why));
    }
}
