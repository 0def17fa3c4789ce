//! Streams: the video regions that run, each its own H.264 stream.
//!
//! In scope: which streams every viewer has (the rule is that of `Op::Video`), ending those that are still. Not in scope: where video pays
//! (`plan`), the codec (`video`).

use deskhand_screen::{Framebuffer, MAX_STREAMS, Op, Rect};

use crate::{
    Millis,
    history::History,
    video::{Stream, VideoFailed},
};

/// A stream whose area was still for this long is ended and its memory given back, in milliseconds.
const IDLE_MS: Millis = 1_000;

/// A stream that was weighed against exact tiles is not weighed again for this long, in milliseconds.
const WEIGHED_MS: Millis = 300;

/// The streams that a viewer has, the oldest first.
#[derive(Default)]
pub(crate) struct Streams {
    slots: Vec<Slot>,
}

/// A stream of the viewer; one that ended here still takes its place there.
struct Slot {
    rect: Rect,
    codec: Option<Stream>,
    /// When it was last weighed against exact tiles.
    weighed: Millis,
}

impl Streams {
    /// Where streams run.
    pub(crate) fn rects(&self) -> impl Iterator<Item = Rect> {
        self.slots.iter().filter(|slot| slot.codec.is_some()).map(|slot| slot.rect)
    }

    /// Where streams run, and whether that was weighed lately.
    pub(crate) fn running(&self, now: Millis) -> Vec<(Rect, bool)> {
        let running = self.slots.iter().filter(|slot| slot.codec.is_some());
        running.map(|slot| (slot.rect, now.saturating_sub(slot.weighed) < WEIGHED_MS)).collect()
    }

    /// These streams were weighed now.
    pub(crate) fn weighed(&mut self, rects: &[Rect], now: Millis) {
        self.slots.iter_mut().filter(|slot| rects.contains(&slot.rect)).for_each(|slot| slot.weighed = now);
    }

    /// A key update begins: viewers have none.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Encodes the rectangle as it is now, with a new stream when none runs there, or its last one is over.
    pub(crate) fn encode(&mut self, picture: &Framebuffer, rect: Rect, bit_rate: u32) -> Result<Op, VideoFailed> {
        let goes_on = |slot: &Slot| slot.codec.as_ref().is_some_and(|stream| !stream.is_over());
        let running = self.slots.iter().position(|slot| slot.rect == rect && goes_on(slot));
        let slot = match running {
            Some(slot) => slot,
            None => {
                self.slots.retain(|slot| slot.rect.intersect(rect).is_empty());
                if self.slots.len() >= MAX_STREAMS {
                    self.slots.remove(0);
                }
                self.slots.push(Slot { rect, codec: None, weighed: 0 });
                self.slots.len() - 1
            }
        };
        let codec = &mut self.slots[slot].codec;
        let stream = match codec {
            Some(stream) => stream,
            empty => empty.insert(Stream::new(rect, bit_rate)?),
        };
        let picture = stream.encode(picture, bit_rate)?;
        Ok(Op::Video { rect, key: picture.key, data: picture.data })
    }

    /// When the next stream ends, unless its area changes before.
    pub(crate) fn next_end(&self, history: &History) -> Option<Millis> {
        self.rects().map(|rect| history.last_change(rect).saturating_add(IDLE_MS)).min()
    }

    /// Ends the streams whose area is still.
    pub(crate) fn end_idle(&mut self, history: &History, now: Millis) {
        for slot in &mut self.slots {
            if now.saturating_sub(history.last_change(slot.rect)) >= IDLE_MS {
                slot.codec = None;
            }
        }
    }
}
