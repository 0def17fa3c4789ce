//! What technicians look at: all of the screen, or some of its monitors.
//!
//! In scope: a choice is taken when every monitor in it is there, and is all of the screen otherwise; what all of them together need;
//! when it is so. Not in scope: clipping (the program). A choice is no grant: whoever may see the screen may see all of it.
//!
//! All viewers get one stream of updates, so that it holds what any of them looks at. At most one change is with the program at a
//! time: however often a viewer changes its mind, nothing piles up.

use deskhand_wire::{PeerId, control::HostToViewer, limits::MAX_DISPLAYS, text::List};

use super::peer::Technician;
use super::{HostOutput, HostSession};

/// Monitors: x, y, width, height; none is all of the screen.
pub(super) type Monitors = Vec<[u32; 4]>;

/// What one technician looks at.
#[derive(Default)]
pub(super) struct Look {
    monitors: Monitors,
    /// Whether it still has to be said that it is so.
    waits: bool,
}

/// What the program was told.
#[derive(Default)]
pub(super) struct Looks {
    told: Monitors,
    /// Whether the program did not say yet that it is so.
    pending: bool,
}

impl Look {
    /// Whether a pixel is seen.
    pub(super) fn sees(&self, x: u32, y: u32) -> bool {
        let within = |from: u32, length: u32, at: u32| at >= from && at - from < length;
        let inside = |[left, top, width, height]: &[u32; 4]| within(*left, *width, x) && within(*top, *height, y);
        self.monitors.is_empty() || self.monitors.iter().any(inside)
    }
}

impl HostSession {
    /// A technician chooses.
    pub(super) fn look(&mut self, peer: PeerId, monitors: &[[u32; 4]]) {
        let there = monitors.iter().all(|monitor| self.screen.displays.contains(monitor));
        let monitors = if there { monitors.to_vec() } else { Vec::new() };
        if let Some(technician) = self.technician_mut(peer) {
            technician.look = Look { monitors, waits: true };
        }
    }

    /// The screen is another one: whoever looks at a monitor that is gone sees all, until another one is chosen.
    pub(super) fn monitors_changed(&mut self) {
        for peer in self.technicians() {
            let there = self.screen.displays.clone();
            let Some(technician) = self.technician_mut(peer) else { continue };
            if !technician.look.monitors.iter().all(|monitor| there.contains(monitor)) {
                technician.look.monitors.clear();
            }
        }
    }

    /// The program says that what it was told is so, from this update on.
    pub(super) fn looked(&mut self, monitors: &Monitors, update: u64) {
        if self.looks.pending && self.looks.told == *monitors {
            self.looks.pending = false;
            self.settle_looks(update);
        }
    }

    /// Tells the program what all technicians together look at, when that changed; tells technicians at once when it did not.
    pub(super) fn send_look(&mut self) {
        if self.viewing().is_empty() {
            // Capture ends with the last of them and begins with all of the screen.
            self.looks = Looks::default();
            return;
        }
        if self.looks.pending {
            return;
        }
        let wanted = self.wanted();
        if wanted == self.looks.told {
            return self.settle_looks(self.media.last);
        }
        self.looks = Looks { told: wanted.clone(), pending: true };
        self.outputs.push_back(HostOutput::Look { monitors: wanted });
    }

    fn wanted(&self) -> Monitors {
        let viewers = || self.peers.values().filter_map(|known| known.technician()).filter(|technician| technician.views());
        if viewers().any(|technician| technician.look.monitors.is_empty()) {
            return Vec::new();
        }
        let mut all: Monitors = viewers().flat_map(|technician| technician.look.monitors.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Says to those who wait for it that they see what they chose, as far as the program was told of it.
    fn settle_looks(&mut self, update: u64) {
        let told = self.looks.told.clone();
        let covers =
            |look: &Look| told.is_empty() || (!look.monitors.is_empty() && look.monitors.iter().all(|monitor| told.contains(monitor)));
        let settled = |technician: &mut Technician| {
            let is = technician.views() && technician.look.waits && covers(&technician.look);
            is.then(|| std::mem::take(&mut technician.look.waits)).map(|_| technician.look.monitors.clone())
        };
        for peer in self.technicians() {
            if let Some(monitors) = self.technician_mut(peer).and_then(settled) {
                let monitors: List<[u32; 4], MAX_DISPLAYS> = List::clipped(monitors);
                self.tell(peer, &HostToViewer::Looked { monitors, update });
            }
        }
    }
}
