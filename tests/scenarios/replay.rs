//! A reviewer sees what the technician saw: in the browser, and as a film.

use data_encoding::BASE64;
use harness::{
    Browser, Program, Stage,
    program::{binary, run},
    until,
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A recorded session, and what the technician saw of it when it was still, with the number of that update.
struct Recorded {
    id: String,
    seen: Vec<(u32, Vec<u32>)>,
}

fn recorded(stage: &Stage) -> Recorded {
    let painter = stage.painter();
    painter.text_page(1);
    let mut session = stage.session("view");
    session.viewer.wait("view");
    let file = stage.office.path().join("seen.png");
    let mut seen = Vec::new();
    for page in 2..5 {
        painter.text_page(page);
        painter.photo(300, 200, 200, 150, page);
        let settled = until("the technician's settled picture is the customer's screen", || {
            session.viewer.wait("still");
            let (answer, width, pixels) = session.viewer.snapshot(&file);
            (answer["exact"] == true && pixels == stage.screen.picture().1).then_some((width, pixels))
        });
        seen.push(settled);
    }
    session.viewer.must(json!({"do": "request", "scope": "control", "minutes": 5, "reason": "the printer is <b>broken</b>"}));
    session.host.question();
    session.host.answer("control");
    session.viewer.wait("control");
    session.viewer.must(json!({"do": "end"}));
    session.host.ended();
    stage.office.closed(&session.id);
    Recorded { id: session.id, seen }
}

/// A running `serve`, and the link it printed.
fn serve(stage: &Stage, key: &Path) -> (Program, String) {
    let mut command = Command::new(binary("deskhand-review"));
    command.arg("serve").arg("--store").arg(stage.office.data()).arg("--key").arg(key).arg("--json");
    let mut program = Program::start("review", command);
    let link = program.next_line()["link"].as_str().expect("a link").to_owned();
    (program, link)
}

/// The canvas, as the browser has it.
fn canvas(browser: &mut Browser) -> (u32, Vec<u32>) {
    let data = browser.value("document.querySelector('#picture').toDataURL('image/png')");
    let text = data.as_str().and_then(|text| text.strip_prefix("data:image/png;base64,")).expect("a PNG").to_owned();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), BASE64.decode(text.as_bytes()).expect("base64")).expect("written");
    harness::viewer::read_png(file.path())
}

const STILL: &str = "document.documentElement.dataset.ready && document.querySelector('#picture').dataset.seen";

#[test]
fn a_reviewer_watches_a_session_in_the_browser_and_sees_exactly_what_the_technician_saw() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let Recorded { id, seen } = recorded(&stage);
    let (_program, link) = serve(&stage, &maria);
    let mut browser = Browser::start();
    browser.open(&link);
    browser.wait("location.pathname === '/' && document.documentElement.dataset.ready");
    assert_eq!(browser.value("document.querySelectorAll('tbody tr').length"), json!(1));
    browser.keep("list-1280-light");
    for (width, dark) in [(1280, true), (800, false), (420, true), (420, false)] {
        browser.look(width, 800, dark);
        browser.keep(&format!("list-{width}-{}", if dark { "dark" } else { "light" }));
    }
    browser.look(1280, 800, false);
    browser.value("document.querySelector('tbody .name').append(', ' + 'Wolfeschlegelsteinhausenbergerdorff'.repeat(6))");
    browser.keep("list-long-name");

    // Filters hide, and / leads to the search.
    browser.key("/");
    assert_eq!(browser.value("document.activeElement.id"), json!("text"));
    browser.call("Input.insertText", json!({"text": "nobody of this name"}));
    browser.wait("document.querySelector('#sessions').hidden && !document.querySelector('#message').hidden");
    browser.keep("list-nothing-fits");
    browser.value("(() => { const t = document.querySelector('#text'); t.value = 'ana'; t.dispatchEvent(new Event('input')); })()");
    browser.wait("document.querySelectorAll('tbody tr').length === 1");
    browser.click("tbody a");
    browser.wait(&format!("location.pathname === '/session/{id}'"));
    browser.wait(STILL);
    assert_eq!(browser.text("#word"), "OK");
    assert_eq!(browser.text("#title"), "Ana Ruiz");

    // Every picture that the technician saw settled is there, at its moment.
    let pictures = pictures(&stage, &id, &maria);
    for (width, pixels) in seen {
        let ms = pictures.iter().find(|(_, picture)| *picture == (width, pixels.clone())).expect("a picture as the technician saw it").0;
        browser.value(&format!(
            "(() => {{ const s = document.querySelector('#seek'); s.value = {ms}; s.dispatchEvent(new Event('input')); }})()"
        ));
        browser.wait(&format!("document.querySelector('#picture').dataset.at === '{ms}'"));
        assert!(canvas(&mut browser) == (width, pixels), "the canvas differs at {ms} ms");
    }
    // A click on an event goes there; what strangers wrote is text, and what was sealed is open.
    browser.value("document.querySelector('.event[title^=\"control.requested\"]').id = 'asked'");
    browser.click("#asked");
    browser.wait("document.querySelector('#asked').getAttribute('aria-current') === 'true'");
    let said = browser.text("#asked q");
    assert!(said.contains("the printer is <b>broken</b>"), "{said}");
    browser.keep("session-1280-light");
    for (width, dark) in [(1280, true), (800, false), (420, true)] {
        browser.look(width, 900, dark);
        browser.keep(&format!("session-{width}-{}", if dark { "dark" } else { "light" }));
    }
    browser.look(1280, 800, false);

    // Keys: to the beginning, on, play to the end with idle time left out.
    browser.key("Home");
    browser.wait("document.querySelector('#seek').value === '0' && !document.querySelector('#state').hidden");
    browser.keep("session-before-the-first-picture");
    browser.key("ArrowDown");
    browser.wait("Number(document.querySelector('#seek').value) > 0");
    browser.value("(() => { const s = document.querySelector('#speed'); s.value = '16'; s.dispatchEvent(new Event('change')); })()");
    browser.key(" ");
    browser.wait("document.querySelector('#play').textContent === 'Pause'");
    browser.wait("document.querySelector('#seek').value === document.querySelector('#seek').max");
    browser.wait("document.querySelector('#play').textContent === 'Play'");
    browser.key("/");
    browser.call("Input.insertText", json!({"text": "broken"}));
    browser.wait("[...document.querySelectorAll('#events li')].filter((line) => !line.hidden).length === 2");
    browser.keep("session-search");
    // Nothing was asked of anybody else.
    let asked = browser.value("performance.getEntriesByType('resource').every((entry) => entry.name.startsWith(location.origin))");
    assert_eq!(asked, json!(true));
}

#[test]
fn without_the_link_a_browser_sees_nothing_and_the_link_works_once() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let (_program, link) = serve(&stage, &maria);
    let page = link.split("/login/").next().expect("an address").to_owned();
    let mut browser = Browser::start();
    browser.open(&page);
    browser.wait("document.body.innerText.includes('opens with the link')");
    browser.open(&link);
    browser.wait("location.pathname === '/' && document.documentElement.dataset.ready");
    assert!(browser.text("#message").contains("holds no sessions yet"));
    assert_eq!(browser.value("document.cookie"), json!(""), "scripts don't see the cookie");
    browser.keep("list-empty");
    let mut other = Browser::start();
    other.open(&link);
    other.wait("document.body.innerText.includes('was used')");
}

#[test]
fn an_erased_recording_and_a_changed_one_are_told_in_plain_words() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let Recorded { id, .. } = recorded(&stage);
    let folder = stage.office.data().join("sessions").join(&id);
    let media = folder.join("media/1.sfr");
    let mut bytes = std::fs::read(&media).expect("a recording");
    let half = bytes.len() / 2;
    bytes[half] ^= 1;
    std::fs::write(&media, bytes).expect("written");
    let (_program, link) = serve(&stage, &maria);
    let mut browser = Browser::start();
    browser.open(&link);
    browser.wait("location.pathname === '/' && document.documentElement.dataset.ready");
    let session = format!("{}/session/{id}", link.split("/login/").next().expect("an address"));
    browser.open(&session);
    browser.wait("document.documentElement.dataset.ready");
    assert!(browser.text("#word").starts_with("TAMPERED"), "{}", browser.text("#word"));
    browser.key("End");
    browser.key("ArrowUp");
    browser.wait("document.querySelector('#state').textContent.includes('was changed')");
    browser.keep("session-tampered");

    let half = stage.office.data().with_file_name("relay.shred").join(format!("{id}.half"));
    std::fs::remove_file(&half).expect("the half that the relay keeps");
    let (_again, link) = serve(&stage, &maria);
    let mut browser = Browser::start();
    browser.open(&link);
    browser.wait("location.pathname === '/' && document.documentElement.dataset.ready");
    browser.open(&format!("{}/session/{id}", link.split("/login/").next().expect("an address")));
    browser.wait("document.querySelector('#state').textContent.includes('erased')");
    browser.wait("document.querySelectorAll('.event').length > 10");
    browser.keep("session-erased");
}

fn probe(film: &Path, arguments: &[&str]) -> Value {
    let out =
        Command::new("ffprobe").args(["-v", "error", "-of", "json"]).args(arguments).arg(film).output().expect("ffprobe is installed");
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn replay(stage: &Stage, id: &str, key: &Path, out: &Path, further: &[&str]) -> (i32, String) {
    let (data, key, out) = (stage.office.data().display().to_string(), key.display().to_string(), out.display().to_string());
    let mut arguments = vec!["replay", id, "--store", &data, "--key", &key, "--out", &out];
    arguments.extend(further);
    let (code, said, err) = run("deskhand-review", arguments);
    (code, said + &err)
}

/// Every picture of the recording with its session time, from `replay --out FOLDER`.
fn pictures(stage: &Stage, id: &str, key: &Path) -> Vec<(u64, (u32, Vec<u32>))> {
    let folder = stage.office.path().join("pictures");
    let (code, said) = replay(stage, id, key, &folder, &[]);
    assert_eq!(code, 0, "{said}");
    let files = std::fs::read_dir(&folder).expect("a folder").flatten().map(|file| file.path());
    let named = |file: &Path| file.file_stem().and_then(|name| name.to_str()?.parse().ok()).expect("a time");
    files.map(|file| (named(&file), harness::viewer::read_png(&file))).collect()
}

#[test]
fn a_film_has_every_picture_and_a_chapter_for_each_event_and_plays_in_a_browser() {
    let stage = Stage::set();
    let maria = stage.office.new_reviewer("maria");
    let Recorded { id, seen } = recorded(&stage);
    let film: PathBuf = stage.office.path().join("session.mp4");
    let (code, said) = replay(&stage, &id, &maria, &film, &["--skip-idle"]);
    assert_eq!(code, 0, "{said}");
    let told = probe(&film, &["-show_chapters", "-show_streams", "-show_format", "-count_frames", "-select_streams", "v"]);
    let video = &told["streams"][0];
    assert_eq!((&video["codec_name"], &video["width"], &video["height"]), (&json!("h264"), &json!(1024), &json!(768)), "{video}");
    assert_eq!(video["nb_frames"], video["nb_read_frames"], "every picture can be decoded");
    let chapters = told["chapters"].as_array().expect("chapters");
    let asked = chapters.iter().filter(|chapter| chapter["tags"]["title"].as_str().is_some_and(|title| title.contains("asks for control")));
    assert_eq!(asked.count(), 1, "{chapters:?}");

    let pictures = pictures(&stage, &id, &maria);
    assert!(seen.iter().all(|one| pictures.iter().any(|(_, picture)| picture == one)), "a picture that the technician saw is not there");
    let (code, said) = replay(&stage, &id, &maria, &film, &[]);
    assert!(code == 1 && said.contains("exists already"), "{code}: {said}");

    let page = stage.office.path().join("film.html");
    std::fs::write(&page, "<video src='session.mp4' muted></video>").expect("written");
    let mut browser = Browser::start();
    browser.open(&format!("file://{}", page.display()));
    browser.wait("document.querySelector('video')?.readyState >= 2");
    browser.value("document.querySelector('video').currentTime = document.querySelector('video').duration / 2");
    browser.wait("!document.querySelector('video').seeking && document.querySelector('video').readyState >= 2");
    assert_eq!(
        browser.value("[document.querySelector('video').videoWidth, document.querySelector('video').videoHeight]"),
        json!([1024, 768])
    );
    assert_eq!(browser.value("document.querySelector('video').error"), Value::Null);
    browser.keep("film");
}
