//! From shared memory into the child window.
//!
//! In scope: telling the X server which rectangles of the memory to copy, scaled or not, the pointer over them, and waiting until
//! that is done. Not in scope: where the window is (`window`).
//!
//! The server reads the memory that the decoder wrote: no pixel passes through this program. The connection is used by the
//! picture's thread alone, so that waiting for the server wakes nobody else.

use super::{
    display::{DEPTH, Display, Formats, failed, lost, no_id},
    scale::touched,
    sprite::Sprite,
    window::on_wire,
};
use crate::{
    pane::{PaneError, Place},
    pointer::Cursor,
};
use deskhand_screen::{Rect, Region, Size};
use std::os::fd::BorrowedFd;
use x11rb::{
    NONE,
    connection::Connection,
    protocol::{
        render::{ConnectionExt as _, CreatePictureAux, PictOp, Picture, Repeat, Transform},
        shm::{ConnectionExt as _, Seg},
        xproto::{ConnectionExt as _, CreateGCAux, Drawable, Gcontext, ImageFormat, Pixmap, Window},
    },
    rust_connection::RustConnection,
};

/// The picture's own connection.
pub(super) struct Presenter {
    connection: RustConnection,
    formats: Formats,
    window: Window,
    gc: Gcontext,
    target: Picture,
    memory: Option<Seg>,
    scaled: Option<Scaled>,
    sprite: Option<Sprite>,
}

/// The server's copy of a picture that is shown scaled: a filter needs a picture that the server owns.
struct Scaled {
    pixmap: Pixmap,
    picture: Picture,
    size: Size,
    shown: Rect,
}

/// What is to be painted.
pub(super) struct Task<'a> {
    pub(super) place: &'a Place,
    /// New in the picture.
    pub(super) damage: &'a Region,
    /// To be painted again, pixels of the window.
    pub(super) exposed: Region,
    pub(super) cursor: Option<&'a Cursor>,
}

impl Presenter {
    pub(super) fn new(display: Display, window: Window) -> Result<Self, PaneError> {
        let formats = display.formats()?;
        let connection = display.connection;
        let gc = connection.generate_id().map_err(no_id)?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0)).map_err(lost)?;
        let target = connection.generate_id().map_err(no_id)?;
        connection.render_create_picture(target, window, formats.opaque, &CreatePictureAux::new()).map_err(lost)?;
        Ok(Self { connection, formats, window, gc, target, memory: None, scaled: None, sprite: None })
    }

    pub(super) fn attach(&mut self, memory: BorrowedFd<'_>) -> Result<(), PaneError> {
        if let Some(old) = self.memory.take() {
            self.connection.shm_detach(old).map_err(lost)?;
        }
        self.forget()?;
        let id = self.connection.generate_id().map_err(no_id)?;
        let memory = memory.try_clone_to_owned().map_err(|error| PaneError::Lost(error.to_string()))?;
        // A connection over the network carries no descriptors; a server in another container may refuse ours.
        self.connection.shm_attach_fd(id, memory, true).map_err(lost)?.check().map_err(failed)?;
        self.memory = Some(id);
        Ok(())
    }

    /// The window is not seen: lets go of what only a seen one needs.
    pub(super) fn forget(&mut self) -> Result<(), PaneError> {
        if let Some(scaled) = self.scaled.take() {
            self.connection.render_free_picture(scaled.picture).map_err(lost)?;
            self.connection.free_pixmap(scaled.pixmap).map_err(lost)?;
        }
        Ok(())
    }

    /// Paints, and returns when the server is done.
    pub(super) fn paint(&mut self, task: &Task<'_>) -> Result<(), PaneError> {
        let Some(memory) = self.memory else { return Ok(()) };
        let mut dirty = task.exposed.clone();
        if task.place.is_exact() {
            self.forget()?;
            dirty.add_region(task.damage);
        } else {
            dirty.add_region(&self.renew(memory, task)?);
        }
        self.prepare_sprite(task, &mut dirty)?;
        dirty.intersect(task.place.shown());
        if dirty.is_empty() {
            return Ok(());
        }
        match &self.scaled {
            None => self.put(memory, task.place.size, self.window, &dirty)?,
            Some(scaled) => self.filter(scaled, &dirty)?,
        }
        if let Some(sprite) = self.sprite.as_ref().filter(|sprite| dirty.touches(sprite.area())) {
            sprite.draw(&self.connection, self.target)?;
        }
        // A round trip, and not the extension's own event: that one never comes for a window that is gone.
        self.connection.get_input_focus().map_err(lost)?.reply().map_err(failed)?;
        self.quiet()
    }

    fn put(&self, memory: Seg, size: Size, onto: Drawable, region: &Region) -> Result<(), PaneError> {
        // Sides of a screen fit the wire's numbers.
        let (total_width, total_height) = (size.width as u16, size.height as u16);
        for rect in region.rects() {
            let part = on_wire(rect.intersect(size.rect()));
            let (x, y) = (part.x.unsigned_abs(), part.y.unsigned_abs());
            self.connection
                .shm_put_image(
                    onto,
                    self.gc,
                    total_width,
                    total_height,
                    x,
                    y,
                    part.width,
                    part.height,
                    part.x,
                    part.y,
                    DEPTH,
                    ImageFormat::Z_PIXMAP.into(),
                    false,
                    memory,
                    0,
                )
                .map_err(lost)?;
        }
        Ok(())
    }

    /// Brings the server's copy up to date, and says what of the window changes with it.
    fn renew(&mut self, memory: Seg, task: &Task<'_>) -> Result<Region, PaneError> {
        let (size, shown) = (task.place.size, task.place.shown());
        let fits = self.scaled.as_ref().is_some_and(|scaled| (scaled.size, scaled.shown) == (size, shown));
        let whole = Region::from_rect(size.rect());
        let damage = if fits { task.damage } else { &whole };
        if !fits {
            self.forget()?;
            self.scaled = Some(self.scaled(size, shown)?);
        }
        if let Some(scaled) = &self.scaled {
            self.put(memory, size, scaled.pixmap, damage)?;
        }
        Ok(touched(damage, size, shown.width, shown.height))
    }

    fn scaled(&self, size: Size, shown: Rect) -> Result<Scaled, PaneError> {
        let connection = &self.connection;
        let pixmap = connection.generate_id().map_err(no_id)?;
        connection.create_pixmap(DEPTH, pixmap, self.window, size.width as u16, size.height as u16).map_err(lost)?;
        let picture = connection.generate_id().map_err(no_id)?;
        let values = CreatePictureAux::new().repeat(Repeat::PAD);
        connection.render_create_picture(picture, pixmap, self.formats.opaque, &values).map_err(lost)?;
        let step = |whole: u32, shown: u32| fixed(f64::from(whole) / f64::from(shown.max(1)));
        let transform = scaling(step(size.width, shown.width), step(size.height, shown.height));
        connection.render_set_picture_transform(picture, transform).map_err(lost)?;
        // Smaller than life is smoothed, larger is not: a customer's pixel stays a sharp square.
        let filter: &[u8] = if shown.width < size.width { b"bilinear" } else { b"nearest" };
        connection.render_set_picture_filter(picture, filter, &[]).map_err(lost)?;
        Ok(Scaled { pixmap, picture, size, shown })
    }

    fn filter(&self, scaled: &Scaled, region: &Region) -> Result<(), PaneError> {
        for rect in region.rects() {
            let part = on_wire(*rect);
            let (x, y) = (part.x, part.y);
            self.connection
                .render_composite(PictOp::SRC, scaled.picture, NONE, self.target, x, y, 0, 0, x, y, part.width, part.height)
                .map_err(lost)?;
        }
        Ok(())
    }

    /// Makes the pointer as it is to be now, and adds to `dirty` where it was and where it will be.
    fn prepare_sprite(&mut self, task: &Task<'_>, dirty: &mut Region) -> Result<(), PaneError> {
        let before = self.sprite.as_ref().map(Sprite::area);
        match task.cursor {
            None => {
                if let Some(old) = self.sprite.take() {
                    old.free(&self.connection)?;
                }
            }
            Some(cursor) => {
                let scale = task.place.pointer_scale;
                if self.sprite.as_ref().is_none_or(|sprite| !sprite.is_of(cursor, scale)) {
                    if let Some(old) = self.sprite.take() {
                        old.free(&self.connection)?;
                    }
                    self.sprite = Some(Sprite::new(&self.connection, self.window, self.formats, cursor, scale)?);
                }
                if let Some(sprite) = &mut self.sprite {
                    sprite.move_to(cursor, task.place);
                }
            }
        }
        let after = self.sprite.as_ref().map(Sprite::area);
        if before != after {
            before.into_iter().chain(after).for_each(|area| dirty.add(area));
        }
        Ok(())
    }

    /// Reads what the server complained about: a window that is gone is told by the window's own connection.
    fn quiet(&self) -> Result<(), PaneError> {
        while let Some(event) = self.connection.poll_for_event().map_err(lost)? {
            tracing::debug!(?event, "the X server did not paint something");
        }
        Ok(())
    }
}

/// A number of the RENDER extension: 16 bits before the point, 16 behind it.
pub(super) fn fixed(value: f64) -> i32 {
    (value * 65_536.0).round() as i32
}

pub(super) fn scaling(x: i32, y: i32) -> Transform {
    Transform { matrix11: x, matrix12: 0, matrix13: 0, matrix21: 0, matrix22: y, matrix23: 0, matrix31: 0, matrix32: 0, matrix33: 65_536 }
}
