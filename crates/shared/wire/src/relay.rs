//! What clients and the relay say to each other, in the clear inside TLS.
//!
//! In scope: hello, nameplates, claims, presence, and the log on its way to the relay's disk. Nothing here holds a word of the
//! code, a pixel or a key.

use crate::{
    PeerId,
    limits::{MAX_CERTIFICATE, MAX_CERTIFICATES, MAX_NAMEPLATE, MAX_PURPOSE, MAX_STATEMENT},
    text::{List, Text},
};
use serde::{Deserialize, Serialize};

/// Who connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Role {
    /// A customer's machine, known by its session key alone.
    Host,
    /// A technician, known by a certificate of the organisation on the TLS key.
    Technician,
    /// A reviewer, named in the organisation's statement.
    Reviewer,
}

/// The first message of every client on its relay stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClientHello {
    /// Oldest protocol version the client speaks.
    pub oldest: u16,
    /// Newest protocol version the client speaks.
    pub newest: u16,
    /// What the client is.
    pub role: Role,
    /// Serial of the statement the client holds, 0 for none.
    pub statement_serial: u64,
}

/// The relay's answer to [`ClientHello`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RelayHello {
    /// Come in.
    Welcome {
        /// The version both speak.
        version: u16,
        /// The organisation's statement when it is newer than the client's. Checked by the client against what it holds.
        statement: Option<Text<MAX_STATEMENT>>,
        /// For a technician: the certificate of this key first, then every other one issued in the same name, newest first,
        /// so that a technician notices one that somebody else was given. Empty for a host.
        certificates: List<Text<MAX_CERTIFICATE>, MAX_CERTIFICATES>,
        /// For a technician: that the first of them is in the organisation's log, the JSON of `audit::organisation::Proof`.
        entered: Vec<u8>,
        /// The relay's clock, milliseconds since the Unix epoch; shown, never believed.
        time_ms: u64,
    },
    /// Stay out, and why. The relay closes behind it.
    Refused(Refusal),
}

/// Why a relay refuses a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Refusal {
    /// No common protocol version.
    Incompatible {
        /// The relay's oldest.
        oldest: u16,
        /// The relay's newest.
        newest: u16,
    },
    /// No certificate for this technician's key.
    UnknownTechnician,
    /// The technician's certificate was revoked.
    RevokedTechnician,
    /// The technician's certificate is past its date.
    ExpiredCertificate,
    /// Not a reviewer of this organisation.
    UnknownReviewer,
    /// The relay is full; try later.
    Full,
    /// The relay can't store, and the policy says that sessions need it.
    StoreFailed,
}

/// Host to relay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HostToRelay {
    /// Draw a nameplate; the one before is retired.
    Nameplate,
    /// No more claims under the current nameplate: the code was used, burned or ran out.
    Retire,
    /// Close this viewer's streams: it was refused or has left.
    Dismiss {
        /// The viewer.
        peer: PeerId,
    },
    /// The session is over; everything of it was sent.
    End,
}

/// Relay to host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RelayToHost {
    /// A nameplate, good for claims until it is retired or runs out.
    Nameplate {
        /// Its digits.
        digits: Text<MAX_NAMEPLATE>,
        /// Milliseconds until the relay takes it back.
        life_ms: u64,
    },
    /// An authenticated technician claimed the nameplate.
    ViewerJoined {
        /// The number it got.
        peer: PeerId,
        /// Its TLS key, as the relay saw it.
        key: [u8; 32],
    },
    /// A viewer is gone.
    ViewerLeft {
        /// Its number.
        peer: PeerId,
    },
    /// A viewer fell behind and was dropped to the next key update.
    KeyUpdateWanted {
        /// The viewer.
        peer: PeerId,
    },
    /// The session's store can't be written. Nothing that was acknowledged is lost.
    StoreFailed(StoreFailure),
    /// Close down: the relay is being stopped.
    Closing,
}

/// Why a relay can't store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum StoreFailure {
    /// The disk or the quota is full.
    Full,
    /// The disk answers with errors.
    Broken,
}

/// Technician to relay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ViewerToRelay {
    /// Join the session with this nameplate.
    Claim {
        /// Its digits.
        nameplate: Text<MAX_NAMEPLATE>,
    },
    /// Leave the session.
    Leave,
    /// A head of the session's log as the host signed it for this technician, and the technician's cosignature under it.
    Cosigned {
        /// The note (C2SP signed-note) with both signatures, at most [`MAX_NOTE`](crate::limits::MAX_NOTE).
        note: Vec<u8>,
    },
}

/// Relay to technician.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RelayToViewer {
    /// The claim worked. Open the control stream with this number.
    Claimed {
        /// The number in this session.
        peer: PeerId,
        /// The session's id; the pairing shows whether it is true.
        session: [u8; 16],
    },
    /// The claim did not work.
    NotClaimed(ClaimRefusal),
    /// The host is gone.
    HostLeft,
    /// The host or the relay ended this viewer's part.
    Dismissed,
    /// Close down: the relay is being stopped.
    Closing,
}

/// Why a claim did not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ClaimRefusal {
    /// No such nameplate: mistyped, run out, used, or burned.
    Unknown,
    /// Too many claims by this technician; wait a minute.
    TooMany,
    /// The session has as many viewers as it may.
    Full,
}

/// Host to relay on the audit stream. In order; a leaf's number is its place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AuditToRelay {
    /// The next leaf.
    Leaf {
        /// Its place, from 0.
        seq: u64,
        /// The event's bytes (RFC 8785 JSON).
        bytes: Vec<u8>,
    },
    /// A sealed field that the leaf of the same place commits to by hash; sent before that leaf.
    Sealed {
        /// Place of the leaf.
        seq: u64,
        /// Name of the field.
        field: Text<32>,
        /// The ciphertext.
        bytes: Vec<u8>,
    },
    /// A personal value and its salt, which the leaf of the same place commits to; sent before that leaf. Erasable.
    Personal {
        /// Place of the leaf.
        seq: u64,
        /// Name of the field.
        field: Text<32>,
        /// The salt of the commitment.
        salt: [u8; 32],
        /// The value.
        value: Vec<u8>,
    },
    /// A signed checkpoint over the leaves so far.
    Checkpoint {
        /// How many leaves it covers.
        size: u64,
        /// The note (C2SP signed-note).
        note: Vec<u8>,
    },
    /// The recording key: its first half sealed to the reviewers, and its second half, which the relay keeps apart from everything
    /// else so that it can be destroyed. The leaf of the same place commits to both; sent before that leaf.
    Keys {
        /// Place of the leaf.
        seq: u64,
        /// The envelope.
        envelope: Vec<u8>,
        /// The second half; alone it opens nothing.
        half: [u8; 32],
    },
}

/// Relay to host on the audit stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AuditToHost {
    /// Everything up to here is on disk (fsync).
    Acked {
        /// Leaves on disk.
        leaves: u64,
        /// Size of the newest checkpoint on disk.
        checkpoint: u64,
    },
    /// Nothing after the last acknowledgement could be stored.
    Failed(StoreFailure),
    /// The relay's cosignature of a checkpoint that is on disk with everything under it. Before the acknowledgement of that checkpoint.
    Cosigned {
        /// How many leaves it covers.
        size: u64,
        /// The signature line (C2SP tlog-cosignature), with its line end.
        line: Vec<u8>,
    },
    /// The session is in the organisation's log. First of all: before it no code is shown.
    Opened {
        /// The JSON of `audit::organisation::Proof`.
        proof: Vec<u8>,
    },
}

/// Reviewer to relay.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReviewerToRelay {
    /// Hand out the half of a session's key that the relay keeps. Entered in the organisation's log first.
    Half {
        /// The session.
        session: [u8; 16],
        /// What for.
        purpose: Text<MAX_PURPOSE>,
    },
    /// The session was exported.
    Exported {
        /// The session.
        session: [u8; 16],
        /// Into which format.
        format: Text<32>,
        /// What for.
        purpose: Text<MAX_PURPOSE>,
    },
    /// The session must not be erased, or may be again.
    Hold {
        /// The session.
        session: [u8; 16],
        /// Whether it must not.
        on: bool,
        /// Why.
        reason: Text<MAX_PURPOSE>,
    },
    /// Destroy the half of the session's key and its personal values, for good.
    Erase {
        /// The session.
        session: [u8; 16],
        /// Why.
        reason: Text<MAX_PURPOSE>,
    },
}

/// Relay to reviewer, one answer for each message. A proof is the JSON of `audit::organisation::Proof`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RelayToReviewer {
    /// The half.
    Half {
        /// 32 bytes; alone they open nothing.
        half: [u8; 32],
        /// That it was entered in the organisation's log.
        proof: Vec<u8>,
    },
    /// It is done, and entered in the organisation's log.
    Entered {
        /// That it was.
        proof: Vec<u8>,
    },
    /// It is not done.
    Refused(ReviewRefusal),
}

/// Why a relay does not do what a reviewer wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ReviewRefusal {
    /// The key is no reviewer's of the statement (any more).
    NoReviewer,
    /// The relay has no such session.
    NoSession,
    /// The half was destroyed, or there never was one.
    Erased,
    /// The session is on hold.
    Held,
    /// The session is still running.
    Running,
    /// The relay's disk says no.
    Failed,
}
