//! Engine: applies updates to a picture that lies elsewhere.
//!
//! In scope: order, sizes, and what every operation does. Not in scope: unpacking (`tiles`, `video`), owning pixels (`picture`).

use deskhand_screen::{MAX_STREAMS, Op, Rect, Region, Size, Update, apply_loss};

use crate::{
    DecodeError, Picture,
    tiles::Unpacker,
    touch::{self, Touch},
    under::SaveUnder,
    video::Video,
};

/// Most rectangles of [`Applied::damage`]; beyond it the damage is its own bounding rectangle.
const MAX_DAMAGE_RECTS: usize = 512;

/// What an update did to the picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The update's number.
    pub number: u64,
    /// Where pixels may have changed.
    pub damage: Region,
    /// Whether the picture has another size than before.
    pub resized: bool,
    /// What came which way; empty unless it was asked for by [`Engine::trace`].
    pub touches: Vec<Touch>,
}

/// The state between updates, apart from the pixels: pass the same [`Picture`] every time.
#[derive(Default)]
pub struct Engine {
    number: u64,
    size: Option<Size>,
    lossy: Region,
    broken: bool,
    traced: bool,
    unpacker: Unpacker,
    /// The running streams, the oldest first.
    streams: Vec<Video>,
    under: SaveUnder,
}

impl Engine {
    /// An engine that waits for a key update.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies one update, see [`crate::Decoder::apply`].
    ///
    /// # Errors
    /// As [`crate::Decoder::apply`].
    pub fn apply(&mut self, update: &Update, picture: &mut impl Picture) -> Result<Applied, DecodeError> {
        if !update.is_key() {
            if self.broken || self.number == 0 {
                return Err(DecodeError::NeedsKey);
            }
            if update.base != self.number {
                return Err(DecodeError::Gap { have: self.number, base: update.base });
            }
        }
        let applied = self.apply_in_order(update, picture);
        self.broken = applied.is_err();
        if applied.is_err() {
            self.streams.clear();
        }
        applied
    }

    /// Whether updates from here on tell what came which way. Changes nothing else.
    pub const fn trace(&mut self, on: bool) {
        self.traced = on;
    }

    /// The part of the picture that is not known to be exact.
    #[must_use]
    pub const fn lossy(&self) -> &Region {
        &self.lossy
    }

    /// Whether all of the picture is as the source was.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.number > 0 && !self.broken && self.lossy.is_empty()
    }

    /// Number of the last applied update; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    fn apply_in_order(&mut self, update: &Update, picture: &mut impl Picture) -> Result<Applied, DecodeError> {
        update.check()?;
        let resized = self.size != Some(update.size);
        let mut damage = Region::new();
        if update.is_key() {
            self.streams.clear();
            self.under.clear();
            picture.reset(update.size)?;
            self.size = Some(update.size);
            damage.add(update.size.rect());
        } else if let Some(have) = self.size
            && resized
        {
            return Err(DecodeError::SizeChanged { have, got: update.size });
        }
        for op in &update.ops {
            self.apply_op(op, picture, &mut damage)?;
        }
        let touches = if self.traced { touch::touches(update, &self.lossy) } else { Vec::new() };
        apply_loss(&mut self.lossy, update);
        self.number = update.number;
        Ok(Applied { number: update.number, damage, resized, touches })
    }

    fn apply_op(&mut self, op: &Op, picture: &mut impl Picture, damage: &mut Region) -> Result<(), DecodeError> {
        let mut pixels = picture.pixels_mut();
        match op {
            Op::Copy { from, to } => pixels.copy_within(*from, *to),
            Op::Save { rects } => return self.under.save(pixels.as_pixels(), rects),
            Op::Restore { rects } => self.under.restore(&mut pixels, rects),
            Op::Tiles { rects, form, data } => self.unpacker.unpack(&mut pixels, rects, *form, data)?,
            Op::Video { rect, key, data } => self.stream(*rect, *key)?.decode(&mut pixels, data)?,
        }
        touch(damage, op.rects());
        Ok(())
    }

    /// The stream of this rectangle, a new one when it begins here.
    fn stream(&mut self, rect: Rect, key: bool) -> Result<&mut Video, DecodeError> {
        if key {
            self.streams.retain(|stream| stream.rect().intersect(rect).is_empty());
            if self.streams.len() >= MAX_STREAMS {
                self.streams.remove(0);
            }
            self.streams.push(Video::new(rect)?);
        }
        let running = self.streams.iter_mut().find(|stream| stream.rect() == rect);
        running.ok_or(DecodeError::Video("no stream runs in this rectangle"))
    }
}

/// Adds rectangles to the damage, whose description stays short.
fn touch(damage: &mut Region, rects: &[Rect]) {
    for rect in rects {
        damage.add(*rect);
        if damage.rects().len() > MAX_DAMAGE_RECTS {
            *damage = Region::from_rect(damage.bounds());
        }
    }
}
