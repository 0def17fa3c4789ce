//! From the window's pointer events to places on the customer's screen.
//!
//! In scope: moves, buttons, the wheel in notches, what is held. Not in scope: whether the pointer is the picture's.

use super::fit::Fit;
use deskhand_session::{Button, InputEvent};
use egui::{MouseWheelUnit, PointerButton, Pos2, Vec2};

/// Points that count as one notch of a wheel, for touchpads.
const POINTS_A_NOTCH: f32 = 40.0;
/// Most notches that one event may mean.
const MAX_NOTCHES: f32 = 100.0;

/// What the pointer holds.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    held: Vec<Button>,
    wheel: Vec2,
    last: Option<(u32, u32)>,
}

fn button(button: PointerButton) -> Button {
    match button {
        PointerButton::Primary => Button::Left,
        PointerButton::Secondary => Button::Right,
        PointerButton::Middle => Button::Middle,
        PointerButton::Extra1 => Button::Back,
        PointerButton::Extra2 => Button::Forward,
    }
}

impl Pointer {
    /// Whether a button is down at the customer's.
    pub(super) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Forgets what is held; true when something was.
    pub(super) fn forget(&mut self) -> bool {
        let held = self.holds();
        *self = Self::default();
        held
    }

    /// The pointer went to a place over the picture, or anywhere while a button is held. Only the last of several moves
    /// in a row is kept.
    pub(super) fn moved(&mut self, fit: &Fit, place: Pos2, out: &mut Vec<InputEvent>) {
        let at = if self.holds() { Some(fit.nearest(place)) } else { fit.pixel(place) };
        let Some((x, y)) = at.filter(|at| self.last != Some(*at)) else { return };
        self.last = Some((x, y));
        if let Some(InputEvent::Move { .. }) = out.last() {
            out.pop();
        }
        out.push(InputEvent::Move { x, y });
    }

    /// A button over the picture, or one that is held wherever the pointer is.
    pub(super) fn button(&mut self, fit: &Fit, place: Pos2, which: PointerButton, down: bool, out: &mut Vec<InputEvent>) {
        let which = button(which);
        let known = self.held.iter().position(|held| *held == which);
        let (x, y) = fit.nearest(place);
        match (known, down) {
            (None, true) if fit.pixel(place).is_some() => self.held.push(which),
            (Some(at), false) => drop(self.held.swap_remove(at)),
            _ => return,
        }
        self.last = Some((x, y));
        out.push(InputEvent::Button { button: which, down, x, y });
    }

    /// The wheel; what is less than a notch is kept.
    pub(super) fn wheel(&mut self, unit: MouseWheelUnit, delta: Vec2, out: &mut Vec<InputEvent>) {
        let notches = match unit {
            MouseWheelUnit::Line => delta,
            MouseWheelUnit::Point => delta / POINTS_A_NOTCH,
            MouseWheelUnit::Page => delta * 10.0,
        };
        // The toolkit says where the content goes, the customer's machine is told where the wheel turns.
        self.wheel -= notches.clamp(Vec2::splat(-MAX_NOTCHES), Vec2::splat(MAX_NOTCHES));
        let whole = Vec2::new(self.wheel.x.trunc(), self.wheel.y.trunc());
        self.wheel -= whole;
        if whole != Vec2::ZERO {
            out.push(InputEvent::Wheel { x: whole.x as i16, y: whole.y as i16 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskhand_screen::Size;
    use egui::{Rect, pos2, vec2};

    fn fit() -> Fit {
        let size = Size::new(800, 600).unwrap();
        Fit::fitted(Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0)), size, size.rect(), 1.0)
    }

    #[test]
    fn only_the_last_of_several_moves_is_sent() {
        let (mut pointer, mut out) = (Pointer::default(), Vec::new());
        for x in [10.0, 20.0, 30.0] {
            pointer.moved(&fit(), pos2(x, 5.0), &mut out);
        }
        assert_eq!(out, [InputEvent::Move { x: 60, y: 10 }]);
        out.clear();
        pointer.moved(&fit(), pos2(30.0, 5.0), &mut out);
        assert_eq!(out, [], "nothing is said twice");
    }

    #[test]
    fn a_press_beside_the_picture_is_not_the_customers() {
        let (mut pointer, mut out) = (Pointer::default(), Vec::new());
        pointer.button(&fit(), pos2(500.0, 5.0), PointerButton::Primary, true, &mut out);
        pointer.button(&fit(), pos2(50.0, 5.0), PointerButton::Primary, false, &mut out);
        assert_eq!(out, []);
    }

    #[test]
    fn a_drag_goes_on_outside_and_ends_at_the_edge() {
        let (mut pointer, mut out) = (Pointer::default(), Vec::new());
        pointer.button(&fit(), pos2(50.0, 5.0), PointerButton::Primary, true, &mut out);
        pointer.moved(&fit(), pos2(900.0, -70.0), &mut out);
        pointer.button(&fit(), pos2(900.0, -70.0), PointerButton::Primary, false, &mut out);
        let (button, x, y) = (Button::Left, 799, 0);
        assert_eq!(out[1..], [InputEvent::Move { x, y }, InputEvent::Button { button, down: false, x, y }]);
        assert!(!pointer.holds());
    }

    #[test]
    fn a_touchpad_turns_the_wheel_by_whole_notches() {
        let (mut pointer, mut out) = (Pointer::default(), Vec::new());
        for _ in 0..4 {
            pointer.wheel(MouseWheelUnit::Point, vec2(0.0, -15.0), &mut out);
        }
        assert_eq!(out, [InputEvent::Wheel { x: 0, y: 1 }]);
        pointer.wheel(MouseWheelUnit::Line, vec2(0.0, 3.0), &mut out);
        assert_eq!(out[1], InputEvent::Wheel { x: 0, y: -2 }, "half a notch was left of the other direction");
    }
}
