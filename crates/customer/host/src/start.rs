//! From the command line to an exit code.
//!
//! In scope: choosing the front, starting the conductor beside it, waiting for both. The way to the relay begins before the window
//! opens. Not in scope: everything that takes longer than that.

use crate::{
    board::{Commands, Publish, board},
    clock::{Clock, wall_ms},
    conductor::Conductor,
    failure::{FAILED, Failed},
    options::{Capture, Options, Style},
    pipeline,
    snapshot::{Page, Snapshot},
    statement_file,
    terminal::{self, json::Json, plain::Plain, run::Terminal},
    window::app::{self, Pane},
};
use deskhand_capture::{Kind, environment::Environment};
use deskhand_identity::SignedStatement;
use deskhand_session::{CodeStyle, Standing, host::Screen};
use std::{
    io::{BufReader, stdin, stdout},
    sync::Arc,
    thread::{self, JoinHandle},
};

/// Runs the program.
pub fn run(options: &Options) -> u8 {
    let clock = Clock::start();
    let ready = statement_file::read(options.config.as_deref(), wall_ms())
        .and_then(|statement| check_screen(options).map(|screen| (statement, screen)));
    if options.headless { headless(options, clock, ready) } else { windowed(options, clock, ready) }
}

fn headless(options: &Options, clock: Clock, ready: Result<(SignedStatement, Screen), Failed>) -> u8 {
    let style: &dyn terminal::Style = if options.json { &Json } else { &Plain };
    let front = Terminal::default();
    let (commands, wishes) = board();
    let mut publish = front.publish();
    let conductor = match ready {
        Ok(ready) => spawn(conductor(options, clock, ready, commands.clone(), wishes, publish)),
        Err(failed) => {
            eprintln!("{failed}");
            publish(failed_snapshot(&failed));
            publish(Arc::new(Snapshot { page: Page::Closed, ..(*failed_snapshot(&failed)).clone() }));
            let code = failed.exit_code();
            Ok(thread::spawn(move || code))
        }
    };
    let conductor = match conductor {
        Ok(conductor) => conductor,
        Err(failed) => return complain(&failed),
    };
    front.run(style, &commands, BufReader::new(stdin()), &mut stdout().lock());
    conductor.join().unwrap_or(FAILED)
}

fn windowed(options: &Options, clock: Clock, ready: Result<(SignedStatement, Screen), Failed>) -> u8 {
    let (commands, wishes) = board();
    let (pane, conductor) = match ready {
        Ok(ready) => {
            let pane = Pane::new(ready.0.statement().organisation.name.clone());
            let publish = if options.json { terminal::run::tell(&Json, pane.publish()) } else { pane.publish() };
            match spawn(conductor(options, clock, ready, commands.clone(), wishes, publish)) {
                Ok(conductor) => (pane, conductor),
                Err(failed) => return complain(&failed),
            }
        }
        Err(failed @ Failed::Screen(_)) => return complain(&failed),
        Err(failed) => {
            complain(&failed);
            let pane = Pane::new(String::new());
            pane.publish()(failed_snapshot(&failed));
            let code = failed.exit_code();
            (pane, thread::spawn(move || code))
        }
    };
    if let Err(failed) = app::run(pane, commands.clone()) {
        commands.send(crate::snapshot::Command::Quit);
        let _ = conductor.join();
        return complain(&failed);
    }
    // However the window was closed: the session ends, properly.
    commands.send(crate::snapshot::Command::Quit);
    conductor.join().unwrap_or(FAILED)
}

fn conductor(
    options: &Options,
    clock: Clock,
    (statement, screen): (SignedStatement, Screen),
    commands: Commands,
    wishes: crate::board::Wishes,
    publish: Publish,
) -> Conductor {
    let locale = options.lang.clone().unwrap_or_else(|| crate::wording::LOCALE.to_owned());
    let code_style = options.code_style.map(|style| match style {
        Style::Digits => CodeStyle::Digits,
        Style::Words => CodeStyle::Words(deskhand_seal::code::language_of_tag(&locale).unwrap_or_default()),
    });
    Conductor {
        statement,
        clock,
        capture: kind(options.capture),
        screen,
        code_style,
        locale: crate::wording::LOCALE.to_owned(),
        save_receipt: options.save_receipt.clone(),
        once: options.headless,
        commands,
        wishes,
        publish,
    }
}

/// One thread for the network and the session: quinn's tasks share it.
fn spawn(conductor: Conductor) -> Result<JoinHandle<u8>, Failed> {
    let failed = |what: &'static str| move |error: std::io::Error| Failed::System { what, why: error.to_string() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed("the network"))?;
    thread::Builder::new()
        .name("conductor".into())
        .spawn(move || runtime.block_on(conductor.run(interrupted())))
        .map_err(failed("a thread"))
}

/// Ready when the system asks the program to end.
#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Whether there is a screen to show. Nothing of it is asked for: the gate is shut.
fn check_screen(options: &Options) -> Result<Screen, Failed> {
    let refused = |error: deskhand_capture::CaptureError| Failed::Screen(error.to_string());
    let kind = kind(options.capture);
    Environment::current().backend(kind).map_err(refused)?;
    deskhand_capture::open(kind, Arc::new(|| false)).map(|source| pipeline::shape(&*source)).map_err(refused)
}

fn kind(capture: Capture) -> Kind {
    match capture {
        Capture::Auto => Kind::Auto,
        Capture::X11 => Kind::X11,
        Capture::Scrap => Kind::Scrap,
        Capture::Pattern => Kind::Pattern,
    }
}

fn failed_snapshot(failed: &Failed) -> Arc<Snapshot> {
    let page = Page::Failed(failed.page());
    Arc::new(Snapshot { page, organisation: String::new(), standing: Standing::Unknown, notices: Vec::new(), stop_keys: None })
}

fn complain(failed: &Failed) -> u8 {
    eprintln!("{failed}\n{}", failed.hint());
    failed.exit_code()
}
