//! What a script is told without asking, and what its commands need to know of it.
//!
//! In scope: lines with `event`, what is granted, denied and over. Not in scope: answers.

use super::{lines::Lines, not_begun};
use crate::{
    conductor::Outcome,
    failure::{Exit, Failure, denial_text, end_word, of_ending},
    state::Notice,
};
use deskhand_session::{Scope, Scopes, ViewerError, viewer::Ending};
use deskhand_wire::{
    control::{Denial, RevokedBy},
    relay::ClaimRefusal,
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

/// What commands need to know.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) granted: Scopes,
    /// Why control was denied, until it is asked for again.
    pub(super) denied: Option<&'static str>,
    /// How many questions about control were put to the customer, or refused without one.
    pub(super) questions: u32,
    /// How it ended.
    pub(super) ended: Option<&'static str>,
}

fn names(scopes: Scopes) -> Vec<&'static str> {
    scopes.iter().map(Scope::name).collect()
}

fn denial_word(why: Denial) -> &'static str {
    match why {
        Denial::Customer => "customer",
        Denial::TimedOut => "timed-out",
        Denial::Policy => "policy",
        Denial::UnknownTechnician => "unknown-technician",
        Denial::RevokedTechnician => "revoked-technician",
        Denial::ExpiredCertificate => "expired-certificate",
        Denial::Busy => "busy",
        Denial::NoLog => "no-log",
    }
}

fn revoked_word(by: RevokedBy) -> &'static str {
    match by {
        RevokedBy::Customer => "customer",
        RevokedBy::Technician => "technician",
        RevokedBy::Expiry => "expiry",
        RevokedBy::Link => "link",
        RevokedBy::Log => "log",
    }
}

fn failure_word(error: &ViewerError) -> &'static str {
    match error {
        ViewerError::Claim(ClaimRefusal::Unknown) => "unknown-code",
        ViewerError::Claim(ClaimRefusal::TooMany) => "too-many",
        ViewerError::Claim(ClaimRefusal::Full) => "full",
        ViewerError::WrongCode { .. } => "wrong-code",
        ViewerError::CodeBurned => "burned",
        ViewerError::CodeExpired => "expired",
        ViewerError::Busy => "busy",
        ViewerError::PeerIncompatible { .. } => "incompatible",
        ViewerError::HostNotConfirmed => "not-confirmed",
        ViewerError::PeerMisbehaved(_) => "protocol",
        ViewerError::LogDisputed(_) => "log-disputed",
        ViewerError::NoAnswer => "no-answer",
    }
}

/// The line for a session that did not come about.
pub(super) fn failed(failure: &Failure) -> Value {
    let event = if failure.exit == Exit::Refused { "refused" } else { "failed" };
    let reason = match failure.exit {
        Exit::Refused => "relay",
        Exit::Unreachable => "unreachable",
        _ => "failed",
    };
    json!({ "event": event, "reason": reason, "text": failure.text })
}

fn line(notice: &Notice) -> Value {
    match notice {
        Notice::Paired { session } => {
            json!({ "event": "paired", "host": "customer's machine, identity unknown", "session": session })
        }
        Notice::Asking(scopes) => json!({ "event": "asking", "scopes": names(*scopes) }),
        Notice::Granted(scopes) => json!({ "event": "granted", "scopes": names(*scopes) }),
        Notice::Denied(scopes, why) => {
            json!({ "event": "denied", "scopes": names(*scopes), "reason": denial_word(*why), "text": denial_text(*why) })
        }
        Notice::Revoked(scopes, by) => json!({ "event": "revoked", "scopes": names(*scopes), "by": revoked_word(*by) }),
        Notice::InputRefused { count, reason } => json!({ "event": "input-refused", "count": count, "reason": reason }),
        Notice::Stale(stale) => json!({ "event": "stale", "stale": stale }),
        Notice::Screen { width, height, monitors } => {
            json!({ "event": "screen", "width": width, "height": height, "monitors": monitors })
        }
    }
}

fn learn(known: &mut Known, notice: &Notice) {
    match notice {
        Notice::Granted(scopes) => {
            known.granted = scopes.iter().fold(known.granted, Scopes::with);
            if scopes.has(Scope::Control) {
                known.denied = None;
            }
        }
        Notice::Revoked(scopes, _) => known.granted = scopes.iter().fold(known.granted, Scopes::without),
        Notice::Denied(scopes, why) if scopes.has(Scope::Control) => {
            known.denied = Some(denial_text(*why));
            known.questions += 1;
        }
        Notice::Asking(scopes) if scopes.has(Scope::Control) => {
            known.denied = None;
            known.questions += 1;
        }
        _ => {}
    }
}

/// How long the answer to one question may come in parts.
const TOGETHER: std::time::Duration = std::time::Duration::from_millis(60);

/// One answer of the customer is one line, although every scope has a grant of its own.
#[derive(Default)]
struct Together {
    asked: Scopes,
    granted: Scopes,
}

impl Together {
    /// What is to be told now that this happened.
    fn take(&mut self, notice: Notice) -> Vec<Notice> {
        match notice {
            Notice::Granted(scopes) => {
                self.granted = scopes.iter().fold(self.granted, Scopes::with);
                self.asked = scopes.iter().fold(self.asked, Scopes::without);
                if self.asked.is_empty() { self.rest() } else { Vec::new() }
            }
            other => {
                if let Notice::Asking(scopes) = &other {
                    self.asked = *scopes;
                }
                let mut all = self.rest();
                all.push(other);
                all
            }
        }
    }

    fn waits(&self) -> bool {
        !self.granted.is_empty()
    }

    fn rest(&mut self) -> Vec<Notice> {
        let granted = std::mem::take(&mut self.granted);
        if granted.is_empty() { Vec::new() } else { vec![Notice::Granted(granted)] }
    }
}

/// Runs the session and tells what happens to it, to the end.
///
/// # Errors
/// How it ended, when that was not the way it should.
pub(super) async fn tell(
    session: impl Future<Output = Result<Outcome, Failure>>,
    mut notices: mpsc::UnboundedReceiver<Notice>,
    knows: &watch::Sender<Known>,
    lines: &Lines,
) -> Result<(), Failure> {
    let mut id = None;
    let mut began = false;
    let mut hear = |notice: Notice| {
        if let Notice::Paired { session } = &notice {
            id = Some(session.clone());
        }
        began |= matches!(notice, Notice::Granted(_));
        // The line first: who waits for what it says may answer at once.
        lines.event(line(&notice));
        knows.send_modify(|known| learn(known, &notice));
    };
    let mut together = Together::default();
    tokio::pin!(session);
    let outcome = loop {
        tokio::select! {
            biased;
            Some(notice) = notices.recv() => together.take(notice).into_iter().for_each(&mut hear),
            () = tokio::time::sleep(TOGETHER), if together.waits() => together.rest().into_iter().for_each(&mut hear),
            outcome = &mut session => break outcome,
        }
    };
    while let Ok(notice) = notices.try_recv() {
        together.take(notice).into_iter().for_each(&mut hear);
    }
    together.rest().into_iter().for_each(&mut hear);
    let (event, word, failure) = match outcome {
        Ok(Outcome::Refused(why)) => {
            let text = denial_text(why);
            (json!({ "event": "refused", "reason": denial_word(why), "text": text }), "refused", Failure::new(Exit::Refused, text))
        }
        Ok(Outcome::Ended(Ending::Failed(error))) if !began => {
            let failure = Failure::from(error.clone());
            let event = if failure.exit == Exit::Refused { "refused" } else { "failed" };
            (json!({ "event": event, "reason": failure_word(&error), "text": failure.text }), "failed", failure)
        }
        Ok(Outcome::Ended(ending)) => {
            let word = end_word(&ending);
            let failure = of_ending(&ending);
            (json!({ "event": "ended", "reason": word, "text": failure.text, "session": id }), word, failure)
        }
        Err(failure) => (failed(&failure), "failed", not_begun(failure.text)),
    };
    lines.event(event);
    knows.send_modify(|known| known.ended = Some(word));
    if failure.exit == Exit::Done { Ok(()) } else { Err(failure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_question_forgets_the_old_no() {
        let mut known = Known::default();
        let control = Scopes::of([Scope::Control]);
        learn(&mut known, &Notice::Granted(Scopes::of([Scope::View])));
        learn(&mut known, &Notice::Denied(control, Denial::Customer));
        assert!(known.denied.is_some());
        learn(&mut known, &Notice::Asking(control));
        assert!(known.denied.is_none());
        learn(&mut known, &Notice::Granted(control));
        assert!(known.granted.has(Scope::View) && known.granted.has(Scope::Control));
        learn(&mut known, &Notice::Revoked(control, RevokedBy::Customer));
        assert!(known.granted.has(Scope::View) && !known.granted.has(Scope::Control));
    }

    #[test]
    fn the_answer_to_one_question_is_one_line() {
        let (view, control) = (Scopes::of([Scope::View]), Scopes::of([Scope::Control]));
        let mut together = Together::default();
        assert_eq!(together.take(Notice::Asking(Scopes::of(Scope::ALL))), [Notice::Asking(Scopes::of(Scope::ALL))]);
        assert_eq!(together.take(Notice::Granted(view)), []);
        assert!(together.waits());
        assert_eq!(together.take(Notice::Granted(control)), [Notice::Granted(Scopes::of(Scope::ALL))]);
        assert!(!together.waits());
        let stale = Notice::Stale(true);
        assert_eq!(together.take(Notice::Asking(Scopes::of(Scope::ALL))).len(), 1);
        assert_eq!(together.take(Notice::Granted(view)), []);
        assert_eq!(together.take(stale.clone()), [Notice::Granted(view), stale], "nothing overtakes a grant");
    }

    #[test]
    fn the_lines_are_those_of_the_contract() {
        assert_eq!(line(&Notice::Granted(Scopes::of(Scope::ALL))).to_string(), r#"{"event":"granted","scopes":["view","control"]}"#);
        let refused = line(&Notice::InputRefused { count: 2, reason: "stale" });
        assert_eq!(refused["event"], "input-refused");
        assert_eq!(refused["reason"], "stale");
    }
}
