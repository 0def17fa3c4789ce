//! The customer's monitors: what the host says of them, and who waits for a choice to be so.
//!
//! In scope: carrying words between the session and the policy. Not in scope: the policy (`crate::monitors`).

use super::Conductor;
use crate::{
    monitors::{Ask, Fate},
    state::Notice,
};
use deskhand_screen::Rect;
use deskhand_session::viewer::ViewerInput;
use tokio::sync::oneshot;

fn rect([x, y, width, height]: [u32; 4]) -> Rect {
    Rect::new(x, y, width, height)
}

impl Conductor {
    /// The technician wants to see this monitor, or all of the screen. `done` is answered when it is seen.
    pub(super) fn choose(&mut self, wanted: Option<Rect>, done: Option<oneshot::Sender<Result<(), String>>>) {
        match self.monitors.choose(wanted) {
            Ok(ask) => {
                self.looking.extend(done);
                self.look(ask);
            }
            Err(why) => drop(done.map(|done| done.send(Err(why)))),
        }
    }

    /// The host's screen has this shape now.
    pub(super) fn screen(&mut self, width: u32, height: u32, displays: &[[u32; 4]]) {
        // Nobody but the host says where its monitors are: what lies outside the screen is cut off.
        let inside = |display: &[u32; 4]| rect(*display).intersect(Rect::new(0, 0, width, height)) == rect(*display);
        let there = displays.iter().filter(|display| display[2] > 0 && display[3] > 0 && inside(display)).copied().map(rect).collect();
        let (fate, ask) = self.monitors.are(there);
        if fate == Fate::Gone {
            let text = "The monitor that you saw is gone; this is all of the customer's screen.";
            self.shown.say(text.into(), self.audience.clock.mono_ms());
        }
        self.notice(Notice::Screen { width, height, monitors: displays.to_vec() });
        self.look(ask);
    }

    /// The host says that what was asked for is so.
    pub(super) fn looked(&mut self, monitors: &[[u32; 4]], update: u64) {
        let monitors: Vec<Rect> = monitors.iter().copied().map(rect).collect();
        let ask = self.monitors.looked(&monitors, update);
        self.look(ask);
    }

    /// This update is in the picture.
    pub(super) fn monitors_show(&mut self, update: u64) {
        let ask = self.monitors.shows(update);
        self.look(ask);
    }

    fn look(&mut self, ask: Option<Ask>) {
        if let Some(ask) = ask {
            let monitors = ask.iter().map(|rect| [rect.x, rect.y, rect.width, rect.height]).collect();
            self.tell(ViewerInput::Look { monitors });
        }
        self.shown.monitors(&self.monitors);
        if self.monitors.is_settled() {
            for done in self.looking.drain(..) {
                let _gone = done.send(Ok(()));
            }
        }
    }
}
