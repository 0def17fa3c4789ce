//! Strict readers of the forms: whatever a form does not allow is a panic.
//!
//! In scope: reading back what was written. Not in scope: what should be in it.

use std::collections::BTreeMap;

/// Fields by name.
pub(crate) type Fields = BTreeMap<String, String>;

/// Lines, each ended properly, none empty.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let whole = text.strip_suffix('\n').expect("the last line is ended");
    let lines: Vec<&str> = whole.split('\n').collect();
    assert!(lines.iter().all(|line| !line.is_empty()), "an empty line");
    lines
}

/// A table of RFC 4180 by its header. An apostrophe that guards a cell is taken off.
pub(crate) fn csv(text: &str) -> Vec<Fields> {
    let (header, rest) = text.split_once("\r\n").expect("a header");
    let names: Vec<&str> = header.split(',').collect();
    let mut rows = Vec::new();
    let mut left = rest;
    while !left.is_empty() {
        let mut row = Fields::new();
        for (at, name) in names.iter().enumerate() {
            let mut cell = String::new();
            left = left.strip_prefix('"').expect("a quoted cell");
            loop {
                let (part, after) = left.split_once('"').expect("a closing quote");
                cell.push_str(part);
                match after.strip_prefix('"') {
                    Some(after) => {
                        cell.push('"');
                        left = after;
                    }
                    None => {
                        left = after;
                        break;
                    }
                }
            }
            let end = if at + 1 == names.len() { "\r\n" } else { "," };
            left = left.strip_prefix(end).unwrap_or_else(|| panic!("no {end:?} after {name}"));
            let first = cell.trim_start().chars().next();
            assert!(!first.is_some_and(|c| "=+-@＝＋－＠\t\r\n".contains(c)), "{name} is a formula: {cell}");
            let plain = cell.strip_prefix('\'').unwrap_or(&cell).to_owned();
            row.insert((*name).to_owned(), plain);
        }
        rows.push(row);
    }
    rows
}

/// A CEF line: the seven fields of the header by their numbers, and the extension by its keys.
pub(crate) fn cef(line: &str) -> Fields {
    let mut fields = Fields::new();
    let (mut field, mut number) = (String::new(), 0);
    let mut rest = line.chars();
    while number < 7 {
        match rest.next().expect("seven fields") {
            '|' => {
                fields.insert(number.to_string(), std::mem::take(&mut field));
                number += 1;
            }
            '\\' => match rest.next() {
                Some(c @ ('\\' | '|')) => field.push(c),
                other => panic!("\\{other:?} in the header"),
            },
            c => field.push(c),
        }
    }
    assert_eq!(fields["0"], "CEF:0");
    let (mut key, mut value): (Option<String>, String) = (None, String::new());
    let mut plain_from = 0; // Nothing before this place in `value` can be a key: it was escaped.
    while let Some(c) = rest.next() {
        match c {
            '=' => {
                let (before, name) = match value.rfind(' ') {
                    Some(at) => (value[..at].to_owned(), value[at + 1..].to_owned()),
                    None => (String::new(), value.clone()),
                };
                assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()), "{name:?} is no key");
                assert!(before.len() >= plain_from || key.is_none(), "an equals sign that is not escaped");
                if let Some(key) = key.replace(name) {
                    assert!(fields.insert(key, before).is_none(), "a key comes twice");
                }
                value.clear();
                plain_from = 0;
            }
            '\\' => {
                value.push(match rest.next() {
                    Some(c @ ('\\' | '=')) => c,
                    Some('n') => '\n',
                    Some('r') => '\r',
                    other => panic!("\\{other:?} in the extension"),
                });
                plain_from = value.len();
            }
            c => value.push(c),
        }
    }
    fields.insert(key.expect("an extension"), value);
    fields
}

/// A message of RFC 5424: header fields by name, parameters of its one element by theirs, `msg`.
pub(crate) fn syslog(line: &str) -> Fields {
    let printable = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| (33..=126).contains(&b));
    let mut fields = Fields::new();
    let (priority, rest) = line.strip_prefix('<').and_then(|rest| rest.split_once('>')).expect("a priority");
    assert!(priority.parse::<u8>().is_ok_and(|priority| priority <= 191), "{priority}");
    fields.insert("pri".into(), priority.into());
    let mut rest = rest.strip_prefix("1 ").expect("version 1");
    for (name, most) in [("time", 32), ("host", 255), ("app", 48), ("proc", 128), ("id", 32)] {
        let (field, after) = rest.split_once(' ').expect("a header of six fields");
        assert!(printable(field, most), "{name}: {field:?}");
        fields.insert(name.into(), field.into());
        rest = after;
    }
    assert!(deskhand_identity::rfc3339_to_ms(&fields["time"]).is_some(), "{}", fields["time"]);
    let rest = rest.strip_prefix("[deskhand@32473").expect("the element");
    let mut rest = rest.chars();
    loop {
        match rest.next() {
            Some(']') => break,
            Some(' ') => {}
            other => panic!("{other:?} between parameters"),
        }
        let name: String = rest.by_ref().take_while(|c| *c != '=').collect();
        assert!(printable(&name, 32) && !name.contains([']', '"']), "{name:?}");
        assert_eq!(rest.next(), Some('"'));
        let mut value = String::new();
        loop {
            match rest.next().expect("a closing quote") {
                '"' => break,
                ']' => panic!("a bracket that is not escaped"),
                '\\' => match rest.next() {
                    Some(c @ ('"' | '\\' | ']')) => value.push(c),
                    other => panic!("\\{other:?} in a value"),
                },
                c => value.push(c),
            }
        }
        assert!(fields.insert(name, value).is_none(), "a parameter comes twice");
    }
    let message = rest.as_str().strip_prefix(" \u{feff}").expect("a blank and the mark of UTF-8");
    fields.insert("msg".into(), message.into());
    fields
}

/// The text of a page, with a bar between elements. Only elements and attributes that the report has are taken.
pub(crate) fn page(html: &str) -> String {
    const ELEMENTS: &str = "html head meta title style body main header section table thead tbody tr th td h1 h2 p ul li dl dt dd span bdi";
    let body = html.split_once("</style>").expect("a style").1;
    let mut text = String::new();
    let mut parts = body.split('<');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (tag, after) = part.split_once('>').expect("a closed tag");
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.split(' ').any(|known| known == name), "<{tag}>");
        let class = attributes.strip_prefix("class=\"").and_then(|rest| rest.strip_suffix('"'));
        let is_plain = |class: &str| class.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
        assert!(attributes.is_empty() || class.is_some_and(is_plain), "<{tag}>");
        text.push('|');
        text.push_str(after);
    }
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")];
    let text = plain.iter().fold(text, |text, (entity, c)| text.replace(entity, c));
    text.replace("&amp;", "&")
}
