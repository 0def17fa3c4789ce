//! Pictures for the workloads: text set in a real font, something like a photo, something like a film.
//!
//! In scope: seeded pixels, `0xRRGGBB`. Not in scope: putting them on a screen.

use ab_glyph::{Font, FontVec, PxScale, ScaleFont, point};
use harness::painter::Seeded;

/// A picture in memory.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u32>,
}

impl Picture {
    pub(crate) fn plain(width: u32, height: u32, colour: u32) -> Self {
        Self { width, height, pixels: vec![colour; (width * height) as usize] }
    }

    pub(crate) fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, colour: u32) {
        for row in y..(y + height).min(self.height) {
            let start = (row * self.width) as usize;
            self.pixels[start + x.min(self.width) as usize..start + (x + width).min(self.width) as usize].fill(colour);
        }
    }

    pub(crate) fn blit(&mut self, x: u32, y: u32, other: &Picture) {
        for row in 0..other.height.min(self.height.saturating_sub(y)) {
            let width = other.width.min(self.width.saturating_sub(x)) as usize;
            let (to, from) = (((y + row) * self.width + x) as usize, (row * other.width) as usize);
            self.pixels[to..to + width].copy_from_slice(&other.pixels[from..from + width]);
        }
    }

    /// Part of it.
    pub(crate) fn part(&self, x: u32, y: u32, width: u32, height: u32) -> Picture {
        let rows = (y..y + height).flat_map(|row| self.pixels[(row * self.width + x) as usize..][..width as usize].iter().copied());
        Picture { width, height, pixels: rows.collect() }
    }
}

const WORDS: &[&str] = &[
    "the",
    "remote",
    "session",
    "screen",
    "window",
    "support",
    "customer",
    "network",
    "server",
    "configuration",
    "interface",
    "printer",
    "driver",
    "installed",
    "restart",
    "settings",
    "address",
    "password",
    "update",
    "firewall",
    "please",
    "connection",
    "quality",
    "picture",
    "latency",
    "keyboard",
    "monitor",
    "ticket",
    "resolved",
    "backup",
    "invoice",
    "quarter",
    "of",
    "and",
    "a",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "was",
    "on",
    "are",
    "as",
    "with",
    "they",
    "at",
    "be",
    "this",
    "from",
    "or",
    "by",
    "but",
    "what",
    "some",
    "we",
    "can",
    "out",
    "other",
    "were",
    "all",
    "there",
];

/// Sets text.
pub(crate) struct Pen {
    font: FontVec,
}

impl Pen {
    /// With a font of the system.
    pub(crate) fn new(file: &str) -> anyhow::Result<Self> {
        let bytes = std::fs::read(file).map_err(|error| anyhow::anyhow!("{file}: {error} (Debian package fonts-dejavu-core)"))?;
        Ok(Self { font: FontVec::try_from_vec(bytes)? })
    }

    /// Writes a line; where it ends.
    pub(crate) fn line(&self, picture: &mut Picture, x: u32, y: u32, size: f32, colour: u32, text: &str) -> u32 {
        let font = self.font.as_scaled(PxScale::from(size));
        let mut at = x as f32;
        for character in text.chars() {
            let mut glyph = font.scaled_glyph(character);
            glyph.position = point(at, y as f32 + font.ascent());
            at += font.h_advance(glyph.id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|dx, dy, cover| {
                let (px, py) = (bounds.min.x as i64 + i64::from(dx), bounds.min.y as i64 + i64::from(dy));
                if px < 0 || py < 0 || px >= i64::from(picture.width) || py >= i64::from(picture.height) {
                    return;
                }
                let pixel = &mut picture.pixels[(py * i64::from(picture.width) + px) as usize];
                let mix = |shift: u32| {
                    let (under, over) = ((*pixel >> shift & 255) as f32, (colour >> shift & 255) as f32);
                    ((under + (over - under) * cover.min(1.0)) as u32) << shift
                };
                *pixel = mix(16) | mix(8) | mix(0);
            });
        }
        at as u32
    }

    /// A column of prose.
    pub(crate) fn prose(&self, random: &mut Seeded, width: u32, height: u32, size: f32) -> Picture {
        let mut page = Picture::plain(width, height, 0xFF_FFFF);
        let step = (size * 1.5) as u32;
        let mut y = 8;
        while y + step < height {
            let mut line = String::new();
            while line.len() < (width as f32 / size * 1.75) as usize {
                line.push_str(WORDS[random.below(WORDS.len() as u32) as usize]);
                line.push(' ');
            }
            if random.below(9) != 0 {
                self.line(&mut page, 16, y, size, 0x14_1414, &line);
            }
            y += step;
        }
        page
    }

    /// A line as in a terminal.
    pub(crate) fn code_line(random: &mut Seeded) -> String {
        let mut word = || WORDS[random.below(WORDS.len() as u32) as usize];
        let (a, b, c, d) = (word(), word(), word(), word());
        match random.below(4) {
            0 => format!("let {a}_{b} = {c}.{d}(&{a}, {});", random.below(9999)),
            1 => format!("{a}@{b}:~/{c}$ make {d} -j{}", random.below(9)),
            2 => format!("[{a}] {b}: {c} {d} took {} ms", random.below(9999)),
            _ => format!("drwxr-xr-x {a} {b} {c}.{d} {}", random.below(9999)),
        }
    }
}

/// Something like a photo: noise in octaves, soft and sharp.
pub(crate) fn photo(random: &mut Seeded, width: u32, height: u32, grain: u32) -> Picture {
    let lattice: Vec<f32> = (0..64 * 64).map(|_| random.below(1000) as f32 / 1000.0).collect();
    let noise = |x: f32, y: f32| {
        let (cx, cy) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (fx, fy) = (ease(x - cx), ease(y - cy));
        let at = |dx: i32, dy: i32| lattice[(((cy as i32 + dy) & 63) * 64 + ((cx as i32 + dx) & 63)) as usize];
        let (top, bottom) = (at(0, 0) + (at(1, 0) - at(0, 0)) * fx, at(0, 1) + (at(1, 1) - at(0, 1)) * fx);
        top + (bottom - top) * fy
    };
    let base = [90 + random.below(60), 90 + random.below(60), 90 + random.below(60)].map(|value| value as f32);
    let mut pixels = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / 180.0, y as f32 / 180.0);
            let (mut sum, mut share, mut scale) = (0.0, 0.5, 1.0);
            for _ in 0..5 {
                sum += share * noise(u * scale, v * scale);
                share *= 0.5;
                scale *= 2.03;
            }
            let crease = 1.0 - (2.0 * noise(u * 5.0, v * 5.0) - 1.0).abs();
            let tone = sum + 0.14 * crease * crease * crease - 0.5;
            let mut pixel = 0;
            for (index, base) in base.iter().enumerate() {
                let grain = if grain == 0 { 0.0 } else { random.below(2 * grain + 1) as f32 - grain as f32 };
                pixel = pixel << 8 | (base + tone * (150.0 + 20.0 * index as f32) + grain).clamp(0.0, 255.0) as u32;
            }
            pixels.push(pixel);
        }
    }
    Picture { width, height, pixels }
}

/// A window with a title.
pub(crate) fn titled(pen: &Pen, title: &str, content: &Picture) -> Picture {
    let mut window = Picture::plain(content.width, content.height + 30, 0xC4_C8D0);
    pen.line(&mut window, 12, 6, 16.0, 0x1E_1E22, title);
    window.blit(0, 30, content);
    window
}

/// A desktop with three windows of text.
pub(crate) fn desktop(pen: &Pen, mono: &Pen, random: &mut Seeded, width: u32, height: u32) -> Picture {
    let mut desktop = Picture::plain(width, height, 0x2A_4A6E);
    desktop.fill(0, height - 36, width, 36, 0x26_282E);
    for index in 0..6 {
        desktop.fill(8 + 190 * index, height - 32, 182, 28, 0x3A_3E46);
        pen.line(&mut desktop, 16 + 190 * index, height - 27, 14.0, 0xE6_E6E6, WORDS[random.below(WORDS.len() as u32) as usize]);
    }
    let prose = pen.prose(random, 860, 560, 16.0);
    desktop.blit(140, 30, &titled(pen, "Document - Writer", &prose));
    for (x, y, width, height, ground, ink, title) in
        [(1040, 60, 820, 420, 0xFA_FAF6, 0x28_283C, "main.rs - Editor"), (300, 640, 1300, 350, 0x18_1A1F, 0xD0_D4DA, "terminal")]
    {
        let mut page = Picture::plain(width, height, ground);
        let mut line = 6;
        while line + 19 < height {
            mono.line(&mut page, 8, line, 14.0, ink, &Pen::code_line(random));
            line += 19;
        }
        desktop.blit(x, y, &titled(pen, title, &page));
    }
    desktop
}
