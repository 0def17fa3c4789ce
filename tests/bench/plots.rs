//! The two plots of the history: how the figures went from run to run, and cost against changed area.
//!
//! In scope: which figures, which runs. Not in scope: the form of a chart (`svg`).

use crate::{
    history,
    stats::Line,
    svg::{Axis, Panel, Series, Sheet},
    workload,
};
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Runs in the plot; older ones stay in the file.
const NEWEST: usize = 30;

/// Figures over time: title, part, key, and whether it is a `{p50, p95}`.
const FIGURES: [(&str, &str, &str, bool); 6] = [
    ("capture, ms, p50", "stages", "capture_ms", true),
    ("encode, ms, p50", "stages", "encode_ms", true),
    ("host CPU, ms per s", "session", "host_cpu_ms_per_s", false),
    ("viewer CPU, ms per s", "session", "viewer_cpu_ms_per_s", false),
    ("to the viewer, kB per s", "session", "kb_per_s", false),
    ("click to picture, ms, p50", "session", "click_ms", true),
];

/// Draws what these runs hold into this folder; the files that were written.
///
/// # Errors
/// When a file can't be written.
pub(crate) fn draw(runs: &[Value], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let plots =
        [("history.svg", runs_plot(&history::comparable(runs, "workloads"))), ("area.svg", area_plot(&history::comparable(runs, "area")))];
    for (name, picture) in plots {
        let Some(picture) = picture else { continue };
        let file = folder.join(name);
        std::fs::write(&file, picture).with_context(|| file.display().to_string())?;
        written.push(file);
    }
    Ok(written)
}

fn word(run: &Value, key: &str) -> String {
    run[key].as_str().unwrap_or("?").to_owned()
}

/// The commit, with a star when the tree was dirty.
fn commit(run: &Value) -> String {
    let short: String = word(run, "commit").chars().take(7).collect();
    if run["dirty"] == true { format!("{short}*") } else { short }
}

fn machine(run: &Value) -> String {
    let machine = &run["machine"];
    format!("{}, {} cores", machine["cpu"].as_str().unwrap_or("?"), machine["cores"].as_u64().unwrap_or(0))
}

fn runs_plot(runs: &[&Value]) -> Option<String> {
    let runs = &runs[runs.len().saturating_sub(NEWEST)..];
    let newest = runs.last()?;
    let mut sheet = Sheet::new(960.0, 830.0);
    sheet.text(16.0, 28.0, "t", "start", "Six workloads at 1920x1080, from run to run");
    sheet.text(
        16.0,
        48.0,
        "m",
        "start",
        &format!("{}. Each point is a run, a star a tree with changes that were not committed.", machine(newest)),
    );
    let series = |figure: Option<(&str, &str, bool)>| -> Vec<Series> {
        let of = |run: &Value, name: &str| {
            let (part, key, spread) = figure?;
            let value = &run["workloads"][name][part][key];
            if spread { value["p50"].as_f64() } else { value.as_f64() }
        };
        workload::NAMES
            .iter()
            .enumerate()
            .map(|(colour, name)| Series {
                name: (*name).to_owned(),
                colour,
                points: runs.iter().enumerate().filter_map(|(at, run)| Some((at as f64, of(run, name)?))).collect(),
                dots: true,
                joined: true,
                ..Series::default()
            })
            .collect()
    };
    sheet.legend(16.0, 76.0, &series(None));
    let names: Vec<String> = runs.iter().map(|run| commit(run)).collect();
    for (at, (title, part, key, spread)) in FIGURES.into_iter().enumerate() {
        let series = series(Some((part, key, spread)));
        let y = Axis::log(series.iter().flat_map(|one| one.points.iter().map(|point| point.1)));
        let panel = Panel { title: title.to_owned(), x: Axis::Names(names.clone()), x_title: "commit".to_owned(), y, series };
        sheet.panel(12.0 + 470.0 * (at % 2) as f64, 92.0 + 244.0 * (at / 2) as f64, 466.0, 240.0, &panel);
    }
    Some(sheet.finish())
}

fn area_plot(runs: &[&Value]) -> Option<String> {
    let run = runs.last()?;
    let area = &run["area"];
    let points = area["points"].as_array()?;
    let of = |key: &str, share: &str| -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| Some((point["pixels"].as_f64()?, point[key][share].as_f64()?))).collect()
    };
    let measured = |name: &str, colour: usize, key: &str| Series {
        name: name.to_owned(),
        colour,
        points: of(key, "p50"),
        whiskers: of(key, "p95").into_iter().map(|point| point.1).collect(),
        dots: true,
        ..Series::default()
    };
    let cost = measured("capture + encode, p50 to p95", 1, "cpu_us");
    let server = measured("X server, for the capture", 2, "x_us");
    let x = Axis::log(cost.points.iter().map(|point| point.0));
    let values = cost.points.iter().map(|point| point.1).chain(cost.whiskers.iter().copied());
    let y = Axis::log(values.chain(server.points.iter().map(|point| point.1)));
    let mut series = Vec::new();
    let mut said = String::new();
    if let Some(line) = fitted(area) {
        let Axis::Log { from, to } = x else { return None };
        let places: Vec<f64> = (0..=60).map(|step| from * (to / from).powf(f64::from(step) / 60.0)).collect();
        let curve = |name: &str, colour: usize, dashed: bool, value: &dyn Fn(f64) -> f64| Series {
            name: name.to_owned(),
            colour,
            points: places.iter().map(|&x| (x, value(x))).collect(),
            joined: true,
            dashed,
            ..Series::default()
        };
        series.push(curve("straight line", 1, false, &|x| line.at(x)));
        series.push(curve("the same through the origin", 0, true, &|x| line.slope * x));
        said = describe(&line);
    }
    series.extend([cost, server]);
    let mut sheet = Sheet::new(960.0, 600.0);
    sheet.text(
        16.0,
        28.0,
        "t",
        "start",
        "What an update costs against what changed: new text, every pixel of a rectangle, 16x16 to 3840x2160",
    );
    sheet.text(16.0, 48.0, "m", "start", &said.replace('\n', " "));
    sheet.text(16.0, 66.0, "m", "start", &format!("{}; {} at {}", machine(run), commit(run), word(run, "date")));
    sheet.legend(16.0, 92.0, &series);
    let panel = Panel { title: "CPU time of one update, microseconds".to_owned(), x, x_title: "changed pixels".to_owned(), y, series };
    sheet.panel(12.0, 104.0, 936.0, 488.0, &panel);
    Some(sheet.finish())
}

/// The line that a run kept.
pub(crate) fn fitted(area: &Value) -> Option<Line> {
    let of = |key: &str| area["line"][key].as_f64();
    let (slope, slope_noise) = (of("us_per_mpixel")? / 1e6, of("us_per_mpixel_noise")? / 1e6);
    Some(Line { at_zero: of("at_zero_us")?, at_zero_noise: of("at_zero_us_noise")?, slope, slope_noise })
}

/// Two lines of text about the line.
pub(crate) fn describe(line: &Line) -> String {
    let verdict = if line.through_origin() { "through the origin within noise" } else { "not through the origin within noise" };
    format!(
        "{:.1} ± {:.1} µs + {:.2} ± {:.2} ms per million pixels: {verdict}\n(noise: two standard errors); what an update costs whatever changed \
         is as much as {:.0} pixels cost",
        line.at_zero,
        line.at_zero_noise,
        line.slope * 1e3,
        line.slope_noise * 1e3,
        line.at_zero.max(0.0) / line.slope
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(commit: &str, encode: f64) -> Value {
        json!({
            "commit": commit, "dirty": commit.starts_with('d'), "machine": {"cpu": "Test & Co", "cores": 2},
            "workloads": {"scroll": {"stages": {"encode_ms": {"p50": encode, "p95": 9.0}}, "session": {"host_cpu_ms_per_s": 0.0}}},
        })
    }

    #[test]
    fn every_run_of_the_newest_machine_is_a_point() {
        let mut elsewhere = run("ffffff0", 99.0);
        elsewhere["machine"]["cores"] = json!(64);
        let folder = tempfile::tempdir().unwrap();
        let written = draw(&[run("aaaaaaaaaa", 1.0), elsewhere, run("dbbbbbbbbb", 2.0)], folder.path()).unwrap();
        assert_eq!(written, [folder.path().join("history.svg")]);
        let picture = std::fs::read_to_string(&written[0]).unwrap();
        // Six in the legend, two runs; a cost of nothing has no place on a logarithmic axis.
        assert_eq!(picture.matches("<circle").count(), 8);
        assert!(picture.contains("aaaaaaa<") && picture.contains("dbbbbbb*<") && !picture.contains("ffffff0"));
        assert!(picture.contains("Test &amp; Co"));
    }

    #[test]
    fn only_the_newest_runs_are_drawn() {
        let runs: Vec<Value> = (0..50).map(|at| run(&format!("c{at:09}"), 1.0)).collect();
        let picture = runs_plot(&runs.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(picture.matches("<circle").count(), 6 + NEWEST);
    }

    #[test]
    fn the_line_of_the_area_is_drawn_and_told() {
        let point = |pixels: f64| json!({"pixels": pixels, "cpu_us": {"p50": pixels / 100.0, "p95": pixels / 90.0}, "x_us": {"p50": 1.0, "p95": 2.0}});
        let line = json!({"at_zero_us": 2.0, "at_zero_us_noise": 3.0, "us_per_mpixel": 10000.0, "us_per_mpixel_noise": 100.0});
        let run = json!({"commit": "abc", "machine": {}, "area": {"points": [point(256.0), point(4096.0), point(65536.0)], "line": line}});
        let picture = area_plot(&[&run]).unwrap();
        assert!(picture.contains("2.0 ± 3.0 µs + 10.00 ± 0.10 ms per million pixels: through the origin within noise"), "{picture}");
        assert_eq!(picture.matches("<circle").count(), 2 * 3 + 2);
    }
}
