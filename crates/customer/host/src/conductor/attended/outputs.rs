//! What the session says is to be done, done.
//!
//! In scope: one arm for each output; effects go to the line, the screen's thread, the input's thread, or the snapshot. Not in
//! scope: when outputs are asked for ([`super`]).

use super::{super::show, Attended};
use crate::{
    pipeline::{Pipeline, Work},
    snapshot::{CodeOver, Reason},
    stop_key::{self, StopKey},
    wording::Notice,
};
use deskhand_session::{
    AnswerInput, ViewGrant,
    host::{CodeGone, Customer, HostInput, HostOutput, Link, Notice as Said},
};
use deskhand_wire::{
    control::{EndedBy, RevokedBy},
    relay::HostToRelay,
};

impl Attended {
    /// Carries out one output.
    pub(super) fn output(&mut self, output: HostOutput) {
        match output {
            // The relay closes behind it: it goes last, when everything else was delivered.
            HostOutput::Relay(HostToRelay::End) => {}
            HostOutput::Relay(HostToRelay::Dismiss { peer }) => {
                let outbox = self.controls.remove(&peer);
                self.line.dismiss(peer, outbox);
            }
            HostOutput::Relay(message) => self.sent(self.line.to_relay(&message), "relay"),
            HostOutput::Audit(message) => {
                self.log.sent(&message);
                self.sent(self.line.to_audit(&message), "audit");
            }
            HostOutput::Control { peer, frame } => {
                if !self.controls.get(&peer).is_some_and(|outbox| outbox.send(frame)) {
                    tracing::debug!(peer, "a viewer does not take its messages");
                }
            }
            HostOutput::Code { .. } => {
                self.beside.code_over = None;
                self.beside.code_used = false;
            }
            HostOutput::CodeGone(gone) => self.code_gone(gone),
            HostOutput::Ask(_) => {}
            HostOutput::QuestionClosed { .. } => self.early = None,
            HostOutput::StartView(grant) => self.start_view(grant),
            HostOutput::StopView { peer } => {
                if !self.gate.remove(peer) {
                    self.pipeline = None;
                }
            }
            HostOutput::ControlStarted(_) => self.stop.control_allowed(),
            HostOutput::ControlStopped { by, .. } => {
                self.effector.release_all();
                if by != RevokedBy::Customer {
                    self.beside.notice(Notice::ControlOver);
                }
            }
            HostOutput::Inject { grant, event } => {
                let peer = grant.peer();
                if let Err(why) = self.effector.inject(grant, event) {
                    self.feed(HostInput::NotInjected { peer, why });
                }
            }
            HostOutput::ReleaseAll => self.effector.release_all(),
            HostOutput::KeyUpdateWanted => self.request_key(),
            HostOutput::Look { monitors } => match &self.pipeline {
                Some(pipeline) => pipeline.look(monitors),
                None => self.feed(HostInput::Looked { monitors, update: 0 }),
            },
            HostOutput::Shown { peer, update } => {
                if let Some(pipeline) = &self.pipeline {
                    pipeline.shown(update);
                }
                if let Some(ms) = self.round_trips.shown(peer, update, self.clock.millis()) {
                    self.feed(HostInput::RoundTrip { peer, ms });
                }
            }
            HostOutput::Joined { .. } => {}
            HostOutput::Left { .. } => {
                if self.was_seen {
                    self.beside.notice(Notice::TechnicianGone);
                }
            }
            HostOutput::Notice(notice) => {
                if notice == Said::TechnicianRejected {
                    self.over(CodeOver::TurnedAway, Reason::Refused);
                }
                self.beside.notice(show::notice(notice));
            }
            HostOutput::Ended(by) => self.end(by),
        }
    }

    fn sent(&mut self, sent: bool, what: &str) {
        if !sent {
            tracing::warn!(what, "the relay does not take messages any more");
            self.feed(HostInput::Link(Link::Gone));
        }
    }

    fn code_gone(&mut self, gone: CodeGone) {
        match gone {
            CodeGone::Used => self.beside.code_used = true,
            CodeGone::Withdrawn => {}
            CodeGone::Burned => {
                self.beside.notice(Notice::CodeBurned);
                self.over(CodeOver::Burned, Reason::Refused);
            }
            CodeGone::Expired => self.over(CodeOver::Expired, Reason::Timeout),
        }
    }

    fn over(&mut self, over: CodeOver, reason: Reason) {
        self.beside.code_over = Some(over);
        if self.one_code {
            self.reason.get_or_insert(reason);
            self.stop(Customer::Stop { how: AnswerInput::Terminal });
        }
    }

    fn start_view(&mut self, grant: ViewGrant) {
        self.gate.add(grant);
        if self.pipeline.is_some() {
            return self.request_key();
        }
        let work = Work {
            kind: self.capture,
            gate: self.gate.clone(),
            connection: self.line.connection.clone(),
            clock: self.clock,
            stop: self.stop.clone(),
            out: self.to_conductor.clone(),
        };
        match Pipeline::start(work) {
            Ok(pipeline) => {
                self.pipeline = Some(pipeline);
                self.was_seen = true;
                self.take_stop_key();
            }
            Err(error) => {
                tracing::error!(%error, "the screen can't be captured");
                self.feed(HostInput::CaptureFailed);
            }
        }
    }

    fn take_stop_key(&mut self) {
        if let Some(pressed) = self.on_stop_key.clone()
            && self.stop_key.is_none()
        {
            self.stop_key = StopKey::take(move || pressed());
            self.beside.stop_keys = self.stop_key.as_ref().map(|_| stop_key::NAME);
        }
    }

    fn end(&mut self, by: EndedBy) {
        self.stop.stop_everything();
        self.pipeline = None;
        self.effector.release_all();
        self.stop_key = None;
        self.reason.get_or_insert(show::reason(by));
        // The end says these by itself.
        self.beside.notices.retain(|notice| !matches!(notice, Notice::ControlOver | Notice::TechnicianGone));
        self.ended = true;
    }
}
