//! The house as it is drawn: every arrow between crates is one that the table allows, and the map names every room.
//!
//! The relay is blind by construction, and pure crates stay pure, only as long as this holds.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What each crate may use. "May use" includes what the named crates themselves may use. `*` is every crate.
const ALLOWED: &[(&str, &[&str])] = &[
    ("screen", &[]),
    ("identity", &[]),
    ("wire", &["identity"]),
    ("audit", &["identity"]),
    ("seal", &["wire", "identity"]),
    ("session", &["wire", "identity", "seal", "audit", "recording"]),
    ("capture", &["screen"]),
    ("encode", &["screen"]),
    ("decode", &["screen"]),
    ("cage", &["decode"]),
    ("paint", &["screen"]),
    ("control", &["session"]),
    ("recording", &["audit", "seal"]),
    ("link", &["wire", "identity"]),
    ("host", &["capture", "encode", "control", "recording", "session", "link", "screen"]),
    ("viewer", &["decode", "cage", "paint", "session", "link", "screen"]),
    ("relay", &["wire", "identity", "audit", "link"]),
    ("player", &["recording", "cage", "screen"]),
    ("review", &["recording", "player", "cage", "link", "screen"]),
    ("xtask", &["*"]),
    ("tests", &["*"]),
];

/// Crates that the relay may never reach, by any way: it must not be able to read what it forwards.
const UNSEEN_BY_THE_RELAY: &[&str] = &["screen", "seal", "session", "recording", "encode", "decode", "capture", "control"];

/// Crates without I/O, clock, chance, threads or systems.
const PURE: &[&str] = &["screen", "wire", "identity", "audit", "seal", "recording", "session"];

fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the checkout")
}

/// Every crate of ours with its folder and what it uses of ours; what only its tests use is left out.
fn crates() -> BTreeMap<String, (PathBuf, BTreeSet<String>)> {
    let metadata =
        MetadataCommand::new().current_dir(checkout()).no_deps().other_options(["--offline".to_owned()]).exec().expect("cargo metadata");
    let ours = |name: &str| name.strip_prefix("deskhand-").map(str::to_owned);
    let mut found = BTreeMap::new();
    for package in &metadata.packages {
        let name = ours(package.name.as_str()).unwrap_or_else(|| panic!("{} is not called deskhand-*", package.name));
        let uses = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        let uses = uses.filter_map(|dependency| ours(&dependency.name)).collect();
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder").to_path_buf().into_std_path_buf();
        found.insert(name, (folder, uses));
    }
    found
}

fn closure(of: &str, edges: &dyn Fn(&str) -> BTreeSet<String>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![of.to_owned()];
    while let Some(next) = open.pop() {
        for name in edges(&next) {
            if reached.insert(name.clone()) {
                open.push(name);
            }
        }
    }
    reached
}

fn allowed(name: &str) -> BTreeSet<String> {
    let row = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name).unwrap_or_else(|| panic!("{name} is not in the table of layers"));
    row.1.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_arrow_between_crates_is_in_the_table() {
    let crates = crates();
    let mut wrong = Vec::new();
    for (name, (_, uses)) in &crates {
        let direct = allowed(name);
        if direct.contains("*") {
            continue;
        }
        let may = closure(name, &|name| allowed(name));
        wrong.extend(uses.iter().filter(|used| !may.contains(*used)).map(|used| format!("{name} -> {used}")));
        let reached = closure(name, &|name| crates.get(name).map(|(_, uses)| uses.clone()).unwrap_or_default());
        wrong.extend(reached.iter().filter(|used| !may.contains(*used)).map(|used| format!("{name} -> … -> {used}")));
    }
    assert!(wrong.is_empty(), "arrows that the table does not allow: {wrong:#?}");
    assert_eq!(crates.len(), ALLOWED.len(), "the table names crates that are not there");
}

#[test]
fn the_relay_reaches_nothing_that_could_read_a_session() {
    let crates = crates();
    let reached = closure("relay", &|name| crates[name].1.clone());
    let seen: Vec<_> = UNSEEN_BY_THE_RELAY.iter().filter(|name| reached.contains(**name)).collect();
    assert!(seen.is_empty(), "the relay reaches {seen:?}");
}

#[test]
fn customer_and_technician_never_depend_on_each_other() {
    let crates = crates();
    for (side, other) in [("customer", "technician"), ("technician", "customer")] {
        for (name, (folder, _)) in crates.iter().filter(|(_, (folder, _))| folder.parent().is_some_and(|parent| parent.ends_with(side))) {
            for used in closure(name, &|name| crates[name].1.clone()) {
                let there = crates[&used].0.parent().is_some_and(|parent| parent.ends_with(other));
                assert!(!there, "{name} in {} reaches {used} of the {other}", folder.display());
            }
        }
    }
}

#[test]
fn the_folder_of_a_crate_carries_its_name() {
    for (name, (folder, _)) in crates() {
        assert!(folder.ends_with(&name), "deskhand-{name} lies in {}", folder.display());
    }
}

#[test]
fn the_code_map_names_every_crate() {
    let map = std::fs::read_to_string(checkout().join("crates/README.md")).expect("crates/README.md is there");
    let missing: Vec<_> = crates().into_keys().filter(|name| !map.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "crates/README.md does not name {missing:?}");
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is text");
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn pure_crates_read_no_clock_and_touch_no_system() {
    let banned = [
        "SystemTime::now",
        "Instant::now",
        "std::fs",
        "TcpStream",
        "UdpSocket",
        "TcpListener",
        "std::process",
        "std::thread",
        "tokio",
        "thread_rng",
        "getrandom",
        "OsRng",
        "target_os",
        "async fn",
        "std::env::",
    ];
    let crates = crates();
    let mut wrong = Vec::new();
    for name in PURE {
        for (path, text) in sources(&crates[*name].0.join("src")) {
            for (number, line) in text.lines().enumerate().take_while(|(_, line)| !line.contains("mod tests")) {
                let code = line.split("//").next().unwrap_or_default();
                wrong.extend(
                    banned.iter().filter(|word| code.contains(**word)).map(|word| format!("{}:{}: {word}", path.display(), number + 1)),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "in crates that are to be pure: {wrong:#?}");
}

#[test]
fn every_source_file_says_what_it_is_for_and_has_one_subject() {
    let mut wrong = Vec::new();
    for folder in ["crates", "relay", "tests"] {
        for (path, text) in sources(&checkout().join(folder)) {
            if !text.starts_with("//!") {
                wrong.push(format!("{} has no //! head", path.display()));
            }
            if text.lines().count() > 600 {
                wrong.push(format!("{} has over 600 lines", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn unsafe_code_lives_only_where_one_outside_concern_is_handled() {
    let may = ["capture", "encode", "decode", "cage", "paint", "control", "recording", "link"];
    for (name, (folder, _)) in crates() {
        let root = ["src/lib.rs", "src/main.rs", "harness/lib.rs"]
            .iter()
            .map(|file| folder.join(file))
            .find(|path| path.exists())
            .expect("a root file");
        let text = std::fs::read_to_string(&root).expect("a source file is text");
        assert!(may.contains(&name.as_str()) || text.contains("#![forbid(unsafe_code)]"), "{} does not forbid unsafe code", root.display());
    }
}
