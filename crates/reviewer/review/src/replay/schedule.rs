//! Schedule: which moment of the session is shown when in the film.
//!
//! In scope: one pure function of the index: the part that is wanted, speed, idle time, at most thirty pictures a second, chapters.

use deskhand_player::{Idle, Index};

use crate::options::Film as Wish;

/// Shortest time that a picture is shown, milliseconds of the film.
const LEAST_MS: u64 = 33;
/// What is left of idle time that is skipped, milliseconds of the session.
const LEFT_MS: u64 = 1_000;

/// A picture of the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// When it is shown, milliseconds of the film.
    pub(super) ms: u64,
    /// Which moment of the session it shows.
    pub(super) session_ms: u64,
}

/// Something that happened, in time of the session or of the film.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chapter {
    pub(super) ms: u64,
    pub(super) title: String,
}

/// The film.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    /// By time; the first at 0.
    pub(super) frames: Vec<Frame>,
    /// By time of the film.
    pub(super) chapters: Vec<Chapter>,
    /// Length of the film.
    pub(super) end_ms: u64,
    /// Largest width and height of any picture in it.
    pub(super) size: (u32, u32),
}

impl Schedule {
    /// The film that is wished for.
    pub(super) fn new(index: &Index, events: &[Chapter], wish: &Wish) -> Self {
        let to = wish.to.map_or(index.end_ms(), |to| to.saturating_mul(1000)).min(index.end_ms());
        let from = wish.from.saturating_mul(1000).min(to);
        let time = Time { from, speed: u64::from(wish.speed), idle: if wish.skip_idle { index.idle() } else { &[] } };
        let within = index.steps().iter().filter(|step| (from..to).contains(&step.ms));
        let gaps = index.gaps().iter().flat_map(|gap| [gap.from_ms, gap.to_ms]).filter(|ms| (from..to).contains(ms));
        let mut moments: Vec<u64> = within.map(|step| step.ms).chain(gaps).chain([from]).collect();
        moments.sort_unstable();
        let end_ms = time.of(to);
        let mut frames: Vec<Frame> = Vec::new();
        for session_ms in moments {
            let ms = time.of(session_ms);
            match frames.last_mut() {
                // What follows at once takes its place.
                Some(last) if ms < last.ms + LEAST_MS => last.session_ms = session_ms,
                _ => frames.push(Frame { ms, session_ms }),
            }
        }
        let shown = frames.iter().filter_map(|frame| index.step_at(frame.session_ms)).map(|step| index.steps()[step].size);
        let size = shown.fold((0, 0), |(width, height), size| (size.width.max(width), size.height.max(height)));
        if size == (0, 0) || end_ms == 0 {
            frames.clear();
        }
        let chapters = events.iter().filter(|event| (from..=to).contains(&event.ms));
        let chapters = chapters.map(|event| Chapter { ms: time.of(event.ms).min(end_ms.saturating_sub(1)), title: event.title.clone() });
        Self { frames, chapters: chapters.collect(), end_ms, size }
    }
}

/// From time of the session to time of the film.
struct Time<'a> {
    from: u64,
    speed: u64,
    idle: &'a [Idle],
}

impl Time<'_> {
    fn of(&self, ms: u64) -> u64 {
        let left_out = |idle: &Idle| {
            let (from, to) = (idle.from_ms.max(self.from), idle.to_ms.min(ms));
            to.saturating_sub(from).saturating_sub(LEFT_MS)
        };
        let skipped: u64 = self.idle.iter().take_while(|idle| idle.from_ms < ms).map(left_out).sum();
        (ms.saturating_sub(self.from) - skipped) / self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_shortened_to_a_second_and_the_rest_keeps_its_length() {
        let idle = [Idle { from_ms: 1_000, to_ms: 11_000 }, Idle { from_ms: 20_000, to_ms: 23_000 }];
        let time = Time { from: 0, speed: 1, idle: &idle };
        let places = [0, 1_000, 1_500, 2_500, 11_000, 12_000, 23_000, 24_000].map(|ms| time.of(ms));
        assert_eq!(places, [0, 1_000, 1_500, 2_000, 2_000, 3_000, 12_000, 13_000]);
        let fast = Time { from: 6_000, speed: 4, idle: &idle };
        assert_eq!([6_000, 11_000, 15_000].map(|ms| fast.of(ms)), [0, 250, 1_250]);
    }
}
