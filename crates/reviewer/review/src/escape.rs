//! Text of strangers on a terminal or a line of output.
//!
//! In scope: making characters visible that a terminal acts on or that hide text. Not in scope: the separators of a form of export,
//! which each form escapes by its own rules after this.

use std::fmt::Write;

/// The text with every control character, direction mark and invisible character written as
/// `\u{…}`, so that it can neither move the cursor nor look like another text.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// The value as one line of JSON in which the same characters are written as `\uXXXX`: what it means is unchanged.
///
/// # Errors
/// The value cannot be written as JSON.
pub(crate) fn json_line(value: &impl serde::Serialize) -> std::io::Result<String> {
    let text = serde_json::to_string(value)?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            // They stand in strings alone; there a pair of surrogates is one character (RFC 8259, section 7).
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_cannot_move_the_cursor_or_turn_the_text() {
        assert_eq!(shown("Ana\u{1b}[2J\r\nOK\u{202e}"), "Ana\\u{1b}[2J\\u{d}\\u{a}OK\\u{202e}");
        assert_eq!(shown("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
        assert_eq!(shown("Zażółć 你好 Ana"), "Zażółć 你好 Ana");
        assert_eq!(json_line(&"\u{202e}\u{e0041}\u{7f}\n").unwrap(), r#""\u202e\udb40\udc41\u007f\n""#);
    }

    proptest::proptest! {
        #[test]
        fn nothing_hidden_is_left(text: String) {
            proptest::prop_assert!(!shown(&text).chars().any(is_hidden));
        }

        #[test]
        fn a_line_of_json_hides_nothing_and_reads_as_it_was(text: String) {
            let line = json_line(&text).unwrap();
            proptest::prop_assert!(!line.chars().any(is_hidden));
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
