//! The question that the customer sees, and the answers they can give.
//!
//! In scope: everything a window or a terminal needs to ask it. Not in scope: drawing it, and what follows (`host`).

use deskhand_wire::{
    Millis, PeerId,
    control::{Scope, Scopes},
};

/// What is known about an organisation, beyond what it says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The program was made for it: its fingerprint is fixed in the binary, or the person gave it.
    Known,
    /// `https://<domain>/.well-known/deskhand` names its key: "domain checked: acme.example".
    Domain(String),
    /// Nothing: "unknown organisation", with the pause and the warning.
    Unknown,
}

/// That what the technician sees will be recorded, said before it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingNotice {
    /// How many reviewers of the organisation can watch the recording later.
    pub reviewers: usize,
    /// Whether the customer may say no to it alone, by [`Customer::Recording`](crate::host::Customer::Recording).
    pub may_refuse: bool,
}

/// What the customer is asked. The window shows each scope of `scopes` as a switch of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Number of the question, from 1; an answer names it.
    pub number: u32,
    /// Whose it is.
    pub peer: PeerId,
    /// Name in the technician's certificate: free text, signed by the organisation. Shown smaller than the domain.
    pub technician: String,
    /// The organisation's name: free text of the statement. Shown smaller than the domain.
    pub organisation: String,
    /// What is known about the organisation: the checked domain, or nothing. "Verified" is not a word for it.
    pub standing: Standing,
    /// The technician's ticket.
    pub ticket: Option<String>,
    /// Why, in the technician's words.
    pub reason: Option<String>,
    /// What is asked for and the policy allows.
    pub scopes: Scopes,
    /// For how long control is asked for, minutes; `None` at the start, where control ends with the session.
    pub minutes: Option<u16>,
    /// Whether it will be recorded; `None` when it will not, or is already.
    pub recording: Option<RecordingNotice>,
    /// From when it can be answered with yes, monotonic: later than `asked_at` for an unknown organisation. The pause
    /// can't be skipped. "No" is possible at once.
    pub answerable_at: Millis,
    /// When it was asked, monotonic.
    pub asked_at: Millis,
    /// When it counts as denied, monotonic.
    pub expires_at: Millis,
    /// The wording, made by [`HostConfig::wording`](crate::host::HostConfig::wording). Its SHA-256 is in the log: show
    /// this text.
    pub text: String,
}

impl Question {
    /// The sentence in English, used when the program has no better one.
    #[must_use]
    pub fn plain_text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!("{} of {}", self.technician, self.organisation);
        text.push_str(match &self.standing {
            Standing::Unknown => " (unknown organisation)",
            Standing::Known | Standing::Domain(_) => "",
        });
        let wants: Vec<&str> = self
            .scopes
            .iter()
            .map(|scope| match scope {
                Scope::View => "see your screen",
                Scope::Control => "control your pointer and keyboard",
            })
            .collect();
        let _ = write!(text, " asks to {}", wants.join(" and "));
        if let Some(minutes) = self.minutes {
            let _ = write!(text, " for {minutes} minutes");
        }
        if let Some(ticket) = &self.ticket {
            let _ = write!(text, ", ticket {ticket}");
        }
        if let Some(reason) = &self.reason {
            let _ = write!(text, ": \"{reason}\"");
        }
        if let Some(recording) = &self.recording {
            let _ = write!(text, ". It is recorded; {} of its reviewers can watch it", recording.reviewers);
        }
        text
    }
}
