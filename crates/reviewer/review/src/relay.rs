//! A reviewer's line to the relay: the half of a key, holds, erasures. Whatever the relay does is proven to be in its log.
//!
//! In scope: one question and its answer. Not in scope: what is done with the answer.

use std::{fs, path::Path, time::Duration};

use deskhand_audit::{
    Origin,
    organisation::{OrganisationEntry, OrganisationEvent, Proof},
};
use deskhand_identity::{ReviewerSecret, SessionId, SignedStatement};
use deskhand_link::{CloseCode, Me, connect, hello};
use deskhand_wire::{
    Text,
    limits::{MAX_PURPOSE, MAX_RELAY_FRAME},
    relay::{RelayToReviewer, ReviewRefusal, ReviewerToRelay, Role},
};
use tokio::time::timeout;

use crate::failure::Failure;

/// How long a relay may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

const NO_PURPOSE: &str = "say what for with --purpose TEXT: it is entered in the organisation's log";

/// A relay of the organisation, and who asks it.
pub(crate) struct Line<'a> {
    statement: SignedStatement,
    secret: &'a ReviewerSecret,
}

impl<'a> Line<'a> {
    /// To the relay of this statement.
    ///
    /// # Errors
    /// [`Failure`] when the file is no statement.
    pub(crate) fn to(config: &Path, secret: &'a ReviewerSecret) -> Result<Self, Failure> {
        let fail = |why: &dyn std::fmt::Display| Failure::failed(format!("the statement {} cannot be used: {why}", config.display()));
        let bytes = fs::read(config).map_err(|why| fail(&why))?;
        Ok(Self { statement: SignedStatement::parse(&bytes).map_err(|why| fail(&why))?, secret })
    }

    /// The half of a session's key. The relay enters the purpose in its log first.
    ///
    /// # Errors
    /// [`Failure`]: not reached, refused, or not entered.
    pub(crate) fn half(&self, sid: SessionId, purpose: &str) -> Result<[u8; 32], Failure> {
        if purpose.trim().is_empty() {
            return Err(Failure::usage(NO_PURPOSE));
        }
        let message = ReviewerToRelay::Half { session: *sid.bytes(), purpose: words(purpose)? };
        let RelayToReviewer::Half { half, proof } = self.ask(&message)? else { return Err(confused()) };
        let entered = self.entered(&proof)?;
        match entered.event {
            OrganisationEvent::RecordingOpened { sid: of, purpose: said, .. } if of == sid && said == purpose => Ok(half),
            _ => Err(confused()),
        }
    }

    /// A session is exported.
    ///
    /// # Errors
    /// As [`Line::half`].
    pub(crate) fn exported(&self, sid: SessionId, format: &str, purpose: &str) -> Result<OrganisationEntry, Failure> {
        if purpose.trim().is_empty() {
            return Err(Failure::usage(NO_PURPOSE));
        }
        let format = Text::new(format).map_err(|_| Failure::usage("there is no such form"))?;
        self.enter(&ReviewerToRelay::Exported { session: *sid.bytes(), format, purpose: words(purpose)? })
    }

    /// The session must not be erased, or may be again.
    ///
    /// # Errors
    /// As [`Line::half`].
    pub(crate) fn hold(&self, sid: SessionId, on: bool, reason: &str) -> Result<OrganisationEntry, Failure> {
        self.enter(&ReviewerToRelay::Hold { session: *sid.bytes(), on, reason: words(reason)? })
    }

    /// Destroys the relay's half of a session's key and its personal values.
    ///
    /// # Errors
    /// As [`Line::half`].
    pub(crate) fn erase(&self, sid: SessionId, reason: &str) -> Result<OrganisationEntry, Failure> {
        self.enter(&ReviewerToRelay::Erase { session: *sid.bytes(), reason: words(reason)? })
    }

    fn enter(&self, message: &ReviewerToRelay) -> Result<OrganisationEntry, Failure> {
        match self.ask(message)? {
            RelayToReviewer::Entered { proof } => self.entered(&proof),
            _ => Err(confused()),
        }
    }

    /// The entry, when the relay really has it in its log.
    fn entered(&self, proof: &[u8]) -> Result<OrganisationEntry, Failure> {
        let stated = self.statement.statement();
        let origin = Origin::of_organisation(&stated.organisation.key, stated.organisation.domain.as_deref());
        let proof = Proof::from_bytes(proof).map_err(|_| confused())?;
        let by = |relay: &deskhand_identity::RelayEntry| proof.open(&origin, &relay.key).ok();
        stated.relays.iter().find_map(by).ok_or_else(|| {
            Failure::refused("the relay did not prove that this is entered in the organisation's log: tell whoever watches over it")
        })
    }

    fn ask(&self, message: &ReviewerToRelay) -> Result<RelayToReviewer, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| Failure::failed(format!("the network cannot be used: {why}")))?;
        let answer = runtime.block_on(async {
            timeout(PATIENCE, self.converse(message)).await.map_err(|_| Failure::unreachable("the relay does not answer: try again"))?
        })?;
        match answer {
            RelayToReviewer::Refused(refusal) => Err(Failure::refused(sentence(refusal))),
            answer => Ok(answer),
        }
    }

    async fn converse(&self, message: &ReviewerToRelay) -> Result<RelayToReviewer, Failure> {
        let stated = self.statement.statement();
        let me = Me::reviewer(&self.secret.tls).map_err(Failure::from_link)?;
        let relay = stated.relays.first().ok_or_else(|| Failure::usage("the statement names no relay"))?;
        let connection = connect(&relay.addresses, &relay.key, &me).await.map_err(Failure::from_link)?;
        let mut greeting = hello(&connection, Role::Reviewer, stated.serial).await.map_err(Failure::from_link)?;
        greeting.writer.send(message).await.map_err(Failure::from_link)?;
        let answer = greeting.reader.recv(MAX_RELAY_FRAME).await.map_err(Failure::from_link)?;
        connection.close_and_flush(CloseCode::Done, "everything was said").await;
        answer.ok_or_else(|| Failure::unreachable("the relay said nothing: try again"))
    }
}

fn words(text: &str) -> Result<Text<MAX_PURPOSE>, Failure> {
    Text::new(text).map_err(|_| Failure::usage(format!("a purpose or reason has at most {MAX_PURPOSE} bytes")))
}

fn confused() -> Failure {
    Failure::failed("the relay answered something else than was asked: are both of the same version?")
}

fn sentence(refusal: ReviewRefusal) -> &'static str {
    match refusal {
        ReviewRefusal::NoReviewer => {
            "this key is not a reviewer's of this organisation: ask your administrator (deskhand-relay reviewer add)"
        }
        ReviewRefusal::NoSession => "the relay has no such session: deskhand-review list shows those it has",
        ReviewRefusal::Erased => "this session was erased: what was on the screen cannot be opened any more",
        ReviewRefusal::Held => "the session is on hold and must not be erased: deskhand-review hold SID --clear takes the hold away",
        ReviewRefusal::Running => "the session is still running: wait until it has ended",
        ReviewRefusal::Failed => "the relay's disk says no: tell your administrator to look at it",
    }
}
