//! The byte form of an update.
//!
//! In scope: writing it, and reading it strictly: one byte form per update, every count and length checked against the
//! limits and against what is left before anything is allocated. Not in scope: what is inside `data` (`decode`).
//!
//! Numbers are LEB128 varints without needless bytes. Layout:
//! `form 1 | number | base | width | height | damaged_at | operations | operation...` with an operation one of
//! `0 | from x | from y | rect`, `1 | tile form | rectangles | rect... | length | data`, `2 | key 0 or 1 | rect | length | data`,
//! `3 | rectangles | rect...` (save), `4 | rectangles | rect...` (restore), and a rectangle `x | y | width | height`.

use crate::{
    MAX_OPS, MAX_RECTS, MAX_TILES_PIXELS, MAX_UPDATE_BYTES, MAX_VIDEO_PIXELS, MIN_VIDEO_SIDE, Op, Point, Rect, Size, SizeError, TileForm,
    Update,
};

/// Version of the byte form.
const FORM: u8 = 1;
const COPY: u8 = 0;
const TILES: u8 = 1;
const VIDEO: u8 = 2;
const SAVE: u8 = 3;
const RESTORE: u8 = 4;
/// Fewest bytes a rectangle takes.
const RECT_BYTES: usize = 4;

/// Why bytes are not an update, or an update is outside the limits. All of these are the sender's fault, except
/// [`UpdateError::Form`]: a newer program may have sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UpdateError {
    /// A later version of the format.
    #[error("this update has form {0}; this program reads form {FORM}: install the same version of Deskhand on both sides")]
    Form(u8),
    /// More than [`MAX_UPDATE_BYTES`].
    #[error("an update of {0} bytes is above the limit of {MAX_UPDATE_BYTES}")]
    TooLong(usize),
    /// The bytes end in the middle.
    #[error("the update ends too early")]
    Truncated,
    /// Bytes are left after the last operation.
    #[error("{0} bytes follow the end of the update")]
    Trailing(usize),
    /// A number is too large for its place or has needless bytes.
    #[error("a number in the update is malformed")]
    Number,
    /// The update's number is 0, or its base is not before it.
    #[error("update {number} cannot build on update {base}")]
    Base {
        /// Its number.
        number: u64,
        /// Its base.
        base: u64,
    },
    /// The picture's size is outside the limits.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// An unknown operation, tile form or flag.
    #[error("unknown value {value} for {what}")]
    Unknown {
        /// The field.
        what: &'static str,
        /// What it held.
        value: u8,
    },
    /// More operations, rectangles or pixels than allowed, or none where one is needed.
    #[error("the number of {0} in the update is outside the limits")]
    Count(&'static str),
    /// An empty rectangle or one that leaves the picture.
    #[error("rectangle {0:?} is not inside the picture")]
    Outside(Rect),
    /// A copy onto itself.
    #[error("a copy at {0:?} moves nothing")]
    NoMove(Rect),
    /// A continued video stream, or something restored, in a key update: it would need something before it.
    #[error("a key update goes on with something from before it")]
    NotAKey,
}

impl Update {
    /// Its byte form. The update should be within the limits ([`Update::check`]), or no reader will take it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    /// Writes its byte form to `out`, whose memory is used again.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.clear();
        out.reserve(64 + self.ops.iter().map(op_bytes_hint).sum::<usize>());
        out.push(FORM);
        for number in
            [self.number, self.base, u64::from(self.size.width), u64::from(self.size.height), self.damaged_at, self.ops.len() as u64]
        {
            put(out, number);
        }
        self.ops.iter().for_each(|op| put_op(out, op));
    }

    /// Reads a byte form.
    ///
    /// # Errors
    /// Anything that is not exactly one update within the limits; nothing is allocated for a count that the remaining
    /// bytes cannot hold.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, UpdateError> {
        if bytes.len() > MAX_UPDATE_BYTES {
            return Err(UpdateError::TooLong(bytes.len()));
        }
        let mut reader = Reader { rest: bytes };
        let form = reader.byte()?;
        if form != FORM {
            return Err(UpdateError::Form(form));
        }
        let (number, base) = (reader.number()?, reader.number()?);
        let size = Size::new(reader.small()?, reader.small()?)?;
        let damaged_at = reader.number()?;
        let count = reader.count("operations", MAX_OPS, 1)?;
        let mut ops = Vec::with_capacity(count);
        let mut rects_left = MAX_RECTS;
        for _ in 0..count {
            ops.push(reader.op(&mut rects_left)?);
        }
        if !reader.rest.is_empty() {
            return Err(UpdateError::Trailing(reader.rest.len()));
        }
        let update = Self { number, base, size, damaged_at, ops };
        update.check()?;
        Ok(update)
    }

    /// Whether it is within the limits, as every update from [`Update::from_bytes`] is.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn check(&self) -> Result<(), UpdateError> {
        if self.number == 0 || self.base >= self.number {
            return Err(UpdateError::Base { number: self.number, base: self.base });
        }
        Size::new(self.size.width, self.size.height)?;
        if self.ops.len() > MAX_OPS {
            return Err(UpdateError::Count("operations"));
        }
        let rects: usize = self.ops.iter().map(|op| op.rects().len()).sum();
        if rects > MAX_RECTS {
            return Err(UpdateError::Count("rectangles"));
        }
        let (mut stream, mut saved) = (!self.is_key(), !self.is_key());
        for op in &self.ops {
            self.check_op(op)?;
            match op {
                Op::Video { key, .. } => stream |= key,
                Op::Save { .. } => saved = true,
                _ => {}
            }
            if matches!(op, Op::Video { .. }) && !stream || matches!(op, Op::Restore { .. }) && !saved {
                return Err(UpdateError::NotAKey);
            }
        }
        Ok(())
    }

    fn check_op(&self, op: &Op) -> Result<(), UpdateError> {
        let inside = |rect: Rect| if rect.fits(self.size) { Ok(()) } else { Err(UpdateError::Outside(rect)) };
        match op {
            Op::Copy { from, to } => {
                inside(*to)?;
                inside(Rect::new(from.x, from.y, to.width, to.height))?;
                if *from == to.origin() { Err(UpdateError::NoMove(*to)) } else { Ok(()) }
            }
            Op::Save { rects } | Op::Restore { rects } => {
                rects.iter().try_for_each(|rect| inside(*rect))?;
                if rects.is_empty() { Err(UpdateError::Count("saved rectangles")) } else { Ok(()) }
            }
            Op::Tiles { rects, data, .. } => {
                rects.iter().try_for_each(|rect| inside(*rect))?;
                let pixels: u64 = rects.iter().map(|rect| rect.area()).sum();
                if rects.is_empty() || pixels > MAX_TILES_PIXELS || data.is_empty() {
                    return Err(UpdateError::Count("tile pixels"));
                }
                Ok(())
            }
            Op::Video { rect, data, .. } => {
                inside(*rect)?;
                let small = rect.width < MIN_VIDEO_SIDE || rect.height < MIN_VIDEO_SIDE;
                if small || rect.area() > MAX_VIDEO_PIXELS || data.is_empty() {
                    return Err(UpdateError::Count("video pixels"));
                }
                Ok(())
            }
        }
    }
}

fn op_bytes_hint(op: &Op) -> usize {
    match op {
        Op::Copy { .. } => 32,
        Op::Save { rects } | Op::Restore { rects } => 16 + rects.len() * 12,
        Op::Tiles { rects, data, .. } => 16 + rects.len() * 12 + data.len(),
        Op::Video { data, .. } => 32 + data.len(),
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_rect(out: &mut Vec<u8>, rect: Rect) {
    for side in [rect.x, rect.y, rect.width, rect.height] {
        put(out, u64::from(side));
    }
}

fn put_rects(out: &mut Vec<u8>, rects: &[Rect]) {
    put(out, rects.len() as u64);
    rects.iter().for_each(|rect| put_rect(out, *rect));
}

fn put_data(out: &mut Vec<u8>, data: &[u8]) {
    put(out, data.len() as u64);
    out.extend_from_slice(data);
}

fn put_op(out: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Copy { from, to } => {
            out.push(COPY);
            put(out, u64::from(from.x));
            put(out, u64::from(from.y));
            put_rect(out, *to);
        }
        Op::Tiles { rects, form, data } => {
            out.push(TILES);
            out.push(match form {
                TileForm::Raw => 0,
                TileForm::Palette => 1,
                TileForm::Filtered => 2,
                TileForm::Glyphs => 3,
            });
            put_rects(out, rects);
            put_data(out, data);
        }
        Op::Save { rects } => {
            out.push(SAVE);
            put_rects(out, rects);
        }
        Op::Restore { rects } => {
            out.push(RESTORE);
            put_rects(out, rects);
        }
        Op::Video { rect, key, data } => {
            out.push(VIDEO);
            out.push(u8::from(*key));
            put_rect(out, *rect);
            put_data(out, data);
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, UpdateError> {
        let (first, rest) = self.rest.split_first().ok_or(UpdateError::Truncated)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, UpdateError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7F);
            if (part << shift) >> shift != part || (byte == 0 && shift > 0) {
                return Err(UpdateError::Number);
            }
            number |= part << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(UpdateError::Number)
    }

    fn small(&mut self) -> Result<u32, UpdateError> {
        u32::try_from(self.number()?).map_err(|_| UpdateError::Number)
    }

    /// A count of things that take at least `bytes_each`: at most `limit`, and no more than the remaining bytes can hold.
    fn count(&mut self, what: &'static str, limit: usize, bytes_each: usize) -> Result<usize, UpdateError> {
        let count = usize::try_from(self.number()?).map_err(|_| UpdateError::Count(what))?;
        if count > limit {
            return Err(UpdateError::Count(what));
        }
        if count > self.rest.len() / bytes_each {
            return Err(UpdateError::Truncated);
        }
        Ok(count)
    }

    fn rect(&mut self) -> Result<Rect, UpdateError> {
        Ok(Rect::new(self.small()?, self.small()?, self.small()?, self.small()?))
    }

    fn rects(&mut self, left: &mut usize) -> Result<Vec<Rect>, UpdateError> {
        let count = self.count("rectangles", *left, RECT_BYTES)?;
        *left -= count;
        (0..count).map(|_| self.rect()).collect()
    }

    fn data(&mut self) -> Result<Vec<u8>, UpdateError> {
        let length = self.count("data bytes", MAX_UPDATE_BYTES, 1)?;
        let (data, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(data.to_vec())
    }

    fn op(&mut self, rects_left: &mut usize) -> Result<Op, UpdateError> {
        match self.byte()? {
            COPY => {
                let from = Point { x: self.small()?, y: self.small()? };
                Ok(Op::Copy { from, to: self.rect()? })
            }
            TILES => {
                let form = match self.byte()? {
                    0 => TileForm::Raw,
                    1 => TileForm::Palette,
                    2 => TileForm::Filtered,
                    3 => TileForm::Glyphs,
                    value => return Err(UpdateError::Unknown { what: "tile form", value }),
                };
                Ok(Op::Tiles { rects: self.rects(rects_left)?, form, data: self.data()? })
            }
            VIDEO => {
                let key = match self.byte()? {
                    0 => false,
                    1 => true,
                    value => return Err(UpdateError::Unknown { what: "video key", value }),
                };
                Ok(Op::Video { key, rect: self.rect()?, data: self.data()? })
            }
            SAVE => Ok(Op::Save { rects: self.rects(rects_left)? }),
            RESTORE => Ok(Op::Restore { rects: self.rects(rects_left)? }),
            value => Err(UpdateError::Unknown { what: "operation", value }),
        }
    }
}
