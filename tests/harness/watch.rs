//! Watches what clients ask of an X server, with the RECORD extension: who asks for pixels, who injects input.

use crate::xserver::XServer;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use x11rb::{
    connection::{Connection, RequestConnection},
    protocol::{
        record::{self, ConnectionExt as _, ExtRange, Range, Range8, Range16},
        shm, xtest,
    },
};

/// What was asked so far.
#[derive(Debug, Default)]
struct Counts {
    pixels: AtomicU64,
    input: AtomicU64,
    ready: AtomicU64,
}

/// A watcher; it watches as long as the X server runs.
#[derive(Debug, Clone)]
pub struct Watch {
    counts: Arc<Counts>,
}

/// Categories of the RECORD protocol.
const FROM_CLIENT: u8 = 1;
const START_OF_DATA: u8 = 4;
const GET_IMAGE: u8 = 73;
const SHM_GET_IMAGE: u16 = 4;
const XTEST_FAKE_INPUT: u16 = 2;

impl Watch {
    /// Watches every client of `screen`, from now on and those to come.
    ///
    /// # Panics
    /// When the X server lacks RECORD.
    pub fn on(screen: &XServer) -> Self {
        let (control, _) = screen.connect();
        let (data, _) = screen.connect();
        let major =
            |name| control.extension_information(name).expect("asked").unwrap_or_else(|| panic!("the X server has {name}")).major_opcode;
        let (shm, xtest) = (major(shm::X11_EXTENSION_NAME), major(xtest::X11_EXTENSION_NAME));
        let counts = Arc::new(Counts::default());
        let context = control.generate_id().expect("an id");
        let none = Range {
            core_requests: Range8::default(),
            core_replies: Range8::default(),
            ext_requests: ExtRange::default(),
            ext_replies: ExtRange::default(),
            delivered_events: Range8::default(),
            device_events: Range8::default(),
            errors: Range8::default(),
            client_started: false,
            client_died: false,
        };
        let extension = |major: u8, minor: u16| Range {
            ext_requests: ExtRange { major: Range8 { first: major, last: major }, minor: Range16 { first: minor, last: minor } },
            ..none
        };
        let ranges = [
            Range { core_requests: Range8 { first: GET_IMAGE, last: GET_IMAGE }, ..none },
            extension(shm, SHM_GET_IMAGE),
            extension(xtest, XTEST_FAKE_INPUT),
        ];
        let everybody = [u32::from(u8::from(record::CS::ALL_CLIENTS))];
        control.record_create_context(context, 0, &everybody, &ranges).expect("asked").check().expect("a context");
        let shared = counts.clone();
        std::thread::spawn(move || {
            let Ok(replies) = data.record_enable_context(context) else { return };
            for reply in replies {
                let Ok(reply) = reply else { return };
                if reply.category == START_OF_DATA {
                    shared.ready.store(1, Ordering::SeqCst);
                } else if reply.category == FROM_CLIENT {
                    match reply.data.first().copied() {
                        Some(GET_IMAGE) => shared.pixels.fetch_add(1, Ordering::SeqCst),
                        Some(opcode) if opcode == shm => shared.pixels.fetch_add(1, Ordering::SeqCst),
                        Some(opcode) if opcode == xtest => shared.input.fetch_add(1, Ordering::SeqCst),
                        _ => 0,
                    };
                }
            }
            drop(control);
        });
        let watch = Self { counts };
        crate::until("the X server reports requests", || (watch.counts.ready.load(Ordering::SeqCst) == 1).then_some(()));
        watch
    }

    /// Requests for pixels so far (core `GetImage` and MIT-SHM's).
    pub fn pixels(&self) -> u64 {
        self.counts.pixels.load(Ordering::SeqCst)
    }

    /// Requests to fake input so far (XTEST).
    pub fn input(&self) -> u64 {
        self.counts.input.load(Ordering::SeqCst)
    }
}
