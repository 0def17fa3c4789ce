//! The cursor on X11: its picture by XFIXES, its place by the pointer.
//!
//! In scope: telling only what changed. Not in scope: drawing it, and how often it is told. XFIXES tells of pictures, XInput 2 of motion
//! (raw events, which reach every client that asks and need no polling; plain ones for a pointer that a program puts somewhere). A program that sets the picture that is shown already changes
//! nothing. A cursor that XFIXES' `HideCursor` hides can't be told from one that is shown: the protocol tells nobody.

use super::session::{Session, failed, lost};
use crate::{CaptureError, Cursor, Shape, cursor::MAX_CURSOR_SIDE};
use deskhand_screen::Size;
use x11rb::{
    connection::RequestConnection,
    protocol::{
        xfixes::{ConnectionExt as _, CursorNotifyMask, GetCursorImageReply},
        xinput::{self, ConnectionExt as _, EventMask, XIEventMask},
        xproto::ConnectionExt as _,
    },
};

/// "All master devices" in XInput 2.
const ALL_MASTERS: u16 = 1;

pub(super) struct Pointer {
    shape_stale: bool,
    last: Option<(u32, u32, bool)>,
    shape: Option<Shape>,
}

impl Pointer {
    pub(super) fn watch(session: &Session) -> Result<Self, CaptureError> {
        let connection = &session.connection;
        connection.xfixes_select_cursor_input(session.root, CursorNotifyMask::DISPLAY_CURSOR).map_err(lost)?;
        if connection.extension_information(xinput::X11_EXTENSION_NAME).map_err(lost)?.is_some() {
            connection.xinput_xi_query_version(2, 2).map_err(lost)?.reply().map_err(failed)?;
            // Raw motion comes wherever the pointer is; a pointer that a program puts somewhere makes plain motion alone, which a window
            // may keep to itself.
            let mask = EventMask { deviceid: ALL_MASTERS, mask: vec![XIEventMask::RAW_MOTION | XIEventMask::MOTION] };
            connection.xinput_xi_select_events(session.root, &[mask]).map_err(lost)?;
        }
        Ok(Self { shape_stale: true, last: None, shape: None })
    }

    pub(super) fn shape_changed(&mut self) {
        self.shape_stale = true;
    }

    pub(super) fn read(&mut self, session: &Session, size: Size) -> Result<Option<Cursor>, CaptureError> {
        let image = if self.shape_stale { Some(session.connection.xfixes_get_cursor_image().map_err(lost)?) } else { None };
        let place = session.connection.query_pointer(session.root).map_err(lost)?.reply().map_err(failed)?;
        let shape = match image {
            Some(cookie) => shape(&cookie.reply().map_err(failed)?).filter(|shape| self.shape.as_ref() != Some(shape)),
            None => None,
        };
        self.shape_stale = false;
        if shape.is_some() {
            self.shape.clone_from(&shape);
        }
        let x = u32::try_from(place.root_x).unwrap_or(0).min(size.width - 1);
        let y = u32::try_from(place.root_y).unwrap_or(0).min(size.height - 1);
        // On another screen of a multi-screen server there is nothing to draw here.
        let visible = place.same_screen && self.shape.as_ref().is_some_and(Shape::is_visible);
        let now = Some((x, y, visible));
        if shape.is_none() && self.last == now {
            return Ok(None);
        }
        self.last = now;
        Ok(Some(Cursor { x, y, visible, shape }))
    }
}

/// None when the server's answer makes no picture. A larger one is cut around the pixel that points.
fn shape(image: &GetCursorImageReply) -> Option<Shape> {
    let (width, height) = (u32::from(image.width), u32::from(image.height));
    let size = Size::new(width.min(MAX_CURSOR_SIDE), height.min(MAX_CURSOR_SIDE)).ok()?;
    let cut = |hot: u16, whole: u32, side: u32| u32::from(hot).saturating_sub(side / 2).min(whole - side);
    let (left, top) = (cut(image.xhot, width, size.width), cut(image.yhot, height, size.height));
    let rows = image.cursor_image.chunks_exact(width as usize).skip(top as usize).take(size.height as usize);
    let pixels: Vec<u32> = rows.flat_map(|row| &row[left as usize..][..size.width as usize]).copied().collect();
    if pixels.len() as u64 != size.area() {
        return None;
    }
    let hot_x = (u32::from(image.xhot) - left).min(size.width - 1);
    let hot_y = (u32::from(image.yhot) - top).min(size.height - 1);
    Some(Shape { size, hot_x, hot_y, pixels })
}
