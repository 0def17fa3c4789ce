//! A moving picture for tests: the same in every run, without a display.
//!
//! In scope: a seeded picture that is a function of its step alone, on a paced clock: a box that wanders over a textured
//! ground while "characters" are typed. Not in scope: looking like anything.

use crate::{
    CaptureError, Cursor, Gate, Source, Wake,
    waker::{Readiness, Waker},
};
use deskhand_screen::{Framebuffer, Patch, PicturePatch, Rect, Region, Size};
use std::time::{Duration, Instant};

/// Width and height of a typed character, pixels.
const CELL: (u32, u32) = (16, 20);
const BOX_SIDE: u32 = 96;

/// What the picture is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Its size.
    pub size: Size,
    /// What makes it another picture.
    pub seed: u64,
    /// Time between two steps.
    pub pace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { size: Size { width: 1280, height: 720 }, seed: 1, pace: Duration::from_millis(33) }
    }
}

/// The source. Its step goes on by one at a paced moment, and again only after a grab took it: which pictures there are
/// does not depend on how fast the machine is.
pub struct Pattern {
    settings: Settings,
    gate: Gate,
    waker: Waker,
    step: u64,
    due: Instant,
    /// A picture is there that no grab took.
    waiting: bool,
    told: bool,
    last_grabbed: Option<u64>,
    cursor_at: Option<u64>,
    frame: Framebuffer,
    damage: Region,
}

impl Pattern {
    /// Starts at step 0.
    ///
    /// # Errors
    /// [`CaptureError::System`] without a descriptor for the waker.
    pub fn open(settings: Settings, gate: Gate) -> Result<Self, CaptureError> {
        Ok(Self {
            settings,
            gate,
            waker: Waker::new()?,
            step: 0,
            due: Instant::now(),
            waiting: true,
            told: false,
            last_grabbed: None,
            cursor_at: None,
            frame: Framebuffer::new(settings.size),
            damage: Region::new(),
        })
    }

    /// The whole picture of `step`, what a viewer of that step must have.
    pub fn picture(settings: Settings, step: u64) -> Framebuffer {
        let mut frame = Framebuffer::new(settings.size);
        paint(settings, step, settings.size.rect(), &mut frame);
        frame
    }

    /// The step that the next grab brings.
    pub fn step(&self) -> u64 {
        self.step
    }
}

impl Source for Pattern {
    fn size(&self) -> Size {
        self.settings.size
    }

    fn displays(&self) -> Vec<Rect> {
        vec![self.settings.size.rect()]
    }

    fn waker(&self) -> Waker {
        self.waker.clone()
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Wake, CaptureError> {
        loop {
            if self.waker.take() {
                return Ok(Wake::Woken);
            }
            if !self.waiting && Instant::now() >= self.due {
                self.step += 1;
                self.waiting = true;
                self.told = false;
            }
            if self.waiting && !self.told {
                self.told = true;
                return Ok(Wake::Damage);
            }
            let due = (!self.waiting).then_some(self.due);
            let until = due.into_iter().chain(deadline).min();
            if self.waker.wait_beside(None, until)? == Readiness::Deadline && deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(Wake::Deadline);
            }
        }
    }

    fn grab(&mut self) -> Result<&dyn Patch, CaptureError> {
        if !(self.gate)() {
            return Err(CaptureError::NotAllowed);
        }
        self.damage = match self.last_grabbed {
            Some(last) => damage_between(self.settings, last, self.step),
            None => Region::from_rect(self.settings.size.rect()),
        };
        for rect in self.damage.rects() {
            paint(self.settings, self.step, *rect, &mut self.frame);
        }
        self.last_grabbed = Some(self.step);
        if std::mem::take(&mut self.waiting) {
            self.due = Instant::now() + self.settings.pace;
        }
        Ok(self)
    }

    fn cursor(&mut self) -> Option<Cursor> {
        if !(self.gate)() || self.cursor_at == Some(self.step) {
            return None;
        }
        self.cursor_at = Some(self.step);
        let wandering = wandering_box(self.settings, self.step);
        Some(Cursor { x: wandering.x, y: wandering.y, visible: false, shape: None })
    }
}

impl Patch for Pattern {
    fn size(&self) -> Size {
        self.settings.size
    }

    fn damage(&self) -> &Region {
        &self.damage
    }

    fn read(&self, x: u32, y: u32, out: &mut [u32]) {
        PicturePatch::new(self.frame.view(), &self.damage).read(x, y, out);
    }
}

/// What differs between two steps.
fn damage_between(settings: Settings, from: u64, to: u64) -> Region {
    let mut damage = Region::new();
    for step in from..=to {
        damage.add(wandering_box(settings, step));
        if step > from {
            damage.add(typed_cell(settings, step));
        }
    }
    if from == to { Region::new() } else { damage }
}

/// Where the box is.
fn wandering_box(settings: Settings, step: u64) -> Rect {
    let Size { width, height } = settings.size;
    let (box_width, box_height) = (BOX_SIDE.min(width), BOX_SIDE.min(height));
    let bounce = |speed: u64, room: u32| {
        let period = u64::from(room.max(1)) * 2;
        let at = ((step % period) * speed + settings.seed % period) % period;
        u32::try_from(at.min(period - at)).unwrap_or(0).min(room)
    };
    Rect::new(bounce(7, width - box_width), bounce(5, height - box_height), box_width, box_height)
}

/// Where the character typed in a step is.
fn typed_cell(settings: Settings, step: u64) -> Rect {
    let (columns, rows) = cells(settings);
    let index = u32::try_from(step % (u64::from(columns) * u64::from(rows))).unwrap_or(0);
    Rect::new((index % columns) * CELL.0, (index / columns) * CELL.1, CELL.0, CELL.1).intersect(settings.size.rect())
}

fn cells(settings: Settings) -> (u32, u32) {
    (settings.size.width.div_ceil(CELL.0), settings.size.height.div_ceil(CELL.1))
}

/// Paints `rect` of the picture of `step`.
fn paint(settings: Settings, step: u64, rect: Rect, frame: &mut Framebuffer) {
    let wandering = wandering_box(settings, step);
    let (columns, rows) = cells(settings);
    let all = u64::from(columns) * u64::from(rows);
    for y in rect.y..rect.bottom() {
        let row = frame.row_mut(y);
        for x in rect.x..rect.right() {
            let in_box = x >= wandering.x && x < wandering.right() && y >= wandering.y && y < wandering.bottom();
            let pixel = if in_box {
                mix(settings.seed ^ step, x - wandering.x, y - wandering.y) | 0x0080_0000
            } else {
                let cell = u64::from(y / CELL.1 * columns + x / CELL.0);
                // The last step up to now that typed in this cell; none is the blank ground.
                match step.checked_sub(cell).map(|since| cell + since / all * all) {
                    Some(typed) if typed > 0 => mix(settings.seed.wrapping_add(typed), x % CELL.0, y % CELL.1) & 0x003F_3F3F,
                    _ => 0x00F0_F0F0 - ((x / 64 + y / 64) % 2) * 0x0008_0808,
                }
            };
            row[x as usize] = pixel | 0xFF00_0000;
        }
    }
}

/// SplitMix64's finaliser over a place: noise that is the same everywhere (Steele, Lea, Flood 2014).
fn mix(seed: u64, x: u32, y: u32) -> u32 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (u64::from(x) << 32 | u64::from(y));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) & 0x00FF_FFFF) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn open(pace: Duration) -> Pattern {
        let settings = Settings { size: Size { width: 203, height: 111 }, seed: 5, pace };
        Pattern::open(settings, Arc::new(|| true)).unwrap()
    }

    #[test]
    fn grabbing_only_the_damage_gives_the_whole_picture() {
        let mut source = open(Duration::ZERO);
        let mut frame = Framebuffer::new(Size { width: 1, height: 1 });
        for step in 0..150 {
            assert_eq!(source.wait(None).unwrap(), Wake::Damage);
            let patch = source.grab().unwrap();
            frame.apply(patch);
            assert!(step == 0 || patch.damage().area() < 2 * u64::from(BOX_SIDE * BOX_SIDE) + 400, "{:?}", patch.damage());
            assert_eq!(source.step(), step);
            assert!(frame == Pattern::picture(source.settings, step), "step {step}");
        }
    }

    #[test]
    fn damage_is_told_once_and_then_the_deadline_is_kept() {
        let mut source = open(Duration::ZERO);
        assert_eq!(source.wait(None).unwrap(), Wake::Damage);
        assert_eq!(source.wait(Some(Instant::now() + Duration::from_millis(3))).unwrap(), Wake::Deadline);
    }

    #[test]
    fn a_closed_gate_hands_out_nothing() {
        let settings = Settings::default();
        let mut source = Pattern::open(settings, Arc::new(|| false)).unwrap();
        assert!(matches!(source.grab(), Err(CaptureError::NotAllowed)));
        assert_eq!(source.cursor(), None);
    }
}
