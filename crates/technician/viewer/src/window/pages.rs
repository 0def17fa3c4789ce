//! The page for a snapshot, and what belongs to the window alone: half-typed texts, the scale, textures.
//!
//! In scope: which page. Not in scope: the pages.

use super::{entry, glide::Glide, over, screen::Screen, session, wait};
use crate::{
    options::{Scale, Session},
    state::{Command, Snapshot},
};
use deskhand_wire::Millis;
use egui::{CentralPanel, Ui};
use std::sync::Arc;

/// What a person typed or chose and did not send yet.
pub(crate) struct Local {
    pub(super) entry: entry::Draft,
    pub(super) passphrase: zeroize::Zeroizing<String>,
    pub(super) ask: session::Ask,
    pub(super) scale: Scale,
    pub(super) fullscreen: bool,
    pub(super) toolbar: f32,
    pub(super) screen: Screen,
    /// Where the pointer may move without a frame.
    pub(super) glide: Arc<Glide>,
}

impl Local {
    /// A window that begins with this scale and these texts.
    #[must_use]
    pub(crate) fn new(scale: Scale, fullscreen: bool, session: &Session) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            entry: entry::Draft { ticket: text(&session.ticket), reason: text(&session.reason), ..entry::Draft::default() },
            passphrase: zeroize::Zeroizing::default(),
            ask: session::Ask::default(),
            scale,
            fullscreen,
            toolbar: 0.0,
            screen: Screen::default(),
            glide: Arc::default(),
        }
    }

    /// Whether what is typed goes to the customer's machine.
    #[must_use]
    pub(crate) fn has_keyboard(&self) -> bool {
        self.screen.has_keyboard()
    }
}

/// Shows a snapshot at this moment of the program's clock, and gives what the person wants.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, local: &mut Local, now: Millis) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut ground = None;
    if !matches!(snapshot, Snapshot::Live(_)) {
        // The textures of a session that is over are let go.
        local.screen = Screen::default();
    }
    match snapshot {
        Snapshot::Unlock(page) => {
            CentralPanel::default().show(ui, |ui| wait::unlock(ui, page, &mut local.passphrase, &mut commands));
        }
        Snapshot::Entry(page) => {
            CentralPanel::default().show(ui, |ui| entry::show(ui, page, &mut local.entry, &mut commands));
        }
        Snapshot::Connecting(page) => {
            CentralPanel::default().show(ui, |ui| wait::connecting(ui, page, &mut commands));
        }
        Snapshot::Live(live) => {
            session::show(ui, live, local, now, &mut commands);
            ground = local.screen.settle(ui.ctx());
        }
        Snapshot::Over(page) => {
            CentralPanel::default().show(ui, |ui| over::show(ui, page, &mut commands));
        }
    }
    local.glide.set(ground);
    commands
}
