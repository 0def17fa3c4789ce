//! The session page: toolbar, the customer's screen, the state line.
//!
//! In scope: putting them together, asking for control. Not in scope: the parts.

use super::{Local, overlay, screen, shortcuts::Shortcut, status, toolbar};
use crate::state::{Command, Live};
use deskhand_session::Scope;
use deskhand_wire::{
    Millis,
    limits::{MAX_MINUTES, MAX_REASON},
};
use egui::{CentralPanel, Color32, DragValue, Frame, Id, Margin, Modal, Panel, TextEdit, Ui};

/// Minutes that are offered first.
const MINUTES: u16 = 30;

/// A half-made request for control.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) open: bool,
    minutes: u16,
    reason: String,
}

impl Default for Ask {
    fn default() -> Self {
        Self { open: false, minutes: MINUTES, reason: String::new() }
    }
}

pub(super) fn show(ui: &mut Ui, live: &Live, local: &mut Local, now: Millis, commands: &mut Vec<Command>) {
    if Shortcut::Overlay.pressed(ui) {
        local.screen.chord_used();
        live.trail.set(!live.trail.is_on());
    }
    if Shortcut::Monitor.pressed(ui) {
        local.screen.chord_used();
        if live.monitors.len() > 1 {
            commands.push(Command::Look(toolbar::next_monitor(live)));
        }
    }
    let toolbar = Panel::top("toolbar").show(ui, |ui| toolbar::show(ui, live, local, commands));
    let height = toolbar.response.rect.height();
    if (height - local.toolbar).abs() > 0.5 {
        // Its rows changed with the window's width: the panel has room for them in the next frame.
        local.toolbar = height;
        ui.ctx().request_repaint();
    }
    Panel::bottom("state").show(ui, |ui| status::show(ui, live, now));
    let frame = Frame::new().fill(Color32::from_gray(if ui.visuals().dark_mode { 18 } else { 120 })).inner_margin(Margin::ZERO);
    CentralPanel::default().frame(frame).show(ui, |ui| {
        screen::show(ui, live, local.scale, &mut local.screen, commands);
        if live.trail.is_on() {
            overlay::legend(ui);
        }
        status::message(ui, live, now);
    });
    if local.ask.open {
        ask(ui, &mut local.ask, commands);
    }
}

/// The question before the question: for how long, and why.
fn ask(ui: &mut Ui, ask: &mut Ask, commands: &mut Vec<Command>) {
    let modal = Modal::new(Id::unique("ask for control")).show(ui.ctx(), |ui| {
        ui.set_width(320.0_f32.min(ui.ctx().content_rect().width() - 60.0));
        ui.heading("Ask for control");
        ui.label("The customer reads this and decides.");
        ui.horizontal(|ui| {
            let label = ui.label("For");
            ui.add(DragValue::new(&mut ask.minutes).range(1..=MAX_MINUTES).suffix(" min")).labelled_by(label.id);
            for minutes in [10, 30, 60] {
                if ui.small_button(minutes.to_string()).clicked() {
                    ask.minutes = minutes;
                }
            }
        });
        let label = ui.label("Reason");
        let field =
            TextEdit::singleline(&mut ask.reason).hint_text("what you will do").char_limit(MAX_REASON / 4).desired_width(f32::INFINITY);
        ui.add(field).labelled_by(label.id);
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui.button(egui::RichText::new("Ask the customer").strong()).clicked() {
                let reason = Some(ask.reason.trim().to_owned()).filter(|reason| !reason.is_empty());
                commands.push(Command::Request { scope: Scope::Control, minutes: ask.minutes, reason });
                ask.open = false;
            }
            if ui.button("Cancel").clicked() {
                ask.open = false;
            }
        });
    });
    if modal.should_close() {
        ask.open = false;
    }
}
