//! The window: one page at a time, drawn from a snapshot.
//!
//! In scope: [`view`], a function of a snapshot and the moment that gives back commands, and [`app`], the window around it. While a
//! technician is in, the same window becomes the banner: there is never a second one that could be lost behind others. Not in
//! scope: connections, keys, timers.

pub mod app;
mod banner;
mod clipboard;
mod code_page;
mod end_page;
mod look;
mod organisation;
mod question_page;
mod switch;
mod tell_time;

use crate::{
    snapshot::{Command, Page, Snapshot},
    wording,
};
use deskhand_session::AnswerInput;
use egui::{PointerButton, Response, RichText, ScrollArea, Ui};
use std::time::Instant;

/// What the window remembers between two drawings: nothing that a session depends on.
#[derive(Debug, Default)]
pub struct Memory {
    copied: Option<String>,
    choice: Option<question_page::Choice>,
}

/// Sets fonts and colours; once, before the first [`view`].
pub fn set_look(context: &egui::Context) {
    look::apply(context);
}

/// Draws `snapshot` as it is at `now`. Gives what the customer wants.
pub fn view(ui: &mut Ui, snapshot: &Snapshot, memory: &mut Memory, now: Instant) -> Option<Command> {
    if let Page::Session(session) = &snapshot.page {
        return banner::frame(ui)
            .show(ui, |ui| {
                ui.set_min_size(ui.available_size());
                let command = banner::show(ui, snapshot, session, now);
                notices(ui, snapshot);
                command
            })
            .inner;
    }
    let margin = egui::Frame::new().inner_margin(egui::Margin::symmetric(20, 16)).fill(ui.visuals().panel_fill);
    if let Page::Question(question) = &snapshot.page {
        let below =
            egui::Panel::bottom("answers").frame(margin).show(ui, |ui| question_page::buttons(ui, question, &mut memory.choice, now)).inner;
        let stop = question.session.as_ref().and_then(|session| {
            let frame = banner::frame(ui);
            egui::Panel::top("banner").frame(frame).show(ui, |ui| banner::strip(ui, session)).inner
        });
        egui::CentralPanel::default().frame(margin).show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| question_page::show(ui, snapshot, question, &mut memory.choice));
        });
        return below.or(stop);
    }
    egui::CentralPanel::default()
        .frame(margin)
        .show(ui, |ui| ScrollArea::vertical().auto_shrink(false).show(ui, |ui| page(ui, snapshot, memory, now)).inner)
        .inner
}

fn page(ui: &mut Ui, snapshot: &Snapshot, memory: &mut Memory, now: Instant) -> Option<Command> {
    let command = match &snapshot.page {
        Page::Connecting => code_page::waiting(ui, snapshot, wording::CONNECTING, true),
        Page::Pairing => code_page::waiting(ui, snapshot, wording::PAIRING, true),
        Page::Starting => code_page::waiting(ui, snapshot, wording::STARTING, true),
        Page::Code(code) => code_page::show(ui, snapshot, code, &mut memory.copied, now),
        Page::CodeOver(over) => code_page::over(ui, snapshot, *over),
        Page::Ended(ended) => end_page::ended(ui, ended),
        Page::Failed(failure) => end_page::failed(ui, failure),
        Page::Question(_) | Page::Session(_) | Page::Closed => None,
    };
    notices(ui, snapshot);
    command
}

fn notices(ui: &mut Ui, snapshot: &Snapshot) {
    if let Some(newest) = snapshot.notices.last() {
        ui.label(RichText::new(newest.text()).size(look::SMALL + 1.0));
    }
}

/// With what a button was pressed.
fn input_of(response: &Response) -> AnswerInput {
    let pointed = response.clicked_by(PointerButton::Primary) && response.interact_pointer_pos().is_some();
    if pointed { AnswerInput::Pointer } else { AnswerInput::Key }
}
