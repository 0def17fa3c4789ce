//! Every sentence that a customer reads, in one place.
//!
//! In scope: words. Short sentences, everyday words, no jargon: a nervous twelve-year-old has to understand them. Not in scope:
//! where they stand (`window`, `terminal`). [`shown`] makes text of other people harmless before it is shown.

use crate::snapshot::{CodeOver, Reason};
use deskhand_session::{Question, RecordingNotice, Scope, Scopes};
use std::fmt::Write as _;

/// The texts' language, as it is logged with a consent.
pub const LOCALE: &str = "en";

/// The warning that stands where the code stands.
pub const SCAM_WARNING: &str = "Only read this code to someone you called yourself. \
     If they called you, hang up. No bank, no police and no computer company will ever call and ask for it.";
/// Over the code.
pub const CODE_TITLE: &str = "Read this code to your technician";
/// Under the code.
pub const CODE_SAFE: &str = "Nobody can see your screen yet. You will be asked first.";
/// While the connection is made.
pub const CONNECTING: &str = "Getting your code…";
/// Between yes and the session.
pub const STARTING: &str = "One moment…";
/// While a technician's papers are checked.
pub const PAIRING: &str = "Someone entered your code. Checking who it is…";
/// The end page.
pub const ENDED: &str = "The session is over. Nobody can see your screen any more.";
/// The end page when nobody was let in.
pub const ENDED_UNSEEN: &str = "The session is over. Nobody saw your screen.";
/// On the end page, while the receipt can be saved.
pub const RECEIPT: &str = "You can keep a page that says what happened. It also proves it, if anyone ever asks.";
/// Before the name of the file.
pub const RECEIPT_SAVED: &str = "Saved:";

/// The receipt could not be saved.
pub fn receipt_failed(why: &str) -> String {
    format!("The page could not be saved: {why}. Try again, or write down the number below.")
}

/// Beside an unknown organisation.
pub const UNKNOWN_ORGANISATION: &str =
    "We could not check who this is. Anyone can write any name here. Say No if you did not call them yourself.";
/// Under the reason.
pub const THEIR_WORDS: &str = "These are their words. We can't check them.";

/// The name of the recording, on its switch or its line.
pub const RECORDING: &str = "Record what they see";

/// What the recording means.
pub fn recording_sentence(notice: &RecordingNotice) -> String {
    let who = match notice.reviewers {
        0 => "Nobody can watch it".to_owned(),
        1 => "One person who checks their work can watch it later".to_owned(),
        many => format!("{many} people who check their work can watch it later"),
    };
    if notice.may_refuse { format!("{who}. You can switch this off.") } else { format!("{who}. They can only help while it is on.") }
}

/// One sentence for what a scope allows.
pub fn scope_sentence(scope: Scope) -> &'static str {
    match scope {
        Scope::View => "See everything on your screen.",
        Scope::Control => "Move your mouse and type for you.",
    }
}

/// The name on a scope's switch.
pub fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::View => "See my screen",
        Scope::Control => "Use my mouse and keyboard",
    }
}

/// What `technician` can do with `scopes`, a sentence.
pub fn can(technician: &str, scopes: Scopes) -> String {
    match (scopes.has(Scope::View), scopes.has(Scope::Control)) {
        (_, true) => format!("{technician} can see your screen and use your mouse and keyboard"),
        (true, false) => format!("{technician} can see your screen"),
        (false, false) => format!("{technician} can't see your screen"),
    }
}

/// What `technician` asks for, the question's title.
pub fn asks(technician: &str, scopes: Scopes) -> String {
    match (scopes.has(Scope::View), scopes.has(Scope::Control)) {
        (true, true) => format!("{technician} wants to see your screen and use your mouse and keyboard"),
        (false, true) => format!("{technician} wants to use your mouse and keyboard"),
        _ => format!("{technician} wants to see your screen"),
    }
}

/// The consent text as the log commits to it: everything a customer had before the eyes, line by line.
pub fn consent_text(question: &Question, domain_line: &str) -> String {
    let Question { technician, organisation, scopes, .. } = question;
    let mut text = format!("{}\n{domain_line}\n{organisation}\n", asks(technician, *scopes));
    if let Some(ticket) = &question.ticket {
        let _ = writeln!(text, "Ticket: {ticket}");
    }
    if let Some(reason) = &question.reason {
        let _ = writeln!(text, "Reason: {reason}");
    }
    if let Some(minutes) = question.minutes {
        let _ = writeln!(text, "{}", control_minutes(minutes));
    }
    for scope in scopes.iter() {
        let _ = writeln!(text, "{}: {}", scope_name(scope), scope_sentence(scope));
    }
    if let Some(notice) = &question.recording {
        let _ = writeln!(text, "{RECORDING}: {}", recording_sentence(notice));
    }
    text
}

/// Why a code does not work any more.
pub fn code_over(over: CodeOver) -> &'static str {
    match over {
        CodeOver::Expired => "Your code is too old. It does not work any more.",
        CodeOver::Burned => "Someone typed a wrong code too many times. Your code does not work any more.",
        CodeOver::TurnedAway => "Someone entered your code, but could not show who they are. They were not let in.",
    }
}

/// Why it ended, a sentence for the end page; nothing for the two everyday ends.
pub fn ended_because(reason: Reason) -> &'static str {
    match reason {
        Reason::Technician => "Your technician ended it.",
        Reason::Customer => "You ended it.",
        Reason::Link => "The connection was lost.",
        Reason::Timeout => "Nobody answered in time.",
        Reason::Log => "The record of the session could not be saved, so it was stopped.",
        Reason::Capture => "Your screen could not be read any more.",
        Reason::Protocol => "The other side sent something wrong, so it was stopped.",
        Reason::Refused => "The technician could not show who they are, so nobody was let in.",
    }
}

/// Something the customer should know while a session runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A click was refused because the picture had changed.
    StaleClick,
    /// Held-back input was refused.
    LateInput,
    /// The line is cut for the moment.
    LineLost,
    /// The line is back.
    LineBack,
    /// The relay can't store.
    NotStored,
    /// A technician is gone.
    TechnicianGone,
    /// The code was burned.
    CodeBurned,
    /// Somebody without papers was turned away.
    TurnedAway,
    /// A message was changed on the way.
    Tampering,
    /// The technician does too much at once.
    TooFast,
    /// Wrong words, attempts are left.
    WrongCode {
        /// How many.
        left: u8,
    },
    /// The customer's system refuses mouse and keyboard.
    ControlBroken,
    /// The technician gave control back, or its time ran out.
    ControlOver,
    /// The relay shuts down.
    RelayClosing,
    /// The technician tried to use Deskhand's own window.
    OwnWindow,
}

impl Notice {
    /// The sentence.
    pub fn text(self) -> String {
        match self {
            Notice::StaleClick => "Your screen changed, so a click by the technician was not carried out.".into(),
            Notice::LateInput => "Something the technician did came too late and was not carried out.".into(),
            Notice::LineLost => "The connection is lost at the moment. Nothing is being sent.".into(),
            Notice::LineBack => "The connection is back.".into(),
            Notice::NotStored => "The record of this session can't be saved any more.".into(),
            Notice::TechnicianGone => "A technician has left.".into(),
            Notice::CodeBurned => "Someone typed a wrong code too many times. The code does not work any more.".into(),
            Notice::TurnedAway => "Someone could not show who they are, so they were not let in.".into(),
            Notice::Tampering => "Something was changed on the way here, so it was thrown away.".into(),
            Notice::TooFast => "The technician did too much at once. Some of it was not carried out.".into(),
            Notice::WrongCode { left: 1 } => "Someone typed a wrong code. One try is left.".into(),
            Notice::WrongCode { left } => format!("Someone typed a wrong code. {left} tries are left."),
            Notice::ControlBroken => "This computer does not let the technician use the mouse and keyboard.".into(),
            Notice::ControlOver => "The technician can't use your mouse and keyboard any more.".into(),
            Notice::RelayClosing => "The support service is shutting down.".into(),
            Notice::OwnWindow => "The technician tried to use this window. Only you can do that.".into(),
        }
    }

    /// The word in scripts.
    pub fn name(self) -> &'static str {
        match self {
            Notice::StaleClick => "stale-click",
            Notice::LateInput => "late-input",
            Notice::LineLost => "line-lost",
            Notice::LineBack => "line-back",
            Notice::NotStored => "not-stored",
            Notice::TechnicianGone => "technician-gone",
            Notice::CodeBurned => "code-burned",
            Notice::TurnedAway => "turned-away",
            Notice::Tampering => "tampering",
            Notice::TooFast => "too-fast",
            Notice::WrongCode { .. } => "wrong-code",
            Notice::ControlBroken => "control-broken",
            Notice::ControlOver => "control-over",
            Notice::RelayClosing => "relay-closing",
            Notice::OwnWindow => "own-window",
        }
    }
}

/// For how long the mouse and the keyboard are asked for.
pub fn control_minutes(count: u16) -> String {
    format!("Mouse and keyboard for {} at most.", minutes(u64::from(count)))
}

/// Whole minutes in words.
pub fn minutes(count: u64) -> String {
    match count {
        0 => "less than a minute".to_owned(),
        1 => "1 minute".to_owned(),
        _ => format!("{count} minutes"),
    }
}

/// `m:ss`.
pub fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Other people's text as it may be shown: one line, no control characters, no characters that turn the direction of what follows
/// (Unicode UAX 9), at most `limit` characters.
pub fn shown(text: &str, limit: usize) -> String {
    let harmless = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let unseen = matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if c.is_control() || turns || unseen { ' ' } else { c }
    };
    let words: String = text.chars().map(harmless).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= limit {
        return words;
    }
    let mut cut: String = words.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_text_stays_on_its_line() {
        assert_eq!(shown("Ana\n\u{1b}[2JRuiz\t!", 40), "Ana [2JRuiz !");
        assert_eq!(shown("a\u{202e}b\u{200b}c", 40), "a b c");
        assert_eq!(shown("abcdef", 4), "abc…");
        assert_eq!(shown("", 4), "");
    }

    #[test]
    fn the_consent_text_names_everything_that_was_asked() {
        let question = Question {
            number: 1,
            peer: 1,
            technician: "Ana".into(),
            organisation: "Acme".into(),
            standing: deskhand_session::Standing::Unknown,
            ticket: Some("T-1".into()),
            reason: Some("printer".into()),
            scopes: Scopes::of(Scope::ALL),
            minutes: Some(5),
            recording: Some(RecordingNotice { reviewers: 2, may_refuse: true }),
            answerable_at: 0,
            asked_at: 0,
            expires_at: 1,
            text: String::new(),
        };
        let text = consent_text(&question, "Unknown organisation");
        for part in [
            "Ana",
            "Acme",
            "Unknown organisation",
            "T-1",
            "printer",
            "See everything on your screen.",
            "Move your mouse",
            "5 minutes",
            "2 people",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
