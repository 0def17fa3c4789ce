//! One JSON object a line, for scripts. The shapes are a contract (the command line page).

use super::{Style, Told};
use crate::snapshot::Question;
use deskhand_session::{Scope, Scopes};
use serde_json::{Value, json};

/// Lines for scripts.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Style for Json {
    fn lines(&self, told: &Told) -> Vec<String> {
        vec![object(told).to_string()]
    }

    fn is_for_people(&self) -> bool {
        false
    }
}

fn object(told: &Told) -> Value {
    match told {
        Told::Code { code, expires_s } => json!({"event": "code", "code": code, "expires_s": expires_s}),
        Told::Consent { question, organisation, domain, .. } => consent(question, organisation, domain.as_deref()),
        Told::NotUnderstood => json!({"event": "error", "error": "answer y, n, or the scopes to allow"}),
        Told::TooEarly { seconds } => json!({"event": "error", "error": format!("Allow works in {seconds} s")}),
        Told::Granted(scopes) => json!({"event": "granted", "scopes": names(*scopes)}),
        Told::Technician { joined } => json!({"event": "technician", "joined": joined}),
        Told::Notice(notice) => json!({"event": "notice", "kind": notice.name(), "text": notice.text()}),
        Told::Ended(ended) => json!({"event": "ended", "reason": ended.reason.name(), "session": ended.session}),
        Told::Receipt(Ok(file)) => json!({"event": "receipt", "file": file}),
        Told::Receipt(Err(why)) => json!({"event": "receipt", "error": why}),
        Told::Failed(failure) => json!({"event": "error", "error": failure.what, "hint": failure.hint}),
    }
}

fn consent(question: &Question, organisation: &str, domain: Option<&str>) -> Value {
    let mut object = json!({
        "event": "consent",
        "technician": question.technician,
        "organisation": organisation,
        "domain": domain,
        "ticket": question.ticket,
        "scopes": names(question.scopes),
    });
    if let Some(notice) = &question.recording {
        object["recording"] = json!(if notice.may_refuse { "optional" } else { "required" });
        object["reviewers"] = json!(notice.reviewers);
    }
    let later = !question.already.is_empty();
    if later || question.reason.is_some() {
        object["reason"] = json!(question.reason);
    }
    if later {
        object["minutes"] = json!(question.minutes);
    }
    object
}

fn names(scopes: Scopes) -> Vec<&'static str> {
    scopes.iter().map(Scope::name).collect()
}
