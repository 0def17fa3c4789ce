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
