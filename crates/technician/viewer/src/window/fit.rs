//! Where the customer's screen lies in the window, and what a place in the window is on that screen.
//!
//! In scope: fitted and one-to-one, both ways, for any display scale. Not in scope: drawing, scrolling.

use deskhand_screen::Size;
use egui::{Pos2, Rect, Vec2, pos2};

/// A screen's place in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    origin: Pos2,
    /// Points a pixel of the customer's screen.
    scale: f32,
    size: Size,
}

impl Fit {
    /// All of the screen in the middle of `area`, made smaller when it must be, never larger than one point a pixel: a small
    /// screen stays sharp. `pixels_per_point` is this display's.
    #[must_use]
    pub(crate) fn fitted(area: Rect, size: Size, pixels_per_point: f32) -> Self {
        let whole = Vec2::new(size.width as f32, size.height as f32);
        let scale = (area.width() / whole.x).min(area.height() / whole.y).clamp(0.01, 1.0);
        // A screen that misses the window by a hair is shown one to one instead of smoothed.
        let one = 1.0 / pixels_per_point;
        let scale = if (scale / one - 1.0).abs() < 0.002 { one } else { scale };
        let origin = area.min + ((area.size() - whole * scale) / 2.0).max(Vec2::ZERO);
        Self { origin: on_pixel(origin, pixels_per_point), scale, size }
    }

    /// One pixel of the customer's screen is one pixel of this display; the screen's corner is at `corner`.
    #[must_use]
    pub(crate) fn one_to_one(corner: Pos2, size: Size, pixels_per_point: f32) -> Self {
        Self { origin: on_pixel(corner, pixels_per_point), scale: 1.0 / pixels_per_point, size }
    }

    /// Points that a screen takes one to one.
    #[must_use]
    pub(crate) fn one_to_one_size(size: Size, pixels_per_point: f32) -> Vec2 {
        Vec2::new(size.width as f32, size.height as f32) / pixels_per_point
    }

    /// The screen in the window, points.
    #[must_use]
    pub(crate) fn target(&self) -> Rect {
        Rect::from_min_size(self.origin, Vec2::new(self.size.width as f32, self.size.height as f32) * self.scale)
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

    /// The pixel under a place of the window; `None` beside the screen.
    #[must_use]
    pub(crate) fn pixel(&self, place: Pos2) -> Option<(u32, u32)> {
        let inside = self.target().contains(place) && place.x < self.target().right() && place.y < self.target().bottom();
        inside.then(|| self.nearest(place))
    }

    /// The pixel nearest to a place of the window.
    #[must_use]
    pub(crate) fn nearest(&self, place: Pos2) -> (u32, u32) {
        let at = (place - self.origin) / self.scale;
        let clamp = |value: f32, side: u32| {
            // A float to integer cast saturates, so that no place is outside; NaN becomes 0.
            (value.floor() as i64).clamp(0, i64::from(side) - 1) as u32
        };
        (clamp(at.x, self.size.width), clamp(at.y, self.size.height))
    }

    /// The corner of a pixel in the window.
    #[must_use]
    pub(crate) fn place(&self, x: i64, y: i64) -> Pos2 {
        self.origin + Vec2::new(x as f32, y as f32) * self.scale
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
        let fit = Fit::fitted(area(960.0, 900.0), size(1920, 1080), 1.0);
        assert_eq!(fit.target().size(), Vec2::new(960.0, 540.0));
        assert_eq!(fit.pixel(fit.target().min), Some((0, 0)));
        assert_eq!(fit.pixel(fit.target().max - Vec2::splat(0.1)), Some((1919, 1079)));
        assert_eq!(fit.pixel(fit.target().max + Vec2::splat(1.0)), None);
        assert_eq!(fit.nearest(pos2(-5000.0, 5000.0)), (0, 1079));
    }

    #[test]
    fn a_small_screen_is_not_blown_up() {
        let fit = Fit::fitted(area(2000.0, 1500.0), size(640, 480), 1.0);
        assert_eq!(fit.scale(), 1.0);
        assert_eq!(fit.target().center().round(), area(2000.0, 1500.0).center().round());
    }

    #[test]
    fn one_to_one_is_a_pixel_of_the_display_at_any_display_scale() {
        for scale in [1.0, 1.25, 2.0] {
            let fit = Fit::one_to_one(pos2(3.3, 7.7), size(800, 600), scale);
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
            for fit in [
                Fit::fitted(area(window.0, window.1), size(width, height), scale),
                Fit::one_to_one(pos2(-120.0, 33.0), size(width, height), scale),
            ] {
                let middle = fit.place(i64::from(x), i64::from(y)) + Vec2::splat(fit.scale() / 2.0);
                prop_assert_eq!(fit.nearest(middle), (x, y));
            }
        }

        #[test]
        fn any_place_is_a_pixel_of_the_screen(x in proptest::num::f32::ANY, y in proptest::num::f32::ANY) {
            let (px, py) = Fit::fitted(area(500.0, 400.0), size(1920, 1080), 1.0).nearest(pos2(x, y));
            prop_assert!(px < 1920 && py < 1080);
        }
    }
}
