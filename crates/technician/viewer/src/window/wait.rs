//! The pages where one waits: for a passphrase, for the relay, for the customer.
//!
//! In scope: saying what is going on, in words. Not in scope: how long it takes.

use super::style;
use crate::{
    passphrase::Passphrase,
    state::{Command, Connecting, Step, Unlock},
};
use egui::{Key, RichText, TextEdit, Ui, vec2};
use std::cmp::Ordering;
use zeroize::Zeroizing;

pub(super) fn unlock(ui: &mut Ui, page: &Unlock, passphrase: &mut Zeroizing<String>, commands: &mut Vec<Command>) {
    style::column(ui, |ui| {
        if page.file.is_empty() {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("Starting…");
            });
            return;
        }
        ui.heading("Your key");
        ui.add(egui::Label::new(RichText::new(&page.file).weak()).wrap());
        ui.add_space(12.0);
        let label = ui.label("Passphrase");
        let text: &mut String = passphrase;
        let field = TextEdit::singleline(text).password(true).desired_width(f32::INFINITY).margin(vec2(10.0, 8.0));
        let field = ui.add_enabled(!page.busy, field).labelled_by(label.id);
        // Asked before the focus is given back, which would hide that Enter took it.
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        if let Some(wrong) = page.wrong.as_ref().filter(|_| !page.busy) {
            ui.colored_label(style::wrong(ui), crate::desk::sentence(wrong));
        }
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            let clicked = style::main_button(ui, "Open", !page.busy).clicked();
            if page.busy {
                ui.spinner();
            }
            if (clicked || enter) && !page.busy && !passphrase.is_empty() {
                commands.push(Command::Unlock(Passphrase(std::mem::take(passphrase))));
            }
        });
    });
}

pub(super) fn connecting(ui: &mut Ui, page: &Connecting, commands: &mut Vec<Command>) {
    style::column(ui, |ui| {
        ui.heading(format!("Connecting to {}", page.nameplate));
        ui.add_space(12.0);
        let relay = if page.relay.is_empty() { "the relay".to_owned() } else { format!("the relay at {}", page.relay) };
        let steps = [
            (Step::Relay, format!("Reach {relay}")),
            (Step::Pairing, "Find the customer's machine and prove the code".to_owned()),
            (Step::Asking, "The customer reads who you are and decides".to_owned()),
            (Step::Picture, "Receive the first picture".to_owned()),
        ];
        for (step, text) in steps {
            ui.horizontal_top(|ui| {
                // Nothing turns while a person decides: a window that waits costs nothing.
                let mark = match step.cmp(&page.step) {
                    Ordering::Less => style::Mark::Done,
                    Ordering::Equal => style::Mark::Now,
                    Ordering::Greater => style::Mark::Later,
                };
                style::mark(ui, mark);
                let text = if step == page.step { RichText::new(text).strong() } else { RichText::new(text).weak() };
                ui.add(egui::Label::new(text).wrap());
            });
        }
        ui.add_space(8.0);
        if page.step == Step::Asking {
            ui.label("Tell the customer to look at the screen: nothing is seen before they allow it.");
        }
        if let Some(notice) = &page.notice {
            ui.colored_label(style::notice(ui), notice);
        }
        ui.add_space(12.0);
        if style::other_button(ui, "Cancel").clicked() {
            commands.push(Command::End);
        }
    });
}
