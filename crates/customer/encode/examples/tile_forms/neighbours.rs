//! Guesses from neighbours that were compared with the one in use.
//!
//! In scope: what is left of planes after each, and back. Not in scope: packing (`candidates`).

/// How a value is guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Guess {
    Left,
    Above,
    /// Of left and above.
    Average,
    /// Left, above left, above, above right.
    MeanOfFour,
    /// Left + above - above left.
    Gradient,
    /// LOCO-I's: the middle one of left, above and gradient.
    Median,
}

impl Guess {
    pub(crate) const ALL: [Self; 6] = [Self::Left, Self::Above, Self::Average, Self::MeanOfFour, Self::Gradient, Self::Median];
}

fn average(left: i16, _: i16, above: i16, _: i16) -> i16 {
    (left + above) >> 1
}

fn mean(left: i16, corner: i16, above: i16, next: i16) -> i16 {
    (left + corner + above + next + 2) >> 2
}

fn median(left: i16, corner: i16, above: i16, _: i16) -> i16 {
    (left + above - corner).clamp(left.min(above), left.max(above))
}

/// Green, red, blue planes; the last two as differences to green when `together`.
pub(crate) fn planes(pixels: &[u32], together: bool) -> [Vec<u8>; 3] {
    let plane = |shift: u32, less: bool| {
        pixels.iter().map(|pixel| ((pixel >> shift) as u8).wrapping_sub(if less { (pixel >> 8) as u8 } else { 0 })).collect()
    };
    [plane(8, false), plane(16, together), plane(0, together)]
}

pub(crate) fn pixels([green, red, blue]: &[Vec<u8>; 3], together: bool) -> Vec<u32> {
    let whole = |value: u8, green: u8| u32::from(value.wrapping_add(if together { green } else { 0 }));
    let colours = green.iter().zip(red).zip(blue);
    colours.map(|((green, red), blue)| 0xFF00_0000 | whole(*red, *green) << 16 | u32::from(*green) << 8 | whole(*blue, *green)).collect()
}

pub(crate) fn forward(guess: Guess, plane: &[u8], width: usize, out: &mut Vec<u8>) {
    match guess {
        Guess::Left => forward_by(plane, width, out, |left, _, _, _| left),
        Guess::Above => forward_by(plane, width, out, |_, _, above, _| above),
        Guess::Average => forward_by(plane, width, out, average),
        Guess::MeanOfFour => forward_by(plane, width, out, mean),
        Guess::Gradient => forward_by(plane, width, out, |left, corner, above, _| left + above - corner),
        Guess::Median => forward_by(plane, width, out, median),
    }
}

pub(crate) fn backward(guess: Guess, left_over: &[u8], width: usize) -> Vec<u8> {
    match guess {
        Guess::Left => backward_by(left_over, width, |left, _, _, _| left),
        Guess::Above => backward_by(left_over, width, |_, _, above, _| above),
        Guess::Average => backward_by(left_over, width, average),
        Guess::MeanOfFour => backward_by(left_over, width, mean),
        Guess::Gradient => backward_by(left_over, width, |left, corner, above, _| left + above - corner),
        Guess::Median => backward_by(left_over, width, median),
    }
}

#[inline]
fn forward_by(plane: &[u8], width: usize, out: &mut Vec<u8>, guess: impl Fn(i16, i16, i16, i16) -> i16) {
    let mut above = vec![0; width + 2];
    let mut line = vec![0; width + 2];
    let done = out.len();
    out.resize(done + plane.len(), 0);
    for (row, target) in plane.chunks_exact(width).zip(out[done..].chunks_exact_mut(width)) {
        line[1..=width].copy_from_slice(row);
        line[0] = above[1];
        above[0] = above[1];
        above[width + 1] = above[width];
        let (left, here) = (&line[..width], &line[1..=width]);
        let (corner, up, next) = (&above[..width], &above[1..=width], &above[2..]);
        for x in 0..width {
            let guessed = guess(i16::from(left[x]), i16::from(corner[x]), i16::from(up[x]), i16::from(next[x]));
            target[x] = here[x].wrapping_sub(guessed as u8);
        }
        std::mem::swap(&mut line, &mut above);
    }
}

#[inline]
fn backward_by(left_over: &[u8], width: usize, guess: impl Fn(i16, i16, i16, i16) -> i16) -> Vec<u8> {
    let mut out = Vec::with_capacity(left_over.len());
    let mut above = vec![0; width + 2];
    let mut line = vec![0; width + 2];
    for row in left_over.chunks_exact(width) {
        line[0] = above[1];
        above[0] = above[1];
        above[width + 1] = above[width];
        let mut left = line[0];
        for x in 0..width {
            let guessed = guess(i16::from(left), i16::from(above[x]), i16::from(above[x + 1]), i16::from(above[x + 2]));
            left = row[x].wrapping_add(guessed as u8);
            line[x + 1] = left;
        }
        out.extend_from_slice(&line[1..=width]);
        std::mem::swap(&mut line, &mut above);
    }
    out
}
