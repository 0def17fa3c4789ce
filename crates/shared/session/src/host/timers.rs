//! What time alone brings about, and the line to the relay.
//!
//! In scope: every deadline of a host session, in one list. Not in scope: what follows from each.

use deskhand_audit::{Actor, AttemptResult, Event};
use deskhand_identity::CosignMissing;
use deskhand_wire::{
    Millis,
    control::{Denial, EndedBy, RevokedBy},
    relay::StoreFailure,
};

use super::consent::expiry;
use super::journal::ACK_DEADLINE_MS;
use super::peer::Stage;
use super::{CodeGone, HostOutput, HostSession, Link, Notice};
use crate::clock::Now;

impl HostSession {
    /// The earliest deadline.
    pub(super) fn next_deadline(&self) -> Option<Millis> {
        if self.ended {
            return None;
        }
        let controls = self.peers.values().filter_map(|known| known.technician()?.control.as_ref());
        let control_ends = controls.clone().filter_map(|control| control.grant.until()).min();
        let summaries = controls.filter_map(|control| control.counts.due).min();
        let steps = self.peers.values().filter_map(|known| known.deadline()).min();
        let stored = if self.waits() { self.journal.ack_deadline() } else { None };
        let line = self.link_lost_at.map(|lost| {
            let policy = self.policy();
            let control = lost.saturating_add(policy.control_resume_ms);
            if self.control_paused { lost.saturating_add(policy.resume_ms) } else { control }
        });
        [
            self.code.live().map(|live| live.expires_at),
            self.dismissals.iter().map(|(_, at)| *at).min(),
            steps,
            expiry(&self.desk),
            control_ends,
            summaries,
            self.refusals_due(),
            self.ticks_due(),
            self.media.due(!self.viewing().is_empty()),
            self.journal.next_signature(),
            stored,
            line,
            self.cosignature_due(),
            self.witnesses_due(),
            self.opening_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does everything that is due.
    pub(super) fn on_time(&mut self, now: Now) {
        self.dismiss_due(now);
        self.line_on_time(now);
        if self.ended {
            return;
        }
        let late = |deadline: Option<Millis>| deadline.is_some_and(|at| at <= now.mono_ms);
        if self.waits() && late(self.journal.ack_deadline()) || late(self.opening_due()) || self.journal.is_overfull() {
            self.store_failed(now, StoreFailure::Broken);
        }
        self.cosignature_on_time(now);
        self.witnesses_on_time(now);
        self.expire_control(now);
        self.expire_code_and_steps(now);
        if expiry(&self.desk).is_some_and(|at| at <= now.mono_ms)
            && let Some(question) = self.close_question()
        {
            self.deny(now, &question, Denial::TimedOut);
            self.next_question(now);
        }
        if self.ended {
            return;
        }
        for peer in self.technicians() {
            self.say_refused(now, peer, false);
        }
        self.sum_up_input(now);
        self.media_on_time(now);
        self.send_due_ticks(now);
        self.journal.sign_if_due(now.mono_ms);
    }

    fn expire_control(&mut self, now: Now) {
        for peer in self.technicians() {
            let until = self.technician_mut(peer).and_then(|technician| technician.control.as_ref()?.grant.until());
            if until.is_some_and(|until| until <= now.mono_ms) {
                self.take_control(now, peer, RevokedBy::Expiry);
            }
        }
    }

    fn expire_code_and_steps(&mut self, now: Now) {
        let late = |deadline: Option<Millis>| deadline.is_some_and(|at| at <= now.mono_ms);
        if late(self.code.live().map(|live| live.expires_at)) {
            for peer in self.peers.keys().copied().collect::<Vec<_>>() {
                self.attempt_failed(now, peer, AttemptResult::Abandoned);
            }
            if self.code.live().is_some() {
                self.journal.write(now, Actor::host(), Event::CodeBurned { reason: "expired".into() });
                self.code_gone(CodeGone::Expired);
            }
        }
        let slow: Vec<_> = self.peers.iter().filter(|(_, known)| late(known.deadline())).map(|(peer, _)| *peer).collect();
        for peer in slow {
            match self.peers.get(&peer).map(|known| &known.stage) {
                Some(Stage::Pairing(_)) => self.attempt_failed(now, peer, AttemptResult::Abandoned),
                Some(Stage::Paired(_)) => {
                    self.journal.write(now, Actor::host(), Event::TechRejected { peer, reason: "no_identity".into() });
                    self.dismiss(peer);
                }
                Some(Stage::Claimed { .. }) => self.dismiss(peer),
                Some(Stage::Admitted(_)) | None => {}
            }
        }
    }

    /// News of the host's own line.
    pub(super) fn link(&mut self, now: Now, link: Link) {
        match link {
            Link::Lost if self.link_lost_at.is_none() => {
                self.link_lost_at = Some(now.mono_ms);
                self.control_paused = false;
                self.drop_waiting_input();
                if self.let_go() {
                    self.outputs.push_back(HostOutput::ReleaseAll);
                }
                self.journal.write(now, Actor::host(), Event::LinkLost { peer: None });
                self.outputs.push_back(HostOutput::Notice(Notice::LinkLost));
            }
            Link::Resumed => {
                self.line_on_time(now);
                let Some(lost) = self.link_lost_at.take().filter(|_| !self.ended) else { return };
                let gap_ms = now.mono_ms.saturating_sub(lost);
                self.journal.write(now, Actor::host(), Event::LinkResumed { peer: None, gap_ms });
                self.journal.resend(now.mono_ms);
                self.outputs.push_back(HostOutput::Notice(Notice::LinkResumed));
                self.want_key_update(now);
            }
            Link::Gone => self.end(now, EndedBy::Link, "link"),
            Link::Lost => {}
        }
    }

    /// When a relay that has not entered the session in the organisation's log counts as one that cannot store.
    fn opening_due(&self) -> Option<Millis> {
        self.opening().then(|| self.started_at.saturating_add(ACK_DEADLINE_MS))
    }

    /// When the relay's cosignature counts as missing, once for each time that it is.
    fn cosignature_due(&self) -> Option<Millis> {
        let since = self.journal.uncosigned_since().filter(|_| !self.cosignature_missing)?;
        Some(since.saturating_add(self.policy().cosign_missing_ms))
    }

    /// A head that the relay does not put its name to: either it keeps another log, or nobody but the host will vouch for this one.
    fn cosignature_on_time(&mut self, now: Now) {
        if self.cosignature_due().is_none_or(|due| due > now.mono_ms) {
            return;
        }
        self.cosignature_missing = true;
        self.anomaly(now, None, "cosignature_missing");
        if self.policy().cosign_missing == CosignMissing::StopControl {
            self.take_all_control(now, RevokedBy::Log);
        }
    }

    /// A cut that lasts: control first, then the session.
    fn line_on_time(&mut self, now: Now) {
        let Some(lost) = self.link_lost_at else { return };
        let gap = now.mono_ms.saturating_sub(lost);
        let (control, session) = (self.policy().control_resume_ms, self.policy().resume_ms);
        if gap >= control && !self.control_paused {
            self.control_paused = true;
            self.take_all_control(now, RevokedBy::Link);
        }
        if gap >= session && self.control_paused {
            self.end(now, EndedBy::Link, "link");
        }
    }
}
