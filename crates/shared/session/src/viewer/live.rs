//! A viewer session that shares keys with the host: grants, ticks, epochs, requests.
//!
//! In scope: the sealed control messages in both directions. Not in scope: input (`input`), pictures (`updates`).

use deskhand_seal::{EpochKey, frames::OpenError, screen::ScreenOpener};
use deskhand_wire::{
    Millis,
    control::{HostToViewer, RevokedBy, Scope, Scopes, ViewerToHost},
    limits::MAX_CONTROL_FRAME,
};

use super::channels::Channels;
use super::held::Held;
use super::pairing::Stage;
use super::picture::{PATIENCE_MS, Picture};
use super::pointer::Pointer;
use super::witness::Witness;
use super::{Ending, ViewerOutput, ViewerSession};
use crate::clock::Now;
use crate::error::ViewerError;
use crate::padded::message_in;

/// How long the key of the epoch before is kept, milliseconds (protocol, "Sealing").
const OLD_EPOCH_MS: u64 = 2_000;

/// What is allowed under one grant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted {
    pub(super) number: u32,
    pub(super) scopes: Scopes,
    pub(super) until: Option<Millis>,
}

pub(super) struct Live {
    pub(super) channels: Channels,
    pub(super) screen: ScreenOpener,
    pub(super) picture: Picture,
    pub(super) pointer: Pointer,
    pub(super) held: Held,
    pub(super) witness: Witness,
    pub(super) grants: Vec<Granted>,
    pub(super) shown: u64,
    pub(super) asking: bool,
    pub(super) stale: bool,
    epoch: u32,
    forget_at: Option<Millis>,
    key_update_at: Option<Millis>,
}

impl Live {
    /// Grants that a host may have open at once; more is misbehaviour.
    const MAX_GRANTS: usize = 8;

    pub(super) fn new(channels: Channels, screen: ScreenOpener, witness: Witness) -> Self {
        Self {
            channels,
            screen,
            picture: Picture::default(),
            pointer: Pointer::default(),
            held: Held::default(),
            witness,
            grants: Vec::new(),
            shown: 0,
            asking: false,
            stale: false,
            epoch: 0,
            forget_at: None,
            key_update_at: None,
        }
    }

    /// What is allowed at this moment.
    pub(super) fn granted(&self, now: Millis) -> Scopes {
        let live = self.grants.iter().filter(|grant| grant.until.is_none_or(|until| now < until));
        Scopes::of(live.flat_map(|grant| grant.scopes.iter()))
    }

    /// The grant for control, when one is in force.
    pub(super) fn control(&self, now: Millis) -> Option<Granted> {
        let in_force = |grant: &&Granted| grant.scopes.has(Scope::Control) && grant.until.is_none_or(|until| now < until);
        self.grants.iter().find(in_force).copied()
    }
}

impl ViewerSession {
    /// A sealed frame of the control stream.
    pub(super) fn sealed(&mut self, now: Now, frame: &[u8]) {
        let Stage::Live(live) = &mut self.stage else {
            return self.fail(ViewerError::PeerMisbehaved("a sealed message came before the keys"));
        };
        let content = match live.channels.open(frame) {
            Ok(content) => content,
            Err(OpenError::Missing { .. }) => return self.fail(ViewerError::PeerMisbehaved("a message is missing")),
            // Changed or repeated on the way: nothing moved, and a changed one will be missed by the next.
            Err(_) => return,
        };
        match message_in::<HostToViewer>(content, MAX_CONTROL_FRAME) {
            Some(message) => self.host_message(now, message),
            None => self.fail(ViewerError::PeerMisbehaved("a message can't be read")),
        }
    }

    fn host_message(&mut self, now: Now, message: HostToViewer) {
        let Stage::Live(live) = &mut self.stage else { return };
        match message {
            HostToViewer::Asking { scopes } => {
                live.asking = true;
                self.outputs.push_back(ViewerOutput::Asking { scopes });
            }
            HostToViewer::Granted { grant, scopes, life_ms } => {
                let known = live.grants.iter().any(|known| known.number == grant);
                if known || scopes.is_empty() || live.grants.len() >= Live::MAX_GRANTS {
                    return self.fail(ViewerError::PeerMisbehaved("a grant that can't be"));
                }
                if !live.witness.has_grant(grant, scopes) {
                    return self.fail(ViewerError::LogDisputed("what is granted is not in the log"));
                }
                live.asking = false;
                let until = (life_ms > 0).then(|| now.mono_ms.saturating_add(life_ms));
                live.grants.push(Granted { number: grant, scopes, until });
                if scopes.has(Scope::Control) {
                    live.picture.controlled(Some(now.mono_ms));
                }
                self.outputs.push_back(ViewerOutput::Granted { grant, scopes, until });
            }
            HostToViewer::Denied { scopes, why } => {
                live.asking = false;
                self.outputs.push_back(ViewerOutput::Denied { scopes, why });
            }
            HostToViewer::Revoked { grant, by } => self.revoked(now, grant, by),
            HostToViewer::Tick(tick) => {
                if !live.picture.ticked(now.mono_ms, &tick) {
                    return self.fail(ViewerError::PeerMisbehaved("a tick is missing"));
                }
                self.watch(now);
            }
            HostToViewer::InputRefused { count, why } => {
                self.outputs.push_back(ViewerOutput::InputRefused { count, why });
            }
            HostToViewer::Epoch { epoch, key } => {
                if epoch <= live.epoch {
                    return self.fail(ViewerError::PeerMisbehaved("an epoch came twice"));
                }
                live.epoch = epoch;
                live.screen.add(epoch, &EpochKey::new(key));
                live.forget_at = Some(now.mono_ms.saturating_add(OLD_EPOCH_MS));
            }
            HostToViewer::Screen { width, height, displays } => {
                let displays = displays.as_slice().to_vec();
                self.outputs.push_back(ViewerOutput::Screen { width, height, displays });
            }
            HostToViewer::Looked { monitors, update } => {
                let monitors = monitors.as_slice().to_vec();
                self.outputs.push_back(ViewerOutput::Looked { monitors, update });
            }
            HostToViewer::Ended { by } => self.finish(Ending::Host(by)),
            message @ (HostToViewer::Log { .. } | HostToViewer::Leaf { .. } | HostToViewer::Head { .. }) => self.log_message(now, message),
        }
    }

    fn revoked(&mut self, now: Now, number: u32, by: RevokedBy) {
        let Stage::Live(live) = &mut self.stage else { return };
        let Some(at) = live.grants.iter().position(|grant| grant.number == number) else { return };
        let scopes = live.grants.remove(at).scopes;
        self.lost(now, scopes, by);
    }

    /// Something allowed is over. The host lets go of everything by itself; here nothing counts as held any more.
    fn lost(&mut self, now: Now, scopes: Scopes, by: RevokedBy) {
        let Stage::Live(live) = &mut self.stage else { return };
        if scopes.has(Scope::Control) && live.control(now.mono_ms).is_none() {
            live.held.clear();
            live.picture.controlled(None);
        }
        self.outputs.push_back(ViewerOutput::Revoked { scopes, by });
        self.watch(now);
    }

    /// Says when the picture becomes stale or current; asks for a key update while it is stale.
    pub(super) fn watch(&mut self, now: Now) {
        let Stage::Live(live) = &mut self.stage else { return };
        let stale = live.picture.is_stale(now.mono_ms);
        if stale != live.stale {
            live.stale = stale;
            self.outputs.push_back(ViewerOutput::Stale(stale));
            if stale {
                self.release_held(now);
            }
        }
        let Stage::Live(live) = &mut self.stage else { return };
        if !stale || live.granted(now.mono_ms).is_empty() {
            live.key_update_at = None;
        } else if live.key_update_at.is_none_or(|at| at <= now.mono_ms) {
            live.key_update_at = Some(now.mono_ms.saturating_add(PATIENCE_MS));
            self.send(now, &ViewerToHost::KeyUpdate);
        }
    }

    /// What is due.
    pub(super) fn live_on_time(&mut self, now: Now) {
        let Stage::Live(live) = &mut self.stage else { return };
        if live.forget_at.is_some_and(|at| at <= now.mono_ms) {
            live.forget_at = None;
            live.screen.forget_before(live.epoch);
        }
        if live.witness.due().is_some_and(|due| due <= now.mono_ms) {
            return self.fail(ViewerError::LogDisputed("what was shown is not signed"));
        }
        let over = |grant: &Granted| grant.until.is_some_and(|until| until <= now.mono_ms);
        let expired: Vec<Granted> = live.grants.iter().filter(|grant| over(grant)).copied().collect();
        live.grants.retain(|grant| !over(grant));
        for grant in expired {
            self.lost(now, grant.scopes, RevokedBy::Expiry);
        }
        self.watch(now);
    }

    /// When something is due.
    pub(super) fn live_due(&self) -> Option<Millis> {
        let Stage::Live(live) = &self.stage else { return None };
        let ends = live.grants.iter().filter_map(|grant| grant.until).min();
        let late = if live.stale { None } else { live.picture.late_at() };
        [live.forget_at, live.key_update_at, ends, late, live.witness.due()].into_iter().flatten().min()
    }

    /// Seals and sends a control message.
    pub(super) fn send(&mut self, _now: Now, message: &ViewerToHost) {
        let Stage::Live(live) = &mut self.stage else { return };
        match live.channels.control(message) {
            Ok(frame) => self.outputs.push_back(ViewerOutput::Control { frame }),
            Err(_) => self.fail(ViewerError::PeerMisbehaved("the session is too long for its keys")),
        }
    }
}
