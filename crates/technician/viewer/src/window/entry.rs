//! The page where a code is typed.
//!
//! In scope: completion, saying what is wrong with a code before it is sent. Not in scope: whether it is right.

use super::style;
use crate::state::{Command, Entry};
use deskhand_session::{Code, Typing, typing};
use deskhand_wire::limits::{MAX_REASON, MAX_TICKET};
use egui::{FontId, Key, RichText, TextEdit, Ui, vec2};

/// Completions that are shown.
const OFFERS: usize = 5;
/// Bytes of a code's text that a field takes.
const MAX_CODE: usize = 200;

/// What was typed so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) code: String,
    pub(super) ticket: String,
    pub(super) reason: String,
    /// Whether the person tried to connect with what stands there.
    pub(super) tried: bool,
}

pub(super) fn show(ui: &mut Ui, page: &Entry, draft: &mut Draft, commands: &mut Vec<Command>) {
    style::column(ui, |ui| {
        ui.heading("Help a customer");
        ui.add(egui::Label::new(RichText::new(&page.organisation).weak()).truncate());
        ui.add_space(12.0);
        let label = ui.label("The customer's code");
        let field = TextEdit::singleline(&mut draft.code)
            .hint_text("48213-velvet-anchor-oxygen")
            .font(FontId::monospace(20.0))
            .char_limit(MAX_CODE)
            .lock_focus(true)
            .margin(vec2(10.0, 8.0))
            .desired_width(f32::INFINITY);
        let field = ui.add(field).labelled_by(label.id);
        if field.changed() {
            draft.tried = false;
        }
        // Asked before the focus is given back, which would hide that Enter took it.
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        let state = typing(&draft.code, page.language);
        hint(ui, page, draft, &state, &field);
        ui.add_space(6.0);
        ui.columns(2, |columns| {
            limited(&mut columns[0], "Ticket (optional)", "INC-1042", &mut draft.ticket, MAX_TICKET);
            limited(&mut columns[1], "Reason (optional)", "what you will do", &mut draft.reason, MAX_REASON);
        });
        ui.label(RichText::new("The customer reads your name, the ticket and the reason before allowing anything.").weak().small());
        ui.add_space(10.0);
        let clicked = style::main_button(ui, "Connect", true).clicked();
        if clicked || enter {
            draft.tried = true;
            if let Ok(code) = Code::parse(&draft.code, page.language) {
                commands.push(connect(code, draft));
                *draft = Draft { ticket: std::mem::take(&mut draft.ticket), ..Draft::default() };
            } else {
                field.request_focus();
            }
        }
    });
}

fn connect(code: Code, draft: &Draft) -> Command {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    Command::Connect { code, ticket: given(&draft.ticket), reason: given(&draft.reason) }
}

/// One line under the field: what may be meant, what is wrong, or that it is whole.
fn hint(ui: &mut Ui, page: &Entry, draft: &mut Draft, state: &Typing, field: &egui::Response) {
    let height = 30.0;
    ui.horizontal_wrapped(|ui| {
        ui.set_min_height(height);
        let error = if draft.tried { Code::parse(&draft.code, page.language).err() } else { None };
        match (state, error.as_ref()) {
            (Typing::Wrong(error), None) | (_, Some(error)) => {
                ui.colored_label(style::wrong(ui), crate::desk::sentence(&error.to_string()));
            }
            (Typing::Complete, None) => {
                if let Ok(code) = Code::parse(&draft.code, page.language) {
                    style::mark(ui, style::Mark::Done);
                    ui.colored_label(style::right(ui), code.to_string());
                }
            }
            (Typing::Word { position, completions }, None) if completions.is_empty() => {
                ui.weak(format!("Word {position} of 3: four letters are enough."));
            }
            (Typing::Word { completions, .. }, None) => {
                // Tab takes the first, as in every shell.
                let tab = field.has_focus() && ui.input(|input| input.key_pressed(Key::Tab));
                let mut taken = tab.then(|| completions[0].clone());
                for word in completions.iter().take(OFFERS) {
                    if ui.small_button(word).clicked() {
                        taken = Some(word.clone());
                    }
                }
                if let Some(word) = taken {
                    complete(&mut draft.code, &word);
                    to_end(ui, field, &draft.code);
                }
            }
            (Typing::Number, None) => {
                ui.weak("A number and three words, as the customer reads them. Spaces or dashes, any case.");
            }
        }
    });
}

/// Replaces the word that is being typed.
fn complete(code: &mut String, word: &str) {
    let start = code.rfind(|c: char| c.is_whitespace() || c == '-' || c.is_ascii_digit());
    let start = start.map_or(0, |at| at + code[at..].chars().next().map_or(0, char::len_utf8));
    code.truncate(start);
    if code.ends_with(|c: char| c.is_ascii_digit()) {
        code.push('-');
    }
    code.push_str(word);
    if code.matches(['-', ' ']).count() < 3 {
        code.push('-');
    }
}

/// The field goes on behind what was filled in.
fn to_end(ui: &Ui, field: &egui::Response, text: &str) {
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), field.id) {
        let end = egui::text::CCursor::new(text.chars().count());
        state.cursor.set_char_range(Some(egui::text::CCursorRange::one(end)));
        state.store(ui.ctx(), field.id);
    }
    field.request_focus();
}

fn limited(ui: &mut Ui, name: &str, hint: &str, text: &mut String, limit: usize) {
    let label = ui.label(name);
    ui.add(TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY)).labelled_by(label.id);
    if text.len() > limit {
        let mut end = limit;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_replaces_the_word_that_is_being_typed() {
        for (before, after) in [
            ("48213-vel", "48213-velvet-"),
            ("48213 velvet an", "48213 velvet velvet-"),
            ("48213-velvet-anchor-ve", "48213-velvet-anchor-velvet"),
            ("48213ve", "48213-velvet-"),
        ] {
            let mut code = before.to_owned();
            complete(&mut code, "velvet");
            assert_eq!(code, after);
        }
    }
}
