//! The viewer's pairwise channels.
//!
//! In scope: sealing and opening their frames. Not in scope: what is in them.

use deskhand_seal::{
    Direction, Master,
    frames::{Exhausted, KeyId, OpenError, Opener, Order, Sealer},
};
use deskhand_wire::{PeerId, control::ViewerToHost, encode, input::InputMessage, pair::ControlFrame, stream::Channel};

use crate::padded::padded;

pub(super) struct Channels {
    control_out: Sealer,
    control_in: Opener,
    input_out: Sealer,
}

impl Channels {
    pub(super) fn new(master: &Master, peer: PeerId) -> Self {
        let (control, input) = (KeyId::pairwise(peer, Channel::Control), KeyId::pairwise(peer, Channel::Input));
        let (down, up) = (Direction::HostToViewer, Direction::ViewerToHost);
        Self {
            control_out: Sealer::new(&master.frame_key(up, control), control),
            control_in: Opener::new(&master.frame_key(down, control), control, Order::Next),
            input_out: Sealer::new(&master.frame_key(up, input), input),
        }
    }

    /// A whole frame of the control stream.
    pub(super) fn control(&mut self, message: &ViewerToHost) -> Result<Vec<u8>, Exhausted> {
        Ok(encode(&ControlFrame::Sealed(self.control_out.seal(&[], &padded(message))?)))
    }

    /// A whole frame of the input stream.
    pub(super) fn input(&mut self, message: &InputMessage) -> Result<Vec<u8>, Exhausted> {
        self.input_out.seal(&[], &padded(message))
    }

    pub(super) fn open(&mut self, frame: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.control_in.open(&[], frame)
    }
}
