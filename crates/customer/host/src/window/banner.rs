//! The banner: always on top while a technician is in.
//!
//! In scope: who, what, how long, Stop control, Stop; Escape stops too. It repaints when something changes and once a minute.

use super::{input_of, look, look::Tone, tell_time};
use crate::{
    snapshot::{Command, Session, Snapshot},
    wording,
};
use deskhand_session::{AnswerInput, Scope};
use egui::{Color32, CornerRadius, Key, Modifiers, RichText, Sense, Stroke, Ui, ViewportCommand};
use std::time::Instant;

const MAX_NAME: usize = 40;
const RED: Color32 = Color32::from_rgb(0xd9, 0x30, 0x25);

/// The whole window as the banner; it can be dragged by its ground.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, session: &Session, now: Instant) -> Option<Command> {
    let mut command = None;
    let ground = ui.interact(ui.max_rect(), ui.scope_id().with("ground"), Sense::drag());
    if ground.drag_started() {
        ui.ctx().send_viewport_cmd(ViewportCommand::StartDrag);
    }
    who_does_what(ui, session);
    ui.horizontal_wrapped(|ui| {
        command = stop_button(ui);
        if session.scopes.has(Scope::Control) {
            let stop = look::button(ui, Tone::Quiet, "Stop control", true, 120.0);
            if stop.clicked() {
                command = Some(Command::StopControl(input_of(&stop)));
            }
        }
        let minutes = tell_time::minutes_since(ui, session.since, now);
        let time = look::weak(format!("for {}", wording::minutes(minutes)), ui).size(look::SMALL);
        ui.label(time);
    });
    if let Some(keys) = snapshot.stop_keys {
        let weak = look::weak(format!("{keys} stops everything too."), ui).size(look::SMALL);
        ui.label(weak);
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        command = Some(Command::Stop(AnswerInput::Key));
    }
    command
}

/// The banner over a question: who is in, and Stop. Escape belongs to the question.
pub(crate) fn strip(ui: &mut Ui, session: &Session) -> Option<Command> {
    ui.horizontal_wrapped(|ui| {
        let command = stop_button(ui);
        who_does_what(ui, session);
        command
    })
    .inner
}

fn who_does_what(ui: &mut Ui, session: &Session) {
    let technician = wording::shown(&session.technician, MAX_NAME);
    ui.horizontal(|ui| {
        let (dot, _) = ui.allocate_exact_size(egui::vec2(14.0, 14.0), Sense::hover());
        let colour = if session.line_lost { Color32::from_gray(140) } else { RED };
        ui.painter().circle_filled(dot.center(), 6.0, colour);
        ui.add(egui::Label::new(RichText::new(wording::can(&technician, session.scopes)).strong()).wrap());
    });
}

fn stop_button(ui: &mut Ui) -> Option<Command> {
    let stop = look::button(ui, Tone::Stop, "Stop", true, 120.0);
    stop.clicked().then(|| Command::Stop(input_of(&stop)))
}

/// The frame around the banner, so that it is seen on any ground.
pub(crate) fn frame(ui: &Ui) -> egui::Frame {
    let fill = ui.visuals().panel_fill;
    egui::Frame::new().fill(fill).stroke(Stroke::new(3.0, RED)).corner_radius(CornerRadius::ZERO).inner_margin(12)
}
