//! Everything a front shows, as plain data, and everything it may ask for.
//!
//! In scope: [`Snapshot`] (what is so now) and [`Command`] (what the customer wants). The conductor writes the one and reads the
//! other. A front draws a snapshot at a moment `now`; it owns no connection, no key and no timer.

use crate::wording::Notice;
pub use deskhand_session::AnswerInput;
use deskhand_session::{RecordingNotice, Scopes, Standing};
use std::time::Instant;

/// What is so now.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    /// The one page that is shown.
    pub page: Page,
    /// The organisation's own name for itself. Proves nothing.
    pub organisation: String,
    /// What was proven about it.
    pub standing: Standing,
    /// What the customer should know, newest last; at most [`MAX_NOTICES`].
    pub notices: Vec<Notice>,
    /// The keys that stop everything, when they are ours.
    pub stop_keys: Option<&'static str>,
}

/// Notices that are kept on show.
pub const MAX_NOTICES: usize = 3;

/// The one thing to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Page {
    /// On the way to the relay.
    Connecting,
    /// Read the code aloud.
    Code(Code),
    /// The code is worth nothing any more and there is no new one yet.
    CodeOver(CodeOver),
    /// Somebody entered the code.
    Pairing,
    /// Say yes or no.
    Question(Question),
    /// Yes was said; it is being written down before it works.
    Starting,
    /// A technician is in.
    Session(Session),
    /// It is over.
    Ended(Ended),
    /// It did not work.
    Failed(Failure),
    /// Nothing: the program ends.
    Closed,
}

/// A code that waits.
#[derive(Clone, PartialEq, Debug)]
pub struct Code {
    /// As it is read aloud.
    pub text: String,
    /// When it stops working.
    pub expires: Instant,
}

/// Why a code stopped working.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeOver {
    /// Its time ran out.
    Expired,
    /// Wrong words were said too often.
    Burned,
    /// It was used by somebody who could not show who they are.
    TurnedAway,
}

/// A question to the customer.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    /// Which one: an answer names it, so that a late click never answers the next.
    pub id: u32,
    /// The technician's name, from the certificate.
    pub technician: String,
    /// The ticket, when there is one.
    pub ticket: Option<String>,
    /// Why, in the technician's words.
    pub reason: Option<String>,
    /// What is asked for.
    pub scopes: Scopes,
    /// What is already allowed: the question adds to it.
    pub already: Scopes,
    /// For how long, when the question has an end of its own.
    pub minutes: Option<u16>,
    /// Whether it will be recorded, and by whom it can be watched.
    pub recording: Option<RecordingNotice>,
    /// Allow works from here on.
    pub allow_from: Instant,
    /// When nobody answered until then, the answer is no.
    pub until: Instant,
    /// The session that runs meanwhile: its Stop stays in sight.
    pub session: Option<Session>,
}

/// A technician is in.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// The technician's name.
    pub technician: String,
    /// What is allowed now.
    pub scopes: Scopes,
    /// Since when.
    pub since: Instant,
    /// The line is cut for the moment.
    pub line_lost: bool,
}

/// It is over.
#[derive(Clone, PartialEq, Debug)]
pub struct Ended {
    /// Why.
    pub reason: Reason,
    /// The session's id.
    pub session: String,
    /// Whether anybody was ever let in.
    pub was_seen: bool,
    /// The receipt, once there is one.
    pub receipt: Option<Kept>,
}

/// Where the receipt is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kept {
    /// It can be saved.
    Ready,
    /// It was saved in this file.
    Saved(String),
    /// It could not be saved, and why.
    Failed(String),
}

/// Why a session ended, in the words of the command line contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// The technician ended it.
    Technician,
    /// The customer ended or refused it.
    Customer,
    /// The line was cut.
    Link,
    /// Time ran out.
    Timeout,
    /// The log could not be kept, and the organisation needs it.
    Log,
    /// The screen could not be read any more.
    Capture,
    /// One side broke the protocol.
    Protocol,
    /// The code was tried wrongly too often, or the technician's papers were refused.
    Refused,
}

impl Reason {
    /// The word in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Technician => "technician",
            Reason::Customer => "customer",
            Reason::Link => "link",
            Reason::Timeout => "timeout",
            Reason::Log => "log",
            Reason::Capture => "capture",
            Reason::Protocol => "protocol",
            Reason::Refused => "refused",
        }
    }
}

/// It did not work.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// What went wrong, one sentence.
    pub what: String,
    /// What to do.
    pub hint: String,
    /// Whether trying again makes sense.
    pub retry: bool,
}

/// What the customer wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A new code instead of this one.
    NewCode,
    /// Put the code on the clipboard; the front does this itself.
    Copy(String),
    /// The answer to a question: what is allowed. Nothing = no.
    Answer {
        /// Which question.
        question: u32,
        /// What is allowed.
        scopes: Scopes,
        /// With what it was said.
        input: AnswerInput,
        /// Whether it may be recorded, where that is the customer's to say.
        recorded: bool,
    },
    /// No more control; seeing goes on.
    StopControl(AnswerInput),
    /// Stop everything.
    Stop(AnswerInput),
    /// Save the receipt.
    SaveReceipt,
    /// Try to connect again.
    Retry,
    /// Close the program.
    Quit,
}
