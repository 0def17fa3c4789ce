//! Input of a technician: what may be carried out, and what is refused and said.
//!
//! In scope: the checks on every input message, counts for the log, telling both sides. Not in scope: injecting; the
//! effector asks the grant again before every event.
//!
//! | check | refusal |
//! | --- | --- |
//! | control is granted, handed out, in force, and the message names that grant | `NoGrant` |
//! | no question is open | `QuestionOpen` |
//! | the tick it names is no older than the policy's input age, by this host's clock | `Stale` |
//! | a press is where the technician looks (`look`), on a picture that has not changed since (`changes`) | `Changed` |
//! | fewer than 256 events wait to be carried out | `TooFast` |

use deskhand_audit::{Actor, Event};
use deskhand_wire::{
    Millis, PeerId,
    control::{HostToViewer, InputRefusal},
    input::{InputEvent, InputMessage},
    limits::{MAX_INPUT_FRAME, MAX_WAITING_INPUT},
};

use super::peer::Stage;
use super::{HostOutput, HostSession, Notice};
use crate::clock::Now;
use crate::grant::{ControlGrant, Refusal};
use crate::padded::message_in;

/// Refused input is said at most this often, milliseconds.
const SAY_EVERY_MS: u64 = 1_000;
/// Input is summed up in the log at most this often, milliseconds.
const SUMMARY_MS: u64 = 30_000;

impl HostSession {
    /// A frame of a viewer's input stream.
    pub(super) fn input_frame(&mut self, now: Now, peer: PeerId, frame: &[u8]) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        if frame.len() > MAX_INPUT_FRAME {
            self.anomaly(now, Some(peer), "malformed_message");
            return;
        }
        let opened = match &mut known.stage {
            Stage::Paired(paired) => paired.channels.open_input(frame),
            Stage::Admitted(technician) => technician.channels.open_input(frame),
            Stage::Claimed { .. } | Stage::Pairing(_) => {
                self.anomaly(now, Some(peer), "message_out_of_turn");
                return;
            }
        };
        let content = match opened {
            Ok(content) => content,
            Err(error) => return self.bad_frame(now, peer, error),
        };
        let message = message_in::<InputMessage>(content, MAX_INPUT_FRAME);
        let Some(message) = message else {
            self.anomaly(now, Some(peer), "malformed_message");
            return self.break_off(now, peer);
        };
        match self.check_input(now.mono_ms, peer, &message) {
            Ok(grant) => self.carry_out(peer, grant, message.event),
            Err(why) => {
                // A refused release must not leave a key down: everything is let go instead.
                if message.event.is_release() && self.let_go_of(peer) {
                    self.outputs.push_back(HostOutput::ReleaseAll);
                }
                self.refuse_input(now, peer, why);
            }
        }
    }

    /// Every check that does not depend on the operating system.
    fn check_input(&self, now: Millis, peer: PeerId, message: &InputMessage) -> Result<ControlGrant, InputRefusal> {
        let technician = self.peers.get(&peer).and_then(|known| known.technician()).ok_or(InputRefusal::NoGrant)?;
        let control = technician.control.as_ref().filter(|control| control.effective).ok_or(InputRefusal::NoGrant)?;
        if message.grant != control.grant.number() {
            return Err(InputRefusal::NoGrant);
        }
        control.grant.permits(now).map_err(|refusal| match refusal {
            Refusal::Revoked | Refusal::Expired => InputRefusal::NoGrant,
            Refusal::QuestionOpen => InputRefusal::QuestionOpen,
        })?;
        if technician.ticks.age(message.tick, now).is_none_or(|age| age > self.policy().input_age_ms) {
            return Err(InputRefusal::Stale);
        }
        if let InputEvent::Button { down: true, x, y, .. } = message.event
            && (!technician.look.sees(x, y) || self.media.changes.is_stale(message.seen, x, y, now, technician.round_trip))
        {
            return Err(InputRefusal::Changed);
        }
        if self.waiting_input >= MAX_WAITING_INPUT {
            return Err(InputRefusal::TooFast);
        }
        Ok(control.grant.clone())
    }

    fn carry_out(&mut self, peer: PeerId, grant: ControlGrant, event: InputEvent) {
        let Some(control) = self.technician_mut(peer).and_then(|technician| technician.control.as_mut()) else { return };
        match event {
            InputEvent::Button { down: true, .. } | InputEvent::Key { down: true, .. } => control.held = true,
            InputEvent::ReleaseAll => control.held = false,
            _ => {}
        }
        if event == InputEvent::ReleaseAll {
            self.outputs.push_back(HostOutput::ReleaseAll);
        } else {
            self.waiting_input += 1;
            self.outputs.push_back(HostOutput::Inject { grant, event });
        }
    }

    /// An event is being handed to the effector: it counts from here on.
    pub(super) fn count_injected(&mut self, peer: PeerId, event: &InputEvent) {
        self.waiting_input = self.waiting_input.saturating_sub(1);
        self.inputs += 1;
        let due = self.latest.saturating_add(SUMMARY_MS);
        let Some(control) = self.technician_mut(peer).and_then(|technician| technician.control.as_mut()) else { return };
        let counts = &mut control.counts;
        counts.tally.count(event);
        if counts.tally.total() > 0 {
            counts.due.get_or_insert(due);
        }
    }

    /// Input was not carried out: counted, and said when it was not said within the last second.
    pub(super) fn refuse_input(&mut self, now: Now, peer: PeerId, why: InputRefusal) {
        let Some(technician) = self.technician_mut(peer) else { return };
        *technician.refused.counts.entry(why).or_insert(0) += 1;
        technician.refused.last = Some(why);
        self.say_refused(now, peer, false);
    }

    /// Says what was refused, to the log, the technician and the customer.
    pub(super) fn say_refused(&mut self, now: Now, peer: PeerId, at_once: bool) {
        let Some(technician) = self.technician_mut(peer) else { return };
        let refused = &mut technician.refused;
        let recently = refused.said_at.is_some_and(|said| now.mono_ms < said.saturating_add(SAY_EVERY_MS));
        let Some(why) = refused.last.filter(|_| at_once || !recently) else { return };
        refused.said_at = Some(now.mono_ms);
        refused.last = None;
        let counts = std::mem::take(&mut refused.counts);
        let count = counts.values().fold(0_u32, |sum, count| sum.saturating_add(*count));
        for (why, count) in counts {
            let event = Event::InputBlocked { peer, reason: name(why).into(), count: count.into() };
            self.journal.write(now, Actor::technician(peer), event);
        }
        self.tell(peer, &HostToViewer::InputRefused { count, why });
        self.outputs.push_back(HostOutput::Notice(Notice::InputRefused { count, why }));
    }

    /// When refused input must be said.
    pub(super) fn refusals_due(&self) -> Option<Millis> {
        let waits = |technician: &super::peer::Technician| {
            technician.refused.last?;
            Some(technician.refused.said_at.map_or(0, |said| said.saturating_add(SAY_EVERY_MS)))
        };
        self.peers.values().filter_map(|known| waits(known.technician()?)).min()
    }

    /// Writes the summaries that are due.
    pub(super) fn sum_up_input(&mut self, now: Now) {
        for peer in self.technicians() {
            let Some(control) = self.technician_mut(peer).and_then(|technician| technician.control.as_mut()) else { continue };
            if control.counts.due.is_some_and(|due| due <= now.mono_ms)
                && let Some(summary) = control.counts.take(peer, control.grant.number())
            {
                self.journal.write(now, Actor::technician(peer), summary);
            }
        }
    }

    /// Takes input that was not polled yet out of the outputs.
    pub(super) fn drop_waiting_input(&mut self) {
        self.outputs.retain(|output| !matches!(output, HostOutput::Inject { .. }));
        self.waiting_input = 0;
    }

    /// The same for one technician.
    pub(super) fn drop_waiting_input_of(&mut self, peer: PeerId) {
        let before = self.outputs.len();
        self.outputs.retain(|output| !matches!(output, HostOutput::Inject { grant, .. } if grant.peer() == peer));
        self.waiting_input = self.waiting_input.saturating_sub(before - self.outputs.len());
    }

    /// Whether something may be held down by anybody; counts as let go from here on.
    pub(super) fn let_go(&mut self) -> bool {
        let mut held = false;
        for peer in self.technicians() {
            held |= self.let_go_of(peer);
        }
        held
    }

    fn let_go_of(&mut self, peer: PeerId) -> bool {
        let control = self.technician_mut(peer).and_then(|technician| technician.control.as_mut());
        control.is_some_and(|control| std::mem::take(&mut control.held))
    }
}

/// A refusal's name in the log.
fn name(why: InputRefusal) -> &'static str {
    match why {
        InputRefusal::NoGrant => "no_grant",
        InputRefusal::Stale => "stale",
        InputRefusal::Changed => "changed",
        InputRefusal::QuestionOpen => "question_open",
        InputRefusal::OwnWindow => "own_window",
        InputRefusal::System => "system",
        InputRefusal::TooFast => "too_fast",
    }
}
