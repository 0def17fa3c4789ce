//! The customer's screen: decoded on a thread of its own, handed to the surface as damage, copied for a script on request.
//!
//! In scope: the one place that runs the decoder. What it is given comes from an unknown machine. Not in scope: seals
//! and order (`conductor`), the way into the window (`paint`).

use crate::trail::Trail;
use deskhand_cage::{Applied, Cage, CageError};
use deskhand_paint::{Parent, Surface};
use deskhand_screen::{Pixels, Rect, Region, Size};
use std::{
    sync::{Arc, mpsc},
    time::Instant,
};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

/// What the thread is asked.
enum Job {
    Update {
        key: bool,
        bytes: Vec<u8>,
        began: Instant,
    },
    Grab(Option<Rect>, oneshot::Sender<Option<Grab>>),
    /// The surface has something to paint, whatever was decoded.
    Paint,
    /// The session is over.
    Stop,
}

/// What the thread tells, one for every update that it was given.
#[derive(Debug)]
pub(crate) enum Report {
    /// It is in the picture; where the window system itself shows the picture, it is on the screen too.
    Shown {
        /// Its number.
        number: u64,
        /// Whether nothing lossy is on the picture.
        exact: bool,
        /// When its first byte came.
        began: Instant,
    },
    /// It can't be continued; only a key update can go on. Told once, until one does.
    Broken(String),
    /// It was left out, because only a key update can go on.
    Skipped,
}

/// The picture as it was at one moment.
pub(crate) struct Grab {
    /// Width and height.
    pub size: Size,
    /// Red, green, blue, row by row.
    pub rgb: Vec<u8>,
    /// The newest update in it.
    pub number: u64,
    /// Whether nothing lossy is on it.
    pub exact: bool,
}

/// The part of a picture of this size that is seen: all of it when nothing was chosen, or when the picture does not reach there yet.
pub(crate) fn seen(part: Option<Rect>, size: Size) -> Rect {
    part.map(|part| part.intersect(size.rect())).filter(|part| !part.is_empty()).unwrap_or(size.rect())
}

/// The thread's handle. The thread ends when this is dropped.
pub(crate) struct Picture {
    jobs: mpsc::Sender<Job>,
    surface: Option<Arc<Surface>>,
    trail: Arc<Trail>,
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.ask(Job::Stop);
    }
}

impl Picture {
    /// Starts the thread. `reports` gets one report an update; `painted` is the window that the picture is
    /// painted in and what makes the toolkit repaint it; it is left out when nobody paints.
    ///
    /// # Errors
    /// What the system said when it can't start a thread.
    pub(crate) fn start(reports: UnboundedSender<Report>, painted: Option<(Parent, Arc<dyn Fn() + Send + Sync>)>) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let surface = painted.map(|(parent, repaint)| {
            let wanted = jobs.clone();
            Arc::new(Surface::new(parent, repaint, Arc::new(move || drop(wanted.send(Job::Paint)))))
        });
        let (shared, trail) = (surface.clone(), Arc::new(Trail::default()));
        let noted = trail.clone();
        std::thread::Builder::new().name("picture".into()).spawn(move || {
            let decoding = Decoding::start(shared.as_deref());
            Worker { decoding, broken: false, surface: shared, trail: noted, reports }.run(&inbox);
        })?;
        Ok(Self { jobs, surface, trail })
    }

    /// The picture's way into the window.
    #[must_use]
    pub(crate) fn surface(&self) -> Option<Arc<Surface>> {
        self.surface.clone()
    }

    /// What the last updates touched, while somebody looks.
    #[must_use]
    pub(crate) fn trail(&self) -> Arc<Trail> {
        self.trail.clone()
    }

    /// Decodes this next. The caller keeps count of what is on its way.
    pub(crate) fn update(&self, key: bool, bytes: Vec<u8>, began: Instant) {
        self.ask(Job::Update { key, bytes, began });
    }

    /// This part of the picture, or all of it, after everything that was given so far; `None` when there is none.
    pub(crate) async fn grab(&self, part: Option<Rect>) -> Option<Grab> {
        let (answer, grab) = oneshot::channel();
        self.ask(Job::Grab(part, answer));
        grab.await.ok().flatten()
    }

    fn ask(&self, job: Job) {
        // A thread that is gone has reported why.
        let _gone = self.jobs.send(job);
    }
}

struct Worker {
    decoding: Decoding,
    broken: bool,
    surface: Option<Arc<Surface>>,
    trail: Arc<Trail>,
    reports: UnboundedSender<Report>,
}

impl Worker {
    fn run(mut self, inbox: &mpsc::Receiver<Job>) {
        while let Ok(job) = inbox.recv() {
            match job {
                Job::Update { key, bytes, began } => {
                    let report = self.update(key, &bytes, began);
                    if self.reports.send(report).is_err() {
                        return;
                    }
                }
                Job::Grab(part, answer) => drop(answer.send(self.grab(part))),
                Job::Paint => self.offer(&Region::new()),
                Job::Stop => return,
            }
        }
    }

    fn update(&mut self, key: bool, bytes: &[u8], began: Instant) -> Report {
        if self.broken && !key {
            return Report::Skipped;
        }
        match self.decoding.apply(bytes, self.surface.as_deref(), self.trail.is_on()) {
            Ok(applied) => {
                self.broken = false;
                // Before the picture: the repaint that shows the one shows the other.
                self.trail.note(Instant::now(), applied.touches);
                self.offer(&applied.damage);
                Report::Shown { number: self.decoding.number(), exact: self.decoding.is_exact(), began }
            }
            Err(text) => {
                self.broken = true;
                Report::Broken(text)
            }
        }
    }

    fn offer(&self, damage: &Region) {
        if let Some(surface) = self.surface.as_ref().filter(|_| self.decoding.number() > 0) {
            self.decoding.with_pixels(|pixels| surface.offer(pixels, damage));
        }
    }

    fn grab(&self, part: Option<Rect>) -> Option<Grab> {
        if self.decoding.number() == 0 {
            return None;
        }
        let (number, exact) = (self.decoding.number(), self.decoding.is_exact());
        self.decoding.with_pixels(|pixels| {
            let part = seen(part, pixels.size());
            let mut rgb = Vec::with_capacity(part.area() as usize * 3);
            let rows = pixels.rows(part).flatten();
            rgb.extend(rows.flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8]));
            Grab { size: Size { width: part.width, height: part.height }, rgb, number, exact }
        })
    }
}

/// The decoder, in its cage.
struct Decoding {
    cage: Result<Cage, CageError>,
}

impl Decoding {
    fn start(surface: Option<&Surface>) -> Self {
        let mut decoding = Self { cage: Cage::spawn() };
        decoding.lend(surface);
        decoding
    }

    fn respawn(&mut self, surface: Option<&Surface>) {
        self.cage = Cage::spawn();
        self.lend(surface);
    }

    /// Whoever paints reads the picture where the cage draws it.
    fn lend(&mut self, surface: Option<&Surface>) {
        let memory = self.cage.as_ref().ok().and_then(Cage::memory);
        if let (Some(surface), Some(memory)) = (surface, memory) {
            surface.attach(memory);
        }
    }

    /// Applies an update's bytes and says what it did, when `traced` with what came which way. A cage that broke is replaced; the
    /// new one waits for a key update.
    fn apply(&mut self, bytes: &[u8], surface: Option<&Surface>, traced: bool) -> Result<Applied, String> {
        if self.cage.is_err() {
            self.respawn(surface);
        }
        let cage = self.cage.as_mut().map_err(|error| error.to_string())?;
        cage.trace(traced);
        let applied = cage.apply(bytes);
        if applied.as_ref().is_err_and(CageError::needs_respawn) {
            self.respawn(surface);
        }
        applied.map_err(|error| error.to_string())
    }

    fn number(&self) -> u64 {
        self.cage.as_ref().map_or(0, Cage::number)
    }

    fn is_exact(&self) -> bool {
        self.cage.as_ref().is_ok_and(Cage::is_exact)
    }

    fn with_pixels<T>(&self, look: impl FnOnce(Pixels<'_>) -> T) -> Option<T> {
        self.cage.as_ref().ok().map(|cage| cage.with_frame(look))
    }
}
