//! The one-time code: three wrong attempts burn it, one right one uses it, and its words never leave the two ends.

use harness::{Host, Stage, Viewer, XServer, program::run, until};
use serde_json::{Value, json};

/// The same code with other words: none of them is a word of the right one, all are in the list.
fn wrong(code: &str, other: usize) -> String {
    let nameplate = code.split('-').next().expect("a nameplate");
    let words = ["abandon-ability-able", "absent-absorb-abstract", "absurd-abuse-access", "accident-account-accuse"];
    let words = words.iter().find(|words| !words.split('-').any(|word| code.contains(word))).expect("some are not in it");
    let rotated: Vec<_> = words.split('-').cycle().skip(other).take(3).collect();
    format!("{nameplate}-{}", rotated.join("-"))
}

fn refusal(viewer: &mut Viewer) -> String {
    let refused = viewer.event("refused");
    assert_eq!(viewer.program.exit_code(), Some(3), "{refused}");
    refused["reason"].as_str().expect("a reason").to_owned()
}

fn has(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["kind"] == kind).count()
}

#[test]
fn three_wrong_codes_from_several_technicians_burn_it_and_the_fourth_right_one_fails() {
    let stage = Stage::set();
    let mut host = stage.host();
    let code = host.code();
    let mut first = Viewer::start(&stage.office, &wrong(&code, 0));
    assert!(refusal(&mut first).contains("wrong-code"));
    let mut second = Viewer::start_as(&stage.office, "colleague", &wrong(&code, 1), &[]);
    assert!(refusal(&mut second).contains("wrong-code"));
    let mut third = Viewer::start(&stage.office, &wrong(&code, 2));
    assert!(refusal(&mut third).contains("burned"));
    let mut right = Viewer::start(&stage.office, &code);
    refusal(&mut right);

    let session = only_session(&stage);
    let events = until("the log has the burning", || {
        let events = stage.office.events(&session);
        (has(&events, "code.burned") == 1).then_some(events)
    });
    let results =
        events.iter().filter(|event| event["kind"] == "code.attempt").map(|event| event["data"]["result"].as_str().unwrap_or("?"));
    // Each is counted, and logged, before it is answered.
    assert_eq!(results.collect::<Vec<_>>(), ["started", "wrong", "started", "wrong", "started", "wrong"]);
    assert_eq!(has(&events, "pair.confirmed"), 0);
    assert_eq!(host.program.exit_code(), Some(3), "without a window a burned code ends the program");
}

/// The id of the only session in the relay's store.
fn only_session(stage: &Stage) -> String {
    until("the relay stores the session", || {
        let folder = stage.office.data().join("sessions");
        let names: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name()).collect();
        match names.as_slice() {
            [one] => one.to_str().map(str::to_owned),
            _ => None,
        }
    })
}

#[test]
fn a_code_works_once() {
    let stage = Stage::set();
    let mut host = stage.host();
    let code = host.code();
    let mut first = Viewer::start(&stage.office, &code);
    first.paired();
    let mut second = Viewer::start_as(&stage.office, "colleague", &code, &[]);
    refusal(&mut second);
    host.question();
    host.answer("y");
    first.granted();
}

#[test]
fn a_code_that_nobody_used_in_time_ends_the_program_and_is_refused() {
    let stage = Stage::with_policy(&["code_life_ms=2000"], &[]);
    let mut host = stage.host();
    let code = host.code();
    assert_eq!(host.ended()["reason"], "timeout");
    let mut viewer = Viewer::start(&stage.office, &code);
    refusal(&mut viewer);
}

#[test]
fn a_mistyped_word_is_named_before_anything_is_sent() {
    let stage = Stage::set();
    let config = stage.office.config().display().to_string();
    let key = stage.office.key("technician").display().to_string();
    let (code, out, err) = run("deskhand-viewer", ["script", "--config", &config, "--key", &key, "--code", "12345-velvet-anchr-oxygen"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(format!("{out}{err}").contains("anchr"), "{out}{err}");
    let (code, out, err) = run("deskhand-viewer", ["script", "--config", &config, "--key", &key, "--code", "12345"]);
    assert_eq!(code, 2, "{out}{err}");
    assert!(format!("{out}{err}").to_lowercase().contains("word"), "{out}{err}");
}

#[test]
fn a_code_is_accepted_as_people_say_it() {
    let stage = Stage::set();
    let mut host = stage.host();
    let code = host.code();
    let spoken: Vec<String> = code.split('-').map(|part| part.chars().take(5).collect::<String>().to_uppercase()).collect();
    // Four letters complete a word; nameplates have five digits.
    let spoken =
        spoken.iter().map(|part| if part.chars().all(|c| c.is_ascii_digit()) { part.clone() } else { part.chars().take(4).collect() });
    let spoken = spoken.collect::<Vec<_>>().join("  ");
    let mut viewer = Viewer::start(&stage.office, &spoken);
    viewer.paired();
}

#[test]
fn digits_style_codes_pair_too() {
    let stage = Stage::set();
    let mut host = Host::start_with(&stage.office, stage.screen.display(), &["--code-style", "digits"]);
    let code = host.code();
    assert!(code.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' '), "{code}");
    let mut viewer = Viewer::start(&stage.office, &code);
    viewer.paired();
}

#[test]
fn a_session_is_possible_again_right_after_one_ended() {
    let stage = Stage::set();
    let mut first = stage.session("y");
    first.viewer.must(json!({"do": "end"}));
    first.host.ended();
    let screen = XServer::start(320, 240);
    let mut host = Host::start(&stage.office, screen.display());
    let mut viewer = Viewer::start(&stage.office, &host.code());
    assert_ne!(viewer.paired(), first.id);
}
