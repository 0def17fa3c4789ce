//! The player: shows any moment of a recording, and goes on from there.
//!
//! In scope: which operations to apply on top of which, recovering from a screen that failed, what changed for whoever draws it.
//! Not in scope: decoding (`screen`), the order and speed in which moments are asked for (the caller).

use deskhand_cage::CageError;
use deskhand_recording::RecordingKey;
use deskhand_screen::{Pixels, Region, Size, Update};

use crate::{
    Gap, Index, PlayError, Screen, Source, Why,
    read::{Joined, Reader},
    slice::{Part, slice},
};

/// A recording, and a screen that shows one moment of it.
pub struct Player<S, T> {
    source: S,
    key: RecordingKey,
    index: Index,
    screen: T,
    /// The step that the screen shows.
    at: Option<usize>,
    /// Number of the last update that the screen took.
    number: u64,
}

/// What is seen at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The picture of this step of the index.
    Picture(usize),
    /// No picture yet: none was recorded before this moment.
    Nothing,
    /// No picture, and why.
    Gap(Gap),
}

/// A moment, and what changed on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What is seen.
    pub seen: Seen,
    /// Where pixels may differ from the moment that was shown before; all of the picture when there was none, or of another size.
    pub damage: Region,
}

impl<S: Source, T: Screen> Player<S, T> {
    /// Goes through the recording ([`Index::build`]) and waits for a moment to show on this screen.
    ///
    /// # Errors
    /// As [`Index::build`].
    pub fn new(source: S, key: RecordingKey, screen: T) -> Result<Self, PlayError> {
        let index = Index::build(&source, &key)?;
        Ok(Self { source, key, index, screen, at: None, number: 0 })
    }

    /// What was recorded, and when.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Shows the moment, in session time of milliseconds.
    ///
    /// # Errors
    /// [`PlayError::Cage`] when there is no process to decode with. What cannot be decoded is a gap.
    pub fn show(&mut self, ms: u64) -> Result<Shown, PlayError> {
        if let Some(gap) = self.index.gap_at(ms) {
            return Ok(Shown { seen: Seen::Gap(gap.clone()), damage: Region::new() });
        }
        match self.index.step_at(ms) {
            Some(step) => self.show_step(step),
            None => Ok(Shown { seen: Seen::Nothing, damage: Region::new() }),
        }
    }

    /// Shows the picture of a step of the index.
    ///
    /// # Errors
    /// As [`Player::show`].
    ///
    /// # Panics
    /// When the index has no such step.
    pub fn show_step(&mut self, to: usize) -> Result<Shown, PlayError> {
        let span = self.index.span(to);
        let before = self.at.take();
        let after = before.filter(|at| (span..=to).contains(at));
        let old_size = before.map(|at| self.index.steps()[at].size);
        let size = self.index.steps()[to].size;
        // On top of what is there, from nothing, and last of all without any choice: the same picture by each.
        let mut why = String::new();
        for (after, chosen) in [(after, true), (None, true), (None, false)] {
            let parts = if chosen { slice(&self.index, after, to) } else { (span..=to).map(|step| Part { step, ops: None }).collect() };
            match self.apply(after, size, &parts) {
                Ok(damage) => {
                    self.at = Some(to);
                    let anew = after.is_none() || old_size != Some(size);
                    return Ok(Shown { seen: Seen::Picture(to), damage: if anew { Region::from_rect(size.rect()) } else { damage } });
                }
                Err(error) => {
                    tracing::debug!(%error, to, "a picture could not be made");
                    if error.needs_respawn() {
                        self.screen.restart().map_err(PlayError::Cage)?;
                    }
                    why = error.to_string();
                }
            }
        }
        let (ms, epoch) = (self.index.steps()[to].ms, self.index.steps()[to].epoch);
        let next = self.index.steps()[to..].iter().skip(1).find(|step| step.key);
        let to_ms = next.map_or(self.index.end_ms(), |step| step.ms).max(ms + 1);
        Ok(Shown { seen: Seen::Gap(Gap { from_ms: ms, to_ms, why: Why::Damaged(epoch, why) }), damage: Region::new() })
    }

    /// The picture that was shown last; one pixel before the first.
    pub fn see<R>(&self, see: impl FnOnce(Pixels<'_>) -> R) -> Option<R> {
        let (mut see, mut seen) = (Some(see), None);
        self.screen.see(&mut |pixels| seen = see.take().map(|see| see(pixels)));
        seen
    }

    /// Applies parts on top of what is there, or of black.
    fn apply(&mut self, after: Option<usize>, size: Size, parts: &[Part]) -> Result<Region, CageError> {
        let mut damage = Region::new();
        if after.is_none() {
            self.number = 1;
            let black = Update { number: 1, base: 0, size, damaged_at: 0, ops: Vec::new() };
            damage.add_region(&self.screen.apply(&black.to_bytes())?);
        }
        let mut reader = Reader::new(&self.source, &self.index, &self.key);
        let mut joined = Joined::new(size);
        for part in parts {
            let ops = reader.ops(part).ok_or_else(|| CageError::Refused("the files changed while they were played".into()))?;
            if !joined.has_room(&ops) {
                self.number += 1;
                damage.add_region(&self.screen.apply(&joined.take(self.number))?);
            }
            joined.add(ops);
        }
        if !joined.is_empty() {
            self.number += 1;
            damage.add_region(&self.screen.apply(&joined.take(self.number))?);
        }
        Ok(damage)
    }
}
