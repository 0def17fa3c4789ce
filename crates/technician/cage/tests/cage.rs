//! The cage as a whole: this test program is also the program in the cage.
//!
//! It has a `main` of its own: started with the hidden argument it is the cage, with `--probe NAME` it locks itself up and tries
//! what must not work, otherwise it runs the scenarios.
#![allow(clippy::unwrap_used)]

use std::{
    fs::File,
    os::unix::{fs::FileExt, process::ExitStatusExt},
    process::{Command, ExitCode, Stdio},
};

use deskhand_cage::{ARGUMENT, Cage, CageError, DecodeError, Touch, Way};
use deskhand_screen::{Op, Point, Rect, Region, Size, TileForm, Update};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 200;
const WHOLE: Rect = Rect::new(0, 0, WIDTH, HEIGHT);

fn main() -> ExitCode {
    if let Some(code) = deskhand_cage::run_if_asked() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name] = arguments.as_slice()
        && flag == "--probe"
    {
        return probe(name);
    }
    let scenarios: [(&str, fn()); 10] = [
        ("an_update_applied_in_the_cage_is_seen_outside", an_update_applied_in_the_cage_is_seen_outside),
        ("whoever_is_lent_the_memory_reads_the_picture_and_nothing_more", whoever_is_lent_the_memory_reads_the_picture_and_nothing_more),
        ("what_came_which_way_is_told_when_it_is_asked_for", what_came_which_way_is_told_when_it_is_asked_for),
        ("video_is_decoded_in_the_cage", video_is_decoded_in_the_cage),
        ("a_refused_update_is_an_error_and_the_cage_goes_on", a_refused_update_is_an_error_and_the_cage_goes_on),
        ("a_killed_cage_is_an_error_and_a_new_one_takes_a_key_update", a_killed_cage_is_an_error_and_a_new_one_takes_a_key_update),
        ("a_stopped_cage_is_ended_when_it_is_dropped", a_stopped_cage_is_ended_when_it_is_dropped),
        ("a_locked_up_process_can_compute_and_answer", a_locked_up_process_can_compute_and_answer),
        ("a_locked_up_process_reaches_nothing", a_locked_up_process_reaches_nothing),
        ("a_picture_of_another_size_takes_its_place", a_picture_of_another_size_takes_its_place),
    ];
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    for (name, scenario) in scenarios {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            scenario();
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

fn update(number: u64, base: u64, ops: Vec<Op>) -> Vec<u8> {
    Update { number, base, size: Size::new(WIDTH, HEIGHT).unwrap(), damaged_at: 0, ops }.to_bytes()
}

fn flat(rect: Rect, colour: [u8; 3]) -> Op {
    Op::Tiles { rects: vec![rect], form: TileForm::Palette, data: [&[0][..], &colour].concat() }
}

fn started() -> Cage {
    let mut cage = Cage::spawn().unwrap();
    cage.apply(&update(1, 0, vec![flat(WHOLE, [1, 2, 3])])).unwrap();
    cage
}

fn an_update_applied_in_the_cage_is_seen_outside() {
    let mut cage = Cage::spawn().unwrap();
    assert!(!cage.is_exact());
    cage.with_frame(|frame| assert_eq!(frame.pixels(), [0xFF00_0000]));
    let applied = cage.apply(&update(1, 0, vec![flat(WHOLE, [1, 2, 3])])).unwrap();
    assert!(applied.resized && applied.damage.bounds() == WHOLE && cage.is_exact());
    let spot = Rect::new(7, 9, 30, 20);
    let pixels: Vec<u8> = (0..30 * 20_u32).flat_map(|n| (n * 7919).to_le_bytes()).collect();
    let raw = Op::Tiles { rects: vec![spot], form: TileForm::Raw, data: zstd::bulk::compress(&pixels, 1).unwrap() };
    let applied = cage.apply(&update(2, 1, vec![raw])).unwrap();
    assert_eq!((applied.number, applied.damage.bounds(), applied.resized), (2, spot, false));
    cage.with_frame(|frame| {
        let drawn: Vec<u32> = frame.rows(spot).flatten().copied().collect();
        let meant: Vec<u32> = (0..30 * 20_u32).map(|n| (n * 7919) | 0xFF00_0000).collect();
        assert_eq!(drawn, meant);
        assert_eq!(frame.row(0)[0], 0xFF03_0201);
    });
    assert!(cage.is_exact() && cage.number() == 2);
}

fn whoever_is_lent_the_memory_reads_the_picture_and_nothing_more() {
    let mut cage = started();
    let lent = File::from(cage.memory().unwrap().try_clone_to_owned().unwrap());
    let first = |file: &File| {
        let mut pixel = [0; 4];
        file.read_exact_at(&mut pixel, 0).unwrap();
        pixel[..3].to_vec()
    };
    assert_eq!(first(&lent), [1, 2, 3]);
    cage.apply(&update(2, 1, vec![flat(WHOLE, [7, 8, 9])])).unwrap();
    assert_eq!(first(&lent), [7, 8, 9]);
    assert!(lent.write_all_at(&[0; 4], 0).is_err());
    cage.respawn().unwrap();
    cage.apply(&update(3, 0, vec![flat(WHOLE, [4, 5, 6])])).unwrap();
    assert_eq!(first(&lent), [7, 8, 9], "a new cage has memory of its own");
}

fn what_came_which_way_is_told_when_it_is_asked_for() {
    let mut cage = started();
    let (from, to, line) = (Point { x: 0, y: 10 }, Rect::new(0, 0, 90, 40), Rect::new(0, 40, 90, 10));
    let scroll = |number| update(number, number - 1, vec![Op::Copy { from, to }, flat(line, [1, 1, 1])]);
    let quiet = cage.apply(&scroll(2)).unwrap();
    assert_eq!(quiet.touches, []);
    cage.trace(true);
    let told = cage.apply(&scroll(3)).unwrap();
    let touch = |way, rect| Touch { way, region: Region::from_rect(rect) };
    assert_eq!(told.touches, [touch(Way::Copy, to), touch(Way::Palette, line)]);
    assert_eq!(told.damage, quiet.damage, "asking changes nothing else");
    cage.trace(false);
    assert_eq!(cage.apply(&scroll(4)).unwrap().touches, []);
}

fn video_is_decoded_in_the_cage() {
    let mut encoder = openh264::encoder::Encoder::new().unwrap();
    let mut cage = started();
    let rect = Rect::new(10, 10, 128, 96);
    for (number, shade) in (2..).zip([60, 100, 140]) {
        let planes = openh264::formats::YUVBuffer::from_vec([vec![shade; 128 * 96], vec![128; 128 * 48]].concat(), 128, 96);
        let data = encoder.encode(&planes).unwrap().to_vec();
        cage.apply(&update(number, number - 1, vec![Op::Video { rect, key: number == 2, data }])).unwrap();
        cage.with_frame(|frame| {
            let green = (frame.row(50)[60] >> 8) as u8;
            assert!(green.abs_diff(shade) < 12, "{green} is not about {shade}");
        });
    }
    assert!(!cage.is_exact());
}

fn a_refused_update_is_an_error_and_the_cage_goes_on() {
    let mut cage = started();
    let process = cage.process();
    assert_eq!(cage.apply(&update(9, 8, vec![])), Err(CageError::Decode(DecodeError::Gap { have: 1, base: 8 })));
    assert!(matches!(cage.apply(b"nonsense"), Err(CageError::Refused(_))));
    assert!(matches!(cage.apply(&[]), Err(CageError::Refused(_))));
    let damaged = Op::Video { rect: WHOLE, key: true, data: vec![0, 0, 0, 1, 0x65, 1, 2, 3] };
    assert!(matches!(cage.apply(&update(2, 1, vec![damaged])), Err(CageError::Refused(_))));
    assert!(!cage.is_exact());
    assert_eq!(cage.apply(&update(2, 1, vec![])), Err(CageError::Decode(DecodeError::NeedsKey)));
    cage.apply(&update(3, 0, vec![flat(WHOLE, [5, 5, 5])])).unwrap();
    assert!(cage.is_exact() && cage.process() == process);
}

fn a_killed_cage_is_an_error_and_a_new_one_takes_a_key_update() {
    let mut cage = started();
    let process = rustix::process::Pid::from_raw(cage.process().unwrap() as i32).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    let error = cage.apply(&update(2, 1, vec![])).unwrap_err();
    assert!(matches!(&error, CageError::Crashed(how) if how.contains("signal 9")), "{error}");
    assert!(error.needs_respawn() && !cage.is_exact() && cage.process().is_none());
    assert!(matches!(cage.apply(&update(3, 0, vec![])), Err(CageError::Crashed(_))));
    cage.respawn().unwrap();
    assert_eq!(cage.apply(&update(2, 1, vec![])), Err(CageError::Decode(DecodeError::NeedsKey)));
    cage.apply(&update(3, 0, vec![flat(WHOLE, [9, 9, 9])])).unwrap();
    assert!(cage.is_exact());
    cage.with_frame(|frame| assert!(frame.pixels().iter().all(|pixel| *pixel == 0xFF09_0909)));
}

fn a_stopped_cage_is_ended_when_it_is_dropped() {
    let cage = started();
    let process = rustix::process::Pid::from_raw(cage.process().unwrap() as i32).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::STOP).unwrap();
    drop(cage);
    assert!(rustix::process::test_kill_process(process).is_err(), "it still runs");
}

fn a_picture_of_another_size_takes_its_place() {
    let mut cage = started();
    for (number, width, height) in [(2, 1000, 700), (3, 3, 5)] {
        let size = Size::new(width, height).unwrap();
        let key = Update { number, base: 0, size, damaged_at: 0, ops: vec![] };
        assert!(cage.apply(&key.to_bytes()).unwrap().resized);
        cage.with_frame(|frame| {
            assert_eq!(frame.size(), size);
            assert!(frame.pixels().iter().all(|pixel| *pixel == 0xFF00_0000));
        });
        // Nothing covered it, so nothing is known of it.
        assert!(!cage.is_exact());
    }
}

/// Locked up, tries one thing; the exit code says that it was possible.
fn probe(name: &str) -> ExitCode {
    use rustix::{fs, net, process};
    deskhand_cage::lock_up().unwrap();
    let possible = match name {
        "nothing" => {
            let memory = vec![1_u8; 64 << 20];
            rustix::io::write(rustix::stdio::stdout(), b"here").is_ok() && memory.iter().all(|byte| *byte == 1)
        }
        "open" => fs::open("/etc/hostname", fs::OFlags::RDONLY, fs::Mode::empty()).is_ok(),
        "create" => fs::open("/tmp/deskhand-probe", fs::OFlags::CREATE | fs::OFlags::WRONLY, fs::Mode::RUSR).is_ok(),
        "socket" => net::socket(net::AddressFamily::INET, net::SocketType::STREAM, None).is_ok(),
        "unix-socket" => net::socket(net::AddressFamily::UNIX, net::SocketType::STREAM, None).is_ok(),
        "exec" => Command::new("/bin/true").status().is_ok(),
        "thread" => std::thread::Builder::new().spawn(|| {}).is_ok(),
        "kill-parent" => process::getppid().is_some_and(|parent| process::kill_process(parent, process::Signal::TERM).is_ok()),
        "write-elsewhere" => rustix::io::write(rustix::stdio::stderr(), b"x").is_ok(),
        "executable-memory" => {
            use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
            let access = ProtFlags::READ | ProtFlags::WRITE | ProtFlags::EXEC;
            // SAFETY: a new mapping at an address of the kernel's choice; it is never used.
            unsafe { mmap_anonymous(std::ptr::null_mut(), 4096, access, MapFlags::PRIVATE).is_ok() }
        }
        "much-memory" => Vec::<u8>::new().try_reserve_exact(2 << 30).is_ok(),
        _ => unreachable!("no such probe"),
    };
    if possible { ExitCode::from(42) } else { ExitCode::from(43) }
}

fn run_probe(name: &str) -> std::process::ExitStatus {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--probe", name]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().unwrap()
}

fn a_locked_up_process_can_compute_and_answer() {
    assert_eq!(run_probe("nothing").code(), Some(42));
}

fn a_locked_up_process_reaches_nothing() {
    for name in ["open", "create", "socket", "unix-socket", "exec", "thread", "kill-parent", "write-elsewhere", "executable-memory"] {
        let status = run_probe(name);
        assert_eq!(status.signal(), Some(31), "{name}: {status}");
    }
    // Too much memory is not a crime, it is just not given.
    assert_eq!(run_probe("much-memory").code(), Some(43));
    assert_eq!(ARGUMENT, "--decode-caged");
}
