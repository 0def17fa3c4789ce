//! `script`: a session without a window, one JSON command a line in, one JSON line out for each.
//!
//! In scope: the session's course, reading commands one after the other, exit codes. Not in scope: their form
//! (`command`), doing them (`act`), what is told in between (`herald`).
//!
//! Lines on standard output: every command gets exactly one line with `ok`, in the order of the commands. Lines with
//! `event` may stand anywhere between them and answer nothing. Commands are read once the customer has allowed something;
//! after the end they are answered for [`LINGER`] more, so that `{"do":"wait","for":"end"}` is answered whenever it comes.

mod act;
pub(crate) mod command;
mod herald;
mod lines;
mod stop;

use crate::{
    board::Board,
    clock::Clock,
    conductor::{self, Audience, Order, Wish},
    desk, dial,
    failure::{Exit, Failure},
    options::Session,
    picture::Picture,
    setup::Setup,
    state::{Command, Snapshot},
};
use deskhand_session::Code;
use herald::Known;
use lines::Lines;
use std::{
    io::BufRead as _,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// How long commands are still answered after the session ended by itself.
const LINGER: Duration = Duration::from_secs(2);

/// Shown by `script --help`.
pub(crate) const HELP: &str = r#"One JSON object a line on standard input:
  {"do":"wait","for":"view|still|control|end","timeout_ms":5000}
  {"do":"snapshot","file":"a.png"}
  {"do":"request","scope":"control","minutes":5,"reason":"…"}    {"do":"release"}
  {"do":"pointer","x":10,"y":20,"click":"left|double|right|press|release"}
  {"do":"wheel","x":0,"y":-3}    {"do":"drag","from":[1,2],"to":[3,4]}
  {"do":"type","text":"…"}       {"do":"key","chord":"ctrl+alt+Delete"}
  {"do":"look","monitor":1}      {"do":"stats"}      {"do":"end"}
Each is answered by one line, {"ok":true,…} or {"ok":false,"error":"…"}, when it is really done. Lines with "event" may stand
between the answers: paired, asking, granted, denied, revoked, refused, input-refused, stale, screen, ended.
The end of standard input ends the session."#;

/// Everything that commands work with.
struct Stage {
    orders: mpsc::Sender<Order>,
    board: Board,
    clock: Clock,
    known: watch::Receiver<Known>,
    picture: Arc<Picture>,
}

/// Runs a script to its end.
///
/// # Errors
/// [`Failure`] for `main`: it was said on standard output too.
pub(crate) fn run(session: &Session) -> Result<(), Failure> {
    let code = match session.code.as_deref() {
        None => return Err(Failure::usage("a script needs the customer's code: --code CODE, or --code - to read it as the first line")),
        Some("-") => first_line()?,
        Some(code) => code.to_owned(),
    };
    let mut setup = Setup::load(session, None)?;
    let code = Code::parse(&code, desk::language(&setup)).map_err(|error| Failure::usage(error.to_string()))?;
    let wish = Wish { code, ticket: session.ticket.clone(), reason: session.reason.clone() };
    let runtime = crate::runtime()?;
    let lines = Lines::start().map_err(|error| Failure::local(error.to_string()))?;
    let result = runtime.block_on(play(&mut setup, wish, &lines));
    lines.finish();
    result
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| Failure::usage(format!("no code can be read: {error}")))?;
    Ok(line)
}

async fn play(setup: &mut Setup, wish: Wish, lines: &Lines) -> Result<(), Failure> {
    let connecting = conductor::connecting(dial::addresses(setup), &wish);
    let board = Board::new(Snapshot::Connecting(connecting), || {});
    let dialed = dial::dial(setup).await.inspect_err(|failure| lines.event(herald::failed(failure)))?;
    if let Some(notice) = &dialed.notice {
        tracing::warn!("{notice}");
    }
    let clock = Clock::start();
    let (orders, inbox) = mpsc::channel(8);
    let (notices, told) = mpsc::unbounded_channel();
    let (knows, mut known) = watch::channel(Known::default());
    let audience = Audience { board: board.clone(), notices: Some(notices), window: None, clock };
    let picture = Arc::new(OnceLock::new());
    let ready = picture.clone();
    let setup = &*setup;
    let session = async move {
        // Dropped with the session: an order that comes later is answered by its absence.
        let mut inbox = inbox;
        conductor::run(setup, dialed, wish, audience, &mut inbox, move |picture| drop(ready.set(picture))).await
    };
    let commands = async {
        let begun = known.wait_for(|known| !known.granted.is_empty() || known.ended.is_some()).await.map_err(|_| ())?.ended.is_none();
        if !begun {
            return Err(());
        }
        let picture: Arc<Picture> = picture.get().cloned().ok_or(())?;
        let stage = Stage { orders, board, clock, known, picture };
        tokio::select! {
            () = obey(&stage, lines) => {}
            () = stop::asked() => drop(stage.orders.send(Command::End.into()).await),
        }
        Ok::<(), ()>(())
    };
    let (failure, _) = tokio::join!(herald::tell(session, told, &knows, lines), commands);
    failure
}

/// Reads and answers commands until there is nothing left to answer.
async fn obey(stage: &Stage, lines: &Lines) {
    let mut commands = lines::input();
    let mut known = stage.known.clone();
    loop {
        let over = known.borrow_and_update().ended.is_some();
        let line = tokio::select! {
            line = commands.recv() => line,
            () = tokio::time::sleep(LINGER), if over => return,
            _ = known.changed(), if !over => continue,
        };
        let Some(line) = line else {
            let _over = stage.orders.send(Command::End.into()).await;
            return;
        };
        if line.trim().is_empty() {
            continue;
        }
        match command::parse(&line) {
            Ok(command) => {
                let last = command == command::Command::End;
                lines.answer(act::act(stage, command).await);
                if last {
                    return;
                }
            }
            Err(error) => lines.answer(Err(error)),
        }
    }
}

/// A failure for a session that did not come about.
fn not_begun(text: String) -> Failure {
    Failure::new(Exit::Failed, text)
}
