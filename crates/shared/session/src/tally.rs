//! How much input there was: counted alike by the host that carries it out and by the viewer that sends it.
//!
//! In scope: counts, never which key. Not in scope: when they are written down (`host::control`), whether they agree (`viewer::witness`).

use deskhand_wire::input::InputEvent;

/// Counts of input.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Keys pressed and characters typed.
    pub(crate) keys: u64,
    /// Buttons pressed.
    pub(crate) clicks: u64,
    /// Turns of the wheel.
    pub(crate) wheel: u64,
    /// Moves of the pointer.
    pub(crate) moves: u64,
}

impl Tally {
    /// Counts one event.
    pub(crate) fn count(&mut self, event: &InputEvent) {
        match event {
            InputEvent::Move { .. } => self.moves += 1,
            InputEvent::Button { down, .. } => self.clicks += u64::from(*down),
            InputEvent::Wheel { .. } => self.wheel += 1,
            InputEvent::Key { down, .. } => self.keys += u64::from(*down),
            InputEvent::Text(text) => self.keys += text.as_str().chars().count() as u64,
            InputEvent::ReleaseAll => {}
        }
    }

    /// All of it.
    pub(crate) fn total(&self) -> u64 {
        self.keys.saturating_add(self.clicks).saturating_add(self.wheel).saturating_add(self.moves)
    }

    /// What is left after so much; `None` when there is less of anything.
    pub(crate) fn less(&self, other: &Self) -> Option<Self> {
        Some(Self {
            keys: self.keys.checked_sub(other.keys)?,
            clicks: self.clicks.checked_sub(other.clicks)?,
            wheel: self.wheel.checked_sub(other.wheel)?,
            moves: self.moves.checked_sub(other.moves)?,
        })
    }
}
