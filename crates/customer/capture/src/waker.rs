//! Waking a thread that waits for the screen.
//!
//! In scope: an eventfd that `poll(2)` can wait for beside a connection, and the wait itself. Not in scope: what is
//! waited for.

use crate::CaptureError;
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fd::{BorrowedFd, OwnedFd},
    io::Errno,
};
use std::{sync::Arc, time::Instant};

/// Ends a wait from another thread. Clones wake the same source; after the source is gone a wake does nothing.
#[derive(Clone, Debug)]
pub struct Waker {
    event: Arc<OwnedFd>,
}

/// What ended [`Waker::wait_beside`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Readiness {
    /// The waker was used, or the other descriptor can be read.
    Ready,
    /// Neither, until the deadline.
    Deadline,
}

impl Waker {
    pub(crate) fn new() -> Result<Self, CaptureError> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|errno| CaptureError::System { what: "an event descriptor", source: errno.into() })?;
        Ok(Self { event: Arc::new(event) })
    }

    /// Makes the running or the next wait return. Several wakes before it returns are one.
    pub fn wake(&self) {
        // The only failure is a full counter (2^64 - 2 wakes nobody took): then it is awake already.
        let _ = rustix::io::write(&self.event, &1u64.to_ne_bytes());
    }

    /// Whether it was used since the last call.
    pub(crate) fn take(&self) -> bool {
        let mut counter = [0; 8];
        rustix::io::read(&self.event, &mut counter).is_ok()
    }

    /// Sleeps until it is used, until `other` can be read or was closed, or until `deadline`; no timer without one.
    pub(crate) fn wait_beside(&self, other: Option<BorrowedFd<'_>>, deadline: Option<Instant>) -> Result<Readiness, CaptureError> {
        loop {
            let timeout = match deadline.map(|at| at.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => Some(Timespec { tv_sec: 0, tv_nsec: 0 }),
                Some(left) => Timespec::try_from(left).ok(),
                None => None,
            };
            let event = PollFd::new(&*self.event, PollFlags::IN);
            let ready = match other {
                Some(other) => poll(&mut [event, PollFd::from_borrowed_fd(other, PollFlags::IN)], timeout.as_ref()),
                None => poll(&mut [event], timeout.as_ref()),
            };
            match ready {
                Ok(0) => return Ok(Readiness::Deadline),
                Ok(_) => return Ok(Readiness::Ready),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(CaptureError::Lost(std::io::Error::from(errno).to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_wake_before_the_wait_is_not_lost() {
        let waker = Waker::new().unwrap();
        waker.clone().wake();
        waker.wake();
        assert_eq!(waker.wait_beside(None, None).unwrap(), Readiness::Ready);
        assert!(waker.take());
        assert!(!waker.take(), "two wakes are one");
    }

    #[test]
    fn a_wait_without_a_wake_ends_at_its_deadline() {
        let waker = Waker::new().unwrap();
        let deadline = Instant::now() + Duration::from_millis(5);
        assert_eq!(waker.wait_beside(None, Some(deadline)).unwrap(), Readiness::Deadline);
        assert!(Instant::now() >= deadline);
    }
}
