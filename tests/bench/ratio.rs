//! The rig's runs as ratios to the best peer, beside what is wanted.
//!
//! In scope: reading a folder of `PEER.WORKLOAD.SEED.json`, medians as the rig's own report takes them, the table. Not in scope:
//! running the rig (`peers`).

use crate::{
    stats::median,
    table::{aligned, number},
};
use anyhow::Context;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// We, among the peers.
pub(crate) const US: &str = "deskhand";
/// What the workload alone costs the X server.
pub(crate) const BASE: &str = "none";
/// The rig's PSNR of identical pictures.
const IDENTICAL: f64 = 99.0;
/// Below this share of the drawn frames a peer does not keep up.
const ALL: f64 = 0.98;

/// By peer and workload.
type Runs = BTreeMap<(String, String), Vec<Value>>;

/// What is wanted of a figure.
#[derive(Clone, Copy)]
enum Wanted {
    /// At most this share of the best peer's.
    Ratio(f64),
    /// Every frame that was drawn.
    All,
    /// Identical pixels.
    Exact,
    /// More than this.
    Over(f64),
}

use Wanted::{All, Exact, Over, Ratio};

/// What is wanted of each figure on each workload.
const WANTED: [(&str, &[(&str, Wanted)]); 8] = [
    (
        "sharing CPU, ms/s",
        &[
            ("idle", Ratio(0.5)),
            ("typing", Ratio(0.6)),
            ("scroll", Ratio(0.2)),
            ("drag", Ratio(0.6)),
            ("video", Ratio(0.8)),
            ("full", Ratio(1.5)),
        ],
    ),
    (
        "latency p50, ms",
        &[("typing", Ratio(0.7)), ("scroll", Ratio(0.6)), ("drag", Ratio(0.7)), ("video", Ratio(0.8)), ("full", Ratio(0.8))],
    ),
    (
        "to the viewer, kB/s",
        &[("typing", Ratio(0.25)), ("scroll", Ratio(0.08)), ("drag", Ratio(0.4)), ("video", Ratio(0.4)), ("full", Ratio(1.0))],
    ),
    (
        "viewer CPU, ms/s",
        &[("typing", Ratio(1.0)), ("scroll", Ratio(0.6)), ("drag", Ratio(1.0)), ("video", Ratio(1.5)), ("full", Ratio(3.0))],
    ),
    ("glass to glass p50, ms", &[("idle+flip", Ratio(0.7))]),
    ("updates shown, share", &[("typing", All), ("scroll", All), ("drag", All), ("video", All), ("full", All)]),
    ("PSNR in motion, dB", &[("typing", Exact), ("scroll", Exact), ("drag", Over(42.0)), ("video", Over(40.0)), ("full", Over(40.0))]),
    ("PSNR after 1 s, dB", &[("idle", Exact), ("typing", Exact), ("scroll", Exact), ("drag", Exact), ("video", Exact), ("full", Exact)]),
];

/// Reads the rig's results. Those that failed are left out and named, and so are those beside which others used more CPU than
/// `most_foreign`, ms a second, for every peer alike.
///
/// # Errors
/// When the folder can't be read.
pub(crate) fn read(folder: &Path, most_foreign: f64) -> anyhow::Result<(Runs, Vec<String>)> {
    let (mut runs, mut left_out) = (Runs::new(), Vec::new());
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json")) else { continue };
        let [peer, workload, _seed] = name.split('.').collect::<Vec<_>>()[..] else { continue };
        let run: Value = std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        match (&run["error"], run["foreign_ms_per_s"].as_f64()) {
            (Value::Null, Some(foreign)) if foreign <= most_foreign => {
                runs.entry((peer.to_owned(), workload.to_owned())).or_default().push(run);
            }
            (Value::Null, Some(foreign)) => left_out.push(format!("{name}: others used {foreign:.0} ms/s")),
            (error, _) => left_out.push(format!("{name}: {}", error.as_str().unwrap_or("no result"))),
        }
    }
    left_out.sort();
    Ok((runs, left_out))
}

fn of<'a>(runs: &'a Runs, peer: &str, workload: &str) -> &'a [Value] {
    runs.get(&(peer.to_owned(), workload.to_owned())).map_or(&[], Vec::as_slice)
}

/// Windows of a program's CPU, ms a second.
fn windows(run: &Value, group: &str) -> Vec<f64> {
    run[group]["win"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// Median over all runs of a number that lies here.
fn median_at(runs: &[Value], pointer: &str) -> Option<f64> {
    median(runs.iter().filter_map(|run| run.pointer(pointer)?.as_f64()).filter(|value| *value >= 0.0).collect())
}

fn figure(runs: &Runs, figure: &str, peer: &str, workload: &str) -> Option<f64> {
    let own = of(runs, peer, workload);
    match figure {
        // With what the capture costs the X server: its CPU, less what the workload alone costs it.
        "sharing CPU, ms/s" => {
            let base = median(of(runs, BASE, workload).iter().flat_map(|run| windows(run, "cpu_xsrc")).collect())?;
            let both = own.iter().flat_map(|run| {
                windows(run, "cpu_server")
                    .into_iter()
                    .zip(windows(run, "cpu_xsrc"))
                    .map(|(server, x)| server + x - base)
                    .collect::<Vec<_>>()
            });
            median(both.collect())
        }
        "latency p50, ms" => median_at(own, "/frame_lat_ms/p50"),
        "glass to glass p50, ms" => median_at(own, "/flip_lat_ms/p50"),
        "to the viewer, kB/s" => {
            let bytes = own.iter().flat_map(|run| run["down_win"].as_array().into_iter().flatten().filter_map(Value::as_f64));
            median(bytes.map(|bytes| bytes / 1e3).collect())
        }
        "viewer CPU, ms/s" => median(own.iter().flat_map(|run| windows(run, "cpu_viewer")).collect()),
        "updates shown, share" => {
            let share = |run: &Value| Some(run["view_fps"].as_f64()? / run["src_fps"].as_f64().filter(|drawn| *drawn > 0.0)?);
            median(own.iter().filter_map(share).collect())
        }
        "PSNR in motion, dB" => median_at(own, "/motion/psnr"),
        "PSNR after 1 s, dB" => median_at(own, "/settled_1s/roi_psnr"),
        _ => None,
    }
}

/// Whether a peer's bytes can be compared: it shows all of 30 updates a second, or what it shows is exact.
fn delivers(runs: &Runs, peer: &str, workload: &str) -> bool {
    let thirty = matches!(workload, "scroll" | "drag" | "video");
    thirty && figure(runs, "updates shown, share", peer, workload).is_some_and(|share| share >= ALL)
        || figure(runs, "PSNR in motion, dB", peer, workload).is_some_and(|psnr| psnr >= IDENTICAL)
}

/// One row for each figure and workload that we have a value for.
pub(crate) fn rows(runs: &Runs) -> Vec<Value> {
    let peers: Vec<&str> = runs.keys().map(|(peer, _)| peer.as_str()).filter(|peer| ![US, BASE].contains(peer)).collect();
    let mut rows = Vec::new();
    for (name, wanted) in WANTED {
        for &(workload, wanted) in wanted {
            let Some(ours) = figure(runs, name, US, workload) else { continue };
            let row = json!({"figure": name, "workload": workload, "ours": ours});
            rows.push(match wanted {
                Ratio(most) => {
                    let counts = |peer: &&&str| name != "to the viewer, kB/s" || delivers(runs, peer, workload);
                    let theirs = peers.iter().filter(counts).filter_map(|peer| Some((*peer, figure(runs, name, peer, workload)?)));
                    let best = theirs.min_by(|a, b| a.1.total_cmp(&b.1));
                    let ratio = best.filter(|best| best.1 > 0.0).map(|best| ours / best.1);
                    let more = json!({
                        "best": best.map(|best| best.1), "peer": best.map(|best| best.0), "ratio": ratio,
                        "wanted": format!("<= {most}"), "met": ratio.map(|ratio| ratio <= most),
                    });
                    joined(row, more)
                }
                All => joined(row, json!({"wanted": "all", "met": ours >= ALL})),
                Exact => joined(row, json!({"wanted": "exact", "met": ours >= IDENTICAL})),
                Over(least) => joined(row, json!({"wanted": format!("> {least}"), "met": ours > least})),
            });
        }
    }
    for workload in ["idle", "typing", "scroll", "drag", "video", "full"] {
        let relay = median(of(runs, US, workload).iter().flat_map(|run| windows(run, "cpu_relay")).collect());
        rows.extend(relay.map(|ours| json!({"figure": "relay CPU, ms/s", "workload": workload, "ours": ours})));
    }
    rows
}

fn joined(mut row: Value, more: Value) -> Value {
    if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
        row.extend(more);
    }
    row
}

/// The rows as a table. `with_wanted`: what is wanted is for a line as wide as loopback, and says nothing on a narrow one.
pub(crate) fn table(rows: &[Value], with_wanted: bool) -> String {
    let mut head = vec!["figure", "workload", "ours", "best peer", "", "ratio"];
    if with_wanted {
        head.extend(["wanted", "met"]);
    }
    let mut lines = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let shown = |value: &Value| value.as_f64().map(number).unwrap_or_default();
    let mut before = "";
    for row in rows {
        let figure = row["figure"].as_str().unwrap_or_default();
        let first = if figure == before { String::new() } else { figure.to_owned() };
        before = figure;
        let missing = row.get("best").is_some_and(Value::is_null);
        let best = if missing { "none that delivers".to_owned() } else { shown(&row["best"]) };
        let mut line = vec![first, text(&row["workload"]), shown(&row["ours"]), best, text(&row["peer"]), shown(&row["ratio"])];
        if with_wanted {
            let met = row["met"].as_bool().map_or("", |met| if met { "yes" } else { "no" });
            line.extend([text(&row["wanted"]), met.to_owned()]);
        }
        lines.push(line);
    }
    aligned(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of the rig with these figures.
    fn run(server: f64, xsrc: f64, fps: f64, psnr: f64, down: f64) -> Value {
        json!({
            "foreign_ms_per_s": -20.0, "src_fps": 30.0, "view_fps": fps, "down_win": [down, down, down], "motion": {"psnr": psnr},
            "cpu_server": {"win": [server, server, server + 90.0]}, "cpu_xsrc": {"win": [xsrc, xsrc, xsrc]},
            "cpu_viewer": {"win": [5.0]}, "cpu_relay": {"win": [7.0]}, "frame_lat_ms": {"p50": 10.0}, "settled_1s": {"roi_psnr": 99.0},
        })
    }

    /// Us, two peers that show everything, a fast and tidy one that shows half of it, and the workload alone.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let runs = [
            ("deskhand.scroll.1", run(40.0, 50.0, 30.0, 99.0, 800e3)),
            ("none.scroll.1", json!({"foreign_ms_per_s": 0.0, "cpu_xsrc": {"win": [30.0, 30.0, 30.0]}})),
            ("thrifty.scroll.1", run(100.0, 50.0, 30.0, 45.0, 8000e3)),
            ("costly.scroll.1", run(300.0, 90.0, 30.0, 45.0, 9000e3)),
            ("half.scroll.1", run(500.0, 50.0, 15.0, 45.0, 100e3)),
            ("busy.scroll.1", joined(run(1.0, 30.0, 30.0, 99.0, 1.0), json!({"foreign_ms_per_s": 400.0}))),
            ("dead.scroll.1", json!({"error": "viewer did not start"})),
        ];
        for (name, run) in runs {
            std::fs::write(folder.path().join(format!("{name}.json")), run.to_string()).unwrap();
        }
        std::fs::write(folder.path().join("report.md"), "").unwrap();
        folder
    }

    fn row<'a>(rows: &'a [Value], figure: &str) -> &'a Value {
        rows.iter().find(|row| row["figure"] == figure).unwrap()
    }

    #[test]
    fn the_sharing_side_pays_for_what_it_costs_the_x_server() {
        let (runs, _) = read(folder().path(), 20.0).unwrap();
        let rows = rows(&runs);
        let cpu = row(&rows, "sharing CPU, ms/s");
        // Medians of the windows: 40 + 50 - 30 against 100 + 50 - 30.
        assert_eq!((&cpu["ours"], &cpu["best"], &cpu["peer"]), (&json!(60.0), &json!(120.0), &json!("thrifty")));
        assert_eq!((&cpu["ratio"], &cpu["met"]), (&json!(0.5), &json!(false)));
    }

    #[test]
    fn bytes_are_compared_with_those_who_deliver() {
        let (runs, _) = read(folder().path(), 20.0).unwrap();
        let rows = rows(&runs);
        let bytes = row(&rows, "to the viewer, kB/s");
        assert_eq!((&bytes["peer"], &bytes["ratio"]), (&json!("thrifty"), &json!(0.1)));
    }

    #[test]
    fn without_a_peer_that_delivers_there_is_no_ratio_and_no_verdict() {
        let (mut runs, _) = read(folder().path(), 20.0).unwrap();
        runs.retain(|(peer, _), _| peer != "thrifty" && peer != "costly");
        let rows = rows(&runs);
        let bytes = row(&rows, "to the viewer, kB/s");
        assert!(bytes["ratio"].is_null() && bytes["met"].is_null(), "{bytes}");
        assert!(table(&rows, true).contains("none that delivers"));
    }

    #[test]
    fn disturbed_and_failed_runs_are_named_and_not_counted() {
        let (runs, left_out) = read(folder().path(), 20.0).unwrap();
        assert_eq!(left_out, ["busy.scroll.1: others used 400 ms/s", "dead.scroll.1: viewer did not start"]);
        assert!(runs.keys().all(|(peer, _)| peer != "busy" && peer != "dead"));
    }

    #[test]
    fn the_table_fits_into_a_hundred_columns_and_says_what_is_wanted() {
        let (runs, _) = read(folder().path(), 20.0).unwrap();
        let rows = rows(&runs);
        let table = table(&rows, true);
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert!(table.lines().any(|line| line.contains("sharing CPU") && line.ends_with("<= 0.2   no")), "{table}");
        assert!(table.lines().any(|line| line.contains("PSNR in motion") && line.ends_with("exact  yes")), "{table}");
        assert!(!super::table(&rows, false).contains("wanted"));
    }
}
