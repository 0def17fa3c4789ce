//! What a window shows: a snapshot of the session, free of handles and keys.
//!
//! In scope: plain data. Not in scope: words and colours.

use deskhand_identity::SessionId;
use deskhand_wire::{Millis, PeerId};

use crate::question::{Question, Standing};

/// The session as the customer may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostStatus {
    /// The session's id.
    pub session: SessionId,
    /// The organisation's name: free text.
    pub organisation: String,
    /// What is known about it.
    pub standing: Standing,
    /// The code being shown, and until when it can be used.
    pub code: Option<(String, Millis)>,
    /// The open question.
    pub question: Option<Question>,
    /// Who is in the session.
    pub technicians: Vec<TechnicianStatus>,
    /// Whether the line to the relay is there.
    pub connected: bool,
    /// Whether the relay stores the log.
    pub stored: bool,
    /// Whether the session is over.
    pub ended: bool,
}

/// One technician in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicianStatus {
    /// The number in this session.
    pub peer: PeerId,
    /// Name in the certificate.
    pub name: String,
    /// Since when they are in, monotonic.
    pub since: Millis,
    /// Whether they see the screen.
    pub views: bool,
    /// Whether they control, and until when (`None` inside: until the session ends).
    pub controls: Option<Option<Millis>>,
}
