//! Runs the side-by-side rig: us beside the peers that are installed here.
//!
//! In scope: finding the rig, starting it, its progress, stopping it with everything that it started. Not in scope: what the rig
//! measures (its own README), ratios (`ratio`).

use crate::ratio::{BASE, US};
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, geteuid, kill_process_group, test_kill_process_group};
use std::{
    future::Future,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
    signal::unix::{SignalKind, signal},
};

/// The rig's peers with a viewer; it skips those that are not installed.
const PEERS: [&str; 6] = ["tigervnc", "x11vnc", "freerdp-rfx", "freerdp-h264", "xpra", "xpra-lossy"];
/// How long a stopped rig may take to tidy up.
const TIDYING: Duration = Duration::from_secs(10);
/// What a run takes beside the measured seconds: starting, settling, looking at the quality.
const AROUND_A_RUN: u64 = 15;

/// What the rig is asked for.
pub(crate) struct Plan {
    pub(crate) rig: PathBuf,
    /// The programs under test.
    pub(crate) programs: PathBuf,
    pub(crate) out: PathBuf,
    /// The rig's names; empty: all.
    pub(crate) with: Vec<String>,
    pub(crate) workloads: Vec<String>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) seconds: u64,
}

/// The rig's folder: the one that was named, else `../shared/bench` beside the checkout.
///
/// # Errors
/// When it is not there; the text says what to do.
pub(crate) fn find(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bench");
    let folder = named.or_else(|| std::env::var_os("DESKHAND_RIG").map(PathBuf::from)).unwrap_or_else(beside);
    if !folder.join("run.sh").is_file() {
        bail!(
            "there is no rig in {} (a folder with run.sh, one.sh, adapters and workload): it is kept outside of this repository. Get it, and \
             name its folder with --rig DIR or DESKHAND_RIG.",
            folder.display()
        );
    }
    folder.canonicalize().with_context(|| folder.display().to_string())
}

/// Runs it to its end.
///
/// # Errors
/// When it can't be started, was stopped by Ctrl+C or SIGTERM, or failed. Nothing that it started is left.
pub(crate) fn run(plan: &Plan) -> anyhow::Result<()> {
    let peers: Vec<&str> = if plan.with.is_empty() { PEERS.to_vec() } else { plan.with.iter().map(String::as_str).collect() };
    let peers: Vec<&str> = [US, BASE].into_iter().chain(peers.into_iter().filter(|peer| ![US, BASE].contains(peer))).collect();
    let flips = plan.workloads.iter().any(|name| name == "idle");
    let runs = (peers.len() * (plan.workloads.len() + usize::from(flips)) * plan.seeds.len()) as u64;
    eprintln!(
        "{runs} runs if every peer is installed, at most {} minutes; results in {}",
        (runs * (plan.seconds + AROUND_A_RUN)).div_ceil(60),
        plan.out.display()
    );
    std::fs::create_dir_all(&plan.out).with_context(|| plan.out.display().to_string())?;
    let mut command = rooted()?;
    let seeds: Vec<String> = plan.seeds.iter().map(u64::to_string).collect();
    command.arg(plan.rig.join("run.sh"));
    command.args(["-p", &peers.join(" "), "-w", &plan.workloads.join(" "), "-s", &seeds.join(" ")]);
    command.args(["-t", &plan.seconds.to_string(), "-o"]).arg(&plan.out).args(flips.then_some("-l"));
    command.env("RIG_ADAPTERS", Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/rig")).env("DESKHAND_BIN", &plan.programs);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async move {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        };
        let mut reporting = false;
        let progress = |line: &str| {
            // The rig ends with its own report, which it keeps in the folder too.
            reporting |= line.starts_with("runs: ");
            if !reporting {
                eprintln!("{line}");
            }
        };
        supervised(command, stop, progress).await
    })
}

/// Bash with the right to make network namespaces: root's, or a root within a namespace of its own.
fn rooted() -> anyhow::Result<Command> {
    if geteuid().is_root() {
        return Ok(Command::new("bash"));
    }
    let may = std::process::Command::new("unshare").args(["-rn", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        bail!("the rig gives each run a network of its own: run this as root, or allow user namespaces (`unshare -rn true` must work)");
    }
    let mut command = Command::new("unshare");
    command.args(["-rn", "bash"]);
    Ok(command)
}

/// Runs a command in a process group of its own, line by line, to its end or until `stop`; then ends what is left of the group.
async fn supervised(mut command: Command, stop: impl Future<Output = ()>, mut line: impl FnMut(&str)) -> anyhow::Result<()> {
    let mut child = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("the rig can't be started")?;
    let group = child.id().and_then(|id| Pid::from_raw(id as i32)).context("the rig has no process id")?;
    let mut lines = BufReader::new(child.stdout.take().context("the rig says nothing")?).lines();
    tokio::pin!(stop);
    let stopped = loop {
        tokio::select! {
            () = &mut stop => break true,
            said = lines.next_line() => match said? {
                Some(said) => line(&said),
                None => break false,
            },
        }
    };
    if stopped {
        eprintln!("stopping the rig");
        let _ = kill_process_group(group, Signal::TERM);
    }
    let status = tokio::time::timeout(TIDYING, child.wait()).await;
    let end = Instant::now() + TIDYING;
    // Scripts in the middle tidy up after the first is gone.
    while test_kill_process_group(group).is_ok() && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = kill_process_group(group, Signal::KILL);
    if stopped {
        bail!("stopped; runs that were done are kept, and --out with that folder goes on from there");
    }
    match status {
        Ok(status) if status.as_ref().is_ok_and(|status| status.success()) => Ok(()),
        Ok(status) => bail!("the rig failed ({})", status?),
        Err(_) => bail!("the rig closed its output and did not end"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    /// A rig of one script; what it is given lies in `$1`.
    async fn play(script: &str, folder: &Path, stop_at: &str) -> (anyhow::Result<()>, Vec<String>) {
        let mut command = Command::new("bash");
        command.args(["-c", script, "rig"]).arg(folder);
        let (tell, told) = oneshot::channel();
        let (mut tell, mut said) = (Some(tell), Vec::new());
        let stop = async move {
            if told.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let ended = supervised(command, stop, |line| {
            said.push(line.to_owned());
            if line == stop_at {
                let _ = tell.take().map(|tell| tell.send(()));
            }
        });
        (ended.await, said)
    }

    /// Whether a process still does something: a dead one that nobody has asked after does not.
    fn lives(pid: &str) -> bool {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        state.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    }

    #[tokio::test]
    async fn a_rig_that_is_stopped_tidies_up_and_leaves_no_process() {
        let folder = tempfile::tempdir().unwrap();
        let script = r#"trap 'echo yes >"$1/tidied"' EXIT; sleep 600 & echo $! >"$1/pid"; bash -c 'echo started; sleep 600'"#;
        let (ended, _) = play(script, folder.path(), "started").await;
        assert!(ended.unwrap_err().to_string().starts_with("stopped"));
        assert_eq!(std::fs::read_to_string(folder.path().join("tidied")).unwrap(), "yes\n");
        assert!(!lives(&std::fs::read_to_string(folder.path().join("pid")).unwrap()));
    }

    #[tokio::test]
    async fn a_rig_that_ends_has_said_everything() {
        let folder = tempfile::tempdir().unwrap();
        let (ended, said) = play("echo one; echo two", folder.path(), "never").await;
        ended.unwrap();
        assert_eq!(said, ["one", "two"]);
        let (ended, _) = play("exit 3", folder.path(), "never").await;
        assert!(ended.unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn a_missing_rig_is_said_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(Some(folder.path().to_owned())).unwrap_err().to_string();
        assert!(
            error.contains("--rig DIR") && error.contains("DESKHAND_RIG") && error.contains(folder.path().to_str().unwrap()),
            "{error}"
        );
        std::fs::write(folder.path().join("run.sh"), "").unwrap();
        assert_eq!(find(Some(folder.path().to_owned())).unwrap(), folder.path().canonicalize().unwrap());
    }
}
