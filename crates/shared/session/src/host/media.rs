//! Updates and cursors on their way out: sealing, epochs, ticks, what the recording holds.
//!
//! In scope: everything under the epoch key. Not in scope: encoding, pacing (the program), the bytes' way (`link`).

use std::collections::VecDeque;

use deskhand_audit::{Actor, Event, Hash};
use deskhand_seal::{
    RecordingKey,
    screen::{Flags, ScreenSealError, ScreenSealer, Sealed},
};
use deskhand_wire::{
    Millis, PeerId,
    control::{HostToViewer, Tick},
    encode,
    limits::{MAX_DISCARDED, MAX_UNACKED_LEAVES},
    text::List,
    update::{CursorMessage, UpdateHeader},
};

use super::changes::Changes;
use super::segment::Segments;
use super::{HostOutput, HostSession};
use crate::clock::Now;
use crate::error::SealRefusal;

/// Updates of one epoch (protocol, "Sealing").
const EPOCH_UPDATES: u64 = 1 << 22;
/// Length of an epoch, milliseconds.
pub(super) const EPOCH_MS: u64 = 60 * 60_000;
/// Key updates are asked for at most this often, milliseconds.
const KEY_UPDATE_EVERY_MS: u64 = 200;
/// Numbers that may be left out between two updates without the recording starting anew.
const MAX_SKIPPED: u64 = 256;

/// An encoded update, about to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct OutgoingUpdate<'a> {
    /// Its number, from 1, strictly increasing.
    pub number: u64,
    /// Whether it needs nothing before it.
    pub key: bool,
    /// When the pixels in it were captured, on the host's monotonic clock.
    pub captured_at: Millis,
    /// What changed on the screen, as x, y, width, height. Presses nearby that were made on an older picture are
    /// refused.
    pub changed: &'a [[u32; 4]],
    /// The update's bytes.
    pub bytes: &'a [u8],
}

/// A sealed update or cursor message, ready for its stream or datagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedFrame {
    /// What the relay may know.
    pub header: UpdateHeader,
    /// The header's bytes, then the SFrame frame: write exactly this.
    pub bytes: Vec<u8>,
}

impl From<Sealed> for SealedFrame {
    fn from(sealed: Sealed) -> Self {
        Self { header: sealed.header, bytes: sealed.bytes }
    }
}

/// Everything about outgoing pictures.
pub(super) struct Media {
    pub(super) key: RecordingKey,
    sealer: Option<ScreenSealer>,
    epoch: u32,
    epoch_ends: Millis,
    epoch_updates: u64,
    needs_key: bool,
    /// Number of the newest update sealed.
    pub(super) last: u64,
    pub(super) changes: Changes,
    segments: Segments,
    /// Whether updates are marked as belonging to the recording.
    pub(super) recorded: bool,
    pub(super) ever_recorded: bool,
    /// The customer does not want the recording.
    pub(super) is_refused: bool,
    discarded: VecDeque<u64>,
    key_wanted_at: Option<Millis>,
    key_asked_at: Option<Millis>,
    pub(super) updates: u64,
    pub(super) bytes: u64,
}

impl Media {
    pub(super) fn new(key: RecordingKey) -> Self {
        Self {
            key,
            sealer: None,
            epoch: 0,
            epoch_ends: 0,
            epoch_updates: 0,
            needs_key: false,
            last: 0,
            changes: Changes::default(),
            segments: Segments::default(),
            recorded: false,
            ever_recorded: false,
            is_refused: false,
            discarded: VecDeque::new(),
            key_wanted_at: None,
            key_asked_at: None,
            updates: 0,
            bytes: 0,
        }
    }

    /// When something about epochs, segments or key updates is due.
    pub(super) fn due(&self, viewed: bool) -> Option<Millis> {
        let epoch = (viewed && self.sealer.is_some()).then_some(self.epoch_ends);
        [epoch, self.segments.due(), self.key_wanted_at].into_iter().flatten().min()
    }
}

impl HostSession {
    /// Seals an update for every viewer and for the recording. Asks the view grants, remembers what changed, counts
    /// the media segment and moves the running hash of the ticks.
    ///
    /// # Errors
    /// [`SealRefusal`]; the update must not be sent then.
    pub fn seal_update(&mut self, now: Now, update: &OutgoingUpdate<'_>) -> Result<SealedFrame, SealRefusal> {
        self.latest = self.latest.max(now.mono_ms);
        self.may_seal(now)?;
        let last = self.media.last;
        if update.number <= last {
            return Err(SealRefusal::Number { number: update.number, last });
        }
        if self.media.epoch_updates >= EPOCH_UPDATES {
            self.begin_epoch(now, "updates");
        }
        if self.media.needs_key && !update.key {
            return Err(SealRefusal::KeyUpdateNeeded);
        }
        let flags = Flags { key: update.key, recorded: self.media.recorded };
        let sealer = self.media.sealer.as_mut().ok_or(SealRefusal::NotAllowed)?;
        let sealed = match sealer.update(update.number, flags, update.bytes) {
            Ok(sealed) => sealed,
            Err(ScreenSealError::TooLarge(size)) => return Err(SealRefusal::TooLarge(size)),
            Err(ScreenSealError::Exhausted) => {
                self.begin_epoch(now, "updates");
                return Err(SealRefusal::KeyUpdateNeeded);
            }
        };
        self.record(now, update.number, &sealed);
        let media = &mut self.media;
        media.needs_key = false;
        media.last = update.number;
        media.epoch_updates += 1;
        media.updates += 1;
        media.bytes += sealed.bytes.len() as u64;
        media.changes.record(update.number, update.captured_at, update.changed);
        for technician in self.peers.values_mut().filter_map(|known| known.technician_mut()) {
            if technician.views() {
                technician.ticks.updated(now.mono_ms);
            }
        }
        Ok(sealed.into())
    }

    /// Seals the customer's pointer. Not in the recording.
    ///
    /// # Errors
    /// [`SealRefusal`]; the message must not be sent then.
    pub fn seal_cursor(&mut self, now: Now, cursor: &CursorMessage) -> Result<SealedFrame, SealRefusal> {
        self.may_seal(now)?;
        let sealer = self.media.sealer.as_mut().ok_or(SealRefusal::NotAllowed)?;
        match sealer.cursor(&encode(cursor)) {
            Ok(sealed) => Ok(sealed.into()),
            Err(ScreenSealError::TooLarge(size)) => Err(SealRefusal::TooLarge(size)),
            Err(ScreenSealError::Exhausted) => {
                self.begin_epoch(now, "updates");
                Err(SealRefusal::KeyUpdateNeeded)
            }
        }
    }

    fn may_seal(&self, now: Now) -> Result<(), SealRefusal> {
        let permits = |technician: &super::peer::Technician| {
            technician.view.as_ref().is_some_and(|view| view.effective && view.grant.permits(now.mono_ms).is_ok())
        };
        if self.ended || !self.peers.values().filter_map(|known| known.technician()).any(permits) {
            return Err(SealRefusal::NotAllowed);
        }
        if self.journal.unacknowledged() > MAX_UNACKED_LEAVES / 4 * 3 {
            return Err(SealRefusal::LogBehind);
        }
        Ok(())
    }

    /// A sealed update, and every one after it, was given up on the way in favour of a key update that follows: ticks
    /// and the log will say so. Call it before that key update is sealed.
    ///
    /// Gives `false` when it is too late (the log has committed to it): it must be sent to its end then.
    #[must_use]
    pub fn discarded(&mut self, now: Now, number: u64) -> bool {
        self.latest = self.latest.max(now.mono_ms);
        if number == 0 || number > self.media.last || (self.media.recorded && !self.media.segments.give_up(number)) {
            return false;
        }
        for number in number..=self.media.last {
            if self.media.discarded.len() == MAX_DISCARDED {
                self.media.discarded.pop_front();
            }
            self.media.discarded.push_back(number);
        }
        self.media.needs_key = true;
        true
    }

    /// Begins an epoch: entry, keys to the viewers, and the next update must be a key update.
    pub(super) fn begin_epoch(&mut self, now: Now, reason: &str) {
        let viewers: Vec<PeerId> = self.viewing();
        if viewers.is_empty() {
            return;
        }
        self.close_segment(now);
        let media = &mut self.media;
        media.epoch += 1;
        media.epoch_updates = 0;
        media.epoch_ends = now.mono_ms.saturating_add(EPOCH_MS);
        media.needs_key = true;
        let (epoch, key) = (media.epoch, media.key.epoch(media.epoch));
        match &mut media.sealer {
            Some(sealer) => sealer.begin(epoch, &key),
            None => media.sealer = Some(ScreenSealer::new(*self.sid.bytes(), epoch, &key)),
        }
        let key_sha256 = Hash(key.commitment());
        self.journal.write(now, Actor::host(), Event::EpochChanged { epoch, reason: reason.into(), key_sha256 });
        for peer in viewers {
            self.tell(peer, &HostToViewer::Epoch { epoch, key: *key.bytes() });
        }
        self.key_update_now(now.mono_ms);
    }

    /// Viewers that see the screen, by number.
    pub(super) fn viewing(&self) -> Vec<PeerId> {
        let views = |known: &super::peer::Peer| known.technician().is_some_and(super::peer::Technician::views);
        self.peers.iter().filter(|(_, known)| views(known)).map(|(peer, _)| *peer).collect()
    }

    /// What the customer says to the recording; whether it is theirs to say.
    pub(super) fn refuse_recording(&mut self, refused: bool) -> bool {
        let theirs = self.policy().recording == deskhand_identity::Recording::Optional && !self.media.ever_recorded;
        if theirs {
            self.media.is_refused = refused;
        }
        theirs
    }

    /// Marks updates from here on as recorded, once, when the policy records at all.
    pub(super) fn start_recording(&mut self, now: Now) {
        use deskhand_identity::Recording;
        let unwanted = self.media.is_refused || self.policy().recording == Recording::Off;
        if self.media.ever_recorded || unwanted || self.journal.failed().is_some() {
            return;
        }
        self.media.ever_recorded = true;
        self.media.recorded = true;
        self.log_recording(now);
    }

    fn log_recording(&mut self, now: Now) {
        let reviewers = &self.statement.statement().reviewers;
        let reviewers = reviewers.iter().map(|reviewer| reviewer.keys.tls.fingerprint()).collect();
        self.journal.write(now, Actor::host(), Event::RecordingStarted { reviewers });
        self.media.segments.start_anew();
    }

    fn record(&mut self, now: Now, number: u64, sealed: &Sealed) {
        if !self.media.recorded {
            return;
        }
        if self.media.last > 0 && number - self.media.last > MAX_SKIPPED {
            self.close_segment(now);
            self.log_recording(now);
        }
        self.media.segments.add(sealed.header.epoch, number, &sealed.bytes, now.mono_ms);
        if self.media.segments.due().is_some_and(|due| due <= now.mono_ms) {
            self.close_segment(now);
        }
    }

    /// Writes what the recording holds since the last segment.
    pub(super) fn close_segment(&mut self, now: Now) {
        if let Some(segment) = self.media.segments.close() {
            self.journal.write(now, Actor::host(), Event::MediaSegment(segment));
        }
    }

    /// Sends every tick that is due.
    pub(super) fn send_due_ticks(&mut self, now: Now) {
        // On a cut line they would only pile up.
        if self.link_lost_at.is_some() {
            return;
        }
        for peer in self.viewing() {
            let newest = self.media.last;
            let digest = self.media.sealer.as_ref().map_or([0; 32], |sealer| *sealer.hash());
            let discarded = List::clipped(self.media.discarded.iter().copied());
            let Some(technician) = self.technician_mut(peer) else { continue };
            let controls = technician.controls();
            if technician.ticks.next(controls).is_some_and(|due| due <= now.mono_ms) {
                let number = technician.ticks.send(now.mono_ms);
                self.tell(peer, &HostToViewer::Tick(Tick { number, host_ms: now.mono_ms, newest, digest, discarded }));
            }
        }
    }

    /// When the next tick is due.
    pub(super) fn ticks_due(&self) -> Option<Millis> {
        if self.link_lost_at.is_some() {
            return None;
        }
        let technicians = self.peers.values().filter_map(|known| known.technician());
        technicians.filter(|it| it.views()).filter_map(|it| it.ticks.next(it.controls())).min()
    }

    /// A viewer needs a key update; asked for at most five times a second.
    pub(super) fn want_key_update(&mut self, now: Now) {
        if self.viewing().is_empty() {
            return;
        }
        match self.media.key_asked_at.map(|asked| asked.saturating_add(KEY_UPDATE_EVERY_MS)) {
            Some(again) if now.mono_ms < again => self.media.key_wanted_at = Some(again),
            _ => self.key_update_now(now.mono_ms),
        }
    }

    fn key_update_now(&mut self, now: Millis) {
        self.media.key_wanted_at = None;
        self.media.key_asked_at = Some(now);
        self.outputs.push_back(HostOutput::KeyUpdateWanted);
    }

    /// What is due about epochs, segments and key updates.
    pub(super) fn media_on_time(&mut self, now: Now) {
        if self.media.key_wanted_at.is_some_and(|at| at <= now.mono_ms) {
            self.key_update_now(now.mono_ms);
        }
        if self.media.segments.due().is_some_and(|due| due <= now.mono_ms) {
            self.close_segment(now);
        }
        if self.media.sealer.is_some() && !self.viewing().is_empty() && self.media.epoch_ends <= now.mono_ms {
            self.begin_epoch(now, "time");
        }
    }

    /// A viewer shows everything up to this update.
    pub(super) fn shown(&mut self, now: Now, peer: PeerId, update: u64) {
        if update > self.media.last {
            self.anomaly(now, Some(peer), "shown_before_sent");
            return;
        }
        let Some(technician) = self.technician_mut(peer) else { return };
        if update > technician.shown {
            technician.shown = update;
            self.outputs.push_back(HostOutput::Shown { peer, update });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Pair, World};
    use deskhand_wire::control::Scope;

    #[test]
    fn an_epoch_ends_after_two_to_the_22_updates() {
        let mut pair = Pair::with_consent(World::default(), [Scope::View]);
        pair.update(true, &[]).unwrap();
        pair.host.media.epoch_updates = EPOCH_UPDATES - 1;
        pair.update(false, &[]).unwrap();
        assert_eq!(pair.seal(false, &[]).unwrap_err(), SealRefusal::KeyUpdateNeeded);
        assert_eq!(pair.update(true, &[]).unwrap().header.epoch, 2);
    }

    #[test]
    fn a_log_that_the_relay_does_not_take_stops_the_picture_before_memory_is_full() {
        let mut pair = Pair::with_consent(World::default(), [Scope::View]);
        pair.acknowledges = false;
        let now = pair.now;
        for _ in 0..=MAX_UNACKED_LEAVES / 4 * 3 {
            pair.host.journal.write(now, Actor::host(), Event::NoticeShown { notice: "test".into() });
        }
        assert_eq!(pair.seal(true, &[]).unwrap_err(), SealRefusal::LogBehind);
        pair.acknowledges = true;
        pair.run();
        assert!(pair.seal(true, &[]).is_ok());
        pair.acknowledges = false;
        for _ in 0..=MAX_UNACKED_LEAVES {
            pair.host.journal.write(now, Actor::host(), Event::NoticeShown { notice: "test".into() });
        }
        pair.wait(1);
        assert!(pair.host.status().ended, "the policy ends a session whose log can not be kept");
    }
}
