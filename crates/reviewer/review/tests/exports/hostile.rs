//! One table of hostile texts through every form: what is read back is the text, its hidden characters visible or escaped.

use deskhand_audit::{Actor, ActorType, Event, SealedRef, leaf_hash, testing::Synthetic};
use deskhand_review::{Exit, shown};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    forms::{Fields, cef, csv, lines, page, syslog},
    reviewed::Reviewed,
    stored::{review, store, text},
};

/// What strangers may write: for terminals, tables, pages, separators of every form, and readers.
const HOSTILE: &[&str] = &[
    "",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31m\u{85}\u{7f}",
    "\0nothing",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1＋1",
    "'=already",
    "''",
    "a,\"b\"\r\nc;\td",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</bdi></td></table></style><!-- & &lt; &amp;lt;",
    "\" onclick='x' class=\"",
    "a|b\\|c\\",
    "key=value cs1=forged \\= msg=x",
    "line\nCEF:0|forged|x|x|x|x|9|",
    "\\n\\r\\\\",
    "]\" [forged@1 a=\"b\"] \\]",
    "<8>1 - - - - - -",
    "\u{202e}gnp.exe",
    "\u{2066}isolated\u{2069} \u{200f}",
    "zero\u{200b}width\u{ad}",
    "\u{feff}mark",
    "\u{e0041}tag",
    "{\"json\":[true]}\n",
    " lead and trail ",
    "customer",
    "مرحبا Ana שלום 你好",
    "🦀",
];

/// Names that a certificate can hold, and that are meant for other readers than people.
const NAMES: &[&str] =
    &["=cmd|' /C calc'!A0", "<b>Ana</b>", "a\\|b=c \"d\"]", "customer", "host", "مرحبا", "-1", "＠name", "Ana & Bob", "\\u{202e}"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn check(words: &str, technician: &str) {
    let reviewed = Reviewed::named(words, technician);
    let visible = shown(words);
    let stored: Vec<Value> = reviewed.leaves().iter().map(|leaf| json(leaf)).collect();
    let count = stored.len();
    let who = format!("{technician} (1)");

    let jsonl = reviewed.export("jsonl", words);
    let leaves = reviewed.leaves();
    assert_eq!(lines(&jsonl).len(), count);
    for (line, leaf) in lines(&jsonl).into_iter().zip(&leaves) {
        let hash = leaf_hash(leaf.as_bytes());
        assert!(line.starts_with(&format!("{{\"leaf\":{leaf},\"leaf_hash\":\"{hash}\"")), "{line}");
        assert_eq!(json(line)["purpose"], words);
    }
    assert!(lines(&jsonl).iter().any(|line| json(line)["opened"]["reason"] == words));

    let rows = csv(&reviewed.export("csv", words));
    assert_eq!(rows.len(), count);
    for (row, leaf) in rows.iter().zip(&stored) {
        assert_eq!(row["purpose"], visible);
        assert_eq!(json(&row["data"]), leaf["data"]);
    }
    assert!(rows.iter().any(|row| row["sealed_field"] == "reason" && row["sealed_text"] == visible && row["name"] == technician));

    let ocsf = reviewed.export("ocsf", words);
    assert_eq!(shown(&ocsf.replace('\n', "")), ocsf.replace('\n', ""), "nothing hidden is in a line");
    let events: Vec<Value> = lines(&ocsf).iter().map(|line| json(line)).collect();
    assert_eq!(events.len(), count);
    for (event, leaf) in events.iter().zip(&stored) {
        assert_eq!(event["unmapped"]["deskhand"]["data"], leaf["data"]);
        assert_eq!(event["unmapped"]["deskhand"]["purpose"], words);
    }
    assert!(events.iter().any(|event| event["unmapped"]["deskhand"]["opened"]["reason"] == words));
    assert!(events.iter().any(|event| event["user"]["name"] == technician && event["user"]["org"]["name"] == words));

    // An end of a line has an escape of its own in CEF.
    let broken: String =
        words.split('\n').map(|line| line.split('\r').map(shown).collect::<Vec<_>>().join("\r")).collect::<Vec<_>>().join("\n");
    let said: Vec<Fields> = lines(&reviewed.export("cef", words)).into_iter().map(cef).collect();
    assert_eq!(said.len(), count);
    for (fields, leaf) in said.iter().zip(&stored) {
        assert_eq!(fields.get("cs6").unwrap_or(&String::new()), &broken);
        assert_eq!(json(&fields["cs3"]), leaf["data"]);
    }
    assert!(said.iter().any(|fields| fields.get("cs5Label").is_some_and(|label| label == "reason")));
    let reason = said.iter().find(|fields| fields.contains_key("cs5Label")).expect("a sealed text");
    assert_eq!((reason.get("cs5").unwrap_or(&String::new()), &reason["suser"]), (&broken, &who));

    let said: Vec<Fields> = lines(&reviewed.export("rfc5424", words)).into_iter().map(syslog).collect();
    assert_eq!(said.len(), count);
    for (fields, leaf) in said.iter().zip(&stored) {
        assert_eq!((&fields["purpose"], &fields["organisation"]), (&visible, &visible));
        assert_eq!(json(&fields["data"]), leaf["data"]);
    }
    assert!(said.iter().any(|fields| fields.get("sealedText") == Some(&visible) && fields["who"] == who));
    assert!(said.iter().any(|fields| fields["msg"] == format!("replay ({visible})")), "{said:?}");

    let text = page(&reviewed.export("html", words));
    let expected = [
        format!("|reason|: |{visible}|"),
        format!("|replay ({visible})|"),
        format!("|Purpose of this report|||{visible}|"),
        format!("|{who}|"),
    ];
    for expected in expected {
        assert!(text.contains(&expected), "{expected:?} is not in {text}");
    }
}

#[test]
fn hostile_texts_come_back_from_every_form_as_they_were_or_visible() {
    for words in HOSTILE {
        check(words, "Ana Ruiz");
    }
}

#[test]
fn hostile_names_of_technicians_come_back_and_pass_for_nobody_else() {
    for name in NAMES {
        check("an ordinary word", name);
    }
}

#[test]
fn a_log_that_names_strange_actors_and_fields_is_written_in_every_form_too() {
    let mut session = Synthetic::begin(78);
    for words in HOSTILE {
        let actor = Actor { kind: ActorType::Technician, id: (*words).to_owned() };
        let mut draft = session.draft(actor, Event::PeerLeft { peer: 1, reason: (*words).into(), cosigned: 0 });
        draft.sealed = Some(SealedRef::to(b"", words, words, 1));
        session.append(draft);
    }
    let data = store(&[&session]);
    let export = |format: &str| {
        let (exit, said) = review(&["export", &session.sid().to_string(), "--store", text(data.path()), "--format", format]);
        assert_eq!(exit, Exit::Unverified, "{said}");
        said
    };
    let (rows, messages, page) = (csv(&export("csv")), export("rfc5424"), page(&export("html")));
    let (said, events) = (export("cef"), export("ocsf"));
    for (at, words) in HOSTILE.iter().enumerate() {
        // The session's own first event stands before them.
        let (at, visible) = (at + 1, shown(words));
        assert_eq!([&rows[at]["actor_id"], &rows[at]["sealed_field"]], [&visible, &visible]);
        let message = syslog(lines(&messages)[at]);
        assert_eq!((&message["actorId"], &message["who"]), (&visible, &format!("technician {visible}")));
        assert!(page.contains(&format!("|technician {visible}|")), "{words:?}");
        assert_eq!(cef(lines(&said)[at])["cs2"], session.sid().to_string());
        assert_eq!(json(lines(&events)[at])["unmapped"]["deskhand"]["actor"]["id"], *words);
    }
    assert_eq!(lines(&export("jsonl")).len(), HOSTILE.len() + 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_comes_back_from_every_form(words in "(\\PC|[=+@|\\\\\"'<>&\\[\\]{} \\t\\r\\n\u{1b}\u{202e}\u{200b}\u{7f}-]){0,40}") {
        check(&words, "Ana Ruiz");
    }
}
