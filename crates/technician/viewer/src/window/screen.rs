//! The customer's screen in the window: its place, and keyboard and pointer while they are its own.
//!
//! In scope: scale, scrolling, the dimmed look of a stale picture, focus, letting go of everything when focus, pointer or control is lost. Not in scope: what
//! a key means (`keyboard`), where a place is (`fit`), what the session allows.

use super::{cursor, fit::Fit, glide::Ground, keyboard::Keyboard, over_picture, overlay, pointer::Pointer};
use crate::{
    options::Scale,
    picture::seen,
    state::{Command, Live},
};
use deskhand_paint::{Canvas, Place, Surface};
use deskhand_screen::{Rect as Part, Region, Size};
use deskhand_session::Scope;
use egui::{
    Color32, Context, Event, EventFilter, Id, Rect, Response, ScrollArea, Sense, Ui, Vec2,
    output::IMEOutput,
    scroll_area::{ScrollBarVisibility, ScrollSource},
    style::ScrollStyle,
};
use std::sync::Arc;

/// What the picture's widget keeps from frame to frame.
#[derive(Default)]
pub(super) struct Screen {
    surface: Option<Arc<Surface>>,
    canvas: Canvas,
    /// Where the picture lies in this frame, when it may be shown without the toolkit.
    place: Option<Place>,
    /// The picture's place for a pointer that acts on it, holds nothing and lies on it.
    glides: Option<Fit>,
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

    /// A chord was the viewer's own: its modifiers were held for nothing else.
    pub(super) fn chord_used(&mut self) {
        self.keyboard.used();
    }

    /// Takes over what was decoded since the last frame.
    fn upload(&mut self, ui: &Ui, surface: Option<&Arc<Surface>>) {
        let same = match (&self.surface, surface) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !same {
            self.surface = surface.cloned();
            self.canvas = Canvas::new();
        }
        if let Some(batch) = self.surface.as_ref().and_then(|surface| surface.take()) {
            self.canvas.apply(ui.ctx(), batch);
        }
    }

    /// At the end of a frame, when all that lies over the picture is known: says who shows the picture, and where the pointer may move
    /// without another frame.
    pub(super) fn settle(&mut self, context: &Context) -> Option<Ground> {
        let glides = self.glides.take();
        let surface = self.surface.as_ref().filter(|surface| surface.has_pane() && surface.size().is_some())?;
        let free = self.place.take().map(|mut place| {
            place.visible.subtract_region(&over_picture::covered(context));
            place
        });
        // A question dims the whole window behind it, and the picture with it: that only the toolkit can do.
        match free.filter(|place| !place.visible.is_empty()) {
            Some(place) => {
                surface.place(&place);
                // This frame has drawn with them; the next does without.
                self.canvas = Canvas::new();
                let (free, scale, surface) = (place.visible, context.pixels_per_point(), surface.clone());
                glides.map(|fit| Ground { free, fit, scale, surface })
            }
            None => {
                surface.cover(self.canvas.size().is_some());
                None
            }
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
    screen.upload(ui, live.surface.as_ref());
    let Some(size) = live.surface.as_ref().and_then(|surface| surface.size()) else { return };
    let seen = seen(live.seen, size);
    let control = live.granted.has(Scope::Control);
    match scale {
        Scale::Fit => {
            let fit = Fit::fitted(ui.max_rect(), size, seen, ui.pixels_per_point());
            paint(ui, fit, live, control, screen, commands);
        }
        Scale::One => scrolled(ui, (size, seen), live, control, screen, commands),
    }
}

fn scrolled(ui: &mut Ui, (size, seen): (Size, Part), live: &Live, control: bool, screen: &mut Screen, commands: &mut Vec<Command>) {
    let whole = Fit::one_to_one_size(seen, ui.pixels_per_point());
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
            let fit = Fit::one_to_one(corner, size, seen, ui.pixels_per_point());
            paint(ui, fit, live, control, screen, commands);
        },
    );
}

fn paint(ui: &mut Ui, fit: Fit, live: &Live, control: bool, screen: &mut Screen, commands: &mut Vec<Command>) {
    let Some(surface) = &live.surface else { return };
    let target = fit.target();
    let visible = target.intersect(ui.clip_rect());
    let stale = live.stale_since.is_some();
    // Colours over the picture are the toolkit's work.
    screen.place = Some(place(ui, &fit, visible)).filter(|_| !stale && !live.trail.is_on());
    if surface.by_textures() {
        screen.canvas.draw(&ui.painter().with_clip_rect(visible), fit.whole());
        if stale {
            ui.painter().rect_filled(target, 0.0, Color32::from_black_alpha(90));
        }
    }
    let response = ui.interact(visible, Id::unique("customer's screen"), Sense::click_and_drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Customer's screen"));
    let own = if control { own_hands(ui, &fit, &response, screen, commands) } else { no_hands(ui, &response, screen, commands) };
    let painter = ui.painter().with_clip_rect(visible);
    if live.trail.is_on() {
        overlay::marks(&painter, &fit, &live.trail);
    }
    screen.cursors.show(&painter, &fit, surface, own);
    if screen.captured {
        cursor::frame(ui.painter(), visible, ui.visuals().selection.bg_fill);
    }
}

/// The picture's place in pixels of the display.
fn place(ui: &Ui, fit: &Fit, visible: Rect) -> Place {
    let scale = ui.pixels_per_point();
    let whole = fit.whole() * scale;
    let side = |side: f32| side.round().max(1.0) as u32;
    Place {
        size: fit.size(),
        x: whole.left().round() as i32,
        y: whole.top().round() as i32,
        width: side(whole.width()),
        height: side(whole.height()),
        pointer_scale: cursor::scale(fit) * scale,
        visible: Region::from_rect(over_picture::pixels(visible * scale)),
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
    screen.glides = Some(*fit).filter(|_| over && !screen.pointer.holds());
    let place = ui.input(|input| input.pointer.hover_pos());
    place.filter(|_| over)
}
