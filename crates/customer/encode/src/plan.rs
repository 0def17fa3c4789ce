//! Plan: exact tiles or video.
//!
//! In scope: the decision, a pure function of what changed, its history, its cost and what ran before. Not in scope: encoding.
//!
//! Three ways lead to video, each only where it is sooner at the viewer than exact tiles:
//! 1. an area is video already and still moves (hysteresis: it stays so unless exact is much cheaper);
//! 2. an area has been changing several times a second for a while: the *video region* is that area, not the screen;
//! 3. one large change (a photo, a first picture) would take noticeably long over this path. It becomes exact afterwards.

use deskhand_screen::{Rect, Region};

use crate::{
    EncodeError, Millis, Path, cost,
    history::{CELL, History},
    video,
};

/// Smaller changes always go as tiles: 64 kB raw at most.
const LEAST_AREA: u64 = 128 * 128;
/// Changes per second that make an area one that moves.
const MOVING_RATE: f32 = 5.0;
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
    /// The running stream's rectangle.
    pub(crate) running: Option<Rect>,
    pub(crate) history: &'a History,
}

/// The rectangle that is sent as video now, or `None` for tiles alone. `bytes` estimates the size of a region as tiles.
pub(crate) fn choose(
    situation: &Situation<'_>,
    mut bytes: impl FnMut(&Region) -> Result<u64, EncodeError>,
) -> Result<Option<Rect>, EncodeError> {
    let Situation { now, path, changed, running, history } = *situation;
    if changed.is_empty() || (changed.area() < LEAST_AREA && running.is_none()) {
        return Ok(None);
    }
    let moving = history.busiest(now, MOVING_RATE).and_then(fit);
    let running_here = running.filter(|rect| changed.touches(*rect));
    if let Some(rect) = running_here
        && moving.is_none_or(|moving| covers(rect, moving))
    {
        let inside = changed.intersection(rect);
        let exact = cost::exact_ms(inside.area(), bytes(&inside)?, path);
        if exact > cost::video_ms(rect.area(), false, path) * KEEP {
            return Ok(Some(rect));
        }
    }
    if let Some(rect) = moving.and_then(|rect| whole(rect, changed, running)).filter(|rect| rect.area() >= LEAST_AREA) {
        let inside = changed.intersection(rect);
        if inside.area() * 2 >= rect.area() {
            let packed = bytes(&inside)?;
            let exact = cost::exact_ms(inside.area(), packed, path);
            if packed >= LEAST_BYTES && exact > cost::video_ms(rect.area(), running.is_none(), path) {
                return Ok(Some(rect));
            }
        }
    }
    let Some(rect) = fit(changed.bounds()) else {
        return Ok(None);
    };
    let inside = changed.intersection(rect);
    if inside.area() < LEAST_AREA || inside.area() * 2 < rect.area() {
        return Ok(None);
    }
    let exact = cost::exact_ms(inside.area(), bytes(&inside)?, path);
    if exact < NOTICEABLE_MS || exact < cost::video_ms(rect.area(), true, path) * WORTH {
        return Ok(None);
    }
    let keep = running.filter(|running| covers(*running, rect) && running.area() <= rect.area() * SHRINK);
    Ok(Some(keep.unwrap_or(rect)))
}

/// The exact edges of a moving area: those of the change now, with the margins that its cells hold too little of to count. A
/// running stream that is mostly inside only grows, so that its edges do not follow every frame.
fn whole(moving: Rect, changed: &Region, running: Option<Rect>) -> Option<Rect> {
    let around = Rect::from_edges(
        moving.x.saturating_sub(CELL / 2),
        moving.y.saturating_sub(CELL / 2),
        moving.right() + CELL / 2,
        moving.bottom() + CELL / 2,
    );
    let now = changed.intersection(around).bounds();
    let kept = running.filter(|rect| rect.intersect(around).area() * 2 >= rect.area());
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

    fn choose_for(changed: Rect, running: Option<Rect>, history: &History, rate: u64, bytes_per_pixel: f64) -> Option<Rect> {
        let changed = Region::from_rect(changed);
        let path = Path { bytes_per_second: rate, rtt: Duration::ZERO };
        let situation = Situation { now: 1_000, path, changed: &changed, running, history };
        choose(&situation, |region| Ok((region.area() as f64 * bytes_per_pixel) as u64)).unwrap()
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
