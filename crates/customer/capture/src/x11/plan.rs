//! Which requests bring a region's pixels: few, and none much larger than needed.
//!
//! In scope: a pure policy. A request costs at least as much as copying [`REQUEST_PIXELS`] pixels, so rectangles are asked
//! for together when their common box wastes less than that. Only the damaged parts are copied out of a box. Not in
//! scope: sending them.

use deskhand_screen::Rect;

/// Pixels that one more request may cost. Copying takes about 0.16 ns a pixel (1920x1080 in 0.33 ms), so these are 3 us, well
/// under what a request costs both sides; kept low because other clients of the server wait while it copies.
pub(super) const REQUEST_PIXELS: u64 = 16_384;
/// Requests for one grab; beyond it boxes are merged whatever they waste.
const MAX_REQUESTS: usize = 48;

/// One request for pixels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Request {
    /// The box to ask for.
    pub(super) bounds: Rect,
    /// The parts of it to copy.
    pub(super) parts: Vec<Rect>,
}

/// Requests of at most `most` pixels each for `rects`, which are disjoint. `most` holds a row of the screen.
pub(super) fn plan(rects: &[Rect], most: u64) -> Vec<Request> {
    let mut boxes: Vec<Request> = Vec::new();
    for &rect in rects {
        let waste = |request: &Request| {
            let (together, apart) = (request.bounds.union(rect).area(), request.bounds.area() + rect.area());
            together.saturating_sub(apart)
        };
        let full = boxes.len() >= MAX_REQUESTS;
        match boxes.iter_mut().min_by_key(|request| waste(request)) {
            Some(request) if full || waste(request) <= REQUEST_PIXELS => {
                request.bounds = request.bounds.union(rect);
                request.parts.push(rect);
            }
            _ => boxes.push(Request { bounds: rect, parts: vec![rect] }),
        }
    }
    boxes.into_iter().flat_map(|request| split(request, most)).collect()
}

/// Cuts a request into bands of whole rows that hold at most `most` pixels.
fn split(request: Request, most: u64) -> Vec<Request> {
    if request.bounds.area() <= most {
        return vec![request];
    }
    let Request { bounds, parts } = request;
    let rows = u32::try_from(most / u64::from(bounds.width.max(1))).unwrap_or(u32::MAX).max(1);
    let mut bands = Vec::new();
    let mut top = bounds.y;
    while top < bounds.bottom() {
        let bottom = top.saturating_add(rows).min(bounds.bottom());
        let band = Rect::from_edges(bounds.x, top, bounds.right(), bottom);
        let parts: Vec<Rect> = parts.iter().map(|part| part.intersect(band)).filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            bands.push(Request { bounds: parts.iter().fold(Rect::default(), |all, part| all.union(*part)), parts });
        }
        top = bottom;
    }
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pixel of `rects` is copied once, from inside the box asked for.
    fn check(rects: &[Rect], requests: &[Request], most: u64) {
        let mut left: Vec<Rect> = Vec::new();
        for request in requests {
            assert!(request.bounds.area() <= most, "{request:?}");
            for part in &request.parts {
                assert!(request.bounds.contains_rect(*part), "{request:?}");
                assert!(left.iter().all(|other| other.intersect(*part).is_empty()), "copied twice: {part:?}");
                left.push(*part);
            }
        }
        let area = |rects: &[Rect]| rects.iter().map(|rect| rect.area()).sum::<u64>();
        assert_eq!(area(&left), area(rects));
        for rect in rects {
            assert_eq!(left.iter().map(|part| part.intersect(*rect).area()).sum::<u64>(), rect.area());
        }
    }

    #[test]
    fn a_line_of_text_is_one_request() {
        let rects: Vec<Rect> = (0..60).map(|column| Rect::new(20 + column * 10, 300, 8, 16)).collect();
        let requests = plan(&rects, 1 << 20);
        assert_eq!(requests.len(), 1);
        check(&rects, &requests, 1 << 20);
    }

    #[test]
    fn two_far_corners_are_two_requests() {
        let rects = [Rect::new(0, 0, 20, 20), Rect::new(1800, 1000, 20, 20)];
        let requests = plan(&rects, 1 << 20);
        assert_eq!(requests.len(), 2);
        check(&rects, &requests, 1 << 20);
    }

    #[test]
    fn a_whole_screen_is_cut_into_bands_that_fit() {
        let rects = [Rect::new(0, 0, 1920, 1080)];
        let requests = plan(&rects, 1 << 19);
        assert_eq!(requests.len(), 4);
        check(&rects, &requests, 1 << 19);
    }

    #[test]
    fn confetti_stays_within_the_number_of_requests() {
        let rects: Vec<Rect> = (0..400).map(|i| Rect::new((i % 20) * 190, (i / 20) * 100, 3, 3)).collect();
        let requests = plan(&rects, 1 << 26);
        assert!(requests.len() <= MAX_REQUESTS, "{}", requests.len());
        check(&rects, &requests, 1 << 26);
    }
}
