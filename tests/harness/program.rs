//! One running program: its JSON lines, its log, its end.

use crate::deadline::{PATIENCE, within};
use serde_json::Value;
use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

/// Where the programs under test lie: beside the test binary's folder, unless `DESKHAND_BIN` names another folder.
///
/// # Panics
/// When they were not built.
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var_os("DESKHAND_BIN").map(PathBuf::from).unwrap_or_else(|| {
        let mut folder = std::env::current_exe().expect("the running program has a path");
        folder.pop();
        if folder.ends_with("deps") {
            folder.pop();
        }
        folder
    });
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built: run `cargo xtask test`, or `cargo build --workspace --bins` first", path.display());
    path
}

/// A child process whose standard output is JSON lines. Ended with the value.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    log: Arc<Mutex<String>>,
}

impl Program {
    /// Starts `command` with pipes on all three streams.
    ///
    /// # Panics
    /// When it can't be started.
    pub fn start(name: &str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} can't be started: {error}"));
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let log = Arc::new(Mutex::new(String::new()));
        let (copy, mut stderr) = (log.clone(), child.stderr.take().expect("stderr is a pipe"));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut bytes) {
                copy.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        let stdin = child.stdin.take();
        Self { name: name.to_owned(), child, stdin, lines, log }
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes a line to its standard input.
    ///
    /// # Panics
    /// When it no longer reads.
    pub fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("standard input was closed");
        let sent = stdin.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdin.flush());
        if let Err(error) = sent {
            panic!("{} does not read: {error}\n{}", self.name, self.log());
        }
    }

    /// As [`Program::say`] to one that may be gone; whether it could be said.
    pub fn try_say(&mut self, line: &str) -> bool {
        let Some(stdin) = self.stdin.as_mut() else { return false };
        stdin.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdin.flush()).is_ok()
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Its next line, read as JSON.
    ///
    /// # Panics
    /// When none comes in time, it ends, or the line is no JSON.
    pub fn next_line(&mut self) -> Value {
        self.line_within(PATIENCE)
    }

    /// As [`Program::next_line`] with another patience.
    ///
    /// # Panics
    /// As [`Program::next_line`].
    pub fn line_within(&mut self, patience: Duration) -> Value {
        let line = match self.lines.recv_timeout(patience) {
            Ok(line) => line,
            Err(error) => panic!("{} said nothing ({error}) within {patience:?}; its log:\n{}", self.name, self.log()),
        };
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{} said {line:?}, which is no JSON: {error}", self.name))
    }

    /// A line, if one comes within `patience`; `None` too when it has ended or says no JSON.
    pub fn maybe_within(&mut self, patience: Duration) -> Option<Value> {
        self.lines.recv_timeout(patience).ok().and_then(|line| serde_json::from_str(&line).ok())
    }

    /// A line if there is one already.
    pub fn ready(&mut self) -> Option<Value> {
        self.lines.try_recv().ok().and_then(|line| serde_json::from_str(&line).ok())
    }

    /// Skips lines until one satisfies `wanted`.
    ///
    /// # Panics
    /// When none does in time; `what` and the lines that came are named.
    pub fn skip_to(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => match serde_json::from_str(&line) {
                    Ok(value) if wanted(&value) => return value,
                    _ => seen.push(line),
                },
                Err(error) => panic!("{} never said {what} ({error}); it said {seen:#?}; its log:\n{}", self.name, self.log()),
            }
        }
    }

    /// Waits for its end; the exit code, or `None` when a signal ended it.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn exit_code(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                return status.code();
            }
            assert!(Instant::now() < end, "{} did not end; its log:\n{}", self.name, self.log());
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as a power cut would.
    ///
    /// # Panics
    /// When it can't be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Stops it where it stands, as a frozen machine would.
    ///
    /// # Panics
    /// When the signal can't be sent.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("a running child takes a signal");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- log of {}:\n{}", self.name, self.log());
        }
    }
}

/// Runs a program to its end: exit code, standard output, standard error.
///
/// # Panics
/// When it can't be started or is ended by a signal.
pub fn run<A: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = A>) -> (i32, String, String) {
    let output = Command::new(binary(name)).args(arguments).stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("ended by itself"), text(&output.stdout), text(&output.stderr))
}

/// Reads a file once it is there.
///
/// # Panics
/// When it does not come.
pub fn file_when_there(path: &Path) -> String {
    within(PATIENCE, &format!("{} appears", path.display()), || std::fs::read_to_string(path).ok())
}
