//! A whole support session with the real programs, step by step. `cargo xtask demo` builds everything and runs it.
//!
//! In scope: on a desktop the person answers the question; without one the demo clicks the real button on its private screen. The
//! technician is the script, so that nobody films a mirror. Everything is kept in a folder that is named at the end.
#![forbid(unsafe_code)]

mod show;

use harness::{Office, Program, Viewer, program::binary};
use serde_json::json;
use show::{Desk, step};
use std::{path::PathBuf, process::Command, time::Instant};

/// What is typed into the customer's window.
const TYPED: &str = "Deskhand was here: héllo, wörld, 你好";

fn main() {
    show::plain_panics();
    let started = Instant::now();
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "deskhand-demo".to_owned()));
    let folder = show::fresh_folder(&folder);

    let desk = Desk::open();
    step(&format!("The customer's screen: {}", desk.about()));

    let office = Office::open_at(folder.join("organisation"));
    step(&format!("An organisation, its relay and one technician. The relay listens on {}", office.address()));

    let mut host = Command::new(binary("deskhand-host"));
    host.arg("--json").arg("--config").arg(office.config()).env("DISPLAY", desk.display()).env_remove("WAYLAND_DISPLAY");
    let mut host = Program::start("host", host);
    let code = host.skip_to("a code", |line| line["event"] == "code")["code"].as_str().expect("the code is text").to_owned();
    step(&format!("The customer's program shows a code: {code}"));

    let typed_file = folder.join("typed-at-the-customer.txt");
    let mut notes = harness::terminal::terminal(desk.display(), &typed_file);

    let mut viewer = Viewer::start_as(&office, "technician", &code, &["--ticket", "DEMO-1"]);
    let session = viewer.paired();
    step("The technician typed the code. Both ends share keys that the relay does not have");

    host.skip_to("the question", |line| line["event"] == "consent");
    desk.answer(&folder);
    viewer.granted();
    host.skip_to("what was granted", |line| line["event"] == "granted");
    step("The customer allowed it: seeing the screen, and control");

    viewer.wait("control");
    viewer.wait("still");
    let (x, y) = notes.take_focus(desk.display());
    viewer.must(json!({"do": "pointer", "x": x, "y": y, "click": "left"}));
    assert!(notes.has_focus(desk.display()), "the note window lost the keys; nothing was typed. Close what covers it and start again.");
    viewer.must(json!({"do": "type", "text": TYPED}));
    viewer.must(json!({"do": "key", "chord": "Enter"}));
    harness::until("the typed line arrives in the customer's window", || {
        std::fs::read_to_string(&typed_file).ok().filter(|text| text.trim_end() == TYPED)
    });
    step(&format!("The technician clicked at {x}, {y} and typed: {TYPED}"));

    viewer.wait("still");
    let picture = folder.join("what-the-technician-saw.png");
    let (seen, _, _) = viewer.snapshot(&picture);
    let stats = viewer.must(json!({"do": "stats"}));
    step(&format!(
        "What the technician saw: {} by {}, exact: {}; {} updates",
        seen["width"], seen["height"], seen["exact"], stats["updates"]
    ));

    viewer.must(json!({"do": "end"}));
    host.skip_to("the end", |line| line["event"] == "ended");
    step("The technician ended the session; the customer's window says that nobody can see the screen any more");

    office.closed(&session);
    let (exit, verdict) = office.verify(&session);
    assert_eq!(exit, 0, "the log does not verify: {verdict}");
    step(&format!(
        "The log was checked from the relay's store: {}, {} events, {} bytes of recording",
        verdict["verdict"], verdict["events"], verdict["media_bytes"]
    ));

    let report = folder.join("log.txt");
    let data = office.data().display().to_string();
    let (_, timeline, _) = harness::program::run("deskhand-review", ["show", &session, "--store", &data]);
    std::fs::write(&report, timeline).expect("the report can be written");
    println!("\nAll of it took {:.0} s. Look at", started.elapsed().as_secs_f32());
    println!("  the picture    {}", picture.display());
    println!("  the log        {}", report.display());
    println!("  the recording  {}", office.session_folder(&session).display());
    println!("  check it again deskhand-review verify {session} --store {data}");
}
