//! The keyboard of the X server: its map as it is now, its state, and spare keys for characters it lacks.
//!
//! In scope: reading, and giving spare keys a meaning. Not in scope: pressing keys.

use super::{
    display::{Display, failure},
    layout::{KeyMap, KeyType, Layout},
    spares::Spares,
};
use crate::InputFailure;
use std::time::Instant;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xkb::{ConnectionExt as _, EventType, Group, ID, MapPart, SelectEventsAux, VMod},
        xproto::{ConnectionExt as _, Keycode, ModMask},
    },
    wrapper::ConnectionExt as _,
};

/// The core keyboard, whichever device drives it.
fn core() -> u16 {
    ID::USE_CORE_KBD.into()
}

/// Which group is chosen and which modifiers count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct State {
    pub(crate) group: u8,
    pub(crate) modifiers: u8,
    pub(crate) locked: u8,
}

/// The keyboard.
pub(crate) struct Keyboard {
    layout: Layout,
    spares: Spares,
    stale: bool,
}

impl Keyboard {
    /// Reads the map, and asks to be told when it changes.
    pub(crate) fn open(display: &Display) -> Result<Self, InputFailure> {
        let events = EventType::MAP_NOTIFY | EventType::NEW_KEYBOARD_NOTIFY;
        let nothing: EventType = 0u16.into();
        let (parts, aux) = (MapPart::KEY_TYPES | MapPart::KEY_SYMS, SelectEventsAux::new());
        display.connection.xkb_select_events(core(), nothing, events, parts, parts, &aux).map_err(failure)?.check().map_err(failure)?;
        let mut keyboard = Self { layout: Layout::default(), spares: Spares::default(), stale: true };
        keyboard.refresh(display)?;
        Ok(keyboard)
    }

    /// The map, read anew when it changed.
    pub(crate) fn layout(&mut self, display: &Display) -> Result<&Layout, InputFailure> {
        self.refresh(display)?;
        Ok(&self.layout)
    }

    /// What the keyboard's state is now.
    pub(crate) fn state(&self, display: &Display) -> Result<State, InputFailure> {
        let state = display.connection.xkb_get_state(core()).map_err(failure)?.reply().map_err(failure)?;
        let low = |mask: ModMask| u8::try_from(u16::from(mask) & 0xff).unwrap_or(0);
        Ok(State { group: state.group.into(), modifiers: low(state.mods), locked: low(state.locked_mods) })
    }

    /// Sets or clears locks (Caps Lock) among `modifiers`.
    pub(crate) fn lock(&self, display: &Display, modifiers: u8, on: bool) -> Result<(), InputFailure> {
        let affected = ModMask::from(modifiers);
        let wanted = if on { affected } else { ModMask::from(0u8) };
        let none = ModMask::from(0u8);
        display.connection.xkb_latch_lock_state(core(), affected, wanted, false, Group::M1, none, false, 0).map_err(failure)?;
        display.connection.sync().map_err(failure)
    }

    /// The spare key that stands for `symbol` already.
    pub(crate) fn bound(&mut self, display: &Display, symbol: u32) -> Result<Option<u8>, InputFailure> {
        self.refresh(display)?;
        let code = self.spares.key_of(symbol);
        if let Some(code) = code {
            self.mark_used(code);
        }
        Ok(code)
    }

    /// A key that types `symbol` whatever the state is. What of `coming` has no key yet gets one on the way, so that a text
    /// changes the map once. `kept` are down. None: ask again at the time given.
    pub(crate) fn spare(
        &mut self,
        display: &Display,
        symbol: u32,
        coming: &[u32],
        kept: &[u8],
    ) -> Result<Result<u8, Instant>, InputFailure> {
        self.refresh(display)?;
        if self.spares.key_of(symbol).is_none() {
            let mut wanted = vec![symbol];
            wanted.extend(coming.iter().copied().filter(|other| *other != symbol));
            let told = self.spares.assign(&wanted, kept, Instant::now());
            self.bind(display, &told)?;
        }
        match (self.spares.key_of(symbol), self.spares.rested_at(kept)) {
            (Some(code), _) => {
                self.spares.mark_used(code, Instant::now());
                Ok(Ok(code))
            }
            (None, Some(at)) => Ok(Err(at)),
            (None, None) => Err(InputFailure::NoKey),
        }
    }

    /// A spare key was let go: it keeps its meaning a while longer.
    pub(crate) fn mark_used(&mut self, code: u8) {
        self.spares.mark_used(code, Instant::now());
    }

    /// Gives every spare key back, once clients had time to read what was typed with them.
    pub(crate) fn give_back(&mut self, display: &Display) {
        if let Some(at) = self.spares.rested_at(&[]) {
            std::thread::sleep(at.saturating_duration_since(Instant::now()));
        }
        let cleared: Vec<(u8, u32)> = self.spares.bound().into_iter().map(|code| (code, x11rb::NONE)).collect();
        if let Err(error) = self.bind(display, &cleared) {
            tracing::debug!(%error, "spare keys keep their meaning");
        }
    }

    /// Tells the server; one request for each run of neighbours. Each symbol twice: a single one would be taken for a letter
    /// with an upper case.
    fn bind(&mut self, display: &Display, told: &[(u8, u32)]) -> Result<(), InputFailure> {
        for run in told.chunk_by(|left, right| left.0.checked_add(1) == Some(right.0)) {
            let symbols: Vec<u32> = run.iter().flat_map(|(_, symbol)| [*symbol, *symbol]).collect();
            let count = u8::try_from(run.len()).map_err(|_| InputFailure::NoKey)?;
            display.connection.change_keyboard_mapping(count, run[0].0, 2, &symbols).map_err(failure)?;
        }
        if !told.is_empty() {
            display.connection.sync().map_err(failure)?;
        }
        Ok(())
    }

    fn refresh(&mut self, display: &Display) -> Result<(), InputFailure> {
        while let Some(event) = display.connection.poll_for_event().map_err(failure)? {
            if matches!(event, Event::MappingNotify(_) | Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_)) {
                self.stale = true;
            }
        }
        if std::mem::take(&mut self.stale) {
            self.layout = read(display)?;
            let layout = &self.layout;
            self.spares.refresh(layout.unused(), |code| layout.symbol(code, 0, 0));
        }
        Ok(())
    }
}

fn read(display: &Display) -> Result<Layout, InputFailure> {
    let full = MapPart::KEY_TYPES | MapPart::KEY_SYMS;
    let none: MapPart = 0u16.into();
    let key: Keycode = 0;
    let map = display
        .connection
        .xkb_get_map(core(), full, none, 0, 0, key, 0, key, 0, key, 0, VMod::from(0u16), key, 0, key, 0, key, 0)
        .map_err(failure)?
        .reply()
        .map_err(failure)?;
    let types = map.map.types_rtrn.unwrap_or_default().into_iter();
    let low = |mask: ModMask| u8::try_from(u16::from(mask) & 0xff).unwrap_or(0);
    let types = types.map(|key_type| KeyType {
        mask: low(key_type.mods_mask),
        levels: key_type.map.iter().filter(|entry| entry.active).map(|entry| (low(entry.mods_mask), entry.level)).collect(),
    });
    let keys = map.map.syms_rtrn.unwrap_or_default().into_iter();
    let keys = keys.map(|key| KeyMap { types: key.kt_index, groups: key.group_info, width: key.width, symbols: key.syms });
    Ok(Layout { first: map.first_key_sym, keys: keys.collect(), types: types.collect() })
}
