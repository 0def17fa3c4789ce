//! The conductor: connects, runs one session after the other, and says what is so.
//!
//! In scope: the program's life between start and exit code. It runs in one task on a thread of its own, beside the front.
//!
//! | file | what |
//! | --- | --- |
//! | `line` | the connection as tasks and queues |
//! | `attended` | one session: the state machine and what it leads to |
//! | `sender` | sealed updates on their way |
//! | `show` | what a front sees |
//! | `round_trip` | how far away a viewer is |

mod attended;
mod line;
mod round_trip;
mod sender;
mod show;

use crate::{
    board::{Commands, Publish, Wishes},
    clock::Clock,
    domain::Check,
    failure::{self, Failed},
    organisation,
    receipt::{self, Receipt},
    snapshot::{Command, Ended, Kept, Page, Reason, Snapshot},
    stop::StopSwitch,
    wording,
};
use attended::{Attended, Outcome, Parts};
use deskhand_capture::Kind;
use deskhand_identity::{RelayEntry, SecretKey, SignedStatement, Successor};
use deskhand_session::{
    AnswerInput, CodeStyle, Scope, Scopes, Standing,
    host::{HostConfig, HostInput, HostSession, Screen},
};
use line::Line;
use std::{path::PathBuf, sync::Arc};

/// What the conductor works with.
pub struct Conductor {
    /// The organisation's statement.
    pub statement: SignedStatement,
    /// The program's clock.
    pub clock: Clock,
    /// Where pixels come from.
    pub capture: Kind,
    /// Size and monitors of the screen as the program started, for the log.
    pub screen: Screen,
    /// How codes are made, when the command line says.
    pub code_style: Option<CodeStyle>,
    /// Language of the texts, for the log.
    pub locale: String,
    /// Where the receipt of a session goes without being asked.
    pub save_receipt: Option<PathBuf>,
    /// One session, then the exit code: there is nobody to press a button.
    pub once: bool,
    /// Where the stop key leaves its stop.
    pub commands: Commands,
    /// What the customer wants.
    pub wishes: Wishes,
    /// Where snapshots go.
    pub publish: Publish,
}

/// What a person does after a page that waits.
enum After {
    Again,
    Quit,
}

impl Conductor {
    /// Runs until the customer has enough. Gives the exit code. `interrupted` is ready when the system wants the program to end.
    pub async fn run(mut self, interrupted: impl Future<Output = ()>) -> u8 {
        let ask = self.commands.clone();
        // An interruption is a Quit like any other: the session ends properly.
        tokio::pin!(interrupted);
        let life = self.live();
        tokio::pin!(life);
        tokio::select! {
            code = &mut life => return code,
            () = &mut interrupted => ask.send(Command::Quit),
        }
        life.await
    }

    async fn live(&mut self) -> u8 {
        loop {
            self.show(Page::Connecting);
            let parts = tokio::select! {
                parts = Self::connect(&self.statement, &self.commands, Setting::of(self)) => parts,
                after = Self::wait(&mut self.wishes, &[]) => match after {
                    After::Again | After::Quit => return self.leave(failure::DONE),
                },
            };
            let mut over = None;
            let (code, quit, again) = match parts {
                Err(failed) => {
                    tracing::error!("{failed}");
                    self.show(Page::Failed(failed.page()));
                    (failed.exit_code(), false, false)
                }
                Ok(parts) => {
                    self.wishes.use_switch(parts.stop.clone());
                    match Attended::new(parts) {
                        Ok(attended) => {
                            let outcome = attended.run(&mut self.wishes, &mut self.publish).await;
                            let code = (exit_code(&outcome), outcome.quit, outcome.again);
                            over = outcome.receipt.map(|receipt| (outcome.ended, receipt));
                            if let (Some((ended, receipt)), Some(file)) = (&mut over, self.save_receipt.clone()) {
                                ended.receipt = Some(save(receipt, Ok(file)));
                                self.show(Page::Ended(ended.clone()));
                            }
                            code
                        }
                        Err(error) => {
                            let failed = Failed::System { what: "a thread", why: error.to_string() };
                            self.show(Page::Failed(failed.page()));
                            (failed.exit_code(), false, false)
                        }
                    }
                }
            };
            if quit || self.once {
                return self.leave(code);
            }
            if again {
                continue;
            }
            if let Some((ended, _)) = over.as_mut().filter(|(ended, _)| ended.receipt.is_none()) {
                ended.receipt = Some(Kept::Ready);
                let page = Page::Ended(ended.clone());
                self.show(page);
            }
            if let After::Quit = self.wait_after(over).await {
                return self.leave(code);
            }
        }
    }

    /// Waits for one of `again` or for the end.
    async fn wait(wishes: &mut Wishes, again: &[Command]) -> After {
        loop {
            match wishes.next().await {
                Some(Command::Quit | Command::Stop(_)) | None => return After::Quit,
                Some(command) if again.contains(&command) => return After::Again,
                Some(_) => {}
            }
        }
    }

    /// Waits for what the customer wants after a session; saves the receipt as often as it is wanted.
    async fn wait_after(&mut self, mut over: Option<(Ended, Receipt)>) -> After {
        loop {
            match self.wishes.next().await {
                Some(Command::Quit | Command::Stop(_)) | None => return After::Quit,
                Some(Command::NewCode | Command::Retry) => return After::Again,
                Some(Command::SaveReceipt) => {
                    if let Some((ended, receipt)) = &mut over {
                        let file = receipt::folder().map(|folder| folder.join(&receipt.name));
                        ended.receipt = Some(save(receipt, file));
                        let page = Page::Ended(ended.clone());
                        self.show(page);
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn leave(&mut self, code: u8) -> u8 {
        self.show(Page::Closed);
        code
    }

    fn show(&mut self, page: Page) {
        let organisation = self.statement.statement().organisation.name.clone();
        (self.publish)(Arc::new(Snapshot { page, organisation, standing: Standing::Unknown, notices: Vec::new(), stop_keys: None }));
    }

    async fn connect(held: &SignedStatement, commands: &Commands, setting: Setting) -> Result<Parts, Failed> {
        let key = SecretKey::from_seed(random("a session key")?);
        let seed = random("random numbers")?;
        // On its way while the relay is reached: the code waits for neither.
        let check = Check::start(&held.statement().organisation);
        let (relay, line, events_in, events) = reach(held, &key).await?;
        let statement = newest(held, line.statement.as_deref(), setting.clock);
        let mut check = check.of(&statement.statement().organisation);
        let config = HostConfig {
            seed,
            session_key: key,
            statement,
            standing: check.standing(),
            relay: relay.key,
            code_style: setting.code_style,
            scopes: Scopes::of(Scope::ALL),
            locale: setting.locale,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wording: Some(Box::new(|question| wording::consent_text(question, &organisation::line(&question.standing)))),
        };
        let mut session = HostSession::new(config, setting.clock.now()).map_err(|error| Failed::Start(error.to_string()))?;
        session.handle(setting.clock.now(), HostInput::Screen(setting.screen)).map_err(|error| Failed::Start(error.to_string()))?;
        let commands = commands.clone();
        Ok(Parts {
            session,
            check,
            line,
            events: (events_in, events),
            clock: setting.clock,
            stop: StopSwitch::default(),
            capture: setting.capture,
            one_code: setting.once,
            stop_key: Some(Box::new(move || commands.send(Command::Stop(AnswerInput::Key)))),
        })
    }
}

/// Saves a receipt, and says how that went.
fn save(receipt: &Receipt, file: std::io::Result<PathBuf>) -> Kept {
    match file.and_then(|file| receipt::save(receipt, &file)) {
        Ok(file) => Kept::Saved(file.display().to_string()),
        Err(error) => Kept::Failed(error.to_string()),
    }
}

/// What connecting needs to know beside the statement.
struct Setting {
    clock: Clock,
    capture: Kind,
    screen: Screen,
    code_style: Option<CodeStyle>,
    locale: String,
    once: bool,
}

impl Setting {
    fn of(conductor: &Conductor) -> Self {
        Self {
            clock: conductor.clock,
            capture: conductor.capture,
            screen: conductor.screen.clone(),
            code_style: conductor.code_style,
            locale: conductor.locale.clone(),
            once: conductor.once,
        }
    }
}

type Reached = (RelayEntry, Line, tokio::sync::mpsc::Sender<line::LineEvent>, tokio::sync::mpsc::Receiver<line::LineEvent>);

/// The first relay of the statement that lets us in.
async fn reach(held: &SignedStatement, key: &SecretKey<deskhand_identity::Session>) -> Result<Reached, Failed> {
    let mut failed = Failed::NoRelay;
    for relay in held.statement().relays.iter().filter(|relay| !relay.addresses.is_empty()) {
        match Line::open(relay, key, held.statement().serial).await {
            Ok((line, events_in, events)) => return Ok((relay.clone(), line, events_in, events)),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// The statement that counts: the relay's when it is newer, the organisation's, and good now.
fn newest(held: &SignedStatement, offered: Option<&str>, clock: Clock) -> SignedStatement {
    let Some(offered) = offered else { return held.clone() };
    let checked = SignedStatement::parse(offered).and_then(|newer| {
        let successor = held.successor(&newer)?;
        newer.statement().check_time(clock.now().wall_ms)?;
        Ok((successor, newer))
    });
    match checked {
        Ok((Successor::Newer, newer)) => newer,
        Ok((Successor::Same, _)) => held.clone(),
        Err(error) => {
            tracing::warn!(%error, "the relay's statement is not used");
            held.clone()
        }
    }
}

fn random(what: &'static str) -> Result<[u8; 32], Failed> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failed::System { what, why: error.to_string() })?;
    Ok(bytes)
}

fn exit_code(outcome: &Outcome) -> u8 {
    match (outcome.ended.reason, outcome.ended.was_seen) {
        _ if outcome.denied => failure::REFUSED,
        (Reason::Customer | Reason::Technician, _) | (Reason::Timeout, true) => failure::DONE,
        (Reason::Timeout, false) | (Reason::Refused, _) => failure::REFUSED,
        (Reason::Link, _) => failure::UNREACHABLE,
        (Reason::Log | Reason::Capture | Reason::Protocol, _) => failure::FAILED,
    }
}
