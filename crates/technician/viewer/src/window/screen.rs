//! The customer's screen in the window: painting it, and keyboard and pointer while they are its own.
//!
//! In scope: scale, scrolling, focus, letting go of everything when focus, pointer or control is lost. Not in scope: what
//! a key means (`keyboard`), where a place is (`fit`), what the session allows.

use super::{cursor, fit::Fit, keyboard::Keyboard, pointer::Pointer};
use crate::{
    options::Scale,
    state::{Command, Live},
};
use deskhand_paint::{Canvas, Feed};
use deskhand_screen::Size;
use deskhand_session::Scope;
use egui::{
    Color32, Event, EventFilter, Id, Rect, Response, ScrollArea, Sense, Ui, Vec2,
    output::IMEOutput,
    scroll_area::{ScrollBarVisibility, ScrollSource},
    style::ScrollStyle,
};
use std::sync::Arc;

/// What the picture's widget keeps from frame to frame.
#[derive(Default)]
pub(super) struct Screen {
    feed: Option<Arc<Feed>>,
    canvas: Canvas,
    cursors: cursor::Pictures,
    keyboard: Keyboard,
    pointer: Pointer,
    /// Whether the keyboard was the picture's in the last frame.
    captured: bool,
    /// Whether the keyboard was given to the picture when control began.
    welcomed: bool,
}

impl Screen {
    pub(super) fn has_keyboard(&self) -> bool {
        self.captured
    }

    /// Takes over what was decoded since the last frame.
    fn upload(&mut self, ui: &Ui, feed: Option<&Arc<Feed>>) {
        let same = match (&self.feed, feed) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same {
            self.feed = feed.cloned();
            self.canvas = Canvas::new();
        }
        if let Some(batch) = self.feed.as_ref().and_then(|feed| feed.take()) {
            self.canvas.apply(ui.ctx(), batch);
        }
    }

    /// Everything that is held is let go, here and there.
    fn let_go(&mut self, commands: &mut Vec<Command>) {
        if self.keyboard.forget() | self.pointer.forget() {
            commands.push(Command::LetGo);
        }
    }
}

pub(super) fn show(ui: &mut Ui, live: &Live, scale: Scale, screen: &mut Screen, commands: &mut Vec<Command>) {
    screen.upload(ui, live.feed.as_ref());
    let Some(size) = screen.canvas.size() else { return };
    let control = live.granted.has(Scope::Control);
    match scale {
        Scale::Fit => {
            let fit = Fit::fitted(ui.max_rect(), size, ui.pixels_per_point());
            paint(ui, fit, live, control, screen, commands);
        }
        Scale::One => scrolled(ui, size, live, control, screen, commands),
    }
}

fn scrolled(ui: &mut Ui, size: Size, live: &Live, control: bool, screen: &mut Screen, commands: &mut Vec<Command>) {
    let whole = Fit::one_to_one_size(size, ui.pixels_per_point());
    // Nothing may lie over the customer's pixels: bars beside them, and no shade at the edges.
    ui.spacing_mut().scroll = ScrollStyle::solid();
    ui.spacing_mut().scroll.fade.strength = 0.0;
    ui.spacing_mut().scroll.dormant_handle_opacity = 0.4;
    // With control the wheel turns at the customer's; without, it scrolls here.
    let source = ScrollSource { mouse_wheel: !control, ..ScrollSource::SCROLL_BAR };
    ScrollArea::both().auto_shrink(false).scroll_source(source).scroll_bar_visibility(ScrollBarVisibility::VisibleWhenNeeded).show(
        ui,
        |ui| {
            let room = whole.max(ui.available_size());
            let (area, _) = ui.allocate_exact_size(room, Sense::hover());
            let corner = area.min + ((room - whole) / 2.0).max(Vec2::ZERO);
            let fit = Fit::one_to_one(corner, size, ui.pixels_per_point());
            paint(ui, fit, live, control, screen, commands);
        },
    );
}

fn paint(ui: &mut Ui, fit: Fit, live: &Live, control: bool, screen: &mut Screen, commands: &mut Vec<Command>) {
    let target = fit.target();
    screen.canvas.draw(ui.painter(), target);
    if live.stale_since.is_some() {
        ui.painter().rect_filled(target, 0.0, Color32::from_black_alpha(90));
    }
    let visible = target.intersect(ui.clip_rect());
    let response = ui.interact(visible, Id::unique("customer's screen"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Customer's screen"));
    let own = if control { own_hands(ui, &fit, &response, screen, commands) } else { no_hands(ui, &response, screen, commands) };
    let painter = ui.painter().with_clip_rect(visible);
    screen.cursors.show(ui.ctx(), &painter, &fit, live.cursor.as_ref(), own);
    if screen.captured {
        cursor::frame(ui.painter(), visible, ui.visuals().selection.bg_fill);
    }
}

/// Without control nothing is captured, and what was held is let go.
fn no_hands(ui: &Ui, response: &Response, screen: &mut Screen, commands: &mut Vec<Command>) -> Option<egui::Pos2> {
    screen.let_go(commands);
    screen.captured = false;
    screen.welcomed = false;
    if response.has_focus() {
        ui.memory_mut(|memory| memory.surrender_focus(response.id));
    }
    None
}

/// With control: keyboard while the picture has the focus, pointer while it is over the picture.
fn own_hands(ui: &Ui, fit: &Fit, response: &Response, screen: &mut Screen, commands: &mut Vec<Command>) -> Option<egui::Pos2> {
    let pressed = response.contains_pointer() && ui.input(|input| input.pointer.any_pressed());
    // When control begins, what is typed is meant for the picture.
    if pressed || !screen.welcomed {
        response.request_focus();
    }
    screen.welcomed = true;
    let captured = response.has_focus() && ui.input(|input| input.focused);
    if captured {
        // Tab, arrows and Escape are the customer's too.
        let all = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, all));
        let place = Rect::from_min_size(response.rect.left_bottom(), Vec2::new(1.0, 1.0));
        ui.output_mut(|output| {
            output.ime = Some(IMEOutput {
                purpose: egui::IMEPurpose::Normal,
                rect: response.rect,
                cursor_rect: place,
                should_interrupt_composition: false,
            });
        });
    } else if screen.captured {
        screen.let_go(commands);
    }
    let over = response.contains_pointer();
    let mut out = Vec::new();
    let mut lost = false;
    for event in ui.input(|input| input.events.clone()) {
        match event {
            Event::PointerMoved(place) if over || screen.pointer.holds() => screen.pointer.moved(fit, place, &mut out),
            Event::PointerButton { pos, button, pressed, .. } if over || screen.pointer.holds() => {
                if pressed {
                    screen.keyboard.prepare(&mut out);
                }
                screen.pointer.button(fit, pos, button, pressed, &mut out);
            }
            Event::MouseWheel { unit, delta, .. } if over => {
                screen.keyboard.prepare(&mut out);
                screen.pointer.wheel(unit, delta, &mut out);
            }
            Event::PointerGone => lost = true,
            Event::WindowFocused(false) => lost = true,
            // The press that gave the picture the focus may come in one frame with the first key.
            other if captured => screen.keyboard.event(&other, &mut out),
            _ => {}
        }
    }
    if !out.is_empty() {
        commands.push(Command::Input(out));
    }
    if lost {
        screen.let_go(commands);
    }
    screen.captured = captured;
    let place = ui.input(|input| input.pointer.hover_pos());
    place.filter(|_| over)
}
