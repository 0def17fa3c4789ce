//! The row of buttons above the picture.
//!
//! In scope: what they are called and what they mean. Not in scope: whether it is allowed.

use super::{Local, shortcuts::Shortcut};
use crate::{
    chord::Chord,
    options::Scale,
    state::{Command, Live},
};
use deskhand_screen::Rect;
use deskhand_session::{Key, NamedKey, Scope};
use egui::{Button, Ui, ViewportCommand};

/// Room behind a line for at least the shortest button, points.
const LEAST_ROOM: f32 = 60.0;

/// Keys that this computer keeps for itself, or that are hard to press.
fn special() -> [(&'static str, Chord); 10] {
    use NamedKey::{Alt, Control, Delete, Escape, F4, Meta, PrintScreen, Shift, Tab};
    let chord = |held: &[NamedKey], key| Chord::of(held, Key::Named(key));
    [
        ("Ctrl + Alt + Del", chord(&[Control, Alt], Delete)),
        ("Alt + Tab", chord(&[Alt], Tab)),
        ("Alt + F4", chord(&[Alt], F4)),
        ("Ctrl + Esc", chord(&[Control], Escape)),
        ("Ctrl + Shift + Esc", chord(&[Control, Shift], Escape)),
        ("Meta (Windows key)", chord(&[], Meta)),
        ("Meta + L", Chord::of(&[Meta], Key::Char('l'))),
        ("Meta + R", Chord::of(&[Meta], Key::Char('r'))),
        ("Print Screen", chord(&[], PrintScreen)),
        ("Alt + Print Screen", chord(&[Alt], PrintScreen)),
    ]
}

pub(super) fn show(ui: &mut Ui, live: &Live, local: &mut Local, commands: &mut Vec<Command>) {
    ui.add_space(3.0);
    ui.horizontal_wrapped(|ui| {
        let control = live.granted.has(Scope::Control);
        if control {
            if ui.button("Give control back").clicked() {
                commands.push(Command::Release);
            }
        } else {
            let button = ui.add_enabled(!live.asking, egui::Button::new("Request control"));
            if button.on_disabled_hover_text("The customer is being asked.").clicked() {
                local.ask.open = true;
            }
        }
        ui.add_enabled_ui(control, |ui| {
            ui.menu_button("Keys", |ui| {
                for (name, chord) in special() {
                    if ui.button(name).clicked() {
                        commands.push(Command::Input(chord.events()));
                        ui.close();
                    }
                }
            });
        });
        line(ui);
        ui.selectable_value(&mut local.scale, Scale::Fit, "Fit");
        ui.selectable_value(&mut local.scale, Scale::One, "1:1");
        if ui.selectable_label(local.fullscreen, "Full screen").clicked() {
            local.fullscreen = !local.fullscreen;
            ui.ctx().send_viewport_cmd(ViewportCommand::Fullscreen(local.fullscreen));
        }
        if live.monitors.len() > 1 {
            line(ui);
            monitors(ui, live, commands);
            line(ui);
        }
        ui.menu_button("View", |ui| {
            let on = live.trail.is_on();
            let button = Button::selectable(on, "How the screen travels").shortcut_text(Shortcut::Overlay.text());
            if ui.add(button).clicked() {
                live.trail.set(!on);
                ui.close();
            }
        });
        line(ui);
        if ui.button("End session").clicked() {
            commands.push(Command::End);
        }
    });
    ui.add_space(1.0);
}

/// A line between groups of buttons, unless a row begins or ends there.
fn line(ui: &mut Ui) {
    let begins = ui.cursor().left() <= ui.max_rect().left() + 1.0;
    if !begins && ui.available_size_before_wrap().x > LEAST_ROOM {
        ui.separator();
    }
}

/// All of the customer's screen, or one of its monitors.
fn monitors(ui: &mut Ui, live: &Live, commands: &mut Vec<Command>) {
    let next = Shortcut::Monitor.text();
    let mut choice = |ui: &mut Ui, name: &str, wanted: Option<Rect>, what: &str| {
        let chosen = live.chosen == wanted;
        let button = ui.selectable_label(chosen, name).on_hover_text(format!("{what}\nNext: {next}"));
        if button.clicked() && !chosen {
            commands.push(Command::Look(wanted));
        }
    };
    choice(ui, "All", None, "All of the customer's screen");
    for (at, monitor) in live.monitors.iter().enumerate() {
        let number = at + 1;
        let what = format!("Monitor {number}: {} × {} at {}, {}", monitor.width, monitor.height, monitor.x, monitor.y);
        choice(ui, &number.to_string(), Some(*monitor), &what);
    }
}

/// What comes after what is seen: the monitors one after the other, then all of the screen.
pub(super) fn next_monitor(live: &Live) -> Option<Rect> {
    let after = live.chosen.map_or(Some(0), |chosen| live.monitors.iter().position(|monitor| *monitor == chosen).map(|at| at + 1));
    after.and_then(|at| live.monitors.get(at)).copied()
}
