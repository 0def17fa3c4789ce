//! kill -9 of host, relay or viewer at any point of a busy session: nothing that was acknowledged is lost, the verdict on what is stored is
//! true, and the organisation's log says what became of the session.
//!
//! Nine seeds run with the suite, three of each program; `DESKHAND_KILLS=200` spreads so many over the three, two stages side by side for
//! each. `DESKHAND_KILLS_FROM` is the first seed. `--nocapture` shows each point and verdict.

use deskhand_audit::{
    bundle::{Found, LineReader, NoteReader},
    note::Note,
};
use harness::{Host, Painter, Stage, Viewer, painter::Seeded};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Host,
    Relay,
    Viewer,
}

/// When it is killed. Nobody is killed before the relay has acknowledged something, because before that there is nothing to lose.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// The relay has acknowledged so many events.
    Acknowledged(u64),
    /// The technician has waited for so many updates.
    Seen(u64),
    /// So many milliseconds after the first acknowledgement.
    Millis(u64),
}

impl Point {
    fn draw(random: &mut Seeded) -> Self {
        match random.below(3) {
            0 => Self::Acknowledged(1 + u64::from(random.below(50))),
            1 => Self::Seen(1 + u64::from(random.below(40))),
            _ => Self::Millis(u64::from(random.below(4_000))),
        }
    }
}

/// However little happens: then the point is now.
const LONGEST: Duration = Duration::from_secs(15);
/// How long a step waits for something to be said.
const STEP: Duration = Duration::from_millis(3);
/// Commands that wait for their answer at a time.
const AHEAD: usize = 3;

/// A session in which everybody does something all the time, and any of them may be gone.
struct Busy<'a> {
    stage: &'a Stage,
    painter: Painter,
    random: Seeded,
    host: Host,
    viewer: Option<Viewer>,
    granted: bool,
    controls: bool,
    waiting: usize,
    seen: u64,
    first_acknowledged: Option<Instant>,
}

impl<'a> Busy<'a> {
    fn begin(stage: &'a Stage, random: Seeded) -> Self {
        let host = Host::start_with(&stage.office, stage.screen.display(), &["--log", "warn,deskhand_host::stored=debug"]);
        Self {
            stage,
            painter: stage.painter(),
            random,
            host,
            viewer: None,
            granted: false,
            controls: false,
            waiting: 0,
            seen: 0,
            first_acknowledged: None,
        }
    }

    fn is_at(&mut self, point: Point) -> bool {
        let (leaves, _) = acknowledged(&self.host);
        if leaves == 0 {
            return false;
        }
        let since = self.first_acknowledged.get_or_insert_with(Instant::now).elapsed();
        since > LONGEST
            || match point {
                Point::Acknowledged(count) => leaves >= count,
                Point::Seen(count) => self.seen >= count,
                Point::Millis(ms) => since >= Duration::from_millis(ms),
            }
    }

    fn step(&mut self) {
        while let Some(said) = self.host.program.ready() {
            self.host_said(&said);
        }
        let mut patience = STEP;
        while let Some(said) = self.viewer.as_mut().and_then(|viewer| viewer.program.maybe_within(patience)) {
            patience = Duration::ZERO;
            self.viewer_said(&said);
        }
        if self.viewer.is_none() {
            if let Some(said) = self.host.program.maybe_within(STEP) {
                self.host_said(&said);
            }
            return;
        }
        if self.granted {
            self.paint();
            if self.waiting < AHEAD {
                self.command();
            }
        }
    }

    fn host_said(&mut self, said: &Value) {
        match said["event"].as_str() {
            Some("code") if self.viewer.is_none() => {
                let code = said["code"].as_str().expect("a code is text");
                self.viewer = Some(Viewer::start(&self.stage.office, code));
            }
            Some("consent") => {
                let answer = match (self.granted, self.random.below(4)) {
                    (false, _) => "view",
                    (true, 0) => "n",
                    (true, _) => "control",
                };
                self.host.program.try_say(answer);
            }
            _ => {}
        }
    }

    fn viewer_said(&mut self, said: &Value) {
        match said["event"].as_str() {
            Some("granted") => {
                self.granted = true;
                self.controls = said["scopes"].to_string().contains("control");
            }
            Some("revoked") => self.controls = false,
            Some(_) => {}
            None => {
                self.waiting = self.waiting.saturating_sub(1);
                self.seen += u64::from(said["update"].is_u64());
            }
        }
    }

    /// A film, and now and then a new page.
    fn paint(&mut self) {
        let seed = self.random.draw();
        match self.random.below(24) {
            0 => self.painter.text_page(seed),
            1 => self.painter.scroll_up(0, 0, 640, 400, 20, seed),
            _ => self.painter.photo(200, 120, 240, 160, seed),
        }
    }

    fn command(&mut self) {
        let (x, y) = (self.random.below(640), self.random.below(480));
        let command = match self.random.below(9) {
            0 => json!({"do": "type", "text": "the quick brown fox"}),
            1 => json!({"do": "pointer", "x": x, "y": y, "click": "left"}),
            2 => json!({"do": "wheel", "x": 0, "y": -3}),
            3 => json!({"do": "drag", "from": [x, y], "to": [y, x / 2]}),
            4 if self.controls => json!({"do": "release"}),
            4 | 5 if !self.controls => json!({"do": "request", "scope": "control", "minutes": 5, "reason": "the printer is broken"}),
            _ => json!({"do": "stats"}),
        };
        if let Some(viewer) = &mut self.viewer
            && viewer.program.try_say(&command.to_string())
        {
            self.waiting += 1;
        }
    }
}

/// What the host knows to be on the relay's disk: leaves, and the size of a checkpoint.
fn acknowledged(host: &Host) -> (u64, u64) {
    let log = host.program.log();
    let number = |line: &str, name: &str| line.split(name).nth(1)?.split_whitespace().next()?.parse().ok();
    let said = |line: &str| Some((number(line, "leaves=")?, number(line, "checkpoint=")?));
    log.lines().filter(|line| line.contains("deskhand_host::stored")).filter_map(said).next_back().unwrap_or_default()
}

/// What is stored: whole events, the size of the newest whole checkpoint, and whether the last event is the end.
fn stored(folder: &Path) -> (u64, u64, bool) {
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
    let (events, notes) = (bytes("events.jsonl"), bytes("checkpoints.txt"));
    let (mut leaves, mut ended, mut line) = (0, false, Vec::new());
    let mut reader = LineReader::new(&events[..]);
    while reader.next(&mut line).expect("memory") == Found::Whole {
        leaves += 1;
        ended = String::from_utf8_lossy(&line).contains(r#""kind":"session.ended""#);
    }
    let (mut size, mut note) = (0, Vec::new());
    let mut reader = NoteReader::new(&notes[..]);
    while reader.next(&mut note).expect("memory") == Found::Whole {
        let note = Note::from_bytes(&note).expect("a note");
        size = note.text.lines().nth(1).and_then(|line| line.parse().ok()).expect("a size");
    }
    (leaves, size, ended)
}

/// The verdict is one of those that are true of an honest session that was cut off, with the number that the signed heads say.
fn true_verdict(stage: &Stage, id: &str, acknowledged: (u64, u64), when: &str) -> String {
    let folder = stage.office.session_folder(id);
    let (leaves, size, _) = stored(&folder);
    assert!(
        leaves >= acknowledged.0 && size >= acknowledged.1,
        "{when}: {leaves} events and a head of {size} are stored, {acknowledged:?} were acknowledged"
    );
    let (code, verdict) = stage.office.verify(id);
    let (_, later, _) = stored(&folder);
    let word = verdict["verdict"].as_str().expect("a verdict").to_owned();
    let at = verdict["at"].as_u64();
    let is_true = match word.as_str() {
        "OK" => code == 0 && at.is_none(),
        "OK-UNILATERAL-FROM" => code == 0 && at.is_some_and(|at| at <= later),
        "OPEN" => code == 0 && at.is_some_and(|at| size <= at && at <= later),
        "TRUNCATED" => code == 5 && at.is_some_and(|at| size <= at && at <= later),
        _ => false,
    };
    assert!(is_true, "{when}: {verdict}, with {leaves} events and a head of {size}");
    word
}

/// The organisation's log names the session, sealed as it lies there.
fn sealed_as_stored(stage: &Stage, id: &str) {
    let (leaves, _, ended) = stored(&stage.office.session_folder(id));
    let log = stage.office.organisation_log();
    let entries = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("an entry is JSON"));
    let of = |kind: &str| entries.clone().rfind(|entry| entry["kind"] == kind && entry["data"]["sid"] == id);
    assert!(of("session.opened").is_some(), "{log}");
    let sealed = of("session.sealed").unwrap_or_else(|| panic!("session {id} is not sealed: {log}"));
    assert_eq!((&sealed["data"]["size"], &sealed["data"]["ended"]), (&json!(leaves), &json!(ended)), "{sealed}");
    let (code, said) = stage.office.organisation();
    assert_eq!(code, 0, "{said}");
}

fn sessions(stage: &Stage) -> BTreeSet<String> {
    let folders = std::fs::read_dir(stage.office.data().join("sessions")).into_iter().flatten().flatten();
    folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).collect()
}

/// One session and one kill; the verdict on what is left once everything is in order again.
fn kill(stage: &mut Stage, victim: Victim, seed: u64) -> String {
    let mut random = Seeded::new(seed);
    let point = Point::draw(&mut random);
    let (looks, ending) = (random.below(2) == 0, random.below(3) == 0);
    let last_steps = random.below(10);
    let before = sessions(stage);
    let mut busy = Busy::begin(stage, random);
    while !busy.is_at(point) {
        assert!(busy.host.program.is_running(), "the host ended by itself: {}", busy.host.program.log());
        busy.step();
    }
    let id = sessions(stage).difference(&before).next().cloned().expect("what was acknowledged has a folder");
    let when = format!("{victim:?}, seed {seed}, {point:?}{}, session {id}", if ending { " and the end" } else { "" });
    if looks {
        assert_eq!(true_verdict(stage, &id, acknowledged(&busy.host), &when), "OPEN", "{when}, while it runs");
    }
    if ending {
        // Into the middle of the end.
        busy.host.program.try_say("stop");
        (0..last_steps).for_each(|_| busy.step());
    }
    let Busy { mut host, mut viewer, .. } = busy;
    match victim {
        Victim::Host => host.program.kill(),
        Victim::Viewer => viewer.iter_mut().for_each(|viewer| viewer.program.kill()),
        Victim::Relay => {
            stage.office.relay().kill();
            true_verdict(stage, &id, acknowledged(&host), &when);
            stage.office.serve_with(&[]);
        }
    }
    if victim != Victim::Host {
        // Whether or not the host is back at the relay by then.
        host.program.try_say("stop");
        host.program.exit_code();
    }
    drop(viewer);
    stage.office.closed(&id);
    let word = true_verdict(stage, &id, acknowledged(&host), &when);
    assert!(victim != Victim::Viewer || word == "OK", "{when}: a log with nobody of its writers gone is {word}");
    sealed_as_stored(stage, &id);
    eprintln!("{when}: {word}");
    word
}

/// A share of the seeds, and how often each verdict was given.
fn kills(victim: Victim) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let wanted = number("DESKHAND_KILLS").unwrap_or(9);
    let first = number("DESKHAND_KILLS_FROM").unwrap_or(1);
    let seeds = (first..first + wanted).filter(|seed| seed % 3 == victim as u64);
    let (seeds, verdicts) = (Mutex::new(seeds), Mutex::new(BTreeMap::<String, u32>::new()));
    let lane = || {
        let mut stage = Stage::of_size(640, 480);
        while let Some(seed) = { seeds.lock().expect("the seeds").next() } {
            let word = kill(&mut stage, victim, seed);
            *verdicts.lock().expect("the verdicts").entry(word).or_default() += 1;
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..if wanted > 9 { 2 } else { 1 } {
            scope.spawn(lane);
        }
    });
    println!("{victim:?} killed: {:?}", verdicts.lock().expect("the verdicts"));
}

#[test]
fn a_host_that_is_killed_at_any_point_leaves_a_true_log() {
    kills(Victim::Host);
}

#[test]
fn a_relay_that_is_killed_at_any_point_loses_nothing_that_it_acknowledged() {
    kills(Victim::Relay);
}

#[test]
fn a_viewer_that_is_killed_at_any_point_leaves_a_whole_log() {
    kills(Victim::Viewer);
}
