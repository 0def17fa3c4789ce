//! What the technician holds down, so that nothing stays down at the customer's.
//!
//! In scope: remembering presses and releases. Not in scope: when everything is let go (`input`).

use deskhand_wire::input::{Button, InputEvent, Key};

/// Keys and buttons held at once; more than anybody has fingers.
const MAX_HELD: usize = 32;

/// What is down.
#[derive(Debug, Default)]
pub(super) struct Held {
    keys: Vec<Key>,
    buttons: Vec<Button>,
}

impl Held {
    /// Takes an event in. `false` for the release of something that is not held: it need not be sent.
    #[must_use]
    pub(super) fn follow(&mut self, event: &InputEvent) -> bool {
        match event {
            InputEvent::Key { key, down: true } => remember(&mut self.keys, *key),
            InputEvent::Button { button, down: true, .. } => remember(&mut self.buttons, *button),
            InputEvent::Key { key, down: false } => forget(&mut self.keys, *key),
            InputEvent::Button { button, down: false, .. } => forget(&mut self.buttons, *button),
            InputEvent::ReleaseAll => {
                self.clear();
                true
            }
            InputEvent::Move { .. } | InputEvent::Wheel { .. } | InputEvent::Text(_) => true,
        }
    }

    /// Whether anything is down.
    pub(super) fn any(&self) -> bool {
        !self.keys.is_empty() || !self.buttons.is_empty()
    }

    /// Everything was let go.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.buttons.clear();
    }
}

fn remember<T: PartialEq>(held: &mut Vec<T>, what: T) -> bool {
    // A repeated press of a held key goes through: that is how keys repeat.
    if !held.contains(&what) {
        if held.len() == MAX_HELD {
            return false;
        }
        held.push(what);
    }
    true
}

fn forget<T: PartialEq>(held: &mut Vec<T>, what: T) -> bool {
    let before = held.len();
    held.retain(|other| *other != what);
    held.len() != before
}
