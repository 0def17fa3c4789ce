//! RFC 5424 messages as a syslog server of another maker reads them, where one is installed.

use std::{
    fs,
    io::Write as _,
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    forms::{lines, syslog},
    reviewed::Reviewed,
};

/// Receives on a socket in `place`, takes structured data apart, and writes what it understood as JSON.
fn configuration(place: &Path) -> String {
    let place = place.display();
    format!(
        r#"global(workDirectory="{place}" parser.escapeControlCharactersOnReceive="off" maxMessageSize="64k")
module(load="imptcp")
module(load="mmpstrucdata")
template(name="understood" type="list" option.jsonf="on") {{
  property(outname="app" name="app-name" format="jsonf")
  property(outname="proc" name="procid" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="pri" name="pri" format="jsonf")
  property(outname="msg" name="msg" format="jsonf")
  property(outname="data" name="$!rfc5424-sd!deskhand@32473!data" format="jsonf")
  property(outname="who" name="$!rfc5424-sd!deskhand@32473!who" format="jsonf")
  property(outname="sealedtext" name="$!rfc5424-sd!deskhand@32473!sealedtext" format="jsonf")
  property(outname="leafhash" name="$!rfc5424-sd!deskhand@32473!leafhash" format="jsonf")
}}
ruleset(name="all") {{
  action(type="mmpstrucdata")
  action(type="omfile" file="{place}/understood" template="understood" asyncWriting="off" flushOnTXEnd="on")
}}
input(type="imptcp" path="{place}/socket" ruleset="all")
"#
    )
}

/// Waits until `found` finds something.
fn within<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} takes too long");
        std::thread::yield_now();
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_syslog_server_of_another_maker_reads_what_was_written() {
    // People who are no administrators often have no /usr/sbin on their path.
    let is_there = |program: &&str| Command::new(program).arg("-v").output().is_ok_and(|said| said.status.success());
    let Some(program) = ["rsyslogd", "/usr/sbin/rsyslogd"].into_iter().find(is_there) else {
        println!("skipped: rsyslogd is not installed");
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let (file, pid) = (place.path().join("conf"), place.path().join("pid"));
    fs::write(&file, configuration(place.path())).unwrap();
    let mut server = Command::new(program);
    server.arg("-n").arg("-f").arg(&file).arg("-i").arg(&pid).stdin(Stdio::null()).stdout(Stdio::null());
    let _server = Server(server.spawn().unwrap());
    let said = Reviewed::with("]\" \\ a=\"b\" \u{202e}x 你好").export("rfc5424", "a test");
    let mut socket = within("the socket", || UnixStream::connect(place.path().join("socket")).ok());
    socket.write_all(said.as_bytes()).unwrap();
    drop(socket);
    let expected = lines(&said);
    let understood = within("what it understood", || {
        let text = fs::read_to_string(place.path().join("understood")).unwrap_or_default();
        (text.lines().count() == expected.len() && text.ends_with('\n')).then_some(text)
    });
    for (line, ours) in understood.lines().zip(expected) {
        let (theirs, ours): (Value, _) = (serde_json::from_str(line).unwrap(), syslog(ours));
        for name in ["app", "proc", "id", "pri", "data", "who", "leafHash"] {
            assert_eq!(theirs[name.to_lowercase()], ours[name].as_str(), "{name} in {line}");
        }
        assert_eq!(theirs["sealedtext"].as_str().unwrap_or_default(), ours.get("sealedText").map_or("", String::as_str));
        assert_eq!(theirs["msg"].as_str().unwrap().trim_start_matches('\u{feff}'), ours["msg"]);
    }
}
