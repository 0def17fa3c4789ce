//! The reader beside serde_json and the canonicalizer: it takes the canonical form and nothing else.

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::Value;

use super::*;
use crate::jcs::plainly;

/// Whether the reader takes it, as any value.
fn reads(text: &[u8]) -> bool {
    let Ok(mut reader) = Reader::new(text) else { return false };
    Value::deserialize(&mut reader).is_ok() && reader.is_at_end()
}

/// Whether it is what the canonicalizer writes for what serde_json reads in it, without `null`, fractions and negative numbers.
fn is_canonical(text: &[u8]) -> bool {
    fn is_plain(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Number(number) => number.is_u64(),
            Value::Array(items) => items.iter().all(is_plain),
            Value::Object(members) => members.values().all(is_plain),
            Value::Bool(_) | Value::String(_) => true,
        }
    }
    serde_json::from_slice::<Value>(text).is_ok_and(|value| is_plain(&value) && plainly(&value).is_ok_and(|same| same == text))
}

#[test]
fn one_spelling_of_each_value_is_read() {
    for text in [
        "{}",
        "[]",
        "0",
        "9007199254740991",
        "true",
        "[false,\"\"]",
        "{\"a\":1,\"a!\":2,\"b\":{}}",
        "\"\\u001f\\b\\f\\n\\r\\t\\\\\\\"/\u{7f}\u{e9}\u{1f600}\"",
        "{\"\\n\":1,\"A\":2,\"\\\\\":3,\"\u{20ac}\":4,\"\u{1f600}\":5,\"\u{fb33}\":6}",
    ] {
        assert!(reads(text.as_bytes()) && is_canonical(text.as_bytes()), "{text}");
    }
    for text in [
        "",
        " 1",
        "1 ",
        "01",
        "-0",
        "-1",
        "1.0",
        "1e0",
        "9007199254740992",
        "18446744073709551616",
        "null",
        "[1,]",
        "[,1]",
        "[1 ]",
        "[1",
        "{\"a\":1,}",
        "{\"a\" :1}",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"\u{fb33}\":1,\"\u{1f600}\":2}",
        "{a:1}",
        "\"",
        "\"\\/\"",
        "\"\\u0061\"",
        "\"\\u001F\"",
        "\"\\u000a\"",
        "\"\\u0022\"",
        "\"\n\"",
        "\"\\ud83d\\ude00\"",
        "\"\\x\"",
        "\"\\u00\"",
        "\"\\u00\u{e9}\"",
        "tru",
        "'a'",
    ] {
        assert!(!reads(text.as_bytes()) && !is_canonical(text.as_bytes()), "{text}");
    }
}

#[test]
fn an_object_that_is_skipped_ends_where_it_ends() {
    for (text, end) in [("{}x", 2), ("{\"}\":{\"\\\"}\":1}},", 15), ("{", 0), ("}", 0), ("", 0), ("[{}]", 0), ("{\"a}", 0), ("1{}", 0)] {
        let mut reader = Reader::new(text.as_bytes()).unwrap();
        assert_eq!(reader.skip_object().is_ok(), end > 0, "{text}");
        assert_eq!(reader.place(), end, "{text}");
    }
}

proptest! {
    #[test]
    fn it_reads_what_is_canonical_and_nothing_else(text in "[\\[\\]{}:,\"\\\\nu0af1. -]{0,14}", any: Vec<u8>, quoted in "\\PC{0,6}|[\\x00-\\x7f]{0,6}", pick: usize) {
        let written = plainly(&quoted).unwrap();
        let mut changed = written.clone();
        let at = pick % changed.len();
        changed[at] = any.first().copied().unwrap_or(b'\\');
        for text in [text.as_bytes(), &any, &written, &changed, format!("\"{quoted}\"").as_bytes()] {
            prop_assert_eq!(reads(text), is_canonical(text), "{:?}", String::from_utf8_lossy(text));
        }
    }
}
