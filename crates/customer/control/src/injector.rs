//! Carries out input, and asks before each event whether it may.
//!
//! In scope: the order of checks: the grant, then whose window it would go into, then the grant again at the last moment,
//! then the event. `enigo` sends every event, without delays. Not in scope: how text becomes keys (`typing`).

mod typing;

use crate::{
    Blocked, Button, ControlError, ControlGrant, InputEvent, InputFailure, Key, NamedKey,
    held::Held,
    symbols,
    x11::{Display, Keyboard, SHIFT},
};
use enigo::{Axis, Coordinate, Direction, Enigo, Keyboard as _, Mouse as _, Settings};
use std::time::Instant;

/// Notches of one wheel message that are carried out; more in one message is no hand's doing.
pub const MAX_NOTCHES: u16 = 64;

/// The only thing in this program that makes input. One thread owns it.
///
/// Lets go of everything when dropped.
pub struct Injector {
    enigo: Enigo,
    display: Display,
    keyboard: Keyboard,
    held: Held,
    /// Codes of Caps Lock and the like that were switched off for a text and are owed.
    owed_locks: u8,
}

/// A grant and the time it is asked with: the caller's, moved on by what passed since.
struct Permit<'a> {
    grant: &'a ControlGrant,
    now: u64,
    asked: Instant,
}

impl Permit<'_> {
    fn ask(&self) -> Result<(), Blocked> {
        let passed = u64::try_from(self.asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.grant.permits(self.now.saturating_add(passed))?)
    }
}

impl Injector {
    /// Opens the desktop that `DISPLAY` names.
    ///
    /// # Errors
    /// [`ControlError`]: no display, or one that cannot be controlled.
    pub fn open() -> Result<Self, ControlError> {
        Self::open_display(None)
    }

    /// Opens the desktop named, such as `:0`.
    ///
    /// # Errors
    /// As [`Injector::open`].
    pub fn open_on(display: &str) -> Result<Self, ControlError> {
        Self::open_display(Some(display))
    }

    fn open_display(name: Option<&str>) -> Result<Self, ControlError> {
        let display = Display::open(name)?;
        let keyboard = Keyboard::open(&display).map_err(|failure| ControlError::Refused(failure.to_string()))?;
        let settings =
            Settings { linux_delay: 0, x11_display: name.map(str::to_owned), release_keys_when_dropped: true, ..Settings::default() };
        let enigo = Enigo::new(&settings).map_err(|error| ControlError::Refused(error.to_string()))?;
        Ok(Self { enigo, display, keyboard, held: Held::default(), owed_locks: 0 })
    }

    /// Carries out `event` as far as `grant` permits; `now` is the host's monotonic clock, milliseconds.
    ///
    /// Letting go of what is held needs no window's consent. An event that changes nothing (a key that is down already, a
    /// button that is not) is left out.
    ///
    /// # Errors
    /// [`Blocked`]: the event, or the rest of it, did not happen. When the grant does not permit, everything held is let go.
    pub fn inject(&mut self, grant: &ControlGrant, event: &InputEvent, now: u64) -> Result<(), Blocked> {
        let permit = Permit { grant, now, asked: Instant::now() };
        let done = permit.ask().and_then(|()| self.carry_out(&permit, event));
        if matches!(done, Err(Blocked::Revoked | Blocked::Expired | Blocked::QuestionOpen)) {
            self.release_all();
        }
        done
    }

    fn carry_out(&mut self, permit: &Permit<'_>, event: &InputEvent) -> Result<(), Blocked> {
        match event {
            InputEvent::Move { x, y } => self.move_to(permit, *x, *y),
            InputEvent::Button { button, down, x, y } => {
                self.move_to(permit, *x, *y)?;
                if *down { self.press_button(permit, *button) } else { self.release_button(*button) }
            }
            InputEvent::Wheel { x, y } => {
                self.turn(permit, Axis::Horizontal, *x)?;
                self.turn(permit, Axis::Vertical, *y)
            }
            InputEvent::Key { key, down: true } => self.press_key(permit, *key),
            InputEvent::Key { key, down: false } => self.release_key(*key),
            InputEvent::Text(text) => self.type_text(permit, text.as_str()),
            InputEvent::ReleaseAll => {
                self.release_all();
                Ok(())
            }
        }
    }

    /// Moves the pointer; the server keeps it on the screen.
    fn move_to(&mut self, permit: &Permit<'_>, x: u32, y: u32) -> Result<(), Blocked> {
        permit.ask()?;
        let place = |value: u32| i32::from(i16::try_from(value).unwrap_or(i16::MAX));
        self.enigo.move_mouse(place(x), place(y), Coordinate::Abs).map_err(sent)
    }

    fn press_button(&mut self, permit: &Permit<'_>, button: Button) -> Result<(), Blocked> {
        if self.held.has_button(button) {
            return Ok(());
        }
        if self.display.pointer_is_over_own()? {
            return Err(Blocked::OwnWindow);
        }
        permit.ask()?;
        self.enigo.button(on_desktop(button), Direction::Press).map_err(sent)?;
        self.held.press_button(button);
        Ok(())
    }

    fn release_button(&mut self, button: Button) -> Result<(), Blocked> {
        if !self.held.has_button(button) {
            return Ok(());
        }
        self.held.release_button(button);
        self.enigo.button(on_desktop(button), Direction::Release).map_err(sent)
    }

    fn turn(&mut self, permit: &Permit<'_>, axis: Axis, notches: i16) -> Result<(), Blocked> {
        for _ in 0..notches.unsigned_abs().min(MAX_NOTCHES) {
            if self.display.pointer_is_over_own()? {
                return Err(Blocked::OwnWindow);
            }
            permit.ask()?;
            self.enigo.scroll(notches.signum().into(), axis).map_err(sent)?;
        }
        Ok(())
    }

    fn press_key(&mut self, permit: &Permit<'_>, key: Key) -> Result<(), Blocked> {
        if self.held.code_of(key).is_some() || !self.held.has_room() {
            return Ok(());
        }
        let code = self.code_for(key)?;
        self.press_code(permit, code)?;
        self.held.press_key(key, code);
        Ok(())
    }

    /// The last checks before a key goes down, and the key.
    fn press_code(&mut self, permit: &Permit<'_>, code: u8) -> Result<(), Blocked> {
        if self.display.focus_is_own()? {
            return Err(Blocked::OwnWindow);
        }
        permit.ask()?;
        self.enigo.raw(code.into(), Direction::Press).map_err(sent)
    }

    fn release_key(&mut self, key: Key) -> Result<(), Blocked> {
        let Some(code) = self.held.code_of(key) else { return Ok(()) };
        self.held.release_key(key);
        self.release_code(code)
    }

    fn release_code(&mut self, code: u8) -> Result<(), Blocked> {
        self.keyboard.mark_used(code);
        // Two keys of the technician may be one key here.
        if self.held.codes().any(|held| held == code) {
            return Ok(());
        }
        self.enigo.raw(code.into(), Direction::Release).map_err(sent)
    }

    /// The key of this keyboard that a key of the technician's stands for.
    fn code_for(&mut self, key: Key) -> Result<u8, InputFailure> {
        let layout = self.keyboard.layout(&self.display)?;
        let character = match key {
            Key::Named(NamedKey::Space) => ' ',
            Key::Named(named) => {
                let symbols = symbols::of_named(named);
                return match layout.named(symbols) {
                    Some(code) => Ok(code),
                    // A spare key can stand for any key but those that must change what others do.
                    None if named.is_modifier() || matches!(named, NamedKey::CapsLock | NamedKey::NumLock) => Err(InputFailure::NoKey),
                    None => self.spare_key(symbols[0]),
                };
            }
            Key::Char(character) => character,
        };
        let group = self.keyboard.state(&self.display)?.group;
        let layout = self.keyboard.layout(&self.display)?;
        if let Some(code) = layout.typing(character, group, 0) {
            return Ok(code);
        }
        let physical = layout.physical(character, group);
        match physical {
            Some(code) if !self.held.chord().is_empty() => Ok(code),
            // With Shift held the upper of a key's two characters is meant by its lower one, and by itself.
            Some(code) if self.keyboard.layout(&self.display)?.typing(character, group, SHIFT) == Some(code) && self.shift_is_held() => {
                Ok(code)
            }
            _ => self.spare_key(symbols::of_character(character).ok_or(InputFailure::Untypable(character))?),
        }
    }

    fn shift_is_held(&self) -> bool {
        self.held.code_of(Key::Named(NamedKey::Shift)).is_some()
    }

    /// A spare key for one symbol that is to be pressed now.
    fn spare_key(&mut self, symbol: u32) -> Result<u8, InputFailure> {
        let kept: Vec<u8> = self.held.codes().collect();
        loop {
            match self.keyboard.spare(&self.display, symbol, &[], &kept)? {
                Ok(code) => return Ok(code),
                Err(at) => std::thread::sleep(at.saturating_duration_since(Instant::now())),
            }
        }
    }

    /// Lets go of every key and button, whatever any grant says.
    pub fn release_all(&mut self) {
        let (codes, buttons) = self.held.take();
        for code in codes {
            if let Err(error) = self.release_code(code) {
                tracing::warn!(%error, "a key may stay down");
            }
        }
        for button in buttons {
            if let Err(error) = self.enigo.button(on_desktop(button), Direction::Release) {
                tracing::warn!(%error, "a button may stay down");
            }
        }
        self.restore_locks();
    }

    /// Whether anything is held down.
    pub fn held(&self) -> bool {
        !self.held.is_empty()
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        self.release_all();
        self.keyboard.give_back(&self.display);
    }
}

fn on_desktop(button: Button) -> enigo::Button {
    match button {
        Button::Left => enigo::Button::Left,
        Button::Middle => enigo::Button::Middle,
        Button::Right => enigo::Button::Right,
        Button::Back => enigo::Button::Back,
        Button::Forward => enigo::Button::Forward,
    }
}

/// An event could not be sent.
fn sent(error: enigo::InputError) -> Blocked {
    Blocked::Failed(InputFailure::Desktop(error.to_string()))
}
