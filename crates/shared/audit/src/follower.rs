//! A log as somebody follows it who does not write it: leaves in order, and the heads over them.
//!
//! In scope: that each leaf is the next of this session, that a head is signed by its host and is over exactly the leaves that came,
//! cosigning it. Not in scope: whether what the leaves say is true (`session`), sending anything.

use deskhand_identity::{Kind, PublicKey, SecretKey, Session, SessionId};

use crate::{
    checkpoint::{Checkpoint, CheckpointError, Origin},
    entry::{Entry, EntryError},
    frontier::Frontier,
    note::{Note, NoteError},
};

/// A log from some leaf on.
#[derive(Debug, Clone)]
pub struct Follower {
    sid: SessionId,
    key: PublicKey<Session>,
    origin: Origin,
    tree: Frontier,
    signed: u64,
}

/// Why a leaf or a head is not the next one of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// It is no event.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// It has another place, or belongs to another session.
    #[error("an event is missing, or belongs to another session")]
    OutOfOrder,
    /// It is no head of this log that its host signed.
    #[error(transparent)]
    Head(#[from] CheckpointError),
    /// It is no note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The host signed something else than it sent.
    #[error("the signed head is not over the events that came before it")]
    OtherLog,
}

impl Follower {
    /// Goes on from the leaves under `tree`.
    pub fn new(sid: SessionId, key: PublicKey<Session>, origin: Origin, tree: Frontier) -> Self {
        Self { sid, key, origin, signed: tree.size(), tree }
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Whether every leaf is under a head that fitted.
    pub fn is_signed(&self) -> bool {
        self.signed == self.tree.size()
    }

    /// Takes in the next leaf.
    ///
    /// # Errors
    /// A [`FollowError`]; nothing is taken in then.
    pub fn leaf(&mut self, bytes: &[u8]) -> Result<Entry, FollowError> {
        let entry = Entry::from_leaf(bytes)?;
        if entry.seq != self.tree.size() || entry.sid != self.sid {
            return Err(FollowError::OutOfOrder);
        }
        self.tree.append(bytes);
        Ok(entry)
    }

    /// Cosigns a head as the technician of this number, at this time (seconds since the Unix epoch): the note with both signatures. It
    /// goes on from every head cosigned before, because the leaves do.
    ///
    /// # Errors
    /// A [`FollowError`].
    pub fn cosign<K: Kind>(&mut self, head: &[u8], peer: u8, key: &SecretKey<K>, seconds: u64) -> Result<(u64, Note), FollowError> {
        let mut note = Note::from_bytes(head)?;
        let checkpoint = Checkpoint::open(&note, &self.origin, &self.key)?;
        if note.signatures.len() != 1 || checkpoint.size != self.tree.size() || checkpoint.root != self.tree.root() {
            return Err(FollowError::OtherLog);
        }
        self.signed = checkpoint.size;
        note.signatures.push(note.cosignature(&self.origin.technician_name(peer), key, seconds));
        Ok((checkpoint.size, note))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Draft, Event, Log, Organisation};
    use deskhand_identity::TechnicianCosign;

    fn log(seed: u8) -> (Log, SecretKey<Session>, SessionId) {
        let key = SecretKey::<Session>::from_seed([seed; 32]);
        let organisation = SecretKey::<deskhand_identity::Organisation>::from_seed([9; 32]).public();
        let sid = SessionId::of(&key.public());
        (Log::new(sid, &Organisation { key: organisation, name: "Acme".into(), domain: None }), key, sid)
    }

    fn event(log: &mut Log) -> Vec<u8> {
        log.append(Draft::new(1, 1, Actor::host(), Event::LinkLost { peer: None })).bytes
    }

    #[test]
    fn a_head_is_cosigned_when_it_is_over_what_was_sent_and_only_then() {
        let (mut log, key, sid) = log(1);
        let mine = SecretKey::<TechnicianCosign>::from_seed([7; 32]);
        (0..3).for_each(|_| drop(event(&mut log)));
        let mut follower = Follower::new(sid, key.public(), log.origin().clone(), log.frontier().clone());
        follower.leaf(&event(&mut log)).unwrap();
        assert!(!follower.is_signed());
        let (size, head) = log.checkpoint(&key).unwrap();
        let (cosigned, note) = follower.cosign(&head, 1, &mine, 5).unwrap();
        assert_eq!((size, cosigned, follower.is_signed()), (4, 4, true));
        let name = log.origin().technician_name(1);
        assert_eq!(note.check_cosignature(&note.signatures[1], &name, &mine.public()), Ok(5));

        // An event that the host signed and did not send.
        event(&mut log);
        let (_, head) = log.checkpoint(&key).unwrap();
        assert_eq!(follower.cosign(&head, 1, &mine, 6), Err(FollowError::OtherLog));
    }

    #[test]
    fn leaves_out_of_order_or_of_another_session_are_refused() {
        let (mut log, key, sid) = log(1);
        let mut follower = Follower::new(sid, key.public(), log.origin().clone(), log.frontier().clone());
        let (first, second) = (event(&mut log), event(&mut log));
        assert_eq!(follower.leaf(&second), Err(FollowError::OutOfOrder));
        follower.leaf(&first).unwrap();
        assert_eq!(follower.leaf(&first), Err(FollowError::OutOfOrder));
        let (mut other, ..) = self::log(2);
        event(&mut other);
        assert_eq!(follower.leaf(&event(&mut other)), Err(FollowError::OutOfOrder));
        assert!(matches!(follower.leaf(b"{}"), Err(FollowError::Entry(_))));
    }
}
