//! Which part of the picture is lossy after an update: both ends must agree, so both ask here.
//!
//! In scope: how each operation changes it. Not in scope: when to make it exact again (`encode`).

use crate::{MAX_LOSSY_RECTS, Op, Point, Rect, Region, Update};

/// Brings `lossy` from before the update to after it. The result is never too small; when it would need more than
/// [`MAX_LOSSY_RECTS`] rectangles it becomes its own bounding rectangle.
pub fn apply_loss(lossy: &mut Region, update: &Update) {
    if update.is_key() {
        *lossy = Region::from_rect(update.size.rect());
    }
    update.ops.iter().for_each(|op| apply_op_loss(lossy, op));
}

/// Brings `lossy` from before one operation to after it, as [`apply_loss`].
pub fn apply_op_loss(lossy: &mut Region, op: &Op) {
    match op {
        Op::Copy { from, to } => move_region(lossy, *from, *to),
        Op::Save { .. } => {}
        Op::Restore { rects } | Op::Tiles { rects, .. } => {
            for rect in rects {
                lossy.subtract(*rect);
                bound(lossy);
            }
        }
        Op::Video { rect, .. } => lossy.add(*rect),
    }
    bound(lossy);
}

/// Moves what of `region` lies in the rectangle of `to`'s extent at `from`; it replaces what lay in `to`. Both lie within a picture.
pub fn move_region(region: &mut Region, from: Point, to: Rect) {
    if region.is_empty() {
        return;
    }
    let mut moved = region.intersection(Rect::new(from.x, from.y, to.width, to.height));
    moved.translate(step(from.x, to.x), step(from.y, to.y));
    region.subtract(to);
    region.add_region(&moved);
}

/// Signed distance between two coordinates of a picture; both are at most [`crate::MAX_SIDE`].
fn step(from: u32, to: u32) -> i32 {
    i32::try_from(i64::from(to) - i64::from(from)).unwrap_or(0)
}

fn bound(lossy: &mut Region) {
    if lossy.rects().len() > MAX_LOSSY_RECTS {
        *lossy = Region::from_rect(lossy.bounds());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Size, TileForm};

    fn after(base: u64, before: &Region, ops: Vec<Op>) -> Region {
        let mut lossy = before.clone();
        let size = Size::new(100, 100).unwrap();
        apply_loss(&mut lossy, &Update { number: 2, base, size, damaged_at: 0, ops });
        lossy
    }

    fn tiles(rects: Vec<Rect>) -> Op {
        Op::Tiles { rects, form: TileForm::Raw, data: vec![1] }
    }

    #[test]
    fn a_key_update_is_lossy_where_nothing_covers_it() {
        let lossy = after(0, &Region::new(), vec![tiles(vec![Rect::new(0, 0, 100, 60)])]);
        assert_eq!(lossy, Region::from_rect(Rect::new(0, 60, 100, 40)));
    }

    #[test]
    fn lossiness_moves_with_the_pixels() {
        let before = Region::from_rect(Rect::new(0, 50, 10, 10));
        let up = Op::Copy { from: Point { x: 0, y: 40 }, to: Rect::new(0, 30, 100, 30) };
        assert_eq!(after(1, &before, vec![up]), Region::from_rect(Rect::new(0, 40, 10, 10)));
        let over = Op::Copy { from: Point { x: 0, y: 0 }, to: Rect::new(0, 50, 100, 10) };
        assert!(after(1, &before, vec![over]).is_empty());
    }

    #[test]
    fn video_is_lossy_until_tiles_cover_it() {
        let rect = Rect::new(10, 10, 32, 32);
        let video = Op::Video { rect, key: true, data: vec![0] };
        assert_eq!(after(1, &Region::new(), vec![video.clone()]), Region::from_rect(rect));
        assert!(after(1, &Region::new(), vec![video, tiles(vec![rect])]).is_empty());
    }

    #[test]
    fn a_description_that_grows_too_long_becomes_coarser_never_smaller() {
        let whole = Region::from_rect(Rect::new(0, 0, 100, 100));
        let dots = (0..50).flat_map(|y| (0..50).map(move |x| Rect::new(2 * x, 2 * y, 1, 1)));
        let lossy = after(1, &whole, vec![tiles(dots.collect())]);
        assert!(lossy.rects().len() <= MAX_LOSSY_RECTS);
        assert!(lossy.contains(Point { x: 1, y: 1 }));
        assert!(lossy.contains(Point { x: 99, y: 99 }));
    }
}
