//! The grammar of a session: which event may follow which.
//!
//! In scope: consent before view and control, nothing outside an open grant, attempts at the code,
//! epochs and update numbers, clocks, nothing after the end. Not in scope: signatures and hashes.
//!
//! The rules, each named in the code below:
//! - the first event is `session.created`, the last `session.ended`; neither comes twice;
//! - a writer's monotonic clock never goes back; what only the host knows is written by the host;
//! - attempts count from 1 without gaps under an issued code, `left` never grows, and a code that is
//!   used up, used or burned takes no more;
//! - a technician is identified only over a confirmed pairing, asked for only when identified;
//!   an answer needs an open question, and allows no more than was asked;
//! - `view.started` needs the view scope, `control.granted` the control scope; `customer.stop` takes
//!   all scopes, the end of control takes the control scope, the technician's leaving takes theirs;
//! - `input.summary` names the grant that is open, or the one that just ended (once);
//! - a segment needs a started recording, an announced epoch, a view, and numbers that go on: every
//!   number between two segments is in one of them or named as discarded, unless recording started
//!   anew or failed between them.

use std::collections::{BTreeMap, BTreeSet};

use deskhand_identity::Scope;

use crate::{
    encoding::Hash,
    entry::{Entry, Source},
    event::{AttemptResult, By, Event, MediaSegment},
};

/// Highest epoch (24 bits of the key id).
const MAX_EPOCH: u32 = (1 << 24) - 1;

/// The state of a session as its log tells it.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    created: bool,
    ended: bool,
    clocks: BTreeMap<Source, u64>,
    code: Option<Code>,
    peers: BTreeMap<u8, Peer>,
    ever_viewed: bool,
    media: Media,
}

#[derive(Debug)]
struct Code {
    attempts: u8,
    left: u8,
    pending: bool,
    dead: bool,
}

#[derive(Debug, Default)]
struct Peer {
    transcript: Option<Hash>,
    identified: bool,
    question: Option<Vec<Scope>>,
    allowed: BTreeSet<Scope>,
    viewing: bool,
    control: Option<u64>,
    last_grant: u64,
    unsummed: Option<u64>,
}

#[derive(Debug, Default)]
struct Media {
    /// Somebody can open what is recorded.
    sealed: bool,
    recording: bool,
    gap_allowed: bool,
    epochs: BTreeSet<u32>,
    epoch: u32,
    last: u64,
}

type Check = Result<(), &'static str>;

fn need(holds: bool, otherwise: &'static str) -> Check {
    holds.then_some(()).ok_or(otherwise)
}

impl Grammar {
    /// Whether the session has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The transcript hash of a technician's confirmed pairing.
    pub(super) fn transcript(&self, peer: u8) -> Option<Hash> {
        self.peers.get(&peer)?.transcript
    }

    /// The next event. After an error the state is as if the event had been allowed.
    pub(super) fn next(&mut self, entry: &Entry) -> Check {
        let first = !self.created;
        self.created = true;
        need(!self.ended, "nothing may follow session.ended")?;
        need(first == matches!(entry.event, Event::SessionCreated { .. }), "session.created is the first event and no other")?;
        let clock = self.clocks.entry(entry.src).or_default();
        let went_back = entry.mono_ms < *clock;
        *clock = entry.mono_ms.max(*clock);
        let order = self.step(&entry.event);
        need(!went_back, "its writer's monotonic clock went back")?;
        let may_be_foreign =
            matches!(entry.event, Event::Anomaly { .. } | Event::InputBlocked { .. } | Event::LinkLost { .. } | Event::LinkResumed { .. });
        need(entry.src == Source::Host || may_be_foreign, "only the host may write this kind")?;
        order
    }

    fn step(&mut self, event: &Event) -> Check {
        match event {
            Event::SessionEnded { .. } => {
                self.ended = true;
                Ok(())
            }
            Event::CodeIssued { attempts, .. } => {
                self.code = Some(Code { attempts: 0, left: *attempts, pending: false, dead: false });
                Ok(())
            }
            Event::CodeAttempt { n, left, result } => self.attempt(*n, *left, *result),
            Event::CodeBurned { .. } => {
                let code = self.code.as_mut().ok_or("no code was issued")?;
                code.dead = true;
                Ok(())
            }
            Event::PairConfirmed { peer, th, .. } => {
                let tried = self.code.as_ref().is_some_and(|code| code.attempts > 0);
                self.peers.insert(*peer, Peer { transcript: Some(*th), ..Peer::default() });
                need(tried, "no attempt at a code came before it")
            }
            Event::TechIdentified(data) => {
                let peer = self.peers.entry(data.peer).or_default();
                let twice = std::mem::replace(&mut peer.identified, true);
                need(peer.transcript.is_some(), "no pairing was confirmed")?;
                need(!twice, "this technician was identified before")
            }
            Event::ConsentPrompted { .. }
            | Event::ConsentGranted { .. }
            | Event::ConsentDenied { .. }
            | Event::CustomerStop { .. }
            | Event::PeerLeft { .. } => self.consent(event),
            Event::ViewStarted { .. }
            | Event::ViewStopped { .. }
            | Event::ControlRequested { .. }
            | Event::ControlGranted { .. }
            | Event::ControlRevoked { .. }
            | Event::InputSummary { .. } => self.use_of_grants(event),
            Event::EpochChanged { epoch, .. } => self.media.epoch_changed(*epoch),
            Event::KeysSealed { reviewers, needed, .. } => {
                let twice = std::mem::replace(&mut self.media.sealed, true);
                need(!twice, "the keys were sealed before")?;
                need(self.code.is_none(), "a code was issued before the keys were sealed")?;
                need(matches!(needed, 1 | 2), "one reviewer or two can be needed, no other number")?;
                need(reviewers.len() >= usize::from(*needed), "the keys are sealed to fewer reviewers than are needed")
            }
            Event::RecordingStarted { reviewers } => {
                self.media.recording = true;
                self.media.gap_allowed = true;
                need(self.media.sealed || reviewers.is_empty(), "its keys were not sealed to anybody")
            }
            Event::RecordingFailed { .. } => {
                self.media.gap_allowed = true;
                Ok(())
            }
            Event::MediaSegment(segment) => {
                self.media.segment(segment)?;
                need(self.ever_viewed, "nobody was shown the screen before it")
            }
            Event::SessionCreated { .. }
            | Event::PolicyApplied { .. }
            | Event::TechRejected { .. }
            | Event::NoticeShown { .. }
            | Event::InputBlocked { .. }
            | Event::PeerJoined { .. }
            | Event::LinkLost { .. }
            | Event::LinkResumed { .. }
            | Event::Anomaly { .. } => Ok(()),
        }
    }

    fn attempt(&mut self, n: u8, left: u8, result: AttemptResult) -> Check {
        let code = self.code.as_mut().ok_or("no code was issued")?;
        let (answers, before) = (code.pending && n == code.attempts, (code.attempts, code.left));
        let was_dead = code.dead && !answers;
        code.attempts = n;
        code.left = left;
        code.pending = result == AttemptResult::Started;
        code.dead |= result == AttemptResult::Success || left == 0;
        need(!was_dead, "the code was used or burned before")?;
        need(answers || Some(n) == before.0.checked_add(1), "attempts are not counted one by one")?;
        need(left <= before.1, "more attempts are left than before")?;
        let must_cost = !answers && result != AttemptResult::Success;
        need(!must_cost || left < before.1, "the attempt was not counted")
    }

    fn consent(&mut self, event: &Event) -> Check {
        match event {
            Event::ConsentPrompted { peer, scopes, .. } => {
                let open = self.peers.values().any(|peer| peer.question.is_some());
                let peer = self.peers.entry(*peer).or_default();
                peer.question = Some(scopes.clone());
                need(peer.identified, "the technician was not identified")?;
                need(!open, "another question was open")?;
                need(!scopes.is_empty(), "it asks for nothing")
            }
            Event::ConsentGranted { peer, scopes, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                let question = peer.question.take();
                peer.allowed.extend(scopes);
                let question = question.ok_or("no question was open")?;
                need(peer.identified, "the technician was not identified")?;
                need(scopes.iter().all(|scope| question.contains(scope)), "it allows more than was asked for")
            }
            Event::ConsentDenied { peer, .. } => {
                let question = self.peers.entry(*peer).or_default().question.take();
                question.map(drop).ok_or("no question was open")
            }
            Event::PeerLeft { peer, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                peer.allowed.clear();
                peer.identified = false;
                Ok(())
            }
            _ => {
                self.peers.values_mut().for_each(|peer| peer.allowed.clear());
                Ok(())
            }
        }
    }

    fn use_of_grants(&mut self, event: &Event) -> Check {
        match event {
            Event::ViewStarted { peer, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                peer.viewing = true;
                self.ever_viewed = true;
                need(peer.allowed.contains(&Scope::View), "the customer had not allowed viewing")
            }
            Event::ViewStopped { peer, by } => {
                let peer = self.peers.entry(*peer).or_default();
                if !matches!(by, By::Link | By::Relay) {
                    peer.allowed.remove(&Scope::View);
                }
                need(std::mem::take(&mut peer.viewing), "nothing was being viewed")
            }
            Event::ControlRequested { peer, .. } => {
                let identified = self.peers.get(peer).is_some_and(|peer| peer.identified);
                need(identified, "the technician was not identified")
            }
            Event::ControlGranted { peer, grant, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                let new = *grant > std::mem::replace(&mut peer.last_grant, *grant);
                peer.control = Some(*grant);
                need(peer.allowed.contains(&Scope::Control), "the customer had not allowed control")?;
                need(new, "the grant's number was used before")
            }
            Event::ControlRevoked { peer, grant, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                peer.allowed.remove(&Scope::Control);
                peer.unsummed = Some(*grant);
                need(peer.control.take() == Some(*grant), "this grant was not open")
            }
            Event::InputSummary { peer, grant, .. } => {
                let peer = self.peers.entry(*peer).or_default();
                let open = peer.control == Some(*grant);
                let just_ended = !open && peer.unsummed.take() == Some(*grant);
                need(open || just_ended, "no such grant was open")
            }
            _ => Ok(()),
        }
    }
}

impl Media {
    fn epoch_changed(&mut self, epoch: u32) -> Check {
        let latest = self.epochs.last().copied().unwrap_or(0);
        self.epochs.insert(epoch);
        need(epoch > latest && epoch <= MAX_EPOCH, "epochs do not ascend")
    }

    fn segment(&mut self, segment: &MediaSegment) -> Check {
        let MediaSegment { epoch, first, last, updates, bytes, discarded, .. } = segment;
        let gap_allowed = std::mem::take(&mut self.gap_allowed);
        let before = (self.epoch, self.last);
        self.epoch = self.epoch.max(*epoch);
        self.last = self.last.max(*last);
        need(self.recording, "no recording was started")?;
        need(self.epochs.contains(epoch), "its epoch was not announced")?;
        need(*epoch >= before.0, "its epoch is over")?;
        need(0 < *first && first <= last, "its numbers are out of order")?;
        need(*first > before.1, "its updates were in a segment before")?;
        need(gap_allowed || *first == before.1 + 1, "updates are missing before it")?;
        need((*updates > 0) == (*bytes > 0), "its counts do not fit each other")?;
        let sorted = discarded.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = discarded.iter().all(|number| (first..=last).contains(&number));
        need(sorted && inside, "its discarded numbers are out of order")?;
        let held = updates.checked_add(discarded.len() as u64);
        need(held == (last - first).checked_add(1), "updates are missing in it")
    }
}

#[cfg(test)]
mod tests;
