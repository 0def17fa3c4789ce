//! Sizes, colours and the few kinds of button that the window has.
//!
//! In scope: how things look, in light and in dark. Text is large, buttons are at least 44 points high, nothing moves by itself.

use egui::{Button, Color32, CornerRadius, FontFamily, FontId, Response, RichText, Stroke, TextStyle, Ui, Vec2};

/// Points of a button's height.
pub(crate) const BUTTON_HEIGHT: f32 = 44.0;
/// Points of running text.
pub(crate) const BODY: f32 = 16.0;
/// Points of the one line that matters most.
pub(crate) const TITLE: f32 = 22.0;
/// Points of a sentence that other people's words stand in and that matters.
pub(crate) const LEAD: f32 = 18.0;
/// Points of things that are only there for completeness.
pub(crate) const SMALL: f32 = 13.0;
/// Points of the code, when there is room.
pub(crate) const CODE: f32 = 38.0;

/// What a colour says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// The thing to do.
    Main,
    /// The thing that ends something.
    Stop,
    /// Everything else.
    Quiet,
}

/// Sets fonts, spacing and colours once.
pub(crate) fn apply(context: &egui::Context) {
    // Where the desktop does not say, light: it is what most people know.
    context.options_mut(|options| options.fallback_theme = egui::Theme::Light);
    context.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Heading, FontId::new(TITLE, FontFamily::Proportional)),
            (TextStyle::Body, FontId::new(BODY, FontFamily::Proportional)),
            (TextStyle::Button, FontId::new(BODY, FontFamily::Proportional)),
            (TextStyle::Small, FontId::new(SMALL, FontFamily::Proportional)),
            (TextStyle::Monospace, FontId::new(BODY, FontFamily::Monospace)),
        ]
        .into();
        style.spacing.item_spacing = Vec2::new(10.0, 8.0);
        style.spacing.button_padding = Vec2::new(16.0, 8.0);
        style.spacing.interact_size.y = BUTTON_HEIGHT;
        style.interaction.selectable_labels = false;
        // Nothing fades: a frame that is drawn for an animation is a frame that a still session pays for.
        style.animation_time = 0.0;
        let dark = style.visuals.dark_mode;
        style.visuals.override_text_color = Some(if dark { Color32::from_gray(236) } else { Color32::from_gray(24) });
        for widget in [
            &mut style.visuals.widgets.inactive,
            &mut style.visuals.widgets.hovered,
            &mut style.visuals.widgets.active,
            &mut style.visuals.widgets.open,
        ] {
            widget.corner_radius = CornerRadius::same(8);
        }
        // The keyboard's place must be seen.
        style.visuals.selection.stroke = Stroke::new(2.5, Color32::from_rgb(0x1a, 0x73, 0xe8));
    });
}

/// A button of this tone, at least `width` points wide.
pub(crate) fn button(ui: &mut Ui, tone: Tone, text: &str, enabled: bool, width: f32) -> Response {
    let (fill, ink) = match tone {
        Tone::Main => (Some(Color32::from_rgb(0x1b, 0x62, 0xc4)), Some(Color32::WHITE)),
        Tone::Stop => (Some(Color32::from_rgb(0xb3, 0x26, 0x1e)), Some(Color32::WHITE)),
        Tone::Quiet => (None, None),
    };
    let mut label = RichText::new(text);
    if let Some(ink) = ink {
        label = label.color(ink).strong();
    }
    let mut button = Button::new(label).min_size(Vec2::new(width, BUTTON_HEIGHT)).wrap();
    if let Some(fill) = fill {
        button = button.fill(fill);
    }
    ui.add_enabled(enabled, button)
}

/// A box that is seen before the rest: warnings.
pub(crate) fn warning(ui: &mut Ui, text: &str) {
    let dark = ui.visuals().dark_mode;
    let (fill, ink, edge) = if dark {
        (Color32::from_rgb(0x4a, 0x38, 0x00), Color32::from_rgb(0xff, 0xe9, 0xa8), Color32::from_rgb(0xc9, 0x9a, 0x00))
    } else {
        (Color32::from_rgb(0xff, 0xf4, 0xd0), Color32::from_rgb(0x4a, 0x35, 0x00), Color32::from_rgb(0xd6, 0xa4, 0x00))
    };
    framed(ui, fill, edge, |ui| {
        ui.label(RichText::new(text).color(ink));
    });
}

/// A quiet box that holds things together.
pub(crate) fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let (fill, edge) = if ui.visuals().dark_mode {
        (Color32::from_gray(40), Color32::from_gray(70))
    } else {
        (Color32::from_gray(244), Color32::from_gray(215))
    };
    framed(ui, fill, edge, add);
}

fn framed(ui: &mut Ui, fill: Color32, edge: Color32, add: impl FnOnce(&mut Ui)) {
    egui::Frame::new().fill(fill).stroke(Stroke::new(1.0, edge)).corner_radius(CornerRadius::same(8)).inner_margin(12).show(ui, |ui| {
        ui.set_width(ui.available_width());
        add(ui);
    });
}

/// Text of secondary weight.
pub(crate) fn weak(text: impl Into<String>, ui: &Ui) -> RichText {
    RichText::new(text).color(if ui.visuals().dark_mode { Color32::from_gray(190) } else { Color32::from_gray(85) })
}
