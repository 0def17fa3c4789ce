//! The front without a window: snapshots become lines, lines become commands.
//!
//! In scope: a state machine that is fed snapshots and input lines and gives back lines to print and commands, for people
//! ([`plain`]) and for scripts ([`json`]). It never assumes consent: only a line that was read while the question was open counts,
//! and the end of standard input is No. Not in scope: reading and printing ([`run`]).

mod answer;
pub mod json;
pub mod plain;
pub mod run;

use crate::{
    organisation,
    snapshot::{Command, Ended, Failure, Kept, Page, Question, Session, Snapshot},
    wording::Notice,
};
use answer::Answer;
use deskhand_session::{AnswerInput, Scopes};
use std::{collections::VecDeque, time::Instant};

/// Something to tell, in the order of the contract in the command line page.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    /// A code is ready.
    Code {
        /// The code.
        code: String,
        /// Seconds until it stops working.
        expires_s: u64,
    },
    /// The customer is asked.
    Consent {
        /// The question.
        question: Question,
        /// The organisation's own name for itself.
        organisation: String,
        /// The line about its domain.
        domain_line: String,
        /// The checked domain.
        domain: Option<String>,
    },
    /// An answer that can't be read.
    NotUnderstood,
    /// Allow does not work yet.
    TooEarly {
        /// Seconds to wait.
        seconds: u64,
    },
    /// What is allowed now.
    Granted(Scopes),
    /// A technician came or left.
    Technician {
        /// Came.
        joined: bool,
    },
    /// Something to know.
    Notice(Notice),
    /// It is over.
    Ended(Ended),
    /// The receipt was saved, or could not be.
    Receipt(Result<String, String>),
    /// It did not work.
    Failed(Failure),
}

/// How lines look.
pub trait Style {
    /// The lines for one thing to tell, without line ends.
    fn lines(&self, told: &Told) -> Vec<String>;
    /// Whether a person reads: then an early yes is refused with a word instead of being kept until it counts.
    fn is_for_people(&self) -> bool;
}

/// The front's memory: what was told last.
#[derive(Debug, Default)]
pub struct Front {
    code: Option<String>,
    question: Option<Question>,
    answered: bool,
    session: Option<Session>,
    notices: VecDeque<Notice>,
    no_more_input: bool,
    over: bool,
}

impl Front {
    /// What is new in `snapshot`, and the command that follows without anybody typing.
    pub fn snapshot(&mut self, snapshot: &Snapshot, now: Instant) -> (Vec<Told>, Option<Command>) {
        let mut told = Vec::new();
        let mut command = None;
        self.tell_notices(&snapshot.notices, &mut told);
        if !matches!(snapshot.page, Page::Question(_)) {
            self.question = None;
        }
        match &snapshot.page {
            Page::Connecting | Page::Pairing | Page::Starting | Page::CodeOver(_) | Page::Closed => {}
            Page::Code(code) => {
                self.session = None;
                if self.code.as_ref() != Some(&code.text) {
                    self.code = Some(code.text.clone());
                    let left = code.expires.saturating_duration_since(now);
                    told.push(Told::Code { code: code.text.clone(), expires_s: (left.as_millis() as u64).div_ceil(1_000) });
                }
            }
            Page::Question(question) => {
                if self.question.as_ref().is_none_or(|open| open.id != question.id) {
                    self.question = Some(question.clone());
                    self.answered = false;
                    told.push(Told::Consent {
                        question: question.clone(),
                        organisation: snapshot.organisation.clone(),
                        domain_line: organisation::line(&snapshot.standing),
                        domain: organisation::domain(&snapshot.standing).map(str::to_owned),
                    });
                    if self.no_more_input {
                        command = self.answer(Scopes::NONE, true);
                    }
                }
            }
            Page::Session(session) => self.tell_session(session, &mut told),
            Page::Ended(ended) => {
                self.tell_left(&mut told);
                if !self.over {
                    self.over = true;
                    told.push(Told::Ended(ended.clone()));
                }
                match &ended.receipt {
                    Some(Kept::Saved(file)) => told.push(Told::Receipt(Ok(file.clone()))),
                    Some(Kept::Failed(why)) => told.push(Told::Receipt(Err(why.clone()))),
                    Some(Kept::Ready) | None => {}
                }
                command = Some(Command::Quit);
            }
            Page::Failed(failure) => {
                self.tell_left(&mut told);
                if !self.over {
                    self.over = true;
                    told.push(Told::Failed(failure.clone()));
                }
                command = Some(Command::Quit);
            }
        }
        (told, command)
    }

    /// A line of standard input.
    pub fn line(&mut self, line: &str, for_people: bool, now: Instant) -> (Vec<Told>, Option<Command>) {
        let Some(answer) = answer::read(line) else { return (vec![Told::NotUnderstood], None) };
        if answer == Answer::Stop {
            return (Vec::new(), Some(Command::Stop(AnswerInput::Terminal)));
        }
        // A line from before the question was shown can't be an answer to it.
        let Some(question) = &self.question else { return (Vec::new(), None) };
        let scopes = match answer {
            Answer::Yes => question.scopes,
            Answer::Only(scopes, _) => scopes.both(question.scopes),
            Answer::No | Answer::Stop => Scopes::NONE,
        };
        let recorded = !matches!(answer, Answer::Only(_, false));
        let wait = question.allow_from.saturating_duration_since(now);
        if for_people && !scopes.is_empty() && !wait.is_zero() {
            return (vec![Told::TooEarly { seconds: (wait.as_millis() as u64).div_ceil(1_000) }], None);
        }
        (Vec::new(), self.answer(scopes, recorded))
    }

    /// Standard input ended: nobody can say yes any more.
    pub fn end_of_input(&mut self) -> Option<Command> {
        self.no_more_input = true;
        self.answer(Scopes::NONE, true)
    }

    /// One yes for one question; a no may follow it.
    fn answer(&mut self, scopes: Scopes, recorded: bool) -> Option<Command> {
        let question = self.question.as_ref()?;
        if self.answered && !scopes.is_empty() {
            return None;
        }
        self.answered = true;
        Some(Command::Answer { question: question.id, scopes, input: AnswerInput::Terminal, recorded })
    }

    fn tell_session(&mut self, session: &Session, told: &mut Vec<Told>) {
        let before = self.session.replace(session.clone());
        let was = before.as_ref().map(|before| before.scopes);
        if was.is_none_or(|was| session.scopes.iter().any(|scope| !was.has(scope))) {
            told.push(Told::Granted(session.scopes));
        }
        if before.is_none_or(|before| before.technician != session.technician) {
            told.push(Told::Technician { joined: true });
        }
    }

    fn tell_left(&mut self, told: &mut Vec<Told>) {
        if self.session.take().is_some() {
            told.push(Told::Technician { joined: false });
        }
    }

    /// Snapshots hold the last few notices; those that were not told yet are at the end.
    fn tell_notices(&mut self, notices: &[Notice], told: &mut Vec<Told>) {
        let known: Vec<Notice> = self.notices.iter().copied().collect();
        let overlap = (0..=notices.len().min(known.len())).rev().find(|count| known.ends_with(&notices[..*count])).unwrap_or(0);
        told.extend(notices[overlap..].iter().map(|notice| Told::Notice(*notice)));
        self.notices = notices.iter().copied().collect();
    }
}

#[cfg(test)]
mod tests;
