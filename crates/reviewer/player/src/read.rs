//! Reading what a slice names: records from the middle of their files, opened, cut to the operations that are needed, and joined.
//!
//! In scope: from parts to updates that a screen takes, numbered anew. Not in scope: which parts (`slice`), applying them (`player`).

use std::io::BufReader;

use deskhand_audit::bundle::{RecordReader, media_name};
use deskhand_recording::{Recording, RecordingKey};
use deskhand_screen::{MAX_OPS, MAX_RECTS, Op, Size, Update};

use crate::{Index, Source, slice::Part};

/// Joined updates are not made larger than this, in bytes of operations.
const JOINED_BYTES: usize = 4 << 20;

/// Reads one recording's updates.
pub(crate) struct Reader<'a> {
    source: &'a dyn Source,
    index: &'a Index,
    key: &'a RecordingKey,
    /// The epoch that is open, and the recording that opens its records in order.
    open: Option<(u32, Recording)>,
}

/// An update that is being joined from several.
pub(crate) struct Joined {
    pub(crate) size: Size,
    ops: Vec<Op>,
    rects: usize,
    bytes: usize,
}

impl Joined {
    pub(crate) fn new(size: Size) -> Self {
        Self { size, ops: Vec::new(), rects: 0, bytes: 0 }
    }

    /// Whether the operations fit in beside those that are there.
    pub(crate) fn has_room(&self, ops: &[Op]) -> bool {
        self.ops.is_empty()
            || (self.ops.len() + ops.len() <= MAX_OPS && self.rects + rects(ops) <= MAX_RECTS && self.bytes + bytes(ops) <= JOINED_BYTES)
    }

    pub(crate) fn add(&mut self, ops: Vec<Op>) {
        self.rects += rects(&ops);
        self.bytes += bytes(&ops);
        self.ops.extend(ops);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// The update's bytes, with this number, on top of the one before it.
    pub(crate) fn take(&mut self, number: u64) -> Vec<u8> {
        let ops = std::mem::take(&mut self.ops);
        (self.rects, self.bytes) = (0, 0);
        Update { number, base: number - 1, size: self.size, damaged_at: 0, ops }.to_bytes()
    }
}

fn rects(ops: &[Op]) -> usize {
    ops.iter().map(|op| op.rects().len()).sum()
}

fn bytes(ops: &[Op]) -> usize {
    let data = |op: &Op| match op {
        Op::Tiles { data, .. } | Op::Video { data, .. } => data.len(),
        _ => 0,
    };
    ops.iter().map(data).sum()
}

impl<'a> Reader<'a> {
    pub(crate) fn new(source: &'a dyn Source, index: &'a Index, key: &'a RecordingKey) -> Self {
        Self { source, index, key, open: None }
    }

    /// The operations of a part; `None` when the files are not any more what they were when the index was made.
    pub(crate) fn ops(&mut self, part: &Part) -> Option<Vec<Op>> {
        let step = &self.index.steps()[part.step];
        let file = self.source.open_at(&media_name(step.epoch), step.offset).ok()?;
        let mut record = Vec::new();
        RecordReader::new(BufReader::new(file)).next(&mut record).ok().filter(|there| *there)?;
        let recording = match &mut self.open {
            Some((epoch, recording)) if *epoch == step.epoch => recording,
            open => &mut open.insert((step.epoch, self.index.opener(self.key, step.epoch)?)).1,
        };
        let update = Update::from_bytes(&recording.open(&record).ok()?.bytes).ok()?;
        let Some(wanted) = &part.ops else { return Some(update.ops) };
        let mut wanted = wanted.iter().peekable();
        let named = |(at, op): (usize, Op)| wanted.next_if(|next| usize::from(**next) == at).map(|_| op);
        Some(update.ops.into_iter().enumerate().filter_map(named).collect())
    }
}
