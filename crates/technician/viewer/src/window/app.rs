//! The toolkit's side of the window: one frame after the other, when something arrived or was pressed.
//!
//! In scope: options of the window, the desk's thread, the clipboard for the entry fields. Not in scope: what is shown.

use super::{Local, glide::Gliding, show, style};
use crate::{
    board::Board,
    clock::Clock,
    conductor::Order,
    desk::Desk,
    failure::Failure,
    options::Options,
    state::{Snapshot, Unlock},
};
use deskhand_paint::Parent;
use eframe::CreationContext;
use egui::{Event, Key, ViewportBuilder};
use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use std::{cell::Cell, rc::Rc, thread::JoinHandle};
use tokio::sync::mpsc;
use winit::event_loop::{DeviceEvents, EventLoop};

/// The window's name for the window system, by which Deskhand's own windows are known.
const APP_ID: &str = "deskhand-viewer";
/// Commands that wait for the session's task. A hand can't fill it.
const MAX_WAITING_COMMANDS: usize = 1024;

struct App {
    board: Board,
    orders: Option<mpsc::Sender<Order>>,
    desk: Option<JoinHandle<()>>,
    clock: Clock,
    local: Local,
    clipboard: Option<arboard::Clipboard>,
}

/// Opens the window and runs it until it is closed.
///
/// # Errors
/// [`Failure`] when there is no display.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut session = options.session.clone();
    if session.code.as_deref() == Some("-") {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map_err(|error| Failure::usage(format!("no code can be read: {error}")))?;
        session.code = Some(line);
    }
    let viewport = ViewportBuilder::default()
        .with_app_id(APP_ID)
        .with_title("Deskhand")
        .with_inner_size([1100.0, 760.0])
        .with_min_inner_size([360.0, 320.0])
        .with_fullscreen(options.fullscreen);
    let native = eframe::NativeOptions {
        viewport,
        // Ctrl+C on the customer's screen is a key, not our clipboard's business.
        clipboard_shortcuts: false,
        persist_window: false,
        ..eframe::NativeOptions::default()
    };
    let unopened = |error: &dyn std::fmt::Display| {
        Failure::local(format!("the window can't be opened: {error}; is there a display (DISPLAY or WAYLAND_DISPLAY)?"))
    };
    let local = Local::new(options.scale, options.fullscreen, &session);
    let glide = local.glide.clone();
    let (orders, inbox) = mpsc::channel(MAX_WAITING_COMMANDS);
    let weak = orders.downgrade();
    let opened = Rc::new(Cell::new(false));
    let opens = opened.clone();
    let create = Box::new(move |creation: &CreationContext<'_>| {
        let app = App::new(creation, session, local, (orders, inbox))?;
        opens.set(true);
        Ok(Box::new(app) as Box<dyn eframe::App>)
    });
    let events = EventLoop::<eframe::UserEvent>::with_user_event().build().map_err(|error| unopened(&error))?;
    // How far the mouse went is told beside where the pointer is, and the toolkit paints the window for each of both.
    events.listen_device_events(DeviceEvents::Never);
    let app = eframe::create_native(APP_ID, native, create, &events);
    events.run_app(&mut Gliding::new(app, glide, weak)).map_err(|error| unopened(&error))?;
    // The toolkit keeps its own failures to the log.
    if opened.get() { Ok(()) } else { Err(unopened(&"the log says why")) }
}

type Orders = (mpsc::Sender<Order>, mpsc::Receiver<Order>);

impl App {
    fn new(
        creation: &CreationContext<'_>,
        session: crate::options::Session,
        local: Local,
        (orders, inbox): Orders,
    ) -> Result<Self, Failure> {
        let context = creation.egui_ctx.clone();
        style::apply(&context);
        let board = Board::new(Snapshot::Unlock(Unlock { busy: true, ..Unlock::default() }), move || context.request_repaint());
        let clock = Clock::start();
        let desk = Desk { window: parent(creation), code: session.code.clone(), session, board: board.clone(), clock };
        let runtime = crate::runtime()?;
        let desk = std::thread::Builder::new()
            .name("desk".into())
            .spawn(move || runtime.block_on(desk.run(inbox)))
            .map_err(|error| Failure::local(error.to_string()))?;
        Ok(Self { board, orders: Some(orders), desk: Some(desk), clock, local, clipboard: None })
    }
}

/// The window as its window system knows it.
fn parent(creation: &CreationContext<'_>) -> Parent {
    match creation.window_handle().map(|handle| handle.as_raw()) {
        Ok(RawWindowHandle::Xlib(window)) => u32::try_from(window.window).map_or(Parent::Other, Parent::X11),
        Ok(RawWindowHandle::Xcb(window)) => Parent::X11(window.window.get()),
        _ => Parent::Other,
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        tracing::trace!("the window is painted");
        let snapshot = self.board.snapshot();
        let commands = show(ui, &snapshot, &mut self.local, self.clock.mono_ms());
        if let Some(orders) = &self.orders {
            for command in commands {
                if orders.try_send(command.into()).is_err() {
                    tracing::warn!("the session's task does not take commands");
                }
            }
        }
    }

    fn raw_input_hook(&mut self, _context: &egui::Context, input: &mut egui::RawInput) {
        if self.local.has_keyboard() {
            return;
        }
        // Entry fields understand the clipboard's events; the keys come to us as keys.
        let mut more = Vec::new();
        for event in &input.events {
            let Event::Key { key, pressed: true, modifiers, .. } = event else { continue };
            match key {
                Key::C if modifiers.command_only() => more.push(Event::Copy),
                Key::X if modifiers.command_only() => more.push(Event::Cut),
                Key::V if modifiers.command_only() => {
                    if self.clipboard.is_none() {
                        self.clipboard = arboard::Clipboard::new().ok();
                    }
                    if let Some(text) = self.clipboard.as_mut().and_then(|clipboard| clipboard.get_text().ok()) {
                        more.push(Event::Paste(text));
                    }
                }
                _ => {}
            }
        }
        input.events.extend(more);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        // The desk ends its session when nobody gives commands any more.
        self.orders = None;
        if let Some(desk) = self.desk.take() {
            let _ended = desk.join();
        }
    }
}
