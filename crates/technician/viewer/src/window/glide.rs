//! The technician's pointer over a picture that the window system shows: it moves at the customer's without a repaint here.
//!
//! The toolkit paints the whole window after every event of the pointer, which without a graphics processor costs more than the
//! move itself, and nothing of the window changes by it. So its events are kept from the toolkit while the pointer glides over the
//! free picture, and the toolkit is told the last one before anything else happens. A frame in between needs none of them: the move
//! would ask for the next frame, and so on as long as the hand moves.
//!
//! In scope: which moves these are, and passing them on, gathered to a sensible rate. Not in scope: buttons, the wheel, a pointer
//! that holds something: those are the toolkit's.

use super::fit::Fit;
use crate::{conductor::Order, state::Command};
use deskhand_paint::Surface;
use deskhand_screen::{Point, Region};
use deskhand_session::InputEvent;
use eframe::{EframeWinitApplication, UserEvent};
use egui::pos2;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::WeakSender;
use winit::{
    application::ApplicationHandler,
    event::{StartCause, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow},
    window::WindowId,
};

/// Moves are sent at most this often; the last of them always is.
const INTERVAL: Duration = Duration::from_millis(8);

/// Where the pointer may glide, as the last frame left it. Shared by the frames and the events between them.
#[derive(Default)]
pub(crate) struct Glide(Mutex<Option<Ground>>);

/// A picture that the window system shows, with the technician's pointer on it.
pub(super) struct Ground {
    /// What of the window shows the picture, pixels of the display.
    pub(super) free: Region,
    pub(super) fit: Fit,
    /// Pixels a point.
    pub(super) scale: f32,
    pub(super) surface: Arc<Surface>,
}

impl Glide {
    fn ground(&self) -> MutexGuard<'_, Option<Ground>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At the end of a frame.
    pub(super) fn set(&self, ground: Option<Ground>) {
        *self.ground() = ground;
    }

    /// The pixel of the customer's screen under a place of the window (pixels of the display), when the toolkit need not know.
    pub(super) fn over(&self, x: f64, y: f64) -> Option<(u32, u32)> {
        let ground = self.ground();
        let ground = ground.as_ref()?;
        // A float to integer cast saturates.
        let inside = x >= 0.0 && y >= 0.0 && ground.free.contains(Point { x: x as u32, y: y as u32 });
        let place = pos2(x as f32, y as f32) / ground.scale;
        ground.fit.pixel(place).filter(|_| inside)
    }

    /// The customer's pointer gives way to the technician's.
    fn own(&self, at: (u32, u32)) {
        if let Some(ground) = &*self.ground() {
            ground.surface.own(Some(at), ground.fit.scale());
        }
    }
}

/// The toolkit's application, without the events that it need not see.
pub(super) struct Gliding<'a> {
    pub(super) app: EframeWinitApplication<'a>,
    pub(super) glide: Arc<Glide>,
    /// The session's task, as long as the window gives it orders.
    pub(super) orders: WeakSender<Order>,
    /// The last event that the toolkit was not told, and the pixel that it means.
    kept: Option<(WindowId, WindowEvent, (u32, u32))>,
    /// Where the pointer is and the customer's is not yet.
    moved: Option<(u32, u32)>,
    sent: Option<Instant>,
}

impl<'a> Gliding<'a> {
    pub(super) fn new(app: EframeWinitApplication<'a>, glide: Arc<Glide>, orders: WeakSender<Order>) -> Self {
        Self { app, glide, orders, kept: None, moved: None, sent: None }
    }

    /// Sends the last move when it is time; otherwise says when it is.
    fn send(&mut self, now: Instant) -> Option<Instant> {
        let (x, y) = self.moved?;
        let due = self.sent.map_or(now, |sent| sent + INTERVAL);
        if now < due {
            return Some(due);
        }
        (self.moved, self.sent) = (None, Some(now));
        self.glide.own((x, y));
        if let Some(orders) = self.orders.upgrade() {
            // A task that takes no orders is busy with older ones; the next move makes up for this one.
            let _full = orders.try_send(Command::Input(vec![InputEvent::Move { x, y }]).into());
        }
        None
    }
}

impl ApplicationHandler<UserEvent> for Gliding<'_> {
    fn window_event(&mut self, event_loop: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        // Comes with every move and says nothing more.
        if matches!(event, WindowEvent::AxisMotion { .. }) {
            return;
        }
        if let WindowEvent::CursorMoved { position, .. } = &event {
            self.moved = self.glide.over(position.x, position.y);
            if let Some(at) = self.moved {
                self.kept = Some((window, event, at));
                return;
            }
            self.kept = None;
        }
        if matches!(event, WindowEvent::RedrawRequested) {
            self.app.window_event(event_loop, window, event);
            if let Some((_, _, at)) = &self.kept {
                self.glide.own(*at);
            }
            return;
        }
        if let Some((window, kept, _)) = self.kept.take() {
            // What happens now happens there; the toolkit sends the move again, before it.
            self.moved = None;
            self.app.window_event(event_loop, window, kept);
        }
        self.app.window_event(event_loop, window, event);
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.app.about_to_wait(event_loop);
        let Some(due) = self.send(Instant::now()) else { return };
        match event_loop.control_flow() {
            ControlFlow::Poll => {}
            ControlFlow::WaitUntil(at) if at <= due => {}
            _ => event_loop.set_control_flow(ControlFlow::WaitUntil(due)),
        }
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.app.resumed(event_loop);
    }

    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.app.new_events(event_loop, cause);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        self.app.user_event(event_loop, event);
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.app.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.app.exiting(event_loop);
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.app.memory_warning(event_loop);
    }
}
