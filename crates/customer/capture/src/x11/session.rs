//! The connection to an X server that can be captured, and its errors in our words.
//!
//! In scope: connecting, the extensions needed, the form of its pixels. Not in scope: asking for any.

use crate::CaptureError;
use std::io::ErrorKind;
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::{ConnectError, ConnectionError, ReplyError},
    protocol::{
        damage, randr, xfixes,
        xproto::{ImageOrder, VisualClass, Window},
    },
    rust_connection::RustConnection,
};

/// Present on X servers that are only a Wayland session's bridge: they have no picture of the whole screen.
const XWAYLAND: &str = "XWAYLAND";

/// A connection whose root window has pixels of the form `0x00RRGGBB`, four bytes each.
pub(super) struct Session {
    pub(super) connection: RustConnection,
    pub(super) root: Window,
}

impl Session {
    pub(super) fn open(display: &str) -> Result<Self, CaptureError> {
        let (connection, number) = RustConnection::connect(Some(display)).map_err(|error| refused(display, error))?;
        let session = Self { root: connection.setup().roots[number].root, connection };
        session.check_pixels(number)?;
        session.check_extensions()?;
        Ok(session)
    }

    /// Only what can be copied exactly and cheaply; others are refused rather than shown wrong.
    fn check_pixels(&self, number: usize) -> Result<(), CaptureError> {
        let unsupported =
            |what: &str| Err(CaptureError::Unsupported(format!("{what}. Set the desktop to 24-bit colour (\"millions of colours\")")));
        let setup = self.connection.setup();
        let screen = &setup.roots[number];
        if !matches!(screen.root_depth, 24 | 32) {
            return unsupported(&format!("it has {} bits of colour", screen.root_depth));
        }
        if setup.image_byte_order != ImageOrder::LSB_FIRST {
            return unsupported("its X server runs on a big-endian machine");
        }
        let bits = setup.pixmap_formats.iter().find(|format| format.depth == screen.root_depth).map(|format| format.bits_per_pixel);
        if bits != Some(32) {
            return unsupported("its pixels are not four bytes each");
        }
        let visuals = screen.allowed_depths.iter().flat_map(|depth| &depth.visuals);
        match visuals.into_iter().find(|visual| visual.visual_id == screen.root_visual) {
            Some(visual)
                if visual.class == VisualClass::TRUE_COLOR
                    && (visual.red_mask, visual.green_mask, visual.blue_mask) == (0xff_0000, 0xff00, 0xff) =>
            {
                Ok(())
            }
            _ => unsupported("its colours are not in the usual order"),
        }
    }

    fn check_extensions(&self) -> Result<(), CaptureError> {
        let connection = &self.connection;
        for name in [damage::X11_EXTENSION_NAME, xfixes::X11_EXTENSION_NAME, randr::X11_EXTENSION_NAME] {
            if connection.extension_information(name).map_err(lost)?.is_none() {
                return Err(CaptureError::Unsupported(format!(
                    "its X server lacks the extension {name}. Update the X server or enable the extension"
                )));
            }
        }
        if connection.extension_information(XWAYLAND).map_err(lost)?.is_some() {
            return Err(CaptureError::WaylandOnly);
        }
        // A client must say which version it speaks before it uses them.
        let versions = (
            damage::query_version(connection, 1, 1).map_err(lost)?,
            xfixes::query_version(connection, 5, 0).map_err(lost)?,
            randr::query_version(connection, 1, 5).map_err(lost)?,
        );
        versions.0.reply().map_err(failed)?;
        versions.1.reply().map_err(failed)?;
        let randr = versions.2.reply().map_err(failed)?;
        if (randr.major_version, randr.minor_version) < (1, 5) {
            return Err(CaptureError::Unsupported("its X server lacks RANDR 1.5. Update the X server".into()));
        }
        Ok(())
    }
}

/// The connection broke.
pub(super) fn lost(error: ConnectionError) -> CaptureError {
    CaptureError::Lost(error.to_string())
}

/// A request failed that should not.
pub(super) fn failed(error: ReplyError) -> CaptureError {
    match error {
        ReplyError::ConnectionError(error) => lost(error),
        ReplyError::X11Error(error) => {
            CaptureError::Refused(format!("{:?} in {}", error.error_kind, error.request_name.unwrap_or("a request")))
        }
    }
}

fn refused(display: &str, error: ConnectError) -> CaptureError {
    let display = display.to_owned();
    match error {
        ConnectError::SetupFailed(setup) => {
            let reason = String::from_utf8_lossy(&setup.reason).trim_end_matches(['\0', '\n']).to_owned();
            CaptureError::NoPermission { display, reason }
        }
        ConnectError::SetupAuthenticate(setup) => {
            let reason = String::from_utf8_lossy(&setup.reason).trim_end_matches(['\0', '\n']).to_owned();
            CaptureError::NoPermission { display, reason }
        }
        ConnectError::IoError(error) if error.kind() == ErrorKind::PermissionDenied => {
            CaptureError::NoPermission { display, reason: error.to_string() }
        }
        other => CaptureError::Unreachable { display, reason: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_where_nothing_answers_says_what_to_check() {
        let error = Session::open(":59000").map(|_| ()).unwrap_err();
        assert!(matches!(error, CaptureError::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("DISPLAY"), "{error}");
    }
}
