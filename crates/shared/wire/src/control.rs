//! Host and viewer on the control channel, sealed: who, what is asked, what is granted, ticks, the end.
//!
//! In scope: shapes. What follows from them is `session`'s. The order rule of the channel is "exactly the last plus one".

use crate::{
    Millis,
    limits::{MAX_CERTIFICATE, MAX_DISCARDED, MAX_DISPLAYS, MAX_PEAKS, MAX_REASON, MAX_TICKET},
    text::{List, Text},
};
use serde::{Deserialize, Serialize, de::Error};

/// One thing that a customer can allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See the screen.
    View,
    /// Move the pointer and type.
    Control,
}

impl Scope {
    /// Every scope, in the order in which they are shown.
    pub const ALL: [Scope; 2] = [Scope::View, Scope::Control];

    /// The name in scripts and logs.
    pub fn name(self) -> &'static str {
        match self {
            Scope::View => "view",
            Scope::Control => "control",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Serialize)]
pub struct Scopes(u8);

impl Scopes {
    /// No scope.
    pub const NONE: Scopes = Scopes(0);

    /// The set of these.
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Whether `scope` is in it.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub fn both(self, other: Scopes) -> Scopes {
        Scopes(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub fn with(self, scope: Scope) -> Scopes {
        Scopes(self.0 | scope.bit())
    }

    /// All but this one.
    #[must_use]
    pub fn without(self, scope: Scope) -> Scopes {
        Scopes(self.0 & !scope.bit())
    }

    /// The scopes, in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl std::fmt::Debug for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Scope::name)).finish()
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bits = u8::deserialize(deserializer)?;
        let known = Scopes::of(Scope::ALL).0;
        if bits & !known != 0 { Err(D::Error::custom("a scope that does not exist")) } else { Ok(Self(bits)) }
    }
}

/// Viewer to host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ViewerToHost {
    /// Who I am: the first sealed message.
    Identity {
        /// The technician's certificate, its signed bytes.
        certificate: Text<MAX_CERTIFICATE>,
        /// Ed25519 over `"deskhand/ident/1"` and the transcript hash, 64 bytes.
        signature: Vec<u8>,
        /// The ticket this session belongs to.
        ticket: Option<Text<MAX_TICKET>>,
        /// Why, in the technician's words.
        reason: Option<Text<MAX_REASON>>,
        /// What is asked for at the start.
        scopes: Scopes,
        /// That the certificate is in the organisation's log, the JSON of `audit::organisation::Proof`.
        entered: Vec<u8>,
    },
    /// Ask for a scope that is not granted.
    Request {
        /// Which.
        scope: Scope,
        /// For how long, minutes, 1 to [`MAX_MINUTES`](crate::limits::MAX_MINUTES).
        minutes: u16,
        /// Why.
        reason: Option<Text<MAX_REASON>>,
    },
    /// Everything required up to this update is on the technician's screen.
    Shown {
        /// The update.
        update: u64,
    },
    /// The picture can't be continued: send one that needs nothing before it.
    KeyUpdate,
    /// Give control back.
    Release,
    /// End the session.
    End,
    /// Look at these monitors alone, as the host named them; at all of the screen when there is none, or when one is not there.
    Look {
        /// The monitors: x, y, width, height.
        monitors: List<[u32; 4], MAX_DISPLAYS>,
    },
    /// The technician's cosignature of a head of the log that is over exactly the leaves it was sent.
    Cosigned {
        /// How many leaves it covers.
        size: u64,
        /// The signature line (C2SP tlog-cosignature), with its line end.
        line: Vec<u8>,
    },
}

/// Host to viewer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HostToViewer {
    /// The customer is being asked.
    Asking {
        /// For what.
        scopes: Scopes,
    },
    /// The customer allowed this. An input message names `grant`.
    Granted {
        /// The grant's number, from 1, never used again.
        grant: u32,
        /// What is allowed under it.
        scopes: Scopes,
        /// Milliseconds until it ends by itself, 0 for "until the session ends".
        life_ms: u64,
    },
    /// The customer, the policy or time said no.
    Denied {
        /// To what.
        scopes: Scopes,
        /// Why.
        why: Denial,
    },
    /// A grant is over.
    Revoked {
        /// Its number.
        grant: u32,
        /// By whom.
        by: RevokedBy,
    },
    /// Proof of what was sent so far; input names its number.
    Tick(Tick),
    /// Input was not carried out.
    InputRefused {
        /// How many messages, since the last such answer.
        count: u32,
        /// Why the last one was not.
        why: InputRefusal,
    },
    /// The key under which updates from here on are sealed.
    Epoch {
        /// Its number, from 1.
        epoch: u32,
        /// The key.
        key: [u8; 32],
    },
    /// The shape of the screen.
    Screen {
        /// Width, pixels.
        width: u32,
        /// Height, pixels.
        height: u32,
        /// The monitors on it: x, y, width, height.
        displays: List<[u32; 4], MAX_DISPLAYS>,
    },
    /// The session is over.
    Ended {
        /// By whom or what.
        by: EndedBy,
    },
    /// What was asked for by [`ViewerToHost::Look`] is so: the picture of these monitors is up to date with this update.
    Looked {
        /// The monitors; none for all of the screen.
        monitors: List<[u32; 4], MAX_DISPLAYS>,
        /// The update, 0 for none.
        update: u64,
    },
    /// Where the technician joins the log: every leaf from here on follows. Once, before the leaf that says who the technician is.
    Log {
        /// How many leaves there are.
        size: u64,
        /// The roots of their whole subtrees (RFC 6962), largest first.
        peaks: List<[u8; 32], MAX_PEAKS>,
        /// That the session is in the organisation's log: the JSON of `audit::organisation::Proof`.
        opened: Vec<u8>,
    },
    /// The next leaf of the log.
    Leaf {
        /// The event's bytes, at most [`MAX_LEAF`](crate::limits::MAX_LEAF).
        bytes: Vec<u8>,
    },
    /// A head over all leaves so far, signed by the host.
    Head {
        /// The note (C2SP signed-note), at most [`MAX_NOTE`](crate::limits::MAX_NOTE).
        note: Vec<u8>,
    },
}

/// Why something asked for was not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Denial {
    /// The customer said no.
    Customer,
    /// Nobody answered in time.
    TimedOut,
    /// The organisation's policy does not allow it.
    Policy,
    /// The certificate is not one of the organisation's, or does not belong to this key.
    UnknownTechnician,
    /// The certificate was revoked.
    RevokedTechnician,
    /// The certificate is past its date.
    ExpiredCertificate,
    /// Another question is open.
    Busy,
    /// The log can't be stored.
    NoLog,
}

/// Who ended a grant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevokedBy {
    /// The customer.
    Customer,
    /// The technician gave it back.
    Technician,
    /// Its time ran out.
    Expiry,
    /// The line was cut for too long.
    Link,
    /// The log can't be kept.
    Log,
}

/// Who or what ended the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The customer.
    Customer,
    /// The technician.
    Technician,
    /// The line.
    Link,
    /// Time ran out.
    Timeout,
    /// The log can't be kept and the policy needs it.
    Log,
    /// One side broke the protocol.
    Protocol,
    /// The screen can't be captured any more.
    Capture,
}

/// Why input was not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum InputRefusal {
    /// There is no grant for control, or the message names another.
    NoGrant,
    /// The tick it names is too old: it was held back on the way.
    Stale,
    /// A press on a picture that had changed since.
    Changed,
    /// A question is open at the customer's.
    QuestionOpen,
    /// It would have gone to one of Deskhand's own windows.
    OwnWindow,
    /// The customer's system refused it.
    System,
    /// Too much at once.
    TooFast,
}

/// What the host says it sent, so that a viewer notices what a relay held back or left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Tick {
    /// This tick's number, from 1.
    pub number: u64,
    /// The host's clock.
    pub host_ms: Millis,
    /// The newest update sent, 0 for none.
    pub newest: u64,
    /// Running hash over all sealed updates up to `newest`.
    pub digest: [u8; 32],
    /// Updates that were given up on the way on purpose.
    pub discarded: List<u64, MAX_DISCARDED>,
}
