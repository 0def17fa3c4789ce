//! Pictures for the page: what changed since the one it has, as PNG.
//!
//! In scope: the body of `/picture`. It is `length u32 big endian | head | PNG...`; the head is JSON of that length and says what is seen
//! and where each PNG goes (x, y, width, height, bytes). Not in scope: finding the picture (`deskhand-player`).

use deskhand_player::Seen;
use deskhand_screen::{Rect, Region};
use serde::Serialize;

use super::desk::Watched;
use crate::{failure::Failure, picture::png_of};

/// More rectangles than this are sent as the one around them.
const MOST_RECTS: usize = 12;

#[derive(Serialize)]
struct Head {
    /// What to say as `have` the next time.
    have: u64,
    /// `picture`, `nothing` or `gap`.
    seen: &'static str,
    /// Why there is no picture.
    why: Option<String>,
    /// When the picture was made, session time.
    ms: Option<u64>,
    width: u32,
    height: u32,
    rects: Vec<(u32, u32, u32, u32, usize)>,
}

/// The body for a moment, for somebody who has the picture that was sent as `have`.
///
/// # Errors
/// [`Failure`] when nothing can be decoded at all.
pub(super) fn at(watched: &mut Watched, ms: u64, have: u64) -> Result<Vec<u8>, Failure> {
    let shown = watched.player.show(ms).map_err(|why| Failure::failed(why.to_string()))?;
    let step = match shown.seen {
        Seen::Picture(step) => step,
        Seen::Nothing => return without("nothing", None, have),
        Seen::Gap(gap) => return without("gap", Some(gap.why.to_string()), have),
    };
    let (made_ms, size) = (watched.player.index().steps()[step].ms, watched.player.index().steps()[step].size);
    let damage = if have == watched.sent && have > 0 { shown.damage } else { Region::from_rect(size.rect()) };
    // When nothing changed, whoever has the picture goes on having it, and so does everybody else who does.
    if !damage.is_empty() || have != watched.sent {
        watched.sent += 1;
    }
    let rects = if damage.rects().len() > MOST_RECTS { vec![damage.bounds()] } else { damage.rects().to_vec() };
    let packed: Vec<(Rect, Vec<u8>)> = watched
        .player
        .see(|pixels| rects.iter().map(|rect| Some((*rect, png_of(pixels, *rect)?))).collect::<Option<_>>())
        .flatten()
        .ok_or_else(|| Failure::failed("the picture could not be packed"))?;
    let places = packed.iter().map(|(rect, bytes)| (rect.x, rect.y, rect.width, rect.height, bytes.len())).collect();
    let head =
        Head { have: watched.sent, seen: "picture", why: None, ms: Some(made_ms), width: size.width, height: size.height, rects: places };
    body(&head, &packed)
}

fn without(seen: &'static str, why: Option<String>, have: u64) -> Result<Vec<u8>, Failure> {
    body(&Head { have, seen, why, ms: None, width: 0, height: 0, rects: Vec::new() }, &[])
}

fn body(head: &Head, packed: &[(Rect, Vec<u8>)]) -> Result<Vec<u8>, Failure> {
    let head = serde_json::to_vec(head).map_err(|why| Failure::failed(why.to_string()))?;
    let mut body = (head.len() as u32).to_be_bytes().to_vec();
    body.extend(head);
    packed.iter().for_each(|(_, bytes)| body.extend(bytes));
    Ok(body)
}
