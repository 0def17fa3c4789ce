//! Fetches damaged pixels of the root window.
//!
//! In scope: MIT-SHM by file descriptor (version 1.2), plain `GetImage` where that is missing (a remote display), asking
//! the gate before every request, noticing that the screen shrank meanwhile, reading what was fetched. Not in scope: what is damaged.
//!
//! Nothing is copied until somebody reads: the server writes to memory that it shares with this program, boxes one after the other. The
//! memory is as large as the screen, but the system gives pages only where it is used, so a small change touches only the first.

use super::{
    plan::{plan, split},
    segment::Segment,
    session::{Session, failed, lost},
};
use crate::{CaptureError, Gate};
use deskhand_screen::{Rect, Region, Size};
use smallvec::SmallVec;
use std::ops::Range;
use x11rb::{
    connection::{Connection, RequestConnection, SequenceNumber},
    errors::ReplyError,
    protocol::{
        ErrorKind,
        shm::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, ImageFormat},
    },
};

/// Pixels of one request at most: 8 MiB, a screen of 1920x1080. On a busy machine a round trip costs more than a copy (1080p, medians at a
/// load of 6 a core: 2.3 ms, and 5 to 9 ms with a half to an eighth of it); larger ones keep the server from others for too long.
const REQUEST_PIXELS: u64 = 1 << 21;
/// Boxes that overlap may take this part more memory than the screen has pixels: one half.
const MORE: u64 = 2;
const ALL_PLANES: u32 = !0;

/// How a fetch ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fetched {
    /// The pixels are there; they are younger than every request before this one.
    All(SequenceNumber),
    /// The screen is of another size now.
    Stale,
}

/// Where fetched pixels lie.
enum Memory {
    Shared(Segment, shm::Seg),
    /// The server shares no memory with this program.
    Own(Vec<u32>),
}

/// A box that was fetched, and where its pixels begin.
#[derive(Clone, Copy)]
struct Fetch {
    bounds: Rect,
    offset: usize,
}

/// Fetches and holds the pixels of the last fetch.
pub(super) struct Grabber {
    memory: Memory,
    boxes: Vec<Rect>,
    fetched: Vec<Fetch>,
}

impl Grabber {
    pub(super) fn new(session: &Session, size: Size) -> Result<Self, CaptureError> {
        let memory = attach(session, room(size))?.unwrap_or_else(|| {
            tracing::info!("the X server shares no memory with this program; pixels come through the connection");
            Memory::Own(Vec::new())
        });
        Ok(Self { memory, boxes: Vec::new(), fetched: Vec::new() })
    }

    pub(super) fn is_shared(&self) -> bool {
        matches!(self.memory, Memory::Shared(..))
    }

    /// Fetches `region`, which lies within a screen of this size.
    pub(super) fn fetch(&mut self, session: &Session, gate: &Gate, region: &Region, size: Size) -> Result<Fetched, CaptureError> {
        self.fetched.clear();
        plan(region.rects(), REQUEST_PIXELS, &mut self.boxes);
        self.make_room(session, size)?;
        match &mut self.memory {
            Memory::Shared(segment, id) => {
                if self.boxes.iter().map(|one| one.area()).sum::<u64>() > segment.pixels() as u64 {
                    // Boxes that overlap so much; the rectangles of a region never do.
                    self.boxes.clear();
                    self.boxes.extend_from_slice(region.rects());
                    split(&mut self.boxes, REQUEST_PIXELS);
                }
                fetch_shared(session, gate, &self.boxes, *id, &mut self.fetched)
            }
            Memory::Own(pixels) => {
                pixels.clear();
                fetch_plain(session, gate, &self.boxes, pixels, &mut self.fetched)
            }
        }
    }

    /// Copies the fetched pixels of row `y` from column `x` on, as far as `row` goes; what was not fetched is left as it is.
    pub(super) fn read(&self, x: u32, y: u32, row: &mut [u32]) {
        for (columns, from) in self.stretches(x, y, row.len()) {
            let row = &mut row[columns];
            match &self.memory {
                Memory::Shared(segment, _) => segment.copy_opaque(from, row),
                Memory::Own(pixels) => row.copy_from_slice(&pixels[from..from + row.len()]),
            }
        }
    }

    /// Whether the fetched pixels of row `y` from column `x` on are `row`; all of them were fetched.
    pub(super) fn equals(&self, x: u32, y: u32, row: &[u32]) -> bool {
        self.stretches(x, y, row.len()).all(|(columns, from)| {
            let row = &row[columns];
            match &self.memory {
                Memory::Shared(segment, _) => segment.equals(from, row),
                Memory::Own(pixels) => pixels[from..from + row.len()] == *row,
            }
        })
    }

    /// The parts of `length` pixels of row `y` from column `x` on that were fetched: which of them, and where the first lies in the memory.
    fn stretches(&self, x: u32, y: u32, length: usize) -> impl Iterator<Item = (Range<usize>, usize)> {
        let end = x + length as u32;
        self.fetched.iter().filter_map(move |Fetch { bounds, offset }| {
            let (left, right) = (bounds.x.max(x), bounds.right().min(end));
            let inside = y >= bounds.y && y < bounds.bottom() && left < right;
            let from = || offset + (y - bounds.y) as usize * bounds.width as usize + (left - bounds.x) as usize;
            inside.then(|| ((left - x) as usize..(right - x) as usize, from()))
        })
    }

    /// Takes other memory when the screen needs more or much less.
    fn make_room(&mut self, session: &Session, size: Size) -> Result<(), CaptureError> {
        let Memory::Shared(segment, id) = &self.memory else { return Ok(()) };
        let wanted = room(size);
        if segment.pixels() >= wanted && segment.pixels() <= wanted * 4 {
            return Ok(());
        }
        session.connection.shm_detach(*id).map_err(lost)?;
        self.memory = attach(session, wanted)?.unwrap_or(Memory::Own(Vec::new()));
        Ok(())
    }
}

/// Pixels of memory for a screen of this size.
fn room(size: Size) -> usize {
    (size.area() + size.area() / MORE) as usize
}

/// None when the server does not share memory with us.
fn attach(session: &Session, pixels: usize) -> Result<Option<Memory>, CaptureError> {
    let connection = &session.connection;
    if connection.extension_information(shm::X11_EXTENSION_NAME).map_err(lost)?.is_none() {
        return Ok(None);
    }
    let version = connection.shm_query_version().map_err(lost)?.reply().map_err(failed)?;
    if (version.major_version, version.minor_version) < (1, 2) {
        return Ok(None);
    }
    let (segment, memory) = Segment::new(pixels)?;
    let id = connection.generate_id().map_err(|error| CaptureError::Lost(error.to_string()))?;
    // A connection over the network carries no descriptors; a server in another container may refuse ours.
    let attached = connection.shm_attach_fd(id, memory, false).map_err(lost);
    match attached.map(|cookie| cookie.check()) {
        Ok(Ok(())) => Ok(Some(Memory::Shared(segment, id))),
        Ok(Err(ReplyError::ConnectionError(error))) => Err(lost(error)),
        Ok(Err(ReplyError::X11Error(_))) | Err(_) => Ok(None),
    }
}

fn fetch_shared(session: &Session, gate: &Gate, boxes: &[Rect], id: shm::Seg, fetched: &mut Vec<Fetch>) -> Result<Fetched, CaptureError> {
    let mut sent = SmallVec::<[_; 8]>::new();
    let mut offset = 0;
    let mut allowed = true;
    for bounds in boxes.iter().copied() {
        allowed = gate();
        if !allowed {
            break;
        }
        let (x, y, width, height) = on_wire(bounds)?;
        let bytes = u32::try_from(offset * size_of::<u32>()).map_err(|_| CaptureError::Refused("the screen is too large".into()))?;
        let format = ImageFormat::Z_PIXMAP.into();
        let cookie = session.connection.shm_get_image(session.root, x, y, width, height, ALL_PLANES, format, id, bytes).map_err(lost)?;
        fetched.push(Fetch { bounds, offset });
        sent.push(cookie);
        offset += bounds.area() as usize;
    }
    let first = sent.first().map_or(SequenceNumber::MAX, x11rb::cookie::Cookie::sequence_number);
    // Every reply is waited for, also after a failure: only then does the server write no more.
    let mut result = Ok(Fetched::All(first));
    for cookie in sent {
        match cookie.reply() {
            Err(error) if result.is_ok() => result = stale(error),
            Ok(_) | Err(_) => {}
        }
    }
    if allowed { result } else { Err(CaptureError::NotAllowed) }
}

fn fetch_plain(
    session: &Session,
    gate: &Gate,
    boxes: &[Rect],
    pixels: &mut Vec<u32>,
    fetched: &mut Vec<Fetch>,
) -> Result<Fetched, CaptureError> {
    let mut first = SequenceNumber::MAX;
    for bounds in boxes.iter().copied() {
        if !gate() {
            return Err(CaptureError::NotAllowed);
        }
        let (x, y, width, height) = on_wire(bounds)?;
        let cookie = session.connection.get_image(ImageFormat::Z_PIXMAP, session.root, x, y, width, height, ALL_PLANES).map_err(lost)?;
        first = first.min(cookie.sequence_number());
        let image = match cookie.reply() {
            Ok(image) => image.data,
            Err(error) => return stale(error),
        };
        let area = bounds.area() as usize;
        if image.len() < area * size_of::<u32>() {
            return Err(CaptureError::Refused("the X server sent too few pixels".into()));
        }
        fetched.push(Fetch { bounds, offset: pixels.len() });
        pixels.extend(image.as_chunks::<4>().0[..area].iter().map(|bytes| u32::from_le_bytes(*bytes) | 0xFF00_0000));
    }
    Ok(Fetched::All(first))
}

/// A rectangle of the screen in the protocol's numbers.
fn on_wire(rect: Rect) -> Result<(i16, i16, u16, u16), CaptureError> {
    let far = |_| CaptureError::Unsupported("it is larger than the X protocol's numbers".into());
    Ok((
        i16::try_from(rect.x).map_err(far)?,
        i16::try_from(rect.y).map_err(far)?,
        u16::try_from(rect.width).map_err(far)?,
        u16::try_from(rect.height).map_err(far)?,
    ))
}

/// A request beyond the screen's edge is a `BadMatch`: the screen shrank. Anything else is an error.
fn stale(error: ReplyError) -> Result<Fetched, CaptureError> {
    match &error {
        ReplyError::X11Error(refusal) if matches!(refusal.error_kind, ErrorKind::Match | ErrorKind::Drawable | ErrorKind::Value) => {
            Ok(Fetched::Stale)
        }
        _ => Err(failed(error)),
    }
}
