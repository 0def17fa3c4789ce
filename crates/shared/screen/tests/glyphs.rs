//! Glyphs: there and back for any picture, few bytes for a letter, and bytes that come from nowhere.
#![allow(clippy::unwrap_used)]

use deskhand_screen::{Framebuffer, MAX_GLYPH_COLOURS, Rect, Size, pack_glyphs, unpack_glyphs};
use proptest::prelude::*;

fn painted(width: u32, height: u32, mut pixel: impl FnMut() -> u32) -> Framebuffer {
    let mut frame = Framebuffer::new(Size::new(width, height).unwrap());
    frame.pixels_mut().iter_mut().for_each(|target| *target = 0xFF00_0000 | pixel());
    frame
}

proptest! {
    #[test]
    fn any_picture_of_few_colours_is_the_same_afterwards(
        width in 1_u32..40,
        height in 1_u32..40,
        colours in proptest::collection::vec(0_u32..0x0100_0000, 1..=MAX_GLYPH_COLOURS),
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 1..200),
        cut in any::<prop::sample::Index>(),
        extra in any::<u8>(),
    ) {
        let mut next = choices.iter().cycle();
        let source = painted(width, height, || colours[next.next().unwrap().index(colours.len())]);
        let row = 1 + cut.index(height as usize) as u32;
        let rects = [Rect::new(0, row.min(height - 1), width, height - row.min(height - 1)), Rect::new(0, 0, width, row.min(height - 1))];
        let rects: Vec<Rect> = rects.into_iter().filter(|rect| !rect.is_empty()).collect();
        let packed = pack_glyphs(source.view(), &rects, Vec::new()).unwrap();
        let mut target = Framebuffer::new(source.size());
        unpack_glyphs(&mut target.view_mut(), &rects, &packed).unwrap();
        prop_assert!(target == source);
        // No other bytes say the same picture.
        for extra in [7, extra] {
            let longer = [&packed[..], &[extra]].concat();
            prop_assert!(unpack_glyphs(&mut target.view_mut(), &rects, &longer).is_err() || target != source);
        }
    }

    #[test]
    fn any_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 0..300), width in 1_u32..30, height in 1_u32..30) {
        let mut target = painted(width, height, || 0);
        let _ = unpack_glyphs(&mut target.view_mut(), &[Rect::new(0, 0, width, height)], &data);
        prop_assert!(target.pixels().iter().all(|pixel| pixel >> 24 == 0xFF));
    }
}

/// Seen once: the byte behind it was read as a pixel that is neither like its left nor like the one above, and is the same after all.
#[test]
fn a_plain_area_has_no_second_form() {
    let source = painted(19, 29, || 0);
    let packed = pack_glyphs(source.view(), &[source.size().rect()], Vec::new()).unwrap();
    let mut target = Framebuffer::new(source.size());
    for extra in 0..=u8::MAX {
        let longer = [&packed[..], &[extra]].concat();
        let read = unpack_glyphs(&mut target.view_mut(), &[source.size().rect()], &longer);
        assert!(read.is_err() || target != source, "{extra}");
    }
}

#[test]
fn more_colours_than_the_form_holds_are_left_to_others() {
    let mut colour = 0;
    let source = painted(257, 1, || {
        colour += 3;
        colour
    });
    assert!(pack_glyphs(source.view(), &[source.size().rect()], Vec::new()).is_none());
    assert!(pack_glyphs(source.view(), &[Rect::new(1, 0, 256, 1)], Vec::new()).is_some());
    assert!(pack_glyphs(source.view(), &[], Vec::new()).is_none());
}

#[test]
fn a_stroke_with_soft_edges_takes_a_few_bytes() {
    let mut source = painted(16, 20, || 0x0018_1A1F);
    for (x, share) in [(6, 90), (7, 255), (8, 170)] {
        let mix = |from: u32, to: u32| from + (to - from) * share / 255;
        source.fill(Rect::new(x, 3, 1, 13), mix(0x18, 0xD0) << 16 | mix(0x1A, 0xD4) << 8 | mix(0x1F, 0xDA));
    }
    let packed = pack_glyphs(source.view(), &[source.size().rect()], Vec::new()).unwrap();
    assert!(packed.len() < 40, "{} bytes", packed.len());
}
