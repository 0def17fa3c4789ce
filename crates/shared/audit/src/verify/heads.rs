//! The signed heads of `checkpoints.txt`.
//!
//! In scope: form, signatures, order among themselves. Not in scope: comparing them with the leaves
//! (`events`).

use std::{
    collections::BTreeSet,
    io::{self, BufReader},
};

use deskhand_identity::{PublicKey, RelayCosign};

use super::{Findings, MAX_EVENTS, Store};
use crate::{
    bundle::{CHECKPOINTS, Found, Manifest, NoteReader},
    checkpoint::{Checkpoint, Origin},
    encoding::Hash,
    note::Note,
};

/// The heads, sizes strictly ascending.
#[derive(Default)]
pub(super) struct Heads {
    pub(super) heads: Vec<(u64, Hash)>,
    /// The largest size that the relay has cosigned.
    pub(super) cosigned: u64,
    /// The file ends within a note.
    pub(super) torn: bool,
}

/// Reads and checks every note against the session's key and origin.
pub(super) fn read(
    store: &dyn Store,
    names: &BTreeSet<String>,
    manifest: &Manifest,
    signers: (&Origin, &PublicKey<RelayCosign>),
    findings: &mut Findings,
) -> io::Result<Heads> {
    let mut all = Heads::default();
    if !names.contains(CHECKPOINTS) {
        return Ok(all);
    }
    let mut reader = NoteReader::new(BufReader::new(store.open(CHECKPOINTS)?));
    let mut bytes = Vec::new();
    let mut seen = 0;
    loop {
        let last = all.heads.last().copied();
        let at = last.map_or(0, |(size, _)| size);
        match reader.next(&mut bytes)? {
            Found::End => return Ok(all),
            Found::Torn => {
                if reader.has_more()? {
                    findings.tampered(at, format!("{CHECKPOINTS}: what follows the checkpoint of {at} events is no signed note."));
                }
                all.torn = true;
                return Ok(all);
            }
            Found::Whole => {}
        }
        let (head, cosigned) = match open(&bytes, manifest, signers) {
            Ok(head) => head,
            Err(why) => {
                findings.tampered(at, format!("{CHECKPOINTS}: the checkpoint after the one of {at} events: {why}."));
                return Ok(all);
            }
        };
        match last {
            Some((size, root)) if size == head.size && root != head.root => {
                findings.forked(size, format!("The host signed two different logs of {size} events."));
            }
            Some((size, _)) if size >= head.size => {
                findings.tampered(at, format!("{CHECKPOINTS}: a checkpoint of {} events stands after one of {size}.", head.size));
                return Ok(all);
            }
            _ if head.size == 0 || head.size > MAX_EVENTS => {
                findings.tampered(at, format!("{CHECKPOINTS}: a checkpoint of {} events cannot be.", head.size));
                return Ok(all);
            }
            _ => {
                all.heads.push((head.size, head.root));
                if cosigned.is_some() && all.cosigned < at {
                    // A relay that once keeps its name off a log never puts it there again.
                    findings
                        .tampered(all.cosigned, format!("{CHECKPOINTS}: the relay's signature was taken out of the head of {at} events."));
                }
                if let Some(seconds) = cosigned {
                    if seconds < seen {
                        findings.tampered(at, format!("{CHECKPOINTS}: the relay cosigned {} events before it cosigned fewer.", head.size));
                    }
                    seen = seconds;
                    all.cosigned = head.size;
                }
            }
        }
    }
}

/// The head, and when the relay cosigned it.
fn open(
    bytes: &[u8],
    manifest: &Manifest,
    (origin, cosigner): (&Origin, &PublicKey<RelayCosign>),
) -> Result<(Checkpoint, Option<u64>), String> {
    let note = Note::from_bytes(bytes).map_err(|why| why.to_string())?;
    let head = Checkpoint::open(&note, origin, &manifest.session_key).map_err(|why| why.to_string())?;
    // Every byte counts: a line that cannot be checked must not be there.
    let cosigned = match &note.signatures[..] {
        [_] => None,
        [_, line] => {
            let seconds = note.check_cosignature(line, &origin.relay_name(), cosigner);
            Some(seconds.map_err(|why| format!("its second signature is not a cosignature of the relay: {why}"))?)
        }
        _ => return Err("it carries a signature line that this version cannot check".into()),
    };
    if note.to_bytes() != bytes {
        return Err("it is not written as a signed note".into());
    }
    Ok((head, cosigned))
}
