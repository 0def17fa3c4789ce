//! Binary: an adaptive arithmetic coder for yes and no.
//!
//! In scope: writing and reading bits in as many bytes as they are surprising. Not in scope: what the bits mean (`glyphs`).
//!
//! The interval coder of Witten, Neal and Cleary (Communications of the ACM 30, 1987) for two symbols, without carries: the interval
//! is 32 bits wide and gives a byte away as soon as both its ends agree on it.

/// How likely the next answer is yes, from the answers so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guess {
    /// Of 65,536.
    yes: u16,
    /// How many answers this rests on, up to [`MEMORY`].
    seen: u8,
}

/// Answers that count: older ones fade.
const MEMORY: u8 = 30;
/// A guess never becomes surer than this, of 65,536.
const DOUBT: u16 = 64;

impl Guess {
    /// Nothing is known.
    pub(crate) const EVEN: Self = Self { yes: 1 << 15, seen: 0 };

    /// Begins as if it had seen a few answers, of which `yes` of 65,536 were yes.
    pub(crate) const fn of(yes: u16) -> Self {
        Self { yes, seen: 3 }
    }

    #[inline]
    fn learn(&mut self, yes: bool) {
        // The mean of the answers so far, the first guess counting for half a one.
        let step = 2 * u32::from(self.seen) + 3;
        let (target, now) = (if yes { u32::from(u16::MAX - DOUBT) } else { u32::from(DOUBT) }, u32::from(self.yes));
        let moved = if target > now { now + (target - now) * 2 / step } else { now - (now - target) * 2 / step };
        self.yes = moved as u16;
        self.seen = (self.seen + 1).min(MEMORY);
    }
}

/// Writes or reads, so that one model serves both.
pub(crate) trait Coder {
    /// Codes one answer. A writer writes `yes` and returns it; a reader ignores it and returns what it reads.
    fn bit(&mut self, guess: &mut Guess, yes: bool) -> bool;

    /// Codes the low `count` bits of a value about which nothing is known.
    fn plain(&mut self, count: u32, value: u32) -> u32 {
        (0..count).rev().fold(0, |read, at| read << 1 | u32::from(self.bit(&mut { Guess::EVEN }, value >> at & 1 == 1)))
    }
}

/// The interval of what is coded so far: both ends belong to it.
struct Interval {
    low: u32,
    high: u32,
}

impl Interval {
    const WHOLE: Self = Self { low: 0, high: u32::MAX };

    /// The last value that means yes.
    #[inline]
    fn middle(&self, guess: Guess) -> u32 {
        self.low + ((u64::from(self.high - self.low) * u64::from(guess.yes)) >> 16) as u32
    }

    #[inline]
    fn narrow(&mut self, middle: u32, yes: bool) {
        if yes {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
    }

    /// The byte both ends agree on, if any; the interval widens by it.
    #[inline]
    fn settled(&mut self) -> Option<u8> {
        let byte = (self.high >> 24) as u8;
        if (self.low ^ self.high) >> 24 != 0 {
            return None;
        }
        self.low <<= 8;
        self.high = self.high << 8 | 0xFF;
        Some(byte)
    }

    /// The byte that ends the coding: the ends differ in their first byte, so this one with zeros behind it is inside.
    const fn last(&self) -> u8 {
        if self.low == 0 { 0 } else { (self.low >> 24) as u8 + 1 }
    }
}

pub(crate) struct Writer {
    interval: Interval,
    bytes: Vec<u8>,
}

impl Writer {
    /// Writes to memory that is used again; it is empty.
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self { interval: Interval::WHOLE, bytes }
    }

    /// The bytes, at least one; zeros at the end are left out, as a reader goes on with zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(self.interval.last());
        while self.bytes.len() > 1 && self.bytes.last() == Some(&0) {
            self.bytes.pop();
        }
        self.bytes
    }
}

impl Coder for Writer {
    #[inline]
    fn bit(&mut self, guess: &mut Guess, yes: bool) -> bool {
        self.interval.narrow(self.interval.middle(*guess), yes);
        guess.learn(yes);
        while let Some(byte) = self.interval.settled() {
            self.bytes.push(byte);
        }
        yes
    }
}

pub(crate) struct Reader<'a> {
    interval: Interval,
    value: u32,
    bytes: &'a [u8],
    /// Bytes taken, zeros after the end among them.
    taken: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self { interval: Interval::WHOLE, value: 0, bytes, taken: 0 };
        (0..4).for_each(|_| reader.take());
        reader
    }

    /// Whether a writer of what was read would have ended with exactly these bytes: none is needless, none is missing.
    pub(crate) fn is_spent(&self) -> bool {
        let settled = self.taken - 4;
        let needless = self.bytes.len() > 1 && self.bytes.last() == Some(&0);
        let last = self.bytes.get(settled).copied().unwrap_or(0);
        !self.bytes.is_empty() && self.bytes.len() <= settled + 1 && !needless && last == self.interval.last()
    }

    #[inline]
    fn take(&mut self) {
        self.value = self.value << 8 | u32::from(self.bytes.get(self.taken).copied().unwrap_or(0));
        self.taken += 1;
    }
}

impl Coder for Reader<'_> {
    #[inline]
    fn bit(&mut self, guess: &mut Guess, _yes: bool) -> bool {
        let middle = self.interval.middle(*guess);
        let yes = self.value <= middle;
        self.interval.narrow(middle, yes);
        guess.learn(yes);
        while self.interval.settled().is_some() {
            self.take();
        }
        yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(seed: u32, one_in: u32) -> Vec<bool> {
        let mut state = seed;
        let next = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8).is_multiple_of(one_in)
        });
        next.take(5_000).collect()
    }

    #[test]
    fn answers_are_read_as_written_and_rare_surprises_take_few_bytes() {
        for (one_in, most) in [(1, 20), (2, 680), (50, 120)] {
            let answers = answers(one_in, one_in);
            let (mut writer, mut guess) = (Writer::new(Vec::new()), Guess::EVEN);
            answers.iter().for_each(|yes| _ = writer.bit(&mut guess, *yes));
            let bytes = writer.finish();
            assert!(bytes.len() < most, "one in {one_in}: {} bytes", bytes.len());
            let (mut reader, mut guess) = (Reader::new(&bytes), Guess::EVEN);
            assert!(answers.iter().all(|yes| reader.bit(&mut guess, false) == *yes));
            assert!(reader.is_spent());
        }
    }

    #[test]
    fn bytes_after_the_last_answer_are_noticed() {
        for count in 0..40 {
            let mut writer = Writer::new(Vec::new());
            writer.plain(count.min(32), 0xA5C3_F00F);
            let mut bytes = writer.finish();
            let read = |bytes: &[u8]| {
                let mut reader = Reader::new(bytes);
                reader.plain(count.min(32), 0);
                reader.is_spent()
            };
            assert!(read(&bytes), "{count} bits");
            for extra in [0, 1, 255] {
                bytes.push(extra);
                assert!(!read(&bytes), "{count} bits and {extra}");
                bytes.pop();
            }
        }
    }
}
