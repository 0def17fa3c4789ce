//! Which part of a scaled picture a change of the picture touches.
//!
//! In scope: rectangles. Not in scope: filtering.

use deskhand_screen::{Rect, Region, Size};

/// The pixels of a picture of `size` shown as `width` by `height` that change with `damage`. A filter looks one pixel of the
/// picture to each side.
pub(super) fn touched(damage: &Region, size: Size, width: u32, height: u32) -> Region {
    let whole = size.rect();
    damage
        .rects()
        .iter()
        .map(|rect| {
            let seen = rect.intersect(whole).inflate(1, whole);
            let (left, right) = span(seen.x, seen.right(), size.width, width);
            let (top, bottom) = span(seen.y, seen.bottom(), size.height, height);
            Rect::from_edges(left, top, right, bottom)
        })
        .collect()
}

fn span(from: u32, to: u32, whole: u32, shown: u32) -> (u32, u32) {
    let (whole, shown) = (u64::from(whole.max(1)), u64::from(shown));
    let first = u64::from(from) * shown / whole;
    let last = (u64::from(to) * shown).div_ceil(whole).min(shown);
    // Both are at most `shown`.
    (first as u32, last as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_touches_its_scaled_place_and_its_neighbours() {
        let size = Size::new(200, 100).unwrap();
        let damage = Region::from_rect(Rect::new(100, 50, 10, 10));
        assert_eq!(touched(&damage, size, 100, 50), Region::from_rect(Rect::from_edges(49, 24, 56, 31)));
        assert_eq!(touched(&damage, size, 400, 200), Region::from_rect(Rect::from_edges(198, 98, 222, 122)));
    }

    #[test]
    fn a_change_at_the_edge_stays_inside() {
        let size = Size::new(1920, 1080).unwrap();
        let all = Region::from_rect(size.rect());
        assert_eq!(touched(&all, size, 1777, 999), Region::from_rect(Rect::new(0, 0, 1777, 999)));
        let beyond = Region::from_rect(Rect::new(1919, 1079, 500, 500));
        assert!(Rect::new(0, 0, 1777, 999).contains_rect(touched(&beyond, size, 1777, 999).bounds()));
        assert!(touched(&Region::from_rect(Rect::new(4000, 0, 5, 5)), size, 1777, 999).is_empty());
    }
}
