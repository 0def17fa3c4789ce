//! `status`: what the relay is doing. In scope: what the data folder and the disk say. Not in scope: asking the running
//! relay over the network; it leaves its numbers in the folder.

use std::fmt;
use std::fs;
use std::path::Path;

use deskhand_identity::{SessionId, rfc3339};
use serde_json::{Value, json};

use super::answer::Answer;
use super::context::Context;
use super::error::AdminError;
use super::options::DataOptions;
use super::store::{self, Running, ServingLock, Standing};

/// Days before the end of the statement from which on it is said.
const RENEWAL_DAYS: u64 = 30;
const DAY_MS: u64 = 24 * 3_600_000;

/// The state of a relay.
#[derive(Clone, Debug)]
pub struct Status {
    /// Of this program.
    pub version: &'static str,
    /// What the relay that serves the folder says; none when no relay does.
    pub running: Option<Running>,
    /// Sessions in the folder.
    pub stored_sessions: u64,
    /// Bytes that they take.
    pub stored_bytes: u64,
    /// Bytes that are free on that disk, and its size; none where the system does not say.
    pub disk: Option<(u64, u64)>,
    /// Technicians whose certificates count now.
    pub technicians: usize,
    /// The serial of the statement.
    pub serial: u64,
    /// When it ends.
    pub not_after_ms: u64,
    /// Days until then; 0 when it has ended.
    pub days_left: u64,
}

/// Looks at a data folder.
///
/// # Errors
/// What reading it says.
pub fn status(options: &DataOptions, context: &Context<'_>) -> Result<Status, AdminError> {
    let data = &options.data;
    let signed = store::load_statement(data)?;
    let statement = signed.statement();
    let technicians = store::load_technicians(data, statement, context.now_ms)?;
    let (stored_sessions, stored_bytes) = stored(data)?;
    Ok(Status {
        version: env!("CARGO_PKG_VERSION"),
        running: store::read_running(data).filter(|_| ServingLock::is_taken(data)),
        stored_sessions,
        stored_bytes,
        disk: disk(data),
        technicians: technicians.known.iter().filter(|technician| technician.standing == Standing::Valid).count(),
        serial: statement.serial,
        not_after_ms: statement.not_after_ms,
        days_left: statement.not_after_ms.saturating_sub(context.now_ms) / DAY_MS,
    })
}

/// Session folders and the bytes in them.
fn stored(data: &Path) -> Result<(u64, u64), AdminError> {
    let (mut sessions, mut bytes) = (0, 0);
    for entry in fs::read_dir(data).map_err(|error| AdminError::io(data, &error))? {
        let entry = entry.map_err(|error| AdminError::io(data, &error))?;
        let is_session = entry.file_name().to_str().is_some_and(|name| name.parse::<SessionId>().is_ok());
        if is_session && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sessions += 1;
            bytes += bytes_within(&entry.path(), 3);
        }
    }
    Ok((sessions, bytes))
}

/// Bytes of the files in a folder and `depth` levels below; links are not followed. What vanishes meanwhile counts nothing.
fn bytes_within(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(metadata) if metadata.is_dir() && depth > 0 => bytes_within(&entry.path(), depth - 1),
            _ => 0,
        })
        .sum()
}

#[cfg(unix)]
fn disk(path: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(path).ok()?;
    Some((disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize)))
}

#[cfg(not(unix))]
fn disk(_path: &Path) -> Option<(u64, u64)> {
    None
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version      {}", self.version)?;
        match &self.running {
            Some(running) => {
                writeln!(f, "running      yes, on {} since {} (process {})", running.listen, rfc3339(running.started_ms), running.pid)?;
                writeln!(f, "sessions     {} live of at most {}", running.live_sessions, running.capacity)?;
            }
            None => writeln!(f, "running      no")?,
        }
        writeln!(f, "stored       {} sessions, {} MiB", self.stored_sessions, self.stored_bytes >> 20)?;
        if let Some((free, size)) = self.disk {
            writeln!(f, "disk         {} of {} MiB free", free >> 20, size >> 20)?;
        }
        writeln!(f, "technicians  {}", self.technicians)?;
        writeln!(f, "statement    {} until {}", self.serial, rfc3339(self.not_after_ms))?;
        if self.days_left < RENEWAL_DAYS {
            writeln!(f, "             It ends in {} days: any change of policy makes the next one.", self.days_left)?;
        }
        Ok(())
    }
}

impl Answer for Status {
    fn json(&self) -> Vec<Value> {
        let running = self.running.as_ref();
        vec![json!({
            "version": self.version,
            "running": running.is_some(),
            "listen": running.map(|running| &running.listen),
            "pid": running.map(|running| running.pid),
            "live_sessions": running.map_or(0, |running| running.live_sessions),
            "capacity": running.map(|running| running.capacity),
            "stored_sessions": self.stored_sessions,
            "stored_bytes": self.stored_bytes,
            "disk_free": self.disk.map(|(free, _)| free),
            "disk_size": self.disk.map(|(_, size)| size),
            "technicians": self.technicians,
            "serial": self.serial,
            "not_after": rfc3339(self.not_after_ms),
        })]
    }
}
