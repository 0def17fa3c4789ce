//! scrap's own types, made to move between threads.
//!
//! In scope: opening the primary monitor and one call for a picture. Not in scope: when to call.

use crate::CaptureError;
use deskhand_screen::Size;
use scrap::{Capturer, Display};
use std::io::ErrorKind;

/// A grabber of the primary monitor.
pub(super) struct Primary {
    capturer: Capturer,
    size: Size,
}

// SAFETY: scrap's capturer holds an `Rc` to its connection and raw pointers to its memory. `open` makes the connection and
// every `Rc` to it, and all of them are inside this value: they move together and are used by one thread at a time.
// libxcb connections may be used from any thread.
unsafe impl Send for Primary {}

impl Primary {
    /// The size of the primary monitor now.
    pub(super) fn size() -> Result<Size, CaptureError> {
        let display = Display::primary().map_err(|error| unreachable(&error))?;
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Size::new(side(display.width()), side(display.height())).map_err(|error| CaptureError::Unsupported(error.to_string()))
    }

    /// Opens it; the first picture is asked for at once.
    pub(super) fn open(size: Size) -> Result<Self, CaptureError> {
        let display = Display::primary().map_err(|error| unreachable(&error))?;
        let capturer = Capturer::new(display).map_err(|source| CaptureError::System { what: "shared memory", source })?;
        Ok(Self { capturer, size })
    }

    /// The picture asked for by the call before, `size` pixels of B, G, R and a byte without meaning; asks for the next.
    pub(super) fn frame(&mut self) -> Result<&[u8], CaptureError> {
        let bytes = self.size.area() * size_of::<u32>() as u64;
        match self.capturer.frame() {
            Ok(frame) if frame.len() as u64 == bytes => {
                // SAFETY: scrap's frame borrows its shared memory, whose start and length these are; the borrow of `self`
                // that the result keeps lets nobody ask for another picture meanwhile.
                Ok(unsafe { std::slice::from_raw_parts(frame.as_ptr(), frame.len()) })
            }
            Ok(_) => Err(CaptureError::Refused("the monitor changed its size".into())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(CaptureError::Refused("the picture is not ready".into())),
            Err(error) => Err(CaptureError::Lost(error.to_string())),
        }
    }
}

fn unreachable(error: &std::io::Error) -> CaptureError {
    CaptureError::Unreachable { display: std::env::var("DISPLAY").unwrap_or_default(), reason: error.to_string() }
}
