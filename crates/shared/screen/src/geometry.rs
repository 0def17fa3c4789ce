//! Size, Point and Rect: whole pixels, half-open rectangles.
//!
//! In scope: arithmetic that never wraps for any values. Not in scope: sets of rectangles (`region`).

use crate::{MAX_PIXELS, MAX_SIDE};

/// Width and height of a picture, in pixels. Both are 1..=[`MAX_SIDE`], the area is at most [`MAX_PIXELS`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Size {
    /// Columns, 1..=[`MAX_SIDE`].
    pub width: u32,
    /// Rows, 1..=[`MAX_SIDE`].
    pub height: u32,
}

/// A picture size that no screen of ours can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a screen of {width} x {height} pixels is not supported: each side is 1 to {MAX_SIDE}, the area at most {MAX_PIXELS}")]
pub struct SizeError {
    /// The refused width.
    pub width: u32,
    /// The refused height.
    pub height: u32,
}

impl Size {
    /// A size within the limits.
    ///
    /// # Errors
    /// A side of zero or above [`MAX_SIDE`], or an area above [`MAX_PIXELS`].
    pub fn new(width: u32, height: u32) -> Result<Self, SizeError> {
        let size = Self { width, height };
        if size.is_valid() { Ok(size) } else { Err(SizeError { width, height }) }
    }

    /// Whether the public fields are within the limits.
    #[must_use]
    pub fn is_valid(self) -> bool {
        (1..=MAX_SIDE).contains(&self.width) && (1..=MAX_SIDE).contains(&self.height) && self.area() <= MAX_PIXELS
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The whole picture as a rectangle.
    #[must_use]
    pub fn rect(self) -> Rect {
        Rect::new(0, 0, self.width, self.height)
    }
}

/// A pixel's place, from the top left corner.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Point {
    /// Column, 0 at the left.
    pub x: u32,
    /// Row, 0 at the top.
    pub y: u32,
}

/// A half-open rectangle: columns `x..x + width`, rows `y..y + height`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rect {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns; zero makes the rectangle empty.
    pub width: u32,
    /// Rows; zero makes the rectangle empty.
    pub height: u32,
}

impl Rect {
    /// A rectangle from its corner and extent.
    #[must_use]
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// The rectangle of columns `left..right` and rows `top..bottom`; empty when the edges cross.
    #[must_use]
    pub const fn from_edges(left: u32, top: u32, right: u32, bottom: u32) -> Self {
        Self::new(left, top, right.saturating_sub(left), bottom.saturating_sub(top))
    }

    /// One past the last column (saturating).
    #[must_use]
    pub const fn right(self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// One past the last row (saturating).
    #[must_use]
    pub const fn bottom(self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// Top left corner.
    #[must_use]
    pub const fn origin(self) -> Point {
        Point { x: self.x, y: self.y }
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Whether it holds no pixel.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The pixels in both; an empty rectangle when there are none.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let rect =
            Self::from_edges(self.x.max(other.x), self.y.max(other.y), self.right().min(other.right()), self.bottom().min(other.bottom()));
        if rect.is_empty() { Self::default() } else { rect }
    }

    /// The smallest rectangle that holds both; an empty one adds nothing.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self::from_edges(self.x.min(other.x), self.y.min(other.y), self.right().max(other.right()), self.bottom().max(other.bottom()))
    }

    /// Whether the pixel is inside.
    #[must_use]
    pub const fn contains(self, point: Point) -> bool {
        point.x >= self.x && point.x < self.right() && point.y >= self.y && point.y < self.bottom()
    }

    /// Whether every pixel of `other` is inside; an empty `other` always is.
    #[must_use]
    pub const fn contains_rect(self, other: Self) -> bool {
        other.is_empty() || (other.x >= self.x && other.y >= self.y && other.right() <= self.right() && other.bottom() <= self.bottom())
    }

    /// Grown by `by` pixels on each side, kept inside `within`.
    #[must_use]
    pub fn inflate(self, by: u32, within: Self) -> Self {
        if self.is_empty() {
            return self;
        }
        Self::from_edges(
            self.x.saturating_sub(by),
            self.y.saturating_sub(by),
            self.right().saturating_add(by),
            self.bottom().saturating_add(by),
        )
        .intersect(within)
    }

    /// Whether it is not empty, its edges do not overflow, and all of it lies in a picture of this size.
    #[must_use]
    pub fn fits(self, size: Size) -> bool {
        !self.is_empty()
            && self.x.checked_add(self.width).is_some_and(|right| right <= size.width)
            && self.y.checked_add(self.height).is_some_and(|bottom| bottom <= size.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_outside_the_limits_are_refused() {
        assert!(Size::new(1, 1).is_ok());
        assert!(Size::new(MAX_SIDE, 4096).is_ok());
        for (width, height) in [(0, 1), (1, 0), (MAX_SIDE + 1, 1), (1, u32::MAX), (MAX_SIDE, 4097)] {
            assert!(Size::new(width, height).is_err(), "{width} x {height}");
        }
    }

    #[test]
    fn rectangles_at_the_end_of_the_number_range_do_not_wrap() {
        let far = Rect::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX);
        assert!(!far.fits(Size { width: 10, height: 10 }));
        assert!(far.intersect(Rect::new(0, 0, 10, 10)).is_empty());
        assert_eq!(far.inflate(5, Rect::new(0, 0, 3, 3)).area(), 0);
    }

    #[test]
    fn touching_rectangles_share_no_pixel() {
        let left = Rect::new(0, 0, 4, 4);
        let right = Rect::new(4, 0, 4, 4);
        assert!(left.intersect(right).is_empty());
        assert_eq!(left.union(right), Rect::new(0, 0, 8, 4));
        assert!(!left.contains(Point { x: 4, y: 0 }));
        assert!(left.union(right).contains_rect(right));
    }
}
