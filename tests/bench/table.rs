//! Tables for a terminal of 100 columns.
//!
//! In scope: aligned text, numbers with three digits, the table of a run. Not in scope: measuring.

use crate::plots;
use serde_json::Value;

/// Three digits that say something, no exponent: `0.312`, `12.3`, `1234`.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.9995 => format!("{value:.2}"),
        size if size > 0.0 => format!("{value:.3}"),
        _ => "0".to_owned(),
    }
}

/// Columns as wide as their longest cell: the first to the left, the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(wide).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            line.push_str(&if column == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A figure of a workload: its title, and the key of a number or of a `{p50, p95}`.
const ROWS: [(&str, [&str; 2]); 18] = [
    ("updates, 1/s", ["stages", "updates_per_s"]),
    ("capture, ms", ["stages", "capture_ms"]),
    ("encode, ms", ["stages", "encode_ms"]),
    ("decode, ms", ["stages", "decode_ms"]),
    ("update, kB", ["stages", "update_kb"]),
    ("host CPU, ms/s", ["session", "host_cpu_ms_per_s"]),
    ("  for the log", ["session", "log_cpu_ms_per_s"]),
    ("viewer CPU, ms/s", ["session", "viewer_cpu_ms_per_s"]),
    ("relay CPU, ms/s", ["session", "relay_cpu_ms_per_s"]),
    ("these three, ms/s", ["session", "all_cpu_ms_per_s"]),
    ("  without control", ["session", "viewed_cpu_ms_per_s"]),
    ("X server CPU, ms/s", ["session", "x_cpu_ms_per_s"]),
    ("to the viewer, kB/s", ["session", "kb_per_s"]),
    ("first byte-shown, ms", ["session", "shown_ms"]),
    ("click-picture, ms", ["session", "click_ms"]),
    ("host memory, MB", ["session", "host_mb"]),
    ("viewer memory, MB", ["session", "viewer_mb"]),
    ("code shown after, ms", ["session", "code_ms"]),
];

/// The workloads of a report side by side, in their order; a cell with a stroke is p50/p95.
pub(crate) fn workloads(report: &Value, names: &[&str]) -> String {
    let names: Vec<&str> = names.iter().copied().filter(|name| !report[*name].is_null()).collect();
    let mut rows = vec![std::iter::once("p50/p95").chain(names.iter().copied()).map(str::to_owned).collect::<Vec<_>>()];
    for (title, [part, figure]) in ROWS {
        let cells: Vec<String> = names.iter().map(|name| cell(&report[*name][part][figure])).collect();
        if cells.iter().any(|cell| cell != "-") {
            rows.push(std::iter::once(title.to_owned()).chain(cells).collect());
        }
    }
    aligned(&rows)
}

/// The points of the cost against the area, p50/p95, and the line through them.
pub(crate) fn area(area: &Value) -> String {
    let mut rows =
        vec![["changed", "pixels", "CPU, µs", "ns/pixel", "X server, µs", "ready, µs", "kB", "videos"].map(str::to_owned).to_vec()];
    for point in area["points"].as_array().into_iter().flatten() {
        let per_pixel = point["cpu_us"]["p50"].as_f64().zip(point["pixels"].as_f64()).map(|(cost, pixels)| number(cost * 1e3 / pixels));
        rows.push(vec![
            format!("{}x{}", point["width"], point["height"]),
            point["pixels"].to_string(),
            cell(&point["cpu_us"]),
            per_pixel.unwrap_or_default(),
            cell(&point["x_us"]),
            cell(&point["wall_us"]),
            cell(&point["update_kb"]["p50"]),
            point["videos"].to_string(),
        ]);
    }
    let said = plots::fitted(area).map(|line| plots::describe(&line)).unwrap_or_else(|| "no straight line could be drawn".to_owned());
    format!("{}{said}\n", aligned(&rows))
}

fn cell(value: &Value) -> String {
    let shown = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), number);
    match value["p50"].as_f64() {
        Some(p50) => format!("{}/{}", number(p50), shown(&value["p95"])),
        None => shown(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.0, 0.0123, 0.99949, 0.9996, 9.994, 9.996, 99.94, 99.96, 12345.6, -2.5].map(number);
        assert_eq!(shown, ["0", "0.012", "0.999", "1.00", "9.99", "10.0", "99.9", "100", "12346", "-2.50"]);
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "100".to_owned()]];
        assert_eq!(aligned(&rows), "a       1\nlong  100\n");
    }

    #[test]
    fn six_workloads_with_large_figures_fit_into_a_hundred_columns() {
        let spread = json!({"n": 300, "p50": 123.4, "p95": 1234.5});
        let one = json!({
            "stages": {"updates_per_s": 30.0, "capture_ms": spread, "encode_ms": spread, "decode_ms": spread, "update_kb": spread},
            "session": {"host_cpu_ms_per_s": 1234.5, "shown_ms": spread, "click_ms": spread, "code_ms": 1234.5},
        });
        let names = ["idle", "typing", "scroll", "drag", "video", "full"];
        let report: Value = names.iter().map(|name| ((*name).to_owned(), one.clone())).collect::<serde_json::Map<_, _>>().into();
        let table = workloads(&report, &names);
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
        assert!(table.contains("123/1234") || table.contains("123/1235"), "{table}");
    }

    #[test]
    fn the_area_has_a_row_for_each_size_and_a_sentence_about_the_line() {
        let point = |side: u32| {
            let pixels = side * side;
            let cost = json!({"n": 9, "p50": f64::from(pixels) / 100.0, "p95": 104_700.0});
            json!({"width": side, "height": side, "pixels": pixels, "cpu_us": cost, "x_us": cost, "wall_us": cost, "update_kb": cost, "videos": 3})
        };
        let line = json!({"at_zero_us": 20.0, "at_zero_us_noise": 3.0, "us_per_mpixel": 10000.0, "us_per_mpixel_noise": 100.0});
        let table = area(&json!({"points": [point(16), point(3000)], "line": line}));
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 100), "{table}");
        assert!(lines[2].starts_with("3000x3000  9000000  90000/104700      10.0  90000/104700  90000/104700"), "{table}");
        assert_eq!(lines[3], "20.0 ± 3.0 µs + 10.00 ± 0.10 ms per million pixels: not through the origin within noise");
        assert_eq!(lines[4], "(noise: two standard errors); what an update costs whatever changed is as much as 2000 pixels cost");
    }

    #[test]
    fn what_was_not_measured_is_a_dash_or_no_row() {
        let report = json!({
            "idle": {"stages": {"encode_ms": {"n": 0, "p50": null, "p95": null}}, "session": {}},
            "full": {"stages": {"encode_ms": {"n": 1, "p50": 2.0, "p95": 3.0}}, "session": {}},
        });
        assert_eq!(workloads(&report, &["idle", "full"]), "p50/p95     idle       full\nencode, ms     -  2.00/3.00\n");
    }
}
