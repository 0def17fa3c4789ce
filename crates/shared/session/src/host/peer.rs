//! What the host knows of one viewer, from its claim to its end.
//!
//! In scope: the stages and what belongs to each. Not in scope: how a viewer gets from one to the next (`pairing`,
//! `identify`, `consent`).

use deskhand_audit::Event;
use deskhand_seal::{
    Direction, Master,
    frames::{KeyId, OpenError, Opener, Order, Sealer},
    pairing::Unconfirmed,
};
use deskhand_wire::{
    Millis, PeerId,
    control::{HostToViewer, InputRefusal, Scopes},
    encode,
    pair::ControlFrame,
    stream::Channel,
};

use super::code::Attempt;
use super::look::Look;
use super::ticks::Ticks;
use super::witness::Witness;
use crate::grant::{ControlGrant, ViewGrant};
use crate::padded::padded;
use crate::tally::Tally;

/// How long a viewer may take for its next step before there is consent, milliseconds.
pub(super) const STEP_MS: u64 = 30_000;
/// Anomalies of one viewer that are logged; one more ends its part.
pub(super) const MAX_ANOMALIES: u32 = 32;

/// One viewer.
pub(super) struct Peer {
    /// Its TLS key, as the relay says.
    pub(super) key: [u8; 32],
    pub(super) stage: Stage,
    pub(super) anomalies: u32,
}

pub(super) enum Stage {
    /// It claimed the nameplate.
    Claimed { deadline: Millis },
    /// It was answered once and must prove that it knows the code.
    Pairing(Box<Pairing>),
    /// It shares keys with the host and must say who it is.
    Paired(Box<Paired>),
    /// It is a technician of the organisation.
    Admitted(Box<Technician>),
}

pub(super) struct Pairing {
    pub(super) deadline: Millis,
    pub(super) attempt: Attempt,
    pub(super) unconfirmed: Unconfirmed,
    pub(super) said: Said,
}

/// What was said in a pairing, as the log keeps it.
pub(super) struct Said {
    pub(super) nameplate: String,
    pub(super) p1: Vec<u8>,
    pub(super) p2: Vec<u8>,
}

pub(super) struct Paired {
    pub(super) deadline: Millis,
    pub(super) channels: Channels,
    pub(super) th: [u8; 32],
    pub(super) said: Said,
}

/// The pairwise channels.
pub(super) struct Channels {
    control_out: Sealer,
    control_in: Opener,
    input_in: Opener,
}

impl Channels {
    pub(super) fn new(master: &Master, peer: PeerId) -> Self {
        let (control, input) = (KeyId::pairwise(peer, Channel::Control), KeyId::pairwise(peer, Channel::Input));
        let (down, up) = (Direction::HostToViewer, Direction::ViewerToHost);
        Self {
            control_out: Sealer::new(&master.frame_key(down, control), control),
            control_in: Opener::new(&master.frame_key(up, control), control, Order::Next),
            input_in: Opener::new(&master.frame_key(up, input), input, Order::Next),
        }
    }

    /// A whole frame of the control stream; `None` when the key is used up.
    pub(super) fn seal(&mut self, message: &HostToViewer) -> Option<Vec<u8>> {
        let sealed = self.control_out.seal(&[], &padded(message)).ok()?;
        Some(encode(&ControlFrame::Sealed(sealed)))
    }

    pub(super) fn open_control(&mut self, frame: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.control_in.open(&[], frame)
    }

    pub(super) fn open_input(&mut self, frame: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.input_in.open(&[], frame)
    }
}

/// A technician whose certificate was good.
pub(super) struct Technician {
    pub(super) name: String,
    pub(super) since: Millis,
    pub(super) channels: Channels,
    pub(super) ticket: Option<String>,
    pub(super) view: Option<View>,
    pub(super) control: Option<Control>,
    pub(super) ticks: Ticks,
    /// Newest update shown, as the viewer says.
    pub(super) shown: u64,
    pub(super) round_trip: u64,
    pub(super) refused: Refused,
    /// When the technician may ask again after a "no".
    pub(super) may_ask_at: Millis,
    pub(super) look: Look,
    /// What it has put its name to.
    pub(super) witness: Witness,
}

/// The view of one technician.
pub(super) struct View {
    pub(super) grant: ViewGrant,
    /// Whether the entry is on the relay's disk and the grant was handed out.
    pub(super) effective: bool,
}

/// Control of one technician.
pub(super) struct Control {
    pub(super) grant: ControlGrant,
    /// Whether the entry is on the relay's disk and the grant was handed out.
    pub(super) effective: bool,
    pub(super) counts: Counts,
    /// Whether something may be held down.
    pub(super) held: bool,
}

/// Input carried out since the last summary; never which.
#[derive(Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) tally: Tally,
    /// When the summary is due.
    pub(super) due: Option<Millis>,
}

impl Counts {
    /// The summary, when there is anything to say.
    pub(super) fn take(&mut self, peer: PeerId, grant: u32) -> Option<Event> {
        let tally = std::mem::take(self).tally;
        let Tally { keys, clicks, wheel, moves } = tally;
        (tally.total() > 0).then(|| Event::InputSummary { peer, grant: grant.into(), keys, clicks, wheel, moves })
    }
}

/// Input refused since it was last said.
#[derive(Default)]
pub(super) struct Refused {
    /// By reason, in order of reason.
    pub(super) counts: std::collections::BTreeMap<InputRefusal, u32>,
    pub(super) last: Option<InputRefusal>,
    /// When it was last said.
    pub(super) said_at: Option<Millis>,
}

impl Technician {
    /// What is granted and in force.
    pub(super) fn granted(&self) -> Scopes {
        use deskhand_wire::control::Scope;
        let view = self.view.as_ref().map(|_| Scope::View);
        Scopes::of(view.into_iter().chain(self.control.as_ref().map(|_| Scope::Control)))
    }

    /// Whether control is handed out.
    pub(super) fn controls(&self) -> bool {
        self.control.as_ref().is_some_and(|control| control.effective)
    }

    /// Whether the view is handed out.
    pub(super) fn views(&self) -> bool {
        self.view.as_ref().is_some_and(|view| view.effective)
    }
}

impl Peer {
    pub(super) fn technician(&self) -> Option<&Technician> {
        match &self.stage {
            Stage::Admitted(technician) => Some(technician),
            _ => None,
        }
    }

    pub(super) fn technician_mut(&mut self) -> Option<&mut Technician> {
        match &mut self.stage {
            Stage::Admitted(technician) => Some(technician),
            _ => None,
        }
    }

    /// The channels, once there are keys.
    pub(super) fn channels(&mut self) -> Option<&mut Channels> {
        match &mut self.stage {
            Stage::Paired(paired) => Some(&mut paired.channels),
            Stage::Admitted(technician) => Some(&mut technician.channels),
            Stage::Claimed { .. } | Stage::Pairing(_) => None,
        }
    }

    /// When the next step must have been made.
    pub(super) fn deadline(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Claimed { deadline } => Some(*deadline),
            Stage::Pairing(pairing) => Some(pairing.deadline),
            Stage::Paired(paired) => Some(paired.deadline),
            Stage::Admitted(_) => None,
        }
    }
}
