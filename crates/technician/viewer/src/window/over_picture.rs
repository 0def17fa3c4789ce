//! What the toolkit draws over everything else: menus, messages, tooltips.
//!
//! In scope: where that is, in pixels of the display, so that a native window leaves it free. Not in scope: drawing it.

use deskhand_screen::{Rect, Region};
use egui::{Context, Order};

/// The part of the window that lies under something drawn in this frame, as far as the frame has come.
pub(super) fn covered(context: &Context) -> Region {
    let layers: Vec<_> = context.memory(|memory| memory.layer_ids().filter(|layer| layer.order != Order::Background).collect());
    let scale = context.pixels_per_point();
    context.graphics(|graphics| {
        let drawn = |layer| graphics.get(layer).into_iter().flat_map(|list| list.all_entries());
        let bounds = |layer| {
            let parts = drawn(layer).map(|part| part.shape.visual_bounding_rect().intersect(part.clip_rect));
            parts.filter(|part| part.is_positive()).fold(egui::Rect::NOTHING, |all, part| all | part)
        };
        layers.into_iter().map(bounds).map(|part| pixels(part * scale)).collect()
    })
}

/// Every pixel that a rectangle touches; what lies left of the window or above it is cut off.
pub(super) fn pixels(rect: egui::Rect) -> Rect {
    // A hair over an edge is an error of rounding. A float to integer cast saturates.
    let low = |edge: f32| (edge + 0.01).floor().max(0.0) as u32;
    let high = |edge: f32| (edge - 0.01).ceil().max(0.0) as u32;
    Rect::from_edges(low(rect.left()), low(rect.top()), high(rect.right()), high(rect.bottom()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Area, Id, RawInput, pos2, vec2};

    #[test]
    fn an_area_over_the_page_is_covered_and_the_page_is_not() {
        let context = Context::default();
        let mut found = Region::new();
        for _ in 0..2 {
            let mut output = context.run_ui(RawInput::default(), |ui| {
                ui.label("the page");
                Area::new(Id::unique("over")).fixed_pos(pos2(100.0, 50.0)).show(ui.ctx(), |ui| {
                    let place = egui::Rect::from_min_size(ui.cursor().min, vec2(40.4, 20.0));
                    ui.allocate_rect(place, egui::Sense::hover());
                    ui.painter().rect_filled(place, 0.0, egui::Color32::RED);
                });
                found = covered(ui.ctx());
            });
            output.textures_delta.clear();
        }
        assert_eq!(found, Region::from_rect(Rect::new(100, 50, 41, 20)));
    }

    #[test]
    fn what_lies_outside_the_window_is_cut_off() {
        let rect = egui::Rect::from_min_max(pos2(-10.0, -5.0), pos2(7.2, -1.0));
        assert!(pixels(rect).is_empty());
        assert!(pixels(egui::Rect::NOTHING).is_empty());
    }
}
