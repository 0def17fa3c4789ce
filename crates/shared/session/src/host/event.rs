//! What goes into a host session and what comes out of it.
//!
//! In scope: the two enums and their parts. Frames are whole frames of a stream, without the length before them.

use deskhand_audit::AnswerInput;
use deskhand_seal::code::Code;
use deskhand_wire::{
    Millis, PeerId,
    control::{EndedBy, InputRefusal, RevokedBy, Scopes},
    input::InputEvent,
    relay::{AuditToHost, AuditToRelay, HostToRelay, RelayToHost, StoreFailure},
};

use crate::grant::{ControlGrant, ViewGrant};
use crate::question::{Question, Standing};

/// Something that happened outside.
#[derive(Debug, Clone)]
pub enum HostInput {
    /// A message of the relay stream.
    Relay(RelayToHost),
    /// A message of the audit stream.
    Audit(AuditToHost),
    /// A frame of a viewer's control stream (an encoded `ControlFrame`).
    Control {
        /// Whose stream it is.
        peer: PeerId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// A frame of a viewer's input stream (SFrame).
    Input {
        /// Whose stream it is.
        peer: PeerId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// What the person at the machine did.
    Customer(Customer),
    /// More is known about the organisation now. A question that is open stays as it was asked: its text is in the log.
    Standing(Standing),
    /// Size of the screen and the monitors on it, when capture starts and when they change.
    Screen(Screen),
    /// The effector did not carry out an event that [`HostOutput::Inject`] handed to it.
    NotInjected {
        /// Whose event it was.
        peer: PeerId,
        /// Why.
        why: InputRefusal,
    },
    /// A viewer's round trip as the path measures it, milliseconds.
    RoundTrip {
        /// The viewer.
        peer: PeerId,
        /// Milliseconds.
        ms: u64,
    },
    /// What [`HostOutput::Look`] asked for is so from this update on, 0 when nothing is captured.
    Looked {
        /// The monitors, as they were asked for.
        monitors: Vec<[u32; 4]>,
        /// The update.
        update: u64,
    },
    /// News of the host's own line to the relay.
    Link(Link),
    /// The screen can't be captured any more.
    CaptureFailed,
    /// The program ends the session on its own account, for example when nobody used the code in time.
    End(EndedBy),
    /// Nothing but time passed: call this at [`HostSession::poll_timeout`](super::HostSession::poll_timeout).
    Timeout,
}

/// What the customer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Customer {
    /// Answers a question; no scope means "no".
    Answer {
        /// Number of the question.
        question: u32,
        /// What is allowed.
        allow: Scopes,
        /// How it was answered.
        how: AnswerInput,
    },
    /// Wants the recording, or does not, where the policy leaves that to the customer. Before it begins; wanted unless said.
    Recording {
        /// Whether.
        wanted: bool,
    },
    /// Stops everything: grants are gone before this call returns.
    Stop {
        /// How it was stopped.
        how: AnswerInput,
    },
    /// Takes control back from everybody; the view stays.
    TakeControlBack {
        /// How.
        how: AnswerInput,
    },
    /// Wants a new code after the last one was used, burned or ran out.
    NewCode,
}

/// The captured screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Screen {
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// Monitors: x, y, width, height.
    pub displays: Vec<[u32; 4]>,
}

/// The line between host and relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It is cut; the program tries to get it back.
    Lost,
    /// It is back, the same session on the relay.
    Resumed,
    /// It will not come back.
    Gone,
}

/// What to do next, in this order.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "outputs are drained at once, never stored")]
pub enum HostOutput {
    /// Send this on the relay stream.
    Relay(HostToRelay),
    /// Send this on the audit stream.
    Audit(AuditToRelay),
    /// Send this frame on a viewer's control stream.
    Control {
        /// The viewer.
        peer: PeerId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// Show this code and the scam warning; until when it can be used, monotonic.
    Code {
        /// What the customer reads aloud.
        code: Code,
        /// Monotonic.
        expires_at: Millis,
    },
    /// The code is worth nothing any more: take it off the screen.
    CodeGone(CodeGone),
    /// Ask the customer this, above everything else, and take no answer that did not come from the machine's own input.
    Ask(Question),
    /// The question is answered, withdrawn or timed out: close it.
    QuestionClosed {
        /// Its number.
        question: u32,
    },
    /// A technician may see the screen now: start capture (if it does not run) with this grant as its gate.
    StartView(ViewGrant),
    /// A technician may no longer see the screen. With no view grant left nothing is captured.
    StopView {
        /// The viewer.
        peer: PeerId,
    },
    /// A technician may control now: the banner says so, with the end.
    ControlStarted(ControlGrant),
    /// A technician may no longer control.
    ControlStopped {
        /// The viewer.
        peer: PeerId,
        /// Who ended it.
        by: RevokedBy,
    },
    /// Do this, asking the grant before every event and every character.
    Inject {
        /// The grant it acts under.
        grant: ControlGrant,
        /// What to do.
        event: InputEvent,
    },
    /// Let go of every key and button that is held.
    ReleaseAll,
    /// Send what changes on these monitors alone (x, y, width, height), on all of the screen when there is none; what changes
    /// elsewhere is owed until it is looked at. Answer with [`HostInput::Looked`].
    Look {
        /// The monitors.
        monitors: Vec<[u32; 4]>,
    },
    /// The next update must need nothing before it.
    KeyUpdateWanted,
    /// A viewer shows everything up to this update.
    Shown {
        /// The viewer.
        peer: PeerId,
        /// The update.
        update: u64,
    },
    /// Somebody is in the session.
    Joined {
        /// The viewer.
        peer: PeerId,
        /// The technician's name.
        technician: String,
    },
    /// Somebody is no longer in the session.
    Left {
        /// The viewer.
        peer: PeerId,
    },
    /// Say this to the customer.
    Notice(Notice),
    /// The session is over. Nothing follows, and every grant is gone.
    Ended(EndedBy),
}

/// Why a code is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeGone {
    /// A technician used it.
    Used,
    /// Three wrong attempts.
    Burned,
    /// Its time ran out.
    Expired,
    /// The customer asked for another one, or the session ended.
    Withdrawn,
}

/// What the customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Somebody tried the code with wrong words; attempts left.
    WrongCode {
        /// How many are left.
        left: u8,
    },
    /// Somebody paired who could not show a certificate of this organisation.
    TechnicianRejected,
    /// Input of the technician was not carried out.
    InputRefused {
        /// How many events since the last notice.
        count: u32,
        /// Why the last one was not.
        why: InputRefusal,
    },
    /// The relay can't store the log any more; by the policy the session goes on.
    NotStored(StoreFailure),
    /// A message was changed or repeated on the way.
    Tampering,
    /// The line is cut.
    LinkLost,
    /// The line is back.
    LinkResumed,
}
