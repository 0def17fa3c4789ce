//! Cells: which parts of an area are pictures, and which are drawn.
//!
//! In scope: parting rectangles along a grid, by how many colours a sample of each cell has. Not in scope: how each kind is packed
//! (`tiles`).

use deskhand_screen::{Framebuffer, Rect, Region};

/// Extent of a cell, in pixels: fine enough that the margin of a picture that lies across cells is small.
const SIDE: u32 = 32;
/// Every how many rows the sample takes one.
const SAMPLE_ROWS: usize = 4;
/// A cell is a picture when it has more colours than one part in this many of its sample. With 6, small text counts as pictures and
/// a slide takes a tenth more; with 3, dark parts of a film count as drawn (`examples/tile_forms`).
const PICTURE: usize = 4;
/// Bits of the set that colours are counted with.
const SET_BITS: u32 = 10;

/// The drawn parts and the pictures of these rectangles.
pub(crate) fn part(frame: &Framebuffer, rects: &[Rect]) -> (Region, Region) {
    let (mut drawn, mut pictures) = (Vec::new(), Vec::new());
    for rect in rects {
        for y in (rect.y..rect.bottom()).step_by(SIDE as usize) {
            let mut run: Option<(bool, Rect)> = None;
            let mut end = |run: Option<(bool, Rect)>| match run {
                Some((true, rect)) => pictures.push(rect),
                Some((false, rect)) => drawn.push(rect),
                None => {}
            };
            for x in (rect.x..rect.right()).step_by(SIDE as usize) {
                let cell = Rect::new(x, y, SIDE, SIDE).intersect(*rect);
                let picture = is_picture(frame, cell);
                match &mut run {
                    Some((same, wide)) if *same == picture => wide.width += cell.width,
                    _ => end(run.replace((picture, cell))),
                }
            }
            end(run);
        }
    }
    (drawn.into_iter().collect(), pictures.into_iter().collect())
}

fn is_picture(frame: &Framebuffer, cell: Rect) -> bool {
    let mut set = [0_u64; 1 << (SET_BITS - 6)];
    let mut sampled = 0;
    for row in frame.rows(cell).step_by(SAMPLE_ROWS) {
        sampled += row.len();
        for pixel in row {
            let hash = (pixel.wrapping_mul(0x9E37_79B1) >> (32 - SET_BITS)) as usize;
            set[hash / 64] |= 1 << (hash % 64);
        }
    }
    let colours: u32 = set.iter().map(|bits| bits.count_ones()).sum();
    colours as usize * PICTURE > sampled
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;

    #[test]
    fn a_picture_beside_drawn_parts_is_found_but_for_its_margin() {
        let mut frame = Framebuffer::new(Size::new(400, 100).unwrap());
        (0..400).step_by(3).for_each(|x| frame.fill(Rect::new(x, 0, 1, 100), 0x0033_3333));
        let picture = Rect::new(101, 10, 150, 80);
        let mut state = 1_u32;
        for y in picture.y..picture.bottom() {
            for pixel in &mut frame.row_mut(y)[picture.x as usize..picture.right() as usize] {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *pixel = 0xFF00_0000 | state >> 8;
            }
        }
        let all = frame.size().rect();
        let (drawn, pictures) = part(&frame, &[all]);
        let mut both = drawn.clone();
        both.add_region(&pictures);
        assert_eq!(both, Region::from_rect(all));
        assert_eq!(drawn.area() + pictures.area(), all.area());
        assert!(pictures.bounds().contains_rect(picture), "{pictures:?}");
        assert!(pictures.area() < (150 + 2 * 32) * 100, "{pictures:?}");
    }
}
