//! Shows one page of the window, without a relay and without a session, to look at it.
//!
//! `cargo run -p deskhand-host --example pages -- question` and so on; the names are in the list below. What is pressed is printed.

use deskhand_host::{
    board::board,
    failure::Failed,
    snapshot::{Code, CodeOver, Ended, Kept, Page, Question, Reason, Session, Snapshot},
    window::app::{Pane, run},
    wording::Notice,
};
use deskhand_link::LinkError;
use deskhand_session::{RecordingNotice, Scope, Scopes, Standing};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

const NAMES: &str = "connecting code checked over pairing question known later banner lost ended failed long";

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(snapshot) = snapshot(&name) else {
        eprintln!("name a page: {NAMES}");
        return;
    };
    let pane = Pane::new(snapshot.organisation.clone());
    pane.publish()(Arc::new(snapshot));
    let (commands, mut wishes) = board();
    let printer = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
        while let Some(command) = runtime.block_on(wishes.next()) {
            println!("{command:?}");
        }
    });
    if let Err(error) = run(pane, commands) {
        eprintln!("{error}");
    }
    drop(printer);
}

fn snapshot(name: &str) -> Option<Snapshot> {
    let now = Instant::now();
    let session = Session { technician: "Ana Ruiz".into(), scopes: Scopes::of(Scope::ALL), since: now, line_lost: name == "lost" };
    let question = Question {
        id: 1,
        technician: "Ana Ruiz".into(),
        ticket: Some("T-4711".into()),
        reason: Some("The printer in room 12 does not print".into()),
        scopes: Scopes::of(Scope::ALL),
        already: Scopes::NONE,
        minutes: Some(60),
        recording: Some(RecordingNotice { reviewers: 2, may_refuse: name != "known" }),
        allow_from: now + Duration::from_secs(if name == "known" { 0 } else { 30 }),
        until: now + Duration::from_secs(150),
        session: None,
    };
    let page = match name {
        "connecting" => Page::Connecting,
        "code" | "checked" => Page::Code(Code { text: "48213-velvet-anchor-oxygen".into(), expires: now + Duration::from_secs(600) }),
        "over" => Page::CodeOver(CodeOver::Burned),
        "pairing" => Page::Pairing,
        "question" | "known" => Page::Question(question),
        "later" => Page::Question(Question {
            scopes: Scopes::of([Scope::Control]),
            already: Scopes::of([Scope::View]),
            session: Some(Session { scopes: Scopes::of([Scope::View]), ..session }),
            ..question
        }),
        "long" => {
            let long = "Maximiliane-Alexandra von Hohenlohe-Waldenburg-Schillingsfürst ".repeat(6);
            Page::Question(Question { technician: long.clone(), reason: Some(long.clone()), ticket: Some(long), ..question })
        }
        "banner" | "lost" => Page::Session(session),
        "ended" => Page::Ended(Ended {
            reason: Reason::Technician,
            session: "mfrggzdfmztwq2lknnwg23tpob".into(),
            was_seen: true,
            receipt: Some(Kept::Ready),
        }),
        "failed" => {
            let failed = Failed::Link(LinkError::Unreachable { addresses: vec!["relay.acme.example:4433".into()], detail: None });
            Page::Failed(failed.page())
        }
        _ => return None,
    };
    Some(Snapshot {
        page,
        organisation: if name == "long" {
            "Acme Support of the Whole Wide World and Everything Around It ".repeat(4)
        } else {
            "Acme Support".into()
        },
        standing: match name {
            "known" | "checked" => Standing::Domain("acme.example".into()),
            "long" => Standing::Domain(format!("{}.example", ["a-label-of-a-long-domain"; 9].join("."))),
            _ => Standing::Unknown,
        },
        notices: if name == "lost" { vec![Notice::LineLost] } else { Vec::new() },
        stop_keys: Some("Ctrl+Shift+F12"),
    })
}
