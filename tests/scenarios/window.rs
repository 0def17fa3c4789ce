//! The technician's window on a real screen: exact pixels, menus over them, and a hand on the mouse that reaches the customer.

use harness::{Host, Painter, Person, Stage, Technician, until};
use x11rb::protocol::Event;

/// Customer's and technician's screens with a session between them.
struct Desks {
    stage: Stage,
    painter: Painter,
    _host: Host,
    technician: Technician,
}

/// A session at one pixel for one, or as `further` says.
fn desks(answer: &str, further: &[&str]) -> Desks {
    let stage = Stage::of_size(640, 480);
    let painter = stage.painter();
    painter.text_page(3);
    let mut host = stage.host();
    let technician = Technician::sits_down(&stage.office, &host.code(), (1200, 820), further);
    host.question();
    host.answer(answer);
    host.granted();
    Desks { stage, painter, _host: host, technician }
}

impl Desks {
    fn sees(&self, what: &str) -> (u32, u32) {
        until(what, || self.technician.finds(&self.stage.screen))
    }
}

#[test]
fn what_the_customer_sees_is_in_the_window_pixel_for_pixel() {
    let desks = desks("view", &["--scale", "1"]);
    desks.sees("the first picture");
    desks.painter.pixels(100, 100, 16, &[0x12_3456; 320]);
    desks.sees("a typed character");
    desks.painter.scroll_up(20, 20, 500, 400, 60, 9);
    desks.sees("a scroll");
    desks.painter.photo(200, 150, 200, 150, 4);
    desks.sees("a photo, once it has settled");
}

#[test]
fn a_customers_screen_that_changes_its_size_is_shown_anew() {
    let desks = desks("view", &["--scale", "1"]);
    desks.sees("the first picture");
    desks.stage.screen.resize(500, 300);
    desks.painter.pixels(100, 100, 16, &[0x12_3456; 320]);
    desks.sees("the smaller screen with what was drawn on it since");
}

#[test]
fn a_menu_over_the_picture_is_seen_and_what_it_hid_comes_back() {
    let desks = desks("view control", &["--scale", "1"]);
    let (left, top) = desks.sees("the first picture");
    let person = Person::at(&desks.technician.screen);
    person.chord(&[0xFFBE]);
    // The menu "Keys" is the second button of the toolbar.
    person.click(170, 16);
    until("the menu is over the picture", || desks.technician.finds(&desks.stage.screen).is_none().then_some(()));
    desks.painter.pixels(300, 300, 16, &[0x12_3456; 320]);
    let there = |x: u32, y: u32| {
        let (width, pixels) = desks.technician.screen.picture();
        pixels[((top + y) * width + left + x) as usize] & 0xFF_FFFF
    };
    until("a change beside the menu is shown", || (there(305, 305) == 0x12_3456).then_some(()));
    person.click(900, 16);
    desks.sees("the menu is closed");
}

#[test]
fn a_hand_at_the_technicians_screen_reaches_the_customers() {
    let mut desks = desks("view control", &["--scale", "1"]);
    let (left, top) = desks.sees("the first picture");
    let person = Person::at(&desks.technician.screen);
    let at = |x: u32, y: u32| ((left + x) as i16, (top + y) as i16);
    let (x, y) = at(200, 150);
    person.click(x, y);
    let clicked =
        |event: &Event| matches!(event, Event::ButtonRelease(event) if (event.root_x, event.root_y, event.detail) == (200, 150, 1));
    desks.painter.wait_for("the click", clicked);
    // Nothing but the hand moves the pointer: it stays there after the click, over the picture.
    let (x, y) = at(260, 190);
    person.moves(x, y);
    until("the pointer follows", || (desks.stage.screen.pointer() == (260, 190)).then_some(()));
    person.chord(&[u32::from(b'a')]);
    desks.painter.wait_for("the key", |event| matches!(event, Event::KeyPress(_)));
}

#[test]
fn how_the_screen_travels_is_shown_in_colours_and_the_picture_is_as_it_was() {
    let desks = desks("view", &["--scale", "1"]);
    let (left, top) = desks.sees("the first picture");
    let person = Person::at(&desks.technician.screen);
    let (control, alt, shift) = (0xFFE3, 0xFFE9, 0xFFE1);
    person.chord(&[control, alt, shift, u32::from(b'o')]);
    let there = |x: u32, y: u32| {
        let (width, pixels) = desks.technician.screen.picture();
        pixels[((top + y) * width + left + x) as usize] & 0xFF_FFFF
    };
    // Two greys in turn, and blue over them: more blue than red, which no grey has.
    let mut greys = [0x80_8080, 0x90_9090].into_iter().cycle();
    until("a change is tinted", || {
        desks.painter.pixels(100, 100, 64, &[greys.next()?; 64 * 32]);
        let seen = there(130, 115);
        (seen & 0xFF > (seen >> 16) + 0x18).then_some(())
    });
    desks.sees("the colour is gone by itself");
    person.chord(&[control, alt, shift, u32::from(b'o')]);
    desks.sees("the picture as it is");
}

#[test]
fn a_hand_that_moves_over_the_picture_repaints_nothing_and_clicks_where_it_is() {
    let mut desks = desks("view control", &["--scale", "1", "--log", "warn,deskhand_viewer::window=trace"]);
    let (left, top) = desks.sees("the first picture");
    let person = Person::at(&desks.technician.screen);
    let at = |x: u32, y: u32| ((left + x) as i16, (top + y) as i16);
    let painted = || desks.technician.program.log().matches("the window is painted").count();
    let moves = |x: u32, y: u32| {
        let (here, there) = (at(x, y), (x as i16, y as i16));
        person.moves(here.0, here.1);
        until("the pointer follows", || (desks.stage.screen.pointer() == there).then_some(()));
    };
    moves(100, 100);
    let before = painted();
    let count = 60;
    (1..=count).for_each(|step| moves(100 + 5 * step as u32, 100 + 3 * step as u32));
    // Words about the line may change meanwhile, which is a repaint of its own.
    let frames = painted() - before;
    assert!(frames < count / 2, "{frames} repaints for {count} moves");
    person.click(at(400, 280).0, at(400, 280).1);
    let clicked = |event: &Event| matches!(event, Event::ButtonPress(event) if (event.root_x, event.root_y, event.detail) == (400, 280, 1));
    desks.painter.wait_for("the click", clicked);
}
