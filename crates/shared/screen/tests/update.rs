//! The byte form of updates: round trips, strictness, limits, and bytes that come from nowhere.
#![allow(clippy::unwrap_used)]

use deskhand_screen::{MAX_OPS, MAX_RECTS, MAX_TILES_PIXELS, MAX_UPDATE_BYTES, Op, Point, Rect, Size, TileForm, Update, UpdateError};
use proptest::prelude::*;

const SIDE: u32 = 300;

fn rect(least: u32) -> impl Strategy<Value = Rect> {
    (0..SIDE - least, 0..SIDE - least)
        .prop_flat_map(move |(x, y)| (least..=SIDE - x, least..=SIDE - y).prop_map(move |(width, height)| Rect::new(x, y, width, height)))
}

fn op() -> impl Strategy<Value = Op> {
    let data = proptest::collection::vec(any::<u8>(), 1..200);
    let tiles = (proptest::collection::vec(rect(1), 1..5), 0..4_usize, data.clone()).prop_map(|(rects, form, data)| Op::Tiles {
        rects,
        form: [TileForm::Raw, TileForm::Palette, TileForm::Filtered, TileForm::Glyphs][form],
        data,
    });
    let video = (rect(16), data).prop_map(|(rect, data)| Op::Video { rect, key: true, data });
    let copy = (rect(1), 0..SIDE, 0..SIDE)
        .prop_map(|(to, x, y)| (to, Point { x: x.min(SIDE - to.width), y: y.min(SIDE - to.height) }))
        .prop_filter("a copy moves", |(to, from)| *from != to.origin())
        .prop_map(|(to, from)| Op::Copy { from, to });
    prop_oneof![tiles, video, copy]
}

fn update() -> impl Strategy<Value = Update> {
    (1..=u64::MAX, any::<u64>(), any::<u64>(), proptest::collection::vec(op(), 0..6)).prop_map(|(number, base, damaged_at, ops)| Update {
        number,
        base: base % number,
        size: Size::new(SIDE, SIDE).unwrap(),
        damaged_at,
        ops,
    })
}

fn small(ops: Vec<Op>) -> Update {
    Update { number: 7, base: 6, size: Size::new(SIDE, SIDE).unwrap(), damaged_at: 1, ops }
}

fn refusal(update: &Update) -> UpdateError {
    let error = update.check().unwrap_err();
    assert_eq!(Update::from_bytes(&update.to_bytes()).unwrap_err(), error);
    error
}

proptest! {
    #[test]
    fn every_update_survives_its_byte_form(update in update()) {
        prop_assert_eq!(Update::from_bytes(&update.to_bytes()).unwrap(), update);
    }

    #[test]
    fn any_bytes_never_panic_and_what_is_read_is_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() {
            *first = 1;
        }
        if let Ok(update) = Update::from_bytes(&bytes) {
            prop_assert_eq!(update.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_damaged_update_never_panics_and_is_canonical_or_refused(
        update in update(), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let mut bytes = update.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = Update::from_bytes(&bytes) {
            prop_assert_ne!(&other, &update);
            prop_assert_eq!(other.to_bytes(), bytes);
        }
    }

    #[test]
    fn every_cut_is_refused(update in update(), cut in any::<prop::sample::Index>()) {
        let bytes = update.to_bytes();
        prop_assert!(Update::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let mut bytes = small(Vec::new()).to_bytes();
    bytes.push(0);
    assert_eq!(Update::from_bytes(&bytes), Err(UpdateError::Trailing(1)));
}

#[test]
fn a_later_form_names_the_remedy() {
    let mut bytes = small(Vec::new()).to_bytes();
    bytes[0] = 2;
    let error = Update::from_bytes(&bytes).unwrap_err();
    assert!(error.to_string().contains("same version"), "{error}");
}

#[test]
fn a_number_with_needless_bytes_is_refused() {
    let bytes = small(Vec::new()).to_bytes();
    assert_eq!(bytes[1], 7);
    let mut long = vec![1, 0x87, 0];
    long.extend_from_slice(&bytes[2..]);
    assert_eq!(Update::from_bytes(&long), Err(UpdateError::Number));
}

#[test]
fn a_huge_count_is_refused_before_anything_is_allocated() {
    let mut bytes = small(Vec::new()).to_bytes();
    bytes.pop();
    bytes.extend_from_slice(&[1, 1, 0, 0xFF, 0x7F]);
    assert_eq!(Update::from_bytes(&bytes), Err(UpdateError::Truncated));
    assert_eq!(Update::from_bytes(&vec![1; MAX_UPDATE_BYTES + 1]), Err(UpdateError::TooLong(MAX_UPDATE_BYTES + 1)));
}

#[test]
fn each_limit_has_its_refusal() {
    let whole = Rect::new(0, 0, SIDE, SIDE);
    let tiles = |rects| Op::Tiles { rects, form: TileForm::Raw, data: vec![0] };
    let video = |rect| Op::Video { rect, key: false, data: vec![0] };
    let copy = |from, to| Op::Copy { from, to };
    assert_eq!(refusal(&Update { number: 0, base: 0, ..small(vec![]) }), UpdateError::Base { number: 0, base: 0 });
    assert_eq!(refusal(&Update { base: 7, ..small(vec![]) }), UpdateError::Base { number: 7, base: 7 });
    assert!(matches!(refusal(&Update { size: Size { width: 0, height: 1 }, ..small(vec![]) }), UpdateError::Size(_)));
    assert_eq!(refusal(&small(vec![tiles(vec![])])), UpdateError::Count("tile pixels"));
    let outside = Rect::new(1, 0, SIDE, 1);
    assert_eq!(refusal(&small(vec![tiles(vec![outside])])), UpdateError::Outside(outside));
    let empty = Rect::new(1, 1, 0, 1);
    assert_eq!(refusal(&small(vec![tiles(vec![empty])])), UpdateError::Outside(empty));
    let many = MAX_TILES_PIXELS.div_ceil(whole.area()) as usize;
    assert_eq!(refusal(&small(vec![tiles(vec![whole; many])])), UpdateError::Count("tile pixels"));
    assert_eq!(refusal(&small(vec![video(Rect::new(0, 0, 15, 16))])), UpdateError::Count("video pixels"));
    assert_eq!(refusal(&small(vec![copy(Point::default(), whole)])), UpdateError::NoMove(whole));
    let far = Point { x: 1, y: 0 };
    assert!(matches!(refusal(&small(vec![copy(far, whole)])), UpdateError::Outside(_)));
    let video_first = Update { base: 0, ..small(vec![video(whole)]) };
    assert_eq!(refusal(&video_first), UpdateError::NotAKey);
    let dot = tiles(vec![Rect::new(0, 0, 1, 1)]);
    assert_eq!(refusal(&small(vec![dot; MAX_OPS + 1])), UpdateError::Count("operations"));
    let dots = tiles(vec![Rect::new(0, 0, 1, 1); MAX_RECTS]);
    assert!(small(vec![dots.clone()]).check().is_ok());
    assert_eq!(refusal(&small(vec![dots.clone(), dots])), UpdateError::Count("rectangles"));
}

/// Inputs that once were interesting to a fuzzer: each is read without a panic, and names what it is.
#[test]
fn the_corpus_is_read_as_its_names_say() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match Update::from_bytes(&bytes) {
            Ok(update) => {
                assert!(name.starts_with("good-"), "{name} should be refused");
                assert_eq!(update.to_bytes(), bytes, "{name}");
            }
            Err(error) => assert!(name.starts_with("bad-"), "{name}: {error}"),
        }
        seen += 1;
    }
    assert!(seen >= 6, "the corpus is missing");
}
