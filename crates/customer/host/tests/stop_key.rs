//! The stop key on a real X server.
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use deskhand_host::{board::board, snapshot::Command, stop::StopSwitch, stop_key::StopKey};
use deskhand_session::AnswerInput;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection,
    protocol::{
        xproto::{ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// An X server of this test alone.
struct Server {
    child: Child,
    display: String,
}

impl Server {
    fn start() -> Self {
        let mut child = std::process::Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "320x240x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed (package xvfb)");
        let mut number = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self { child, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keycode(connection: &RustConnection, keysym: u32) -> u8 {
    let setup = connection.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let reply = connection.get_keyboard_mapping(first, last - first + 1).unwrap().reply().unwrap();
    let place = reply.keysyms.chunks(usize::from(reply.keysyms_per_keycode)).position(|syms| syms[0] == keysym).unwrap();
    first + u8::try_from(place).unwrap()
}

fn press_together(connection: &RustConnection, keysyms: &[u32]) {
    let codes: Vec<u8> = keysyms.iter().map(|keysym| keycode(connection, *keysym)).collect();
    for code in &codes {
        connection.xtest_fake_input(KEY_PRESS_EVENT, *code, 0, x11rb::NONE, 0, 0, 0).unwrap();
    }
    for code in codes.iter().rev() {
        connection.xtest_fake_input(KEY_RELEASE_EVENT, *code, 0, x11rb::NONE, 0, 0, 0).unwrap();
    }
    connection.flush().unwrap();
}

const CONTROL: u32 = 0xffe3;
const SHIFT: u32 = 0xffe1;
const NUM_LOCK: u32 = 0xff7f;
const F11: u32 = 0xffc8;
const F12: u32 = 0xffc9;

#[test]
fn the_stop_key_pulls_the_switch_with_num_lock_on_too() {
    let server = Server::start();
    let (connection, _) = x11rb::connect(Some(&server.display)).unwrap();
    for with_lock in [false, true] {
        let (commands, mut wishes) = board();
        let switch = StopSwitch::default();
        wishes.use_switch(switch.clone());
        // The grab of the round before ends a moment after its owner.
        let deadline = Instant::now() + Duration::from_secs(20);
        let _key = loop {
            let commands = commands.clone();
            let key = StopKey::take_on(Some(&server.display), move || commands.send(Command::Stop(AnswerInput::Key)));
            if let Some(key) = key {
                break key;
            }
            assert!(Instant::now() < deadline, "nobody else has the combination");
            std::thread::yield_now();
        };
        if with_lock {
            press_together(&connection, &[NUM_LOCK]);
        }
        press_together(&connection, &[CONTROL, SHIFT, F11]);
        press_together(&connection, &[CONTROL, SHIFT, F12]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let wish = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), wishes.next()).await });
        assert_eq!(wish, Ok(Some(Command::Stop(AnswerInput::Key))), "with Num Lock: {with_lock}");
        assert!(!switch.lets_see());
    }
}

#[test]
fn the_combination_is_free_again_when_the_stop_key_is_dropped() {
    let server = Server::start();
    drop(StopKey::take_on(Some(&server.display), || {}).unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    while StopKey::take_on(Some(&server.display), || {}).is_none() {
        assert!(Instant::now() < deadline, "the grab outlives its owner");
        std::thread::yield_now();
    }
}
