//! The relay is blind: nothing of the screen, of what is typed, or of the code is in its memory, its store, or on the line; and the
//! same search finds it at the technician's.

use harness::{BadLine, Host, Office, Painter, Stage, Viewer, XServer};
use serde_json::json;
use std::path::Path;

/// The memory of a process, region by region, each handed to `look`.
fn memory(pid: u32, mut look: impl FnMut(&[u8])) {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("a running process has a map");
    let file = std::fs::File::open(format!("/proc/{pid}/mem")).expect("its memory can be read");
    for line in maps.lines() {
        let mut fields = line.split(' ');
        let (Some(range), Some(access)) = (fields.next(), fields.next()) else { continue };
        let Some((start, end)) = range.split_once('-') else { continue };
        let (Ok(start), Ok(end)) = (u64::from_str_radix(start, 16), u64::from_str_radix(end, 16)) else { continue };
        if !access.starts_with('r') || end - start > 1 << 30 {
            continue;
        }
        let mut bytes = vec![0; (end - start) as usize];
        if file.read_exact_at(&mut bytes, start).is_ok() {
            look(&bytes);
        }
    }
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = 0;
    while let Some(at) = hay[from..].iter().position(|byte| byte == first) {
        let start = from + at + 1;
        if hay[start..].starts_with(rest) {
            return true;
        }
        from = start;
    }
    false
}

fn in_memory(pid: u32, needle: &[u8]) -> bool {
    let mut found = false;
    memory(pid, |bytes| found = found || contains(bytes, needle));
    found
}

fn in_files(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { in_files(&path, needle) } else { std::fs::read(&path).is_ok_and(|bytes| contains(&bytes, needle)) }
    })
}

#[test]
fn nothing_of_the_session_is_readable_at_the_relay_or_on_the_line() {
    let mut office = Office::open();
    let line = BadLine::to(office.address(), 1);
    line.listen();
    office.package_with(&line.address());

    let screen = XServer::start(800, 600);
    let painter = Painter::on(&screen);
    // A row of pixels that no other picture has.
    let row: Vec<u32> = (0..64u32).map(|x| (x.wrapping_mul(2_654_435_761) >> 8) & 0xFF_FFFF).collect();
    painter.pixels(100, 300, 64, &row);

    let mut host = Host::start(&office, screen.display());
    let code = host.code();
    let mut viewer = Viewer::start(&office, &code);
    viewer.paired();
    host.question();
    host.answer("view control");
    viewer.granted();
    viewer.wait("control");
    viewer.wait("still");
    let typed = "correct horse battery staple";
    viewer.must(json!({"do": "type", "text": typed}));
    viewer.must(json!({"do": "snapshot", "file": office.path().join("seen.png").display().to_string()}));

    let pixels: Vec<u8> = row.iter().flat_map(|pixel| (pixel | 0xFF00_0000).to_le_bytes()).collect();
    let as_sent: Vec<u8> = row.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    let words: Vec<&str> = code.split('-').skip(1).collect();
    let words_together = words.join("-");
    let secrets: [(&str, &[u8]); 4] = [
        ("a row of the screen", &pixels),
        ("a row of the screen, as X has it", &as_sent),
        ("what was typed", typed.as_bytes()),
        ("the words of the code", words_together.as_bytes()),
    ];
    let relay = office.relay().pid();
    let seen = line.seen();
    assert!(seen.len() > 2_000, "the line carried the session");
    for (what, needle) in secrets {
        assert!(!in_memory(relay, needle), "{what} is in the relay's memory");
        assert!(!in_files(&office.data(), needle), "{what} is in the relay's store");
        assert!(!contains(&seen, needle), "{what} is on the line");
    }
    assert!(in_memory(viewer.program.pid(), &pixels), "the search finds the row where it is to be");
    assert!(in_memory(host.program.pid(), &pixels), "the search finds the row where it comes from");
}

#[test]
fn the_organisation_key_is_not_needed_to_serve() {
    let mut stage = Stage::set();
    stage.office.relay().kill();
    std::fs::remove_file(stage.office.data().join("org.key")).expect("the organisation's key was there");
    stage.office.serve_with(&[]);
    let mut session = stage.session("y");
    session.viewer.wait("view");
}
