//! Lines for a person at a terminal.
//!
//! Other people's text is made harmless first: it can't move the cursor or hide what stands before it.

use super::{Style, Told};
use crate::{
    snapshot::Question,
    wording::{self, shown},
};
use deskhand_session::Scope;

/// Lines for people.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

const MAX_SHOWN: usize = 240;

impl Style for Plain {
    fn lines(&self, told: &Told) -> Vec<String> {
        match told {
            Told::Code { code, expires_s } => vec![
                String::new(),
                format!("{}:  {code}", wording::CODE_TITLE),
                format!("It works for {} minutes. {}", expires_s.div_ceil(60), wording::CODE_SAFE),
                wording::SCAM_WARNING.to_owned(),
                String::new(),
            ],
            Told::Consent { question, organisation, domain_line, domain } => consent(question, organisation, domain_line, domain.is_some()),
            Told::NotUnderstood => {
                vec!["Please type y or n, or the names of what you allow (view, control). To end everything: stop".into()]
            }
            Told::TooEarly { seconds } => vec![format!("Please read the question first. You can allow it in {seconds} seconds. [y/N]")],
            Told::Granted(scopes) => {
                vec![format!("{}. To end everything, type: stop", wording::can("The technician", *scopes))]
            }
            Told::Technician { joined: true } => vec!["The technician is here.".into()],
            Told::Technician { joined: false } => vec!["The technician has left.".into()],
            Told::Notice(notice) => vec![notice.text()],
            Told::Receipt(Ok(file)) => vec![format!("{} {file}", wording::RECEIPT_SAVED)],
            Told::Receipt(Err(why)) => vec![wording::receipt_failed(why)],
            Told::Ended(ended) => {
                let first = if ended.was_seen { wording::ENDED } else { wording::ENDED_UNSEEN };
                vec![format!("{first} {}", wording::ended_because(ended.reason)), format!("Number of this session: {}", ended.session)]
            }
            Told::Failed(failure) => vec![failure.what.clone(), failure.hint.clone()],
        }
    }

    fn is_for_people(&self) -> bool {
        true
    }
}

fn consent(question: &Question, organisation: &str, domain_line: &str, checked: bool) -> Vec<String> {
    let mut lines = vec![String::new(), domain_line.to_owned(), format!("  calls itself \"{}\"", shown(organisation, MAX_SHOWN))];
    if !checked {
        lines.push(wording::UNKNOWN_ORGANISATION.to_owned());
    }
    lines.push(format!("{}.", wording::asks(&shown(&question.technician, MAX_SHOWN), question.scopes)));
    for scope in question.scopes.iter() {
        lines.push(format!("  {}: {}", scope.name(), wording::scope_sentence(scope)));
    }
    if let Some(notice) = &question.recording {
        lines.push(format!("  {}: {}", wording::RECORDING, wording::recording_sentence(notice)));
    }
    if let Some(ticket) = &question.ticket {
        lines.push(format!("  Ticket: {}", shown(ticket, MAX_SHOWN)));
    }
    if let Some(reason) = &question.reason {
        lines.push(format!("  Why: \"{}\" ({})", shown(reason, MAX_SHOWN), wording::THEIR_WORDS));
    }
    if let Some(minutes) = question.minutes {
        lines.push(format!("  {}", wording::control_minutes(minutes)));
    }
    let only = if question.scopes.has(Scope::Control) && question.scopes.has(Scope::View) { ", or view to let them only look" } else { "" };
    let refuse =
        if question.recording.is_some_and(|notice| notice.may_refuse) { ", or unrecorded to allow it without the recording" } else { "" };
    lines.push(format!("Allow this? Type y or n{only}{refuse}. [y/N]"));
    lines
}
