//! The candidates: every way that was considered to pack the exact pixels of one area.
//!
//! In scope: packing and unpacking, each by itself. Not in scope: measuring (`main`).

use std::collections::HashMap;

use deskhand_screen::{Framebuffer, Rect, pack_glyphs, unpack_glyphs};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe::CParameter,
};

use crate::neighbours::{self, Guess};

/// Bytes of the dictionary of glyphs.
const DICTIONARY: usize = 16_384;
/// Extent of a glyph in it.
const GLYPH: (u32, u32) = (16, 20);

/// The pixels of one area.
pub(crate) struct Area<'a> {
    frame: &'a Framebuffer,
    width: usize,
}

impl<'a> Area<'a> {
    pub(crate) fn new(frame: &'a Framebuffer) -> Self {
        Self { frame, width: frame.size().width as usize }
    }

    fn len(&self) -> usize {
        self.frame.pixels().len()
    }
}

enum Way {
    Palette,
    /// As few whole bits a place as the number of colours needs: 1, 2, 4 or 8.
    PackedPalette {
        with_zstd: bool,
    },
    Raw,
    Filtered {
        guess: Guess,
        together: bool,
    },
    Glyphs,
}

pub(crate) struct Candidate {
    name: String,
    way: Way,
    zstd: Compressor<'static>,
    unzstd: Decompressor<'static>,
}

impl Candidate {
    pub(crate) fn all(letters: &Framebuffer) -> Vec<Self> {
        let plain = |name: String, way: Way, level: i32| Self {
            name,
            way,
            zstd: Compressor::new(level).unwrap(),
            unzstd: Decompressor::new().unwrap(),
        };
        let mut all = Vec::new();
        for level in [-3, -1, 1, 3] {
            all.push(plain(format!("palette, zstd {level}"), Way::Palette, level));
        }
        let dictionary = dictionary(letters);
        let mut with_dictionary = plain("palette, zstd 1 with a dictionary of glyphs".into(), Way::Palette, 1);
        with_dictionary.zstd = Compressor::with_dictionary(1, &dictionary).unwrap();
        with_dictionary.unzstd = Decompressor::with_dictionary(&dictionary).unwrap();
        all.push(with_dictionary);
        all.push(plain("palette in few bits".into(), Way::PackedPalette { with_zstd: false }, 1));
        all.push(plain("palette in few bits, zstd 1".into(), Way::PackedPalette { with_zstd: true }, 1));
        all.push(plain("glyphs".into(), Way::Glyphs, 1));
        for level in [-1, 1, 3] {
            all.push(plain(format!("raw, zstd {level}"), Way::Raw, level));
        }
        for guess in Guess::ALL {
            for together in [false, true] {
                let colours = if together { "R-G, B-G" } else { "R, B" };
                all.push(plain(format!("{guess:?}, {colours}, zstd 1"), Way::Filtered { guess, together }, 1));
            }
        }
        for (guess, together) in [(Guess::MeanOfFour, false), (Guess::Gradient, true)] {
            for least in [6, 7] {
                let mut long = plain(format!("{guess:?}, {together}, zstd 1, matches of {least}"), Way::Filtered { guess, together }, 1);
                long.zstd.set_parameter(CParameter::MinMatch(least)).unwrap();
                all.push(long);
            }
        }
        for level in [-3, -1, 3] {
            all.push(plain(format!("MeanOfFour, R, B, zstd {level}"), Way::Filtered { guess: Guess::MeanOfFour, together: false }, level));
        }
        all
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pack(&mut self, area: &Area<'_>) -> Option<Vec<u8>> {
        match self.way {
            Way::Palette | Way::PackedPalette { with_zstd: true } => {
                let (mut data, places) = self.places(area)?;
                data.extend(self.zstd.compress(&places).unwrap());
                Some(data)
            }
            Way::PackedPalette { with_zstd: false } => {
                let (mut data, places) = self.places(area)?;
                data.extend(places);
                Some(data)
            }
            Way::Raw => Some(self.zstd.compress(area.frame.bytes()).unwrap()),
            Way::Filtered { guess, together } => {
                let mut out = Vec::with_capacity(area.len() * 3);
                for plane in neighbours::planes(area.frame.pixels(), together) {
                    neighbours::forward(guess, &plane, area.width, &mut out);
                }
                Some(self.zstd.compress(&out).unwrap())
            }
            Way::Glyphs => pack_glyphs(area.frame.view(), &[area.frame.size().rect()], Vec::new()),
        }
    }

    pub(crate) fn unpack(&mut self, area: &Area<'_>, data: &[u8]) -> Vec<u32> {
        match self.way {
            Way::Raw => {
                let bytes = self.unzstd.decompress(data, area.len() * 4).unwrap();
                bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
            }
            Way::Filtered { guess, together } => {
                let bytes = self.unzstd.decompress(data, area.len() * 3).unwrap();
                let mut planes = bytes.chunks_exact(area.len()).map(|plane| neighbours::backward(guess, plane, area.width));
                neighbours::pixels(&[planes.next().unwrap(), planes.next().unwrap(), planes.next().unwrap()], together)
            }
            Way::Glyphs => {
                let mut frame = Framebuffer::new(area.frame.size());
                unpack_glyphs(&mut frame.view_mut(), &[area.frame.size().rect()], data).unwrap();
                frame.pixels().to_vec()
            }
            Way::Palette | Way::PackedPalette { .. } => {
                let colours = usize::from(data[0]) + 1;
                let (list, rest) = data[1..].split_at(colours * 3);
                let list: Vec<u32> = list.as_chunks::<3>().0.iter().map(|c| u32::from_le_bytes([c[0], c[1], c[2], 0xFF])).collect();
                let bits = if matches!(self.way, Way::Palette) { 8 } else { bits(colours) };
                let bytes = if matches!(self.way, Way::PackedPalette { with_zstd: false }) {
                    rest.to_vec()
                } else {
                    self.unzstd.decompress(rest, area.len()).unwrap()
                };
                let each = 8 / bits;
                (0..area.len()).map(|at| list[usize::from(bytes[at / each] >> (at % each * bits)) & ((1 << bits) - 1)]).collect()
            }
        }
    }

    /// The list of colours as bytes, and the places in their final width.
    fn places(&self, area: &Area<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
        let (colours, places) = reduce(area.frame.pixels().iter().copied())?;
        let mut data = vec![(colours.len() - 1) as u8];
        colours.iter().for_each(|colour| data.extend_from_slice(&colour.to_le_bytes()[..3]));
        let bits = if matches!(self.way, Way::Palette) { 8 } else { bits(colours.len()) };
        let packed =
            places.chunks(8 / bits).map(|places| places.iter().rev().fold(0, |byte, place| (u32::from(byte) << bits) as u8 | place));
        Some((data, if bits == 8 { places } else { packed.collect() }))
    }
}

/// 1, 2, 4 or 8.
fn bits(colours: usize) -> usize {
    [1, 2, 4, 8].into_iter().find(|bits| colours <= 1 << bits).unwrap()
}

/// The colours as they are met, at most 256, and each pixel's place among them.
fn reduce(pixels: impl Iterator<Item = u32>) -> Option<(Vec<u32>, Vec<u8>)> {
    let mut known = HashMap::new();
    let (mut colours, mut places) = (Vec::new(), Vec::new());
    for pixel in pixels {
        let next = colours.len();
        let place = *known.entry(pixel).or_insert(next);
        if place == next {
            if next == 256 {
                return None;
            }
            colours.push(pixel);
        }
        places.push(place as u8);
    }
    Some((colours, places))
}

/// The places of the glyphs of a page, the way they are packed alone.
fn dictionary(page: &Framebuffer) -> Vec<u8> {
    let mut dictionary = Vec::new();
    let size = page.size();
    for y in (0..size.height - GLYPH.1.min(size.height)).step_by(GLYPH.1 as usize) {
        for x in (0..size.width - GLYPH.0.min(size.width)).step_by(GLYPH.0 as usize) {
            let cell = page.rows(Rect::new(x, y, GLYPH.0, GLYPH.1)).flatten().copied();
            match reduce(cell) {
                Some((colours, places)) if colours.len() > 1 => dictionary.extend(places),
                _ => {}
            }
            if dictionary.len() >= DICTIONARY {
                return dictionary;
            }
        }
    }
    dictionary
}
