//! Updates and cursors on their way in.
//!
//! In scope: opening them in order, and what a bad one means. Not in scope: decoding; the content is still the word of an
//! unknown machine.

use deskhand_seal::screen::ScreenOpenError;
use deskhand_wire::{
    control::Scope,
    decode,
    limits::MAX_CURSOR_FRAME,
    update::{CursorMessage, HEADER_BYTES},
};

use super::pairing::Stage;
use super::{OpenedUpdate, ViewerSession};
use crate::clock::Now;
use crate::error::UpdateRefusal;

impl From<ScreenOpenError> for UpdateRefusal {
    fn from(error: ScreenOpenError) -> Self {
        match error {
            ScreenOpenError::Malformed => Self::Malformed,
            ScreenOpenError::Misplaced => Self::Misplaced,
            ScreenOpenError::UnknownEpoch(epoch) => Self::UnknownEpoch(epoch),
            ScreenOpenError::Forged => Self::Forged,
            ScreenOpenError::Old { number, last } => Self::Old { number, last },
        }
    }
}

impl ViewerSession {
    /// Opens an update as it came: header, then the sealed frame. Hand updates in in the order of their numbers; one
    /// stream may end before an earlier one.
    ///
    /// # Errors
    /// [`UpdateRefusal`]; nothing changed then, except that a forged update makes the picture stale.
    pub fn open_update(&mut self, now: Now, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<OpenedUpdate, UpdateRefusal> {
        let now = self.at(now);
        let Stage::Live(live) = &mut self.stage else { return Err(UpdateRefusal::NotAllowed) };
        if !live.granted(now.mono_ms).has(Scope::View) {
            return Err(UpdateRefusal::NotAllowed);
        }
        match live.screen.update(header, frame) {
            Ok((header, bytes)) => {
                live.picture.opened(header.number, header.key, *live.screen.hash());
                self.watch(now);
                Ok(OpenedUpdate { number: header.number, key: header.key, bytes })
            }
            Err(error) => {
                if matches!(error, ScreenOpenError::Forged | ScreenOpenError::Malformed) {
                    live.picture.forged();
                    self.watch(now);
                }
                Err(error.into())
            }
        }
    }

    /// Opens a cursor message as it came, from a stream or a datagram: the pointer as it is now, with its picture if that is new.
    ///
    /// # Errors
    /// [`UpdateRefusal`]; nothing changed then.
    pub fn open_cursor(&mut self, header: &[u8; HEADER_BYTES], frame: &[u8]) -> Result<CursorMessage, UpdateRefusal> {
        let latest = self.latest;
        let Stage::Live(live) = &mut self.stage else { return Err(UpdateRefusal::NotAllowed) };
        if !live.granted(latest).has(Scope::View) {
            return Err(UpdateRefusal::NotAllowed);
        }
        let (number, content) = live.screen.cursor(header, frame)?;
        let cursor: CursorMessage = decode(&content, MAX_CURSOR_FRAME).map_err(|_| UpdateRefusal::Malformed)?;
        let valid = cursor.shape.as_ref().is_none_or(deskhand_wire::update::CursorShape::is_valid);
        if valid { Ok(live.pointer.after(number, cursor)) } else { Err(UpdateRefusal::Malformed) }
    }
}
