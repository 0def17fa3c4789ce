//! What a command says when it is done. In scope: its two forms, text for people and JSON lines for scripts.
//! Not in scope: printing.

use std::fmt::Display;

use serde_json::Value;

/// The result of a command in both forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For people; ends with a line feed unless it is empty.
    pub text: String,
    /// For scripts: each is one line.
    pub json: Vec<Value>,
}

/// What a command returns: `Display` is the text.
pub(crate) trait Answer: Display {
    /// One object a line.
    fn json(&self) -> Vec<Value>;
}

impl Report {
    pub(crate) fn of(answer: &impl Answer) -> Report {
        let mut text = answer.to_string();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Report { text, json: answer.json() }
    }

    /// What goes to standard output: the text, or the JSON lines.
    #[must_use]
    pub fn output(&self, json: bool) -> String {
        if json { self.json.iter().map(|line| format!("{line}\n")).collect() } else { self.text.clone() }
    }
}
