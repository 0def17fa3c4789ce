//! A switch with its name and one sentence: one scope of the question.
//!
//! In scope: drawing it, and telling screen readers that it is a check box with that name. The whole row is the target.

use super::look;
use egui::{Color32, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2};

const TRACK: Vec2 = Vec2::new(46.0, 26.0);

/// Shows the switch; a click or Space turns it.
pub(crate) fn switch(ui: &mut Ui, on: &mut bool, enabled: bool, name: &str, sentence: &str) -> Response {
    ui.horizontal(|ui| {
        let (rect, mut response) = ui.allocate_exact_size(TRACK, if enabled { Sense::click() } else { Sense::hover() });
        let text = ui
            .vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.label(RichText::new(name).strong());
                let weak = look::weak(sentence, ui);
                ui.label(weak);
            })
            .response
            .interact(if enabled { Sense::click() } else { Sense::hover() });
        if response.clicked() || text.clicked() {
            *on = !*on;
            response.mark_changed();
        }
        let (enabled, is_on) = (enabled, *on);
        let spoken = format!("{name}. {sentence}");
        response.widget_info(move || WidgetInfo::selected(Role::Switch, enabled, is_on, &spoken));
        paint(ui, rect, &response, is_on, enabled);
        response
    })
    .inner
}

fn paint(ui: &Ui, rect: egui::Rect, response: &Response, on: bool, enabled: bool) {
    let track = match (on, enabled) {
        (true, true) => Color32::from_rgb(0x1b, 0x62, 0xc4),
        (true, false) => Color32::from_rgb(0x7d, 0xa3, 0xd6),
        (false, _) => Color32::from_gray(130),
    };
    let radius = rect.height() / 2.0;
    let painter = ui.painter();
    painter.rect_filled(rect, radius, track);
    if response.has_focus() {
        painter.rect_stroke(rect.expand(3.0), radius + 3.0, Stroke::new(2.5, Color32::from_rgb(0x1a, 0x73, 0xe8)), StrokeKind::Outside);
    }
    let x = if on { rect.right() - radius } else { rect.left() + radius };
    painter.circle_filled(pos2(x, rect.center().y), radius - 3.0, Color32::WHITE);
}
