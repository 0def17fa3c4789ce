//! The `scrap` crate as a second backend, behind the Cargo feature of that name.
//!
//! In scope: making it fit [`Source`]. It tells of no damage, so it looks several times a second and compares tiles by
//! hash with what was grabbed last. Not in scope: being fast. The X11 backend is; this one is for comparison and for
//! systems that have no backend of ours yet.
//!
//! Three things of scrap 0.5 on X11 that this works around or that one must know:
//! - a grab returns the picture that was *asked for one call earlier*, and asks for the next. So the first picture after a
//!   pause is thrown away, and the gate is asked before each call; opening asks for a picture at once, so it is opened
//!   at the first grab and closed when the gate is.
//! - it sees the primary monitor only, and keeps the size that monitor had when it was opened.
//! - its shared memory can be read by every user of the machine (mode 0777): keep it out of packages.

mod capturer;
mod tiles;

use crate::{
    CaptureError, Cursor, Gate, Source, Wake,
    waker::{Readiness, Waker},
};
use capturer::Primary;
use deskhand_screen::{Patch, PicturePatch, Rect, Region, Size};
use std::time::{Duration, Instant};
use tiles::Tiles;

/// Time between two looks.
const PACE: Duration = Duration::from_millis(40);

/// The primary monitor, seen by `scrap`.
pub struct ScrapSource {
    gate: Gate,
    waker: Waker,
    size: Size,
    primary: Option<Primary>,
    tiles: Tiles,
    pending: Region,
    /// What the last grab brought: its pixels are with the tiles.
    damage: Region,
    grabbed: Option<Size>,
    next_look: Instant,
    told: bool,
    resized: bool,
}

impl ScrapSource {
    /// Opens the display in `DISPLAY`; scrap knows no other, so `display` must be the same.
    ///
    /// # Errors
    /// [`CaptureError::Unreachable`] when it is another one, or when scrap finds no monitor.
    pub fn open(display: &str, gate: Gate) -> Result<Self, CaptureError> {
        if std::env::var("DISPLAY").as_deref() != Ok(display) {
            let reason = "scrap shows the display in DISPLAY only".to_owned();
            return Err(CaptureError::Unreachable { display: display.to_owned(), reason });
        }
        let size = Primary::size()?;
        let pending = Region::from_rect(size.rect());
        let now = Instant::now();
        Ok(Self {
            gate,
            waker: Waker::new()?,
            size,
            primary: None,
            tiles: Tiles::new(size),
            pending,
            damage: Region::new(),
            grabbed: None,
            next_look: now,
            told: false,
            resized: false,
        })
    }

    /// Looks at the screen and adds what changed to what is pending.
    fn look(&mut self) -> Result<(), CaptureError> {
        self.next_look = Instant::now() + PACE;
        if !(self.gate)() {
            self.primary = None;
            return Err(CaptureError::NotAllowed);
        }
        let size = Primary::size()?;
        if size != self.size {
            self.size = size;
            self.primary = None;
            self.tiles = Tiles::new(size);
            self.pending = Region::from_rect(size.rect());
            self.resized = true;
        }
        let primary = match self.primary.take() {
            Some(primary) => self.primary.insert(primary),
            None => self.primary.insert(Primary::open(size)?),
        };
        // The picture of the call before: what was asked for before the last pause.
        primary.frame()?;
        if !(self.gate)() {
            self.primary = None;
            return Err(CaptureError::NotAllowed);
        }
        self.pending.add_region(&self.tiles.changed(primary.frame()?));
        Ok(())
    }
}

impl Source for ScrapSource {
    fn size(&self) -> Size {
        self.size
    }

    fn displays(&self) -> Vec<Rect> {
        vec![self.size.rect()]
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Wake, CaptureError> {
        loop {
            if self.waker.take() {
                return Ok(Wake::Woken);
            }
            if std::mem::take(&mut self.resized) {
                return Ok(Wake::Resized(self.size));
            }
            if !self.pending.is_empty() && !self.told {
                self.told = true;
                return Ok(Wake::Damage);
            }
            // Once told, only a grab is of use; until then nothing has to be looked at.
            let look = (!self.told).then_some(self.next_look);
            let until = look.into_iter().chain(deadline).min();
            if self.waker.wait_beside(None, until)? == Readiness::Deadline {
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    return Ok(Wake::Deadline);
                }
                match self.look() {
                    Ok(()) | Err(CaptureError::NotAllowed) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    fn grab(&mut self) -> Result<&dyn Patch, CaptureError> {
        self.look()?;
        if self.grabbed.replace(self.size) != Some(self.size) {
            self.pending = Region::from_rect(self.size.rect());
        }
        self.told = false;
        self.damage = std::mem::take(&mut self.pending);
        Ok(self)
    }

    fn cursor(&mut self) -> Option<Cursor> {
        None
    }
}

impl Patch for ScrapSource {
    fn size(&self) -> Size {
        self.size
    }

    fn damage(&self) -> &Region {
        &self.damage
    }

    fn read(&self, x: u32, y: u32, out: &mut [u32]) {
        PicturePatch::new(self.tiles.picture(), &self.damage).read(x, y, out);
    }
}
