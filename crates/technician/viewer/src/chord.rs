//! A key with its modifiers, written as `ctrl+alt+Delete`.
//!
//! In scope: reading the text, and the presses and releases it means. Not in scope: keys as a window reports them.

use deskhand_session::{InputEvent, Key, NamedKey};

/// Most keys in one chord.
const MAX_KEYS: usize = 6;

/// Modifiers that are held, and the key that is pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chord {
    held: Vec<NamedKey>,
    key: Key,
}

/// Why a text is not a chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChordError {
    /// Nothing, or nothing between two plus signs.
    #[error("a chord is a key, or modifiers and a key: for example ctrl+alt+Delete, ctrl+c, F5 or meta")]
    Empty,
    /// A key without a name.
    #[error("\"{0}\" is not a key; known are single characters and {names}", names = names())]
    Unknown(String),
    /// Something that is no modifier stands before the last key.
    #[error("\"{0}\" can't be held in a chord; shift, ctrl, alt, altgr and meta can")]
    NotAModifier(String),
    /// Too many of them.
    #[error("a chord has at most {MAX_KEYS} keys")]
    TooLong,
}

fn names() -> String {
    NamedKey::ALL.iter().map(|key| key.name()).collect::<Vec<_>>().join(", ")
}

fn key(text: &str) -> Result<Key, ChordError> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (None, _) => Err(ChordError::Empty),
        (Some(' '), None) => Ok(Key::Named(NamedKey::Space)),
        (Some(only), None) if !only.is_control() => Ok(Key::Char(only)),
        _ => NamedKey::by_name(text).map(Key::Named).ok_or_else(|| ChordError::Unknown(text.chars().take(40).collect())),
    }
}

impl Chord {
    /// Reads `ctrl+alt+Delete`; `ctrl++` is Ctrl and the plus key.
    ///
    /// # Errors
    /// [`ChordError`], whose text names what is known.
    pub(crate) fn parse(text: &str) -> Result<Self, ChordError> {
        let (before, last) = match text.strip_suffix('+') {
            Some("") => (None, "+"),
            Some(rest) => (Some(rest.strip_suffix('+').ok_or(ChordError::Empty)?), "+"),
            None => text.rsplit_once('+').map_or((None, text), |(before, last)| (Some(before), last)),
        };
        let mut held = Vec::new();
        for part in before.into_iter().flat_map(|before| before.split('+')) {
            if held.len() + 1 >= MAX_KEYS {
                return Err(ChordError::TooLong);
            }
            match key(part)? {
                Key::Named(name) if name.is_modifier() => held.push(name),
                _ => return Err(ChordError::NotAModifier(part.chars().take(40).collect())),
            }
        }
        Ok(Self { held, key: key(last)? })
    }

    /// A chord of known keys.
    #[must_use]
    pub(crate) fn of(held: &[NamedKey], key: Key) -> Self {
        Self { held: held.to_vec(), key }
    }

    /// The presses in order, then the releases the other way round.
    #[must_use]
    pub(crate) fn events(&self) -> Vec<InputEvent> {
        let keys: Vec<Key> = self.held.iter().map(|&name| Key::Named(name)).chain([self.key]).collect();
        let down = keys.iter().map(|&key| InputEvent::Key { key, down: true });
        let up = keys.iter().rev().map(|&key| InputEvent::Key { key, down: false });
        down.chain(up).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(text: &str) -> Vec<(Key, bool)> {
        let name = |event| match event {
            InputEvent::Key { key, down } => (key, down),
            other => panic!("{other:?}"),
        };
        Chord::parse(text).unwrap().events().into_iter().map(name).collect()
    }

    #[test]
    fn modifiers_go_down_first_and_up_last() {
        use NamedKey::{Alt, Control, Delete};
        let named = Key::Named;
        assert_eq!(
            keys("ctrl+alt+Delete"),
            [
                (named(Control), true),
                (named(Alt), true),
                (named(Delete), true),
                (named(Delete), false),
                (named(Alt), false),
                (named(Control), false)
            ]
        );
    }

    #[test]
    fn case_and_other_spellings_do_not_matter() {
        assert_eq!(keys("Control+DEL"), keys("ctrl+Delete"));
        assert_eq!(keys("super"), [(Key::Named(NamedKey::Meta), true), (Key::Named(NamedKey::Meta), false)]);
        assert_eq!(keys("ctrl+c")[1], (Key::Char('c'), true));
    }

    #[test]
    fn the_plus_key_can_be_pressed() {
        assert_eq!(keys("+")[0], (Key::Char('+'), true));
        assert_eq!(keys("ctrl++")[1], (Key::Char('+'), true));
        assert_eq!(Chord::parse("ctrl+"), Err(ChordError::Empty));
    }

    #[test]
    fn a_key_without_a_name_is_told_the_names() {
        let error = Chord::parse("ctrl+Delte").unwrap_err().to_string();
        assert!(error.contains("\"Delte\"") && error.contains("Delete"), "{error}");
        assert_eq!(Chord::parse("a+b"), Err(ChordError::NotAModifier("a".into())));
        assert_eq!(Chord::parse(""), Err(ChordError::Empty));
        assert_eq!(Chord::parse(&"ctrl+".repeat(9)), Err(ChordError::Empty));
        assert_eq!(Chord::parse(&format!("{}x", "ctrl+".repeat(9))), Err(ChordError::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_never_panics_and_every_press_is_released(text in "[a-zA-Z0-9+ ä]{0,30}") {
            if let Ok(chord) = Chord::parse(&text) {
                let events = chord.events();
                prop_assert_eq!(events.len() % 2, 0);
                prop_assert!(events.len() <= 2 * MAX_KEYS);
            }
        }
    }
}
