//! What a typed line means.
//!
//! In scope: yes, no, a list of scopes, stop. Nothing else is an answer, and an empty line is No, as the capital N of `y/N` says.

use deskhand_session::{Scope, Scopes};

/// A line's meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// Everything that was asked.
    Yes,
    /// Nothing.
    No,
    /// These alone, and whether it may be recorded.
    Only(Scopes, bool),
    /// End at once.
    Stop,
}

/// Beside scopes or alone: yes, and no recording.
const UNRECORDED: &str = "unrecorded";

/// Longest line that can be an answer.
const MAX_ANSWER: usize = 64;

/// Reads a line; `None` when it means nothing.
pub(super) fn read(line: &str) -> Option<Answer> {
    let line = line.trim();
    if line.len() > MAX_ANSWER {
        return None;
    }
    match line.to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(Answer::Yes),
        "" | "n" | "no" => Some(Answer::No),
        "stop" => Some(Answer::Stop),
        words => {
            let (mut scopes, mut recorded) = (Scopes::NONE, true);
            for word in words.split([',', ' ', '+']).filter(|word| !word.is_empty()) {
                if word == UNRECORDED {
                    recorded = false;
                } else {
                    scopes = scopes.with(Scope::ALL.into_iter().find(|scope| scope.name() == word)?);
                }
            }
            // Without the recording and nothing else said: everything that was asked.
            Some(Answer::Only(if scopes.is_empty() { Scopes::of(Scope::ALL) } else { scopes }, recorded))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_lines_are_answers() {
        assert_eq!(read("y\n"), Some(Answer::Yes));
        assert_eq!(read(" YES "), Some(Answer::Yes));
        assert_eq!(read(""), Some(Answer::No));
        assert_eq!(read("n"), Some(Answer::No));
        assert_eq!(read("view"), Some(Answer::Only(Scopes::of([Scope::View]), true)));
        assert_eq!(read("unrecorded"), Some(Answer::Only(Scopes::of(Scope::ALL), false)));
        assert_eq!(read("view unrecorded"), Some(Answer::Only(Scopes::of([Scope::View]), false)));
        assert_eq!(read("view, control"), Some(Answer::Only(Scopes::of(Scope::ALL), true)));
        assert_eq!(read("stop"), Some(Answer::Stop));
        for nothing in ["yy", "ja", "ok", "view files", "y y", "yes please", &"y".repeat(65)] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
