//! People leaving, grants taken back, the end.
//!
//! In scope: everything that takes something away: the customer's Stop, control given back or run out, a viewer gone,
//! the end of the session. Grants are gone before any output of the same call can be polled.

use deskhand_audit::{Actor, AnswerInput, AttemptResult, By, Event, Totals};
use deskhand_wire::{
    PeerId,
    control::{EndedBy, HostToViewer, RevokedBy},
    relay::{HostToRelay, StoreFailure},
};

use super::grants::{by, take_control, take_view};
use super::peer::Stage;
use super::{CodeGone, HostOutput, HostSession, Notice};
use crate::clock::Now;

/// Why a viewer is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// The technician ended it.
    Left,
    /// The relay says that the viewer is gone.
    Link,
    /// It broke the protocol or the policy leaves it nothing.
    Protocol,
    /// The customer said no, or nothing.
    Denied(EndedBy),
}

impl Gone {
    fn by(self) -> By {
        match self {
            Self::Left => By::Technician,
            Self::Link => By::Link,
            Self::Protocol => By::Host,
            Self::Denied(_) => By::Customer,
        }
    }

    fn ended_by(self) -> EndedBy {
        match self {
            Self::Left => EndedBy::Technician,
            Self::Link => EndedBy::Link,
            Self::Protocol => EndedBy::Protocol,
            Self::Denied(by) => by,
        }
    }
}

impl HostSession {
    /// The customer's Stop. Every grant is gone when this returns.
    pub(super) fn stop(&mut self, now: Now, how: AnswerInput) {
        self.revoke_handles();
        self.journal.write(now, Actor::customer(), Event::CustomerStop { how });
        self.end(now, EndedBy::Customer, "stop");
    }

    /// Flips the shared state of every grant; the entries follow.
    fn revoke_handles(&self) {
        for technician in self.peers.values().filter_map(|known| known.technician()) {
            technician.view.iter().for_each(|view| view.grant.revoke());
            technician.control.iter().for_each(|control| control.grant.revoke());
        }
    }

    /// Takes control back from everybody.
    pub(super) fn take_all_control(&mut self, now: Now, why: RevokedBy) {
        for peer in self.technicians() {
            self.take_control(now, peer, why);
        }
    }

    /// Takes control from one technician.
    pub(super) fn take_control(&mut self, now: Now, peer: PeerId, why: RevokedBy) {
        self.take_control_by(now, peer, why, by(why));
    }

    fn take_control_by(&mut self, now: Now, peer: PeerId, why: RevokedBy, by: By) {
        let Some(mut control) = self.technician_mut(peer).and_then(|technician| technician.control.take()) else { return };
        let change = take_control(&control.grant, by);
        let number = control.grant.number();
        self.drop_waiting_input_of(peer);
        self.waiting_forget(peer, deskhand_wire::control::Scope::Control);
        if let Some(summary) = control.counts.take(peer, number) {
            self.journal.write(now, Actor::technician(peer), summary);
        }
        let ((), _) = change.write(&mut self.journal, now);
        self.say_refused(now, peer, true);
        self.outputs.push_back(HostOutput::ReleaseAll);
        if control.effective {
            self.outputs.push_back(HostOutput::ControlStopped { peer, by: why });
        }
        self.tell(peer, &HostToViewer::Revoked { grant: number, by: why });
    }

    fn take_view(&mut self, now: Now, peer: PeerId, by: By) {
        let Some(view) = self.technician_mut(peer).and_then(|technician| technician.view.take()) else { return };
        let change = take_view(&view.grant, by);
        self.waiting_forget(peer, deskhand_wire::control::Scope::View);
        self.close_segment(now);
        let ((), _) = change.write(&mut self.journal, now);
        if view.effective {
            self.outputs.push_back(HostOutput::StopView { peer });
        }
    }

    /// A technician says that it is over.
    pub(super) fn technician_ends(&mut self, now: Now, peer: PeerId) {
        self.tell(peer, &HostToViewer::Ended { by: EndedBy::Technician });
        self.remove(now, peer, "left", Gone::Left);
    }

    /// The relay says that a viewer is gone.
    pub(super) fn viewer_left(&mut self, now: Now, peer: PeerId) {
        self.dismissals.retain(|(other, _)| *other != peer);
        let Some(known) = self.peers.get(&peer) else { return };
        match known.stage {
            Stage::Admitted(_) => {
                self.journal.write(now, Actor::host(), Event::LinkLost { peer: Some(peer) });
                self.remove(now, peer, "link", Gone::Link);
            }
            Stage::Pairing(_) => self.attempt_failed(now, peer, AttemptResult::Abandoned),
            Stage::Claimed { .. } | Stage::Paired(_) => {
                self.peers.remove(&peer);
            }
        }
    }

    /// Ends one viewer's part: its grants, its question, its place. The session ends with the last technician.
    pub(super) fn remove(&mut self, now: Now, peer: PeerId, reason: &str, gone: Gone) {
        let revoked = match gone {
            Gone::Left => RevokedBy::Technician,
            Gone::Denied(_) => RevokedBy::Customer,
            Gone::Link | Gone::Protocol => RevokedBy::Link,
        };
        if let Some(technician) = self.technician_mut(peer) {
            technician.view.iter().for_each(|view| view.grant.revoke());
            technician.control.iter().for_each(|control| control.grant.revoke());
        }
        self.desk.forget(peer);
        if self.desk.open.as_ref().is_some_and(|question| question.peer == peer)
            && let Some(question) = self.close_question()
        {
            let latency_ms = now.mono_ms.saturating_sub(question.asked_at);
            let event = Event::ConsentDenied { peer, reason: "withdrawn".into(), latency_ms };
            self.journal.write(now, Actor::technician(peer), event);
        }
        self.take_control_by(now, peer, revoked, gone.by());
        let viewed = self.technician_mut(peer).is_some_and(|technician| technician.view.is_some());
        self.take_view(now, peer, gone.by());
        let Some(known) = self.peers.get(&peer) else { return };
        let cosigned = known.technician().map(|technician| technician.witness.size());
        self.dismiss(peer);
        let Some(cosigned) = cosigned else { return };
        self.journal.write(now, Actor::technician(peer), Event::PeerLeft { peer, reason: reason.into(), cosigned });
        self.outputs.push_back(HostOutput::Left { peer });
        if self.technicians().is_empty() {
            self.end(now, gone.ended_by(), reason);
        } else {
            if viewed {
                self.begin_epoch(now, "leave");
            }
            self.next_question(now);
        }
    }

    /// The end. Nothing is granted, asked or sealed any more when this returns.
    pub(super) fn end(&mut self, now: Now, by: EndedBy, reason: &str) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.revoke_handles();
        self.waiting.clear();
        let cause = match by {
            EndedBy::Customer => By::Customer,
            EndedBy::Technician => By::Technician,
            EndedBy::Link => By::Link,
            EndedBy::Timeout => By::Timeout,
            EndedBy::Log => By::Policy,
            EndedBy::Protocol | EndedBy::Capture => By::Host,
        };
        let revoked = match by {
            EndedBy::Customer => RevokedBy::Customer,
            EndedBy::Technician => RevokedBy::Technician,
            EndedBy::Timeout => RevokedBy::Expiry,
            EndedBy::Log => RevokedBy::Log,
            EndedBy::Link | EndedBy::Protocol | EndedBy::Capture => RevokedBy::Link,
        };
        if let Some(question) = self.close_question() {
            let latency_ms = now.mono_ms.saturating_sub(question.asked_at);
            let event = Event::ConsentDenied { peer: question.peer, reason: "withdrawn".into(), latency_ms };
            self.journal.write(now, Actor::host(), event);
        }
        for peer in self.peers.keys().copied().collect::<Vec<_>>() {
            self.take_control_by(now, peer, revoked, cause);
            self.take_view(now, peer, cause);
            // The last that a technician can cosign: everything that was done under its grants.
            self.journal.sign(now.mono_ms);
            self.tell(peer, &HostToViewer::Ended { by });
            match self.peers.remove(&peer).map(|known| known.stage) {
                Some(Stage::Admitted(technician)) => {
                    let cosigned = technician.witness.size();
                    let event = Event::PeerLeft { peer, reason: "ended".into(), cosigned };
                    self.journal.write(now, Actor::host(), event);
                    self.outputs.push_back(HostOutput::Left { peer });
                }
                Some(Stage::Pairing(pairing)) => {
                    let attempt = pairing.attempt;
                    let result = AttemptResult::Abandoned;
                    let event = Event::CodeAttempt { n: attempt.n, left: attempt.left, result };
                    self.journal.write(now, Actor::technician(peer), event);
                }
                _ => {}
            }
        }
        if self.code.live().is_some() || self.code.is_waiting() {
            self.code_gone(CodeGone::Withdrawn);
        }
        self.close_segment(now);
        let totals = Totals {
            updates: self.media.updates,
            bytes: self.media.bytes,
            inputs: self.inputs,
            checkpoints: Some(self.journal.checkpoints()),
        };
        let duration_ms = now.mono_ms.saturating_sub(self.started_at);
        let event = Event::SessionEnded { by: cause, reason: reason.into(), duration_ms, totals };
        self.journal.write(now, Actor::host(), event);
        self.journal.sign(now.mono_ms);
        self.last_outputs.push_back(HostOutput::Relay(HostToRelay::End));
        self.last_outputs.push_back(HostOutput::Ended(by));
    }

    /// The relay can't store any more; the policy says what follows.
    pub(super) fn store_failed(&mut self, now: Now, why: StoreFailure) {
        use deskhand_identity::{DiskFull, Recording};
        if self.ended || self.journal.failed().is_some() {
            return;
        }
        let policy = self.policy();
        // Nobody pairs with a session that is not in the organisation's log.
        let may_go_on = policy.disk_full == DiskFull::Continue && policy.recording != Recording::Required;
        let goes_on = may_go_on && self.opened.is_some();
        let reason = match why {
            StoreFailure::Full => "disk_full",
            StoreFailure::Broken => "disk_broken",
        };
        let last = (self.media.last > 0).then_some(self.media.last);
        self.close_segment(now);
        self.journal.write(now, Actor::relay(), Event::RecordingFailed { reason: reason.into(), last });
        if goes_on {
            self.outputs.push_back(HostOutput::Notice(Notice::NotStored(why)));
            self.media.recorded = false;
            self.journal.fail(why);
            self.release_waiting(now);
        } else {
            self.end(now, EndedBy::Log, reason);
            self.journal.fail(why);
        }
    }

    /// Technicians in the session, by number.
    pub(super) fn technicians(&self) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, known)| known.technician().is_some()).map(|(peer, _)| *peer).collect()
    }

    fn waiting_forget(&mut self, peer: PeerId, scope: deskhand_wire::control::Scope) {
        self.waiting.retain(|waiting| !waiting.is(peer, scope));
    }
}
