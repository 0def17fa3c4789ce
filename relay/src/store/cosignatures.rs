//! Technicians' cosignatures on their way to the disk.
//!
//! In scope: waiting for the head that a cosignature is over, checking both signatures, noticing that the host signed another log for a
//! technician than it sent here. Not in scope: our own cosignature (`folder`), judging a finished session (`audit::verify`).
//!
//! A host sends leaves and heads to the relay and to every technician at once, so a cosignature may be here first.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    path::Path,
};

use deskhand_audit::{
    Checkpoint, Entry, Event, Hash, Origin,
    bundle::{COSIGNATURES, whole_notes},
    note::Note,
};
use deskhand_identity::{PublicKey, Session, TechnicianCosign};

use super::{
    StoreError,
    appender::{Appender, sync_folder},
};

/// Cosignatures that may wait for their heads.
const MAX_EARLY: usize = 64;
/// Heads that a cosignature may still come for.
const MAX_HEADS: usize = 256;

/// What is known of the technicians' cosignatures of one session.
#[derive(Default)]
pub(super) struct Cosignatures {
    /// Their keys, and the largest size that each has cosigned.
    technicians: BTreeMap<u8, (PublicKey<TechnicianCosign>, u64)>,
    heads: VecDeque<(u64, Hash)>,
    early: Vec<(u8, Vec<u8>)>,
    file: Option<Appender>,
}

impl Cosignatures {
    /// Goes on with the file of a folder, when there is one.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(COSIGNATURES);
        let file = if path.exists() { Some(Appender::open(&path, |file| whole_notes(file))?) } else { None };
        Ok(Self { file, ..Self::default() })
    }

    /// Bytes on the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, Appender::length)
    }

    /// The file, made when there is none.
    pub(super) fn file(&mut self, folder: &Path) -> io::Result<&mut Appender> {
        match &mut self.file {
            Some(file) => Ok(file),
            none => {
                let file = Appender::open(&folder.join(COSIGNATURES), |file| whole_notes(file))?;
                sync_folder(folder)?;
                Ok(none.insert(file))
            }
        }
    }

    /// A leaf that may say who a technician is.
    pub(super) fn leaf(&mut self, entry: &Entry) {
        if let Event::TechIdentified(who) = &entry.event {
            self.technicians.insert(who.peer, (who.cosign, 0));
        }
    }

    /// A head that the host sent and that fits the leaves.
    pub(super) fn head(&mut self, size: u64, root: Hash) {
        if self.heads.len() == MAX_HEADS {
            self.heads.pop_front();
        }
        self.heads.push_back((size, root));
    }

    /// A technician's note; it is looked at when its head is here.
    pub(super) fn came(&mut self, peer: u8, note: Vec<u8>) {
        if self.early.len() < MAX_EARLY {
            self.early.push((peer, note));
        } else {
            tracing::warn!(peer, "a technician's cosignature was dropped: too many wait for their heads");
        }
    }

    /// The notes to be stored now. The error is a fork, whose proof is the last of the notes.
    pub(super) fn settle(&mut self, origin: &Origin, key: &PublicKey<Session>) -> (Vec<Vec<u8>>, Result<(), StoreError>) {
        let newest = self.heads.back().map_or(0, |(size, _)| *size);
        let (mut notes, mut result) = (Vec::new(), Ok(()));
        for (peer, note) in std::mem::take(&mut self.early) {
            let Some(head) = self.head_under(peer, &note, origin, key) else {
                if self.technicians.contains_key(&peer) {
                    tracing::warn!(peer, "a technician's cosignature does not count");
                } else {
                    self.early.push((peer, note));
                }
                continue;
            };
            if head.size > newest {
                self.early.push((peer, note));
                continue;
            }
            let oldest = self.heads.front().map_or(0, |(size, _)| *size);
            let known = self.heads.iter().find(|(size, _)| *size == head.size).map(|(_, root)| *root);
            if let Some(technician) = self.technicians.get_mut(&peer) {
                technician.1 = head.size;
            }
            if known != Some(head.root) && (known.is_some() || head.size > oldest) && result.is_ok() {
                result = Err(StoreError::fault(format!("the host signed another log of {} events for a technician than here", head.size)));
            }
            notes.push(note);
        }
        (notes, result)
    }

    /// The head under a note that this technician cosigned as its next.
    fn head_under(&self, peer: u8, bytes: &[u8], origin: &Origin, key: &PublicKey<Session>) -> Option<Checkpoint> {
        let (technician, last) = self.technicians.get(&peer)?;
        let note = Note::from_bytes(bytes).ok().filter(|note| note.to_bytes() == bytes)?;
        let head = Checkpoint::open(&note, origin, key).ok().filter(|head| head.size > *last)?;
        let [_, line] = &note.signatures[..] else { return None };
        note.check_cosignature(line, &origin.technician_name(peer), technician).ok()?;
        Some(head)
    }
}
