//! A recording made of any bytes: sealed as a host seals it, played as a reviewer plays it.
//!
//! In scope: the `recording` fuzz target. The bytes are updates, each after its length (u16 little-endian), the first as they are, all
//! with their numbers put in order so that they get far; whoever plays them must show, for each, what applying all of them in order shows.

// The player's own tests make recordings by the same means.
#[path = "../../crates/reviewer/player/tests/support/mod.rs"]
mod support;

use deskhand_decode::Decoder;
use deskhand_player::{Player, Seen};
use deskhand_screen::Update;
use support::{Here, Tape, key};

/// Most updates of one recording, and largest picture: more is only slow.
const MOST: usize = 24;
const MOST_PIXELS: u64 = 1 << 14;

/// Plays what the bytes say.
///
/// # Panics
/// When a moment is shown in another way than it was.
pub fn play(mut bytes: &[u8]) {
    let (mut tape, mut decoder, mut seen) = (Tape::begin(), Decoder::new(), Vec::new());
    while let Some((length, rest)) = bytes.split_first_chunk::<2>()
        && seen.len() < MOST
    {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (text, rest) = rest.split_at(length);
        bytes = rest;
        let Ok(mut update) = Update::from_bytes(text) else { continue };
        let number = seen.len() as u64 + 1;
        (update.number, update.base) = (number, if update.is_key() || number == 1 { 0 } else { number - 1 });
        if update.size.area() > MOST_PIXELS || update.check().is_err() || decoder.apply(&update).is_err() {
            continue;
        }
        tape.now_ms += 20;
        update.damaged_at = tape.now_ms;
        tape.update(&update);
        seen.push(decoder.frame().clone());
    }
    let Ok(mut player) = Player::new(tape.end(), key(), Here::default()) else { return };
    // There and back, so that each is reached from before and from behind.
    for step in (0..seen.len()).step_by(2).chain((0..seen.len()).rev()) {
        let shown = player.show_step(step).expect("there is a screen");
        assert_eq!(shown.seen, Seen::Picture(step));
        player.see(|pixels| assert!(pixels.pixels() == seen[step].pixels(), "step {step} is shown as it was not"));
    }
}
