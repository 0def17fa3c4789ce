//! A whole session: host, relay and viewer as people run them, sealed, recorded, with the log on.

use crate::{
    log,
    process::{cpu_ms, memory_mb},
    quantile, spread,
    workload::{HEIGHT, TARGET, WIDTH, Workload},
};
use harness::{Host, Office, Viewer, XServer};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const CLICKS: usize = 60;

/// Measures one workload through a relay, under control; a still screen (`idle`) without control too.
pub(crate) fn measure(name: &str, seed: u64, seconds: u64) -> anyhow::Result<Value> {
    let mut report = controlled(name, seed, seconds)?;
    if name == "idle" {
        report["viewed_cpu_ms_per_s"] = json!(only_viewed(seconds));
    }
    Ok(report)
}

/// CPU of host, viewer and relay together while a still screen is only looked at, ms a second.
fn only_viewed(seconds: u64) -> f64 {
    let screen = XServer::start(WIDTH, HEIGHT);
    let mut office = Office::open();
    let mut host = Host::start(&office, screen.display());
    let mut viewer = Viewer::start(&office, &host.code());
    viewer.paired();
    host.question();
    host.answer("view");
    viewer.granted();
    viewer.wait("still");
    let pids = [host.program.pid(), viewer.program.pid(), office.relay().pid()];
    let (start, before) = (Instant::now(), pids.map(cpu_ms));
    until(start + Duration::from_secs(seconds));
    let used: f64 = before.iter().zip(pids.map(cpu_ms)).map(|(before, after)| after - before).sum();
    let elapsed = start.elapsed().as_secs_f64();
    viewer.must(json!({"do": "end"}));
    host.ended();
    used / elapsed
}

/// Lets a measured time pass.
fn until(end: Instant) {
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}

fn controlled(name: &str, seed: u64, seconds: u64) -> anyhow::Result<Value> {
    let screen = XServer::start(WIDTH, HEIGHT);
    let workload = Workload::start(name, seed, screen.display())?;
    let mut office = Office::open();
    let started = Instant::now();
    let mut host = Host::start(&office, screen.display());
    let code = host.code();
    let code_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut viewer = Viewer::start(&office, &code);
    let id = viewer.paired();
    host.question();
    host.answer("view control");
    viewer.granted();
    viewer.wait("control");
    viewer.wait("still");

    let pids = [host.program.pid(), viewer.program.pid(), office.relay().pid(), screen.pid()];
    let before = pids.map(cpu_ms);
    let stats_before = viewer.must(json!({"do": "stats"}));
    workload.run(true);
    let (start, from_ms) = (Instant::now(), wall_ms());
    let mut memory = [0.0_f64; 2];
    for second in 1..=seconds {
        until(start + Duration::from_secs(second));
        for (peak, pid) in memory.iter_mut().zip(pids) {
            *peak = peak.max(memory_mb(pid));
        }
    }
    let (elapsed, to_ms) = (start.elapsed().as_secs_f64(), wall_ms());
    let after = pids.map(cpu_ms);
    let stats = viewer.must(json!({"do": "stats"}));
    workload.run(false);
    viewer.wait("still");
    let grew = |key: &str| stats[key].as_f64().unwrap_or(0.0) - stats_before[key].as_f64().unwrap_or(0.0);
    let cpu: Vec<f64> = before.iter().zip(after).map(|(before, after)| (after - before) / elapsed).collect();

    let clicks = clicks(&mut viewer)?;
    viewer.must(json!({"do": "end"}));
    host.ended();
    office.closed(&id);
    let mut log = log::made_again(&office.session_folder(&id), from_ms, to_ms)?;
    log["of_host_percent"] = json!(log["cpu_ms_per_s"].as_f64().unwrap_or(0.0) * 100.0 / cpu[0]);
    eprintln!("  the log: {log}");
    Ok(json!({
        "log": log, "log_cpu_ms_per_s": log["cpu_ms_per_s"], "host_cpu_ms_per_s": cpu[0], "viewer_cpu_ms_per_s": cpu[1], "relay_cpu_ms_per_s": cpu[2],
        "all_cpu_ms_per_s": cpu[..3].iter().sum::<f64>(), "x_cpu_ms_per_s": cpu[3],
        "kb_per_s": grew("bytes") / 1e3 / elapsed, "updates_per_s": grew("updates") / elapsed, "drawn_per_s": workload.frames() as f64 / elapsed,
        "shown_ms": {"p50": stats["shown_ms_p50"], "p95": stats["shown_ms_p95"]}, "rtt_ms": stats["rtt_ms"], "click_ms": clicks,
        "host_mb": memory[0], "viewer_mb": memory[1], "code_ms": code_ms,
    }))
}

/// Now, milliseconds since the Unix epoch.
fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// From the technician's click to the technician's picture of what it did.
fn clicks(viewer: &mut Viewer) -> anyhow::Result<Value> {
    let mut times = Vec::new();
    for _ in 0..CLICKS {
        let number = viewer.must(json!({"do": "stats"}))["update"].clone();
        let start = Instant::now();
        viewer.must(json!({"do": "pointer", "x": TARGET.0, "y": TARGET.1, "click": "left"}));
        viewer.must(json!({"do": "wait", "for": "update", "after": number, "timeout_ms": 5000}));
        times.push(start.elapsed().as_secs_f64() * 1e3);
        // The tick of this update comes within 250 ms; without it the next click could be on a stale picture.
        viewer.wait("still");
    }
    times.sort_by(f64::total_cmp);
    eprintln!("  click to picture: {:.1} ms median", quantile(&times, 0.5));
    Ok(spread(times))
}
