//! Filter: pixels from what was left of them.
//!
//! In scope: one rectangle of `TileForm::Filtered` from its unpacked planes. Not in scope: unpacking them (`tiles`).

use crate::DecodeError;

const OPAQUE: u32 = 0xFF00_0000;

/// How pixels were guessed.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    slope: bool,
    together: bool,
}

impl Kind {
    /// From the form's first byte.
    pub(crate) fn from_byte(byte: u8) -> Result<Self, DecodeError> {
        if byte > 3 {
            return Err(DecodeError::Tiles("an unknown kind of filter"));
        }
        Ok(Self { slope: byte & 2 != 0, together: byte & 1 != 0 })
    }
}

/// Undoes the filter; keeps its rows.
#[derive(Default)]
pub(crate) struct Unfilter {
    above: [Vec<u8>; 3],
    line: [Vec<u8>; 3],
    sums: [Vec<u16>; 3],
}

impl Unfilter {
    /// A rectangle begins; its first row is the next.
    pub(crate) fn begin(&mut self, width: usize) {
        self.above.iter_mut().chain(&mut self.line).for_each(|line| line.resize(width + 2, 0));
        self.sums.iter_mut().for_each(|sums| sums.resize(width, 0));
    }

    /// The next row from what was left of its green, red and blue, as many bytes each as the row has pixels.
    pub(crate) fn row(&mut self, row: &mut [u32], left: [&[u8]; 3], is_first: bool, kind: Kind) {
        if is_first {
            self.line.iter_mut().zip(left).for_each(|(line, left)| undo_left(line, left));
        } else if kind.slope {
            self.line.iter_mut().zip(&self.above).zip(left).for_each(|((line, above), left)| undo_slope(line, above, left));
        } else {
            self.undo_mean(left);
        }
        let [green, red, blue] = &self.line;
        let mask = if kind.together { 0xFF } else { 0 };
        for (((pixel, green), red), blue) in row.iter_mut().zip(&green[1..]).zip(&red[1..]).zip(&blue[1..]) {
            let (red, blue) = (red.wrapping_add(green & mask), blue.wrapping_add(green & mask));
            *pixel = OPAQUE | u32::from(red) << 16 | u32::from(*green) << 8 | u32::from(blue);
        }
        std::mem::swap(&mut self.line, &mut self.above);
    }

    /// What lies above is added up first, many at a time; then each pixel waits for the one to its left, three colours at once.
    fn undo_mean(&mut self, left: [&[u8]; 3]) {
        let width = left[0].len();
        for (above, sums) in self.above.iter_mut().zip(&mut self.sums) {
            above[0] = above[1];
            above[width + 1] = above[width];
            let (corner, up, next) = (&above[..width], &above[1..=width], &above[2..width + 2]);
            for (x, sum) in sums[..width].iter_mut().enumerate() {
                *sum = u16::from(corner[x]) + u16::from(up[x]) + u16::from(next[x]) + 2;
            }
        }
        let [green, red, blue] = &mut self.line;
        let [green_sums, red_sums, blue_sums] = &self.sums;
        let step = |before: u8, sum: u16, left: u8| left.wrapping_add(((sum + u16::from(before)) >> 2) as u8);
        let mut before = [self.above[0][1], self.above[1][1], self.above[2][1]];
        let lines = green[1..].iter_mut().zip(&mut red[1..]).zip(&mut blue[1..]);
        let sums = green_sums.iter().zip(red_sums).zip(blue_sums);
        let left = left[0].iter().zip(left[1]).zip(left[2]);
        for ((((green, red), blue), ((green_sum, red_sum), blue_sum)), ((green_left, red_left), blue_left)) in lines.zip(sums).zip(left) {
            before =
                [step(before[0], *green_sum, *green_left), step(before[1], *red_sum, *red_left), step(before[2], *blue_sum, *blue_left)];
            (*green, *red, *blue) = (before[0], before[1], before[2]);
        }
    }
}

fn undo_left(line: &mut [u8], left: &[u8]) {
    let mut before = 0_u8;
    for (value, left) in line[1..].iter_mut().zip(left) {
        before = before.wrapping_add(*left);
        *value = before;
    }
}

/// A value differs from that above it by as much as the one before it did, and what is left.
fn undo_slope(line: &mut [u8], above: &[u8], left: &[u8]) {
    let mut step = 0_u8;
    for ((value, above), left) in line[1..].iter_mut().zip(&above[1..]).zip(left) {
        step = step.wrapping_add(*left);
        *value = above.wrapping_add(step);
    }
}
