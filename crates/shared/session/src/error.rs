//! Errors, grouped by blame. Every text tells the person what to do.
//!
//! In scope: what callers see. A peer's misbehaviour towards the host is no error of the caller: it is answered,
//! logged as `anomaly` and told by [`Notice`](crate::host::Notice).

use deskhand_wire::relay::ClaimRefusal;

/// The program used a session in a way that makes no sense. Nothing happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiMisuse {
    /// The session is over.
    #[error("the session is over; start a new one")]
    Ended,
    /// No such question is open.
    #[error("question {0} is not open; perhaps it was withdrawn or timed out")]
    NoSuchQuestion(u32),
    /// "Yes" came before the pause for an unknown organisation was over.
    #[error("this question can be answered with yes in {0} ms; read the warning first")]
    TooEarly(u64),
    /// An answer allows more than was asked.
    #[error("the answer allows more than was asked for")]
    MoreThanAsked,
    /// A code is still in use.
    #[error("a code is being shown already")]
    CodeInUse,
    /// Whether there is a recording is not the customer's to say, or it runs already.
    #[error("the recording can't be refused any more, or the policy requires it")]
    RecordingDecided,
    /// A value is out of its range.
    #[error("{0}")]
    OutOfRange(&'static str),
}

/// Why a host session could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The statement is past its date.
    #[error("the organisation's statement (deskhand.toml) is past its date; ask the organisation for a new one")]
    StatementExpired,
    /// The statement does not name the relay that the program is connected to.
    #[error("the relay is not one of the organisation's statement; ask the organisation for a new deskhand.toml")]
    UnknownRelay,
    /// The recording cannot be sealed to the statement's reviewers.
    #[error("the recording cannot be sealed to the organisation's reviewers: {0}; ask the organisation for a new deskhand.toml")]
    Reviewers(deskhand_recording::envelope::EnvelopeError),
    /// Policy and host together allow nothing that could be asked for.
    #[error("neither seeing the screen nor control is allowed by the organisation's policy; nothing can be done")]
    NothingAllowed,
}

/// Why an update was not sealed. None of it is the peer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealRefusal {
    /// Nobody may see the screen.
    #[error("nobody may see the screen")]
    NotAllowed,
    /// The epoch changed: the next update must need nothing before it. Ask the encoder for a key update.
    #[error("the next update must be a key update")]
    KeyUpdateNeeded,
    /// Numbers must increase.
    #[error("update numbers must increase: {number} after {last}")]
    Number {
        /// The number given.
        number: u64,
        /// The last one sealed.
        last: u64,
    },
    /// Larger than any viewer accepts.
    #[error("the update has {0} bytes, more than an update may have")]
    TooLarge(usize),
    /// The log could not be stored for too long.
    #[error("the log is not stored; nothing is sent until it is")]
    LogBehind,
}

/// Why a viewer's session did not begin or had to be broken off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewerError {
    /// The relay did not let this viewer in.
    #[error("{}", claim_text(*.0))]
    Claim(ClaimRefusal),
    /// The words are wrong.
    #[error("the code is wrong; ask the customer to read it again ({left} attempts left)")]
    WrongCode {
        /// Attempts that are left.
        left: u8,
    },
    /// Too many wrong attempts by anybody.
    #[error("the code was tried wrongly too often and is worth nothing any more; ask the customer for a new one")]
    CodeBurned,
    /// Used, or too old.
    #[error("the code was used already or its time ran out; ask the customer for a new one")]
    CodeExpired,
    /// Another technician is pairing.
    #[error("another technician is using this code at the moment; ask the customer, then try again")]
    Busy,
    /// No common version: `PeerIncompatible`.
    #[error("the customer's program speaks versions {oldest} to {newest}, this one {ours}; update the older of the two")]
    PeerIncompatible {
        /// The host's oldest version.
        oldest: u16,
        /// The host's newest version.
        newest: u16,
        /// This program's version.
        ours: u16,
    },
    /// The host could not prove that it knows the code: somebody stands between.
    #[error("the other end could not prove that it is the customer's machine; call the customer and use a new code")]
    HostNotConfirmed,
    /// The other end broke the protocol: `PeerMisbehaved`.
    #[error("the other end sent something that is not allowed ({0}); the session was broken off, start a new one")]
    PeerMisbehaved(&'static str),
    /// The customer's program keeps another log than it should.
    #[error("the log that the customer's program keeps of this session is wrong ({0}); the session was broken off: tell your organisation")]
    LogDisputed(&'static str),
    /// Nobody answered in time.
    #[error("the customer's machine does not answer; ask the customer whether the program still runs")]
    NoAnswer,
}

fn claim_text(refusal: ClaimRefusal) -> &'static str {
    match refusal {
        ClaimRefusal::Unknown => "no customer waits under this number: compare it with the customer, or ask for a new code",
        ClaimRefusal::TooMany => "too many codes were tried from here; wait a minute",
        ClaimRefusal::Full => "this session has as many technicians as it may have",
    }
}

/// Why a technician's input was not sent. The technician sees it at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum InputBlocked {
    /// Control is not granted.
    #[error("the customer has not allowed control; ask for it")]
    NoGrant,
    /// The picture is stale: nobody knows what a click would hit.
    #[error("the picture is stale; input is held back until it is current again")]
    Stale,
    /// Keys were used up.
    #[error("this session is too long for more input; end it and start a new one")]
    Exhausted,
    /// The session is over.
    #[error("the session is over")]
    Ended,
}

/// Why a received update is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UpdateRefusal {
    /// Not allowed yet, or no longer.
    #[error("no view is granted")]
    NotAllowed,
    /// The header or frame can't be read.
    #[error("the update can't be read")]
    Malformed,
    /// Of another session or channel.
    #[error("the update belongs elsewhere")]
    Misplaced,
    /// Sealed under an epoch whose key this viewer does not have (any more, or yet: keep it and try again after the
    /// next control message).
    #[error("the key of epoch {0} is not known")]
    UnknownEpoch(u32),
    /// The tag is wrong: it was changed on the way.
    #[error("the update was changed on the way")]
    Forged,
    /// Older than or the same as one that was opened.
    #[error("update {number} is not newer than {last}")]
    Old {
        /// Its number.
        number: u64,
        /// The newest one opened.
        last: u64,
    },
}
