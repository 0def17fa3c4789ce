//! A connection to an X server that can show shared memory, and its errors in our words.
//!
//! In scope: what the server must be able to do, and whether it is worth it. Not in scope: windows, pixels.

use crate::pane::PaneError;
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::{ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        render::{self, ConnectionExt as _, Directformat, PictType, Pictformat},
        shape::{self, ConnectionExt as _},
        shm::{self, ConnectionExt as _},
        xproto::{ImageOrder, Screen, VisualClass},
    },
    rust_connection::RustConnection,
};

/// Extensions that only a server with a graphics processor offers its clients. There the toolkit's textures are cheap, and
/// what is drawn around the picture is drawn in one go with it.
const GRAPHICS_PROCESSORS: [&str; 2] = ["DRI3", "NV-GLX"];
/// Colour depth of every window and pixmap here.
pub(super) const DEPTH: u8 = 24;

/// A connection whose windows have pixels of the form `0x00RRGGBB`, four bytes each.
pub(super) struct Display {
    pub(super) connection: RustConnection,
    screen: usize,
}

/// The RENDER extension's names for pixels.
#[derive(Clone, Copy)]
pub(super) struct Formats {
    /// Of windows.
    pub(super) opaque: Pictformat,
    /// Of pictures with cover: `0xAARRGGBB`, multiplied.
    pub(super) covered: Pictformat,
}

impl Display {
    /// Connects to the display that the toolkit uses too.
    pub(super) fn open(name: Option<&str>) -> Result<Self, PaneError> {
        let (connection, screen) = RustConnection::connect(name).map_err(|error| PaneError::Unfit(error.to_string()))?;
        let display = Self { connection, screen };
        display.check_pixels()?;
        display.check_extensions()?;
        Ok(display)
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.connection.setup().roots[self.screen]
    }

    fn check_pixels(&self) -> Result<(), PaneError> {
        let setup = self.connection.setup();
        let bits = setup.pixmap_formats.iter().find(|format| format.depth == DEPTH).map(|format| format.bits_per_pixel);
        let mut visuals = self.screen().allowed_depths.iter().flat_map(|depth| &depth.visuals);
        let usual = visuals.find(|visual| visual.visual_id == self.screen().root_visual).is_some_and(|visual| {
            visual.class == VisualClass::TRUE_COLOR && (visual.red_mask, visual.green_mask, visual.blue_mask) == (0xff_0000, 0xff00, 0xff)
        });
        if self.screen().root_depth == DEPTH && bits == Some(32) && setup.image_byte_order == ImageOrder::LSB_FIRST && usual {
            Ok(())
        } else {
            Err(PaneError::Unfit("the X server's colours are not in the usual order".into()))
        }
    }

    fn check_extensions(&self) -> Result<(), PaneError> {
        let connection = &self.connection;
        let has = |name| connection.extension_information(name).map(|found| found.is_some()).map_err(lost);
        for name in GRAPHICS_PROCESSORS {
            if has(name)? {
                return Err(PaneError::Unfit(format!("the X server has a graphics processor ({name})")));
            }
        }
        for name in [shm::X11_EXTENSION_NAME, shape::X11_EXTENSION_NAME, render::X11_EXTENSION_NAME] {
            if !has(name)? {
                return Err(PaneError::Unfit(format!("the X server lacks the extension {name}")));
            }
        }
        // Asked together, so that they take one round trip.
        let asked = (
            connection.shm_query_version().map_err(lost)?,
            connection.shape_query_version().map_err(lost)?,
            connection.render_query_version(0, 11).map_err(lost)?,
        );
        let (shm, shape, render) = (asked.0.reply().map_err(failed)?, asked.1.reply().map_err(failed)?, asked.2.reply().map_err(failed)?);
        let versions = [
            (shm::X11_EXTENSION_NAME, (u32::from(shm.major_version), u32::from(shm.minor_version)), (1, 2)),
            (shape::X11_EXTENSION_NAME, (u32::from(shape.major_version), u32::from(shape.minor_version)), (1, 1)),
            (render::X11_EXTENSION_NAME, (render.major_version, render.minor_version), (0, 10)),
        ];
        match versions.into_iter().find(|(_, has, needs)| has < needs) {
            Some((name, ..)) => Err(PaneError::Unfit(format!("the X server's extension {name} is too old"))),
            None => Ok(()),
        }
    }

    pub(super) fn formats(&self) -> Result<Formats, PaneError> {
        let known = self.connection.render_query_pict_formats().map_err(lost)?.reply().map_err(failed)?;
        let find = |depth: u8, alpha: u16| {
            let direct = |is: Directformat| {
                (is.red_shift, is.red_mask, is.green_shift, is.green_mask, is.blue_shift, is.blue_mask) == (16, 0xff, 8, 0xff, 0, 0xff)
                    && is.alpha_mask == alpha
            };
            let format =
                known.formats.iter().find(|format| format.type_ == PictType::DIRECT && format.depth == depth && direct(format.direct));
            format.map(|format| format.id).ok_or_else(|| PaneError::Unfit("the X server names no usual colours".into()))
        };
        Ok(Formats { opaque: find(DEPTH, 0)?, covered: find(32, 0xff)? })
    }
}

pub(super) fn lost(error: ConnectionError) -> PaneError {
    PaneError::Lost(error.to_string())
}

pub(super) fn failed(error: ReplyError) -> PaneError {
    PaneError::Lost(error.to_string())
}

pub(super) fn no_id(error: ReplyOrIdError) -> PaneError {
    PaneError::Lost(error.to_string())
}
