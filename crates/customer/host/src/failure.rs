//! What can stop the program, with the exit code and the words for each.
//!
//! In scope: blame, text, exit code. Not in scope: how a session ends once somebody was in it ([`crate::snapshot::Reason`]).

use crate::snapshot::Failure;
use deskhand_link::LinkError;
use std::path::PathBuf;

/// Everything went as it should.
pub const DONE: u8 = 0;
/// Something failed.
pub const FAILED: u8 = 1;
/// The command line or the set-up is wrong.
pub const USAGE: u8 = 2;
/// Consent, policy or identity said no.
pub const REFUSED: u8 = 3;
/// The relay can't be reached.
pub const UNREACHABLE: u8 = 4;

/// Why the program stops.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    // The person who set it up.
    /// There is no statement.
    #[error("the file deskhand.toml is missing: {detail}")]
    NoStatement {
        /// Where it was looked for.
        detail: String,
    },
    /// The statement can't be used.
    #[error("the file {} can't be used: {why}", file.display())]
    Statement {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The statement names no relay.
    #[error("the file deskhand.toml names no address of a relay")]
    NoRelay,

    // The way to the relay, and the relay.
    /// No connection.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The session can't begin.
    #[error("{0}")]
    Start(String),

    // This computer.
    /// No window.
    #[error("the window can't be opened: {0}")]
    Window(String),
    /// The screen can't be read.
    #[error("{0}")]
    Screen(String),
    /// The system refused something.
    #[error("the system refused {what}: {why}")]
    System {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        why: String,
    },
}

impl Failed {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failed::NoStatement { .. } => USAGE,
            Failed::Statement { .. } | Failed::Start(_) => REFUSED,
            Failed::Link(LinkError::Refused { .. } | LinkError::Incompatible { .. }) => REFUSED,
            Failed::NoRelay | Failed::Link(LinkError::Local { .. } | LinkError::PeerMisbehaved { .. }) => FAILED,
            Failed::Link(_) => UNREACHABLE,
            Failed::Window(_) | Failed::Screen(_) | Failed::System { .. } => FAILED,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Failed::NoStatement { .. } => {
                "Ask your support organisation for its deskhand.toml, and put it into the same folder as this program. \
                 Or name it with --config FILE."
            }
            Failed::Statement { .. } | Failed::NoRelay | Failed::Start(_) => {
                "Ask your support organisation for a new copy of deskhand.toml. Do not edit it."
            }
            Failed::Link(LinkError::Unreachable { .. }) => {
                "Check that you are on the internet. If you are, your network may block UDP: ask whoever runs it, \
                 or try another network. If other people can't connect either, tell your support organisation."
            }
            Failed::Link(LinkError::WrongRelayKey { .. }) => {
                "Someone may be in between, or the service was moved. Do not go on. Ask your support organisation for a new deskhand.toml."
            }
            Failed::Link(LinkError::ClockWrong) => "Set date and time of this computer, then try again.",
            Failed::Link(LinkError::Incompatible { .. }) => "Get the newest version of this program from your support organisation.",
            Failed::Link(LinkError::Refused { .. }) => "Try again in a few minutes, or tell your support organisation.",
            Failed::Link(_) => "Try again. If it happens again, tell your support organisation.",
            Failed::Window(_) => {
                "Start this program on a desktop with a screen. On a Wayland desktop, log out and choose the session named X11 or Xorg. \
                 Or start it with --headless in a terminal."
            }
            Failed::Screen(_) => "Nothing of your screen was read.",
            Failed::System { .. } => "Close other programs and try again.",
        }
    }

    /// As a page.
    pub fn page(&self) -> Failure {
        Failure { what: sentence(&self.to_string()), hint: self.hint().to_owned(), retry: matches!(self, Failed::Link(_)) }
    }
}

/// With a capital at its start and a full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreachable_relay_is_exit_4_and_names_address_and_what_to_check() {
        let failed = Failed::Link(LinkError::Unreachable { addresses: vec!["relay.example:4433".into()], detail: None });
        assert_eq!(failed.exit_code(), 4);
        let page = failed.page();
        assert!(page.what.contains("relay.example:4433"), "{}", page.what);
        assert!(page.hint.contains("UDP"), "{}", page.hint);
        assert!(page.retry);
    }

    #[test]
    fn a_wrong_relay_key_is_exit_4_and_says_do_not_go_on() {
        let failed = Failed::Link(LinkError::WrongRelayKey { address: "relay.example:4433".into() });
        assert_eq!(failed.exit_code(), 4);
        assert!(failed.page().hint.contains("Do not go on"));
    }
}
