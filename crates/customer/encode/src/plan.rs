//! Plan: exact tiles or video, for each area of a change.
//!
//! In scope: the decision, a pure function of what changed, its history, its cost and what ran before. Not in scope: encoding.
//!
//! Three ways lead to video, each only where it is sooner at the viewer than exact tiles:
//! 1. an area is video already and still moves (hysteresis: it stays so unless exact is much cheaper);
//! 2. an area has been changing several times a second for a while: a *video region* is that area, not the screen; several areas are
//!    several regions, and what overlaps a region that was chosen waits as tiles for its turn;
//! 3. one large change (a photo, a first picture) would take noticeably long over this path. It becomes exact afterwards.

use deskhand_screen::{MAX_STREAMS, Rect, Region};

use crate::{
    EncodeError, Millis, Path, cost,
    history::{CELL, History},
    trace, video,
};

/// Smaller changes always go as tiles: 64 kB raw at most.
const LEAST_AREA: u64 = 128 * 128;
/// Changes per second that make an area one that moves.
const MOVING_RATE: f32 = 5.0;
/// The same for an area that takes many bytes each time, and how many: it need not be seen that often to be believed.
const LARGE_RATE: f32 = 1.9;
const LARGE_BYTES: u64 = 150_000;
/// Tiles that take less than this many bytes are always good enough.
const LEAST_BYTES: u64 = 32_000;
/// A running stream goes on while exact tiles would take more than this part of its time.
const KEEP: f64 = 0.5;
/// One change becomes video when exact tiles take longer than this, in milliseconds, and this many times as long as video.
const NOTICEABLE_MS: f64 = 80.0;
const WORTH: f64 = 2.0;
/// A running stream is kept for an area inside it that is not smaller than one part in this many of it.
const SHRINK: u64 = 4;
/// A running stream is kept when no more than one part in this many of the moving area lies outside it.
const SPILL: u64 = 8;

/// What the decision is about.
pub(crate) struct Situation<'a> {
    pub(crate) now: Millis,
    pub(crate) path: Path,
    /// What the viewer does not have yet.
    pub(crate) changed: &'a Region,
    /// The running streams' rectangles, none touching another, and whether each was weighed lately.
    pub(crate) running: Vec<(Rect, bool)>,
    pub(crate) history: &'a History,
}

/// What is sent as video now.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Choice {
    /// The rectangles, none touching another; the rest is tiles.
    pub(crate) video: Vec<Rect>,
    /// Those of them that were weighed against tiles.
    pub(crate) weighed: Vec<Rect>,
}

/// What is sent as video now. `bytes` estimates the size of a region as tiles.
pub(crate) fn choose(situation: &Situation<'_>, mut bytes: impl FnMut(&Region) -> Result<u64, EncodeError>) -> Result<Choice, EncodeError> {
    let Situation { now, path, changed, running: ref streams, history } = *situation;
    if changed.is_empty() || (changed.area() < LEAST_AREA && streams.is_empty()) {
        return Ok(Choice::default());
    }
    let running: Vec<Rect> = streams.iter().map(|(rect, _)| *rect).collect();
    let (mut chosen, mut weighed): (Vec<Rect>, Vec<Rect>) = Default::default();
    let groups = |rate| history.busy(now, rate).into_iter().filter_map(fit);
    let moving: Vec<Rect> = groups(MOVING_RATE).collect();
    let mut left = changed.clone();
    for (rect, lately) in streams.iter().copied().filter(|(rect, _)| changed.touches(*rect)) {
        let here = moving.iter().filter(|area| !area.intersect(rect).is_empty()).fold(Rect::default(), |all, area| all.union(*area));
        if !here.is_empty() && !covers(rect, here) {
            continue;
        }
        let inside = left.intersection(rect);
        if lately && inside.area() * 2 >= rect.area() {
            chosen.push(rect);
            left.subtract(rect);
            continue;
        }
        let exact = cost::exact_ms(inside.area(), bytes(&inside)?, path);
        let video = cost::video_ms(rect.area(), false, path);
        if exact > video * KEEP {
            trace::weighed("video", rect, exact, video, "it is video and still moves");
            chosen.push(rect);
            weighed.push(rect);
            left.subtract(rect);
        }
    }
    // Each area is weighed once: an estimate takes as long as packing the sample.
    let young = groups(LARGE_RATE).filter(|area| apart(*area, &moving)).map(|area| (area, LARGE_BYTES));
    for (area, least) in moving.iter().map(|area| (*area, LEAST_BYTES)).chain(young) {
        let kept = running.iter().copied().find(|rect| !chosen.contains(rect) && rect.intersect(around(area)).area() * 2 >= rect.area());
        let rect = whole(area, &left, kept).filter(|rect| rect.area() >= LEAST_AREA);
        let Some(rect) = rect.filter(|rect| chosen.len() < MAX_STREAMS && apart(*rect, &chosen)) else { continue };
        let inside = left.intersection(rect);
        if inside.area() * 2 < rect.area() {
            continue;
        }
        let packed = bytes(&inside)?;
        let (exact, video) = (cost::exact_ms(inside.area(), packed, path), cost::video_ms(rect.area(), kept.is_none(), path));
        if packed >= least && exact > video {
            trace::weighed("video", rect, exact, video, "it has been moving");
            chosen.push(rect);
            weighed.push(rect);
            left.subtract(rect);
        }
    }
    let Some(rect) = fit(left.bounds()).filter(|rect| chosen.len() < MAX_STREAMS && apart(*rect, &chosen)) else {
        return Ok(Choice { video: chosen, weighed });
    };
    let inside = left.intersection(rect);
    if inside.area() < LEAST_AREA || inside.area() * 2 < rect.area() {
        return Ok(Choice { video: chosen, weighed });
    }
    let (exact, video) = (cost::exact_ms(inside.area(), bytes(&inside)?, path), cost::video_ms(rect.area(), true, path));
    if exact >= NOTICEABLE_MS && exact >= video * WORTH {
        let keep = running.iter().copied().find(|running| covers(*running, rect) && running.area() <= rect.area() * SHRINK);
        let rect = keep.filter(|keep| apart(*keep, &chosen)).unwrap_or(rect);
        trace::weighed("video", rect, exact, video, "exact would take noticeably long");
        chosen.push(rect);
        weighed.push(rect);
    }
    Ok(Choice { video: chosen, weighed })
}

/// Whether it touches none of the others.
fn apart(rect: Rect, others: &[Rect]) -> bool {
    others.iter().all(|other| other.intersect(rect).is_empty())
}

/// A moving area with the margins that its cells hold too little of to count.
fn around(moving: Rect) -> Rect {
    Rect::from_edges(
        moving.x.saturating_sub(CELL / 2),
        moving.y.saturating_sub(CELL / 2),
        moving.right() + CELL / 2,
        moving.bottom() + CELL / 2,
    )
}

/// The exact edges of a moving area: those of the change now, with its margins. A running stream that is kept only grows, so that its edges
/// do not follow every frame.
fn whole(moving: Rect, changed: &Region, kept: Option<Rect>) -> Option<Rect> {
    let now = changed.intersection(around(moving)).bounds();
    fit(kept.map_or(now, |rect| rect.union(now)))
}

/// Whether a running stream serves this moving area well enough to go on as it is.
fn covers(running: Rect, moving: Rect) -> bool {
    let inside = running.intersect(moving).area();
    (moving.area() - inside) * SPILL <= moving.area() && running.area() <= moving.area().max(LEAST_AREA) * SHRINK
}

/// The part of a rectangle that the codec can take: its top left part when it is too large, nothing when it is too small.
fn fit(rect: Rect) -> Option<Rect> {
    if video::encodable(rect) {
        return Some(rect);
    }
    let (most_width, most_height) = if rect.width >= rect.height { (3840, 2160) } else { (2160, 3840) };
    let part = Rect::new(rect.x, rect.y, rect.width.min(most_width), rect.height.min(most_height));
    video::encodable(part).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;
    use std::time::Duration;

    const SCREEN: Rect = Rect::new(0, 0, 1920, 1080);
    const NOISE: u64 = 3;

    fn size() -> Size {
        Size::new(1920, 1080).unwrap()
    }

    fn choose_all(changed: &Region, running: &[Rect], history: &History, rate: u64, bytes_per_pixel: f64) -> Vec<Rect> {
        let path = Path { bytes_per_second: rate, rtt: Duration::ZERO };
        let situation = Situation { now: 1_000, path, changed, running: running.iter().map(|rect| (*rect, false)).collect(), history };
        let choice = choose(&situation, |region| Ok((region.area() as f64 * bytes_per_pixel) as u64)).unwrap();
        assert_eq!(choice.video, choice.weighed);
        choice.video
    }

    fn choose_for(changed: Rect, running: Option<Rect>, history: &History, rate: u64, bytes_per_pixel: f64) -> Option<Rect> {
        let running: Vec<Rect> = running.into_iter().collect();
        let chosen = choose_all(&Region::from_rect(changed), &running, history, rate, bytes_per_pixel);
        assert!(chosen.len() <= 1, "{chosen:?}");
        chosen.first().copied()
    }

    fn moving(rect: Rect) -> History {
        let mut history = History::new(size());
        (0..15).for_each(|step| history.note(&Region::from_rect(rect), 500 + step * 33, true));
        history
    }

    #[test]
    fn text_stays_exact_on_ordinary_paths() {
        let history = History::new(size());
        for rate in [0, 1_000_000, 10_000_000, 1_000_000_000] {
            assert_eq!(choose_for(SCREEN, None, &history, rate, 0.05), None, "at {rate}");
        }
    }

    #[test]
    fn a_moving_picture_becomes_video_of_just_that_area() {
        let player = Rect::new(300, 200, 640, 360);
        for rate in [0, 1_000_000, 1_000_000_000] {
            assert_eq!(choose_for(player, None, &moving(player), rate, NOISE as f64), Some(player), "at {rate}");
        }
    }

    #[test]
    fn a_large_film_is_believed_at_its_second_picture_and_a_page_of_text_is_not() {
        let player = Rect::new(300, 200, 960, 540);
        let history = |changes: u64| {
            let mut history = History::new(size());
            (0..changes).for_each(|change| history.note(&Region::from_rect(player), 1_000 - 33 * change, true));
            history
        };
        assert_eq!(choose_for(player, None, &history(1), 50_000_000, 1.3), None);
        assert_eq!(choose_for(player, None, &history(2), 50_000_000, 1.3), Some(player));
        assert_eq!(choose_for(player, None, &history(4), 50_000_000, 0.05), None);
    }

    #[test]
    fn two_moving_pictures_are_two_regions_and_a_running_one_stays() {
        let (left, right) = (Rect::new(64, 128, 640, 384), Rect::new(1088, 512, 512, 320));
        let both: Region = [left, right].into_iter().collect();
        let mut history = History::new(size());
        (0..15).for_each(|step| history.note(&both, 500 + step * 33, true));
        assert_eq!(choose_all(&both, &[], &history, 0, NOISE as f64), [left, right]);
        assert_eq!(choose_all(&both, &[right], &history, 0, NOISE as f64), [right, left]);
        assert_eq!(choose_all(&Region::from_rect(left), &[right], &history, 0, NOISE as f64), [left]);
    }

    #[test]
    fn a_stream_that_was_weighed_lately_goes_on_without_an_estimate_unless_little_of_it_changed() {
        let player = Rect::new(300, 200, 640, 360);
        let history = moving(player);
        let choose = |changed: &Region| {
            let path = Path { bytes_per_second: 0, rtt: Duration::ZERO };
            let situation = Situation { now: 1_000, path, changed, running: vec![(player, true)], history: &history };
            let mut estimates = 0;
            let choice = choose(&situation, |region| {
                estimates += 1;
                Ok(region.area() / 5)
            });
            (choice.unwrap(), estimates)
        };
        assert_eq!(choose(&Region::from_rect(player)), (Choice { video: vec![player], weighed: vec![] }, 0));
        let (choice, estimates) = choose(&Region::from_rect(Rect::new(310, 500, 60, 20)));
        assert!(choice.video.is_empty() && estimates > 0, "a caption is exact: {choice:?}");
    }

    #[test]
    fn one_photo_is_video_on_a_slow_path_only() {
        let history = History::new(size());
        let photo = Rect::new(100, 100, 500, 400);
        assert_eq!(choose_for(photo, None, &history, 300_000, 1.5), Some(photo));
        assert_eq!(choose_for(photo, None, &history, 12_500_000, 1.5), None);
    }

    #[test]
    fn a_small_change_never_is_video() {
        let caret = Rect::new(5, 5, 100, 100);
        assert_eq!(choose_for(caret, None, &moving(caret), 10_000, 3.0), None);
    }

    #[test]
    fn a_running_stream_stays_where_it_is() {
        let player = Rect::new(300, 200, 640, 360);
        let inner = Rect::new(310, 210, 500, 300);
        assert_eq!(choose_for(inner, Some(player), &moving(inner), 0, 3.0), Some(player));
        // A caption that changes inside it is cheaper exact.
        assert_eq!(choose_for(Rect::new(310, 500, 60, 20), Some(player), &moving(player), 0, 0.2), None);
    }

    #[test]
    fn a_screen_larger_than_the_codec_takes_is_video_in_part() {
        assert_eq!(fit(Rect::new(10, 20, 5120, 1440)), Some(Rect::new(10, 20, 3840, 1440)));
        assert_eq!(fit(Rect::new(10, 20, 3000, 40)), None);
    }
}
