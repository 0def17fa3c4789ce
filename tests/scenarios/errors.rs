//! Errors that people meet: each has its words, its exit code, and says what to do next.

use harness::{Office, Program, Stage, Viewer, XServer, deadline::within, program::binary, program::run, until};
use serde_json::json;
use std::{
    process::Command,
    time::{Duration, Instant},
};

/// Five seconds are promised; a busy machine may be two late in saying so.
fn noticed_in_time(start: Instant) {
    let took = start.elapsed();
    eprintln!("noticed after {took:?}");
    assert!(took < Duration::from_secs(7), "noticed after {took:?}");
}

fn host_arguments(config: &str) -> Vec<String> {
    ["--headless", "--json", "--config", config].map(str::to_owned).to_vec()
}

fn replace(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is in the statement");
    text.replace(from, to)
}

#[test]
fn a_relay_that_is_not_there_is_named_with_what_to_check() {
    let office = Office::open();
    let screen = XServer::start(320, 240);
    let config = office.config().display().to_string();
    let address = office.address().to_owned();
    let key = office.key("technician").display().to_string();
    drop_relay(office, |_| {
        let output =
            Command::new(binary("deskhand-host")).args(host_arguments(&config)).env("DISPLAY", screen.display()).output().expect("runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains(&address), "{said}");
        let arguments = ["script", "--config", &config, "--key", &key, "--code", "12345-velvet-anchor-oxygen"];
        let (code, out, err) = run("deskhand-viewer", arguments);
        assert_eq!(code, 4, "{out}{err}");
        assert!(format!("{out}{err}").contains(&address), "{out}{err}");
    });
}

/// Ends the relay and runs `then` while the office's files are still there.
fn drop_relay(mut office: Office, then: impl FnOnce(&Office)) {
    office.relay().kill();
    then(&office);
}

#[test]
fn a_relay_with_another_key_is_not_talked_to() {
    let office = Office::open();
    let other = Office::open();
    let screen = XServer::start(320, 240);
    // The real statement, but somebody else answers at the address.
    let package = office.path().join("elsewhere");
    let (data, out) = (office.data().display().to_string(), package.display().to_string());
    office.relay_command(&["package", "--data", &data, "--out", &out, "--address", other.address(), "--no-passphrase"]);
    let config = package.join("deskhand.toml").display().to_string();
    let output =
        Command::new(binary("deskhand-host")).args(host_arguments(&config)).env("DISPLAY", screen.display()).output().expect("runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("key"), "the key is named: {said}");
}

#[test]
fn an_edited_or_unsigned_statement_is_refused() {
    let office = Office::open();
    let screen = XServer::start(320, 240);
    let text = std::fs::read_to_string(office.config()).expect("the statement");
    let edited = replace(&text, "Acme Support", "Acme Supp0rt");
    let without_last_line = text.trim_end().rsplit_once('\n').expect("lines").0.to_owned();
    for (name, text) in [("edited", edited), ("unsigned", without_last_line)] {
        let file = office.path().join(format!("{name}.toml"));
        std::fs::write(&file, text).expect("written");
        let config = file.display().to_string();
        let output =
            Command::new(binary("deskhand-host")).args(host_arguments(&config)).env("DISPLAY", screen.display()).output().expect("runs");
        assert_eq!(output.status.code(), Some(3), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let key = office.key("technician").display().to_string();
        let arguments = ["script", "--config", &config, "--key", &key, "--code", "12345-velvet-anchor-oxygen"];
        let (code, out, err) = run("deskhand-viewer", arguments);
        assert_eq!(code, 3, "{name}: {out}{err}");
    }
}

#[test]
fn a_technician_whom_nobody_signed_is_refused_at_the_door() {
    let stage = Stage::set();
    stage.office.new_key("stranger");
    let code = stage.host().code();
    let mut viewer = Viewer::start_as(&stage.office, "stranger", &code, &[]);
    assert_eq!(viewer.program.exit_code(), Some(3));
    assert!(viewer.program.log().contains("certificate") || viewer.program.ready().is_some(), "{}", viewer.program.log());
}

#[test]
fn a_technician_who_was_revoked_is_refused() {
    let stage = Stage::set();
    let mut host = stage.host();
    let code = host.code();
    let data = stage.office.data().display().to_string();
    stage.office.relay_command(&["tech", "revoke", "Ana Ruiz", "--data", &data, "--no-passphrase"]);
    until("the relay knows of it", || {
        let mut viewer = Viewer::start(&stage.office, &code);
        (viewer.program.exit_code() == Some(3)).then_some(())
    });
    assert!(host.program.is_running());
}

#[test]
fn without_a_display_the_host_says_what_to_do() {
    let office = Office::open();
    let config = office.config().display().to_string();
    for (name, value, word) in [("", "", "display"), ("WAYLAND_DISPLAY", "wayland-0", "Wayland")] {
        let mut command = Command::new(binary("deskhand-host"));
        command.args(host_arguments(&config)).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("XDG_SESSION_TYPE");
        if !name.is_empty() {
            command.env(name, value);
        }
        let output = command.output().expect("runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.to_lowercase().contains(&word.to_lowercase()), "{said}");
    }
}

#[test]
fn a_customer_whose_machine_dies_is_missed_within_five_seconds() {
    let stage = Stage::set();
    let mut session = stage.session("y");
    session.viewer.wait("view");
    let start = Instant::now();
    session.host.program.kill();
    session.viewer.wait("end");
    noticed_in_time(start);
    let (code, verdict) = until("the log is closed", || {
        let (code, verdict) = stage.office.verify(&session.id);
        verdict["verdict"].as_str().is_some_and(|word| word.starts_with("TRUNCATED")).then_some((code, verdict))
    });
    assert_eq!(code, 5, "{verdict}");
}

#[test]
fn a_technician_whose_machine_dies_is_missed_within_five_seconds_and_nothing_is_captured_any_more() {
    let stage = Stage::set();
    let painter = stage.painter();
    let watch = harness::Watch::on(&stage.screen);
    let mut session = stage.session("y");
    session.viewer.wait("still");
    let start = Instant::now();
    session.viewer.program.kill();
    session.host.program.skip_to("that the technician left", |line| line["event"] == "technician" && line["joined"] == false);
    noticed_in_time(start);
    let asked = watch.pixels();
    painter.text_page(3);
    assert_eq!(watch.pixels(), asked, "captured for nobody");
}

#[test]
fn a_relay_that_dies_is_missed_by_both_within_five_seconds() {
    let mut stage = Stage::set();
    let mut session = stage.session("y");
    session.viewer.wait("view");
    let start = Instant::now();
    stage.office.relay().kill();
    session.viewer.wait("end");
    assert_eq!(session.host.ended()["reason"], "link");
    noticed_in_time(start);
    // What was acknowledged is on disk and true.
    let (code, verdict) = stage.office.verify(&session.id);
    assert!(code == 5 || code == 0, "{verdict}");
    let word = verdict["verdict"].as_str().expect("a verdict");
    assert!(["TRUNCATED", "OPEN", "OK"].iter().any(|known| word.starts_with(known)), "{verdict}");
}

#[test]
fn a_full_disk_ends_the_session_where_the_policy_says_so_and_goes_on_where_it_says_that() {
    for (policy, goes_on) in [("disk_full=end", false), ("disk_full=continue", true)] {
        let stage = Stage::with_policy(&[policy], &["--quota", "400000"]);
        let painter = stage.painter();
        let mut session = stage.session("y");
        session.viewer.wait("view");
        let mut seed = 0;
        let told = within(Duration::from_secs(60), "the host hears of the full disk", || {
            seed += 1;
            painter.photo(0, 0, 600, 400, seed);
            let line = session.host.program.ready()?;
            (line["event"] == "notice" || line["event"] == "ended").then_some(line)
        });
        if goes_on {
            assert_eq!(told["event"], "notice", "{told}");
            painter.text_page(77);
            session.viewer.wait("still");
            assert!(session.viewer.program.is_running());
        } else {
            session.viewer.wait("end");
        }
        let (_, verdict) = stage.office.verify(&session.id);
        let word = verdict["verdict"].as_str().expect("a verdict");
        assert!(!word.starts_with("TAMPERED") && !word.starts_with("FORKED"), "{verdict}");
    }
}

#[test]
fn commands_that_make_no_sense_are_answered_and_the_session_goes_on() {
    let stage = Stage::set();
    let mut session = stage.session("y");
    for nonsense in
        [json!({"do": "fly"}), json!({"x": 1}), json!([1, 2]), json!({"do": "key", "chord": "ctrl+Nonsense"}), json!({"do": "wait"})]
    {
        let answer = session.viewer.ask(nonsense.clone());
        assert_eq!(answer["ok"], false, "{nonsense} was answered by {answer}");
        assert!(answer["error"].as_str().is_some_and(|text| !text.is_empty()));
    }
    session.viewer.program.say("this is no JSON");
    assert_eq!(session.viewer.program.next_line()["ok"], false);
    session.viewer.wait("view");
}

#[test]
fn usage_errors_exit_with_two_everywhere() {
    for program in ["deskhand-host", "deskhand-viewer", "deskhand-relay", "deskhand-review"] {
        let (code, _, err) = run(program, ["--no-such-option"]);
        assert_eq!(code, 2, "{program}: {err}");
        let (code, out, _) = run(program, ["--version"]);
        assert_eq!(code, 0, "{program}: {out}");
        let (code, out, _) = run(program, ["--help"]);
        assert_eq!(code, 0);
        assert!(out.contains("Example") || out.contains("example"), "{program} --help has examples:\n{out}");
    }
}

#[test]
fn a_relay_does_not_start_twice_on_one_folder() {
    let office = Office::open();
    let data = office.data();
    let mut command = Command::new(binary("deskhand-relay"));
    command.arg("serve").arg("--data").arg(&data).args(["--listen", "127.0.0.1:0"]);
    let mut second = Program::start("second relay", command);
    assert_eq!(second.exit_code(), Some(3), "{}", second.log());
}
