//! From the session's state to what a front shows.
//!
//! In scope: a pure translation. Which page it is follows from the state alone.

use crate::{
    clock::Clock,
    snapshot::{self, Code, CodeOver, Ended, MAX_NOTICES, Page, Reason, Snapshot},
    wording::Notice,
};
use deskhand_session::{
    Question, Scope, Scopes,
    host::{HostStatus, TechnicianStatus},
};
use deskhand_wire::control::{EndedBy, InputRefusal};
use deskhand_wire::relay::StoreFailure;

/// What the status does not say.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    pub(super) notices: Vec<Notice>,
    pub(super) code_over: Option<CodeOver>,
    pub(super) code_used: bool,
    pub(super) ended: Option<Ended>,
    pub(super) stop_keys: Option<&'static str>,
}

impl Beside {
    /// Keeps the newest few; one that is repeated moves to the end.
    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.retain(|held| held.name() != notice.name());
        self.notices.push(notice);
        if self.notices.len() > MAX_NOTICES {
            self.notices.remove(0);
        }
    }
}

/// The snapshot.
pub(super) fn snapshot(status: &HostStatus, beside: &Beside, clock: Clock) -> Snapshot {
    Snapshot {
        page: page(status, beside, clock),
        organisation: status.organisation.clone(),
        // While a question is open: what was known when it was asked. The log holds the hash of those words.
        standing: status.question.as_ref().map_or(&status.standing, |question| &question.standing).clone(),
        notices: beside.notices.clone(),
        stop_keys: beside.stop_keys,
    }
}

fn page(status: &HostStatus, beside: &Beside, clock: Clock) -> Page {
    if let Some(ended) = &beside.ended {
        return Page::Ended(ended.clone());
    }
    if let Some(question) = &status.question {
        return Page::Question(self::question(question, &status.technicians, clock));
    }
    if let Some(technician) = status.technicians.iter().find(|technician| technician.views) {
        return Page::Session(snapshot::Session {
            technician: names(&status.technicians),
            scopes: granted(&status.technicians),
            since: clock.instant(technician.since),
            line_lost: !status.connected,
        });
    }
    if !status.technicians.is_empty() {
        return Page::Starting;
    }
    match (&status.code, beside.code_over) {
        (Some((text, until)), _) => Page::Code(Code { text: text.clone(), expires: clock.instant(*until) }),
        (None, Some(over)) => Page::CodeOver(over),
        (None, None) if beside.code_used => Page::Pairing,
        (None, None) => Page::Connecting,
    }
}

fn question(question: &Question, technicians: &[TechnicianStatus], clock: Clock) -> snapshot::Question {
    let already = technicians.iter().filter(|technician| technician.peer == question.peer).fold(Scopes::NONE, |scopes, technician| {
        let scopes = if technician.views { scopes.with(Scope::View) } else { scopes };
        if technician.controls.is_some() { scopes.with(Scope::Control) } else { scopes }
    });
    snapshot::Question {
        id: question.number,
        technician: question.technician.clone(),
        ticket: question.ticket.clone(),
        reason: question.reason.clone(),
        scopes: question.scopes,
        already,
        minutes: question.minutes,
        recording: question.recording,
        allow_from: clock.instant(question.answerable_at),
        until: clock.instant(question.expires_at),
        session: technicians.iter().find(|technician| technician.views).map(|technician| snapshot::Session {
            technician: names(technicians),
            scopes: granted(technicians),
            since: clock.instant(technician.since),
            line_lost: false,
        }),
    }
}

fn names(technicians: &[TechnicianStatus]) -> String {
    let names: Vec<&str> = technicians.iter().map(|technician| technician.name.as_str()).collect();
    names.join(", ")
}

fn granted(technicians: &[TechnicianStatus]) -> Scopes {
    let views = technicians.iter().any(|technician| technician.views).then_some(Scope::View);
    let controls = technicians.iter().any(|technician| technician.controls.is_some()).then_some(Scope::Control);
    Scopes::of(views.into_iter().chain(controls))
}

/// The session's notice in our words; `disk_ends` = by the policy a full disk ends the session.
pub(super) fn notice(notice: deskhand_session::host::Notice) -> Notice {
    use deskhand_session::host::Notice as Said;
    match notice {
        Said::WrongCode { left } => Notice::WrongCode { left },
        Said::TechnicianRejected => Notice::TurnedAway,
        Said::NotStored(StoreFailure::Full | StoreFailure::Broken) => Notice::NotStored,
        Said::Tampering => Notice::Tampering,
        Said::LinkLost => Notice::LineLost,
        Said::LinkResumed => Notice::LineBack,
        Said::InputRefused { why, .. } => match why {
            InputRefusal::Changed => Notice::StaleClick,
            InputRefusal::Stale | InputRefusal::NoGrant | InputRefusal::QuestionOpen => Notice::LateInput,
            InputRefusal::OwnWindow => Notice::OwnWindow,
            InputRefusal::System => Notice::ControlBroken,
            InputRefusal::TooFast => Notice::TooFast,
        },
    }
}

/// The reason in our words.
pub(super) fn reason(by: EndedBy) -> Reason {
    match by {
        EndedBy::Customer => Reason::Customer,
        EndedBy::Technician => Reason::Technician,
        EndedBy::Link => Reason::Link,
        EndedBy::Timeout => Reason::Timeout,
        EndedBy::Log => Reason::Log,
        EndedBy::Protocol => Reason::Protocol,
        EndedBy::Capture => Reason::Capture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_session::{
        Standing,
        host::HostInput,
        testing::{Pair, World},
    };

    #[test]
    fn an_open_question_is_shown_with_what_was_known_when_it_was_asked() {
        let mut pair = Pair::new(World { standing: Standing::Unknown, ..World::default() });
        let checked = Standing::Domain("acme.example".into());
        let shown = |pair: &Pair| snapshot(&pair.host.status(), &Beside::default(), Clock::start()).standing;
        let ana = pair.world.technician("Ana Ruiz", 20);
        pair.join(1, &ana);
        pair.at_host(HostInput::Standing(checked.clone()));
        assert_eq!(shown(&pair), Standing::Unknown);
        pair.answer(Scopes::of([Scope::View])).expect_err("the pause runs");
        pair.wait(5_000);
        pair.answer(Scopes::of([Scope::View])).expect("the pause is over");
        assert_eq!(shown(&pair), checked);
    }
}
