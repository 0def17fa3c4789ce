//! Before "Allow" and after "Stop" no pixel is asked for: watched from outside with the RECORD extension.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use deskhand_capture::{CaptureError, Gate, Source, x11::X11Source};
use deskhand_screen::{Framebuffer, Rect, Size};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use support::{Painter, Xvfb, grab};
use x11rb::{
    connection::{Connection, RequestConnection},
    protocol::{
        record::{self, ConnectionExt as _},
        shm,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const GET_IMAGE: u8 = 73;
const FROM_CLIENT: u8 = 1;
const START_OF_DATA: u8 = 4;

/// Counts requests for pixels by all clients of a display.
struct Watch {
    control: RustConnection,
    context: u32,
    watcher: std::thread::JoinHandle<u32>,
}

impl Watch {
    fn start(display: &str) -> Self {
        let (control, _) = RustConnection::connect(Some(display)).unwrap();
        let (data, _) = RustConnection::connect(Some(display)).unwrap();
        let context = control.generate_id().unwrap();
        let shm = control.extension_information(shm::X11_EXTENSION_NAME).unwrap().map_or(0, |extension| extension.major_opcode);
        let empty = record::Range8 { first: 0, last: 0 };
        let no_extension = record::ExtRange { major: empty, minor: record::Range16 { first: 0, last: 0 } };
        let range = record::Range {
            core_requests: record::Range8 { first: GET_IMAGE, last: GET_IMAGE },
            core_replies: empty,
            ext_requests: record::ExtRange {
                major: record::Range8 { first: shm, last: shm },
                minor: record::Range16 { first: 4, last: 4 },
            },
            ext_replies: no_extension,
            delivered_events: empty,
            device_events: empty,
            errors: empty,
            client_started: false,
            client_died: false,
        };
        control.record_create_context(context, 0, &[record::CS::ALL_CLIENTS.into()], &[range]).unwrap().check().unwrap();
        let (started, running) = std::sync::mpsc::channel();
        let watcher = std::thread::spawn(move || {
            let mut seen = 0;
            for reply in data.record_enable_context(context).unwrap() {
                let reply = reply.unwrap();
                match reply.category {
                    START_OF_DATA => started.send(()).unwrap(),
                    FROM_CLIENT => seen += 1,
                    _ => {}
                }
            }
            seen
        });
        running.recv().unwrap();
        Self { control, context, watcher }
    }

    fn count(self) -> u32 {
        self.control.record_disable_context(self.context).unwrap().check().unwrap();
        self.control.sync().unwrap();
        self.watcher.join().unwrap()
    }
}

#[test]
fn a_closed_gate_asks_the_server_for_no_pixel() {
    for more in [&[][..], &["-extension", "MIT-SHM"][..]] {
        let server = Xvfb::start("640x480x24", more);
        let painter = Painter::new(&server.display);
        let window = painter.window(Rect::new(0, 0, 640, 480), 0);
        let open = Arc::new(AtomicBool::new(false));
        let asked = open.clone();
        let gate: Gate = Arc::new(move || asked.load(Ordering::SeqCst));

        let watch = Watch::start(&server.display);
        let mut source = X11Source::open(&server.display, gate).unwrap();
        let mut frame = Framebuffer::new(Size { width: 1, height: 1 });
        painter.fill(window, Rect::new(10, 10, 100, 100), 0xFF_0000);
        assert!(matches!(grab(&mut source, &mut frame), Err(CaptureError::NotAllowed)));
        assert!(matches!(grab(&mut source, &mut frame), Err(CaptureError::NotAllowed)));
        assert_eq!(source.cursor(), None);
        assert_eq!(watch.count(), 0);

        // The same watch sees the requests when there are some.
        let watch = Watch::start(&server.display);
        open.store(true, Ordering::SeqCst);
        grab(&mut source, &mut frame).unwrap();
        assert!(watch.count() > 0);
        assert!(frame == painter.screen());

        let watch = Watch::start(&server.display);
        open.store(false, Ordering::SeqCst);
        painter.fill(window, Rect::new(10, 10, 100, 100), 0x00_FF00);
        assert!(matches!(grab(&mut source, &mut frame), Err(CaptureError::NotAllowed)));
        assert_eq!(watch.count(), 0);
    }
}
