//! The page for people: what is on it, and what it can't do.

use deskhand_audit::{
    Blob, Hash,
    bundle::EVENTS,
    testing::{ended_session, running_session},
};
use deskhand_review::Exit;

use crate::{
    forms::page,
    reviewed::Reviewed,
    stored::{folder, review, store, text},
};

#[test]
fn the_verdict_stands_on_top_and_the_summary_says_who_when_and_what_was_allowed() {
    let session = ended_session(31);
    let data = store(&[&session]);
    let arguments = ["export", &session.sid().to_string(), "--store", text(data.path()), "--format", "html", "--purpose", "Case 4711"];
    let (exit, said) = review(&arguments);
    assert_eq!(exit, Exit::Done);
    let text = page(&said);
    let order = [
        "|OK|",
        "The log is whole, in order, signed",
        "cannot prove that the host told the truth",
        "Acme Support (acme.example)",
        "Ana Ruiz (1), key",
        "Began|||2025-11-21T22:05:02.010Z",
        "Last event|||2025-11-21T22:05:02.",
        "by the customer (customer)",
        "2 keys, 1 click of",
        "108 bytes that fit, of 108",
        "Case 4711",
        "What was allowed",
        "customer allowed technician 1: view",
        "technician 1 has control for 5 minutes (grant 1)",
        "customer pressed Stop (pointer)",
        "Timeline",
        "session of Acme Support",
        "reason|: sealed",
        "ended by the customer",
    ];
    let mut from = 0;
    for words in order {
        from += text[from..].find(words).unwrap_or_else(|| panic!("{words} is not below what comes before it: {text}"));
    }
    assert_eq!(said.matches("<tr class=").count() as u64, session.next_seq());
}

#[test]
fn a_changed_log_says_so_on_top_with_its_reasons_and_the_exit_code_is_five() {
    let session = running_session(32);
    let data = store(&[&session]);
    let events = folder(&data, &session).join(EVENTS);
    let mut bytes = std::fs::read(&events).unwrap();
    let at = bytes.len() - 40;
    bytes.truncate(at);
    std::fs::write(&events, &bytes).unwrap();
    let (exit, said) = review(&["export", &session.sid().to_string(), "--store", text(data.path()), "--format", "html"]);
    assert_eq!(exit, Exit::Unverified);
    let text = page(&said);
    assert!(said.contains("<section class=\"verdict falls\">") && text.contains("|TRUNCATED at 18|"), "{text}");
    assert!(text.contains("The log cannot be read any further: |its last line is not whole|"), "{text}");
    assert!(said.ends_with("</html>\n"), "the page is whole");
}

#[test]
fn the_page_loads_nothing_runs_nothing_and_its_policy_names_its_own_style() {
    let said = Reviewed::with("<script src=//evil.example></script>").export("html", "url(http://evil.example)");
    let style = said.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = String::from(Blob(Hash::of(style.as_bytes()).0.to_vec()));
    let policy = format!("content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\"");
    assert!(said.contains(&policy), "{said}");
    let markup = said.split_once("<body>").unwrap().1;
    for forbidden in ["<script", "<link", "<img", "<iframe", " src=", " href=", " style=", "<form", " on"] {
        let in_tags = markup.split('<').skip(1).map(|part| format!("<{}", part.split('>').next().unwrap()));
        assert!(!in_tags.clone().any(|tag| tag.contains(forbidden)), "{forbidden}");
    }
    for forbidden in ["url(", "@import", "expression", "http"] {
        assert!(!style.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn sealed_texts_are_on_the_page_only_with_the_key() {
    let reviewed = Reviewed::with("the printer is broken");
    assert!(page(&reviewed.export("html", "x")).contains("|reason|: |the printer is broken|"));
    let data = store(&[&reviewed.session]);
    let (_, said) = review(&["export", &reviewed.session.sid().to_string(), "--store", text(data.path()), "--format", "html"]);
    let said = page(&said);
    assert!(said.contains("|reason|: sealed|") && !said.contains("|reason|: |the printer is broken|"), "{said}");
}
