//! Save-under: what windows cover, so that it need not be sent again when they go.
//!
//! In scope: mirroring the save-under that every viewer has, and what of it can be used. Not in scope: which places are worth saving
//! (`encoder`, by the window system's hints).

use deskhand_screen::{Framebuffer, Patch, Rect, Region};

use crate::{Millis, truth::Truth};

/// Smaller rectangles are cheaper as tiles.
const LEAST_AREA: u64 = 256;
/// Rectangles of one operation.
const MOST_RECTS: usize = 256;
/// A window that appeared has painted itself after this long, in milliseconds.
const PAINTING_MS: Millis = 500;
/// Windows that are expected to paint themselves.
const MOST_EXPECTED: usize = 8;

/// A mirror of the viewers' save-under. Its memory is taken when something is first saved.
#[derive(Default)]
pub(crate) struct SaveUnder {
    pixels: Option<Framebuffer>,
    /// What was saved and is exact at the viewer.
    kept: Region,
    /// Where a window appeared, until when it paints itself, and where it did not yet.
    expected: Vec<(Millis, Region)>,
}

impl SaveUnder {
    /// Forgets everything: viewers do, with a key update.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    /// Gives the memory back.
    pub(crate) fn drop_memory(&mut self) {
        *self = Self::default();
    }

    /// Windows appeared in these places.
    pub(crate) fn expect(&mut self, places: &[Rect], now: Millis) {
        self.expected.retain(|(until, left)| *until > now && !left.is_empty());
        for place in places.iter().filter(|place| place.area() >= LEAST_AREA) {
            if self.expected.len() < MOST_EXPECTED {
                self.expected.push((now + PAINTING_MS, Region::from_rect(*place)));
            }
        }
    }

    /// The part of `changed` that a window covers for the first time.
    pub(crate) fn newly_covered(&mut self, changed: &Region, now: Millis) -> Region {
        let mut covered = Region::new();
        for (_, left) in self.expected.iter_mut().filter(|(until, _)| *until > now) {
            for rect in left.rects() {
                covered.add_region(&changed.intersection(*rect));
            }
            left.subtract_region(&covered);
        }
        covered
    }

    /// Saves what the viewer has exactly; returns what is worth an operation.
    pub(crate) fn save(&mut self, picture: &Framebuffer, mut what: Region, inexact: [&Region; 2]) -> Vec<Rect> {
        inexact.into_iter().for_each(|region| what.subtract_region(region));
        let rects = worth(what.rects());
        if rects.is_empty() {
            return rects;
        }
        let pixels = self.pixels.get_or_insert_with(|| Framebuffer::new(picture.size()));
        for rect in &rects {
            pixels.copy_from(picture, *rect);
        }
        self.kept.add_region(&rects.iter().copied().collect());
        rects
    }

    /// The part of `changed` that shows again what was saved.
    pub(crate) fn uncovered(&self, patch: &dyn Patch, changed: &Region, truth: &mut Truth) -> Vec<Rect> {
        let Some(pixels) = &self.pixels else { return Vec::new() };
        let mut candidates = Region::new();
        for rect in self.kept.rects() {
            candidates.add_region(&changed.intersection(*rect));
        }
        if candidates.area() < LEAST_AREA {
            return Vec::new();
        }
        candidates.subtract_region(&truth.changed(pixels.view(), patch, &candidates));
        worth(candidates.rects())
    }
}

fn worth(rects: &[Rect]) -> Vec<Rect> {
    let mut rects: Vec<Rect> = rects.iter().copied().filter(|rect| rect.area() >= LEAST_AREA).collect();
    if rects.len() > MOST_RECTS {
        rects.sort_by_key(|rect| std::cmp::Reverse(rect.area()));
        rects.truncate(MOST_RECTS);
    }
    rects
}
