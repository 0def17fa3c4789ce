//! Encoder: runs the stages and remembers what the viewer has.
//!
//! In scope: the order of the stages, the state between updates (one picture, which part of it is lossy or not at the viewer yet). Not in
//! scope: each stage's own decisions (their files).

use deskhand_screen::{Framebuffer, Op, Patch, Rect, Region, Size, Update, apply_op_loss, move_region};

use crate::{
    EncodeError, Millis, Path, cost,
    history::History,
    moves::{self, Move, Moves},
    packer::Packer,
    plan::{self, Situation},
    refine,
    streams::Streams,
    trace,
    truth::Truth,
    under::SaveUnder,
    video::VideoFailed,
};

/// Tiles of one update may use the path for this long, in milliseconds; the rest follows in the next one.
const TILES_MS: u64 = 100;
/// Bytes of one update's tiles, at least and at most; far below `MAX_UPDATE_BYTES`.
const LEAST_TILES_BYTES: u64 = 16_000;
const MOST_TILES_BYTES: u64 = 4_000_000;

/// Pixels that never wait for what was left over: a few lines of text.
const LITTLE_AREA: u64 = 128 * 128;
/// Rectangles of what changed where nobody looks; beyond it their bounds are owed.
const MOST_HIDDEN: usize = 256;

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

/// Makes updates out of fresh pixels, for viewers that got every update since the last key update.
pub struct Encoder {
    settings: Settings,
    number: u64,
    key_wanted: bool,
    /// The screen as it was last seen: the viewer has it, exact where neither `lossy` nor `unsent`.
    picture: Framebuffer,
    lossy: Region,
    /// Where the viewer has something else, because an update was full or nobody looks there.
    unsent: Region,
    /// The row from which on what was left over is packed next.
    turn: u32,
    /// What is looked at; none for all of the screen.
    seen: Option<Region>,
    truth: Truth,
    moves: Moves,
    buffers: moves::Buffers,
    under: SaveUnder,
    history: History,
    packer: Packer,
    streams: Streams,
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
            picture: Framebuffer::new(size),
            lossy: Region::new(),
            unsent: Region::new(),
            turn: 0,
            seen: None,
            truth: Truth::default(),
            moves: Moves::default(),
            buffers: moves::Buffers::default(),
            under: SaveUnder::default(),
            history: History::new(size),
            packer: Packer::default(),
            streams: Streams::default(),
            last_call: 0,
            last_refine: 0,
        }
    }

    /// The next update after fresh pixels came, or `None` when nothing truly changed and nothing is due.
    ///
    /// Every patch must be given, in order; the first one, and the first one of another size, have the whole screen. Numbers are
    /// consecutive from 1; the base is the number before, or 0 for a key update. Another size gives a key update. `now` never goes back.
    ///
    /// # Errors
    /// Only without memory; the next update is then a key update.
    pub fn encode(&mut self, patch: &dyn Patch, now: Millis, path: Path) -> Result<Option<Update>, EncodeError> {
        if patch.size() != self.picture.size() {
            self.restart(patch.size());
        }
        let mut ops = self.packer.take_ops();
        let changed = if self.key_wanted {
            self.picture.apply(patch);
            Region::new()
        } else {
            self.changes(patch, now, &mut ops)
        };
        self.update(changed, ops, now, path)
    }

    /// The next update although nothing changed: what is owed from before, at [`Encoder::next_refine`].
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    pub fn refine(&mut self, now: Millis, path: Path) -> Result<Option<Update>, EncodeError> {
        let ops = self.packer.take_ops();
        self.update(Region::new(), ops, now, path)
    }

    /// Takes back an update that is sent, to use its memory again.
    pub fn recycle(&mut self, update: Update) {
        self.packer.give_ops(update.ops);
    }

    /// When to call [`Encoder::refine`] although nothing changed; `None` on a settled screen.
    #[must_use]
    pub fn next_refine(&self) -> Option<Millis> {
        if self.key_wanted || self.owes() {
            return Some(self.last_call);
        }
        let refine = refine::next(&self.lossy, &self.history, self.settings.quiet_ms, self.last_refine);
        refine.into_iter().chain(self.streams.next_end(&self.history)).min()
    }

    /// This part of the screen is looked at from now on, `None` for all of it. What changes elsewhere is owed, and sent when it is looked
    /// at. A key update and the refinement of what was lossy hold all of the screen: a viewer's picture has no holes.
    pub fn look(&mut self, seen: Option<Region>) {
        self.seen = seen;
    }

    /// Makes the next update a key update: a viewer joined, or lost one.
    pub fn request_key(&mut self) {
        self.key_wanted = true;
    }

    /// Whether a viewer that applied every update has exactly the last frame, where it looks.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.key_wanted && self.lossy.is_empty() && !self.owes()
    }

    /// Number of the last update; 0 before the first.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The screen as it was last seen.
    #[must_use]
    pub const fn picture(&self) -> &Framebuffer {
        &self.picture
    }

    /// Whether something that is looked at was not sent.
    fn owes(&self) -> bool {
        self.unsent.rects().iter().any(|rect| self.seen.as_ref().is_none_or(|seen| seen.touches(*rect)))
    }

    /// Takes what nobody looks at out of `changed`; its description stays short.
    fn hide(&self, changed: &mut Region) -> Region {
        let Some(seen) = &self.seen else { return Region::new() };
        let mut hidden = changed.clone();
        hidden.subtract_region(seen);
        changed.subtract_region(&hidden);
        if hidden.rects().len() > MOST_HIDDEN {
            hidden = Region::from_rect(hidden.bounds());
            hidden.subtract_region(seen);
        }
        hidden
    }

    fn restart(&mut self, size: Size) {
        self.picture.resize(size);
        self.history = History::new(size);
        self.lossy.clear();
        self.unsent.clear();
        self.turn = 0;
        self.streams.clear();
        self.under.drop_memory();
        self.moves.forget();
        self.key_wanted = true;
    }

    /// Moves, truth and what shows again: brings the picture up to date and returns what the viewer lacks after `ops`.
    fn changes(&mut self, patch: &dyn Patch, now: Millis, ops: &mut Vec<Op>) -> Region {
        let (mut changed, gaps) = self.moves(patch, now, ops);
        self.show_again(patch, now, ops, &mut changed);
        self.under.expect(&patch.hints().covered, now);
        let covered = self.under.newly_covered(&changed, now);
        self.save(covered, ops);
        self.picture.apply_part(patch, &changed);
        // What a move leaves open did not move by itself: it is no video.
        let mut open = Region::new();
        for op in ops.iter() {
            if let Op::Copy { from, to } = op {
                open.add(to.union(Rect::new(from.x, from.y, to.width, to.height)));
            }
        }
        let mut moving = changed.clone();
        moving.subtract_region(&open);
        self.history.note(&moving, now, true);
        changed.add_region(&gaps);
        let mut still = changed.clone();
        still.subtract_region(&moving);
        self.history.note(&still, now, false);
        changed
    }

    /// Moves by hint, by guess, by search: what differs then, and what the moves left wrong and is up to date already.
    fn moves(&mut self, patch: &dyn Patch, now: Millis, ops: &mut Vec<Op>) -> (Region, Region) {
        let (mut suspects, mut gaps) = (patch.damage().clone(), Region::new());
        for number in 0..patch.hints().moved.len().min(moves::MOST_MOVES) {
            if let Some(found) = self.moves.hinted(self.picture.view(), patch, patch.hints(), number) {
                let mut covered = Region::from_rect(found.to);
                covered.subtract(Rect::new(found.from.x, found.from.y, found.to.width, found.to.height));
                self.save(covered, ops);
                self.apply_move(found, patch, now, ops, &mut suspects, &mut gaps);
            }
        }
        if let Some(found) = self.moves.again(self.picture.view(), patch, now)
            && self.streams.rects().all(|rect| rect.intersect(found.to).is_empty())
        {
            self.apply_move(found, patch, now, ops, &mut suspects, &mut gaps);
        }
        let mut changed = self.truth.changed(self.picture.view(), patch, &suspects);
        let mut moved: u64 = ops.iter().map(|op| if let Op::Copy { to, .. } = op { to.area() } else { 0 }).sum();
        while ops.len() < moves::MOST_MOVES && changed.area() * moves::REST >= moved {
            let mut searched = changed.clone();
            self.streams.rects().for_each(|rect| searched.subtract(rect));
            let Some(found) = self.moves.search(self.picture.view(), patch, &searched, now) else { break };
            moved = found.to.area();
            self.apply_move(found, patch, now, ops, &mut changed, &mut gaps);
        }
        (changed, gaps)
    }

    /// Takes from `changed` what the save-under has.
    fn show_again(&mut self, patch: &dyn Patch, now: Millis, ops: &mut Vec<Op>, changed: &mut Region) {
        let rects = self.under.uncovered(patch, changed, &mut self.truth);
        if rects.is_empty() {
            return;
        }
        let region: Region = rects.iter().copied().collect();
        trace::done("restore", "what was covered shows again", &region);
        self.picture.apply_part(patch, &region);
        self.history.note(&region, now, false);
        changed.subtract_region(&region);
        self.push(Op::Restore { rects }, ops);
    }

    /// Moves pixels of the picture; `open` loses what that explains, `gaps` gains what it leaves wrong.
    fn apply_move(&mut self, found: Move, patch: &dyn Patch, now: Millis, ops: &mut Vec<Op>, open: &mut Region, gaps: &mut Region) {
        let op = Op::Copy { from: found.from, to: found.to };
        let left = moves::shift(&mut self.picture, patch, found.from, found.to, &mut self.buffers);
        trace::moved(found, &left);
        let to = Region::from_rect(found.to);
        open.subtract_region(&to);
        gaps.subtract_region(&to);
        gaps.add_region(&left);
        // What the viewer lacks moves along.
        move_region(&mut self.unsent, found.from, found.to);
        self.history.note(&to, now, false);
        self.push(op, ops);
    }

    /// Adds an operation and keeps the account of what is lossy.
    fn push(&mut self, op: Op, ops: &mut Vec<Op>) {
        apply_op_loss(&mut self.lossy, &op);
        ops.push(op);
    }

    fn save(&mut self, what: Region, ops: &mut Vec<Op>) {
        let rects = self.under.save(&self.picture, what, [&self.lossy, &self.unsent]);
        if !rects.is_empty() {
            self.push(Op::Save { rects }, ops);
        }
    }

    fn update(&mut self, changed: Region, mut ops: Vec<Op>, now: Millis, path: Path) -> Result<Option<Update>, EncodeError> {
        self.last_call = now;
        let key = self.key_wanted;
        // Until all of it is in an update the viewer's picture is another one.
        self.key_wanted = true;
        let changed = if key { self.everything(now) } else { changed };
        let idle = changed.is_empty() && ops.is_empty();
        if !changed.is_empty() || !self.unsent.is_empty() {
            self.send(changed, key, now, path, &mut ops)?;
        }
        if refine::is_due(idle, self.last_refine, now) && !key {
            self.add_refined(now, path, &mut ops)?;
        }
        self.key_wanted = false;
        self.streams.end_idle(&self.history, now);
        if ops.is_empty() && !key {
            self.packer.give_ops(ops);
            return Ok(None);
        }
        let base = if key { 0 } else { self.number };
        self.number += 1;
        let update = Update { number: self.number, base, size: self.picture.size(), damaged_at: now, ops };
        Ok(Some(update))
    }

    /// A key update begins with a black picture and sends all of it.
    fn everything(&mut self, now: Millis) -> Region {
        self.unsent.clear();
        self.streams.clear();
        self.under.clear();
        self.moves.forget();
        let all = Region::from_rect(self.picture.size().rect());
        self.history.note(&all, now, false);
        self.lossy.clone_from(&all);
        all
    }

    /// Plan and encode: pushes what brings the viewer to the picture.
    fn send(&mut self, mut changed: Region, key: bool, now: Millis, path: Path, ops: &mut Vec<Op>) -> Result<(), EncodeError> {
        changed.add_region(&self.unsent);
        let hidden = if key { Region::new() } else { self.hide(&mut changed) };
        if self.settings.video {
            let (picture, packer) = (&self.picture, &mut self.packer);
            let situation = Situation { now, path, changed: &changed, running: self.streams.running(now), history: &self.history };
            let choice = plan::choose(&situation, |region| cost::exact_bytes(picture, region, packer))?;
            for chosen in choice.video {
                match self.streams.encode(&self.picture, chosen, cost::bit_rate(chosen.area(), path)) {
                    Ok(op) => {
                        self.push(op, ops);
                        changed.subtract(chosen);
                    }
                    Err(VideoFailed(reason)) => {
                        tracing::warn!(%reason, ?chosen, "video is not available; the screen is sent exactly instead");
                        self.streams.clear();
                        self.settings.video = false;
                        break;
                    }
                }
            }
            self.streams.weighed(&choice.weighed, now);
        }
        let most = (cost::rate(path) * TILES_MS / 1_000).clamp(LEAST_TILES_BYTES, MOST_TILES_BYTES) as usize;
        let mut left = hidden;
        let mut bytes = 0;
        for part in self.in_turn(changed) {
            if bytes >= most {
                left.add_region(&part);
                continue;
            }
            let packed = self.packer.pack(&self.picture, &part, most - bytes)?;
            trace::packed("exact is soon enough", &packed);
            bytes += packed.bytes;
            if !packed.left.is_empty() {
                self.turn = packed.left.bounds().y;
            }
            left.add_region(&packed.left);
            packed.ops.into_iter().for_each(|op| self.push(op, ops));
        }
        self.unsent = left;
        Ok(())
    }

    /// What is packed first, and what after it. Little that is new, as a typed letter, waits for nothing. Of the rest whatever lies below what
    /// was packed last goes first: from the top, the lower part of a page that keeps changing would never be sent.
    fn in_turn(&self, changed: Region) -> [Region; 3] {
        if self.unsent.is_empty() {
            return [changed, Region::new(), Region::new()];
        }
        let mut fresh = changed.clone();
        fresh.subtract_region(&self.unsent);
        let mut rest = changed;
        if fresh.area() <= LITTLE_AREA {
            rest.subtract_region(&fresh);
        } else {
            fresh.clear();
        }
        let Size { width, height } = self.picture.size();
        let below = rest.intersection(Rect::from_edges(0, self.turn, width, height));
        rest.intersect(Rect::new(0, 0, width, self.turn));
        [fresh, below, rest]
    }

    /// Pushes exact tiles for lossy parts that are quiet, within the budget of one call.
    fn add_refined(&mut self, now: Millis, path: Path, ops: &mut Vec<Op>) -> Result<(), EncodeError> {
        let due = refine::due(&self.lossy, &self.history, &self.picture, self.settings.quiet_ms, now);
        if due.is_empty() {
            return Ok(());
        }
        self.last_refine = now;
        let budget = refine::budget(path);
        let all: Region = due.iter().copied().collect();
        let together = refine::together(due.len(), cost::exact_bytes(&self.picture, &all, &mut self.packer)? as usize, budget);
        let mut bytes = 0;
        for parts in due.chunks(together) {
            let parts: Region = parts.iter().copied().collect();
            let packed = self.packer.pack(&self.picture, &parts, budget)?;
            trace::packed("it was lossy and is quiet", &packed);
            bytes += packed.bytes;
            packed.ops.into_iter().for_each(|op| self.push(op, ops));
            if bytes >= budget {
                break;
            }
        }
        Ok(())
    }
}
