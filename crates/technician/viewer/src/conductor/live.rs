//! What the board shows of a session.
//!
//! In scope: keeping it, and showing it only when it changed. Not in scope: how it looks.

use super::{Conductor, Wish};
use crate::{
    dial::Dialed,
    monitors::Monitors,
    picture::Picture,
    state::{Connecting, Live, Message, Snapshot, Step},
};
use deskhand_identity::Statement;
use deskhand_paint::{Cursor, Shape, cursor_image};
use deskhand_session::{Scope, Scopes, viewer::ViewerStatus};
use deskhand_wire::{
    Millis,
    control::RevokedBy,
    update::{CursorMessage, CursorShape},
};
use std::sync::Arc;

/// A round trip that changed by less, or by less than a quarter, is not worth a repaint, milliseconds.
const RTT_STEP_MS: u64 = 10;

/// The state that is shown.
pub(crate) struct Shown {
    connecting: Connecting,
    live: Live,
    shape: Option<Arc<Shape>>,
    was_granted: bool,
    has_picture: bool,
    changed: bool,
}

impl Shown {
    pub(super) fn new(wish: &Wish, dialed: &Dialed, statement: &Statement, picture: &Picture) -> Self {
        let relay = statement.relays.iter().find(|relay| relay.key == dialed.relay);
        let relay = relay.map(|relay| relay.addresses.join(", ")).unwrap_or_default();
        Self {
            connecting: Connecting {
                step: Step::Relay,
                relay,
                nameplate: wish.code.nameplate().to_string(),
                notice: dialed.notice.clone(),
            },
            live: Live {
                host: "Customer's machine, identity unknown".into(),
                technician: dialed.certificate.claimed().name.clone(),
                ticket: wish.ticket.clone(),
                session: String::new(),
                granted: Scopes::NONE,
                control_until: None,
                asking: false,
                stale_since: None,
                rtt_ms: 0,
                message: None,
                monitors: Vec::new(),
                chosen: None,
                seen: None,
                surface: picture.surface(),
                trail: picture.trail(),
            },
            shape: None,
            was_granted: false,
            has_picture: false,
            changed: true,
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        if step > self.connecting.step {
            self.connecting.step = step;
            self.changed = true;
        }
    }

    pub(super) fn paired(&mut self, session: String) {
        self.live.session = session;
        self.changed = true;
    }

    pub(super) fn granted(&mut self) {
        self.was_granted = true;
        self.changed = true;
    }

    pub(super) fn was_granted(&self) -> bool {
        self.was_granted
    }

    pub(super) fn first_picture(&mut self) {
        if !self.has_picture {
            self.has_picture = true;
            self.changed = true;
        }
    }

    pub(super) fn revoked(&mut self, scopes: Scopes, by: RevokedBy, now: Millis) {
        let what = if scopes.has(Scope::View) { "Seeing the screen" } else { "Control" };
        let text = match by {
            RevokedBy::Customer => format!("{what} was ended by the customer."),
            RevokedBy::Technician => format!("{what} was given back."),
            RevokedBy::Expiry => format!("{what} is over: its time ran out. Ask again when you need it."),
            RevokedBy::Link => format!("{what} is over: the line was cut for too long. Ask again."),
            RevokedBy::Log => format!("{what} is over: the log of the session can't be stored."),
        };
        self.say(text, now);
    }

    pub(super) fn stale(&mut self, stale: bool, now: Millis) {
        self.live.stale_since = stale.then_some(now);
        self.changed = true;
    }

    pub(super) fn say(&mut self, text: String, now: Millis) {
        self.live.message = Some(Message { text, at: now });
        self.changed = true;
    }

    pub(super) fn monitors(&mut self, monitors: &Monitors) {
        let live = &mut self.live;
        if (monitors.chosen(), monitors.shown(), monitors.there()) != (live.chosen, live.seen, &live.monitors) {
            (live.chosen, live.seen, live.monitors) = (monitors.chosen(), monitors.shown(), monitors.there().to_vec());
            self.changed = true;
        }
    }

    pub(super) fn cursor(&mut self, message: CursorMessage) {
        let Some(surface) = &self.live.surface else { return };
        if let Some(new) = message.shape.filter(CursorShape::is_valid) {
            self.shape =
                cursor_image(new.width, new.height, &new.pixels).map(|image| Arc::new(Shape { image, hot_x: new.hot_x, hot_y: new.hot_y }));
        }
        // A pointer that is hidden keeps its picture for when it comes back.
        surface.point(message.visible.then(|| Cursor { x: message.x, y: message.y, shape: self.shape.clone() }));
    }

    fn status(&mut self, status: &ViewerStatus, rtt_ms: u64) {
        let live = &mut self.live;
        let now = (status.granted, status.control_until, status.asking);
        if now != (live.granted, live.control_until, live.asking) {
            (live.granted, live.control_until, live.asking) = now;
            self.changed = true;
        }
        if rtt_ms.abs_diff(live.rtt_ms) >= RTT_STEP_MS.max(live.rtt_ms / 4) {
            live.rtt_ms = rtt_ms;
            self.changed = true;
        }
    }

    fn snapshot(&self) -> Snapshot {
        if self.has_picture { Snapshot::Live(Box::new(self.live.clone())) } else { Snapshot::Connecting(self.connecting.clone()) }
    }
}

impl Conductor {
    /// Shows what changed since the last time.
    pub(super) fn show(&mut self) {
        let rtt_ms = u64::try_from(self.connection.rtt().as_millis()).unwrap_or(u64::MAX);
        self.shown.status(&self.session.status(), rtt_ms);
        if std::mem::take(&mut self.shown.changed) {
            self.audience.board.show(self.shown.snapshot());
        }
    }
}
