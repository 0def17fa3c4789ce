//! A bundle of ten gigabytes: how fast it is verified, and in how much memory.
//!
//! `cargo test --release -p deskhand-review --test large -- --ignored --nocapture`; the file goes to `TMPDIR`. In scope: the real program,
//! Linux. One epoch's file is longer than eleven octal digits can say. Not in scope: disks that are slower than the processor.
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read},
    process::{Command, Stdio},
    time::Instant,
};

use deskhand_audit::{
    Actor, Event, Hash, MediaSegment,
    bundle::{ArchiveWriter, Member, record},
    testing::{Synthetic, running_session},
};

/// The most memory that verifying may take, bytes.
const MEMORY: u64 = 200_000_000;
/// Bytes of a sealed update with its header, as those of a busy screen.
const UPDATE: usize = 64 * 1024 - 4;
/// Updates of a segment, which ends at 16 MiB as the host's do.
const UPDATES: u64 = 256;
const SEGMENT: usize = (UPDATE + 4) * UPDATES as usize;

/// The records of an epoch, made as they are read: every segment has other bytes.
struct Records {
    epoch: u32,
    segments: u64,
    made: u64,
    piece: Vec<u8>,
    read: usize,
}

impl Records {
    fn new(epoch: u32, segments: u64) -> Self {
        Self { epoch, segments, made: 0, piece: Vec::new(), read: 0 }
    }

    /// The next segment's bytes.
    fn segment(&mut self) -> &[u8] {
        if self.piece.is_empty() {
            self.piece.resize(SEGMENT, 0);
            let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ u64::from(self.epoch);
            for word in self.piece.chunks_exact_mut(8) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
        }
        for (at, place) in self.piece.chunks_exact_mut(UPDATE + 4).enumerate() {
            place[..4].copy_from_slice(&record(&[0; 36], &[0; UPDATE - 36]).expect("a record is not longer than any"));
            place[4..12].copy_from_slice(&(self.made * UPDATES + at as u64).to_be_bytes());
        }
        self.made += 1;
        &self.piece
    }
}

impl Read for Records {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read == self.piece.len() {
            if self.made == self.segments {
                return Ok(0);
            }
            self.segment();
            self.read = 0;
        }
        let count = into.len().min(self.piece.len() - self.read);
        into[..count].copy_from_slice(&self.piece[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

/// Adds an epoch of so many segments to the log.
fn record_epoch(session: &mut Synthetic, epoch: u32, segments: u64, before: u64) -> u64 {
    session.event(Actor::host(), Event::EpochChanged { epoch, reason: "age".into(), key_sha256: Hash::of(&epoch.to_be_bytes()) });
    let mut records = Records::new(epoch, segments);
    let mut last = before;
    for _ in 0..segments {
        let sha256 = Hash::of(records.segment());
        let (first, bytes) = (last + 1, SEGMENT as u64);
        last += UPDATES;
        let segment = MediaSegment { epoch, first, last, updates: UPDATES, bytes, sha256, discarded: Vec::new() };
        session.event(Actor::host(), Event::MediaSegment(segment));
        session.checkpoint();
    }
    last
}

/// The high-water mark of a process's memory, bytes; nothing once it is gone.
fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

#[test]
#[ignore = "writes a file of 10 GB"]
fn a_bundle_of_ten_gigabytes_is_verified_in_less_than_two_hundred_megabytes() {
    let (long, short) = (9_000_000_000_u64.div_ceil(SEGMENT as u64), 1_000_000_000_u64.div_ceil(SEGMENT as u64));
    let mut session = running_session(61);
    // Three updates are in there.
    let last = record_epoch(&mut session, 3, long, 3);
    record_epoch(&mut session, 4, short, last);
    session.end();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join(format!("{}.dhs", session.sid()));
    let mut writer = ArchiveWriter::new(BufWriter::with_capacity(1 << 20, File::create(&path).unwrap()));
    let mut members: Vec<(Member, &[u8])> =
        session.store.files.iter().filter_map(|(name, bytes)| Some((Member::of(name)?, &bytes[..]))).collect();
    members.sort();
    for (member, bytes) in members {
        writer.add(member, bytes.len() as u64, bytes).unwrap();
    }
    for (epoch, segments) in [(3, long), (4, short)] {
        writer.add(Member::Media(epoch), segments * SEGMENT as u64, Records::new(epoch, segments)).unwrap();
    }
    writer.finish().unwrap().into_inner().unwrap().sync_all().unwrap();

    let size = fs::metadata(&path).unwrap().len();
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_deskhand-review"));
    let mut child = child.arg("verify").arg(&path).arg("--json").stdout(Stdio::piped()).spawn().unwrap();
    let mut memory = 0;
    while child.try_wait().unwrap().is_none() {
        memory = memory.max(peak(child.id()).unwrap_or_default());
        std::thread::yield_now();
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    println!(
        "{{\"bundle_bytes\": {size}, \"peak_memory_bytes\": {memory}, \"verify_s\": {seconds:.1}, \"gb_per_s\": {:.2}}}\n{said}",
        size as f64 / 1e9 / seconds
    );
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["verdict"], "OK", "{said}");
    assert!(said["media_bytes"].as_u64().unwrap() > 10_000_000_000, "{said}");
    assert!(memory > 0 && memory < MEMORY, "{memory} bytes");
}
