//! Filter: what is left of pixels when each is guessed from its neighbours.
//!
//! In scope: the planes of `TileForm::Filtered`, and which kind of guess suits a picture. Not in scope: packing the planes, and
//! which areas are pictures (`tiles`, `cells`).
//!
//! Two guesses were left of those that were measured (`examples/tile_forms`). The mean of the four neighbours that are known:
//! where there is grain, as in films and photographs at full size, it hands on a fourth of its power, where slopes hand on three
//! times as much as there was. The slope, left + above - above left: where there is none, as in pictures that were scaled. Grain
//! that is the same in all colours goes with the difference to green.

use deskhand_screen::{Framebuffer, Rect};

/// Every how many rows the sample takes one.
const SAMPLE_ROWS: usize = 16;

/// How pixels are guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kind {
    /// From the slope instead of the mean.
    slope: bool,
    /// Red and blue as differences to green.
    together: bool,
}

impl Kind {
    /// As the form's first byte says it.
    pub(crate) const fn to_byte(self) -> u8 {
        self.together as u8 | (self.slope as u8) << 1
    }
}

/// The kind that leaves least, from a sample of the rows.
pub(crate) fn choose(frame: &Framebuffer, rects: &[Rect]) -> Kind {
    let mut left = [0_u64; 4];
    for rect in rects {
        let above = frame.rows(*rect).step_by(SAMPLE_ROWS);
        for (above, row) in above.zip(frame.rows(*rect).skip(1).step_by(SAMPLE_ROWS)) {
            for (above, row) in above.windows(3).zip(row.windows(2)) {
                let value = |pixel: u32, shift: u32| (pixel >> shift & 0xFF) as i32;
                let guesses = [8, 16, 0].map(|shift| {
                    let (corner, up, next) = (value(above[0], shift), value(above[1], shift), value(above[2], shift));
                    let (before, here) = (value(row[0], shift), value(row[1], shift));
                    (here - (before + corner + up + next + 2) / 4, here - (before + up - corner))
                });
                let cost = |[green, red, blue]: [i32; 3]| {
                    let apart = green.unsigned_abs() + red.unsigned_abs() + blue.unsigned_abs();
                    let together = green.unsigned_abs() + red.abs_diff(green) + blue.abs_diff(green);
                    (u64::from(apart), u64::from(together))
                };
                let (mean, slope) = (cost(guesses.map(|(mean, _)| mean)), cost(guesses.map(|(_, slope)| slope)));
                [mean.0, mean.1, slope.0, slope.1].into_iter().zip(&mut left).for_each(|(more, sum)| *sum += more);
            }
        }
    }
    let kinds = [(false, false), (false, true), (true, false), (true, true)].map(|(slope, together)| Kind { slope, together });
    kinds.into_iter().zip(left).min_by_key(|(_, left)| *left).map(|(kind, _)| kind).unwrap_or_default()
}

/// Filters pixels; keeps its buffers.
#[derive(Default)]
pub(crate) struct Filter {
    above: [Vec<u8>; 3],
    line: [Vec<u8>; 3],
    planes: Vec<u8>,
}

impl Filter {
    /// What is left of green, red and blue, plane after plane, of rectangles of `area` pixels together; each stands alone.
    pub(crate) fn planes<'a, R: Iterator<Item = &'a [u32]>>(&mut self, rects: impl Iterator<Item = R>, area: usize, kind: Kind) -> &[u8] {
        self.planes.resize(area * 3, 0);
        let mut done = 0;
        for rows in rects {
            for (at, row) in rows.enumerate() {
                split(row, &mut self.line, kind.together);
                for (plane, (line, above)) in self.planes.chunks_exact_mut(area).zip(self.line.iter_mut().zip(&mut self.above)) {
                    let target = &mut plane[done..done + row.len()];
                    match (at, kind.slope) {
                        (0, _) => from_left(line, target),
                        (_, true) => from_slope(line, above, target),
                        (_, false) => from_mean(line, above, target),
                    }
                    std::mem::swap(line, above);
                }
                done += row.len();
            }
        }
        &self.planes
    }
}

/// The row's colours, each with a place free before and after it.
fn split(row: &[u32], [green, red, blue]: &mut [Vec<u8>; 3], together: bool) {
    let length = row.len() + 2;
    for line in [&mut *green, &mut *red, &mut *blue] {
        line.resize(length, 0);
    }
    let (green, red, blue) = (&mut green[1..length - 1], &mut red[1..length - 1], &mut blue[1..length - 1]);
    let mask = if together { 0xFF } else { 0 };
    for (((pixel, green), red), blue) in row.iter().zip(green).zip(red).zip(blue) {
        *green = (pixel >> 8) as u8;
        *red = ((pixel >> 16) as u8).wrapping_sub(*green & mask);
        *blue = (*pixel as u8).wrapping_sub(*green & mask);
    }
}

/// The first row of a rectangle: nothing is above it.
fn from_left(line: &mut [u8], target: &mut [u8]) {
    line[0] = 0;
    for (target, pair) in target.iter_mut().zip(line.windows(2)) {
        *target = pair[1].wrapping_sub(pair[0]);
    }
}

fn from_mean(line: &mut [u8], above: &mut [u8], target: &mut [u8]) {
    let width = target.len();
    extend(line, above, width);
    let (left, here) = (&line[..width], &line[1..=width]);
    let (corner, up, next) = (&above[..width], &above[1..=width], &above[2..width + 2]);
    for x in 0..width {
        let sum = u16::from(left[x]) + u16::from(corner[x]) + u16::from(up[x]) + u16::from(next[x]);
        target[x] = here[x].wrapping_sub(((sum + 2) >> 2) as u8);
    }
}

fn from_slope(line: &mut [u8], above: &mut [u8], target: &mut [u8]) {
    let width = target.len();
    extend(line, above, width);
    let (left, here) = (&line[..width], &line[1..=width]);
    let (corner, up) = (&above[..width], &above[1..=width]);
    for x in 0..width {
        target[x] = here[x].wrapping_sub(left[x]).wrapping_sub(up[x]).wrapping_add(corner[x]);
    }
}

/// Outside of the rectangle, the nearest pixel of the row above is taken.
fn extend(line: &mut [u8], above: &mut [u8], width: usize) {
    line[0] = above[1];
    above[0] = above[1];
    above[width + 1] = above[width];
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;

    fn painted(pixel: impl Fn(u32, u32, u32) -> u32) -> Framebuffer {
        let mut frame = Framebuffer::new(Size::new(97, 64).unwrap());
        let mut state = 1_u32;
        for y in 0..64 {
            for (x, target) in (0..).zip(frame.row_mut(y)) {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *target = 0xFF00_0000 | pixel(x, y, state >> 8);
            }
        }
        frame
    }

    #[test]
    fn grain_is_guessed_by_the_mean_and_slopes_by_the_slope() {
        let all = [Rect::new(0, 0, 97, 64)];
        let grain = painted(|_, _, chance| chance & 0x0F_0F0F);
        assert_eq!(choose(&grain, &all), Kind { slope: false, together: false });
        let grey_grain = painted(|_, _, chance| (chance & 0x0F) * 0x01_0101 + 0x20_5010);
        assert_eq!(choose(&grey_grain, &all), Kind { slope: false, together: true });
        let slopes = painted(|x, y, _| (x * 2 + y) << 16 | (255 - x - y) << 8 | (3 * y));
        assert_eq!(choose(&slopes, &all), Kind { slope: true, together: false });
    }

    #[test]
    fn a_slope_leaves_nothing_but_its_first_row() {
        let frame = painted(|x, y, _| (x + y) * 0x01_0101);
        let mut filter = Filter::default();
        let planes = filter.planes([frame.rows(frame.size().rect())].into_iter(), 97 * 64, Kind { slope: true, together: true });
        let (green, others) = planes.split_at(97 * 64);
        let at_the_left = |at: usize| at.is_multiple_of(97);
        assert!(green.iter().enumerate().skip(97).all(|(at, left)| *left == u8::from(at_the_left(at))));
        assert!(others.iter().all(|left| *left == 0));
    }
}
