//! Input of the technician on its way out.
//!
//! In scope: what is held back here already, which grant, tick and update a message names, letting go. Not in scope: what
//! the host makes of it.

use deskhand_wire::input::{InputEvent, InputMessage};

use super::pairing::Stage;
use super::{ViewerOutput, ViewerSession};
use crate::clock::Now;
use crate::error::InputBlocked;

impl ViewerSession {
    /// Sends one thing that the technician did, as [`ViewerOutput::Input`].
    ///
    /// # Errors
    /// [`InputBlocked`]; nothing was sent then. A release of something held is sent even on a stale picture.
    pub fn input(&mut self, now: Now, event: InputEvent) -> Result<(), InputBlocked> {
        let now = self.at(now);
        match &self.stage {
            Stage::Ended => return Err(InputBlocked::Ended),
            Stage::Live(_) => self.live_on_time(now),
            _ => return Err(InputBlocked::NoGrant),
        }
        let Stage::Live(live) = &mut self.stage else { return Err(InputBlocked::Ended) };
        let Some(grant) = live.control(now.mono_ms) else { return Err(InputBlocked::NoGrant) };
        if live.stale && !event.is_release() {
            return Err(InputBlocked::Stale);
        }
        if !live.held.follow(&event) {
            return Ok(());
        }
        let message = InputMessage { grant: grant.number, tick: live.picture.newest_tick(), seen: live.shown, event };
        live.witness.sends(&message.event);
        let frame = live.channels.input(&message).map_err(|_| InputBlocked::Exhausted)?;
        self.outputs.push_back(ViewerOutput::Input { frame });
        Ok(())
    }

    /// Lets go of everything held: focus went, the picture is stale, the session ends.
    pub(super) fn release_held(&mut self, now: Now) {
        let Stage::Live(live) = &mut self.stage else { return };
        if !live.held.any() {
            return;
        }
        live.held.clear();
        let Some(grant) = live.control(now.mono_ms) else { return };
        let tick = live.picture.newest_tick();
        let message = InputMessage { grant: grant.number, tick, seen: live.shown, event: InputEvent::ReleaseAll };
        live.witness.sends(&message.event);
        if let Ok(frame) = live.channels.input(&message) {
            self.outputs.push_back(ViewerOutput::Input { frame });
        }
    }
}
