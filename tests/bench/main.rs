//! What a session costs, on six workloads: capture, encode and decode by stage; CPU, bytes, age and click-to-picture through a real
//! relay, sealed, recorded, with the log on. What an update costs against the area that changed. Us beside the peers of the rig.
//! `cargo xtask bench` builds everything and runs it; `tests/bench/README.md` says how to read it.
//!
//! In scope: measuring, printing, keeping. Times are reported, they decide nothing.
#![forbid(unsafe_code)]

mod area;
mod history;
mod log;
mod options;
mod peers;
mod plots;
mod process;
mod ratio;
mod scene;
mod session;
mod stages;
mod stats;
mod svg;
mod table;
mod workload;

use anyhow::Context;
use clap::Parser;
use options::Options;
use serde_json::{Value, json};
pub(crate) use stats::{quantile, spread};
use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    if options.plot {
        return draw();
    }
    if options.peers { beside_peers(&options) } else { alone(&options) }
}

/// Measures us alone.
fn alone(options: &Options) -> anyhow::Result<()> {
    let [seed] = options.seeds[..] else { anyhow::bail!("several seeds need --peers") };
    let seconds = options.seconds.unwrap_or(10);
    let names = wanted(options);
    let mut run = history::stamp();
    run["seconds"] = json!(seconds);
    run["seed"] = json!(seed);
    for name in &names {
        eprintln!("{name}: stages");
        let stages = stages::measure(name, seed, seconds)?;
        eprintln!("{name}: session");
        let session = session::measure(name, seed, seconds)?;
        run["workloads"][*name] = json!({"stages": stages, "session": session});
    }
    if options.only.is_empty() || options.only.iter().any(|only| only == "area") {
        eprintln!("area: one update at a time");
        run["area"] = area::measure(seed, seconds)?;
    }
    let run = history::rounded(run);
    let out = options.out.clone().unwrap_or_else(|| results(&run).with_extension("json"));
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    std::fs::write(&out, serde_json::to_string_pretty(&run)?).with_context(|| out.display().to_string())?;
    if options.json {
        println!("{run}");
    } else {
        if !names.is_empty() {
            println!("\n{}", table::workloads(&run["workloads"], &names));
        }
        if !run["area"].is_null() {
            println!("\n{}", table::area(&run["area"]));
        }
        println!("kept as {}", out.display());
    }
    keep(options, &run)
}

/// Runs the rig, and sets our figures beside the best peer's.
fn beside_peers(options: &Options) -> anyhow::Result<()> {
    let workloads: Vec<String> = wanted(options).into_iter().map(str::to_owned).collect();
    if workloads.is_empty() {
        anyhow::bail!("the rig has no workload area; leave out --peers for it");
    }
    let mut run = history::stamp();
    let plan = peers::Plan {
        rig: peers::find(options.rig.clone())?,
        programs: programs().canonicalize().with_context(|| programs().display().to_string())?,
        out: options.out.clone().unwrap_or_else(|| results(&run).with_extension("peers")),
        with: options.with.clone(),
        workloads,
        seeds: options.seeds.clone(),
        seconds: options.seconds.unwrap_or(30),
    };
    peers::run(&plan)?;
    let (runs, left_out) = ratio::read(&plan.out, options.foreign)?;
    for name in &left_out {
        eprintln!("not counted: {name}");
    }
    let rows = ratio::rows(&runs);
    if rows.is_empty() {
        anyhow::bail!("no run of ours counts; the results are in {}. A quiet machine, or --foreign MS to try it out", plan.out.display());
    }
    // What is wanted is for loopback; a narrow line's figures are for reading.
    let link = std::env::var("RIG_LINK").ok();
    run["seconds"] = json!(plan.seconds);
    run["seeds"] = json!(plan.seeds);
    run["link"] = json!(link);
    run["foreign_ms_per_s"] = json!(options.foreign);
    run["peers"] = json!(rows);
    let run = history::rounded(run);
    if options.json {
        println!("{run}");
    } else {
        println!("\n{}", ratio::table(&rows, link.is_none()));
        println!("the rig's own tables: {}", plan.out.join("report.md").display());
    }
    keep(options, &run)
}

/// Adds the run to the history and draws it; not when the programs were built elsewhere, as their figures say nothing of this commit.
fn keep(options: &Options, run: &Value) -> anyhow::Result<()> {
    if options.no_history {
        return Ok(());
    }
    let with_programs = !run["workloads"].is_null() || !run["peers"].is_null();
    if with_programs && programs().canonicalize()? != beside().canonicalize()? {
        eprintln!("not added to the history: the programs of {} are not those of this commit", programs().display());
        return Ok(());
    }
    history::append(&history::file(), run)?;
    eprintln!("added to {}", history::file().display());
    draw()
}

fn draw() -> anyhow::Result<()> {
    for file in plots::draw(&history::read(&history::file())?, &history::folder())? {
        eprintln!("drawn: {}", file.display());
    }
    Ok(())
}

/// The workloads that were asked for; all when none was.
fn wanted(options: &Options) -> Vec<&'static str> {
    workload::NAMES.into_iter().filter(|name| options.only.is_empty() || options.only.iter().any(|only| only == name)).collect()
}

/// The folder of this program.
fn beside() -> PathBuf {
    std::env::current_exe().ok().and_then(|own| own.parent().map(PathBuf::from)).unwrap_or_default()
}

/// Where the programs under test lie: beside this one, unless `DESKHAND_BIN` names another folder.
fn programs() -> PathBuf {
    std::env::var_os("DESKHAND_BIN").map(PathBuf::from).unwrap_or_else(beside)
}

/// A name for results of this run, below the folder that cargo builds into.
fn results(run: &Value) -> PathBuf {
    beside().with_file_name("bench").join(run["date"].as_str().unwrap_or("run").replace(':', ""))
}
