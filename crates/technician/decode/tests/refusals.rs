//! What the decoder refuses, and what is left of the picture then.

#![allow(clippy::unwrap_used)]

use deskhand_decode::{DecodeError, Decoder};
use deskhand_screen::{MAX_TILES_PIXELS, Op, Point, Rect, Size, TileForm, Update};
use proptest::prelude::*;

const WIDTH: u32 = 96;
const HEIGHT: u32 = 80;

fn update(number: u64, base: u64, ops: Vec<Op>) -> Update {
    Update { number, base, size: Size::new(WIDTH, HEIGHT).unwrap(), damaged_at: 0, ops }
}

fn flat(rect: Rect, colour: [u8; 3]) -> Op {
    let data = [&[0][..], &colour].concat();
    Op::Tiles { rects: vec![rect], form: TileForm::Palette, data }
}

fn raw(rect: Rect, bytes: &[u8]) -> Op {
    Op::Tiles { rects: vec![rect], form: TileForm::Raw, data: zstd::bulk::compress(bytes, 1).unwrap() }
}

fn started() -> Decoder {
    let mut decoder = Decoder::new();
    decoder.apply(&update(1, 0, vec![flat(Rect::new(0, 0, WIDTH, HEIGHT), [1, 2, 3])])).unwrap();
    decoder
}

/// A stream of `count` pictures of this size, as openh264 makes it.
fn stream(width: usize, height: usize, count: u8) -> Vec<Vec<u8>> {
    let mut encoder = openh264::encoder::Encoder::new().unwrap();
    let pictures = (0..count).map(|shade| {
        let planes = openh264::formats::YUVBuffer::from_vec(vec![90 + shade * 9; width * height * 3 / 2], width, height);
        encoder.encode(&planes).unwrap().to_vec()
    });
    pictures.collect()
}

fn video(rect: Rect, key: bool, data: Vec<u8>) -> Op {
    Op::Video { rect, key, data }
}

#[test]
fn nothing_but_a_key_update_is_shown_first() {
    let mut decoder = Decoder::new();
    assert!(!decoder.is_exact());
    assert_eq!(decoder.apply(&update(2, 1, vec![])), Err(DecodeError::NeedsKey));
    assert!(started().is_exact());
}

#[test]
fn a_gap_leaves_the_picture_and_the_next_one_fits_again() {
    let mut decoder = started();
    let before = decoder.frame().clone();
    let late = update(3, 2, vec![flat(Rect::new(0, 0, 5, 5), [9, 9, 9])]);
    assert_eq!(decoder.apply(&late), Err(DecodeError::Gap { have: 1, base: 2 }));
    assert!(*decoder.frame() == before && decoder.is_exact());
    decoder.apply(&update(2, 1, vec![])).unwrap();
    decoder.apply(&late).unwrap();
    assert_eq!(decoder.frame().row(4)[4], 0xFF09_0909);
    assert_eq!(decoder.number(), 3);
}

#[test]
fn after_damage_only_a_key_update_helps() {
    let mut decoder = started();
    assert!(matches!(decoder.apply(&update(2, 1, vec![raw(Rect::new(0, 0, 4, 4), &[7; 63])])), Err(DecodeError::Tiles(_))));
    assert!(!decoder.is_exact());
    assert_eq!(decoder.apply(&update(2, 1, vec![])), Err(DecodeError::NeedsKey));
    decoder.apply(&update(9, 0, vec![flat(Rect::new(0, 0, WIDTH, HEIGHT), [0; 3])])).unwrap();
    assert!(decoder.is_exact());
}

#[test]
fn tiles_that_unpack_to_more_or_less_than_their_rectangles_are_refused() {
    let rect = Rect::new(3, 3, 8, 8);
    for length in [0, 1, 255, 257, 50_000_000] {
        let refused = started().apply(&update(2, 1, vec![raw(rect, &vec![0; length])]));
        assert!(matches!(refused, Err(DecodeError::Tiles(_))), "{length} bytes");
    }
    started().apply(&update(2, 1, vec![raw(rect, &[0; 256])])).unwrap();
}

#[test]
fn a_palette_must_hold_every_place() {
    let rect = Rect::new(0, 0, 3, 1);
    let packed = |places: &[u8]| zstd::bulk::compress(places, 1).unwrap();
    let tiles = |data: Vec<u8>| Op::Tiles { rects: vec![rect], form: TileForm::Palette, data };
    let list = |count: u8| [vec![count - 1], (0..count).flat_map(|colour| [colour, 0, 9]).collect()].concat();
    for (count, places, first) in [(2, &[0b101][..], 1), (3, &[0b10_01_00], 0), (16, &[0xF2, 0x0F], 2), (17, &[16, 0, 1], 16)] {
        let mut decoder = started();
        decoder.apply(&update(2, 1, vec![tiles([list(count), packed(places)].concat())])).unwrap();
        assert_eq!(decoder.frame().row(0)[0] & 0xFF, first, "{count} colours");
    }
    for data in [
        // A place too high, a place too many, too few bytes, too many bytes.
        [list(3), packed(&[0b11_01_00])].concat(),
        [list(2), packed(&[0b1101])].concat(),
        [list(5), packed(&[0, 0x10])].concat(),
        [list(17), packed(&[17, 0, 1])].concat(),
        [list(17), packed(&[0, 1])].concat(),
        [list(16), packed(&[0, 0, 0])].concat(),
        list(2)[..6].to_vec(),
        vec![0, 1, 2],
        vec![0, 1, 2, 3, 4],
        vec![255, 1, 2, 3],
    ] {
        assert!(matches!(started().apply(&update(2, 1, vec![tiles(data.clone())])), Err(DecodeError::Tiles(_))), "{data:?}");
    }
}

#[test]
fn a_filter_must_be_known_and_hold_every_pixel() {
    let rect = Rect::new(5, 5, 7, 3);
    let tiles = |data: Vec<u8>| Op::Tiles { rects: vec![rect], form: TileForm::Filtered, data };
    let packed = |kind: u8, length: usize| [vec![kind], zstd::bulk::compress(&vec![1; length], 1).unwrap()].concat();
    for kind in 0..4 {
        started().apply(&update(2, 1, vec![tiles(packed(kind, 63))])).unwrap();
    }
    let long = [packed(0, 63), vec![0]].concat();
    for data in [packed(4, 63), packed(255, 63), packed(0, 62), packed(0, 64), packed(1, 0), packed(2, 50_000_000), vec![0], long] {
        let refused = started().apply(&update(2, 1, vec![tiles(data)]));
        assert!(matches!(refused, Err(DecodeError::Tiles(_))), "{refused:?}");
    }
}

#[test]
fn glyphs_are_as_many_bytes_as_they_need() {
    let rect = Rect::new(5, 5, 7, 3);
    let mut source = deskhand_screen::Framebuffer::new(Size::new(WIDTH, HEIGHT).unwrap());
    source.fill(Rect::new(6, 5, 1, 3), 0x00FF_8040);
    let good = deskhand_screen::pack_glyphs(source.view(), &[rect], Vec::new()).unwrap();
    let tiles = |data: Vec<u8>| Op::Tiles { rects: vec![rect], form: TileForm::Glyphs, data };
    let mut decoder = started();
    decoder.apply(&update(2, 1, vec![tiles(good.clone())])).unwrap();
    assert!(decoder.frame().rows(rect).eq(source.rows(rect)));
    for data in [[&good[..], &[0]].concat(), [&good[..], &[1]].concat(), [&good[..], &good].concat(), vec![0, 0]] {
        let refused = started().apply(&update(2, 1, vec![tiles(data)]));
        assert!(matches!(refused, Err(DecodeError::Tiles(_))), "{refused:?}");
    }
}

#[test]
fn unused_bytes_of_raw_pixels_never_reach_the_picture() {
    let mut decoder = started();
    decoder.apply(&update(2, 1, vec![raw(Rect::new(0, 0, 2, 1), &[1, 2, 3, 0, 4, 5, 6, 77])])).unwrap();
    assert_eq!(decoder.frame().row(0)[..2], [0xFF03_0201, 0xFF06_0504]);
}

#[test]
fn an_update_outside_the_limits_is_refused_even_when_made_by_hand() {
    let whole = Rect::new(0, 0, WIDTH, HEIGHT);
    let many = (MAX_TILES_PIXELS / whole.area() + 1) as usize;
    for op in [
        flat(Rect::new(WIDTH, 0, 1, 1), [0; 3]),
        Op::Copy { from: Point { x: 50, y: 0 }, to: Rect::new(0, 0, 50, 1) },
        Op::Tiles { rects: vec![whole; many], form: TileForm::Palette, data: vec![0, 1, 2, 3] },
    ] {
        assert!(matches!(started().apply(&update(2, 1, vec![op])), Err(DecodeError::Malformed(_))));
    }
    let mut other_size = update(2, 1, vec![]);
    other_size.size.width += 1;
    assert!(matches!(started().apply(&other_size), Err(DecodeError::SizeChanged { .. })));
}

#[test]
fn video_fills_exactly_its_rectangle_and_is_lossy() {
    // Odd sides, up against the right and bottom edges.
    let rect = Rect::new(WIDTH - 33, HEIGHT - 31, 33, 31);
    let pictures = stream(34, 32, 3);
    let mut decoder = started();
    for (step, picture) in (1..).zip(pictures) {
        let applied = decoder.apply(&update(step + 1, step, vec![video(rect, step == 1, picture)])).unwrap();
        assert_eq!(applied.damage.bounds(), rect);
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let pixel = decoder.frame().row(y)[x as usize];
                assert_eq!(pixel == 0xFF03_0201, !rect.contains(Point { x, y }), "{x}, {y} is {pixel:#x}");
                assert_eq!(pixel >> 24, 0xFF);
            }
        }
    }
    assert_eq!(decoder.lossy().bounds(), rect);
    assert!(!decoder.is_exact());
}

#[test]
fn video_of_another_size_never_reaches_the_codec() {
    let rect = Rect::new(0, 0, 32, 32);
    for (width, height) in [(34, 32), (32, 30), (640, 480)] {
        let mut pictures = stream(width, height, 2);
        let follow = pictures.pop().unwrap();
        let mut decoder = started();
        let refused = decoder.apply(&update(2, 1, vec![video(rect, true, pictures[0].clone())]));
        assert_eq!(refused, Err(DecodeError::Video("its size is not that of its rectangle")));
        // The second picture alone says nothing about its size.
        let refused = started().apply(&update(2, 1, vec![video(rect, true, follow)]));
        assert_eq!(refused, Err(DecodeError::Video("the stream does not say its size")));
    }
}

#[test]
fn a_stream_cannot_move_grow_or_go_on_after_a_key_update() {
    let rect = Rect::new(0, 0, 32, 32);
    let pictures = stream(32, 32, 2);
    let key = video(rect, true, pictures[0].clone());
    let mut decoder = started();
    decoder.apply(&update(2, 1, vec![key.clone()])).unwrap();
    let moved = video(Rect::new(1, 0, 32, 32), false, pictures[1].clone());
    assert!(matches!(decoder.apply(&update(3, 2, vec![moved])), Err(DecodeError::Video(_))));
    let follow = video(rect, false, pictures[1].clone());
    let mut decoder = started();
    decoder.apply(&update(2, 1, vec![key])).unwrap();
    decoder.apply(&update(3, 0, vec![])).unwrap();
    assert!(matches!(decoder.apply(&update(4, 3, vec![follow])), Err(DecodeError::Video(_))));
}

/// Inputs worth keeping: every file is applied to a fresh decoder after a key update, without a panic.
#[test]
fn the_corpus_is_applied_as_its_names_say() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let update = Update::from_bytes(&std::fs::read(&path).unwrap()).unwrap();
        let applied = started().apply(&update);
        assert_eq!(applied.is_ok(), name.starts_with("good-"), "{name}: {applied:?}");
        seen += 1;
    }
    assert!(seen >= 5, "the corpus is missing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_tile_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 1..300), form in 0..4_usize, frame: bool) {
        let form = [TileForm::Raw, TileForm::Palette, TileForm::Filtered, TileForm::Glyphs][form];
        let magic: &[u8] = if form == TileForm::Filtered { &[0, 0x28, 0xB5, 0x2F, 0xFD] } else { &[0x28, 0xB5, 0x2F, 0xFD] };
        let data = if frame { [magic, &data].concat() } else { data };
        let _ = started().apply(&update(2, 1, vec![Op::Tiles { rects: vec![Rect::new(1, 1, 9, 9)], form, data }]));
    }

    #[test]
    fn any_video_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 1..300), kind in 0_u8..32) {
        let data = [&[0, 0, 0, 1, kind][..], &data].concat();
        let _ = started().apply(&update(2, 1, vec![video(Rect::new(0, 0, 32, 32), true, data)]));
    }

    #[test]
    fn damaged_video_never_panics(at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
        static PICTURES: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
        let pictures = PICTURES.get_or_init(|| stream(64, 48, 2));
        let rect = Rect::new(5, 5, 64, 48);
        for damaged in 0..2 {
            let mut decoder = started();
            for (step, picture) in (1..).zip(pictures) {
                let mut data = picture.clone();
                if step as usize == damaged + 1 {
                    let at = at.index(data.len());
                    data[at] ^= flip;
                    data.truncate(1 + cut.index(data.len()));
                }
                if decoder.apply(&update(step + 1, step, vec![video(rect, step == 1, data)])).is_err() {
                    prop_assert!(!decoder.is_exact());
                    break;
                }
            }
        }
    }
}
