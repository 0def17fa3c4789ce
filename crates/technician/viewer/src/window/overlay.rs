//! The overlay that shows how the screen travels: a colour a way of sending over what the last second touched, and a legend.
//!
//! In scope: colours, words, drawing. Not in scope: what is shown (`trail`). The picture itself is never changed; while the overlay
//! is on it is painted by the toolkit, which alone can lay a colour over it.

use super::fit::Fit;
use crate::trail::Trail;
use deskhand_cage::Way;
use egui::{Align2, Area, Color32, Frame, Id, Order, Painter, Rect, Sense, Stroke, StrokeKind, Ui, vec2};
use std::time::Instant;

/// How much of a mark's colour lies over the picture, of 255, just now and later.
const COVER: (u8, u8) = (90, 40);
/// Side of a colour's field in the legend, points.
const FIELD: f32 = 14.0;

fn colour(way: Way) -> Color32 {
    match way {
        Way::Copy => Color32::from_rgb(0, 160, 70),
        Way::Restore => Color32::from_rgb(0, 150, 170),
        Way::Palette => Color32::from_rgb(20, 110, 240),
        Way::Raw => Color32::from_rgb(160, 50, 220),
        Way::Filtered => Color32::from_rgb(120, 90, 60),
        Way::Video => Color32::from_rgb(230, 40, 40),
        Way::Refine => Color32::from_rgb(245, 160, 0),
    }
}

fn name(way: Way) -> &'static str {
    match way {
        Way::Copy => "Moved: scroll or window",
        Way::Restore => "Shown again: was covered",
        Way::Palette => "Exact, few colours",
        Way::Raw => "Exact, many colours",
        Way::Filtered => "Exact, photo",
        Way::Video => "Video, lossy",
        Way::Refine => "Made exact after video",
    }
}

/// Draws the marks over the picture; what lies outside the painter's clip costs nothing.
pub(super) fn marks(painter: &Painter, fit: &Fit, trail: &Trail) {
    let (marks, change) = trail.marks(Instant::now());
    for mark in &marks {
        let colour = colour(mark.way);
        let cover = if mark.bright { COVER.0 } else { COVER.1 };
        let [red, green, blue, _] = colour.to_array();
        for rect in mark.region.rects() {
            let at = |x: u32, y: u32| fit.place(i64::from(x), i64::from(y));
            let place = Rect::from_min_max(at(rect.x, rect.y), at(rect.right(), rect.bottom()));
            painter.rect_filled(place, 0.0, Color32::from_rgba_unmultiplied(red, green, blue, cover));
            if mark.bright {
                painter.rect_stroke(place, 0.0, Stroke::new(1.0, colour), StrokeKind::Inside);
            }
        }
    }
    if let Some(change) = change {
        painter.ctx().request_repaint_after(change);
    }
}

/// Says what the colours mean, in the picture's lower left corner.
pub(super) fn legend(ui: &Ui) {
    let area = ui.max_rect();
    Area::new(Id::unique("legend"))
        .order(Order::Middle)
        .interactable(false)
        .pivot(Align2::LEFT_BOTTOM)
        .fixed_pos(area.left_bottom() + vec2(8.0, -8.0))
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 3.0);
                for way in Way::ALL {
                    ui.horizontal(|ui| {
                        let (field, _) = ui.allocate_exact_size(vec2(FIELD, FIELD), Sense::hover());
                        ui.painter().rect_filled(field, 0.0, colour(way));
                        ui.label(name(way));
                    });
                }
            });
        });
}
