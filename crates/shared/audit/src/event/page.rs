//! `EVENTS.md`: the page of events, written from the code and compared with it.
//!
//! In scope: asking the reader of the log (serde) which kinds, fields and words it takes, and what each kind's code says of
//! outcome, severity and signing. Not in scope: the order that is allowed (`verify::grammar`).
//!
//! `DESKHAND_REWRITE=1 cargo test -p deskhand-audit --lib page` writes the page anew.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Map, Value, json};

use super::Event;
use crate::testing::every_kind;

const HEAD: &str = "\
# Events

What can stand in a session's log, one row a kind. Written from the code by
`DESKHAND_REWRITE=1 cargo test -p deskhand-audit --lib page`; a test fails when it is out of date.

`data` lists the fields with their types: a field with `?` may be missing, words are those that are allowed, and a text \"of one form\" is a
key, hash, signature or base64. Signed at once means that the host signs the log right after the event; else within 64 events or 5 s.
Texts that people typed are sealed beside the log, names lie beside it as personal values: neither is in `data`.

| kind | what it says | data | outcome | severity | signed at once |
| --- | --- | --- | --- | --- | --- |
";

/// The kinds that the reader knows, in its own words.
fn known() -> Vec<String> {
    let why = serde_json::from_value::<Event>(json!({"kind": "?", "data": {}})).expect_err("there is no such kind").to_string();
    words(&why).expect("an unknown kind is answered with those that are known")
}

/// The words in an error that says "expected `a`" or "expected one of `a`, `b`".
fn words(error: &str) -> Option<Vec<String>> {
    let (_, expected) = error.split_once("unknown variant ")?.1.split_once(", expected ")?;
    Some(expected.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

/// The documentation of each variant, by its kind.
fn sentences() -> BTreeMap<String, String> {
    let (mut found, mut said) = (BTreeMap::new(), Vec::new());
    for line in include_str!("../event.rs").lines() {
        if let Some(text) = line.strip_prefix("    /// ") {
            said.push(text.to_owned());
        } else if let Some(kind) = line.strip_prefix("    #[serde(rename = \"").and_then(|rest| rest.strip_suffix("\")]")) {
            found.insert(kind.to_owned(), said.join(" ").replace("[`crate::bundle::half_commitment`]", "the commitment"));
        } else {
            said.clear();
        }
    }
    found
}

fn read(whole: &Value) -> Result<Event, serde_json::Error> {
    serde_json::from_value(whole.clone())
}

/// The event with another value at a place in `data`, if there is one.
fn with(whole: &Value, place: &str, value: Option<Value>) -> Value {
    let mut changed = whole.clone();
    let (parent, field) = place.rsplit_once('/').expect("a place has a parent");
    match (changed.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => drop(fields.insert(field.to_owned(), value)),
        (Some(Value::Object(fields)), None) => drop(fields.remove(field)),
        (Some(Value::Array(items)), Some(value)) => items[0] = value,
        _ => {}
    }
    changed
}

/// The words that are allowed at a place, when not every text is.
fn allowed(whole: &Value, place: &str) -> Option<Vec<String>> {
    words(&read(&with(whole, place, Some(json!("?")))).err()?.to_string())
}

fn type_of(whole: &Value, place: &str, value: &Value) -> String {
    match value {
        Value::String(_) => match (allowed(whole, place), read(&with(whole, place, Some(json!("?"))))) {
            (Some(words), _) => words.join(" / "),
            (None, Ok(_)) => "text".into(),
            (None, Err(_)) => "text of one form".into(),
        },
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "true or false".into(),
        Value::Array(items) => {
            items.first().map_or("list".into(), |item| format!("list of {}", type_of(whole, &format!("{place}/0"), item)))
        }
        Value::Object(fields) => format!("{{{}}}", fields_of(whole, place, fields)),
        Value::Null => "nothing".into(),
    }
}

fn fields_of(whole: &Value, parent: &str, fields: &Map<String, Value>) -> String {
    let each = fields.iter().map(|(name, value)| {
        let place = format!("{parent}/{name}");
        let optional = if read(&with(whole, &place, None)).is_ok() { "?" } else { "" };
        format!("`{name}`{optional} {}", type_of(whole, &place, value))
    });
    each.collect::<Vec<_>>().join(", ")
}

/// What something is for this event, and for which other words in its fields it is something else.
fn usual(whole: &Value, what: impl Fn(&Event) -> String) -> String {
    let usual = what(&read(whole).expect("a sample reads"));
    let mut text = usual.clone();
    for (name, _) in whole["data"].as_object().into_iter().flatten() {
        let place = format!("/data/{name}");
        let mut other: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for word in allowed(whole, &place).unwrap_or_default() {
            let said = what(&read(&with(whole, &place, Some(json!(word)))).expect("the word is allowed"));
            if said != usual {
                other.entry(said).or_default().push(word);
            }
        }
        for (said, words) in other {
            let _ = write!(text, "; {said} when `{name}` is {}", words.join(", "));
        }
    }
    text
}

fn word(value: impl serde::Serialize) -> String {
    json!(value).as_str().expect("these are written as words").to_owned()
}

fn page() -> String {
    let (mut page, sentences) = (HEAD.to_owned(), sentences());
    for event in every_kind() {
        let whole = json!(event);
        let said = sentences.get(event.kind()).unwrap_or_else(|| panic!("{} has no sentence above it", event.kind()));
        let data = fields_of(&whole, "/data", whole["data"].as_object().expect("data is an object"));
        let (outcome, severity) = (usual(&whole, |event| word(event.outcome())), usual(&whole, |event| word(event.severity())));
        let signed = if event.signed_at_once() { "yes" } else { "" };
        let _ = writeln!(page, "| `{}` | {said} | {data} | {outcome} | {severity} | {signed} |", event.kind());
    }
    page
}

mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn there_is_a_sample_of_every_kind_that_the_reader_knows() {
        let samples = every_kind();
        assert_eq!(samples.iter().map(Event::kind).collect::<Vec<_>>(), known());
        assert_eq!(Event::KINDS[..], known());
        for event in samples {
            let whole = json!(event);
            assert_eq!(whole["kind"], event.kind());
            let peer = whole["data"].get("peer").and_then(Value::as_u64);
            assert_eq!(event.peer().map(u64::from), peer, "{}", event.kind());
            assert_eq!(read(&whole).unwrap(), event);
        }
    }

    #[test]
    fn the_page_of_events_says_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("EVENTS.md");
        if std::env::var_os("DESKHAND_REWRITE").is_some() {
            fs::write(&path, page()).expect("the page can be written");
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == page(),
            "EVENTS.md is out of date: run `DESKHAND_REWRITE=1 cargo test -p deskhand-audit --lib page` and look at what changed"
        );
    }
}
