//! The window itself: its shape on each page, and the loop.
//!
//! In scope: size, decorations, always on top, closing. It repaints when a snapshot comes and when a shown number changes.

use super::{Memory, clipboard::Clipboard, set_look, view};
use crate::{
    board::{Commands, Publish},
    failure::Failed,
    snapshot::{Command, Page, Snapshot},
};
use deskhand_session::Standing;
use eframe::{CreationContext, NativeOptions, Renderer};
use egui::{Context, Pos2, Ui, Vec2, ViewportBuilder, ViewportCommand, WindowLevel};
use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Instant,
};

/// The window's name for the window system; input from afar never reaches a window of this name.
pub const APP_ID: &str = "deskhand-host";
/// The window's title.
pub const TITLE: &str = "Deskhand";

const PAGE: Vec2 = Vec2::new(560.0, 440.0);
const QUESTION: Vec2 = Vec2::new(600.0, 640.0);
const BANNER: Vec2 = Vec2::new(440.0, 150.0);
const SMALLEST: Vec2 = Vec2::new(320.0, 120.0);

/// The newest snapshot, and whom to wake for it.
#[derive(Clone)]
pub struct Pane {
    newest: Arc<Mutex<Arc<Snapshot>>>,
    context: Arc<OnceLock<Context>>,
}

impl Pane {
    /// Shows `organisation`'s connecting page until there is something else.
    pub fn new(organisation: String) -> Self {
        let first = Snapshot { page: Page::Connecting, organisation, standing: Standing::Unknown, notices: Vec::new(), stop_keys: None };
        Self { newest: Arc::new(Mutex::new(Arc::new(first))), context: Arc::default() }
    }

    /// Where the conductor publishes.
    pub fn publish(&self) -> Publish {
        let pane = self.clone();
        Box::new(move |snapshot| {
            *pane.newest.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
            if let Some(context) = pane.context.get() {
                context.request_repaint();
            }
        })
    }

    fn newest(&self) -> Arc<Snapshot> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens the window and runs until it is closed.
///
/// # Errors
/// [`Failed::Window`] when there can be no window.
pub fn run(pane: Pane, commands: Commands) -> Result<(), Failed> {
    let viewport = ViewportBuilder::default()
        .with_app_id(APP_ID)
        .with_title(TITLE)
        .with_inner_size(PAGE)
        .with_min_inner_size(SMALLEST)
        .with_drag_and_drop(false);
    let options = NativeOptions { viewport, renderer: Renderer::Glow, centered: true, ..NativeOptions::default() };
    let create = move |creation: &CreationContext<'_>| {
        set_look(&creation.egui_ctx);
        // Set once, here.
        let _ = pane.context.set(creation.egui_ctx.clone());
        Ok(Box::new(App { pane, commands, memory: Memory::default(), clipboard: Clipboard::default(), shape: Shape::Page, leaving: false })
            as Box<dyn eframe::App>)
    };
    eframe::run_native(TITLE, options, Box::new(create)).map_err(|error| Failed::Window(error.to_string()))
}

struct App {
    pane: Pane,
    commands: Commands,
    memory: Memory,
    clipboard: Clipboard,
    shape: Shape,
    leaving: bool,
}

/// What the window looks like from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Page,
    Question,
    Banner,
}

impl Shape {
    /// The shape that a page asks for; pages of a moment keep the one that is there.
    fn of(page: &Page) -> Option<Self> {
        match page {
            Page::Question(_) => Some(Shape::Question),
            Page::Session(_) => Some(Shape::Banner),
            Page::Connecting | Page::Pairing | Page::Starting | Page::Closed => None,
            Page::Code(_) | Page::CodeOver(_) | Page::Ended(_) | Page::Failed(_) => Some(Shape::Page),
        }
    }

    fn size(self) -> Vec2 {
        match self {
            Shape::Page => PAGE,
            Shape::Question => QUESTION,
            Shape::Banner => BANNER,
        }
    }

    fn apply(self, context: &Context) {
        let screen = context.input(|input| input.viewport().monitor_size).unwrap_or(Vec2::new(1280.0, 800.0));
        let size = self.size().min(screen * 0.95);
        let above = self != Shape::Page;
        context.send_viewport_cmd(ViewportCommand::Decorations(self != Shape::Banner));
        context.send_viewport_cmd(ViewportCommand::WindowLevel(if above { WindowLevel::AlwaysOnTop } else { WindowLevel::Normal }));
        context.send_viewport_cmd(ViewportCommand::InnerSize(size));
        let left = ((screen.x - size.x) / 2.0).max(0.0);
        let top = if self == Shape::Banner { 0.0 } else { ((screen.y - size.y) / 3.0).max(0.0) };
        context.send_viewport_cmd(ViewportCommand::OuterPosition(Pos2::new(left, top)));
        if self == Shape::Question {
            context.send_viewport_cmd(ViewportCommand::Minimized(false));
            context.send_viewport_cmd(ViewportCommand::RequestUserAttention(egui::UserAttentionType::Critical));
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, context: &Context, _frame: &mut eframe::Frame) {
        if context.input(|input| input.viewport().close_requested()) && !self.leaving {
            // Closing the window stops everything, at once.
            self.leaving = true;
            self.commands.send(Command::Quit);
        }
        let snapshot = self.pane.newest();
        if snapshot.page == Page::Closed {
            context.send_viewport_cmd(ViewportCommand::Close);
        }
        if let Some(shape) = Shape::of(&snapshot.page)
            && self.shape != shape
        {
            self.shape = shape;
            shape.apply(context);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let snapshot = self.pane.newest();
        let Some(command) = view(ui, &snapshot, &mut self.memory, Instant::now()) else { return };
        match command {
            Command::Copy(text) => {
                if !self.clipboard.put(&text) {
                    self.memory = Memory::default();
                }
            }
            Command::Quit => {
                self.leaving = true;
                self.commands.send(Command::Quit);
                ui.ctx().send_viewport_cmd(ViewportCommand::Close);
            }
            command => self.commands.send(command),
        }
    }
}
