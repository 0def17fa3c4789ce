//! An event in plain words.
//!
//! In scope: one sentence per kind. Not in scope: escaping (the caller does it), what is sealed.

use deskhand_audit::{AnswerInput, AttemptResult, By, Event};
use deskhand_identity::Scope;

/// What happened, in a few words.
pub(crate) fn sentence(event: &Event) -> String {
    match event {
        Event::SessionCreated { organisation, version, .. } => {
            let domain = organisation.domain.as_deref().unwrap_or("no domain");
            format!("session of {} ({domain}), host version {version}", organisation.name)
        }
        Event::PolicyApplied { serial, recording, scopes, .. } => {
            format!("statement {serial} applies: recording {recording}, {} may be asked for", list(scopes))
        }
        Event::KeysSealed { reviewers, needed, .. } => {
            let together = if *needed > 1 { format!(", {needed} of them together") } else { String::new() };
            format!("keys sealed to {}{together}", count(reviewers.len() as u64, "reviewer"))
        }
        Event::SessionEnded { by, reason, duration_ms, totals } => {
            let (seconds, updates, inputs) = (duration_ms / 1000, totals.updates, totals.inputs);
            format!("ended by {} ({reason}) after {seconds} s, {}, {}", who(*by), count(updates, "update"), count(inputs, "input"))
        }
        Event::CodeIssued { nameplate, attempts, .. } => {
            format!("code shown under nameplate {nameplate}, {}", count(u64::from(*attempts), "attempt"))
        }
        Event::CodeAttempt { n, left, result } => format!("attempt {n} {}, {left} left", attempt(*result)),
        Event::CodeBurned { reason } => format!("the code is void: {reason}"),
        Event::PairConfirmed { peer, suite, .. } => format!("technician {peer} knows the code ({suite})"),
        Event::TechIdentified(data) => format!("technician {} proved the key {}", data.peer, data.key_fp),
        Event::TechRejected { peer, reason } => format!("technician {peer} was turned away: {reason}"),
        Event::ConsentPrompted { peer, scopes, .. } => format!("customer asked to allow technician {peer}: {}", list(scopes)),
        Event::ConsentGranted { peer, scopes, input, latency_ms, recording } => {
            let refused = if *recording == Some(false) { ", and no recording" } else { "" };
            format!("customer allowed technician {peer}: {}{refused} ({}, after {latency_ms} ms)", list(scopes), input_name(*input))
        }
        Event::ConsentDenied { peer, reason, .. } => format!("customer did not allow technician {peer}: {reason}"),
        Event::NoticeShown { notice } => format!("customer was shown: {notice}"),
        Event::ViewStarted { peer, displays } => format!("technician {peer} sees the screen ({})", count(displays.len() as u64, "display")),
        Event::ViewStopped { peer, by } => format!("technician {peer} no longer sees the screen, by {}", who(*by)),
        Event::ControlRequested { peer, minutes } => {
            format!("technician {peer} asks for control, {}", count(u64::from(*minutes), "minute"))
        }
        Event::ControlGranted { peer, grant, minutes } => {
            format!("technician {peer} has control for {} (grant {grant})", count(u64::from(*minutes), "minute"))
        }
        Event::ControlRevoked { peer, grant, by } => format!("technician {peer} lost control (grant {grant}), by {}", who(*by)),
        Event::InputSummary { peer, keys, clicks, wheel, moves, .. } => {
            let [keys, clicks, wheel, moves] =
                [(*keys, "key"), (*clicks, "click"), (*wheel, "wheel step"), (*moves, "move")].map(|(number, of)| count(number, of));
            format!("technician {peer}: {keys}, {clicks}, {wheel}, {moves}")
        }
        Event::InputBlocked { peer, reason, count: refused } => {
            format!("{} of technician {peer} refused: {reason}", count(*refused, "input"))
        }
        Event::CustomerStop { how } => format!("customer pressed Stop ({})", input_name(*how)),
        Event::PeerJoined { peer, .. } => format!("technician {peer} joined"),
        Event::PeerLeft { peer, reason, .. } => format!("technician {peer} left: {reason}"),
        Event::EpochChanged { epoch, reason, .. } => format!("new keys, epoch {epoch}: {reason}"),
        Event::RecordingStarted { reviewers } => format!("recording; {} may open it", count(reviewers.len() as u64, "reviewer")),
        Event::RecordingFailed { reason, .. } => format!("recording failed: {reason}"),
        Event::MediaSegment(segment) => format!(
            "updates {} to {} recorded, {}, {} discarded",
            segment.first,
            segment.last,
            count(segment.bytes, "byte"),
            segment.discarded.len()
        ),
        Event::LinkLost { peer } => format!("line lost{}", of(*peer)),
        Event::LinkResumed { peer, gap_ms } => format!("line back{} after {gap_ms} ms", of(*peer)),
        Event::Anomaly { anomaly, peer, detail } => {
            let detail = detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            format!("{anomaly}{}{detail}", of(*peer))
        }
    }
}

/// A number with what is counted: "1 click", "2 clicks".
pub(crate) fn count(number: u64, of: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {of}{plural}")
}

fn of(peer: Option<u8>) -> String {
    peer.map(|peer| format!(" of technician {peer}")).unwrap_or_default()
}

fn list(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" and ")
}

/// Who or what ended something, in words.
pub(crate) fn who(by: By) -> &'static str {
    match by {
        By::Customer => "the customer",
        By::Technician => "the technician",
        By::Host => "the host",
        By::Relay => "the relay",
        By::Link => "the line",
        By::Timeout => "its time running out",
        By::Policy => "the policy",
    }
}

fn attempt(result: AttemptResult) -> &'static str {
    match result {
        AttemptResult::Started => "began",
        AttemptResult::Success => "was right",
        AttemptResult::Wrong => "was wrong",
        AttemptResult::Malformed => "was not a pairing",
        AttemptResult::Abandoned => "was given up",
    }
}

fn input_name(input: AnswerInput) -> &'static str {
    match input {
        AnswerInput::Pointer => "pointer",
        AnswerInput::Key => "key",
        AnswerInput::Terminal => "terminal",
    }
}
