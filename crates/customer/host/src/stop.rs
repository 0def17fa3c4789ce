//! The customer's Stop, as a switch that works before anybody hears of it.
//!
//! In scope: one flag that every gate asks, and waking whoever holds the screen. Pulling it takes no lock that a network or a busy
//! thread could hold, and comes before any message. Not in scope: grants (`session`), which a stop revokes too, a moment later.

use deskhand_capture::Waker;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// Clones are one switch. It belongs to one session: a new session has a new one.
#[derive(Clone, Debug, Default)]
pub struct StopSwitch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    everything: AtomicBool,
    control: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl StopSwitch {
    /// No more pixels and no more input, from this moment on. Never taken back.
    pub fn stop_everything(&self) {
        self.0.everything.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// No more input under the present grant; seeing goes on.
    pub fn stop_control(&self) {
        self.0.control.store(true, Ordering::SeqCst);
    }

    /// The customer allowed control anew.
    pub(crate) fn control_allowed(&self) {
        self.0.control.store(false, Ordering::SeqCst);
    }

    /// Whether pixels may be asked for, as far as this switch is concerned.
    pub fn lets_see(&self) -> bool {
        !self.0.everything.load(Ordering::SeqCst)
    }

    /// Whether input may be carried out, as far as this switch is concerned.
    pub fn lets_control(&self) -> bool {
        self.lets_see() && !self.0.control.load(Ordering::SeqCst)
    }

    /// Who is to wake up when everything stops.
    pub(crate) fn wakes(&self, waker: Option<Waker>) {
        *self.0.waker.lock().unwrap_or_else(PoisonError::into_inner) = waker;
    }

    fn wake(&self) {
        // The lock is only ever held for an assignment.
        if let Some(waker) = &*self.0.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reaches_every_clone_and_is_never_taken_back() {
        let switch = StopSwitch::default();
        let gate = switch.clone();
        switch.stop_everything();
        switch.control_allowed();
        assert!(!gate.lets_see() && !gate.lets_control());
    }

    #[test]
    fn stopping_control_leaves_the_view() {
        let switch = StopSwitch::default();
        switch.stop_control();
        assert!(switch.lets_see() && !switch.lets_control());
        switch.control_allowed();
        assert!(switch.lets_control());
    }
}
