//! A technician can't answer the customer's question, nor press any button of the customer's own program.

use deskhand_wire::{
    control::{HostToViewer, InputRefusal, Scope, Scopes},
    input::{Button, InputEvent, InputMessage},
};
use harness::{Office, Person, Program, WindowManager, XServer, evil_viewer::EvilViewer, program::binary, until};
use std::process::Command;

/// Fill of the buttons "Allow" and "Stop".
const ALLOW: u32 = 0x1B_62C4;
const STOP: u32 = 0xB3_261E;

fn click(grant: u32, tick: u64, (x, y): (i16, i16)) -> [InputMessage; 2] {
    let (x, y) = (x.unsigned_abs().into(), y.unsigned_abs().into());
    [true, false].map(|down| InputMessage { grant, tick, seen: u64::MAX, event: InputEvent::Button { button: Button::Left, down, x, y } })
}

#[test]
fn a_technician_can_press_no_button_of_the_customers_own_program() {
    let screen = XServer::start(1280, 800);
    let _manager = WindowManager::on(&screen);
    let office = Office::open();
    let mut host = Command::new(binary("deskhand-host"));
    host.arg("--json").arg("--config").arg(office.config()).env("DISPLAY", screen.display()).env_remove("WAYLAND_DISPLAY");
    let mut host = Program::start("host", host);
    let code = host.skip_to("a code", |line| line["event"] == "code")["code"].as_str().expect("text").to_owned();
    let mut viewer = EvilViewer::pair(&office, &code, Scopes::of([Scope::View, Scope::Control]));
    host.skip_to("the question", |line| line["event"] == "consent");

    let person = Person::at(&screen);
    // The page before has a blue button too, and no red one.
    let allow = until("the Allow button can be pressed", || person.sees(STOP).and_then(|_| person.sees(ALLOW)));
    for grant in 0..4 {
        click(grant, 1, allow).iter().for_each(|message| assert!(viewer.input(message)));
    }
    viewer.hears("that nothing was pressed", |message| matches!(message, HostToViewer::InputRefused { .. }).then_some(()));
    assert!(person.sees(ALLOW).is_some(), "the question is still open");

    person.click(allow.0, allow.1);
    let control = viewer.hears("control", |message| match message {
        HostToViewer::Granted { grant, scopes, .. } if scopes.has(Scope::Control) => Some(*grant),
        _ => None,
    });
    // The window on its way from question to banner shows red elsewhere: where it stays counts.
    let (mut seen, mut times) = (None, 0);
    let stop = until("the banner's Stop button stays where it is", || {
        let now = person.sees(STOP).filter(|(_, y)| *y < 160 && person.sees(ALLOW).is_none());
        times = if now == seen { times + 1 } else { 0 };
        seen = now;
        now.filter(|_| times >= 10)
    });
    let tick = viewer.hears("a tick", |message| match message {
        HostToViewer::Tick(tick) => Some(tick.number),
        _ => None,
    });
    click(control, tick, stop).iter().for_each(|message| assert!(viewer.input(message)));
    viewer.hears("that it was one of our own windows", |message| {
        matches!(message, HostToViewer::InputRefused { why: InputRefusal::OwnWindow, .. }).then_some(())
    });
    assert!(host.is_running() && person.sees(STOP).is_some(), "the session goes on");

    // The customer's own click does work.
    person.click(stop.0, stop.1);
    assert_eq!(host.skip_to("the end", |line| line["event"] == "ended")["reason"], "customer");
}
