//! Sizes and colours that the pages share.
//!
//! In scope: looks. Not in scope: layout.

use egui::{Button, Color32, Context, CornerRadius, FontId, Response, RichText, Sense, Shadow, Stroke, TextStyle, Theme, Ui, Vec2, vec2};

/// Text that says that something is wrong.
pub(super) fn wrong(ui: &Ui) -> Color32 {
    ui.visuals().error_fg_color
}

/// Text that says that something is right.
pub(super) fn right(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(120, 200, 130) } else { Color32::from_rgb(24, 110, 40) }
}

/// Text that asks for attention.
pub(super) fn notice(ui: &Ui) -> Color32 {
    if ui.visuals().dark_mode { Color32::from_rgb(240, 180, 80) } else { Color32::from_rgb(150, 85, 0) }
}

/// A mark before a step: done, now, or later.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Done,
    Now,
    Later,
}

/// Draws a mark. It is drawn and not written, because a font without it would show an empty box.
pub(super) fn mark(ui: &mut Ui, mark: Mark) {
    let (place, _) = ui.allocate_exact_size(vec2(20.0, 18.0), Sense::hover());
    let (painter, middle) = (ui.painter(), place.center());
    match mark {
        Mark::Done => {
            let stroke = Stroke::new(2.0, right(ui));
            painter.line_segment([middle + vec2(-5.0, 0.0), middle + vec2(-1.5, 4.0)], stroke);
            painter.line_segment([middle + vec2(-1.5, 4.0), middle + vec2(5.0, -4.0)], stroke);
        }
        Mark::Now => drop(painter.circle_filled(middle, 5.0, ui.visuals().strong_text_color())),
        Mark::Later => drop(painter.circle_stroke(middle, 4.0, Stroke::new(1.0, ui.visuals().weak_text_color()))),
    }
}

/// The button that a page is about.
pub(super) fn main_button(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    let fill = ui.visuals().selection.bg_fill;
    let colour = if ui.visuals().dark_mode { Color32::WHITE } else { ui.visuals().strong_text_color() };
    let button = Button::new(RichText::new(text).color(colour).strong()).fill(fill);
    ui.add_enabled_ui(enabled, |ui| ui.add_sized(BUTTON, button)).inner
}

/// Another button of that size.
pub(super) fn other_button(ui: &mut Ui, text: &str) -> Response {
    ui.add_sized(BUTTON, Button::new(text))
}

const BUTTON: Vec2 = vec2(130.0, 34.0);

/// The width of a page of text.
pub(super) const COLUMN: f32 = 460.0;

pub(super) fn apply(context: &Context) {
    context.options_mut(|options| options.zoom_with_keyboard = false);
    // Text that is read all day: more contrast than the toolkit's own.
    context.style_mut_of(Theme::Dark, |style| {
        style.visuals.override_text_color = Some(Color32::from_gray(222));
        style.visuals.weak_text_color = Some(Color32::from_gray(160));
    });
    context.style_mut_of(Theme::Light, |style| {
        style.visuals.override_text_color = Some(Color32::from_gray(30));
        style.visuals.weak_text_color = Some(Color32::from_gray(95));
    });
    context.all_styles_mut(|style| {
        // What opens over the picture has clean edges and is there at once: a rectangle can be left free in a native window, a
        // shadow or a fading edge can't, and without a graphics processor every step of a fade costs a repaint.
        style.visuals.menu_corner_radius = CornerRadius::ZERO;
        style.visuals.popup_shadow = Shadow::NONE;
        style.animation_time = 0.0;
        style.spacing.item_spacing = vec2(8.0, 8.0);
        style.spacing.button_padding = vec2(10.0, 5.0);
        style.text_styles.insert(TextStyle::Body, FontId::proportional(14.5));
        style.text_styles.insert(TextStyle::Button, FontId::proportional(14.5));
        style.text_styles.insert(TextStyle::Heading, FontId::proportional(24.0));
        style.text_styles.insert(TextStyle::Small, FontId::proportional(12.0));
        style.text_styles.insert(TextStyle::Monospace, FontId::monospace(15.0));
    });
}

/// A column of text in the middle of the page.
pub(super) fn column(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let width = (ui.available_width() - 24.0).clamp(200.0, COLUMN);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let space = (ui.available_height() * 0.16).clamp(8.0, 140.0);
        ui.add_space(space);
        ui.horizontal(|ui| {
            ui.add_space(((ui.available_width() - width) / 2.0).max(0.0));
            ui.vertical(|ui| {
                ui.set_width(width);
                content(ui);
            });
        });
    });
}
