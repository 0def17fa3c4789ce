//! A whole session, end to end: what the technician sees is what is there, exactly.

use harness::{Painter, Stage, until, viewer::read_png};
use serde_json::json;
use x11rb::protocol::Event;

/// Waits until the technician's settled picture is the source, byte for byte.
fn settles_exactly(stage: &Stage, viewer: &mut harness::Viewer, name: &str) {
    let file = stage.office.path().join(format!("{name}.png"));
    until(&format!("{name}: the technician's picture is the customer's screen"), || {
        viewer.wait("still");
        let (answer, width, seen) = viewer.snapshot(&file);
        let (there_width, there) = stage.screen.picture();
        (width == there_width && seen == there && answer["exact"] == true).then_some(())
    });
}

#[test]
fn a_settled_screen_is_equal_to_the_source_after_text_scroll_photo_and_video() {
    let stage = Stage::set();
    let painter = stage.painter();
    painter.text_page(1);
    let mut session = stage.session("y");
    session.viewer.wait("view");
    settles_exactly(&stage, &mut session.viewer, "text");

    for step in 0..12 {
        painter.scroll_up(100, 40, 800, 680, 48, 20 + step);
    }
    settles_exactly(&stage, &mut session.viewer, "scroll");

    painter.photo(60, 60, 700, 500, 3);
    settles_exactly(&stage, &mut session.viewer, "photo");

    for frame in 0..40 {
        painter.photo(200, 120, 480, 270, 100 + frame);
    }
    settles_exactly(&stage, &mut session.viewer, "video");

    for (step, (x, y)) in [(0, 0), (1023, 767), (511, 3), (7, 400)].into_iter().enumerate() {
        painter.fill(x, y, 1, 1, 0x0012_3400 + step as u32);
    }
    settles_exactly(&stage, &mut session.viewer, "single pixels");

    let stats = session.viewer.must(json!({"do": "stats"}));
    assert!(stats["updates"].as_u64().is_some_and(|count| count > 5), "{stats}");
    session.viewer.must(json!({"do": "end"}));
    assert_eq!(session.host.ended()["reason"], "technician");
    stage.office.closed(&session.id);
    let (code, verdict) = stage.office.verify(&session.id);
    assert_eq!((code, &verdict["verdict"]), (0, &json!("OK")), "{verdict}");
}

#[test]
fn a_screen_that_changes_its_size_in_the_middle_goes_on() {
    let stage = Stage::set();
    let painter = stage.painter();
    painter.text_page(5);
    let mut session = stage.session("y");
    session.viewer.wait("view");
    settles_exactly(&stage, &mut session.viewer, "before");

    stage.screen.resize(800, 600);
    painter.text_page(6);
    settles_exactly(&stage, &mut session.viewer, "after");
    let (_, width, _) = session.viewer.snapshot(&stage.office.path().join("size.png"));
    assert_eq!(width, 800);
}

#[test]
fn a_click_and_a_text_of_any_script_arrive_as_they_were_made() {
    let stage = Stage::set();
    let mut painter = stage.painter();
    let mut session = stage.session("view control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "pointer", "x": 321, "y": 234, "click": "left"}));
    let press = painter.wait_for("the click arrives", |event| matches!(event, Event::ButtonPress(_)));
    let Event::ButtonPress(press) = press else { unreachable!("waited for a press") };
    assert_eq!((press.event_x, press.event_y, press.detail), (321, 234, 1));

    let file = stage.office.path().join("typed.txt");
    let text = "Héllo, wörld! ñ €5 Zażółć 你好";
    let mut terminal = harness::terminal::terminal(stage.screen.display(), &file);
    painter.stack(false);
    terminal.take_focus(stage.screen.display());
    session.viewer.must(json!({"do": "type", "text": text}));
    session.viewer.must(json!({"do": "key", "chord": "Return"}));
    until("the typed line is in the file", || std::fs::read_to_string(&file).ok().filter(|line| line == &format!("{text}\n")));
}

#[test]
fn the_picture_keeps_up_while_the_technician_watches_and_snapshots_are_whole() {
    let stage = Stage::set();
    let painter = stage.painter();
    let mut session = stage.session("y");
    session.viewer.wait("view");
    let file = stage.office.path().join("moving.png");
    for frame in 0..30 {
        painter.photo(100, 100, 320, 240, frame);
        if frame % 10 == 0 {
            session.viewer.must(json!({"do": "snapshot", "file": file.display().to_string()}));
            assert_eq!(read_png(&file).1.len(), 1024 * 768);
        }
    }
    settles_exactly(&stage, &mut session.viewer, "at the end");
    let _: &Painter = &painter;
}
