//! The file of past runs, one JSON line each, kept in the repository.
//!
//! In scope: what a line says about where and when it was measured, appending, reading. Not in scope: the figures; plots.

use anyhow::Context;
use serde_json::{Map, Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

/// The file of past runs.
pub(crate) fn file() -> PathBuf {
    folder().join("history.jsonl")
}

/// Where it and the plots of it are kept.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bench")
}

/// When, of which state of the code, and on what machine. `dirty` when something other than the history and its plots differs from
/// the commit; `commit` is null outside of a checkout.
pub(crate) fn stamp() -> Value {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let dirty = git(&["status", "--porcelain", "--", ":/", ":!/tests/bench/history.jsonl", ":!/tests/bench/*.svg"]);
    json!({
        "date": now, "commit": git(&["rev-parse", "--short=10", "HEAD"]), "dirty": dirty.is_none_or(|changes| !changes.is_empty()),
        "version": env!("CARGO_PKG_VERSION"),
        "machine": {"cpu": cpu(), "cores": std::thread::available_parallelism().map_or(1, usize::from)},
    })
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// The same with every number cut to four digits that say something: more is noise, and makes the file long.
pub(crate) fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or(0.0);
            // By its text: the shortest decimal form, free of binary crumbs.
            format!("{number:.3e}").parse::<f64>().unwrap_or(number).into()
        }
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, rounded(value))).collect::<Map<_, _>>().into(),
        other => other,
    }
}

/// Adds a run to the end of the file.
///
/// # Errors
/// When the file can't be written.
pub(crate) fn append(file: &Path, run: &Value) -> anyhow::Result<()> {
    let mut to = std::fs::OpenOptions::new().create(true).append(true).open(file).with_context(|| file.display().to_string())?;
    // One write, so that a run that is interrupted leaves no half line.
    to.write_all(format!("{run}\n").as_bytes()).with_context(|| file.display().to_string())
}

/// All runs, oldest first; none when there is no file yet.
///
/// # Errors
/// When a line is not JSON: its number is said.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<Value>> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        other => other.with_context(|| file.display().to_string())?,
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| serde_json::from_str(line).with_context(|| format!("{}, line {}", file.display(), at + 1))).collect()
}

/// The runs that hold this part and were made on the machine of the newest of them: only those can be compared.
pub(crate) fn comparable<'a>(runs: &'a [Value], part: &str) -> Vec<&'a Value> {
    let with: Vec<&Value> = runs.iter().filter(|run| !run[part].is_null()).collect();
    let Some(newest) = with.last().copied() else { return Vec::new() };
    with.into_iter().filter(|run| run["machine"] == newest["machine"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        assert!(read(&file).unwrap().is_empty());
        for number in 1..=3 {
            append(&file, &json!({"run": number})).unwrap();
        }
        let runs = read(&file).unwrap();
        assert_eq!(runs, [json!({"run": 1}), json!({"run": 2}), json!({"run": 3})]);
    }

    #[test]
    fn a_broken_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("history.jsonl");
        std::fs::write(&file, "{\"run\":1}\n{\"run\":\n").unwrap();
        let error = read(&file).unwrap_err();
        assert!(error.to_string().ends_with("line 2"), "{error}");
    }

    #[test]
    fn a_line_says_where_and_when() {
        let stamp = stamp();
        assert!(stamp["date"].as_str().is_some_and(|date| date.len() == 20 && date.ends_with('Z')), "{stamp}");
        assert!(stamp["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0), "{stamp}");
        assert!(!stamp["machine"]["cpu"].as_str().unwrap_or_default().is_empty() && stamp["dirty"].is_boolean(), "{stamp}");
    }

    #[test]
    fn numbers_are_cut_to_four_digits_and_counts_stay() {
        let long = json!({"ms": [0.012_345_678, 1234.5678], "n": 123_456, "none": null, "text": "1.23456"});
        assert_eq!(rounded(long).to_string(), r#"{"ms":[0.01235,1235.0],"n":123456,"none":null,"text":"1.23456"}"#);
    }

    #[test]
    fn another_machine_is_not_compared_with() {
        let run = |machine: &str, part: &str| json!({"machine": machine, part: 1});
        let runs = [run("a", "workloads"), run("b", "workloads"), run("a", "area"), run("a", "workloads")];
        assert_eq!(comparable(&runs, "workloads"), [&runs[0], &runs[3]]);
        assert!(comparable(&runs, "peers").is_empty());
    }
}
