//! What technicians put their names to: the notes of `cosignatures.txt`.
//!
//! In scope: form, both signatures, whether each head is one of the log that is here, from where on a technician's cosignature is
//! missing. Not in scope: who the technicians are (`people`), the relay's cosignatures (`heads`).
//!
//! A technician's program computes each head itself, from the leaves that the host sent it, and sends it to the relay: a head that does
//! not fit proves that the host showed two histories.

use std::{
    collections::BTreeSet,
    io::{self, BufReader},
};

use deskhand_identity::{PublicKey, TechnicianCosign};

use super::{Findings, Store, Witness, events::Log};
use crate::{
    bundle::{COSIGNATURES, Found, Manifest, NoteReader},
    checkpoint::{Checkpoint, Origin},
    encoding::Hash,
    note::Note,
};

/// The most notes that are read: a head each second for eighteen hours.
const MAX_NOTES: usize = 1 << 16;

/// A technician's program has this long for its cosignature, as the policy's default says; milliseconds.
const COSIGNATURE_MS: u64 = 15_000;

/// The notes as stored.
#[derive(Default)]
pub(super) struct Cosignatures {
    notes: Vec<(u64, Note)>,
    torn: bool,
}

impl Cosignatures {
    /// The sizes that they speak of.
    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.notes.iter().map(|(size, _)| *size)
    }
}

/// A technician's stay, as the events tell it.
pub(super) struct Stay {
    pub(super) peer: u8,
    pub(super) key: PublicKey<TechnicianCosign>,
    /// The event that says who it is.
    pub(super) from: u64,
    /// When it left, milliseconds since the Unix epoch; `None` until the end.
    pub(super) until_ms: Option<u64>,
    /// The host holds its cosignature of so many events, as it says.
    pub(super) held: u64,
}

/// Reads the notes; what they say is checked once the leaves are known.
pub(super) fn read(store: &dyn Store, names: &BTreeSet<String>, findings: &mut Findings) -> io::Result<Cosignatures> {
    let mut all = Cosignatures::default();
    if !names.contains(COSIGNATURES) {
        return Ok(all);
    }
    let mut reader = NoteReader::new(BufReader::new(store.open(COSIGNATURES)?));
    let mut bytes = Vec::new();
    loop {
        let nth = all.notes.len() + 1;
        match reader.next(&mut bytes)? {
            Found::End => return Ok(all),
            Found::Torn => {
                if reader.has_more()? {
                    findings.tampered(0, format!("{COSIGNATURES}: what stands at note {nth} is no signed note."));
                }
                all.torn = true;
                return Ok(all);
            }
            Found::Whole if nth > MAX_NOTES => {
                findings.tampered(0, format!("{COSIGNATURES}: more than {MAX_NOTES} notes."));
                return Ok(all);
            }
            Found::Whole => {}
        }
        let note = Note::from_bytes(&bytes).ok().filter(|note| note.to_bytes() == bytes);
        let read = note.and_then(|note| Some((note.text.lines().nth(1)?.parse().ok()?, note)));
        match read {
            Some(read) => all.notes.push(read),
            None => {
                findings.tampered(0, format!("{COSIGNATURES}: note {nth} is not written as a signed note."));
                return Ok(all);
            }
        }
    }
}

/// Checks every note against the log, and says up to where each technician has cosigned it.
pub(super) fn check(cosignatures: &Cosignatures, log: &Log, manifest: &Manifest, findings: &mut Findings) -> Vec<Witness> {
    let Some(created) = &log.created else { return Vec::new() };
    let origin = Origin::of_session(&created.organisation, &manifest.sid);
    if cosignatures.torn {
        findings.leftover(log, format!("{COSIGNATURES} ends within a line."));
    }
    let mut witnesses: Vec<Witness> = log.stays.iter().map(|stay| Witness { peer: stay.peer, from: stay.from, cosigned: 0 }).collect();
    for (nth, (_, note)) in cosignatures.notes.iter().enumerate() {
        match open(note, &origin, log, manifest) {
            Ok((at, head)) => match log.roots.get(&head.size) {
                _ if witnesses[at].cosigned >= head.size => {
                    findings.tampered(head.size, format!("{COSIGNATURES}: note {} stands after one over as many events.", nth + 1));
                }
                Some(root) if *root == head.root => witnesses[at].cosigned = head.size,
                Some(_) => forked(&head, witnesses[at].peer, findings),
                None if log.is_ended() => forked(&head, witnesses[at].peer, findings),
                None => {
                    let (size, peer) = (head.size, witnesses[at].peer);
                    findings.truncated(
                        log.signed,
                        format!("Technician {peer} has seen and cosigned {size} events, only {} are here.", log.events),
                    );
                }
            },
            Err(why) => findings.tampered(0, format!("{COSIGNATURES}: note {}: {why}.", nth + 1)),
        }
    }
    for (witness, stay) in witnesses.iter().zip(&log.stays) {
        let until = stay.until_ms.unwrap_or(log.last_ms);
        let late =
            |(size, t_ms): &&(u64, u64)| *size > stay.from && *size > witness.cosigned && t_ms.saturating_add(COSIGNATURE_MS) <= until;
        let from = witness.cosigned.max(stay.from);
        if stay.held > witness.cosigned {
            let sentence = format!(
                "The host held technician {}'s cosignature of {} events; from event {from} on none is stored: it was lost or taken away.",
                witness.peer, stay.held
            );
            findings.unilateral(from, sentence);
        } else if log.heads.iter().any(|head| late(&head)) {
            findings.unilateral(from, format!("The cosignature of technician {} is missing from event {from} on.", witness.peer));
        } else if witness.cosigned > 0 {
            findings.note(format!("Technician {} saw the first {} events and cosigned them.", witness.peer, witness.cosigned));
        }
    }
    witnesses
}

fn forked(head: &Checkpoint, peer: u8, findings: &mut Findings) {
    let size = head.size;
    findings.forked(size, format!("The host signed another log of {size} events for technician {peer} than the one that is here."));
}

/// Whose note it is, as a place in `log.stays`, and the head.
fn open(note: &Note, origin: &Origin, log: &Log, manifest: &Manifest) -> Result<(usize, Checkpoint), String> {
    let head = Checkpoint::open(note, origin, &manifest.session_key).map_err(|why| why.to_string())?;
    let [_, line] = &note.signatures[..] else { return Err("it does not carry two signatures".into()) };
    let whose = log.stays.iter().position(|stay| origin.technician_name(stay.peer) == line.name);
    let at = whose.ok_or("it is signed by nobody who was in the session")?;
    let stay = &log.stays[at];
    note.check_cosignature(line, &line.name, &stay.key).map_err(|why| why.to_string())?;
    if head.size <= stay.from { Err("it is over less than the technician has seen".into()) } else { Ok((at, head)) }
}

/// Roots by size that are asked for.
pub(super) type Roots = std::collections::BTreeMap<u64, Hash>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Verdict,
        testing::{MemoryStore, PEER, Synthetic, ended_session, running_session},
        verify::verify,
    };

    /// A session whose heads from the second on the technician has cosigned.
    fn witnessed() -> Synthetic {
        let mut session = running_session(41);
        session.witness();
        session.checkpoint();
        session.witness();
        session.event(crate::Actor::customer(), crate::Event::CustomerStop { how: crate::AnswerInput::Pointer });
        session.event(crate::Actor::host(), crate::Event::ControlRevoked { peer: PEER, grant: 1, by: crate::By::Customer });
        session.event(crate::Actor::host(), crate::Event::ViewStopped { peer: PEER, by: crate::By::Customer });
        session.end();
        session
    }

    fn verdict(session: &Synthetic, cosignatures: Vec<u8>) -> (Verdict, u64) {
        let mut store: MemoryStore = session.store.clone();
        store.files.insert(COSIGNATURES.into(), cosignatures);
        let report = verify(&store, &session.options()).unwrap();
        (report.verdict, report.technicians.first().map_or(0, |witness| witness.cosigned))
    }

    #[test]
    fn every_byte_of_the_cosignatures_counts_and_they_say_how_far_the_technician_saw() {
        let session = witnessed();
        let notes = session.store.files[COSIGNATURES].clone();
        let (whole, cosigned) = verdict(&session, notes.clone());
        assert_eq!(whole, Verdict::Ok);
        assert_eq!(cosigned, session.next_seq() - 4, "all but what came after the second note");
        for at in 0..notes.len() {
            let mut changed = notes.clone();
            changed[at] ^= 1;
            assert!(!verdict(&session, changed).0.stands(), "byte {at}");
            let mut removed = notes.clone();
            removed.remove(at);
            assert!(!verdict(&session, removed).0.stands(), "without byte {at}");
        }
        let second = notes.windows(2).rposition(|pair| pair == b"\n\n").unwrap();
        let start = notes[..second].windows(4).rposition(|bytes| bytes[0] == b'\n' && bytes[1..] == *"\u{2014}".as_bytes()).unwrap();
        let start = start + 1 + notes[start + 1..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (first, second) = notes.split_at(start);
        assert!(!verdict(&session, [second, first].concat()).0.stands(), "swapped");
        assert!(!verdict(&session, [first, first].concat()).0.stands(), "doubled");
        assert_eq!(verdict(&session, first.to_vec()).0, Verdict::Ok, "the log is whole, and less of it is vouched for");
        assert!(verdict(&session, first.to_vec()).1 < cosigned);
    }

    #[test]
    fn a_head_of_another_log_that_the_host_signed_for_a_technician_is_a_fork() {
        let mut session = ended_session(42);
        let created = session.options().trust.unwrap();
        let origin = Origin::of(&created.organisation, Some("acme.example"), &session.sid());
        let size = session.next_seq() - 2;
        session.witness_of(Checkpoint { origin, size, root: Hash([7; 32]) }.sign(&session.key));
        assert_eq!(verify(&session.store, &session.options()).unwrap().verdict, Verdict::ForkedAt(size));
    }

    #[test]
    fn nobody_else_can_stand_in_for_the_technician() {
        let mut session = witnessed();
        session.technician.cosign = deskhand_identity::SecretKey::from_seed([66; 32]);
        session.witness();
        assert!(!verify(&session.store, &session.options()).unwrap().verdict.stands());
    }
}
