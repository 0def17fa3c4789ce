//! What a technician chooses to see: the overlay.

use super::*;
use deskhand_cage::{Touch, Way};
use deskhand_screen::Rect;
use std::time::Instant;

const HELD: Modifiers = Modifiers { alt: true, ctrl: true, shift: true, mac_cmd: false, command: true };

fn press_chord(window: &mut Window, key: egui::Key) {
    window.key_press_modifiers(HELD, key);
    window.run_steps(3);
}

#[test]
fn how_the_screen_travels_is_shown_on_a_chord_and_hidden_by_it_and_the_customer_hears_nothing() {
    let live = live(&Scope::ALL);
    let trail = live.trail.clone();
    let mut window = window(session(live));
    assert!(!trail.is_on() && !says(&window, "Video, lossy"));
    press_chord(&mut window, egui::Key::O);
    trail.note(Instant::now(), vec![Touch { way: Way::Copy, region: Region::from_rect(Rect::new(0, 0, 80, 60)) }]);
    window.run_steps(2);
    assert!(trail.is_on() && says(&window, "Video, lossy"));
    press_chord(&mut window, egui::Key::O);
    assert!(!trail.is_on() && !says(&window, "Video, lossy"));
    let pressed = inputs(&mut window).into_iter().filter(|event| !event.is_release()).collect::<Vec<_>>();
    assert_eq!(pressed, []);
}

#[test]
fn how_the_screen_travels_is_in_the_menu_too() {
    let live = live(&[Scope::View]);
    let trail = live.trail.clone();
    let mut window = window(session(live));
    click(&mut window, "View");
    let button = window.query_all_by_label_contains("How the screen travels").next().unwrap();
    button.click();
    window.run_steps(3);
    assert!(trail.is_on());
}

const LEFT: Rect = Rect::new(0, 0, 400, 600);
const RIGHT: Rect = Rect::new(400, 0, 400, 600);

fn two_monitors() -> Live {
    Live { monitors: vec![LEFT, RIGHT], ..live(&Scope::ALL) }
}

fn looks(window: &mut Window) -> Vec<Option<Rect>> {
    let commands = std::mem::take(&mut window.state_mut().commands);
    let looks = commands.into_iter().filter_map(|command| if let Command::Look(wanted) = command { Some(wanted) } else { None });
    looks.collect()
}

#[test]
fn a_single_monitor_has_no_switcher() {
    let window = window(session(Live { monitors: vec![LEFT], ..live(&[Scope::View]) }));
    assert!(window.query_by_label("All").is_none());
}

#[test]
fn a_monitor_is_chosen_in_the_bar_and_by_a_chord() {
    let mut window = window(session(two_monitors()));
    click(&mut window, "2");
    assert_eq!(looks(&mut window), [Some(RIGHT)]);
    for (chosen, next) in [(None, Some(LEFT)), (Some(LEFT), Some(RIGHT)), (Some(RIGHT), None)] {
        window.state_mut().snapshot = session(Live { chosen, ..two_monitors() });
        press_chord(&mut window, egui::Key::M);
        assert_eq!(looks(&mut window), [next]);
    }
}

#[test]
fn a_click_on_a_monitor_goes_to_its_place_on_the_screen() {
    let mut window = window(session(Live { chosen: Some(RIGHT), seen: Some(RIGHT), ..two_monitors() }));
    let place = middle(&window);
    press(&mut window, place, true);
    assert!(inputs(&mut window).contains(&InputEvent::Button { button: Button::Left, down: true, x: 600, y: 300 }));
}
