//! Region: a set of pixels as disjoint rectangles in bands, like the regions of X11.
//!
//! In scope: exact union, difference and intersection in time linear in the number of rectangles. The form is canonical:
//! two regions of the same pixels are equal. Not in scope: what the pixels mean.

use crate::{Point, Rect};
use smallvec::SmallVec;

/// Rectangles that need no memory of their own: most changes are one or two.
const INLINE: usize = 8;

type Rects = SmallVec<[Rect; INLINE]>;

/// A set of pixels. Its rectangles are disjoint, sorted by row then column, and grouped in bands: rectangles of a band
/// share top and bottom, never touch each other, and neighbouring bands that touch differ in their columns.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Region {
    rects: Rects,
}

impl Region {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { rects: SmallVec::new_const() }
    }

    /// The pixels of one rectangle.
    #[must_use]
    pub fn from_rect(rect: Rect) -> Self {
        let mut region = Self::new();
        region.add(rect);
        region
    }

    /// The disjoint rectangles, by row then column.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// Whether it holds no pixel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(&self) -> u64 {
        self.rects.iter().map(|rect| rect.area()).sum()
    }

    /// The smallest rectangle that holds all of it.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.rects.iter().fold(Rect::default(), |bounds, rect| bounds.union(*rect))
    }

    /// Whether the pixel is in the set.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.rects.iter().any(|rect| rect.contains(point))
    }

    /// Whether any pixel of the rectangle is in the set.
    #[must_use]
    pub fn touches(&self, rect: Rect) -> bool {
        self.rects.iter().any(|own| !own.intersect(rect).is_empty())
    }

    /// Makes it empty.
    pub fn clear(&mut self) {
        self.rects.clear();
    }

    /// Adds a rectangle's pixels.
    pub fn add(&mut self, rect: Rect) {
        if rect.is_empty() {
            return;
        }
        match self.rects.last() {
            None => self.rects.push(rect),
            Some(last) if last.contains_rect(rect) => {}
            _ => self.rects = combine(&self.rects, &[rect], |own, new| own || new),
        }
    }

    /// Adds another region's pixels.
    pub fn add_region(&mut self, other: &Self) {
        if self.rects.is_empty() {
            self.rects.clone_from(&other.rects);
        } else if !other.rects.is_empty() {
            self.rects = combine(&self.rects, &other.rects, |own, new| own || new);
        }
    }

    /// Takes a rectangle's pixels out.
    pub fn subtract(&mut self, rect: Rect) {
        if self.touches(rect) {
            self.rects = combine(&self.rects, &[rect], |own, gone| own && !gone);
        }
    }

    /// Takes another region's pixels out.
    pub fn subtract_region(&mut self, other: &Self) {
        if !self.rects.is_empty() && !other.rects.is_empty() {
            self.rects = combine(&self.rects, &other.rects, |own, gone| own && !gone);
        }
    }

    /// Keeps only what is inside the rectangle.
    pub fn intersect(&mut self, rect: Rect) {
        if self.rects.iter().all(|own| rect.contains_rect(*own)) {
            return;
        }
        self.rects = if rect.is_empty() { Rects::new() } else { combine(&self.rects, &[rect], |own, kept| own && kept) };
    }

    /// The part of it inside the rectangle.
    #[must_use]
    pub fn intersection(&self, rect: Rect) -> Self {
        let mut part = self.clone();
        part.intersect(rect);
        part
    }

    /// Moves every pixel by (`dx`, `dy`); what would leave the number range on the left or at the top is cut off.
    pub fn translate(&mut self, dx: i32, dy: i32) {
        let moved =
            |edge: u32, by: i32| -> u32 { u32::try_from((i64::from(edge) + i64::from(by)).clamp(0, i64::from(u32::MAX))).unwrap_or(0) };
        let shifted = self
            .rects
            .iter()
            .map(|rect| Rect::from_edges(moved(rect.x, dx), moved(rect.y, dy), moved(rect.right(), dx), moved(rect.bottom(), dy)));
        self.rects = shifted.filter(|rect| !rect.is_empty()).collect();
        // Cutting at an edge can leave neighbouring bands with equal columns: bring it back to the canonical form.
        if dx < 0 {
            self.rects = combine(&self.rects, &[], |own, _| own);
        }
    }
}

impl FromIterator<Rect> for Region {
    /// The union of all rectangles, in time n log n.
    fn from_iter<I: IntoIterator<Item = Rect>>(rects: I) -> Self {
        let rects: Rects = rects.into_iter().filter(|rect| !rect.is_empty()).collect();
        Self { rects: if are_bands(&rects) { combine(&rects, &[], |own, _| own) } else { union_of(&rects) } }
    }
}

/// Whether they lie in bands already, apart from each other within a band.
fn are_bands(rects: &[Rect]) -> bool {
    rects.windows(2).all(|pair| {
        let (one, next) = (pair[0], pair[1]);
        next.y >= one.bottom() || (next.y == one.y && next.height == one.height && next.x > one.right())
    })
}

fn union_of(rects: &[Rect]) -> Rects {
    if rects.len() <= 1 {
        return Rects::from_slice(rects);
    }
    let (first, second) = rects.split_at(rects.len() / 2);
    combine(&union_of(first), &union_of(second), |a, b| a || b)
}

/// Splits the leading band off: rectangles that share the first one's top.
fn band(rects: &[Rect]) -> (&[Rect], &[Rect]) {
    let Some(first) = rects.first() else {
        return (rects, rects);
    };
    let end = rects.iter().position(|rect| rect.y != first.y).unwrap_or(rects.len());
    rects.split_at(end)
}

/// Walks both lists of bands from top to bottom and keeps the pixels for which `keep(in a, in b)` holds.
/// `keep(false, false)` must be false.
fn combine(a: &[Rect], b: &[Rect], keep: impl Fn(bool, bool) -> bool) -> Rects {
    let mut out = Rects::with_capacity(if a.len() + b.len() > INLINE { a.len() + b.len() } else { 0 });
    let mut previous_band = 0;
    let (mut a_band, mut a_rest) = band(a);
    let (mut b_band, mut b_rest) = band(b);
    let mut y = 0;
    while !a_band.is_empty() || !b_band.is_empty() {
        let edges = |band: &[Rect]| band.first().map_or((u32::MAX, u32::MAX), |r| (r.y.max(y), r.bottom()));
        let (a_top, a_bottom) = edges(a_band);
        let (b_top, b_bottom) = edges(b_band);
        let top = a_top.min(b_top);
        let in_a = a_top == top && !a_band.is_empty();
        let in_b = b_top == top && !b_band.is_empty();
        let bottom = match (in_a, in_b) {
            (true, true) => a_bottom.min(b_bottom),
            (true, false) => a_bottom.min(b_top),
            _ => b_bottom.min(a_top),
        };
        let spans_a: &[Rect] = if in_a { a_band } else { &[] };
        let spans_b: &[Rect] = if in_b { b_band } else { &[] };
        let start = out.len();
        merge_band(&mut out, spans_a, spans_b, top, bottom, &keep);
        previous_band = coalesce(&mut out, previous_band, start);
        y = bottom;
        if in_a && a_bottom <= y {
            (a_band, a_rest) = band(a_rest);
        }
        if in_b && b_bottom <= y {
            (b_band, b_rest) = band(b_rest);
        }
    }
    out
}

/// Appends the kept columns of one band.
fn merge_band(out: &mut Rects, a: &[Rect], b: &[Rect], top: u32, bottom: u32, keep: &impl Fn(bool, bool) -> bool) {
    let (mut i, mut j) = (0, 0);
    let (mut in_a, mut in_b) = (false, false);
    let mut open: Option<u32> = None;
    let edge =
        |spans: &[Rect], index: usize, inside: bool| spans.get(index).map_or(u32::MAX, |rect| if inside { rect.right() } else { rect.x });
    while i < a.len() || j < b.len() {
        let (a_edge, b_edge) = (edge(a, i, in_a), edge(b, j, in_b));
        let x = a_edge.min(b_edge);
        if i < a.len() && a_edge == x {
            i += usize::from(in_a);
            in_a = !in_a;
        }
        if j < b.len() && b_edge == x {
            j += usize::from(in_b);
            in_b = !in_b;
        }
        match (open, keep(in_a, in_b)) {
            (None, true) => open = Some(x),
            (Some(left), false) => {
                if x > left {
                    out.push(Rect::from_edges(left, top, x, bottom));
                }
                open = None;
            }
            _ => {}
        }
    }
}

/// Joins the band `start..` of `out` to the one before it (`previous..start`) when they touch and have the same columns.
/// Returns where the last band begins.
fn coalesce(out: &mut Rects, previous: usize, start: usize) -> usize {
    let count = out.len() - start;
    if count == 0 {
        return previous;
    }
    let (before, now) = out.split_at(start);
    let before = &before[previous..];
    let same =
        before.len() == count && before.iter().zip(now).all(|(up, down)| up.bottom() == down.y && up.x == down.x && up.width == down.width);
    if !same {
        return start;
    }
    let height = now[0].height;
    out.truncate(start);
    for rect in &mut out[previous..] {
        rect.height += height;
    }
    previous
}
