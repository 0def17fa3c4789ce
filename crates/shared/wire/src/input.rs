//! What a technician does, on its way to the customer's machine: sealed, each message naming its grant and tick.
//!
//! In scope: shapes and names. Whether it may be done is `session`'s, how it is done is `control`'s.

use crate::{limits::MAX_TYPED, text::Text};
use serde::{Deserialize, Serialize};

/// One message of the input channel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InputMessage {
    /// The grant it acts under.
    pub grant: u32,
    /// The newest tick its author had.
    pub tick: u64,
    /// The newest update its author saw; asked of presses.
    pub seen: u64,
    /// What to do.
    pub event: InputEvent,
}

/// One thing done. Positions are pixels of the captured screen, from its upper left corner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum InputEvent {
    /// The pointer is here.
    Move {
        /// From the left.
        x: u32,
        /// From the top.
        y: u32,
    },
    /// A button goes down or up, here.
    Button {
        /// Which.
        button: Button,
        /// Down or up.
        down: bool,
        /// From the left.
        x: u32,
        /// From the top.
        y: u32,
    },
    /// The wheel turns by this many notches; positive is right and down.
    Wheel {
        /// Sideways.
        x: i16,
        /// Up (negative) or down.
        y: i16,
    },
    /// A key goes down or up.
    Key {
        /// Which.
        key: Key,
        /// Down or up.
        down: bool,
    },
    /// This text is typed as it stands, whatever the layouts are.
    Text(Text<MAX_TYPED>),
    /// Let go of everything that is held.
    ReleaseAll,
}

impl InputEvent {
    /// Whether it starts something at a place: such an event is refused on a picture that has changed.
    pub fn is_press(&self) -> bool {
        matches!(self, InputEvent::Button { down: true, .. })
    }

    /// Whether it only lets go.
    pub fn is_release(&self) -> bool {
        matches!(self, InputEvent::Button { down: false, .. } | InputEvent::Key { down: false, .. } | InputEvent::ReleaseAll)
    }
}

/// A pointer's button.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Button {
    /// The main one.
    Left,
    /// The wheel's.
    Middle,
    /// The one for menus.
    Right,
    /// The one that goes back.
    Back,
    /// The one that goes forward.
    Forward,
}

/// A key, by what it means and not by where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum Key {
    /// The key that makes this character without modifiers, for chords like Ctrl+C.
    Char(char),
    /// A key with a name.
    Named(NamedKey),
}

macro_rules! named_keys {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Keys that make no character.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each name is the key's own")]
        pub enum NamedKey { $($name),+ }

        impl NamedKey {
            /// Every key.
            pub const ALL: &'static [NamedKey] = &[$(NamedKey::$name),+];

            /// The name in scripts, e.g. `ctrl`, `Delete`, `F5`.
            pub fn name(self) -> &'static str {
                match self { $(NamedKey::$name => $text),+ }
            }
        }
    };
}

named_keys! {
    Shift = "shift", Control = "ctrl", Alt = "alt", AltGr = "altgr", Meta = "meta", CapsLock = "CapsLock", NumLock = "NumLock",
    Escape = "Escape", Enter = "Enter", Tab = "Tab", Backspace = "Backspace", Space = "Space", Delete = "Delete", Insert = "Insert",
    Home = "Home", End = "End", PageUp = "PageUp", PageDown = "PageDown", Left = "Left", Right = "Right", Up = "Up", Down = "Down",
    PrintScreen = "PrintScreen", ScrollLock = "ScrollLock", Pause = "Pause", Menu = "Menu",
    F1 = "F1", F2 = "F2", F3 = "F3", F4 = "F4", F5 = "F5", F6 = "F6", F7 = "F7", F8 = "F8", F9 = "F9", F10 = "F10", F11 = "F11", F12 = "F12",
}

impl NamedKey {
    /// The key with this name, in any case; a few other spellings are known too.
    pub fn by_name(name: &str) -> Option<Self> {
        let other = match name.to_ascii_lowercase().as_str() {
            "control" => "ctrl",
            "win" | "super" | "cmd" => "meta",
            "esc" => "Escape",
            "return" => "Enter",
            "del" => "Delete",
            "pgup" => "PageUp",
            "pgdn" => "PageDown",
            "print" => "PrintScreen",
            _ => name,
        };
        Self::ALL.iter().copied().find(|key| key.name().eq_ignore_ascii_case(other))
    }

    /// Whether it is held to change what other keys do.
    pub fn is_modifier(self) -> bool {
        matches!(self, NamedKey::Shift | NamedKey::Control | NamedKey::Alt | NamedKey::AltGr | NamedKey::Meta)
    }
}
