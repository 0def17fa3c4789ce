//! Touches: which way of sending brought which part of the picture, for whoever wants to see how the screen travels.
//!
//! In scope: a pure function of an update and of what was lossy before it. Not in scope: the picture, which it can't change, and
//! whether anybody asks: nothing of this runs unless somebody does ([`crate::Engine::trace`]).

use deskhand_screen::{Op, Rect, Region, TileForm, Update};

/// Most rectangles of one touch; beyond it the touch is its own bounding rectangle.
pub const MAX_TOUCH_RECTS: usize = 64;

/// A way of sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Way {
    /// Moved inside the picture: a scroll, a window that was dragged.
    Copy,
    /// Shown again from the save-under: what a window covered.
    Restore,
    /// Exact pixels by their places in a short list of colours: text, flat areas.
    Palette,
    /// Exact pixels, each by its own colour.
    Raw,
    /// Exact pixels, each by its neighbours: photographs.
    Filtered,
    /// A picture of the video stream, which is lossy.
    Video,
    /// Exact pixels where the picture was lossy.
    Refine,
}

impl Way {
    /// Every way, in the order in which legends name them.
    pub const ALL: [Self; 7] = [Self::Copy, Self::Restore, Self::Palette, Self::Raw, Self::Filtered, Self::Video, Self::Refine];
}

/// What came in one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Touch {
    /// The way.
    pub way: Way,
    /// Where in the picture, at most [`MAX_TOUCH_RECTS`] rectangles, not empty.
    pub region: Region,
}

/// What an update brings by each way, at most one touch a way. `lossy` is the part of the picture that was lossy before it. A key
/// update begins anew, so that it refines nothing.
pub(crate) fn touches(update: &Update, lossy: &Region) -> Vec<Touch> {
    let nothing = Region::new();
    let lossy = if update.is_key() { &nothing } else { lossy };
    let part = |way| Touch { way, region: region(update, way, lossy) };
    Way::ALL.into_iter().map(part).filter(|touch| !touch.region.is_empty()).collect()
}

fn region(update: &Update, way: Way, lossy: &Region) -> Region {
    let rects: Vec<Rect> = update.ops.iter().flat_map(|op| of_way(op, way)).copied().collect();
    let all: Region = rects.into_iter().collect();
    let region = match way {
        Way::Copy | Way::Restore | Way::Video => all,
        Way::Palette | Way::Raw | Way::Filtered => without(all, lossy),
        Way::Refine => {
            let kept = without(all.clone(), lossy);
            without(all, &kept)
        }
    };
    if region.rects().len() > MAX_TOUCH_RECTS { Region::from_rect(region.bounds()) } else { region }
}

/// The rectangles of an operation that may have come this way.
fn of_way(op: &Op, way: Way) -> &[Rect] {
    let own = match op {
        Op::Copy { .. } => Way::Copy,
        Op::Save { .. } => return &[],
        Op::Restore { .. } => Way::Restore,
        Op::Tiles { form: TileForm::Palette | TileForm::Glyphs, .. } => Way::Palette,
        Op::Tiles { form: TileForm::Raw, .. } => Way::Raw,
        Op::Tiles { form: TileForm::Filtered, .. } => Way::Filtered,
        Op::Video { .. } => Way::Video,
    };
    let refines = way == Way::Refine && matches!(op, Op::Tiles { .. });
    if own == way || refines { op.rects() } else { &[] }
}

fn without(mut region: Region, other: &Region) -> Region {
    region.subtract_region(other);
    region
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::{Point, Size};

    fn tiles(form: TileForm, rects: Vec<Rect>) -> Op {
        Op::Tiles { rects, form, data: vec![1] }
    }

    fn update(base: u64, ops: Vec<Op>) -> Update {
        Update { number: 9, base, size: Size::new(1_000, 1_000).unwrap(), damaged_at: 0, ops }
    }

    fn touch(way: Way, rect: Rect) -> Touch {
        Touch { way, region: Region::from_rect(rect) }
    }

    #[test]
    fn every_way_is_told_with_its_place() {
        let (moved, text, photo, film) =
            (Rect::new(0, 0, 50, 50), Rect::new(0, 50, 50, 9), Rect::new(100, 0, 30, 30), Rect::new(200, 0, 64, 64));
        let ops = vec![
            Op::Copy { from: Point { x: 0, y: 9 }, to: moved },
            tiles(TileForm::Palette, vec![text]),
            tiles(TileForm::Raw, vec![photo]),
            Op::Video { rect: film, key: true, data: vec![1] },
        ];
        let expected = [touch(Way::Copy, moved), touch(Way::Palette, text), touch(Way::Raw, photo), touch(Way::Video, film)];
        assert_eq!(touches(&update(8, ops), &Region::new()), expected);
    }

    #[test]
    fn tiles_over_a_lossy_part_refine_it_and_a_key_update_refines_nothing() {
        let lossy = Region::from_rect(Rect::new(0, 0, 64, 64));
        let ops = vec![tiles(TileForm::Raw, vec![Rect::new(32, 0, 64, 64)])];
        let expected = [touch(Way::Raw, Rect::new(64, 0, 32, 64)), touch(Way::Refine, Rect::new(32, 0, 32, 64))];
        assert_eq!(touches(&update(8, ops.clone()), &lossy), expected);
        assert_eq!(touches(&update(0, ops), &lossy), [touch(Way::Raw, Rect::new(32, 0, 64, 64))]);
    }

    #[test]
    fn very_many_places_are_told_as_one() {
        let rects: Vec<Rect> = (0..100).map(|at| Rect::new(at * 7 % 900, at * 9, 4, 4)).collect();
        let told = touches(&update(8, vec![tiles(TileForm::Palette, rects)]), &Region::new());
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].region.rects().len(), 1);
    }
}
