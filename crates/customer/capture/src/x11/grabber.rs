//! Copies damaged pixels from the root window.
//!
//! In scope: MIT-SHM by file descriptor (version 1.2), plain `GetImage` where that is missing (a remote display), asking
//! the gate before every request, noticing that the screen shrank meanwhile. Not in scope: what is damaged.
//!
//! The memory is a few megabytes however large the screen is, and a small change touches only its first pages.

use super::{
    plan::{Request, plan},
    segment::Segment,
    session::{Session, failed, lost},
};
use crate::{CaptureError, Gate};
use deskhand_screen::{Framebuffer, Rect, Region};
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::ReplyError,
    protocol::{
        ErrorKind,
        shm::{self, ConnectionExt as _},
        xproto::{ConnectionExt as _, ImageFormat},
    },
};

/// Pixels that are on their way at a time: 8 MiB, a screen of 1920x1080 in one request. On a busy machine a round trip costs
/// more than a copy (1080p, medians at a load of 6 a core: 2.3 ms, and 5 to 9 ms with a half to an eighth of it).
const SEGMENT_PIXELS: u64 = 1 << 21;
const ALL_PLANES: u32 = !0;

/// How a fetch ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fetched {
    /// The frame is up to date there.
    All,
    /// The screen is of another size now.
    Stale,
}

pub(super) struct Grabber {
    shared: Option<Shared>,
}

struct Shared {
    segment: Segment,
    id: shm::Seg,
}

impl Grabber {
    pub(super) fn new(session: &Session) -> Result<Self, CaptureError> {
        let shared = Shared::attach(session)?;
        if shared.is_none() {
            tracing::info!("the X server shares no memory with this program; pixels come through the connection");
        }
        Ok(Self { shared })
    }

    pub(super) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Copies `region`, which lies within `frame`.
    pub(super) fn fetch(&self, session: &Session, gate: &Gate, region: &Region, frame: &mut Framebuffer) -> Result<Fetched, CaptureError> {
        let requests = plan(region.rects(), SEGMENT_PIXELS);
        let mut rest = requests.as_slice();
        while !rest.is_empty() {
            let mut pixels = 0;
            let fits = |request: &&Request| {
                pixels += request.bounds.area();
                pixels <= SEGMENT_PIXELS
            };
            // The first always fits: the plan makes none larger.
            let (batch, later) = rest.split_at(rest.iter().take_while(fits).count().max(1));
            let fetched = match &self.shared {
                Some(shared) => shared.fetch(session, gate, batch, frame)?,
                None => fetch_plain(session, gate, batch, frame)?,
            };
            if fetched == Fetched::Stale {
                return Ok(Fetched::Stale);
            }
            rest = later;
        }
        Ok(Fetched::All)
    }
}

impl Shared {
    /// None when the server does not do it for us.
    fn attach(session: &Session) -> Result<Option<Self>, CaptureError> {
        let connection = &session.connection;
        if connection.extension_information(shm::X11_EXTENSION_NAME).map_err(lost)?.is_none() {
            return Ok(None);
        }
        let version = connection.shm_query_version().map_err(lost)?.reply().map_err(failed)?;
        if (version.major_version, version.minor_version) < (1, 2) {
            return Ok(None);
        }
        let (segment, memory) = Segment::new(SEGMENT_PIXELS as usize)?;
        let id = connection.generate_id().map_err(|error| CaptureError::Lost(error.to_string()))?;
        // A connection over the network carries no descriptors; a server in another container may refuse ours.
        let attached = connection.shm_attach_fd(id, memory, false).map_err(lost);
        match attached.map(|cookie| cookie.check()) {
            Ok(Ok(())) => Ok(Some(Self { segment, id })),
            Ok(Err(ReplyError::ConnectionError(error))) => Err(lost(error)),
            Ok(Err(ReplyError::X11Error(_))) | Err(_) => Ok(None),
        }
    }

    fn fetch(&self, session: &Session, gate: &Gate, batch: &[Request], frame: &mut Framebuffer) -> Result<Fetched, CaptureError> {
        let mut sent = Vec::with_capacity(batch.len());
        let mut offset = 0;
        let mut allowed = true;
        for request in batch {
            allowed = gate();
            if !allowed {
                break;
            }
            let (x, y, width, height) = on_wire(request.bounds)?;
            let bytes = u32::try_from(offset * size_of::<u32>()).map_err(|_| CaptureError::Refused("the screen is too large".into()))?;
            let format = ImageFormat::Z_PIXMAP.into();
            let cookie = session.connection.shm_get_image(session.root, x, y, width, height, ALL_PLANES, format, self.id, bytes);
            sent.push((request, offset, cookie.map_err(lost)?));
            offset += request.bounds.area() as usize;
        }
        // Every reply is waited for, also after a failure: only then does the server write no more.
        let mut result = Ok(Fetched::All);
        for (request, offset, cookie) in sent {
            match cookie.reply() {
                Ok(_) => copy_parts(request, frame, |from, row| self.segment.copy_opaque(offset + from, row)),
                Err(error) if result.is_ok() => result = stale(error),
                Err(_) => {}
            }
        }
        if allowed { result } else { Err(CaptureError::NotAllowed) }
    }
}

fn fetch_plain(session: &Session, gate: &Gate, batch: &[Request], frame: &mut Framebuffer) -> Result<Fetched, CaptureError> {
    for request in batch {
        if !gate() {
            return Err(CaptureError::NotAllowed);
        }
        let (x, y, width, height) = on_wire(request.bounds)?;
        let cookie = session.connection.get_image(ImageFormat::Z_PIXMAP, session.root, x, y, width, height, ALL_PLANES);
        let image = match cookie.map_err(lost)?.reply() {
            Ok(image) => image.data,
            Err(error) => return stale(error),
        };
        if (image.len() as u64) < request.bounds.area() * size_of::<u32>() as u64 {
            return Err(CaptureError::Refused("the X server sent too few pixels".into()));
        }
        let (pixels, _) = image.as_chunks::<4>();
        copy_parts(request, frame, |from, row| {
            for (to, bytes) in row.iter_mut().zip(&pixels[from..]) {
                *to = u32::from_le_bytes(*bytes) | 0xFF00_0000;
            }
        });
    }
    Ok(Fetched::All)
}

/// Copies the damaged parts of a box; `row` is given where each row starts in the box, in pixels.
fn copy_parts(request: &Request, frame: &mut Framebuffer, mut row: impl FnMut(usize, &mut [u32])) {
    let Rect { x, y, width, .. } = request.bounds;
    for part in &request.parts {
        for line in part.y..part.bottom() {
            let from = (line - y) as usize * width as usize + (part.x - x) as usize;
            row(from, &mut frame.row_mut(line)[part.x as usize..part.right() as usize]);
        }
    }
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
