//! The state line under the picture, and the short message on it.
//!
//! In scope: words for the state, when the words change by themselves. Not in scope: the state.

use super::style;
use crate::state::Live;
use deskhand_session::Scope;
use deskhand_wire::Millis;
use egui::{Align, Align2, Area, Frame, Id, Label, Layout, Order, RichText, Ui, vec2};
use std::time::Duration;

/// A message is shown for this long, milliseconds.
const MESSAGE_MS: Millis = 6_000;

/// What is allowed, in words, and in how many milliseconds the words change.
pub(super) fn allowed(live: &Live, now: Millis) -> (String, Option<Millis>) {
    if live.asking {
        return ("The customer is being asked".into(), None);
    }
    if !live.granted.has(Scope::Control) {
        let words = if live.granted.has(Scope::View) { "View only" } else { "Nothing is allowed any more" };
        return (words.into(), None);
    }
    let Some(until) = live.control_until else { return ("Control until the session ends".into(), None) };
    let left = until.saturating_sub(now);
    let minutes = left.div_ceil(60_000);
    let change = left - minutes.saturating_sub(1) * 60_000;
    match minutes {
        0 => ("Control is ending".into(), None),
        1 => ("Control, less than a minute left".into(), None),
        _ => (format!("Control, {minutes} min left"), Some(change)),
    }
}

/// How old the picture is, in words, when it is stale; and in how many milliseconds the words change.
pub(super) fn age(live: &Live, now: Millis) -> Option<(String, Millis)> {
    let old = now.saturating_sub(live.stale_since?);
    Some((format!("The picture is {} s old; input is held back", old / 1000), 1000 - old % 1000))
}

fn again(ui: &Ui, after: Millis) {
    ui.ctx().request_repaint_after(Duration::from_millis(after + 5));
}

pub(super) fn show(ui: &mut Ui, live: &Live, now: Millis) {
    ui.horizontal(|ui| {
        let (allowed, change) = allowed(live, now);
        if let Some(change) = change {
            again(ui, change);
        }
        let control = live.granted.has(Scope::Control);
        let text = RichText::new(allowed).strong();
        ui.label(if control { text.color(style::right(ui)) } else { text });
        if let Some((text, change)) = age(live, now) {
            again(ui, change);
            ui.separator();
            ui.add(Label::new(RichText::new(text).color(style::wrong(ui)).strong()).truncate());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.weak(format!("{} ms", live.rtt_ms)).on_hover_text("Round trip to the relay");
            let mut who = live.host.clone();
            if let Some(ticket) = &live.ticket {
                who = format!("{ticket} · {who}");
            }
            let details = format!("{who}\nTechnician: {}\nSession: {}", live.technician, live.session);
            ui.add(Label::new(RichText::new(&who).weak()).truncate()).on_hover_text(details);
        });
    });
}

/// The last thing worth saying, over the picture, for a few seconds.
pub(super) fn message(ui: &Ui, live: &Live, now: Millis) {
    let Some(message) = &live.message else { return };
    let shown = now.saturating_sub(message.at);
    if shown >= MESSAGE_MS {
        return;
    }
    again(ui, MESSAGE_MS - shown);
    let area = ui.max_rect();
    Area::new(Id::unique("message"))
        .order(Order::Foreground)
        .interactable(false)
        .pivot(Align2::CENTER_BOTTOM)
        .fixed_pos(area.center_bottom() - vec2(0.0, 16.0))
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width((area.width() - 40.0).max(120.0));
                ui.label(crate::desk::sentence(&message.text));
            });
        });
}
