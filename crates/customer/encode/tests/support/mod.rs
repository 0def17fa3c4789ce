//! Seeded screens and a viewer beside the encoder, for tests and measurements.
//!
//! In scope: content like text, photos and noise, and an encoder whose every update goes through bytes into a decoder. Not in
//! scope: assertions of a scenario (the tests).
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use deskhand_decode::Decoder;
use deskhand_encode::{Encoder, Path, Settings};
use deskhand_screen::{Framebuffer, Hints, Patch, PicturePatch, Rect, Region, Size, Update};

pub const FAST: Path = Path { bytes_per_second: 50_000_000, rtt: Duration::from_millis(1) };
pub const SLOW: Path = Path { bytes_per_second: 250_000, rtt: Duration::from_millis(60) };

/// xorshift64*: small, seeded, good enough for pixels.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, end: u32) -> u32 {
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }

    pub fn rect(&mut self, size: Size) -> Rect {
        let (x, y) = (self.below(size.width), self.below(size.height));
        Rect::new(x, y, 1 + self.below(size.width - x), 1 + self.below(size.height - y))
    }
}

fn mix(a: u64, b: u64) -> u64 {
    let mut rng = Rng((a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)) | 1);
    rng.next();
    rng.next()
}

const CHAR: (u32, u32) = (8, 18);

/// A letter's ink at a pixel of its cell: strokes with soft edges.
fn ink(letter: u32, x: u32, y: u32) -> u32 {
    let shape = mix(u64::from(letter), 7);
    if x >= 7 || !(3..15).contains(&y) {
        return 0;
    }
    let stroke = |on: bool, distance: u32| if on { [255, 96, 0][distance.min(2) as usize] } else { 0 };
    let vertical = stroke(shape & 1 == 1, x.abs_diff(1)).max(stroke(shape & 2 == 2, x.abs_diff(5)));
    let bars = [4, 9, 13].into_iter().enumerate().map(|(n, at)| stroke(shape >> (2 + n) & 1 == 1, y.abs_diff(at)));
    let slant = stroke(shape >> 5 & 3 == 0, x.abs_diff((y - 3) / 2));
    bars.max().unwrap_or(0).max(vertical).max(slant)
}

/// A page of text whose rows depend only on `seed` and the row plus `scroll`.
pub fn text(frame: &mut Framebuffer, pane: Rect, seed: u64, scroll: u32) {
    for y in pane.y..pane.bottom() {
        let row = y - pane.y + scroll;
        let (line, within) = (row / CHAR.1, row % CHAR.1);
        let words = mix(seed, u64::from(line));
        let end = if words.is_multiple_of(7) { 0 } else { 10 + (words >> 8) as u32 % 70 };
        for (x, pixel) in frame.row_mut(y)[pane.x as usize..pane.right() as usize].iter_mut().enumerate() {
            let (column, dx) = (x as u32 / CHAR.0, x as u32 % CHAR.0);
            let letter = mix(words, u64::from(column % 80)) as u32 % 40;
            let shade = if column % 80 < end && letter > 5 { ink(letter, dx, within) } else { 0 };
            *pixel = 0xFF00_0000 | ((255 - shade) * 0x01_0101);
        }
    }
}

/// Smooth colours with fine grain.
pub fn photo(frame: &mut Framebuffer, pane: Rect, seed: u64) {
    let mut rng = Rng(seed | 1);
    let (a, b, c) = (rng.below(90) + 20, rng.below(90) + 20, rng.below(255));
    for y in pane.y..pane.bottom() {
        for (x, pixel) in frame.row_mut(y)[pane.x as usize..pane.right() as usize].iter_mut().enumerate() {
            let (x, y) = (x as u32, y - pane.y);
            let grain = rng.next() as u32;
            let wave = |p: u32, period: u32| {
                let at = p % (2 * period);
                (at.min(2 * period - at) * 200 / period).min(250)
            };
            let red = wave(x + y / 2, a + 60) + (grain & 3);
            let green = (wave(y, b + 80) + wave(x, 300)) / 2 + (grain >> 2 & 3);
            let blue = (c + wave(x + 3 * y, 500)) / 2 + (grain >> 4 & 3);
            *pixel = 0xFF00_0000 | red << 16 | green << 8 | blue;
        }
    }
}

/// Nothing that could be packed.
pub fn noise(frame: &mut Framebuffer, pane: Rect, rng: &mut Rng) {
    for y in pane.y..pane.bottom() {
        for pixel in &mut frame.row_mut(y)[pane.x as usize..pane.right() as usize] {
            *pixel = 0xFF00_0000 | (rng.next() >> 40) as u32;
        }
    }
}

/// Types one letter; returns the damage.
pub fn letter(frame: &mut Framebuffer, rng: &mut Rng) -> Rect {
    let size = frame.size();
    let (column, line) = (rng.below((size.width / CHAR.0).max(1)), rng.below((size.height / CHAR.1).max(1)));
    let cell = Rect::new(column * CHAR.0, line * CHAR.1, CHAR.0, CHAR.1).intersect(size.rect());
    let letter = 6 + rng.below(30);
    for y in cell.y..cell.bottom() {
        for x in cell.x..cell.right() {
            let shade = ink(letter, x - cell.x, y - cell.y);
            frame.row_mut(y)[x as usize] = 0xFF00_0000 | ((255 - shade) * 0x01_0101);
        }
    }
    cell
}

/// A source, its encoder, and a viewer that gets every update as bytes.
pub struct Pair {
    pub frame: Framebuffer,
    pub encoder: Encoder,
    pub decoder: Decoder,
    pub now: u64,
    pub path: Path,
    /// What the window system says with the next step.
    pub hints: Hints,
    /// The viewer does not look at all of the screen.
    pub looks_in_part: bool,
    /// The size that the encoder saw last.
    seen: Option<Size>,
}

/// A part of the picture with hints.
struct Hinted<'a>(PicturePatch<'a>, &'a Hints);

impl Patch for Hinted<'_> {
    fn size(&self) -> Size {
        self.0.size()
    }

    fn damage(&self) -> &Region {
        self.0.damage()
    }

    fn read(&self, x: u32, y: u32, out: &mut [u32]) {
        self.0.read(x, y, out);
    }

    fn hints(&self) -> &Hints {
        self.1
    }
}

/// Bytes and operations of one update.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    pub bytes: usize,
    pub copies: usize,
    pub tiles: usize,
    pub videos: usize,
    pub saves: usize,
    pub restores: usize,
}

/// Keeps an update of a small screen in the folder `DESKHAND_CORPUS`, if that is set: corpora of the fuzz targets come from there.
fn keep(bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("DESKHAND_CORPUS")
        && bytes.len() < 4_000
    {
        let name = bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
        std::fs::write(std::path::Path::new(&folder).join(format!("{name:016x}")), bytes).unwrap();
    }
}

impl Pair {
    pub fn new(width: u32, height: u32, path: Path) -> Self {
        Self::with_settings(width, height, path, Settings::default())
    }

    pub fn with_settings(width: u32, height: u32, path: Path, settings: Settings) -> Self {
        let size = Size::new(width, height).unwrap();
        let (frame, encoder, decoder) = (Framebuffer::new(size), Encoder::with_settings(size, settings), Decoder::new());
        Self { frame, encoder, decoder, now: 1, path, hints: Hints::default(), looks_in_part: false, seen: None }
    }

    /// Encodes this damage, `after` milliseconds later, and shows it to the viewer. Checks what must hold after every update.
    pub fn step(&mut self, damage: &Region, after: u64) -> Option<Sent> {
        self.now += after;
        let before = self.encoder.number();
        let all = Region::from_rect(self.frame.size().rect());
        let is_new = self.seen.replace(self.frame.size()) != Some(self.frame.size());
        let update = if damage.is_empty() && !is_new {
            self.encoder.refine(self.now, self.path).unwrap()
        } else {
            let patch = PicturePatch::new(self.frame.view(), if is_new { &all } else { damage });
            self.encoder.encode(&Hinted(patch, &self.hints), self.now, self.path).unwrap()
        };
        self.hints = Hints::default();
        assert!(*self.encoder.picture() == self.frame, "the encoder sees something else");
        let Some(update) = update else {
            assert_eq!(self.encoder.number(), before);
            return None;
        };
        assert_eq!(update.number, before + 1, "numbers are consecutive");
        assert!(update.base == 0 || update.base == before, "the base is the update before");
        let bytes = update.to_bytes();
        keep(&bytes);
        let update = Update::from_bytes(&bytes).unwrap();
        let applied = self.decoder.apply(&update).unwrap();
        assert_eq!(applied.number, update.number);
        if self.encoder.is_exact() {
            assert!(self.decoder.is_exact(), "the viewer does not know that its picture is exact");
            assert!(self.looks_in_part || *self.decoder.frame() == self.frame, "an exact picture differs");
        }
        let mut sent = Sent { bytes: bytes.len(), ..Sent::default() };
        for op in &update.ops {
            match op {
                deskhand_screen::Op::Copy { .. } => sent.copies += 1,
                deskhand_screen::Op::Tiles { .. } => sent.tiles += 1,
                deskhand_screen::Op::Video { .. } => sent.videos += 1,
                deskhand_screen::Op::Save { .. } => sent.saves += 1,
                deskhand_screen::Op::Restore { .. } => sent.restores += 1,
            }
        }
        Some(sent)
    }

    /// A pixel that the viewer takes for exact although it is not.
    pub fn differs_outside_lossy(&self) -> Option<(u32, u32)> {
        let width = self.frame.size().width;
        let mut places = (0..).map(|at| (at % width, at / width));
        self.frame.pixels().iter().zip(self.decoder.frame().pixels()).find_map(|(a, b)| {
            let (x, y) = places.next()?;
            (a != b && !self.decoder.lossy().contains(deskhand_screen::Point { x, y })).then_some((x, y))
        })
    }

    pub fn step_all(&mut self, after: u64) -> Option<Sent> {
        self.step(&Region::from_rect(self.frame.size().rect()), after)
    }

    /// Calls the encoder when it asks for it until it asks no more; then both pictures must be the same.
    pub fn settle(&mut self) -> usize {
        let mut updates = 0;
        while let Some(at) = self.encoder.next_refine() {
            let after = at.saturating_sub(self.now).max(1);
            updates += usize::from(self.step(&Region::new(), after).is_some());
            assert!(updates < 10_000, "it never settles");
        }
        assert!(self.encoder.is_exact() && self.decoder.is_exact());
        assert!(*self.decoder.frame() == self.frame, "the settled picture is not the source");
        updates
    }
}
