//! Why input is not carried out, grouped by who decided it.

use deskhand_session::Refusal;

/// Why the injector cannot be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// There is no X11 display to control.
    #[error(
        "this desktop cannot be controlled: no X server answers at {display} ({reason}). Start this program on the desktop itself, in an X11 session"
    )]
    NoDisplay {
        /// The display, or what stands for it.
        display: String,
        /// What the system said.
        reason: String,
    },
    /// The X server lacks something that is needed.
    #[error("this desktop cannot be controlled: its X server lacks {0}. Update the X server or enable the extension")]
    Unsupported(&'static str),
    /// Events cannot be made.
    #[error("this desktop cannot be controlled ({0}). Viewing works nevertheless")]
    Refused(String),
}

/// Why one input was not carried out. Nothing of it happened, or no more of it: text stops at the character where it was
/// blocked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    // The customer.
    /// No control was granted; for callers that have no grant to show.
    #[error("the customer has not allowed control")]
    NoGrant,
    /// The time the customer allowed is over.
    #[error("the time the customer allowed is over")]
    Expired,
    /// The customer's permission was taken back.
    #[error("the customer's permission was taken back")]
    Revoked,
    /// The customer is being asked something.
    #[error("the customer is being asked a question; only they may answer")]
    QuestionOpen,

    // This program.
    /// It would go into a Deskhand window.
    #[error("this program's own windows are the customer's alone")]
    OwnWindow,

    // The desktop.
    /// The desktop did not do it.
    #[error(transparent)]
    Failed(#[from] InputFailure),
}

/// What went wrong on the desktop's side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputFailure {
    /// The text has a character that no key can make, such as a control character. Nothing of the text was typed.
    #[error("the character U+{:04X} cannot be typed", *.0 as u32)]
    Untypable(char),
    /// The keyboard has no such key, and no spare one that could stand for it.
    #[error("this desktop's keyboard has no key for it")]
    NoKey,
    /// The X server or the connection to it failed.
    #[error("the desktop refused the input ({0})")]
    Desktop(String),
}

impl From<Refusal> for Blocked {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Revoked => Blocked::Revoked,
            Refusal::Expired => Blocked::Expired,
            Refusal::QuestionOpen => Blocked::QuestionOpen,
        }
    }
}
