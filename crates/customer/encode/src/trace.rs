//! Trace: why each area was sent how, for `RUST_LOG=deskhand_encode=trace`.
//!
//! In scope: places, extents, sizes and reasons. Not in scope: pixels, which belong in no log.

use deskhand_screen::{Op, Rect, Region};

use crate::{moves::Move, packer::Packed};

/// A move and what it left wrong.
pub(crate) fn moved(found: Move, gaps: &Region) {
    let Move { from, to, why } = found;
    tracing::trace!(op = "copy", from = %format_args!("{},{}", from.x, from.y), to = %Place(to), gaps = gaps.area(), why);
}

/// An area that something was done with.
pub(crate) fn done(op: &'static str, why: &'static str, what: &Region) {
    tracing::trace!(op, at = %Place(what.bounds()), pixels = what.area(), why);
}

/// Tiles that were made, and what did not fit.
pub(crate) fn packed(why: &'static str, packed: &Packed) {
    for op in &packed.ops {
        if let Op::Tiles { rects, form, data } = op {
            let pixels: u64 = rects.iter().map(|rect| rect.area()).sum();
            let bounds = rects.iter().fold(Rect::default(), |all, rect| all.union(*rect));
            tracing::trace!(op = "tiles", at = %Place(bounds), pixels, ?form, bytes = data.len(), why);
        }
    }
    if !packed.left.is_empty() {
        done("later", "the update is full", &packed.left);
    }
}

/// What was weighed for an area: milliseconds until it is seen, exact and as video.
pub(crate) fn weighed(op: &'static str, rect: Rect, exact_ms: f64, video_ms: f64, why: &'static str) {
    tracing::trace!(op, at = %Place(rect), exact_ms, video_ms, why);
}

/// A rectangle as X11 writes geometries: `widthxheight+x+y`.
struct Place(Rect);

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Rect { x, y, width, height } = self.0;
        write!(f, "{width}x{height}+{x}+{y}")
    }
}
