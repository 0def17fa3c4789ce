//! What the cage says after each update, in bytes.
//!
//! In scope: writing it in the cage and reading it outside. The reader trusts nothing: every count, size and rectangle is
//! checked, text is cut and made plain. Not in scope: moving the bytes (`pipe`).
//!
//! Little-endian. `0 | number u64 | width u32 | height u32 | flags | region | touches u8 | (way u8 | region) ...` where a region is
//! `rectangles u32 | rectangle 4 x u32 ...`, or `1 | have u64 | base u64` (gap), `2` (needs a key update), `3 | text` (refused).

use deskhand_decode::{Applied, DecodeError, MAX_TOUCH_RECTS, Touch, Way};
use deskhand_screen::{Rect, Region, Size};

use crate::CageError;

/// Longest answer, in bytes.
pub(crate) const MAX_ANSWER: usize = 24 << 10;
/// Most rectangles in one: the decoder's own bound is 512.
const MAX_RECTS: usize = 900;
/// Longest reason, in bytes.
const MAX_TEXT: usize = 300;

const APPLIED: u8 = 0;
const GAP: u8 = 1;
const NEEDS_KEY: u8 = 2;
const REFUSED: u8 = 3;
const RESIZED: u8 = 1;
const EXACT: u8 = 2;

/// An update that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Done {
    pub(crate) applied: Applied,
    pub(crate) size: Size,
    pub(crate) exact: bool,
}

/// The bytes of an answer.
pub(crate) fn to_bytes(result: &Result<Done, DecodeError>) -> Vec<u8> {
    match result {
        Ok(done) => {
            let mut out = vec![APPLIED];
            out.extend_from_slice(&done.applied.number.to_le_bytes());
            out.extend_from_slice(&done.size.width.to_le_bytes());
            out.extend_from_slice(&done.size.height.to_le_bytes());
            out.push(if done.applied.resized { RESIZED } else { 0 } | if done.exact { EXACT } else { 0 });
            write(&mut out, &done.applied.damage, MAX_RECTS);
            out.push(done.applied.touches.len() as u8);
            for touch in &done.applied.touches {
                out.push(touch.way as u8);
                write(&mut out, &touch.region, MAX_TOUCH_RECTS);
            }
            out
        }
        Err(DecodeError::Gap { have, base }) => [&[GAP][..], &have.to_le_bytes(), &base.to_le_bytes()].concat(),
        Err(DecodeError::NeedsKey) => vec![NEEDS_KEY],
        Err(error) => {
            let text = error.to_string();
            let mut out = vec![REFUSED];
            out.extend(text.bytes().take(MAX_TEXT));
            out
        }
    }
}

/// A region, or its bounds when it has more rectangles than `most`.
fn write(out: &mut Vec<u8>, region: &Region, most: usize) {
    let bounds = [region.bounds()];
    let rects = if region.rects().len() > most { &bounds } else { region.rects() };
    out.extend_from_slice(&(rects.len() as u32).to_le_bytes());
    for side in rects.iter().flat_map(|rect| [rect.x, rect.y, rect.width, rect.height]) {
        out.extend_from_slice(&side.to_le_bytes());
    }
}

/// Reads an answer; `Err(CageError::Crashed)` for anything that no honest cage says.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Done, CageError> {
    let nonsense = || CageError::Crashed("it answered nonsense".into());
    let (kind, rest) = bytes.split_first().ok_or_else(nonsense)?;
    let mut rest = rest;
    match *kind {
        APPLIED => {
            let mut done = || applied(&mut rest);
            done().filter(|_| rest.is_empty()).ok_or_else(nonsense)
        }
        GAP => {
            let mut gap = || Some(DecodeError::Gap { have: number(&mut rest)?, base: number(&mut rest)? });
            Err(gap().filter(|_| rest.is_empty()).map_or_else(nonsense, CageError::Decode))
        }
        NEEDS_KEY if rest.is_empty() => Err(CageError::Decode(DecodeError::NeedsKey)),
        REFUSED => {
            let plain = rest.iter().take(MAX_TEXT).map(|byte| if (0x20..0x7F).contains(byte) { char::from(*byte) } else { '?' });
            Err(CageError::Refused(plain.collect()))
        }
        _ => Err(nonsense()),
    }
}

fn applied(rest: &mut &[u8]) -> Option<Done> {
    let number = number(rest)?;
    let size = Size::new(small(rest)?, small(rest)?).ok()?;
    let flags = take::<1>(rest)?[0];
    if flags & !(RESIZED | EXACT) != 0 {
        return None;
    }
    let damage = region(rest, size, MAX_RECTS)?;
    let count = usize::from(take::<1>(rest)?[0]);
    if count > Way::ALL.len() {
        return None;
    }
    let mut touches = Vec::with_capacity(count);
    for _ in 0..count {
        let way = *Way::ALL.get(usize::from(take::<1>(rest)?[0]))?;
        touches.push(Touch { way, region: region(rest, size, MAX_TOUCH_RECTS)? });
    }
    Some(Done { applied: Applied { number, damage, resized: flags & RESIZED != 0, touches }, size, exact: flags & EXACT != 0 })
}

/// A region of at most `most` rectangles, each inside a picture of this size.
fn region(rest: &mut &[u8], size: Size, most: usize) -> Option<Region> {
    let count = small(rest)? as usize;
    if count > most {
        return None;
    }
    let mut rects = Vec::with_capacity(count);
    for _ in 0..count {
        let rect = Rect::new(small(rest)?, small(rest)?, small(rest)?, small(rest)?);
        rects.push(rect.fits(size).then_some(rect)?);
    }
    Some(rects.into_iter().collect())
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    take(rest).map(u64::from_le_bytes)
}

fn small(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done() -> Done {
        let damage = [Rect::new(1, 2, 3, 4), Rect::new(50, 60, 10, 4)].into_iter().collect();
        let touches = vec![Touch { way: Way::Video, region: Region::from_rect(Rect::new(0, 0, 60, 64)) }];
        let applied = Applied { number: 77, damage, resized: true, touches };
        Done { applied, size: Size::new(60, 64).unwrap(), exact: false }
    }

    #[test]
    fn answers_survive_their_bytes() {
        assert_eq!(from_bytes(&to_bytes(&Ok(done()))), Ok(done()));
        for error in [DecodeError::Gap { have: 3, base: 9 }, DecodeError::NeedsKey] {
            assert_eq!(from_bytes(&to_bytes(&Err(error.clone()))), Err(CageError::Decode(error)));
        }
        let refused = from_bytes(&to_bytes(&Err(DecodeError::Tiles("cut"))));
        assert_eq!(refused, Err(CageError::Refused("packed pixels are damaged: cut".into())));
    }

    #[test]
    fn nonsense_is_a_crash_whatever_byte_is_wrong() {
        let good = to_bytes(&Ok(done()));
        for cut in 0..good.len() {
            assert!(matches!(from_bytes(&good[..cut]), Err(CageError::Crashed(_))), "cut at {cut}");
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] = 0xFF;
            // Numbers may be any; nothing may panic, and rectangles stay inside the picture.
            if let Ok(done) = from_bytes(&bad) {
                let told = done.applied.touches.iter().map(|touch| &touch.region).chain([&done.applied.damage]);
                assert!(told.flat_map(|region| region.rects()).all(|rect| rect.fits(done.size)));
            }
        }
        assert!(matches!(from_bytes(&[GAP, 1]), Err(CageError::Crashed(_))));
        assert!(matches!(from_bytes(&[9]), Err(CageError::Crashed(_))));
    }

    #[test]
    fn a_reason_from_the_cage_cannot_carry_control_characters() {
        let refused = from_bytes(&[REFUSED, b'a', 0x1B, b'[', 0xFF, b'b']);
        assert_eq!(refused, Err(CageError::Refused("a?[?b".into())));
    }
}
