//! The size of the screen and where its monitors are.
//!
//! In scope: RANDR and the root window's size. Not in scope: what a change means for pixels.

use super::session::{Session, failed, lost};
use crate::CaptureError;
use deskhand_screen::{Rect, Size};
use x11rb::protocol::{
    randr::{ConnectionExt as _, NotifyMask},
    xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask},
};

/// Where the screen and its monitors are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Geometry {
    pub(super) size: Size,
    /// Within the screen, none twice, at least one.
    pub(super) monitors: Vec<Rect>,
}

impl Geometry {
    /// Asks to be told of changes, those of the windows on the screen too, then reads; in this order, so that none is missed.
    pub(super) fn watch(session: &Session) -> Result<Self, CaptureError> {
        let mask = NotifyMask::SCREEN_CHANGE | NotifyMask::CRTC_CHANGE;
        session.connection.randr_select_input(session.root, mask).map_err(lost)?;
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY);
        session.connection.change_window_attributes(session.root, &events).map_err(lost)?;
        Self::read(session)
    }

    pub(super) fn read(session: &Session) -> Result<Self, CaptureError> {
        let root = session.connection.get_geometry(session.root).map_err(lost)?;
        let monitors = session.connection.randr_get_monitors(session.root, true).map_err(lost)?;
        let root = root.reply().map_err(failed)?;
        let size = Size::new(root.width.into(), root.height.into()).map_err(|error| CaptureError::Unsupported(error.to_string()))?;
        let mut rects = Vec::new();
        if let Ok(reply) = monitors.reply() {
            for monitor in reply.monitors {
                let rect = clip(monitor.x.into(), monitor.y.into(), monitor.width.into(), monitor.height.into(), size);
                // Mirrored monitors show the same place.
                if !rect.is_empty() && !rects.contains(&rect) {
                    rects.push(rect);
                }
            }
        }
        if rects.is_empty() {
            rects.push(size.rect());
        }
        Ok(Self { size, monitors: rects })
    }
}

/// The part of a rectangle of the server that lies on the screen.
pub(super) fn clip(x: i32, y: i32, width: u32, height: u32, size: Size) -> Rect {
    let edge = |start: i32, length: u32, limit: u32| {
        let end = i64::from(start) + i64::from(length);
        let within = |value: i64| u32::try_from(value.clamp(0, i64::from(limit))).unwrap_or(0);
        (within(i64::from(start)), within(end))
    };
    let ((left, right), (top, bottom)) = (edge(x, width, size.width), edge(y, height, size.height));
    Rect::from_edges(left, top, right, bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_the_screen_is_cut() {
        let size = Size { width: 100, height: 50 };
        assert_eq!(clip(-10, -20, 30, 40, size), Rect::new(0, 0, 20, 20));
        assert_eq!(clip(90, 40, 60_000, 60_000, size), Rect::new(90, 40, 10, 10));
        assert!(clip(200, 0, 10, 10, size).is_empty());
        assert!(clip(-50, 0, 10, 10, size).is_empty());
    }
}
