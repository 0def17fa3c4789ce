//! The end page and the page for what did not work.

use super::{look, look::Tone};
use crate::{
    snapshot::{Command, Ended, Failure, Kept},
    wording,
};
use egui::Ui;

/// It is over.
pub(crate) fn ended(ui: &mut Ui, ended: &Ended) -> Option<Command> {
    ui.add_space(12.0);
    ui.heading(if ended.was_seen { wording::ENDED } else { wording::ENDED_UNSEEN });
    ui.label(wording::ended_because(ended.reason));
    ui.add_space(12.0);
    let command = ui
        .horizontal_wrapped(|ui| {
            if look::button(ui, Tone::Main, "Close", true, 130.0).clicked() {
                Some(Command::Quit)
            } else if look::button(ui, Tone::Quiet, "New code", true, 130.0).clicked() {
                Some(Command::NewCode)
            } else {
                None
            }
        })
        .inner;
    let command = command.or_else(|| receipt(ui, ended.receipt.as_ref()));
    ui.add_space(12.0);
    let weak = look::weak(format!("Number of this session: {}", ended.session), ui).size(look::SMALL);
    ui.add(egui::Label::new(weak).selectable(true).wrap());
    command
}

/// What the customer may keep.
fn receipt(ui: &mut Ui, kept: Option<&Kept>) -> Option<Command> {
    let kept = kept?;
    ui.add_space(12.0);
    match kept {
        Kept::Ready => ui.label(wording::RECEIPT),
        Kept::Saved(file) => ui.add(egui::Label::new(format!("{} {file}", wording::RECEIPT_SAVED)).selectable(true).wrap()),
        Kept::Failed(why) => ui.label(wording::receipt_failed(why)),
    };
    if matches!(kept, Kept::Saved(_)) {
        return None;
    }
    ui.add_space(4.0);
    let wanted = ui.horizontal(|ui| look::button(ui, Tone::Quiet, "Save this page", true, 160.0).clicked()).inner;
    wanted.then_some(Command::SaveReceipt)
}

/// It did not work.
pub(crate) fn failed(ui: &mut Ui, failure: &Failure) -> Option<Command> {
    ui.add_space(12.0);
    ui.heading("That did not work");
    ui.label(&failure.what);
    look::card(ui, |ui| {
        ui.label(&failure.hint);
    });
    ui.label("Nobody can see your screen.");
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        if failure.retry && look::button(ui, Tone::Main, "Try again", true, 130.0).clicked() {
            Some(Command::Retry)
        } else if look::button(ui, Tone::Quiet, "Close", true, 130.0).clicked() {
            Some(Command::Quit)
        } else {
            None
        }
    })
    .inner
}
