//! The X11 backend: events in, damaged pixels out.
//!
//! In scope: the order of things that makes it exact and cheap. The whole root window is one screen. DAMAGE reports at
//! level `NonEmpty`: one event per quiet-to-damaged change, however much is drawn; the server gathers the rest. A grab
//! moves the gathered damage away first (`DamageSubtract`) and copies afterwards, so what is drawn in between is copied
//! now and reported again: damage is never lost. Not in scope: one concern each in the modules below.

mod damage;
mod geometry;
mod grabber;
mod plan;
mod pointer;
mod segment;
mod session;
mod windows;

use crate::{
    CaptureError, Cursor, Gate, Source, Wake,
    waker::{Readiness, Waker},
};
use damage::Damage;
use deskhand_screen::{Hints, Patch, Rect, Region, Size};
use geometry::Geometry;
use grabber::{Fetched, Grabber};
use pointer::Pointer;
use rustix::fd::AsFd;
use session::Session;
use std::time::Instant;
use windows::Windows;
use x11rb::{connection::Connection, protocol::Event};

/// Grabs that may find the screen changed under them before they give up.
const RESIZE_RACES: usize = 8;

/// A screen of an X server.
pub struct X11Source {
    session: Session,
    gate: Gate,
    waker: Waker,
    geometry: Geometry,
    damage: Damage,
    grabber: Grabber,
    pointer: Pointer,
    windows: Windows,
    /// Damage that was taken from the server, or is known otherwise, and is not copied yet.
    pending: Region,
    /// What the last grab brought: its pixels are with the grabber.
    grabbed: Grabbed,
    news: News,
    wakeups: u64,
}

/// A grab, apart from its pixels.
#[derive(Default)]
struct Grabbed {
    /// Of the screen that the last grab saw; none before the first.
    size: Option<Size>,
    damage: Region,
    hints: Hints,
}

/// What is to be told by the next waits.
#[derive(Default)]
struct News {
    damage: bool,
    cursor: bool,
    resized: bool,
    geometry_stale: bool,
}

impl X11Source {
    /// Opens the screen of `display`, such as `:0`. Asks for no pixels.
    ///
    /// # Errors
    /// As [`crate::open`].
    pub fn open(display: &str, gate: Gate) -> Result<Self, CaptureError> {
        let session = Session::open(display)?;
        let damage = Damage::watch(&session)?;
        let pointer = Pointer::watch(&session)?;
        let geometry = Geometry::watch(&session)?;
        let windows = Windows::read(&session)?;
        let grabber = Grabber::new(&session, geometry.size)?;
        let pending = Region::from_rect(geometry.size.rect());
        let news = News { damage: true, ..News::default() };
        let (waker, grabbed) = (Waker::new()?, Grabbed::default());
        Ok(Self { session, gate, waker, geometry, damage, grabber, pointer, windows, pending, grabbed, news, wakeups: 0 })
    }

    /// How often a wait was woken by the system: what it costs on a still screen.
    pub fn wakeups(&self) -> u64 {
        self.wakeups
    }

    /// Whether pixels come through shared memory, and not through the connection.
    pub fn is_shared(&self) -> bool {
        self.grabber.is_shared()
    }

    /// Reads what the server sent, without waiting, until nothing is left: events that came together with the answer about the
    /// geometry lie in this program already, and no `poll(2)` would tell of them.
    fn drain(&mut self) -> Result<(), CaptureError> {
        self.read_events()?;
        while std::mem::take(&mut self.news.geometry_stale) {
            self.refresh_geometry()?;
            self.read_events()?;
        }
        Ok(())
    }

    fn read_events(&mut self) -> Result<(), CaptureError> {
        while let Some((event, sequence)) = self.session.connection.poll_for_event_with_sequence().map_err(session::lost)? {
            match event {
                Event::DamageNotify(_) => self.news.damage |= !self.damage.was_taken_after(sequence),
                Event::XfixesCursorNotify(_) => {
                    self.pointer.shape_changed();
                    self.news.cursor = true;
                }
                Event::XinputRawMotion(_) | Event::XinputMotion(_) => self.news.cursor = true,
                Event::ConfigureNotify(event) if event.window == self.session.root => self.news.geometry_stale = true,
                Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => self.news.geometry_stale = true,
                Event::Error(error) => tracing::debug!(?error, "the X server refused a request"),
                other => self.windows.note(&other, sequence),
            }
        }
        Ok(())
    }

    /// Asks for size and monitors; all is damaged when the size is another one.
    fn refresh_geometry(&mut self) -> Result<(), CaptureError> {
        let geometry = Geometry::read(&self.session)?;
        if geometry.size != self.geometry.size {
            self.pending = Region::from_rect(geometry.size.rect());
        }
        if geometry != self.geometry {
            self.geometry = geometry;
            self.news.resized = true;
        }
        Ok(())
    }

    /// What there is to tell, the most urgent first.
    fn tell(&mut self) -> Option<Wake> {
        if self.waker.take() {
            return Some(Wake::Woken);
        }
        if std::mem::take(&mut self.news.resized) {
            return Some(Wake::Resized(self.geometry.size));
        }
        if std::mem::take(&mut self.news.damage) {
            return Some(Wake::Damage);
        }
        std::mem::take(&mut self.news.cursor).then_some(Wake::Cursor)
    }
}

impl Source for X11Source {
    fn size(&self) -> Size {
        self.geometry.size
    }

    fn displays(&self) -> Vec<Rect> {
        self.geometry.monitors.clone()
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Wake, CaptureError> {
        loop {
            self.session.connection.flush().map_err(session::lost)?;
            self.drain()?;
            if let Some(wake) = self.tell() {
                return Ok(wake);
            }
            let readiness = self.waker.wait_beside(Some(self.session.connection.stream().as_fd()), deadline)?;
            self.wakeups += 1;
            if readiness == Readiness::Deadline {
                return Ok(Wake::Deadline);
            }
        }
    }

    fn grab(&mut self) -> Result<&dyn Patch, CaptureError> {
        if !(self.gate)() {
            return Err(CaptureError::NotAllowed);
        }
        for _ in 0..RESIZE_RACES {
            self.drain()?;
            let size = self.geometry.size;
            if self.grabbed.size != Some(size) {
                self.pending = Region::from_rect(size.rect());
            }
            if self.pending.bounds() == size.rect() && self.pending.rects().len() == 1 {
                self.damage.forget(&self.session)?;
            } else {
                self.damage.take(&self.session, size, &mut self.pending)?;
            }
            self.news.damage = false;
            match self.grabber.fetch(&self.session, &self.gate, &self.pending, size)? {
                Fetched::All(sequence) => {
                    // What windows did before the pixels were fetched was told before them.
                    self.read_events()?;
                    self.windows.take(sequence, size, &mut self.grabbed.hints);
                    self.grabbed.size = Some(size);
                    self.grabbed.damage = std::mem::take(&mut self.pending);
                    return Ok(self);
                }
                Fetched::Stale => self.refresh_geometry()?,
            }
        }
        Err(CaptureError::Refused("the size of the screen does not settle".into()))
    }

    fn cursor(&mut self) -> Option<Cursor> {
        if !(self.gate)() {
            return None;
        }
        match self.pointer.read(&self.session, self.geometry.size) {
            Ok(cursor) => cursor,
            Err(error) => {
                tracing::debug!(%error, "no cursor");
                None
            }
        }
    }
}

impl Patch for X11Source {
    fn size(&self) -> Size {
        self.grabbed.size.unwrap_or(self.geometry.size)
    }

    fn damage(&self) -> &Region {
        &self.grabbed.damage
    }

    fn read(&self, x: u32, y: u32, out: &mut [u32]) {
        self.grabber.read(x, y, out);
    }

    fn equals(&self, x: u32, y: u32, row: &[u32]) -> bool {
        self.grabber.equals(x, y, row)
    }

    fn hints(&self) -> &Hints {
        &self.grabbed.hints
    }
}
