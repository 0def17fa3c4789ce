//! Chords that are the viewer's own, even while the keyboard is the customer's.
//!
//! In scope: which they are, taking them out of what the toolkit was told. Not in scope: what they do.

use egui::{Key, Modifiers, Ui};

/// Held with every one of them: a chord that hardly any program uses.
const HELD: Modifiers = Modifiers { alt: true, ctrl: true, shift: true, mac_cmd: false, command: false };

/// One of the viewer's own chords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shortcut {
    /// Show or hide how the screen travels.
    Overlay,
    /// The next of the customer's monitors.
    Monitor,
}

impl Shortcut {
    const fn key(self) -> Key {
        match self {
            Self::Overlay => Key::O,
            Self::Monitor => Key::M,
        }
    }

    /// As it is written in menus.
    pub(super) fn text(self) -> String {
        format!("Ctrl + Alt + Shift + {}", self.key().name())
    }

    /// Whether it was pressed since the last frame. It is nobody else's then.
    pub(super) fn pressed(self, ui: &Ui) -> bool {
        ui.input_mut(|input| input.consume_key(HELD, self.key()))
    }
}
