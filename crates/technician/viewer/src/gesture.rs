//! What a hand does in one go, as the events that it is made of.
//!
//! In scope: clicks and drags at places, texts of any length. Not in scope: who asks for them.

use deskhand_session::{Button, InputEvent};
use deskhand_wire::{Text, limits::MAX_TYPED};

/// Steps between the two ends of a drag: programs that watch for a drag want to see the pointer move.
const DRAG_STEPS: i64 = 8;

/// A button goes down and up at a place, `times` times, after the pointer went there.
#[must_use]
pub(crate) fn click(button: Button, x: u32, y: u32, times: usize) -> Vec<InputEvent> {
    let once = [InputEvent::Button { button, down: true, x, y }, InputEvent::Button { button, down: false, x, y }];
    let mut events = vec![InputEvent::Move { x, y }];
    for _ in 0..times {
        events.extend(once.clone());
    }
    events
}

/// The main button goes down at `from`, the pointer moves, the button goes up at `to`.
#[must_use]
pub(crate) fn drag(from: [u32; 2], to: [u32; 2]) -> Vec<InputEvent> {
    let between = |a: u32, b: u32, step: i64| {
        let (a, b) = (i64::from(a), i64::from(b));
        // Between two u32 lies a u32.
        u32::try_from(a + (b - a) * step / DRAG_STEPS).unwrap_or(u32::MAX)
    };
    let button = |down, [x, y]: [u32; 2]| InputEvent::Button { button: Button::Left, down, x, y };
    let moves = (1..=DRAG_STEPS).map(|step| InputEvent::Move { x: between(from[0], to[0], step), y: between(from[1], to[1], step) });
    [InputEvent::Move { x: from[0], y: from[1] }, button(true, from)].into_iter().chain(moves).chain([button(false, to)]).collect()
}

/// A text in pieces that fit a message, cut between characters.
pub(crate) fn typed(text: &str) -> impl Iterator<Item = InputEvent> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let piece = Text::<MAX_TYPED>::clipped(rest);
        rest = &rest[piece.as_str().len()..];
        (!piece.as_str().is_empty()).then_some(InputEvent::Text(piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_click_is_two_clicks_at_one_place() {
        let events = click(Button::Left, 7, 9, 2);
        assert_eq!(events.len(), 5);
        assert_eq!(events.iter().filter(|event| event.is_press()).count(), 2);
    }

    #[test]
    fn a_drag_ends_where_it_should_in_any_direction() {
        for (from, to) in [([0, 0], [800, 600]), ([800, 600], [3, 2]), ([5, 5], [5, 5]), ([0, 0], [u32::MAX, u32::MAX])] {
            let events = drag(from, to);
            assert_eq!(events[0], InputEvent::Move { x: from[0], y: from[1] });
            assert_eq!(events[events.len() - 2], InputEvent::Move { x: to[0], y: to[1] });
            assert!(matches!(events.last(), Some(InputEvent::Button { down: false, x, y, .. }) if [*x, *y] == to));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_nothing_is_lost() {
        let text = "ä".repeat(1000);
        let together: String = typed(&text)
            .map(|event| match event {
                InputEvent::Text(text) => text.as_str().to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(together, text);
    }
}
