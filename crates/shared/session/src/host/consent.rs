//! Asking the customer, and what their answer gives.
//!
//! In scope: one open question at a time, the pause that nobody skips, time running out, answers, grants that wait until
//! their entry is on the relay's disk. Not in scope: taking grants back (`people`), the window.
//!
//! While a question is open every control grant refuses: a technician never answers the customer's question.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deskhand_audit::{Actor, AnswerInput, Display, Event, Hash};
use deskhand_identity::Recording;
use deskhand_wire::{
    Millis, PeerId,
    control::{Denial, EndedBy, HostToViewer, Scope, Scopes},
    limits::MAX_VIEWERS,
    text::List,
};

use super::grants::{give_control, give_view};
use super::journal::Beside;
use super::peer::{Control, View};
use super::{HostOutput, HostSession};
use crate::clock::Now;
use crate::error::ApiMisuse;
use crate::question::{Question, RecordingNotice, Standing};

/// How soon a technician may ask again after a "no", milliseconds.
const ASK_AGAIN_MS: u64 = 3_000;
const MINUTE_MS: u64 = 60_000;

/// Something to be asked.
struct Ask {
    peer: PeerId,
    scopes: Scopes,
    minutes: u16,
    reason: Option<String>,
}

/// A grant whose entry is not on the relay's disk yet.
pub(super) struct Waiting {
    seq: u64,
    peer: PeerId,
    scope: Scope,
}

impl Waiting {
    pub(super) fn is(&self, peer: PeerId, scope: Scope) -> bool {
        self.peer == peer && self.scope == scope
    }
}

/// The one open question and those that wait for it.
pub(super) struct Desk {
    pub(super) open: Option<Question>,
    queue: VecDeque<Ask>,
    asked: u32,
    /// Shared with every control grant.
    pub(super) is_open: Arc<AtomicBool>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { open: None, queue: VecDeque::new(), asked: 0, is_open: Arc::new(AtomicBool::new(false)) }
    }

    fn concerns(&self, peer: PeerId) -> bool {
        self.open.iter().any(|question| question.peer == peer) || self.queue.iter().any(|ask| ask.peer == peer)
    }

    /// Forgets what a viewer wanted to ask.
    pub(super) fn forget(&mut self, peer: PeerId) {
        self.queue.retain(|ask| ask.peer != peer);
    }
}

impl HostSession {
    /// The first question about a technician.
    pub(super) fn ask_at_start(&mut self, now: Now, peer: PeerId, scopes: Scopes, reason: Option<String>) {
        let allowed = scopes.both(self.allowed_scopes());
        let refused = Scopes::of(scopes.iter().filter(|scope| !allowed.has(*scope)));
        if !refused.is_empty() || allowed.is_empty() {
            self.tell(peer, &HostToViewer::Denied { scopes: refused, why: Denial::Policy });
        }
        if allowed.is_empty() {
            return self.remove(now, peer, "policy", super::people::Gone::Protocol);
        }
        let minutes = u16::try_from(self.policy().control_minutes).unwrap_or(u16::MAX);
        self.enqueue(now, Ask { peer, scopes: allowed, minutes, reason });
    }

    /// A later wish of a technician.
    pub(super) fn request(&mut self, now: Now, peer: PeerId, scope: Scope, minutes: u16, reason: Option<String>) {
        let Some(technician) = self.peers.get(&peer).and_then(|known| known.technician()) else { return };
        let scopes = Scopes::of([scope]);
        let (granted, may_ask_at) = (technician.granted(), technician.may_ask_at);
        if granted.has(scope) {
            return;
        }
        let view_first = scope == Scope::Control && !granted.has(Scope::View);
        if !self.allowed_scopes().has(scope) || view_first {
            return self.tell(peer, &HostToViewer::Denied { scopes, why: Denial::Policy });
        }
        if now.mono_ms < may_ask_at || self.desk.concerns(peer) || self.desk.queue.len() >= MAX_VIEWERS {
            return self.tell(peer, &HostToViewer::Denied { scopes, why: Denial::Busy });
        }
        let minutes = minutes.min(u16::try_from(self.policy().control_minutes).unwrap_or(u16::MAX));
        if scope == Scope::Control {
            let event = Event::ControlRequested { peer, minutes: minutes.into() };
            let beside = Beside { sealed: reason.as_deref().map(|text| ("reason", text)), ..Beside::default() };
            self.journal.write_beside(now, Actor::technician(peer), event, beside);
        }
        self.enqueue(now, Ask { peer, scopes, minutes, reason });
    }

    fn enqueue(&mut self, now: Now, ask: Ask) {
        self.desk.queue.push_back(ask);
        self.next_question(now);
    }

    /// Opens the next question when none is open.
    pub(super) fn next_question(&mut self, now: Now) {
        if self.desk.open.is_some() {
            return;
        }
        let Some(ask) = self.desk.queue.pop_front() else { return };
        let Some(technician) = self.peers.get(&ask.peer).and_then(|known| known.technician()) else { return };
        self.desk.asked += 1;
        let policy = self.policy();
        let pause = if self.standing == Standing::Unknown { policy.unknown_pause_ms } else { 0 };
        let mut question = Question {
            number: self.desk.asked,
            peer: ask.peer,
            technician: technician.name.clone(),
            organisation: self.statement.statement().organisation.name.clone(),
            standing: self.standing.clone(),
            ticket: technician.ticket.clone(),
            reason: ask.reason,
            scopes: ask.scopes,
            minutes: ask.scopes.has(Scope::Control).then_some(ask.minutes),
            recording: self.recording_notice(),
            answerable_at: now.mono_ms.saturating_add(pause),
            asked_at: now.mono_ms,
            expires_at: now.mono_ms.saturating_add(pause).saturating_add(policy.consent_timeout_ms),
            text: String::new(),
        };
        question.text = match &self.wording {
            Some(wording) => wording(&question),
            None => question.plain_text(),
        };
        // From here on no control grant permits anything, before the question can be seen.
        self.desk.is_open.store(true, Ordering::SeqCst);
        self.drop_waiting_input();
        if self.let_go() {
            self.outputs.push_back(HostOutput::ReleaseAll);
        }
        let event = Event::ConsentPrompted {
            peer: ask.peer,
            scopes: log_scopes(question.scopes),
            text_sha256: Hash::of(question.text.as_bytes()),
            locale: self.locale.clone(),
        };
        let beside = Beside { sealed: question.reason.as_deref().map(|text| ("reason", text)), ..Beside::default() };
        self.journal.write_beside(now, Actor::technician(ask.peer), event, beside);
        self.tell(ask.peer, &HostToViewer::Asking { scopes: question.scopes });
        self.outputs.push_back(HostOutput::Ask(question.clone()));
        self.desk.open = Some(question);
    }

    /// What the customer is told of the recording, before there is one.
    fn recording_notice(&self) -> Option<RecordingNotice> {
        let (policy, reviewers) = (self.policy().recording, self.statement.statement().reviewers.len());
        let will = policy != Recording::Off && !self.media.ever_recorded && self.journal.failed().is_none();
        will.then_some(RecordingNotice { reviewers, may_refuse: policy == Recording::Optional })
    }

    /// The customer's answer.
    pub(super) fn answer(&mut self, now: Now, number: u32, allow: Scopes, how: AnswerInput) -> Result<(), ApiMisuse> {
        let open = self.desk.open.as_ref().filter(|question| question.number == number);
        let question = open.ok_or(ApiMisuse::NoSuchQuestion(number))?;
        if allow.both(question.scopes) != allow {
            return Err(ApiMisuse::MoreThanAsked);
        }
        // Control without seeing the screen has no meaning.
        let views = self.peers.get(&question.peer).and_then(|known| known.technician()).is_some_and(|it| it.view.is_some());
        let allow = if allow.has(Scope::View) || views { allow } else { allow.without(Scope::Control) };
        if !allow.is_empty() && now.mono_ms < question.answerable_at {
            return Err(ApiMisuse::TooEarly(question.answerable_at - now.mono_ms));
        }
        if now.mono_ms >= question.expires_at {
            self.on_time(now);
            return Err(ApiMisuse::NoSuchQuestion(number));
        }
        let Some(question) = self.close_question() else { return Ok(()) };
        if allow.is_empty() {
            self.deny(now, &question, Denial::Customer);
        } else {
            self.allow(now, &question, allow, how);
        }
        self.next_question(now);
        Ok(())
    }

    /// Takes the question off the screen; control grants work again.
    pub(super) fn close_question(&mut self) -> Option<Question> {
        let question = self.desk.open.take()?;
        self.desk.is_open.store(false, Ordering::SeqCst);
        self.outputs.push_back(HostOutput::QuestionClosed { question: question.number });
        Some(question)
    }

    /// The question counts as "no".
    pub(super) fn deny(&mut self, now: Now, question: &Question, why: Denial) {
        let (reason, actor) = match why {
            Denial::TimedOut => ("timeout", Actor::host()),
            Denial::NoLog => ("withdrawn", Actor::host()),
            _ => ("answered", Actor::customer()),
        };
        let latency_ms = now.mono_ms.saturating_sub(question.asked_at);
        let event = Event::ConsentDenied { peer: question.peer, reason: reason.into(), latency_ms };
        self.journal.write(now, actor, event);
        self.tell(question.peer, &HostToViewer::Denied { scopes: question.scopes, why });
        let Some(technician) = self.peers.get_mut(&question.peer).and_then(|known| known.technician_mut()) else { return };
        technician.may_ask_at = now.mono_ms.saturating_add(ASK_AGAIN_MS);
        if technician.granted().is_empty() {
            let by = if why == Denial::TimedOut { EndedBy::Timeout } else { EndedBy::Customer };
            self.tell(question.peer, &HostToViewer::Ended { by });
            self.remove(now, question.peer, "denied", super::people::Gone::Denied(by));
        }
    }

    /// The customer's "yes": entries now, effects once they are on the relay's disk.
    fn allow(&mut self, now: Now, question: &Question, allow: Scopes, how: AnswerInput) {
        let peer = question.peer;
        let latency_ms = now.mono_ms.saturating_sub(question.asked_at);
        let recording = question.recording.filter(|notice| notice.may_refuse).map(|_| !self.media.is_refused);
        let event = Event::ConsentGranted { peer, scopes: log_scopes(allow), latency_ms, input: how, recording };
        self.journal.write(now, Actor::customer(), event);
        let refused = Scopes::of(question.scopes.iter().filter(|scope| !allow.has(*scope)));
        if !refused.is_empty() {
            self.tell(peer, &HostToViewer::Denied { scopes: refused, why: Denial::Customer });
        }
        if allow.has(Scope::View) {
            let number = self.next_grant();
            let (grant, seq) = give_view(number, peer, self.displays()).write(&mut self.journal, now);
            if let Some(technician) = self.technician_mut(peer) {
                technician.view = Some(View { grant, effective: false });
            }
            self.waiting.push_back(Waiting { seq, peer, scope: Scope::View });
        }
        if allow.has(Scope::Control) {
            let minutes = question.minutes.unwrap_or(1);
            let until = now.mono_ms.saturating_add(u64::from(minutes) * MINUTE_MS);
            let number = self.next_grant();
            let is_open = self.desk.is_open.clone();
            let (grant, seq) = give_control(number, peer, minutes.into(), until, is_open).write(&mut self.journal, now);
            if let Some(technician) = self.technician_mut(peer) {
                technician.control = Some(Control { grant, effective: false, counts: Default::default(), held: false });
            }
            self.waiting.push_back(Waiting { seq, peer, scope: Scope::Control });
        }
        self.release_waiting(now);
    }

    /// Hands out the grants whose entries are on the relay's disk, or that no disk will ever have (by policy).
    pub(super) fn release_waiting(&mut self, now: Now) {
        while let Some(first) = self.waiting.front() {
            if !self.journal.is_stored(first.seq) && self.journal.failed().is_none() {
                return;
            }
            let Some(Waiting { peer, scope, .. }) = self.waiting.pop_front() else { return };
            match scope {
                Scope::View => self.start_view(now, peer),
                Scope::Control => self.start_control(now, peer),
            }
        }
    }

    fn start_view(&mut self, now: Now, peer: PeerId) {
        let Some(view) = self.technician_mut(peer).and_then(|technician| technician.view.as_mut()) else { return };
        view.effective = true;
        let grant = view.grant.clone();
        let message = HostToViewer::Granted { grant: grant.number(), scopes: Scopes::of([Scope::View]), life_ms: 0 };
        self.tell(peer, &message);
        let screen = self.screen_message();
        self.tell(peer, &screen);
        self.start_recording(now);
        self.begin_epoch(now, "join");
        self.outputs.push_back(HostOutput::StartView(grant));
    }

    fn start_control(&mut self, now: Now, peer: PeerId) {
        let Some(control) = self.technician_mut(peer).and_then(|technician| technician.control.as_mut()) else { return };
        control.effective = true;
        let grant = control.grant.clone();
        let life_ms = grant.until().map_or(0, |until| until.saturating_sub(now.mono_ms).max(1));
        let message = HostToViewer::Granted { grant: grant.number(), scopes: Scopes::of([Scope::Control]), life_ms };
        self.tell(peer, &message);
        self.send_due_ticks(now);
        self.outputs.push_back(HostOutput::ControlStarted(grant));
    }

    /// Whether a grant of this technician waits for the relay's disk.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn next_grant(&mut self) -> u32 {
        self.grants += 1;
        self.grants
    }

    fn displays(&self) -> Vec<Display> {
        self.screen.displays.iter().map(|[x, y, width, height]| Display { x: *x, y: *y, width: *width, height: *height }).collect()
    }

    pub(super) fn screen_message(&self) -> HostToViewer {
        let (width, height) = (self.screen.width, self.screen.height);
        HostToViewer::Screen { width, height, displays: List::clipped(self.screen.displays.iter().copied()) }
    }
}

/// When the open question counts as denied.
pub(super) fn expiry(desk: &Desk) -> Option<Millis> {
    desk.open.as_ref().map(|question| question.expires_at)
}

pub(super) fn wire_scopes(scopes: &[deskhand_identity::Scope]) -> Scopes {
    Scopes::of(scopes.iter().filter_map(|scope| match scope {
        deskhand_identity::Scope::View => Some(Scope::View),
        deskhand_identity::Scope::Control => Some(Scope::Control),
        deskhand_identity::Scope::Clipboard | deskhand_identity::Scope::File | deskhand_identity::Scope::Chat => None,
    }))
}

fn log_scopes(scopes: Scopes) -> Vec<deskhand_identity::Scope> {
    scopes
        .iter()
        .map(|scope| match scope {
            Scope::View => deskhand_identity::Scope::View,
            Scope::Control => deskhand_identity::Scope::Control,
        })
        .collect()
}
