//! A text arrives as that text in a real terminal, whatever the customer's keyboard layout is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_control::{Injector, InputEvent, Key, NamedKey};
use deskhand_session::testing::control_grant;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};
use support::{Desk, Running, TELLS_SYMBOLS, Witness, Xvfb, until};
use x11rb::protocol::xproto::ConnectionExt as _;

#[test]
#[ignore = "runs as a child process of the other tests"]
fn witness_child() {
    support::witness();
}

const SCRIPTS: &str = "Héllo, wörld! ñ €5 Zażółć 你好 مرحبا";

/// The same in pieces, for layouts to which Latin letters are foreign too.
const WORDS: [&str; 7] = ["Héllo, ", "wörld! ", "ñ €5 ", "Zażółć ", "你好 ", "مرحبا ", "Привет"];

/// A terminal whose program writes what it reads to a file.
struct Terminal {
    _child: Running,
    folder: PathBuf,
}

impl Terminal {
    fn start(server: &Xvfb, desk: &Desk) -> Self {
        let folder = std::env::temp_dir().join(format!("deskhand-typed-{}-{}", std::process::id(), &server.display[1..]));
        std::fs::create_dir_all(&folder).unwrap();
        let script = "stty raw -echo; : > \"$TYPED/ready\"; exec cat > \"$TYPED/text\"";
        let child = Command::new("xterm")
            .args(["-u8", "-e", "sh", "-c", script])
            .env("DISPLAY", &server.display)
            .env("LC_ALL", "C.UTF-8")
            .env("TYPED", &folder)
            .stderr(Stdio::null())
            .spawn()
            .expect("xterm is installed (package xterm)");
        let terminal = Self { _child: Running(child), folder };
        until("the terminal", || terminal.folder.join("ready").exists());
        let mut window = 0;
        until("its window", || {
            let children = desk.connection.query_tree(desk.root).unwrap().reply().unwrap().children;
            let viewable = |child: &u32| {
                let attributes = desk.connection.get_window_attributes(*child).unwrap().reply();
                attributes.is_ok_and(|attributes| attributes.map_state == x11rb::protocol::xproto::MapState::VIEWABLE)
            };
            window = children.into_iter().find(viewable).unwrap_or(0);
            window != 0
        });
        desk.focus(window);
        terminal
    }

    fn typed(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.join("text")).unwrap_or_default()).into_owned()
    }

    /// Waits until as many bytes have come as `wanted` has, and compares.
    fn expect(&self, wanted: &str, about: &str) {
        let deadline = Instant::now() + support::DEADLINE;
        while self.typed().len() < wanted.len() && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(self.typed(), wanted, "{about}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn type_in(injector: &mut Injector, text: &str) {
    let (grant, _switch) = control_grant(1, None);
    injector.inject(&grant, &InputEvent::Text(deskhand_wire::Text::new(text).unwrap()), 0).unwrap();
}

/// Types each text and waits until it is there; a text has at most as many foreign characters as there are spare keys.
fn on_layout(layout: &[&str], group: u8, texts: &[&str]) {
    let server = Xvfb::start();
    let desk = server.desk();
    server.run("setxkbmap", layout);
    let terminal = Terminal::start(&server, &desk);
    if group != 0 {
        lock(&desk, 0, group);
    }
    let mut injector = Injector::open_on(&server.display).unwrap();
    let mut wanted = String::new();
    // What has become known is typed as surely the second time.
    for text in texts.iter().chain(texts) {
        type_in(&mut injector, text);
        wanted.push_str(text);
        terminal.expect(&wanted, &format!("{layout:?}"));
    }
}

/// Locks modifiers and a group, as the customer's own keys would.
fn lock(desk: &Desk, modifiers: u8, group: u8) {
    use x11rb::protocol::{
        xkb::{ConnectionExt as _, Group, ID},
        xproto::ModMask,
    };
    let (mask, none) = (ModMask::from(modifiers), ModMask::from(0u8));
    desk.connection.xkb_use_extension(1, 0).unwrap().reply().unwrap();
    desk.connection
        .xkb_latch_lock_state(ID::USE_CORE_KBD.into(), mask, mask, true, Group::from(group), none, false, 0)
        .unwrap()
        .check()
        .unwrap();
}

#[test]
fn every_script_arrives_on_an_american_layout() {
    on_layout(&["us"], 0, &[SCRIPTS]);
}

#[test]
fn every_script_arrives_on_a_german_layout() {
    on_layout(&["de"], 0, &[SCRIPTS]);
}

#[test]
fn every_script_arrives_on_a_french_layout() {
    on_layout(&["fr"], 0, &[SCRIPTS]);
}

#[test]
fn every_script_arrives_on_a_russian_layout() {
    on_layout(&["ru"], 0, &WORDS);
}

#[test]
fn every_script_arrives_while_the_second_of_two_layouts_is_on() {
    on_layout(&["-layout", "us,ru"], 1, &WORDS);
}

#[test]
fn caps_lock_does_not_turn_letters_and_is_on_again_afterwards() {
    let server = Xvfb::start();
    let desk = server.desk();
    let terminal = Terminal::start(&server, &desk);
    lock(&desk, 2, 0);
    let mut injector = Injector::open_on(&server.display).unwrap();
    type_in(&mut injector, "Straße ÀÉ żó\t|");
    terminal.expect("Straße ÀÉ żó\t|", "under Caps Lock");
    assert_eq!(desk.state() & 2, 2);
}

#[test]
fn more_foreign_characters_than_there_are_spare_keys_arrive_in_order() {
    let server = Xvfb::start();
    let desk = server.desk();
    let mut witness = Witness::start(&server, TELLS_SYMBOLS);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let text: String = (0x4e00..0x4e00 + 60).filter_map(char::from_u32).collect();
    type_in(&mut injector, &text);
    let presses: Vec<String> = witness.all(&desk).into_iter().filter(|line| line.starts_with("symbol")).collect();
    let wanted: Vec<String> = text.chars().map(|character| format!("symbol {:#x}", 0x0100_0000 | u32::from(character))).collect();
    assert_eq!(presses, wanted);
}

#[test]
fn a_layout_that_the_customer_changes_meanwhile_is_followed() {
    let server = Xvfb::start();
    let desk = server.desk();
    let terminal = Terminal::start(&server, &desk);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let mut wanted = String::new();
    for layout in ["us", "de", "gr", "us"] {
        server.run("setxkbmap", &[layout]);
        type_in(&mut injector, "yz-ß;你é");
        wanted.push_str("yz-ß;你é");
        terminal.expect(&wanted, layout);
    }
}

#[test]
fn held_modifiers_do_not_make_shortcuts_of_a_text_and_are_held_again_after_it() {
    let server = Xvfb::start();
    let desk = server.desk();
    let terminal = Terminal::start(&server, &desk);
    let mut injector = Injector::open_on(&server.display).unwrap();
    let (grant, _switch) = control_grant(1, None);
    injector.inject(&grant, &InputEvent::Key { key: Key::Named(NamedKey::Control), down: true }, 0).unwrap();
    type_in(&mut injector, "cd é");
    for down in [true, false] {
        injector.inject(&grant, &InputEvent::Key { key: Key::Char('c'), down }, 0).unwrap();
    }
    terminal.expect("cd é\u{3}", "Ctrl is held before and after");
}

#[test]
fn lines_end_by_enter() {
    let server = Xvfb::start();
    let desk = server.desk();
    let terminal = Terminal::start(&server, &desk);
    let mut injector = Injector::open_on(&server.display).unwrap();
    type_in(&mut injector, "a\r\nb\nc");
    terminal.expect("a\rb\rc", "a terminal in raw mode reads CR");
}
