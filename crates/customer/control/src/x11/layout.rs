//! A keyboard's map: which key makes which character, in which group, with which modifiers.
//!
//! In scope: pure look-up in the map as XKB describes it (X Keyboard Extension protocol, sections 12.2 and 15.2.2). Not in
//! scope: reading it from the server, changing it.

use crate::symbols::character;

/// XKB's out-of-range policies, in the upper bits of a key's group information.
const CLAMP: u8 = 0x40;
const REDIRECT: u8 = 0x80;
/// Key code 8 is evdev's code 0, which clients take for no key.
const NO_KEY: u8 = 8;

/// Modifier masks of the core protocol.
pub(crate) const SHIFT: u8 = 1;
pub(crate) const LOCK: u8 = 2;

/// A keyboard's map.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) first: u8,
    pub(crate) keys: Vec<KeyMap>,
    pub(crate) types: Vec<KeyType>,
}

/// One key: its symbols by group and level.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyMap {
    pub(crate) types: [u8; 4],
    /// Number of groups in the lower half, what to do with others in the upper.
    pub(crate) groups: u8,
    /// Levels stored for each group.
    pub(crate) width: u8,
    pub(crate) symbols: Vec<u32>,
}

/// How modifiers choose a level.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyType {
    pub(crate) mask: u8,
    /// Modifiers and the level they choose; any other combination is level 0.
    pub(crate) levels: Vec<(u8, u8)>,
}

impl KeyMap {
    /// The group in use when the keyboard is in `group`; none for a key without symbols.
    fn group(&self, group: u8) -> Option<u8> {
        let count = self.groups & 0x0f;
        match (count, self.groups & 0xc0) {
            (0, _) => None,
            _ if group < count => Some(group),
            (_, CLAMP) => Some(count - 1),
            (_, REDIRECT) => Some(((self.groups >> 4) & 3).min(count - 1)),
            _ => Some(group % count),
        }
    }

    fn symbol(&self, group: u8, level: u8) -> Option<u32> {
        if level >= self.width {
            return None;
        }
        let index = usize::from(group) * usize::from(self.width) + usize::from(level);
        self.symbols.get(index).copied().filter(|symbol| *symbol != 0)
    }
}

impl Layout {
    fn keys(&self) -> impl Iterator<Item = (u8, &KeyMap)> {
        (self.first..=u8::MAX).zip(&self.keys)
    }

    fn level(&self, key: &KeyMap, group: u8, modifiers: u8) -> u8 {
        let Some(key_type) = self.types.get(usize::from(key.types[usize::from(group & 3)])) else { return 0 };
        let wanted = modifiers & key_type.mask;
        key_type.levels.iter().find(|(mask, _)| *mask == wanted).map_or(0, |(_, level)| *level)
    }

    /// What a key makes; its symbol.
    pub(crate) fn symbol(&self, code: u8, group: u8, modifiers: u8) -> Option<u32> {
        let key = self.keys.get(usize::from(code.checked_sub(self.first)?))?;
        let group = key.group(group)?;
        key.symbol(group, self.level(key, group, modifiers))
    }

    /// The key that types `wanted` as things are.
    pub(crate) fn typing(&self, wanted: char, group: u8, modifiers: u8) -> Option<u8> {
        self.keys().map(|(code, _)| code).find(|code| self.symbol(*code, group, modifiers).and_then(character) == Some(wanted))
    }

    /// The physical key of a character, for chords: where it is without modifiers in this group, else with some, else
    /// where another group has it (Ctrl+C is the same key under a Russian layout).
    pub(crate) fn physical(&self, wanted: char, group: u8) -> Option<u8> {
        let wanted = wanted.to_lowercase().next().unwrap_or(wanted);
        let at = |group: u8, level: u8| {
            self.keys()
                .find(|(_, key)| key.group(group).and_then(|group| key.symbol(group, level)).and_then(character) == Some(wanted))
                .map(|(code, _)| code)
        };
        (0..8)
            .find_map(|level| at(group, level))
            .or_else(|| (0..4).flat_map(|group| (0..8).map(move |level| (group, level))).find_map(|(group, level)| at(group, level)))
    }

    /// The key that has one of these symbols without modifiers, the first symbol preferred.
    pub(crate) fn named(&self, symbols: &[u32]) -> Option<u8> {
        let has = |symbol: u32| self.keys().find(|(_, key)| key.symbol(0, 0) == Some(symbol)).map(|(code, _)| code);
        symbols.iter().find_map(|symbol| has(*symbol))
    }

    /// Keys that make nothing.
    pub(crate) fn unused(&self) -> impl Iterator<Item = u8> + '_ {
        self.keys().filter(|(code, key)| *code > NO_KEY && key.symbols.iter().all(|symbol| *symbol == 0)).map(|(code, _)| code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups: Latin `a A` and Cyrillic `ф Ф` on key 38, `1 !` on 10 in one group, nothing on 200.
    fn layout() -> Layout {
        let two_level = KeyType { mask: SHIFT, levels: vec![(SHIFT, 1)] };
        let alphabetic = KeyType { mask: SHIFT | LOCK, levels: vec![(SHIFT, 1), (LOCK, 1)] };
        let mut keys = vec![KeyMap::default(); 248];
        keys[38 - 8] = KeyMap { types: [1, 1, 0, 0], groups: 2, width: 2, symbols: vec![0x61, 0x41, 0x6c6, 0x6e6] };
        keys[10 - 8] = KeyMap { types: [0, 0, 0, 0], groups: 1, width: 2, symbols: vec![0x31, 0x21] };
        Layout { first: 8, keys, types: vec![two_level, alphabetic] }
    }

    #[test]
    fn characters_are_found_in_the_group_in_use() {
        let layout = layout();
        assert_eq!(layout.typing('a', 0, 0), Some(38));
        assert_eq!(layout.typing('a', 1, 0), None);
        assert_eq!(layout.typing('ф', 1, 0), Some(38));
        assert_eq!(layout.typing('Ф', 1, SHIFT), Some(38));
        assert_eq!(layout.typing('1', 1, 0), Some(10), "a key with one group has it in every group");
        assert_eq!(layout.typing('€', 0, 0), None);
    }

    #[test]
    fn caps_lock_and_shift_choose_levels_as_the_key_type_says() {
        let layout = layout();
        assert_eq!(layout.typing('A', 0, LOCK), Some(38));
        assert_eq!(layout.typing('a', 0, LOCK | SHIFT), Some(38));
        assert_eq!(layout.typing('!', 0, LOCK), None);
        assert_eq!(layout.typing('1', 0, 0x10), Some(10), "Num Lock is nothing to it");
    }

    #[test]
    fn chords_take_the_physical_key() {
        let layout = layout();
        assert_eq!(layout.physical('a', 1), Some(38));
        assert_eq!(layout.physical('A', 0), Some(38));
        assert_eq!(layout.physical('!', 0), Some(10));
        assert_eq!(layout.physical('€', 0), None);
    }

    #[test]
    fn unused_keys_leave_out_the_one_that_clients_ignore() {
        let unused: Vec<u8> = layout().unused().collect();
        assert!(unused.contains(&200) && !unused.contains(&38) && !unused.contains(&8));
    }
}
