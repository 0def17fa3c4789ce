//! Glyphs: small areas of few colours in as few bytes as possible, both directions.
//!
//! In scope: the form [`crate::TileForm::Glyphs`]. Writing and reading run the same model over two coders, so they cannot
//! disagree. Not in scope: when this form is worth its time (`encode`), whether rectangles fit (`Update::check`).
//!
//! The model: colours are sorted by brightness (green), each said as a step from the one before; soft edges blend two colours,
//! so red and blue are guessed on the straight line between the first and the last. A pixel is that to its left, or that above,
//! or a place in the colour list. Guesses begin afresh with every operation: nothing is compressed across updates.

use smallvec::SmallVec;

use crate::{
    Pixels, PixelsMut, Rect,
    binary::{Coder, Guess, Reader, Writer},
};

/// Most colours of the form.
pub const MAX_GLYPH_COLOURS: usize = 256;
const PLACE_BITS: u32 = 8;
const _: () = assert!(1 << PLACE_BITS == MAX_GLYPH_COLOURS);
/// Small enough for the stack; a longer row takes memory.
type Colours = SmallVec<[u32; MAX_GLYPH_COLOURS]>;
type Row = SmallVec<[u8; 256]>;
/// Bits of a step's length, at most.
const STEP_BITS: usize = 10;

/// Packs the rectangles' pixels to `out`, which is empty; `None` when they have more than [`MAX_GLYPH_COLOURS`] colours, or none. The
/// rectangles must lie inside the picture.
#[must_use]
pub fn pack_glyphs(pixels: Pixels<'_>, rects: &[Rect], out: Vec<u8>) -> Option<Vec<u8>> {
    let mut colours = sorted(rects.iter().flat_map(|rect| pixels.rows(*rect)).flatten().map(|pixel| by_green(*pixel)))?;
    let mut coder = Writer::new(out);
    code_colours(&mut coder, &mut colours);
    let mut places = Places::new(colours.len());
    for rect in rects {
        places.begin(rect.width);
        for row in pixels.rows(*rect) {
            let (mut last, mut place) = (colours[0], 0);
            for (target, pixel) in places.row.iter_mut().zip(row) {
                let colour = by_green(*pixel);
                if colour != last {
                    (last, place) = (colour, colours.partition_point(|listed| *listed < colour) as u8);
                }
                *target = place;
            }
            places.code(&mut coder);
        }
    }
    Some(coder.finish())
}

/// Writes the pixels of all rectangles, which must lie inside the picture.
///
/// # Errors
/// What is wrong with the bytes; the rectangles' pixels are then not to be relied on.
pub fn unpack_glyphs(pixels: &mut PixelsMut<'_>, rects: &[Rect], data: &[u8]) -> Result<(), &'static str> {
    let mut coder = Reader::new(data);
    let mut colours = Colours::new();
    code_colours(&mut coder, &mut colours);
    let colours: Colours = colours.into_iter().map(|colour| by_green(colour) | 0xFF00_0000).collect();
    let mut places = Places::new(colours.len());
    for rect in rects {
        places.begin(rect.width);
        for row in pixels.rows_mut(*rect) {
            for (pixel, place) in row.iter_mut().zip(places.code(&mut coder)) {
                *pixel = *colours.get(usize::from(*place)).ok_or("a place is not in the colour list")?;
            }
        }
    }
    if places.needless {
        return Err("a pixel is said in more words than it needs");
    }
    if coder.is_spent() { Ok(()) } else { Err("they are not as many bytes as they need") }
}

/// A pixel with green in the highest place, or such a colour as a pixel: 0x00GGRRBB and 0x00RRGGBB.
const fn by_green(pixel: u32) -> u32 {
    (pixel & 0xFF00) << 8 | (pixel & 0x00FF_0000) >> 8 | pixel & 0xFF
}

/// The different colours, sorted; `None` when there are too many, or none.
fn sorted(pixels: impl Iterator<Item = u32>) -> Option<Colours> {
    let mut colours = Colours::new();
    let mut last = u32::MAX;
    for colour in pixels {
        if colour != last
            && let Err(at) = colours.binary_search(&colour)
        {
            if colours.len() == MAX_GLYPH_COLOURS {
                return None;
            }
            colours.insert(at, colour);
        }
        last = colour;
    }
    (!colours.is_empty()).then_some(colours)
}

/// Codes the sorted list of colours; a reader passes an empty one.
fn code_colours(coder: &mut impl Coder, colours: &mut Colours) {
    let last = coder.plain(PLACE_BITS, colours.len().saturating_sub(1) as u32) as usize;
    colours.resize(last + 1, 0);
    colours[0] = coder.plain(24, colours[0]);
    if last > 0 {
        colours[last] = coder.plain(24, colours[last]);
    }
    let mut steps = [[Guess::EVEN; STEP_BITS]; 2];
    for at in 1..last {
        let [green, red, blue] = bytes(colours[at]);
        let [before, ..] = bytes(colours[at - 1]);
        let green = before.wrapping_add(code_step(coder, &mut steps[0], green.wrapping_sub(before)));
        let [_, likely_red, likely_blue] = between(colours[0], colours[last], green);
        let red = likely_red.wrapping_add(unfold(code_step(coder, &mut steps[1], fold(red.wrapping_sub(likely_red)))));
        let blue = likely_blue.wrapping_add(unfold(code_step(coder, &mut steps[1], fold(blue.wrapping_sub(likely_blue)))));
        colours[at] = u32::from_be_bytes([0, green, red, blue]);
    }
}

/// Green, red, blue.
const fn bytes(colour: u32) -> [u8; 3] {
    let [_, green, red, blue] = colour.to_be_bytes();
    [green, red, blue]
}

/// The colour of this green on the straight line through two colours.
fn between(first: u32, last: u32, green: u8) -> [u8; 3] {
    let (first, last) = (bytes(first), bytes(last));
    let part = i32::from(green) - i32::from(first[0]);
    let whole = i32::from(last[0]) - i32::from(first[0]);
    let on = |from: u8, to: u8| if whole == 0 { from } else { (i32::from(from) + (i32::from(to) - i32::from(from)) * part / whole) as u8 };
    [green, on(first[1], last[1]), on(first[2], last[2])]
}

/// A signed step as an unsigned one, small ones first.
const fn fold(step: u8) -> u8 {
    step << 1 ^ if step & 0x80 == 0 { 0 } else { 0xFF }
}

const fn unfold(step: u8) -> u8 {
    step >> 1 ^ if step & 1 == 0 { 0 } else { 0xFF }
}

/// Codes a number as its length in bits, guessed, and its bits after the first (the Elias gamma code of it plus one).
fn code_step(coder: &mut impl Coder, lengths: &mut [Guess; STEP_BITS], step: u8) -> u8 {
    let value = u32::from(step) + 1;
    let mut length = 0;
    while length < 8 && coder.bit(&mut lengths[length as usize], value >> (length + 1) > 0) {
        length += 1;
    }
    ((1 << length) + coder.plain(length, value)).wrapping_sub(1) as u8
}

/// The model of places.
struct Places {
    row: Row,
    above: Row,
    is_first: bool,
    /// Whether a place was read that stood to the left or above already: no writer says it so.
    needless: bool,
    place_bits: u32,
    left: [Guess; 16],
    up: [Guess; 16],
    place: [Guess; MAX_GLYPH_COLOURS],
}

impl Places {
    fn new(colours: usize) -> Self {
        Self {
            row: Row::new(),
            above: Row::new(),
            is_first: true,
            needless: false,
            place_bits: usize::BITS - (colours - 1).leading_zeros(),
            left: [Guess::of(50_000); 16],
            up: [Guess::of(40_000); 16],
            place: [Guess::EVEN; MAX_GLYPH_COLOURS],
        }
    }

    /// A rectangle begins; nothing is known above it.
    fn begin(&mut self, width: u32) {
        self.row.clear();
        self.row.resize(width as usize, 0);
        self.above.clear();
        self.above.resize(width as usize, 0);
        self.is_first = true;
    }

    /// Codes `row` and returns it. It is the row above afterwards.
    fn code(&mut self, coder: &mut impl Coder) -> &[u8] {
        let mut left = self.above.first().copied().unwrap_or(0);
        let mut corner = left;
        for x in 0..self.row.len() {
            let above = if self.is_first { left } else { self.above[x] };
            let next = if self.is_first { left } else { self.above.get(x + 1).copied().unwrap_or(above) };
            let place = self.row[x];
            let shape = usize::from(left == above)
                | usize::from(left == corner) << 1
                | usize::from(above == corner) << 2
                | usize::from(above == next) << 3;
            let coded = if coder.bit(&mut self.left[shape], place == left) {
                left
            } else if above != left && coder.bit(&mut self.up[shape], place == above) {
                above
            } else {
                let coded = self.code_place(coder, place);
                self.needless |= coded == left || coded == above;
                coded
            };
            self.row[x] = coded;
            (left, corner) = (coded, above);
        }
        std::mem::swap(&mut self.row, &mut self.above);
        self.is_first = false;
        &self.above
    }

    /// Codes a place bit by bit, the highest first, each guessed from those before it.
    fn code_place(&mut self, coder: &mut impl Coder, place: u8) -> u8 {
        let mut node = 1;
        for at in (0..self.place_bits).rev() {
            let bit = coder.bit(&mut self.place[node], place >> at & 1 == 1);
            node = node << 1 | usize::from(bit);
        }
        (node - (1 << self.place_bits)) as u8
    }
}
