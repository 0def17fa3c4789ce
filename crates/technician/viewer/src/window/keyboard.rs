//! From the window's keyboard events to what the customer's machine is asked to do.
//!
//! In scope: text as text, chords as keys, modifiers that are sent only when something is done with them, nothing left
//! held. Not in scope: whether the keyboard is the picture's (`picture`), whether control is granted (`session`).
//!
//! Text and keys: what makes a character without Ctrl, Alt or Meta is sent as that character ("this text is typed as it
//! stands"), so layouts never matter. Everything else is a key. A modifier alone is sent when it is let go without having
//! been used (Meta opens a menu), and before the key, click or wheel that it changes; before text all are let go.
//! A key that is repeated here is let go and pressed again there, so that both machines count the same presses.

use crate::gesture::typed;
use deskhand_session::{InputEvent, Key, NamedKey};
use egui::{Event, ImeEvent, Modifiers};

/// What is held, here and there.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    here: Held,
    /// Modifiers that are down at the customer's.
    there: Vec<NamedKey>,
    /// Other keys that are down at the customer's, by the key pressed here.
    keys: Vec<(egui::Key, Key)>,
    /// The modifier that went down last, while nothing was done with it.
    alone: Option<NamedKey>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Held {
    shift: bool,
    control: bool,
    alt: bool,
    meta: bool,
}

impl Held {
    fn names(self) -> impl Iterator<Item = NamedKey> {
        use NamedKey::{Alt, Control, Meta, Shift};
        let held = [(Shift, self.shift), (Control, self.control), (Alt, self.alt), (Meta, self.meta)];
        held.into_iter().filter_map(|(name, held)| held.then_some(name))
    }

    fn take(&mut self, modifiers: Modifiers) {
        (self.shift, self.control, self.alt) = (modifiers.shift, modifiers.ctrl, modifiers.alt);
    }

    /// Whether a key is a key now and not a character.
    fn is_chord(self) -> bool {
        self.control || self.alt || self.meta
    }
}

fn key(key: Key, down: bool) -> InputEvent {
    InputEvent::Key { key, down }
}

impl Keyboard {
    /// What one event means, in order.
    pub(crate) fn event(&mut self, event: &Event, out: &mut Vec<InputEvent>) {
        match event {
            Event::ModifiersChanged(modifiers) => {
                self.here.take(*modifiers);
                self.drop_modifiers(out);
            }
            Event::Key { key, pressed, modifiers, .. } => match modifier(*key) {
                Some(name) => self.modifier(name, *pressed, out),
                None => {
                    self.here.take(*modifiers);
                    self.key(*key, *pressed, out);
                }
            },
            Event::Text(text) | Event::Ime(ImeEvent::Commit(text)) => self.text(text, out),
            _ => {}
        }
    }

    /// Modifiers as they are here, before a click or the wheel.
    pub(crate) fn prepare(&mut self, out: &mut Vec<InputEvent>) {
        self.alone = None;
        for name in self.here.names() {
            if !self.there.contains(&name) {
                self.there.push(name);
                out.push(key(Key::Named(name), true));
            }
        }
    }

    /// What is held was used here.
    pub(crate) fn used(&mut self) {
        self.alone = None;
    }

    /// Forgets everything that is held; true when something was held at the customer's.
    pub(crate) fn forget(&mut self) -> bool {
        let held = !self.there.is_empty() || !self.keys.is_empty();
        *self = Self::default();
        held
    }

    /// Modifiers that are no longer held here are let go there.
    fn drop_modifiers(&mut self, out: &mut Vec<InputEvent>) {
        let here: Vec<NamedKey> = self.here.names().collect();
        self.there.retain(|name| {
            let held = here.contains(name);
            if !held {
                out.push(key(Key::Named(*name), false));
            }
            held
        });
    }

    fn modifier(&mut self, name: NamedKey, pressed: bool, out: &mut Vec<InputEvent>) {
        match name {
            NamedKey::Shift => self.here.shift = pressed,
            NamedKey::Control => self.here.control = pressed,
            // The key right of the space bar is Alt or AltGr; only `ModifiersChanged` knows whether Alt is held.
            NamedKey::Alt if !pressed => self.here.alt = false,
            NamedKey::Meta => self.here.meta = pressed,
            _ => {}
        }
        if pressed {
            self.alone = self.there.is_empty().then_some(name);
            return;
        }
        let tapped = self.alone.take() == Some(name) && matches!(name, NamedKey::Meta | NamedKey::Alt);
        if tapped {
            out.extend([key(Key::Named(name), true), key(Key::Named(name), false)]);
        }
        self.drop_modifiers(out);
    }

    fn key(&mut self, pressed_here: egui::Key, pressed: bool, out: &mut Vec<InputEvent>) {
        let known = self.keys.iter().position(|(held, _)| *held == pressed_here);
        if !pressed {
            if let Some(at) = known {
                out.push(key(self.keys.swap_remove(at).1, false));
            }
            return;
        }
        let meant = match named(pressed_here) {
            Some(name) => Key::Named(name),
            None if !self.here.is_chord() => return,
            None if pressed_here == egui::Key::Space => Key::Named(NamedKey::Space),
            None => match character(pressed_here) {
                Some(character) => Key::Char(character),
                None => return,
            },
        };
        self.drop_modifiers(out);
        self.prepare(out);
        if let Some(at) = known {
            out.push(key(self.keys.swap_remove(at).1, false));
        }
        self.keys.push((pressed_here, meant));
        out.push(key(meant, true));
    }

    fn text(&mut self, text: &str, out: &mut Vec<InputEvent>) {
        if text.is_empty() || self.here.is_chord() {
            return;
        }
        self.alone = None;
        for name in self.there.drain(..) {
            out.push(key(Key::Named(name), false));
        }
        out.extend(typed(text));
    }
}

fn modifier(key: egui::Key) -> Option<NamedKey> {
    use egui::Key as K;
    Some(match key {
        K::ShiftLeft | K::ShiftRight => NamedKey::Shift,
        K::ControlLeft | K::ControlRight => NamedKey::Control,
        K::AltLeft | K::AltRight => NamedKey::Alt,
        K::SuperLeft | K::SuperRight => NamedKey::Meta,
        _ => return None,
    })
}

fn named(key: egui::Key) -> Option<NamedKey> {
    use NamedKey as N;
    use egui::Key as K;
    Some(match key {
        K::Escape => N::Escape,
        K::Enter => N::Enter,
        K::Tab => N::Tab,
        K::Backspace => N::Backspace,
        K::Delete => N::Delete,
        K::Insert => N::Insert,
        K::Home => N::Home,
        K::End => N::End,
        K::PageUp => N::PageUp,
        K::PageDown => N::PageDown,
        K::ArrowLeft => N::Left,
        K::ArrowRight => N::Right,
        K::ArrowUp => N::Up,
        K::ArrowDown => N::Down,
        K::PrintScreen => N::PrintScreen,
        K::ScrollLock => N::ScrollLock,
        K::Pause => N::Pause,
        K::Menu => N::Menu,
        K::F1 => N::F1,
        K::F2 => N::F2,
        K::F3 => N::F3,
        K::F4 => N::F4,
        K::F5 => N::F5,
        K::F6 => N::F6,
        K::F7 => N::F7,
        K::F8 => N::F8,
        K::F9 => N::F9,
        K::F10 => N::F10,
        K::F11 => N::F11,
        K::F12 => N::F12,
        _ => return None,
    })
}

/// The character that a key makes in a chord.
fn character(key: egui::Key) -> Option<char> {
    let mut characters = key.name().chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return Some(only.to_ascii_lowercase());
    }
    use egui::Key as K;
    Some(match key {
        K::Plus => '+',
        K::Minus => '-',
        K::Equals => '=',
        K::Comma => ',',
        K::Period => '.',
        K::Colon => ':',
        K::Semicolon => ';',
        K::Slash => '/',
        K::Backslash => '\\',
        K::Pipe => '|',
        K::Questionmark => '?',
        K::Exclamationmark => '!',
        K::OpenBracket => '[',
        K::CloseBracket => ']',
        K::OpenCurlyBracket => '{',
        K::CloseCurlyBracket => '}',
        K::Backtick => '`',
        K::Quote => '\'',
        K::IntlBackslash => '<',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_wire::Text;

    struct Bench {
        keyboard: Keyboard,
        modifiers: Modifiers,
    }

    impl Bench {
        fn new() -> Self {
            Self { keyboard: Keyboard::default(), modifiers: Modifiers::NONE }
        }

        fn send(&mut self, event: &Event) -> Vec<InputEvent> {
            let mut out = Vec::new();
            self.keyboard.event(event, &mut out);
            out
        }

        fn press(&mut self, key: egui::Key, pressed: bool) -> Vec<InputEvent> {
            self.send(&Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: self.modifiers })
        }

        fn hold(&mut self, key: egui::Key, modifiers: Modifiers) -> Vec<InputEvent> {
            self.modifiers = modifiers;
            let mut out = self.press(key, true);
            out.extend(self.send(&Event::ModifiersChanged(modifiers)));
            out
        }

        fn let_go(&mut self, key: egui::Key) -> Vec<InputEvent> {
            self.modifiers = Modifiers::NONE;
            let mut out = self.press(key, false);
            out.extend(self.send(&Event::ModifiersChanged(Modifiers::NONE)));
            out
        }

        fn text(&mut self, text: &str) -> Vec<InputEvent> {
            self.send(&Event::Text(text.into()))
        }
    }

    fn named(name: NamedKey, down: bool) -> InputEvent {
        key(Key::Named(name), down)
    }

    fn typed_as(text: &str) -> InputEvent {
        InputEvent::Text(Text::clipped(text))
    }

    #[test]
    fn a_letter_is_sent_once_and_as_text() {
        let mut bench = Bench::new();
        assert_eq!(bench.press(egui::Key::A, true), []);
        assert_eq!(bench.text("a"), [typed_as("a")]);
        assert_eq!(bench.press(egui::Key::A, false), []);
    }

    #[test]
    fn a_capital_letter_does_not_press_shift_at_the_customers() {
        let mut bench = Bench::new();
        assert_eq!(bench.hold(egui::Key::ShiftLeft, Modifiers::SHIFT), []);
        assert_eq!(bench.press(egui::Key::A, true), []);
        assert_eq!(bench.text("A"), [typed_as("A")]);
        assert_eq!(bench.press(egui::Key::A, false), []);
        assert_eq!(bench.let_go(egui::Key::ShiftLeft), []);
    }

    #[test]
    fn a_chord_presses_its_modifier_first_and_lets_everything_go() {
        let mut bench = Bench::new();
        assert_eq!(bench.hold(egui::Key::ControlLeft, Modifiers::CTRL), []);
        assert_eq!(bench.press(egui::Key::C, true), [named(NamedKey::Control, true), key(Key::Char('c'), true)]);
        assert_eq!(bench.press(egui::Key::C, false), [key(Key::Char('c'), false)]);
        assert_eq!(bench.let_go(egui::Key::ControlLeft), [named(NamedKey::Control, false)]);
        assert!(!bench.keyboard.forget());
    }

    #[test]
    fn alt_with_a_letter_is_a_chord_and_not_also_text() {
        let mut bench = Bench::new();
        bench.hold(egui::Key::AltLeft, Modifiers::ALT);
        assert_eq!(bench.press(egui::Key::F, true), [named(NamedKey::Alt, true), key(Key::Char('f'), true)]);
        assert_eq!(bench.text("f"), []);
    }

    #[test]
    fn a_character_of_the_third_level_is_text() {
        let mut bench = Bench::new();
        // AltGr is reported as the right Alt key without the Alt modifier.
        assert_eq!(bench.press(egui::Key::AltRight, true), []);
        assert_eq!(bench.press(egui::Key::Q, true), []);
        assert_eq!(bench.text("@"), [typed_as("@")]);
        assert_eq!(bench.press(egui::Key::AltRight, false), []);
    }

    #[test]
    fn meta_alone_is_sent_when_it_is_let_go() {
        let mut bench = Bench::new();
        assert_eq!(bench.press(egui::Key::SuperLeft, true), []);
        assert_eq!(bench.press(egui::Key::SuperLeft, false), [named(NamedKey::Meta, true), named(NamedKey::Meta, false)]);
    }

    #[test]
    fn meta_with_a_letter_is_a_chord() {
        let mut bench = Bench::new();
        bench.press(egui::Key::SuperLeft, true);
        assert_eq!(bench.press(egui::Key::E, true), [named(NamedKey::Meta, true), key(Key::Char('e'), true)]);
        assert_eq!(bench.text("e"), []);
        assert_eq!(bench.press(egui::Key::E, false), [key(Key::Char('e'), false)]);
        assert_eq!(bench.press(egui::Key::SuperLeft, false), [named(NamedKey::Meta, false)]);
    }

    #[test]
    fn shift_and_arrow_select() {
        let mut bench = Bench::new();
        bench.hold(egui::Key::ShiftLeft, Modifiers::SHIFT);
        let down = bench.press(egui::Key::ArrowLeft, true);
        assert_eq!(down, [named(NamedKey::Shift, true), named(NamedKey::Left, true)]);
        assert_eq!(bench.text("X"), [named(NamedKey::Shift, false), typed_as("X")], "text never comes under a held modifier");
    }

    #[test]
    fn a_repeated_key_is_let_go_and_pressed_again() {
        let mut bench = Bench::new();
        assert_eq!(bench.press(egui::Key::Backspace, true), [named(NamedKey::Backspace, true)]);
        let again = bench.press(egui::Key::Backspace, true);
        assert_eq!(again, [named(NamedKey::Backspace, false), named(NamedKey::Backspace, true)]);
        assert!(bench.keyboard.forget(), "it is held until the window says otherwise");
        assert_eq!(bench.press(egui::Key::Backspace, false), [], "and was let go by the loss of focus");
    }

    #[test]
    fn what_an_input_method_composed_is_text_of_any_length() {
        let mut bench = Bench::new();
        let long = "世界".repeat(200);
        let out = bench.send(&Event::Ime(ImeEvent::Commit(long.clone())));
        let together: String = out
            .iter()
            .map(|event| match event {
                InputEvent::Text(text) => text.as_str().to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(together, long);
        assert!(out.len() > 1);
    }
}
