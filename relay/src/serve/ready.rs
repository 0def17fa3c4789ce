//! The file that says that the relay listens. In scope: its one JSON line, written by rename, so that whoever waits for
//! the file reads it whole. Not in scope: who waits.

use std::{fs, io, net::SocketAddr, path::Path};

use serde::Serialize;

#[derive(Serialize)]
struct Ready {
    listen: String,
    pid: u32,
}

/// Writes `{"listen":"IP:PORT","pid":N}` as `file`.
pub(super) fn write(file: &Path, listen: SocketAddr) -> io::Result<()> {
    let ready = Ready { listen: listen.to_string(), pid: std::process::id() };
    let line = serde_json::to_string(&ready).map_err(io::Error::other)?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let draft = file.with_file_name(name);
    fs::write(&draft, format!("{line}\n"))?;
    fs::rename(draft, file)
}
