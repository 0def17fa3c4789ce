//! Types a text as that text, whatever the customer's layout, group or locks are.
//!
//! In scope: for each character the key that types it as things are, else with Shift, else a spare key that stands for it;
//! the grant and the focus are asked before each. Not in scope: input methods: with one switched on, the customer's
//! program gets what the input method makes of the letters.

use super::{Injector, Permit, sent};
use crate::{
    Blocked, InputFailure, Key, NamedKey,
    symbols::{self, Stroke},
    x11::{LOCK, SHIFT, State},
};
use enigo::{Direction, Keyboard as _};
use std::time::Instant;

/// How a character is typed.
enum Way {
    Key(u8),
    ShiftAnd(u8),
    Spare(u32),
}

impl Injector {
    pub(super) fn type_text(&mut self, permit: &Permit<'_>, text: &str) -> Result<(), Blocked> {
        let strokes = symbols::strokes(text).map_err(InputFailure::Untypable)?;
        if strokes.is_empty() {
            return Ok(());
        }
        // With Ctrl and the like held a text would be a row of shortcuts. They are lifted, and pressed again afterwards.
        let lifted = self.held.chord();
        for (key, _) in lifted.iter().rev() {
            self.release_key(*key)?;
        }
        let typed = self.type_strokes(permit, &strokes);
        self.restore_locks();
        typed?;
        for (key, _) in lifted {
            self.press_key(permit, key)?;
        }
        Ok(())
    }

    fn type_strokes(&mut self, permit: &Permit<'_>, strokes: &[Stroke]) -> Result<(), Blocked> {
        for (index, stroke) in strokes.iter().enumerate() {
            permit.ask()?;
            match *stroke {
                Stroke::Named(named) => {
                    let code = self.code_for(Key::Named(named))?;
                    self.tap(permit, code)?;
                }
                Stroke::Character(character, symbol) => {
                    let state = self.unlocked_state()?;
                    match self.way(character, symbol, state)? {
                        Way::Key(code) => self.tap(permit, code)?,
                        Way::ShiftAnd(code) => self.tap_shifted(permit, code)?,
                        Way::Spare(symbol) => {
                            let code = self.spare_for(permit, symbol, &strokes[index..], state)?;
                            self.tap(permit, code)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn way(&mut self, character: char, symbol: u32, state: State) -> Result<Way, InputFailure> {
        let layout = self.keyboard.layout(&self.display)?;
        if let Some(code) = layout.typing(character, state.group, state.modifiers) {
            return Ok(Way::Key(code));
        }
        let shifted = layout.typing(character, state.group, state.modifiers | SHIFT);
        Ok(match shifted {
            Some(code) if state.modifiers & SHIFT == 0 => Way::ShiftAnd(code),
            _ => Way::Spare(symbol),
        })
    }

    /// Caps Lock turns letters of spare keys too, in the client's library: it is off while a text is typed.
    fn unlocked_state(&mut self) -> Result<State, InputFailure> {
        let state = self.keyboard.state(&self.display)?;
        if state.locked & LOCK == 0 {
            return Ok(state);
        }
        self.keyboard.lock(&self.display, LOCK, false)?;
        self.owed_locks |= LOCK;
        self.keyboard.state(&self.display)
    }

    pub(super) fn restore_locks(&mut self) {
        let owed = std::mem::take(&mut self.owed_locks);
        if owed != 0
            && let Err(error) = self.keyboard.lock(&self.display, owed, true)
        {
            tracing::warn!(%error, "Caps Lock stays off");
        }
    }

    /// A spare key for `symbol`; what `rest` of the text needs is prepared with it. Waits when all are in use.
    fn spare_for(&mut self, permit: &Permit<'_>, symbol: u32, rest: &[Stroke], state: State) -> Result<u8, Blocked> {
        if let Some(code) = self.keyboard.bound(&self.display, symbol)? {
            return Ok(code);
        }
        let mut coming = Vec::new();
        for stroke in rest {
            if let Stroke::Character(character, symbol) = *stroke
                && !coming.contains(&symbol)
                && matches!(self.way(character, symbol, state)?, Way::Spare(_))
            {
                coming.push(symbol);
            }
        }
        let kept: Vec<u8> = self.held.codes().collect();
        loop {
            match self.keyboard.spare(&self.display, symbol, &coming, &kept)? {
                Ok(code) => return Ok(code),
                Err(at) => {
                    std::thread::sleep(at.saturating_duration_since(Instant::now()));
                    permit.ask()?;
                }
            }
        }
    }

    fn tap(&mut self, permit: &Permit<'_>, code: u8) -> Result<(), Blocked> {
        // A key that is down types nothing when it is pressed again.
        if self.held.codes().any(|held| held == code) {
            self.enigo.raw(code.into(), Direction::Release).map_err(sent)?;
            self.held.forget_code(code);
        }
        self.press_code(permit, code)?;
        self.release_code(code)
    }

    fn tap_shifted(&mut self, permit: &Permit<'_>, code: u8) -> Result<(), Blocked> {
        let shift = Key::Named(NamedKey::Shift);
        // Held in the table meanwhile, so that a Stop between the two lets go of it.
        self.press_key(permit, shift)?;
        let tapped = self.tap(permit, code);
        self.release_key(shift)?;
        tapped
    }
}
