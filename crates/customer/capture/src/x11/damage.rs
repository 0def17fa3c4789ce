//! What was drawn, as the server gathers it (DAMAGE extension, protocol version 1.1).
//!
//! In scope: taking it without losing any. Not in scope: copying pixels.

use super::{
    geometry::clip,
    session::{Session, failed, lost},
};
use crate::CaptureError;
use deskhand_screen::{Rect, Region, Size};
use x11rb::{
    NONE,
    connection::{Connection, SequenceNumber},
    protocol::{
        damage::{ConnectionExt as _, ReportLevel},
        xfixes::{ConnectionExt as _, Region as ServerRegion},
    },
};

/// More rectangles than this are taken as the server's bounding box: exact lists of confetti cost more than they save.
const MAX_RECTS: usize = 512;

/// The damage of the root window and all windows in it.
pub(super) struct Damage {
    damage: u32,
    parts: ServerRegion,
    taken: SequenceNumber,
}

impl Damage {
    pub(super) fn watch(session: &Session) -> Result<Self, CaptureError> {
        let connection = &session.connection;
        let id = || connection.generate_id().map_err(|error| CaptureError::Lost(error.to_string()));
        let (damage, parts) = (id()?, id()?);
        connection.damage_create(damage, session.root, ReportLevel::NON_EMPTY).map_err(lost)?.check().map_err(failed)?;
        connection.xfixes_create_region(parts, &[]).map_err(lost)?.check().map_err(failed)?;
        Ok(Self { damage, parts, taken: 0 })
    }

    /// Moves what is gathered to `pending`; what is drawn from here on is told by a new event.
    pub(super) fn take(&mut self, session: &Session, size: Size, pending: &mut Region) -> Result<(), CaptureError> {
        let connection = &session.connection;
        self.taken = connection.damage_subtract(self.damage, NONE, self.parts).map_err(lost)?.sequence_number();
        let parts = connection.xfixes_fetch_region(self.parts).map_err(lost)?.reply().map_err(failed)?;
        let on_screen =
            |rect: &x11rb::protocol::xproto::Rectangle| clip(rect.x.into(), rect.y.into(), rect.width.into(), rect.height.into(), size);
        if parts.rectangles.len() > MAX_RECTS {
            pending.add(on_screen(&parts.extents));
            return Ok(());
        }
        let mut taken = Region::new();
        for rect in parts.rectangles.iter().map(on_screen).filter(|rect: &Rect| !rect.is_empty()) {
            taken.add(rect);
        }
        pending.add_region(&taken);
        Ok(())
    }

    /// Drops what is gathered, because all of the screen is about to be copied.
    pub(super) fn forget(&mut self, session: &Session) -> Result<(), CaptureError> {
        self.taken = session.connection.damage_subtract(self.damage, NONE, NONE).map_err(lost)?.sequence_number();
        Ok(())
    }

    /// Whether the damage that an event told of, sent after request `sequence` was done, was taken since: old news.
    pub(super) fn was_taken_after(&self, sequence: SequenceNumber) -> bool {
        sequence < self.taken
    }
}
