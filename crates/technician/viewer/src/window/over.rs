//! The page after a session, or instead of one: what happened and what to do next.
//!
//! In scope: the sentence and the way back. Not in scope: finding the sentence (`failure`).

use super::style;
use crate::{
    failure::Exit,
    state::{Command, Over},
};
use egui::{RichText, Ui};

pub(super) fn show(ui: &mut Ui, page: &Over, commands: &mut Vec<Command>) {
    style::column(ui, |ui| {
        let exit = page.failure.exit;
        let (title, colour) = match exit {
            Exit::Done => ("The session is over", ui.visuals().strong_text_color()),
            _ if page.was_live => ("The session was cut short", style::notice(ui)),
            Exit::Refused => ("Not allowed", style::notice(ui)),
            Exit::Unreachable => ("Nobody there", style::notice(ui)),
            Exit::Usage | Exit::Failed => ("That did not work", style::wrong(ui)),
        };
        ui.heading(RichText::new(title).color(colour));
        ui.add_space(8.0);
        ui.add(egui::Label::new(crate::desk::sentence(&page.failure.text)).wrap());
        ui.add_space(16.0);
        let text = if exit == Exit::Done { "Next customer" } else { "Try again" };
        let button = style::main_button(ui, text, true);
        if ui.memory(|memory| memory.focused().is_none()) {
            button.request_focus();
        }
        if button.clicked() {
            commands.push(Command::Again);
        }
    });
}
