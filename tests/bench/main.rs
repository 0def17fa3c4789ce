//! What a session costs, on six workloads: capture, encode and decode by stage; CPU, bytes, age and click-to-picture through a real
//! relay, sealed, recorded, with the log on. `cargo xtask bench` builds everything and runs it.
//!
//! In scope: measuring and printing. Times are reported, they decide nothing.
#![forbid(unsafe_code)]

mod process;
mod scene;
mod session;
mod stages;
mod workload;

use serde_json::{Value, json};
use std::path::PathBuf;

/// What is measured, and where the figures go.
struct Options {
    seconds: u64,
    seed: u64,
    only: Vec<String>,
    out: PathBuf,
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options { seconds: 10, seed: 1, only: Vec::new(), out: PathBuf::from("bench.json") };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| anyhow::anyhow!("{word} needs a value"))?;
        match word.as_str() {
            "--seconds" => options.seconds = value.parse()?,
            "--seed" => options.seed = value.parse()?,
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--out" => options.out = PathBuf::from(value),
            _ => anyhow::bail!("unknown option {word}; there are --seconds, --seed, --only and --out"),
        }
    }
    Ok(options)
}

/// The value at this share of a sorted list.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted.get((last * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Median and 95th percentile, in the unit of the values.
pub(crate) fn spread(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    json!({"n": values.len(), "p50": quantile(&values, 0.5), "p95": quantile(&values, 0.95)})
}

fn main() -> anyhow::Result<()> {
    let options = options()?;
    let names: Vec<&str> =
        workload::NAMES.iter().copied().filter(|name| options.only.is_empty() || options.only.iter().any(|only| only == name)).collect();
    let mut report = serde_json::Map::new();
    for name in &names {
        eprintln!("{name}: stages");
        let stages = stages::measure(name, options.seed, options.seconds)?;
        eprintln!("{name}: session");
        let session = session::measure(name, options.seed, options.seconds)?;
        report.insert((*name).to_owned(), json!({"stages": stages, "session": session}));
    }
    let report = json!({"seconds": options.seconds, "seed": options.seed, "version": env!("CARGO_PKG_VERSION"), "workloads": report});
    if let Some(folder) = options.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&options.out, serde_json::to_string_pretty(&report)?)?;
    print_table(&names, &report["workloads"]);
    println!("\nkept as {}", options.out.display());
    Ok(())
}

fn print_table(names: &[&str], report: &Value) {
    let rows: [(&str, &[&str]); 19] = [
        ("updates a second", &["stages", "updates_per_s"]),
        ("capture, ms p50", &["stages", "capture_ms", "p50"]),
        ("capture, ms p95", &["stages", "capture_ms", "p95"]),
        ("encode, ms p50", &["stages", "encode_ms", "p50"]),
        ("encode, ms p95", &["stages", "encode_ms", "p95"]),
        ("decode, ms p50", &["stages", "decode_ms", "p50"]),
        ("decode, ms p95", &["stages", "decode_ms", "p95"]),
        ("update, kB p50", &["stages", "update_kb", "p50"]),
        ("host CPU, ms/s", &["session", "host_cpu_ms_per_s"]),
        ("viewer CPU, ms/s", &["session", "viewer_cpu_ms_per_s"]),
        ("relay CPU, ms/s", &["session", "relay_cpu_ms_per_s"]),
        ("all three CPU, ms/s", &["session", "all_cpu_ms_per_s"]),
        ("all three CPU, only viewed, ms/s", &["session", "viewed_cpu_ms_per_s"]),
        ("to the viewer, kB/s", &["session", "kb_per_s"]),
        ("first byte to shown, ms p50", &["session", "shown_ms_p50"]),
        ("click to picture, ms p50", &["session", "click_ms", "p50"]),
        ("host memory, MB peak", &["session", "host_mb"]),
        ("viewer memory, MB peak", &["session", "viewer_mb"]),
        ("code shown after start, ms", &["session", "code_ms"]),
    ];
    print!("\n| |");
    names.iter().for_each(|name| print!(" {name} |"));
    print!("\n|---|");
    names.iter().for_each(|_| print!("---:|"));
    println!();
    for (title, path) in rows {
        print!("| {title} |");
        for name in names {
            let value = path.iter().fold(&report[*name], |value, key| &value[*key]);
            match value.as_f64() {
                Some(number) if number < 1.0 => print!(" {number:.3} |"),
                Some(number) => print!(" {number:.1} |"),
                None => print!(" - |"),
            }
        }
        println!();
    }
}
