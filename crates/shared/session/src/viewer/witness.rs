//! The technician's program as a witness: it follows the log, and puts its name to every head that is over what it was sent and says of
//! this technician nothing but what the technician did.
//!
//! In scope: where the log is joined, what it may say of this technician, cosigning, noticing that heads stay away. Not in scope: the tree
//! and the signatures (`deskhand_audit::Follower`), what the host makes of a missing cosignature (`host::witness`).
//!
//! A head goes to the host, sealed, and to the relay: a host that shows the two different histories is caught by the relay, one that
//! invents what a technician did is caught here.

use deskhand_audit::{By, Entry, Event, Follower, Frontier, Hash, Origin, organisation::is_opening};
use deskhand_identity::{PublicKey, Scope as LogScope, Session, SessionId};
use deskhand_wire::{
    Millis, PeerId,
    control::{HostToViewer, Scope, Scopes, ViewerToHost},
    input::InputEvent,
    relay::ViewerToRelay,
};

use super::pairing::Stage;
use super::{ViewerConfig, ViewerOutput, ViewerSession};
use crate::clock::Now;
use crate::error::ViewerError;
use crate::tally::Tally;

/// A host signs what it sends within five seconds; after this long it is one that does not.
const HEAD_MS: u64 = 15_000;

/// Why the log is not what it should be, for the technician.
type Dispute = &'static str;

/// The log as this technician sees it.
pub(super) struct Witness {
    peer: PeerId,
    session: SessionId,
    key: PublicKey<Session>,
    /// The log, once the host said where it is joined.
    log: Option<Follower>,
    /// Since when the oldest leaf waits for a head.
    unsigned_since: Option<Millis>,
    /// What was asked of the customer.
    asked: Scopes,
    /// Requests for control that the log does not hold yet.
    requests: u32,
    /// Input that was sent, less what the log holds of it.
    sent: Tally,
    /// Input messages that were sent, less those that the log calls refused.
    messages: u64,
    /// Whether control was given back, or the session ended, from here.
    gave_back: bool,
    /// The number of the newest grant for control that is in the log.
    controls: Option<u64>,
    /// Whether it is in the log that the screen is seen.
    views: bool,
    #[cfg(test)]
    pub(super) silent: bool,
}

impl Witness {
    pub(super) fn new(peer: PeerId, session: SessionId, key: PublicKey<Session>, asked: Scopes) -> Self {
        Self {
            peer,
            session,
            key,
            log: None,
            unsigned_since: None,
            asked,
            requests: 0,
            sent: Tally::default(),
            messages: 0,
            gave_back: false,
            controls: None,
            views: false,
            #[cfg(test)]
            silent: false,
        }
    }

    /// The technician asks for a scope.
    pub(super) fn asks(&mut self, scope: Scope) {
        self.asked = self.asked.with(scope);
        if scope == Scope::Control {
            self.requests += 1;
        }
    }

    /// An input message was sent.
    pub(super) fn sends(&mut self, event: &InputEvent) {
        self.messages += 1;
        self.sent.count(event);
    }

    /// The technician gives control back or ends the session.
    pub(super) fn gives_back(&mut self) {
        self.gave_back = true;
    }

    /// Whether what the host grants is in the log that it showed.
    pub(super) fn has_grant(&self, grant: u32, scopes: Scopes) -> bool {
        let control = !scopes.has(Scope::Control) || self.controls == Some(grant.into());
        control && (!scopes.has(Scope::View) || self.views)
    }

    /// When heads have stayed away for too long.
    pub(super) fn due(&self) -> Option<Millis> {
        Some(self.unsigned_since?.saturating_add(HEAD_MS))
    }

    fn join(&mut self, config: &ViewerConfig, size: u64, peaks: &[[u8; 32]], opened: &[u8]) -> Result<(), Dispute> {
        let organisation = &config.statement.statement().organisation;
        let domain = organisation.domain.as_deref();
        if !is_opening(opened, &self.session, &Origin::of_organisation(&organisation.key, domain), &config.relay) {
            return Err("the session is not entered in the organisation's log");
        }
        if self.log.is_some() {
            return Err("the log begins twice");
        }
        let tree = Frontier::from_parts(size, peaks.iter().map(|peak| Hash(*peak)).collect()).ok_or("the log cannot have this size")?;
        self.log = Some(Follower::new(self.session, self.key, Origin::of(&organisation.key, domain, &self.session), tree));
        Ok(())
    }

    fn leaf(&mut self, now: Millis, config: &ViewerConfig, bytes: &[u8]) -> Result<(), Dispute> {
        let log = self.log.as_mut().ok_or("the log has no beginning")?;
        let entry = log.leaf(bytes).map_err(|_| "an event of the log is missing or cannot be read")?;
        self.unsigned_since.get_or_insert(now);
        self.admit(&entry, config)
    }

    /// What the log says of this technician must be what the technician did.
    fn admit(&mut self, entry: &Entry, config: &ViewerConfig) -> Result<(), Dispute> {
        match &entry.event {
            Event::TechIdentified(who) if who.peer == self.peer => {
                let known = config.certificate.claimed().keys;
                let fits = who.key == known.tls && who.cosign == known.cosign && who.key == config.key.public();
                fits.then_some(()).ok_or("the log names another technician for this session")
            }
            Event::ControlRequested { peer, .. } if *peer == self.peer => {
                self.requests = self.requests.checked_sub(1).ok_or("the log says that control was asked for, and it was not")?;
                Ok(())
            }
            Event::ConsentPrompted { peer, scopes, .. } if *peer == self.peer => {
                let asked = scopes.iter().all(|scope| match scope {
                    LogScope::View => self.asked.has(Scope::View),
                    LogScope::Control => self.asked.has(Scope::Control),
                    _ => false,
                });
                asked.then_some(()).ok_or("the customer was asked for something that this technician did not ask for")
            }
            Event::InputSummary { peer, keys, clicks, wheel, moves, .. } if *peer == self.peer => {
                let said = Tally { keys: *keys, clicks: *clicks, wheel: *wheel, moves: *moves };
                self.sent = self.sent.less(&said).ok_or("the log says that more was typed and clicked than was")?;
                Ok(())
            }
            Event::InputBlocked { peer, count, .. } if *peer == self.peer => {
                self.messages = self.messages.checked_sub(*count).ok_or("the log says that more input was refused than was sent")?;
                Ok(())
            }
            Event::ControlGranted { peer, grant, .. } if *peer == self.peer => {
                self.controls = Some(*grant);
                Ok(())
            }
            Event::ControlRevoked { peer, by: By::Technician, .. } if *peer == self.peer => {
                self.gave_back.then_some(()).ok_or("the log says that control was given back, and it was not")
            }
            Event::ViewStarted { peer, .. } if *peer == self.peer => {
                self.views = true;
                Ok(())
            }
            Event::ViewStopped { peer, .. } if *peer == self.peer => {
                self.views = false;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl ViewerSession {
    /// What the host shows of the log. Whatever is wrong with it ends the session here: nothing is cosigned then, and nothing done.
    pub(super) fn log_message(&mut self, now: Now, message: HostToViewer) {
        let Stage::Live(live) = &mut self.stage else { return };
        let witness = &mut live.witness;
        let done = match message {
            HostToViewer::Log { size, peaks, opened } => witness.join(&self.config, size, peaks.as_slice(), &opened),
            HostToViewer::Leaf { bytes } => witness.leaf(now.mono_ms, &self.config, &bytes),
            HostToViewer::Head { note } => return self.cosign(now, &note),
            _ => Ok(()),
        };
        if let Err(why) = done {
            self.fail(ViewerError::LogDisputed(why));
        }
    }

    fn cosign(&mut self, now: Now, head: &[u8]) {
        let Stage::Live(live) = &mut self.stage else { return };
        let (peer, seconds) = (live.witness.peer, now.wall_ms / 1_000);
        let log = live.witness.log.as_mut();
        let cosigned = log.and_then(|log| log.cosign(head, peer, &self.config.cosign, seconds).ok());
        let Some((size, note)) = cosigned else {
            return self.fail(ViewerError::LogDisputed("what was signed is not what was shown"));
        };
        live.witness.unsigned_since = None;
        #[cfg(test)]
        if live.witness.silent {
            return;
        }
        let line = note.signatures.last().map(deskhand_audit::note::SignatureLine::to_bytes).unwrap_or_default();
        // The relay first: the host says in the log which cosignatures it holds, and they should be stored by then.
        self.outputs.push_back(ViewerOutput::Relay(ViewerToRelay::Cosigned { note: note.to_bytes() }));
        self.send(now, &ViewerToHost::Cosigned { size, line });
    }
}
