//! Where the customer's screen, or the monitor that is seen of it, lies in the window, and what a place in the window is on that
//! screen.
//!
//! In scope: fitted and one-to-one, both ways, for any display scale. Not in scope: drawing, scrolling.

use deskhand_screen::{self as screen, Size};
use egui::{Pos2, Rect, Vec2, pos2};

/// A screen's place in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    origin: Pos2,
    /// Points a pixel of the customer's screen.
    scale: f32,
    /// The customer's screen.
    size: Size,
    /// The part of it that is seen, never empty.
    seen: screen::Rect,
}

impl Fit {
    /// All that is `seen` of a screen in the middle of `area`, made smaller when it must be, never larger than one point a pixel: a small
    /// screen stays sharp. `pixels_per_point` is this display's.
    #[must_use]
    pub(crate) fn fitted(area: Rect, size: Size, seen: screen::Rect, pixels_per_point: f32) -> Self {
        let whole = Vec2::new(seen.width as f32, seen.height as f32);
        let scale = (area.width() / whole.x).min(area.height() / whole.y).clamp(0.01, 1.0);
        // A screen that misses the window by a hair is shown one to one instead of smoothed.
        let one = 1.0 / pixels_per_point;
        let scale = if (scale / one - 1.0).abs() < 0.002 { one } else { scale };
        let origin = area.min + ((area.size() - whole * scale) / 2.0).max(Vec2::ZERO);
        Self { origin: on_pixel(origin, pixels_per_point), scale, size, seen }
    }

    /// One pixel of the customer's screen is one pixel of this display; the corner of what is `seen` of it is at `corner`.
    #[must_use]
    pub(crate) fn one_to_one(corner: Pos2, size: Size, seen: screen::Rect, pixels_per_point: f32) -> Self {
        Self { origin: on_pixel(corner, pixels_per_point), scale: 1.0 / pixels_per_point, size, seen }
    }

    /// Points that what is seen takes one to one.
    #[must_use]
    pub(crate) fn one_to_one_size(seen: screen::Rect, pixels_per_point: f32) -> Vec2 {
        Vec2::new(seen.width as f32, seen.height as f32) / pixels_per_point
    }

    /// What is seen of the screen in the window, points.
    #[must_use]
    pub(crate) fn target(&self) -> Rect {
        Rect::from_min_size(self.origin, Vec2::new(self.seen.width as f32, self.seen.height as f32) * self.scale)
    }

    /// Where all of the screen would lie, points.
    #[must_use]
    pub(crate) fn whole(&self) -> Rect {
        Rect::from_min_size(self.place(0, 0), Vec2::new(self.size.width as f32, self.size.height as f32) * self.scale)
    }

    /// The customer's screen, pixels.
    #[must_use]
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Points a pixel.
    #[must_use]
    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }

    /// The pixel of the screen under a place of the window; `None` beside what is seen.
    #[must_use]
    pub(crate) fn pixel(&self, place: Pos2) -> Option<(u32, u32)> {
        let inside = self.target().contains(place) && place.x < self.target().right() && place.y < self.target().bottom();
        inside.then(|| self.nearest(place))
    }

    /// The pixel nearest to a place of the window, of those that are seen.
    #[must_use]
    pub(crate) fn nearest(&self, place: Pos2) -> (u32, u32) {
        let at = (place - self.origin) / self.scale;
        let clamp = |value: f32, from: u32, side: u32| {
            // A float to integer cast saturates, so that no place is outside; NaN becomes 0.
            from + (value.floor() as i64).clamp(0, i64::from(side) - 1) as u32
        };
        (clamp(at.x, self.seen.x, self.seen.width), clamp(at.y, self.seen.y, self.seen.height))
    }

    /// The corner of a pixel of the screen in the window; it may lie outside what is seen.
    #[must_use]
    pub(crate) fn place(&self, x: i64, y: i64) -> Pos2 {
        self.origin + Vec2::new((x - i64::from(self.seen.x)) as f32, (y - i64::from(self.seen.y)) as f32) * self.scale
    }
}

fn on_pixel(place: Pos2, pixels_per_point: f32) -> Pos2 {
    pos2((place.x * pixels_per_point).round(), (place.y * pixels_per_point).round()) / pixels_per_point
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    fn area(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(10.0, 40.0), Vec2::new(width, height))
    }

    #[test]
    fn a_large_screen_is_made_smaller_and_keeps_its_shape() {
        let fit = Fit::fitted(area(960.0, 900.0), size(1920, 1080), size(1920, 1080).rect(), 1.0);
        assert_eq!(fit.target().size(), Vec2::new(960.0, 540.0));
        assert_eq!(fit.pixel(fit.target().min), Some((0, 0)));
        assert_eq!(fit.pixel(fit.target().max - Vec2::splat(0.1)), Some((1919, 1079)));
        assert_eq!(fit.pixel(fit.target().max + Vec2::splat(1.0)), None);
        assert_eq!(fit.nearest(pos2(-5000.0, 5000.0)), (0, 1079));
    }

    #[test]
    fn a_monitor_fills_the_window_and_its_pixels_are_those_of_the_screen() {
        let right = screen::Rect::new(1920, 0, 1280, 720);
        let fit = Fit::fitted(area(640.0, 400.0), size(3200, 1080), right, 1.0);
        assert_eq!(fit.target().size(), Vec2::new(640.0, 360.0));
        assert_eq!(fit.pixel(fit.target().min), Some((1920, 0)));
        assert_eq!(fit.nearest(pos2(-5000.0, 5000.0)), (1920, 719));
        assert_eq!(fit.whole().size(), Vec2::new(1600.0, 540.0));
        assert_eq!(fit.place(1920, 0), fit.target().min);
    }

    #[test]
    fn a_small_screen_is_not_blown_up() {
        let fit = Fit::fitted(area(2000.0, 1500.0), size(640, 480), size(640, 480).rect(), 1.0);
        assert_eq!(fit.scale(), 1.0);
        assert_eq!(fit.target().center().round(), area(2000.0, 1500.0).center().round());
    }

    #[test]
    fn one_to_one_is_a_pixel_of_the_display_at_any_display_scale() {
        for scale in [1.0, 1.25, 2.0] {
            let fit = Fit::one_to_one(pos2(3.3, 7.7), size(800, 600), size(800, 600).rect(), scale);
            assert_eq!(fit.target().width() * scale, 800.0);
            let corner = fit.target().min * scale;
            assert!((corner.x - corner.x.round()).abs() < 1e-3 && (corner.y - corner.y.round()).abs() < 1e-3);
            assert_eq!(fit.pixel(fit.place(799, 599) + Vec2::splat(0.5 / scale)), Some((799, 599)));
        }
    }

    proptest! {
        #[test]
        fn every_pixel_comes_back_from_its_own_middle(
            width in 1_u32..5000, height in 1_u32..4000, x in 0_u32..5000, y in 0_u32..4000,
            window in (300.0_f32..3000.0, 300.0_f32..2000.0), scale in 1.0_f32..3.0,
        ) {
            let (x, y) = (x % width, y % height);
            let (all, size) = (screen::Rect::new(0, 0, width, height), size(width, height));
            let part = screen::Rect::from_edges(x / 2, y / 3, x + 1, y + 1);
            for fit in [
                Fit::fitted(area(window.0, window.1), size, all, scale),
                Fit::one_to_one(pos2(-120.0, 33.0), size, all, scale),
                Fit::fitted(area(window.0, window.1), size, part, scale),
                Fit::one_to_one(pos2(-120.0, 33.0), size, part, scale),
            ] {
                let middle = fit.place(i64::from(x), i64::from(y)) + Vec2::splat(fit.scale() / 2.0);
                prop_assert_eq!(fit.nearest(middle), (x, y));
            }
        }

        #[test]
        fn any_place_is_a_pixel_of_the_screen(x in proptest::num::f32::ANY, y in proptest::num::f32::ANY) {
            let (px, py) = Fit::fitted(area(500.0, 400.0), size(1920, 1080), size(1920, 1080).rect(), 1.0).nearest(pos2(x, y));
            prop_assert!(px < 1920 && py < 1080);
        }
    }
}
