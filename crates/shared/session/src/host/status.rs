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

impl super::HostSession {
    /// What a window shows.
    #[must_use]
    pub fn status(&self) -> HostStatus {
        let technician = |(peer, known): (&PeerId, &super::peer::Peer)| {
            let technician = known.technician()?;
            let control = technician.control.as_ref().filter(|control| control.effective);
            Some(TechnicianStatus {
                peer: *peer,
                name: technician.name.clone(),
                since: technician.since,
                views: technician.views(),
                controls: control.map(|control| control.grant.until()),
            })
        };
        HostStatus {
            session: self.sid,
            organisation: self.statement.statement().organisation.name.clone(),
            standing: self.standing.clone(),
            code: self.code.live().map(|live| (live.code.to_string(), live.expires_at)),
            question: self.desk.open.clone(),
            technicians: self.peers.iter().filter_map(technician).collect(),
            connected: self.link_lost_at.is_none(),
            stored: self.journal.failed().is_none(),
            ended: self.ended,
        }
    }
}
