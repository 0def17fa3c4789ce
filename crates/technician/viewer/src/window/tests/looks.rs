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

/// A pane that shows whatever it is given.
struct Glass;

impl deskhand_paint::Pane for Glass {
    fn attach(&self, _: std::os::fd::BorrowedFd<'_>) -> Result<(), deskhand_paint::PaneError> {
        Ok(())
    }

    fn paint(&self, _: Size, _: &Region) -> Result<(), deskhand_paint::PaneError> {
        Ok(())
    }

    fn place(&self, _: Option<&deskhand_paint::Place>) -> Result<(), deskhand_paint::PaneError> {
        Ok(())
    }

    fn point(&self, _: Option<&deskhand_paint::Cursor>) {}
}

fn behind_glass(granted: &[Scope]) -> Live {
    let surface = Arc::new(Surface::with_pane(Some(Box::new(Glass)), Arc::new(|| {}), Arc::new(|| {})));
    surface.offer(Framebuffer::new(Size::new(800, 600).unwrap()).view(), &Region::new());
    Live { surface: Some(surface), ..live(granted) }
}

fn glides(window: &Window, place: Pos2) -> Option<(u32, u32)> {
    window.state().local.glide.over(f64::from(place.x), f64::from(place.y))
}

#[test]
fn a_pointer_glides_over_a_picture_that_the_window_system_shows_and_only_there() {
    let mut window = window(session(behind_glass(&Scope::ALL)));
    let place = middle(&window);
    assert_eq!(glides(&window, place), None, "the toolkit must learn first that it is there");
    window.event(Event::PointerMoved(place));
    window.run_steps(2);
    assert_eq!(glides(&window, place), Some((400, 300)));
    assert_eq!(glides(&window, Pos2::new(5.0, 5.0)), None, "the bar is the toolkit's");
    press(&mut window, place, true);
    assert_eq!(glides(&window, place), None, "a drag is the toolkit's");
    press(&mut window, place, false);
    assert_eq!(glides(&window, place), Some((400, 300)));
    let Snapshot::Live(now) = window.state().snapshot.clone() else { unreachable!() };
    window.state_mut().snapshot = session(Live { granted: Scopes::of([Scope::View]), ..*now });
    window.run_steps(2);
    assert_eq!(glides(&window, place), None, "without control nothing moves");
}

#[test]
fn a_pointer_over_textures_moves_with_the_toolkit() {
    let mut window = window(session(live(&Scope::ALL)));
    let place = middle(&window);
    window.event(Event::PointerMoved(place));
    window.run_steps(2);
    assert_eq!(glides(&window, place), None);
}
