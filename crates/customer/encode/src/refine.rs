//! Refine: what was sent lossy becomes exact when it is quiet, worst first, in the gaps.
//!
//! In scope: which parts are due, in which order, how much at a time, and when to look again. Not in scope: packing.

use deskhand_screen::{Framebuffer, Rect, Region};

use crate::{Millis, Path, cost, history::History};

/// Pause between two calls that refine, in milliseconds.
const GAP_MS: Millis = 30;
/// While other things keep changing, refining still gets a turn this often, in milliseconds.
const TURN_MS: Millis = 500;
/// One call may use the path for this long, in milliseconds.
const SHARE_MS: u64 = 50;
/// Bytes of one call, at least and at most.
const LEAST_BYTES: u64 = 16_000;
const MOST_BYTES: u64 = 512_000;
/// Most parts looked at in one call.
const MOST_PARTS: usize = 4_096;
/// Every how many rows the detail of a part is measured.
const ROW_STEP: usize = 4;

/// Whether a call may refine now. `idle` says that it carries nothing else.
pub(crate) fn is_due(idle: bool, last: Millis, now: Millis) -> bool {
    now.saturating_sub(last) >= if idle { GAP_MS } else { TURN_MS }
}

/// Bytes that one call may spend.
pub(crate) fn budget(path: Path) -> usize {
    (cost::rate(path) * SHARE_MS / 1_000).clamp(LEAST_BYTES, MOST_BYTES) as usize
}

/// The lossy parts that have been quiet for `quiet_ms`, worst first.
///
/// The error of a part is not known without decoding it, but it grows with the detail in it: sharp edges, as text has, suffer
/// most, flat areas hardly. So the detail of the source decides.
pub(crate) fn due(lossy: &Region, history: &History, frame: &Framebuffer, quiet_ms: Millis, now: Millis) -> Vec<Rect> {
    let mut parts: Vec<(u64, Rect)> = parts(lossy, history)
        .filter(|part| now.saturating_sub(history.last_change(*part)) >= quiet_ms)
        .take(MOST_PARTS)
        .map(|part| (detail(frame, part), part))
        .collect();
    parts.sort_by_key(|(detail, part)| (std::cmp::Reverse(*detail), part.y, part.x));
    parts.into_iter().map(|(_, part)| part).collect()
}

/// How many of `parts` parts, which take about `bytes` together, are packed as one: all when they fit the budget, otherwise so
/// few that the budget is hardly exceeded, as the worst parts come first and take more than most.
pub(crate) fn together(parts: usize, bytes: usize, budget: usize) -> usize {
    if bytes <= budget { parts.max(1) } else { (parts * budget / bytes / 4).max(1) }
}

/// When the first lossy part is due.
pub(crate) fn next(lossy: &Region, history: &History, quiet_ms: Millis, last: Millis) -> Option<Millis> {
    let quiet = parts(lossy, history).map(|part| history.last_change(part).saturating_add(quiet_ms)).min()?;
    Some(quiet.max(last.saturating_add(GAP_MS)))
}

/// The lossy region cut along the cells of the history.
fn parts(lossy: &Region, history: &History) -> impl Iterator<Item = Rect> {
    lossy.rects().iter().flat_map(move |rect| history.cells(*rect).map(move |cell| cell.intersect(*rect)))
}

/// Steps between neighbouring pixels (green, which carries most of the brightness), per 256 pixels.
fn detail(frame: &Framebuffer, part: Rect) -> u64 {
    let green = |pixel: u32| (pixel >> 8 & 0xFF) as i32;
    let (mut steps, mut pixels) = (0_u64, 0_u64);
    for row in frame.rows(part).step_by(ROW_STEP) {
        let sum: u32 = row.iter().zip(&row[1..]).map(|(a, b)| green(*a).abs_diff(green(*b))).sum();
        steps += u64::from(sum);
        pixels += row.len() as u64;
    }
    steps * 256 / pixels.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;

    #[test]
    fn only_quiet_parts_are_due_and_text_comes_before_flat_areas() {
        let size = Size::new(256, 64).unwrap();
        let mut frame = Framebuffer::new(size);
        (0..64).step_by(2).for_each(|x| frame.fill(Rect::new(128 + x, 0, 1, 64), 0x00FF_FFFF));
        let mut history = History::new(size);
        history.note(&Region::from_rect(size.rect()), 1_000, true);
        history.note(&Region::from_rect(Rect::new(0, 0, 64, 64)), 1_200, true);
        let lossy = Region::from_rect(size.rect());
        assert!(due(&lossy, &history, &frame, 250, 1_249).is_empty());
        let parts = due(&lossy, &history, &frame, 250, 1_250);
        assert_eq!(parts, [Rect::new(128, 0, 64, 64), Rect::new(64, 0, 64, 64), Rect::new(192, 0, 64, 64)]);
        assert_eq!(next(&lossy, &history, 250, 0), Some(1_250));
        assert_eq!(next(&lossy, &history, 250, 1_400), Some(1_430));
        assert_eq!(next(&Region::new(), &history, 250, 0), None);
    }

    #[test]
    fn parts_that_do_not_fit_are_packed_in_small_groups() {
        assert_eq!(together(10, 50_000, 100_000), 10);
        assert_eq!(together(100, 1_000_000, 100_000), 2);
        assert_eq!(together(100, usize::MAX >> 8, 1), 1);
    }

    #[test]
    fn a_call_never_takes_more_than_its_share_of_the_path() {
        let path = |bytes_per_second| Path { bytes_per_second, rtt: std::time::Duration::ZERO };
        assert_eq!(budget(path(2_000_000)), 100_000);
        assert_eq!(budget(path(1)) as u64, LEAST_BYTES);
        assert_eq!(budget(path(u64::MAX)) as u64, MOST_BYTES);
    }
}
