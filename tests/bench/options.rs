//! The options of `cargo xtask bench`.
//!
//! In scope: their form. `xtask` includes this file to answer `--help` and to refuse before it builds anything.

use std::path::PathBuf;

/// Times capture, encode, decode and whole sessions on six workloads, and what an update costs against the area that changed.
#[derive(clap::Parser, Clone, Debug)]
#[command(after_help = "Every run adds a line to tests/bench/history.jsonl and draws tests/bench/*.svg from it.\n\
    --peers needs the side-by-side rig (--rig DIR, or DESKHAND_RIG, or ../shared/bench beside the checkout), and root or `unshare -rn`.\n\
    DESKHAND_BIN=DIR measures the programs of that folder instead of building them, and keeps no history of it.")]
pub(crate) struct Options {
    /// Seconds for each workload and part; 10, with --peers 30.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) seconds: Option<u64>,
    /// Seed of the workloads; with --peers as many as wanted: 1,2,3.
    #[arg(long, alias = "seed", value_delimiter = ',', default_value = "1")]
    pub(crate) seeds: Vec<u64>,
    /// Only these: idle,typing,scroll,drag,video,full and area.
    #[arg(long, value_delimiter = ',', value_parser = ["idle", "typing", "scroll", "drag", "video", "full", "area"])]
    pub(crate) only: Vec<String>,
    /// Print the figures as JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the figures go: a file of JSON; with --peers a folder, and runs that it holds already are not made again.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Keep no line in the history, and draw nothing.
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Measure nothing: draw the plots from the history.
    #[arg(long, conflicts_with_all = ["peers", "no_history"])]
    pub(crate) plot: bool,
    /// Run the rig: us beside the peers that are installed here, and our figures as a ratio to the best of them.
    #[arg(long)]
    pub(crate) peers: bool,
    /// The rig's folder.
    #[arg(long, requires = "peers")]
    pub(crate) rig: Option<PathBuf>,
    /// Only these peers, by the rig's names: tigervnc,x11vnc.
    #[arg(long, requires = "peers", value_delimiter = ',')]
    pub(crate) with: Vec<String>,
    /// Leave out runs beside which others used more CPU than this, ms a second; the rig's own report has 20. More is for trying out.
    #[arg(long, requires = "peers", default_value_t = 20.0)]
    pub(crate) foreign: f64,
}
