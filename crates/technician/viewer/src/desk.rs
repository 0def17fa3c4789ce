//! Sessions one after the other for a window: passphrase, code, session, how it ended, and again.
//!
//! In scope: what comes after what. Not in scope: a session itself (`conductor`), how it looks (`window`).

use crate::{
    board::Board,
    clock::Clock,
    conductor::{self, Audience, Order, Outcome, Wish},
    dial,
    failure::{Exit, Failure, denial_text, of_ending},
    options::Session,
    setup::{self, Setup},
    state::{Command, Entry, Over, Snapshot, Unlock},
};
use deskhand_identity::CodeLanguage;
use deskhand_paint::Parent;
use deskhand_seal::code::Language;
use deskhand_session::Code;
use tokio::sync::mpsc;

/// What a window works on.
pub(crate) struct Desk {
    pub(crate) session: Session,
    pub(crate) board: Board,
    pub(crate) clock: Clock,
    /// The window's own.
    pub(crate) window: Parent,
    /// A code given on the command line: the first session begins by itself.
    pub(crate) code: Option<String>,
}

/// The list that an organisation's codes are drawn from.
pub(crate) fn language(setup: &Setup) -> Language {
    match setup.statement.statement().policy.code_language {
        CodeLanguage::English => Language::English,
        CodeLanguage::ChineseSimplified => Language::SimplifiedChinese,
        CodeLanguage::ChineseTraditional => Language::TraditionalChinese,
        CodeLanguage::Czech => Language::Czech,
        CodeLanguage::French => Language::French,
        CodeLanguage::Italian => Language::Italian,
        CodeLanguage::Japanese => Language::Japanese,
        CodeLanguage::Korean => Language::Korean,
        CodeLanguage::Portuguese => Language::Portuguese,
        CodeLanguage::Spanish => Language::Spanish,
    }
}

impl Desk {
    /// Runs until the window is closed.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        while let Some(round) = self.round(&mut orders).await {
            self.board.show(Snapshot::Over(round));
            loop {
                match orders.recv().await {
                    None => return,
                    Some(Order { command: Command::Again, .. }) => break,
                    Some(order) => refuse(order),
                }
            }
        }
    }

    /// From the files to the end of one session; `None` when the window was closed.
    async fn round(&mut self, orders: &mut mpsc::Receiver<Order>) -> Option<Over> {
        let mut setup = match self.load(orders).await? {
            Ok(setup) => setup,
            Err(failure) => return Some(Over { failure, was_live: false }),
        };
        let wish = match self.wish(&setup, orders).await? {
            Ok(wish) => wish,
            Err(failure) => return Some(Over { failure, was_live: false }),
        };
        self.board.show(Snapshot::Connecting(conductor::connecting(dial::addresses(&setup), &wish)));
        let dialed = tokio::select! {
            dialed = dial::dial(&mut setup) => dialed,
            () = stopped(orders) => Err(Failure::new(Exit::Done, "You stopped connecting.")),
        };
        let dialed = match dialed {
            Ok(dialed) => dialed,
            Err(failure) => return Some(Over { failure, was_live: false }),
        };
        let audience = Audience { board: self.board.clone(), notices: None, window: Some(self.window), clock: self.clock };
        let outcome = conductor::run(&setup, dialed, wish, audience, orders, drop).await;
        let was_live = matches!(&*self.board.snapshot(), Snapshot::Live(_));
        let failure = match outcome {
            Ok(Outcome::Ended(ending)) => of_ending(&ending),
            Ok(Outcome::Refused(why)) => Failure::new(Exit::Refused, sentence(denial_text(why))),
            Err(failure) => failure,
        };
        Some(Over { failure, was_live })
    }

    async fn load(&self, orders: &mut mpsc::Receiver<Order>) -> Option<Result<Setup, Failure>> {
        match setup::needs_passphrase(&self.session) {
            Ok(false) => return Some(Setup::load(&self.session, None)),
            Err(failure) => return Some(Err(failure)),
            Ok(true) => {}
        }
        let file = crate::place::key(self.session.key.as_deref()).map(|path| path.display().to_string()).unwrap_or_default();
        let mut page = Unlock { file, wrong: None, busy: false };
        loop {
            self.board.show(Snapshot::Unlock(page.clone()));
            match orders.recv().await? {
                Order { command: Command::Unlock(passphrase), .. } => {
                    self.board.show(Snapshot::Unlock(Unlock { busy: true, ..page.clone() }));
                    let session = self.session.clone();
                    // The hash of a passphrase takes its time on purpose.
                    let load = tokio::task::spawn_blocking(move || Setup::load(&session, Some(&passphrase.0)));
                    match load.await {
                        Ok(Ok(setup)) => return Some(Ok(setup)),
                        Ok(Err(failure)) if failure.exit == Exit::Failed => page.wrong = Some(failure.text),
                        Ok(Err(failure)) => return Some(Err(failure)),
                        Err(error) => return Some(Err(Failure::local(error.to_string()))),
                    }
                }
                order => refuse(order),
            }
        }
    }

    async fn wish(&mut self, setup: &Setup, orders: &mut mpsc::Receiver<Order>) -> Option<Result<Wish, Failure>> {
        let language = language(setup);
        if let Some(code) = self.code.take() {
            let (ticket, reason) = (self.session.ticket.clone(), self.session.reason.clone());
            return Some(match Code::parse(&code, language) {
                Ok(code) => Ok(Wish { code, ticket, reason }),
                Err(error) => Err(Failure::usage(sentence(&error.to_string()))),
            });
        }
        let organisation = setup.statement.statement().organisation.name.clone();
        self.board.show(Snapshot::Entry(Entry { organisation, language }));
        loop {
            match orders.recv().await? {
                Order { command: Command::Connect { code, ticket, reason }, .. } => return Some(Ok(Wish { code, ticket, reason })),
                order => refuse(order),
            }
        }
    }
}

fn refuse(order: Order) {
    if let Some(done) = order.done {
        let _gone = done.send(Err("not now".into()));
    }
}

/// Waits until the person stops connecting or closes the window.
async fn stopped(orders: &mut mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        if matches!(order.command, Command::End | Command::Again) {
            return;
        }
        refuse(order);
    }
}

/// A sentence with a capital and a full stop, from an error's words.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    let mut out: String = first.into_iter().flatten().chain(characters).collect();
    if !out.ends_with(['.', '!', '?']) {
        out.push('.');
    }
    out
}
