//! The commands of a script: one JSON object a line.
//!
//! In scope: reading a line strictly, and saying what is known when it can't be read. Not in scope: carrying it out.

use deskhand_session::Scope;
use serde::Deserialize;
use std::path::PathBuf;

/// Bytes of one line.
pub(crate) const MAX_LINE: usize = 64 * 1024;
/// Every command, as errors name them.
pub(crate) const KNOWN: &str = "wait, snapshot, request, release, pointer, wheel, drag, type, key, look, stats, end";
const LATER: [&str; 3] = ["chat", "send", "clipboard"];
const WAIT_MS: u64 = 5_000;
const MINUTES: u16 = 30;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Command {
    /// Wait until something is so.
    Wait {
        /// What.
        #[serde(rename = "for")]
        until: Until,
        /// At most this long.
        #[serde(default = "wait_ms")]
        timeout_ms: u64,
        /// For `update`: the number that is known already.
        #[serde(default)]
        after: u64,
    },
    /// Write the picture as it is now.
    Snapshot {
        /// A PNG file.
        file: PathBuf,
    },
    /// Ask the customer for a scope.
    Request {
        /// Which.
        scope: Scope,
        /// For how long.
        #[serde(default = "minutes")]
        minutes: u16,
        /// Why.
        reason: Option<String>,
    },
    /// Give control back.
    Release,
    /// Move the pointer, and click.
    Pointer {
        /// From the left, pixels of the customer's screen.
        x: u32,
        /// From the top.
        y: u32,
        /// What to do there; nothing when left out.
        click: Option<Click>,
    },
    /// Turn the wheel, in notches; positive is right and down.
    Wheel {
        /// Sideways.
        #[serde(default)]
        x: i16,
        /// Up (negative) or down.
        #[serde(default)]
        y: i16,
    },
    /// Press, move, let go.
    Drag {
        /// Where it begins.
        from: [u32; 2],
        /// Where it ends.
        to: [u32; 2],
    },
    /// Type a text as it stands.
    Type {
        /// The text.
        text: String,
    },
    /// Press a key with its modifiers.
    Key {
        /// For example `ctrl+alt+Delete`.
        chord: String,
    },
    /// See one monitor alone, or all of the screen.
    Look {
        /// Which, from 1, as the last `screen` names them; 0 for all of the screen.
        monitor: usize,
    },
    /// Tell the figures of the session.
    Stats,
    /// End the session.
    End,
}

/// What `wait` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Until {
    /// There is a picture.
    View,
    /// The picture is exact and has not changed for 300 ms.
    Still,
    /// A later update than `after` is in the picture.
    Update,
    /// Control is granted.
    Control,
    /// The session is over.
    End,
}

/// What a pointer does where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Click {
    /// The main button, down and up.
    Left,
    /// The main button, twice.
    Double,
    /// The button for menus, down and up.
    Right,
    /// The main button down.
    Press,
    /// The main button up.
    Release,
}

fn wait_ms() -> u64 {
    WAIT_MS
}

fn minutes() -> u16 {
    MINUTES
}

/// Reads one line.
///
/// # Errors
/// A sentence for the answer's `error`.
pub(crate) fn parse(line: &str) -> Result<Command, String> {
    if line.len() > MAX_LINE {
        return Err(format!("the line has {} bytes, {MAX_LINE} are allowed", line.len()));
    }
    let value: serde_json::Value = serde_json::from_str(line).map_err(|error| format!("this is not a JSON object: {error}"))?;
    let name = value.as_object().and_then(|object| object.get("do")).and_then(serde_json::Value::as_str);
    let Some(name) = name else {
        return Err(format!("say what to do, as in {{\"do\":\"stats\"}}; known are {KNOWN}"));
    };
    if LATER.contains(&name) {
        return Err(format!("\"{name}\" is not part of this version; known are {KNOWN}"));
    }
    if !KNOWN.split(", ").any(|known| known == name) {
        let name: String = name.chars().take(40).collect();
        return Err(format!("\"{name}\" is not a command; known are {KNOWN}"));
    }
    let name = name.to_owned();
    serde_json::from_value(value).map_err(|error| format!("\"{name}\" can't be done like this: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_commands_of_the_contract_are_understood() {
        let wait = |until, timeout_ms| Command::Wait { until, timeout_ms, after: 0 };
        for (line, command) in [
            (r#"{"do":"wait","for":"view","timeout_ms":100}"#, wait(Until::View, 100)),
            (r#"{"do":"wait","for":"still"}"#, wait(Until::Still, WAIT_MS)),
            (r#"{"do":"wait","for":"update","after":7}"#, Command::Wait { until: Until::Update, timeout_ms: WAIT_MS, after: 7 }),
            (r#"{"do":"snapshot","file":"a.png"}"#, Command::Snapshot { file: "a.png".into() }),
            (
                r#"{"do":"request","scope":"control","minutes":5,"reason":"to show it"}"#,
                Command::Request { scope: Scope::Control, minutes: 5, reason: Some("to show it".into()) },
            ),
            (r#"{"do":"request","scope":"control"}"#, Command::Request { scope: Scope::Control, minutes: MINUTES, reason: None }),
            (r#"{"do":"pointer","x":10,"y":20,"click":"double"}"#, Command::Pointer { x: 10, y: 20, click: Some(Click::Double) }),
            (r#"{"do":"pointer","x":10,"y":20}"#, Command::Pointer { x: 10, y: 20, click: None }),
            (r#"{"do":"wheel","x":0,"y":-3}"#, Command::Wheel { x: 0, y: -3 }),
            (r#"{"do":"drag","from":[1,2],"to":[3,4]}"#, Command::Drag { from: [1, 2], to: [3, 4] }),
            (r#"{"do":"type","text":"grüße 世界"}"#, Command::Type { text: "grüße 世界".into() }),
            (r#"{"do":"key","chord":"ctrl+alt+Delete"}"#, Command::Key { chord: "ctrl+alt+Delete".into() }),
            (r#"{"do":"release"}"#, Command::Release),
            (r#"{"do":"look","monitor":2}"#, Command::Look { monitor: 2 }),
            (r#"{"do":"stats"}"#, Command::Stats),
            (r#"{"do":"end"}"#, Command::End),
        ] {
            assert_eq!(parse(line), Ok(command), "{line}");
        }
    }

    #[test]
    fn an_unknown_command_is_told_what_is_known() {
        let error = parse(r#"{"do":"dance"}"#).unwrap_err();
        assert!(error.contains("\"dance\"") && error.contains("snapshot"), "{error}");
        let error = parse("[1]").unwrap_err();
        assert!(error.contains("known are"), "{error}");
    }

    #[test]
    fn a_field_that_does_not_exist_is_named() {
        let error = parse(r#"{"do":"wheel","z":1}"#).unwrap_err();
        assert!(error.contains("`z`"), "{error}");
        let error = parse(r#"{"do":"pointer","x":-1,"y":2}"#).unwrap_err();
        assert!(error.contains("pointer"), "{error}");
    }

    #[test]
    fn what_comes_later_is_said_to_be_missing() {
        for line in [r#"{"do":"chat","text":"x"}"#, r#"{"do":"send","file":"x"}"#, r#"{"do":"clipboard","text":"x"}"#] {
            assert!(parse(line).unwrap_err().contains("not part of this version"));
        }
    }

    proptest! {
        #[test]
        fn any_line_never_panics(line in "\\PC{0,120}") {
            let _ = parse(&line);
        }

        #[test]
        fn any_fields_never_panic(name in "[a-z]{2,9}", field in "[a-z_]{1,8}", value in "[0-9\"a-z.-]{0,8}") {
            let _ = parse(&format!(r#"{{"do":"{name}","{field}":{value}}}"#));
        }
    }
}
