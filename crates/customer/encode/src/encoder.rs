//! Encoder: runs the stages and remembers what the viewer has.
//!
//! In scope: the order of the stages, the state between updates (one picture of what was sent, which part of it is lossy or
//! not sent yet). Not in scope: each stage's own decisions (their files).

use deskhand_screen::{Framebuffer, Op, Rect, Region, Size, Update, apply_loss};

use crate::{
    EncodeError, Millis, Path, cost,
    history::History,
    moves,
    plan::{self, Situation},
    refine,
    tiles::Packer,
    truth,
    video::{Stream, VideoFailed},
};

/// A stream whose area was still for this long is ended and its memory given back, in milliseconds.
const STREAM_IDLE_MS: Millis = 1_000;
/// Tiles of one update may use the path for this long, in milliseconds; the rest follows in the next one.
const TILES_MS: u64 = 500;
/// Bytes of one update's tiles, at least and at most; far below `MAX_UPDATE_BYTES`.
const LEAST_TILES_BYTES: u64 = 256_000;
const MOST_TILES_BYTES: u64 = 8_000_000;
/// A scroll that was found so long ago at most is expected to go on, in milliseconds.
const MOMENTUM_MS: Millis = 250;
/// What an organisation or a test may choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// How long a lossy area must be still before it is made exact, in milliseconds.
    pub quiet_ms: Millis,
    /// Whether video may be used at all.
    pub video: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { quiet_ms: 250, video: true }
    }
}

/// Makes updates out of damaged pixels, for viewers that got every update since the last key update.
pub struct Encoder {
    settings: Settings,
    number: u64,
    key_wanted: bool,
    /// The source's pixels as they were when last sent: exact at the viewer where not lossy.
    sent: Framebuffer,
    lossy: Region,
    /// Where the viewer's picture is known to be old because an update was full.
    unsent: Region,
    history: History,
    packer: Packer,
    stream: Option<Stream>,
    /// When the last scroll was found, and how far down its content lay.
    momentum: Option<(Millis, i32)>,
    last_call: Millis,
    last_refine: Millis,
}

impl Encoder {
    /// An encoder for a screen of this size; its first update is a key update.
    #[must_use]
    pub fn new(size: Size) -> Self {
        Self::with_settings(size, Settings::default())
    }

    /// An encoder with settings other than the default.
    #[must_use]
    pub fn with_settings(size: Size, settings: Settings) -> Self {
        Self {
            settings,
            number: 0,
            key_wanted: true,
            sent: Framebuffer::new(size),
            lossy: Region::new(),
            unsent: Region::new(),
            history: History::new(size),
            packer: Packer::new(),
            stream: None,
            momentum: None,
            last_call: 0,
            last_refine: 0,
        }
    }

    /// The next update, or `None` when nothing truly changed and nothing is due.
    ///
    /// `damage` is where `frame` may differ from the frame of the call before; empty damage is a chance to refine. Numbers
    /// are consecutive from 1; the base is the number before, or 0 for a key update. A frame of another size gives a key update.
    /// `now` never goes back.
    ///
    /// # Errors
    /// Only without memory; the next update is then a key update.
    pub fn encode(&mut self, frame: &Framebuffer, damage: &Region, now: Millis, path: Path) -> Result<Option<Update>, EncodeError> {
        if frame.size() != self.sent.size() {
            self.restart(frame.size());
        }
        self.last_call = now;
        let update = self.next_update(frame, damage, now, path);
        self.key_wanted |= update.is_err();
        self.end_idle_stream(now);
        update
    }

    /// When to call [`Encoder::encode`] again with empty damage although nothing changed; `None` on a settled screen.
    #[must_use]
    pub fn next_refine(&self) -> Option<Millis> {
        if self.key_wanted || !self.unsent.is_empty() {
            return Some(self.last_call);
        }
        let refine = refine::next(&self.lossy, &self.history, self.settings.quiet_ms, self.last_refine);
        let idle = self.stream.as_ref().map(|stream| self.history.last_change(stream.rect()).saturating_add(STREAM_IDLE_MS));
        refine.into_iter().chain(idle).min()
    }

    /// Makes the next update a key update: a viewer joined, or lost one.
    pub fn request_key(&mut self) {
        self.key_wanted = true;
    }

    /// Whether a viewer that applied every update has exactly the last frame.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.key_wanted && self.lossy.is_empty() && self.unsent.is_empty()
    }

    /// Number of the last update; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    fn restart(&mut self, size: Size) {
        self.sent.resize(size);
        self.history = History::new(size);
        self.lossy.clear();
        self.unsent.clear();
        self.stream = None;
        self.momentum = None;
        self.key_wanted = true;
    }

    fn next_update(&mut self, frame: &Framebuffer, damage: &Region, now: Millis, path: Path) -> Result<Option<Update>, EncodeError> {
        let key = self.key_wanted;
        let mut ops = Vec::new();
        let changed = if key { self.everything(now) } else { self.truly_changed(frame, damage, now, &mut ops) };
        let idle = changed.is_empty() && ops.is_empty();
        if !changed.is_empty() {
            self.send(frame, changed, now, path, &mut ops)?;
        }
        if refine::is_due(idle, self.last_refine, now) && !key {
            self.refine(frame, now, path, &mut ops)?;
        }
        if ops.is_empty() && !key {
            return Ok(None);
        }
        let base = if key { 0 } else { self.number };
        self.number += 1;
        self.key_wanted = false;
        let update = Update { number: self.number, base, size: frame.size(), damaged_at: now, ops };
        apply_loss(&mut self.lossy, &update);
        Ok(Some(update))
    }

    /// A key update begins with a black picture and sends all of it.
    fn everything(&mut self, now: Millis) -> Region {
        let screen = self.sent.size().rect();
        self.sent.fill(screen, 0);
        self.unsent.clear();
        self.stream = None;
        let all = Region::from_rect(screen);
        self.history.note(&all, now, false);
        all
    }

    /// Truth and moves: what differs from what was sent, after the copies that are pushed to `ops`.
    fn truly_changed(&mut self, frame: &Framebuffer, damage: &Region, now: Millis, ops: &mut Vec<Op>) -> Region {
        let mut suspects = std::mem::take(&mut self.unsent);
        suspects.add_region(damage);
        let goes_on = self.momentum.filter(|(at, _)| now.saturating_sub(*at) <= MOMENTUM_MS && self.stream.is_none());
        let again = goes_on.and_then(|(_, distance)| moves::again(self.sent.view(), frame.view(), &suspects, distance));
        let found = again.or_else(|| {
            suspects = truth::changed(self.sent.view(), frame.view(), &suspects);
            let mut searched = suspects.clone();
            if let Some(stream) = &self.stream {
                searched.subtract(stream.rect());
            }
            moves::find(self.sent.view(), frame.view(), &searched)
        });
        let mut changed = suspects;
        if let Some(found) = found {
            self.momentum = Some((now, found.from.y as i32 - found.to.y as i32));
            self.sent.copy_within(found.from, found.to);
            ops.push(Op::Copy { from: found.from, to: found.to });
            self.history.note(&Region::from_rect(found.to), now, false);
            changed.subtract(found.to);
            changed.add_region(&found.gaps);
            changed = truth::changed(self.sent.view(), frame.view(), &changed);
        }
        self.history.note(&changed, now, true);
        changed
    }

    /// Plan and encode: pushes what brings the viewer from what was sent to the frame.
    fn send(&mut self, frame: &Framebuffer, mut changed: Region, now: Millis, path: Path, ops: &mut Vec<Op>) -> Result<(), EncodeError> {
        if self.settings.video {
            let running = self.stream.as_ref().map(Stream::rect);
            let situation = Situation { now, path, changed: &changed, running, history: &self.history };
            let packer = &mut self.packer;
            if let Some(rect) = plan::choose(&situation, |region| cost::exact_bytes(frame, region, packer))? {
                match self.send_video(frame, rect, path) {
                    Ok(op) => {
                        ops.push(op);
                        self.sent.copy_from(frame, rect);
                        changed.subtract(rect);
                    }
                    Err(VideoFailed(reason)) => {
                        tracing::warn!(%reason, ?rect, "video is not available; the screen is sent exactly instead");
                        self.stream = None;
                        self.settings.video = false;
                    }
                }
            }
        }
        let most = (cost::rate(path) * TILES_MS / 1_000).clamp(LEAST_TILES_BYTES, MOST_TILES_BYTES) as usize;
        let packed = self.packer.pack(frame, &changed, most)?;
        ops.extend(packed.ops);
        changed.subtract_region(&packed.left);
        for rect in changed.rects() {
            self.sent.copy_from(frame, *rect);
        }
        self.unsent = packed.left;
        Ok(())
    }

    fn send_video(&mut self, frame: &Framebuffer, rect: Rect, path: Path) -> Result<Op, VideoFailed> {
        let bit_rate = cost::bit_rate(rect.area(), path);
        if self.stream.as_ref().is_none_or(|stream| stream.rect() != rect) {
            self.stream = None;
        }
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => empty.insert(Stream::new(rect, bit_rate)?),
        };
        let picture = stream.encode(frame, bit_rate)?;
        Ok(Op::Video { rect, key: picture.key, data: picture.data })
    }

    /// Pushes exact tiles for lossy parts that are quiet, within the budget of one call.
    fn refine(&mut self, frame: &Framebuffer, now: Millis, path: Path, ops: &mut Vec<Op>) -> Result<(), EncodeError> {
        let due = refine::due(&self.lossy, &self.history, frame, self.settings.quiet_ms, now);
        if due.is_empty() {
            return Ok(());
        }
        self.last_refine = now;
        let budget = refine::budget(path);
        let all: Region = due.iter().copied().collect();
        let together = refine::together(due.len(), cost::exact_bytes(frame, &all, &mut self.packer)? as usize, budget);
        let mut bytes = 0;
        for parts in due.chunks(together) {
            let mut parts: Region = parts.iter().copied().collect();
            let packed = self.packer.pack(frame, &parts, budget)?;
            bytes += packed.bytes;
            ops.extend(packed.ops);
            parts.subtract_region(&packed.left);
            for rect in parts.rects() {
                self.sent.copy_from(frame, *rect);
            }
            if bytes >= budget {
                break;
            }
        }
        Ok(())
    }

    fn end_idle_stream(&mut self, now: Millis) {
        let idle = |stream: &Stream| now.saturating_sub(self.history.last_change(stream.rect())) >= STREAM_IDLE_MS;
        if self.stream.as_ref().is_some_and(idle) {
            self.stream = None;
        }
    }
}
