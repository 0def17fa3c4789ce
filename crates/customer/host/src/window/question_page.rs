//! The consent question.
//!
//! In scope: who asks for what and why, a switch for each thing and for the recording, Allow and No. Allow has no key of its own and never the keyboard's
//! focus by itself; Escape is No. While the pause of an unknown organisation runs, Allow shows the seconds and does nothing.
//! Not in scope: what an answer leads to, and the time after which no answer is No (`session`).

use super::{input_of, look, look::Tone, organisation as who, switch::switch, tell_time};
use crate::{
    organisation,
    snapshot::{Command, Question, Snapshot},
    wording,
};
use deskhand_session::{AnswerInput, Scope, Scopes};
use egui::{Key, Modifiers, RichText, Ui};
use std::time::Instant;

const MAX_NAME: usize = 60;
const MAX_REASON: usize = 240;
const MAX_TICKET: usize = 64;

/// What the customer switched, for the question it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    question: u32,
    scopes: Scopes,
    recorded: bool,
}

/// The question's text; it may be scrolled. Answers come from [`buttons`].
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, question: &Question, choice: &mut Option<Choice>) {
    let (mut chosen, mut recorded) = chosen(question, choice);
    who::line(ui, snapshot);
    ui.add_space(2.0);
    // The technician's name is free text too: smaller than what was checked.
    let asks = wording::asks(&wording::shown(&question.technician, MAX_NAME), question.scopes);
    ui.label(RichText::new(asks).size(look::LEAD).strong());
    if let Some(minutes) = question.minutes {
        ui.label(wording::control_minutes(minutes));
    }
    if organisation::is_unknown(&snapshot.standing) {
        look::warning(ui, wording::UNKNOWN_ORGANISATION);
    }
    if question.reason.is_some() || question.ticket.is_some() {
        look::card(ui, |ui| {
            if let Some(ticket) = &question.ticket {
                ui.label(format!("Ticket: {}", wording::shown(ticket, MAX_TICKET)));
            }
            if let Some(reason) = &question.reason {
                ui.label(format!("Why: “{}”", wording::shown(reason, MAX_REASON)));
            }
            let weak = look::weak(wording::THEIR_WORDS, ui).size(look::SMALL);
            ui.label(weak);
        });
    }
    ui.label(RichText::new("What may they do?").strong());
    for scope in question.scopes.iter() {
        let mut on = chosen.has(scope);
        // The mouse without the screen makes no sense.
        let enabled = scope == Scope::View || chosen.has(Scope::View) || question.already.has(Scope::View);
        if switch(ui, &mut on, enabled, wording::scope_name(scope), wording::scope_sentence(scope)).changed() {
            chosen = if on { chosen.with(scope) } else { chosen.without(scope) };
            if scope == Scope::View && !on {
                chosen = chosen.without(Scope::Control);
            }
        }
    }
    if let Some(notice) = &question.recording {
        // Required: it is shown as it is, and can't be switched.
        switch(ui, &mut recorded, notice.may_refuse, wording::RECORDING, &wording::recording_sentence(notice));
    }
    *choice = Some(Choice { question: question.id, scopes: chosen, recorded });
}

/// Allow and No, always in sight.
pub(crate) fn buttons(ui: &mut Ui, question: &Question, choice: &mut Option<Choice>, now: Instant) -> Option<Command> {
    let (chosen, recorded) = chosen(question, choice);
    let pause = tell_time::seconds_until(ui, question.allow_from, now);
    let left = tell_time::seconds_until(ui, question.until, now);
    let mut answer = None;
    let weak = look::weak(format!("If you don't answer, the answer is No. {} left.", wording::clock(left)), ui).size(look::SMALL);
    ui.label(weak);
    ui.horizontal_wrapped(|ui| {
        let no = look::button(ui, Tone::Stop, "No", true, 150.0);
        if no.clicked() {
            answer = Some((Scopes::NONE, input_of(&no)));
        }
        let text = if pause > 0 { format!("Allow (wait {pause})") } else { "Allow".to_owned() };
        let allow = look::button(ui, Tone::Main, &text, pause == 0 && !chosen.is_empty(), 150.0);
        if pause == 0 && allow.clicked() {
            answer = Some((chosen, input_of(&allow)));
        }
    });
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        answer = Some((Scopes::NONE, AnswerInput::Key));
    }
    answer.map(|(scopes, input)| Command::Answer { question: question.id, scopes, input, recorded })
}

/// The scopes, and whether it may be recorded.
fn chosen(question: &Question, choice: &Option<Choice>) -> (Scopes, bool) {
    let made = choice.filter(|choice| choice.question == question.id);
    made.map_or((question.scopes, true), |choice| (choice.scopes.both(question.scopes), choice.recorded))
}
