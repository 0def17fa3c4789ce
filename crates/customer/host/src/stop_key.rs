//! The stop key: Ctrl+Shift+F12 anywhere on the desktop, while a session runs.
//!
//! In scope: a passive grab on the X server's root window (X11 protocol, GrabKey) and a thread that sleeps until it is pressed.
//! Not in scope: other systems. Without an X server, or when another program has the combination, there is no stop key, and the
//! window names none.

use std::{sync::Arc, thread};
use x11rb::{
    CURRENT_TIME,
    connection::Connection,
    errors::ReplyOrIdError,
    protocol::{
        Event,
        xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, GrabMode, ModMask, WindowClass},
    },
    rust_connection::RustConnection,
};

/// How people call it. With Alt instead of Shift an X server on Linux switches consoles and tells nobody.
pub const NAME: &str = "Ctrl+Shift+F12";
/// X11 keysym of F12.
const F12: u32 = 0xffc9;

/// The grab; it ends when this is dropped.
#[derive(Debug)]
pub struct StopKey {
    connection: Arc<RustConnection>,
    window: u32,
}

impl StopKey {
    /// Takes the combination and calls `pressed` each time it is pressed, on a thread of its own. `None` when it can't be had.
    pub fn take(pressed: impl Fn() + Send + 'static) -> Option<Self> {
        Self::take_on(None, pressed)
    }

    /// The same on a display that is named, such as `:0`.
    pub fn take_on(display: Option<&str>, pressed: impl Fn() + Send + 'static) -> Option<Self> {
        match grab(display) {
            Ok((connection, window, keycode)) => {
                let connection = Arc::new(connection);
                let watched = connection.clone();
                let spawned = thread::Builder::new().name("stop-key".into()).spawn(move || watch(&watched, window, keycode, &pressed));
                spawned.ok().map(|_| Self { connection, window })
            }
            Err(error) => {
                tracing::info!(%error, "there is no stop key");
                None
            }
        }
    }
}

impl Drop for StopKey {
    fn drop(&mut self) {
        let end = ClientMessageEvent::new(32, self.window, AtomEnum::WM_COMMAND, [0u32; 5]);
        // When the server is gone the thread has ended already.
        let _ = self.connection.send_event(false, self.window, EventMask::NO_EVENT, end);
        let _ = self.connection.flush();
    }
}

fn grab(display: Option<&str>) -> Result<(RustConnection, u32, u8), ReplyOrIdError> {
    let (connection, screen) = x11rb::connect(display).map_err(|_| ReplyOrIdError::IdsExhausted)?;
    let root = connection.setup().roots[screen].root;
    let keycode = keycode_of(&connection, F12)?.ok_or(ReplyOrIdError::IdsExhausted)?;
    // Caps Lock and Num Lock are modifiers too: the combination has to work with either on.
    for locks in [ModMask::default(), ModMask::LOCK, ModMask::M2, ModMask::LOCK | ModMask::M2] {
        let modifiers = ModMask::CONTROL | ModMask::SHIFT | locks;
        connection.grab_key(false, root, modifiers, keycode, GrabMode::ASYNC, GrabMode::ASYNC)?.check()?;
    }
    let window = connection.generate_id()?;
    let aux = CreateWindowAux::new();
    connection.create_window(0, window, root, 0, 0, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux)?.check()?;
    Ok((connection, window, keycode))
}

fn keycode_of(connection: &RustConnection, keysym: u32) -> Result<Option<u8>, ReplyOrIdError> {
    let setup = connection.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let reply = connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let columns = usize::from(reply.keysyms_per_keycode).max(1);
    let place = reply.keysyms.chunks(columns).position(|syms| syms.contains(&keysym));
    Ok(place.and_then(|place| u8::try_from(place + usize::from(first)).ok()))
}

fn watch(connection: &RustConnection, window: u32, keycode: u8, pressed: &dyn Fn()) {
    while let Ok(event) = connection.wait_for_event() {
        match event {
            Event::KeyPress(press) if press.detail == keycode => {
                // Let the keyboard go first: a grab that lasts while we work would hold up everything else.
                let _ = connection.ungrab_keyboard(CURRENT_TIME);
                let _ = connection.flush();
                pressed();
            }
            Event::ClientMessage(message) if message.window == window => return,
            _ => {}
        }
    }
}
