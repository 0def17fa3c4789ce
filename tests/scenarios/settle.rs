//! A moving picture that comes to rest is exact soon: within a second on a fast line, within three at 8 Mbit/s.

use harness::{BadLine, Content, Numbered, Stage, Viewer, bad_line::Terms, until};
use serde_json::json;
use std::time::{Duration, Instant};

/// How long after a film of two seconds stopped the technician's picture is exact.
fn settles(name: &str, terms: Terms) -> Duration {
    let stage = Stage::of_size(1280, 800);
    let painter = stage.painter();
    painter.text_page(3);
    let line = BadLine::to(stage.office.address(), 1);
    let mut host = stage.host();
    let code = host.code();
    stage.office.package_with(&line.address());
    let mut viewer = Viewer::start(&stage.office, &code);
    viewer.paired();
    host.question();
    host.answer("view");
    viewer.granted();
    line.set_both(terms);
    viewer.wait("still");
    let numbered = Numbered::start(painter, Content::Film);
    until("two seconds of a film", || numbered.painted(60));
    let moving = viewer.must(json!({"do": "stats"}));
    let _painter = numbered.stop();
    let stopped = Instant::now();
    let file = stage.office.path().join("settled.png");
    let took = until("the picture is exact", || {
        let exact = viewer.must(json!({"do": "stats"}))["exact"] == true;
        // The time of the look: comparing takes its own.
        let at = stopped.elapsed();
        (exact && viewer.snapshot(&file).2 == stage.screen.picture().1).then_some(at)
    });
    let stats = viewer.must(json!({"do": "stats"}));
    let bytes = stats["bytes"].as_u64().unwrap_or(0) - moving["bytes"].as_u64().unwrap_or(0);
    eprintln!("{name}: exact {} ms after it stopped, {bytes} bytes; lossy while it moved: {}", took.as_millis(), moving["exact"] == false);
    took
}

#[test]
fn a_film_that_stops_is_exact_within_a_second_on_a_fast_line() {
    assert!(settles("fast line", Terms::default()) < Duration::from_secs(1));
}

#[test]
fn a_film_that_stops_is_exact_within_three_seconds_at_8_megabits() {
    assert!(settles("8 Mbit/s", Terms::of(8.0, 10)) < Duration::from_secs(3));
}
