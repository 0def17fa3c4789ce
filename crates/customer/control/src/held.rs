//! What is held down, so that nothing sticks.
//!
//! In scope: a table of keys with the key codes that were pressed for them, and of buttons. A key is let go by the code it
//! was pressed with, whatever the keyboard's map is by then. Not in scope: pressing and letting go.

use deskhand_session::{Button, Key, NamedKey};

/// Keys a technician can hold at a time; more fingers nobody has, and a flood of presses fills no memory.
pub const MAX_HELD_KEYS: usize = 32;

/// Keys and buttons that are down because of us.
#[derive(Debug, Default)]
pub struct Held {
    keys: Vec<(Key, u8)>,
    buttons: Vec<Button>,
}

impl Held {
    /// Whether anything is down.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.buttons.is_empty()
    }

    /// Whether one more key can be held.
    pub fn has_room(&self) -> bool {
        self.keys.len() < MAX_HELD_KEYS
    }

    /// The code that `key` was pressed with, when it is down.
    pub fn code_of(&self, key: Key) -> Option<u8> {
        self.keys.iter().find(|(held, _)| *held == key).map(|(_, code)| *code)
    }

    /// Every code that is down.
    pub fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        self.keys.iter().map(|(_, code)| *code)
    }

    /// Modifiers that make a chord of what is pressed with them, with their codes, in the order they were pressed.
    pub fn chord(&self) -> Vec<(Key, u8)> {
        let makes_chord = |key: &Key| matches!(key, Key::Named(NamedKey::Control | NamedKey::Alt | NamedKey::AltGr | NamedKey::Meta));
        self.keys.iter().filter(|(key, _)| makes_chord(key)).copied().collect()
    }

    /// A key went down.
    pub fn press_key(&mut self, key: Key, code: u8) {
        self.keys.push((key, code));
    }

    /// A key went up.
    pub fn release_key(&mut self, key: Key) {
        self.keys.retain(|(held, _)| *held != key);
    }

    /// A code went up, whatever key it was pressed for.
    pub fn forget_code(&mut self, code: u8) {
        self.keys.retain(|(_, held)| *held != code);
    }

    /// Whether a button is down.
    pub fn has_button(&self, button: Button) -> bool {
        self.buttons.contains(&button)
    }

    /// A button went down.
    pub fn press_button(&mut self, button: Button) {
        self.buttons.push(button);
    }

    /// A button went up.
    pub fn release_button(&mut self, button: Button) {
        self.buttons.retain(|held| *held != button);
    }

    /// Forgets everything and says what has to be let go, the newest first: codes, then buttons.
    pub fn take(&mut self) -> (Vec<u8>, Vec<Button>) {
        let codes = self.keys.drain(..).rev().map(|(_, code)| code).collect();
        (codes, self.buttons.drain(..).rev().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_let_go_once_the_newest_first() {
        let mut held = Held::default();
        held.press_key(Key::Named(NamedKey::Control), 37);
        held.press_key(Key::Char('c'), 54);
        held.press_button(Button::Left);
        assert!(!held.is_empty());
        assert_eq!(held.code_of(Key::Char('c')), Some(54));
        assert_eq!(held.chord(), [(Key::Named(NamedKey::Control), 37)]);
        assert_eq!(held.take(), (vec![54, 37], vec![Button::Left]));
        assert!(held.is_empty());
        assert_eq!(held.take(), (vec![], vec![]));
    }
}
