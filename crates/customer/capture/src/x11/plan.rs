//! Which requests bring a region's pixels: few, and none much larger than needed.
//!
//! In scope: a pure policy. A request costs at least as much as copying [`REQUEST_PIXELS`] pixels, so rectangles are asked
//! for together when their common box wastes less than that. Not in scope: sending them.

use deskhand_screen::Rect;

/// Pixels that one more request may cost. Copying takes about 0.16 ns a pixel (1920x1080 in 0.33 ms), so these are 3 us, well
/// under what a request costs both sides; kept low because other clients of the server wait while it copies.
pub(super) const REQUEST_PIXELS: u64 = 16_384;
/// Boxes for one grab; beyond it boxes are merged whatever they waste.
const MAX_BOXES: usize = 48;

/// Fills `boxes` with what to ask for, at most `most` pixels each, for `rects`, which are disjoint. `most` holds a row of the screen.
pub(super) fn plan(rects: &[Rect], most: u64, boxes: &mut Vec<Rect>) {
    boxes.clear();
    for &rect in rects {
        let waste = |other: &Rect| other.union(rect).area().saturating_sub(other.area() + rect.area());
        let full = boxes.len() >= MAX_BOXES;
        match boxes.iter_mut().min_by_key(|other| waste(other)) {
            Some(other) if full || waste(other) <= REQUEST_PIXELS => *other = other.union(rect),
            _ => boxes.push(rect),
        }
    }
    split(boxes, most);
}

/// Cuts boxes into bands of whole rows that hold at most `most` pixels.
pub(super) fn split(boxes: &mut Vec<Rect>, most: u64) {
    let mut index = 0;
    while index < boxes.len() {
        let whole = boxes[index];
        if whole.area() > most {
            let rows = u32::try_from(most / u64::from(whole.width)).unwrap_or(u32::MAX).max(1);
            boxes[index].height = rows.min(whole.height);
            let rest = Rect::from_edges(whole.x, whole.y + boxes[index].height, whole.right(), whole.bottom());
            if !rest.is_empty() {
                boxes.insert(index + 1, rest);
            }
        }
        index += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(rects: &[Rect], most: u64) -> Vec<Rect> {
        let mut boxes = Vec::new();
        plan(rects, most, &mut boxes);
        assert!(boxes.iter().all(|one| one.area() <= most), "{boxes:?}");
        let region: deskhand_screen::Region = boxes.iter().copied().collect();
        for rect in rects {
            assert_eq!(region.intersection(*rect).area(), rect.area(), "{rect:?} is not asked for");
        }
        boxes
    }

    #[test]
    fn a_line_of_text_is_one_request() {
        let rects: Vec<Rect> = (0..60).map(|column| Rect::new(20 + column * 10, 300, 8, 16)).collect();
        assert_eq!(planned(&rects, 1 << 20).len(), 1);
    }

    #[test]
    fn two_far_corners_are_two_requests() {
        let rects = [Rect::new(0, 0, 20, 20), Rect::new(1800, 1000, 20, 20)];
        assert_eq!(planned(&rects, 1 << 20), rects);
    }

    #[test]
    fn a_whole_screen_is_cut_into_bands_that_fit() {
        assert_eq!(planned(&[Rect::new(0, 0, 1920, 1080)], 1 << 19).len(), 4);
    }

    #[test]
    fn confetti_stays_within_the_number_of_requests() {
        let rects: Vec<Rect> = (0..400).map(|i| Rect::new((i % 20) * 190, (i / 20) * 100, 3, 3)).collect();
        assert!(planned(&rects, 1 << 26).len() <= MAX_BOXES);
    }
}
