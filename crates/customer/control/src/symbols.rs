//! Keys and characters as X11 keysyms (X11 protocol, appendix A; `keysymdef.h`).
//!
//! In scope: pure tables. Not in scope: which key of a keyboard has a keysym.

use deskhand_session::NamedKey;
use xkeysym::{Keysym, key};

/// The keysyms of a named key, the usual one first.
pub fn of_named(named: NamedKey) -> &'static [u32] {
    match named {
        NamedKey::Shift => &[key::Shift_L, key::Shift_R],
        NamedKey::Control => &[key::Control_L, key::Control_R],
        NamedKey::Alt => &[key::Alt_L, key::Meta_L, key::Alt_R],
        NamedKey::AltGr => &[key::ISO_Level3_Shift, key::Mode_switch, key::Alt_R],
        NamedKey::Meta => &[key::Super_L, key::Super_R],
        NamedKey::CapsLock => &[key::Caps_Lock],
        NamedKey::NumLock => &[key::Num_Lock],
        NamedKey::Escape => &[key::Escape],
        NamedKey::Enter => &[key::Return],
        NamedKey::Tab => &[key::Tab],
        NamedKey::Backspace => &[key::BackSpace],
        NamedKey::Space => &[key::space],
        NamedKey::Delete => &[key::Delete],
        NamedKey::Insert => &[key::Insert],
        NamedKey::Home => &[key::Home],
        NamedKey::End => &[key::End],
        NamedKey::PageUp => &[key::Page_Up],
        NamedKey::PageDown => &[key::Page_Down],
        NamedKey::Left => &[key::Left],
        NamedKey::Right => &[key::Right],
        NamedKey::Up => &[key::Up],
        NamedKey::Down => &[key::Down],
        NamedKey::PrintScreen => &[key::Print],
        NamedKey::ScrollLock => &[key::Scroll_Lock],
        NamedKey::Pause => &[key::Pause],
        NamedKey::Menu => &[key::Menu],
        NamedKey::F1 => &[key::F1],
        NamedKey::F2 => &[key::F2],
        NamedKey::F3 => &[key::F3],
        NamedKey::F4 => &[key::F4],
        NamedKey::F5 => &[key::F5],
        NamedKey::F6 => &[key::F6],
        NamedKey::F7 => &[key::F7],
        NamedKey::F8 => &[key::F8],
        NamedKey::F9 => &[key::F9],
        NamedKey::F10 => &[key::F10],
        NamedKey::F11 => &[key::F11],
        NamedKey::F12 => &[key::F12],
    }
}

/// The character that a keysym types; none for keys with a name and for the number pad, whose meaning Num Lock changes.
pub fn character(keysym: u32) -> Option<char> {
    let typing = matches!(keysym, 0x20..=0xfdff | 0x0100_0000..=0x0110_ffff);
    if typing { Keysym::new(keysym).key_char() } else { None }
}

/// The keysym that types a character; none for control characters and for values that are no characters.
pub fn of_character(character: char) -> Option<u32> {
    if character.is_control() {
        return None;
    }
    let keysym = Keysym::from_char(character).raw();
    (keysym != key::NoSymbol && self::character(keysym) == Some(character)).then_some(keysym)
}

/// One step of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stroke {
    /// This character, by its keysym.
    Character(char, u32),
    /// A key with a name: the end of a line, or a tab.
    Named(NamedKey),
}

/// A text as strokes; a line ends by LF, CR or CR LF.
///
/// # Errors
/// The first character that no key can make.
pub fn strokes(text: &str) -> Result<Vec<Stroke>, char> {
    let mut strokes = Vec::with_capacity(text.len());
    let mut before = None;
    for character in text.chars() {
        match character {
            '\n' if before == Some('\r') => {}
            '\n' | '\r' => strokes.push(Stroke::Named(NamedKey::Enter)),
            '\t' => strokes.push(Stroke::Named(NamedKey::Tab)),
            _ => strokes.push(Stroke::Character(character, of_character(character).ok_or(character)?)),
        }
        before = Some(character);
    }
    Ok(strokes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_keysyms_that_lead_back_to_it() {
        for text in ["Héllo, wörld! ñ €5", "Zażółć gęślą jaźń", "你好", "مرحبا", "Привет", "Γειά", "שלום", "हिन्दी", "🙂", "ﬁ", "\u{a0}"]
        {
            for character in text.chars() {
                let keysym = of_character(character).unwrap_or_else(|| panic!("{character:?}"));
                assert_eq!(super::character(keysym), Some(character));
            }
        }
    }

    #[test]
    fn line_ends_are_one_enter_and_control_characters_are_refused() {
        let enter = Stroke::Named(NamedKey::Enter);
        let a = Stroke::Character('a', 0x61);
        assert_eq!(strokes("a\r\na\na\r").unwrap(), [a, enter, a, enter, a, enter]);
        assert_eq!(strokes("\t").unwrap(), [Stroke::Named(NamedKey::Tab)]);
        assert_eq!(strokes("a\u{1b}[31m"), Err('\u{1b}'));
        assert_eq!(strokes("\0"), Err('\0'));
    }

    #[test]
    fn number_pad_and_named_keys_type_nothing_by_themselves() {
        assert_eq!(character(key::KP_1), None);
        assert_eq!(character(key::Return), None);
        assert_eq!(character(key::EuroSign), Some('€'));
    }

    #[test]
    fn every_named_key_has_a_keysym() {
        for named in NamedKey::ALL {
            assert!(!of_named(*named).is_empty(), "{named:?}");
        }
    }
}
