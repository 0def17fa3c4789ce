//! The code, large, with the warning where it stands.
//!
//! In scope: the page before anybody is let in, and the short waits around it. Not in scope: drawing codes or counting attempts.

use super::{look, look::Tone, organisation, tell_time};
use crate::{
    snapshot::{Code, CodeOver, Command, Snapshot},
    wording,
};
use egui::{Align, FontId, Layout, RichText, Ui};
use std::time::Instant;

/// Nothing to do but wait.
pub(crate) fn waiting(ui: &mut Ui, snapshot: &Snapshot, text: &str, stop: bool) -> Option<Command> {
    organisation::line(ui, snapshot);
    ui.add_space(24.0);
    ui.heading(text);
    ui.add_space(8.0);
    let weak = look::weak(wording::CODE_SAFE, ui);
    ui.label(weak);
    ui.add_space(16.0);
    let quit = stop && look::button(ui, Tone::Quiet, "Cancel", true, 120.0).clicked();
    quit.then_some(Command::Quit)
}

/// The code page. `copied` is the text that was last copied.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, code: &Code, copied: &mut Option<String>, now: Instant) -> Option<Command> {
    let mut command = None;
    organisation::line(ui, snapshot);
    ui.add_space(4.0);
    ui.heading(wording::CODE_TITLE);
    look::card(ui, |ui| {
        let size = fitting_size(ui, &code.text);
        ui.vertical_centered(|ui| {
            let text = RichText::new(&code.text).size(size).strong();
            ui.add(egui::Label::new(text).selectable(true).wrap());
        });
    });
    ui.horizontal_wrapped(|ui| {
        let is_copied = copied.as_deref() == Some(&code.text);
        if look::button(ui, Tone::Main, if is_copied { "Copied" } else { "Copy" }, true, 110.0).clicked() {
            *copied = Some(code.text.clone());
            command = Some(Command::Copy(code.text.clone()));
        }
        if look::button(ui, Tone::Quiet, "New code", true, 110.0).clicked() {
            command = Some(Command::NewCode);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let left = tell_time::seconds_until(ui, code.expires, now);
            let text = if left == 0 { "This code is too old.".to_owned() } else { format!("Works for {}", wording::clock(left)) };
            let weak = look::weak(text, ui);
            ui.label(weak);
        });
    });
    look::warning(ui, wording::SCAM_WARNING);
    let weak = look::weak(wording::CODE_SAFE, ui);
    ui.label(weak);
    command
}

/// The code is worth nothing any more.
pub(crate) fn over(ui: &mut Ui, snapshot: &Snapshot, over: CodeOver) -> Option<Command> {
    organisation::line(ui, snapshot);
    ui.add_space(16.0);
    ui.heading(wording::code_over(over));
    let weak = look::weak("Nobody can see your screen.", ui);
    ui.label(weak);
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        if look::button(ui, Tone::Main, "New code", true, 130.0).clicked() {
            Some(Command::NewCode)
        } else if look::button(ui, Tone::Quiet, "Close", true, 130.0).clicked() {
            Some(Command::Quit)
        } else {
            None
        }
    })
    .inner
}

/// The largest size at which the code fits on one line, within reason.
fn fitting_size(ui: &Ui, text: &str) -> f32 {
    let width = |size: f32| {
        ui.ctx().fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), FontId::proportional(size), egui::Color32::WHITE).size().x)
    };
    let at_full = width(look::CODE);
    let room = (ui.available_width() - 4.0).max(1.0);
    if at_full <= room { look::CODE } else { (look::CODE * room / at_full).floor().max(look::TITLE) }
}
