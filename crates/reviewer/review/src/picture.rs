//! A picture as PNG.
//!
//! In scope: packing a rectangle of it, exactly and fast. Not in scope: where it comes from (`deskhand-player`).

use deskhand_screen::{Pixels, Rect};

/// A rectangle of the picture, three bytes a pixel; `None` when it is empty.
pub(crate) fn png_of(pixels: Pixels<'_>, rect: Rect) -> Option<Vec<u8>> {
    let rect = rect.intersect(pixels.size().rect());
    let mut raw = Vec::with_capacity(rect.area() as usize * 3);
    for row in pixels.rows(rect) {
        raw.extend(row.iter().flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8]));
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, rect.width, rect.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().ok()?.write_image_data(&raw).ok()?;
    Some(out)
}
