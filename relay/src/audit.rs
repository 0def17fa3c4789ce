//! A host's audit stream: leaves and checkpoints in, acknowledgements out.
//!
//! In scope: reading each message strictly, the order between recorded updates and the segments that vouch for them,
//! acknowledging what is on disk and nothing else. Not in scope: storing (`store`).

use std::sync::Arc;

use deskhand_audit::{Entry, Event, MediaSegment};
use deskhand_link::{FrameReader, FrameWriter, LinkError};
use deskhand_wire::{
    limits::{MAX_AUDIT_FRAME, MAX_LEAF, MAX_NOTE},
    relay::{AuditToHost, AuditToRelay},
};
use tokio::sync::watch;

use crate::store::{Item, Progress, Writer};

/// The newest update that was read to its end or given up: epoch and number.
pub type Passed = (u32, u64);

/// Reads a host's leaves and checkpoints into the queue, until the stream ends.
///
/// # Errors
/// [`LinkError::PeerMisbehaved`] for a message that is not what it should be, else the connection's error.
pub async fn read(mut reader: FrameReader, store: Writer, mut passed: watch::Receiver<Passed>) -> Result<(), LinkError> {
    while let Some(message) = reader.recv::<AuditToRelay>(MAX_AUDIT_FRAME).await? {
        let item = match message {
            AuditToRelay::Leaf { seq, bytes } => {
                let entry = leaf(seq, &bytes)?;
                if let Event::MediaSegment(segment) = &entry.event {
                    wait_for(&mut passed, segment).await;
                }
                Item::Leaf { bytes, entry }
            }
            AuditToRelay::Sealed { seq, field, bytes } => Item::Sealed { seq, field: field.as_str().to_owned(), bytes },
            AuditToRelay::Personal { seq, field, salt, value } => Item::Personal { seq, field: field.as_str().to_owned(), salt, value },
            AuditToRelay::Keys { seq, envelope, half } => Item::Keys { seq, envelope, half },
            AuditToRelay::Checkpoint { size, note } if note.len() <= MAX_NOTE => Item::Checkpoint { size, note },
            AuditToRelay::Checkpoint { .. } => return Err(misbehaved("a checkpoint that is too long")),
        };
        store.put(item).await;
    }
    Ok(())
}

fn leaf(seq: u64, bytes: &[u8]) -> Result<Box<Entry>, LinkError> {
    if bytes.len() > MAX_LEAF {
        return Err(misbehaved("a leaf that is too long"));
    }
    let entry = Entry::from_leaf(bytes).map_err(|error| misbehaved(&error.to_string()))?;
    if entry.seq != seq {
        return Err(misbehaved("a leaf whose number is not its place"));
    }
    Ok(Box::new(entry))
}

/// Waits for the last update that a segment covers, which may still be on the way on a stream of its own. As long as the
/// connection lives it will come; a host that names one that it never sent waits for its own log alone.
async fn wait_for(passed: &mut watch::Receiver<Passed>, segment: &MediaSegment) {
    let recorded = (segment.first..=segment.last).rev().find(|number| !segment.discarded.contains(number));
    if let Some(last) = recorded.filter(|_| segment.updates > 0) {
        // An error says that nothing comes any more: the store says what is missing.
        let _over = passed.wait_for(|passed| *passed >= (segment.epoch, last)).await;
    }
}

/// Acknowledges what is on disk, until the folder is closed or cannot be written.
///
/// # Errors
/// The connection's error.
pub async fn acknowledge(mut writer: FrameWriter, mut progress: watch::Receiver<Progress>) -> Result<(), LinkError> {
    let (mut said, mut cosigned, mut opened) = (None, None, false);
    loop {
        let now = progress.borrow_and_update().clone();
        let stored = (now.leaves, now.checkpoint);
        if let Some(proof) = now.opened.clone().filter(|_| !opened) {
            writer.send(&AuditToHost::Opened { proof }).await?;
            opened = true;
        }
        if now.cosigned != cosigned
            && let Some((size, line)) = now.cosigned.clone()
        {
            writer.send(&AuditToHost::Cosigned { size, line }).await?;
            cosigned = now.cosigned;
        }
        if now.open && said != Some(stored) {
            writer.send(&AuditToHost::Acked { leaves: now.leaves, checkpoint: now.checkpoint }).await?;
            said = Some(stored);
        }
        if let Some(failure) = now.failed {
            writer.send(&AuditToHost::Failed(failure)).await?;
        }
        if now.failed.is_some() || now.closed || progress.changed().await.is_err() {
            writer.finish();
            // The host reads the last acknowledgement before the connection ends.
            return writer.delivered().await;
        }
    }
}

/// Both directions of a host's audit stream.
///
/// # Errors
/// As [`read`] and [`acknowledge`].
pub async fn serve(
    writer: FrameWriter,
    reader: FrameReader,
    store: Writer,
    progress: watch::Receiver<Progress>,
    passed: watch::Receiver<Passed>,
    done: Arc<watch::Sender<bool>>,
) -> Result<(), LinkError> {
    store.put(Item::Open).await;
    let up = async {
        let result = read(reader, store, passed).await;
        done.send_replace(true);
        result
    };
    tokio::try_join!(up, acknowledge(writer, progress)).map(drop)
}

fn misbehaved(what: &str) -> LinkError {
    LinkError::PeerMisbehaved { detail: what.to_owned() }
}
