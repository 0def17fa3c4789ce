//! Prints what the log costs, as JSON: appending an event, verifying events, verifying a recording beside plain SHA-256.
//!
//! `cargo run --release -p deskhand-audit --features testing --example speed`. In scope: one core, files in memory. Not in scope: disks.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use deskhand_audit::{
    Actor, Draft, Event, Hash, Log, MediaSegment, Organisation, bundle,
    testing::{START_MS, ended_session, running_session},
    verify::verify,
};
use deskhand_identity::{SecretKey, Session, SessionId};

const EVENTS: u64 = 300_000;
const RECORD: usize = 32 * 1024;
const RECORDS: u64 = 8 * 1024;

fn input(n: u64) -> Event {
    Event::InputSummary { peer: 1, grant: 1, keys: n % 97, clicks: n % 13, wheel: 0, moves: n % 1_009 }
}

fn seconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
}

/// Microseconds of appending an event, and of signing a head.
fn appending() -> (f64, f64) {
    let key = SecretKey::<Session>::from_seed([1; 32]);
    let organisation = Organisation { key: SecretKey::from_seed([2; 32]).public(), name: "Acme".into(), domain: None };
    let mut log = Log::new(SessionId::of(&key.public()), &organisation);
    let (mut appended, mut signed, mut heads) = (0.0, 0.0, 0);
    for n in 0..50_000 {
        appended += seconds(|| drop(log.append(Draft::new(START_MS + n, n, Actor::technician(1), input(n)))));
        if n % 64 == 63 {
            signed += seconds(|| drop(log.checkpoint(&key)));
            heads += 1;
        }
    }
    (appended * 1e6 / 50_000.0, signed * 1e6 / f64::from(heads))
}

/// Events verified in a second.
fn verifying() -> f64 {
    let mut session = running_session(1);
    for n in 0..EVENTS {
        session.event(Actor::technician(1), input(n));
        if n % 64 == 63 {
            session.checkpoint();
        }
    }
    let options = session.options();
    let took = seconds(|| {
        let report = verify(&session.store, &options).unwrap();
        assert!(report.events > EVENTS, "{:?}", report.reasons);
    });
    EVENTS as f64 / took
}

/// Gigabytes of recording verified in a second, and hashed by SHA-256 alone.
fn recording() -> (f64, f64) {
    let mut session = running_session(2);
    let frame = vec![0xA5; RECORD];
    let mut file = session.store.files.remove(&bundle::media_name(2)).unwrap();
    let (first, mut bytes) = (4, Vec::new());
    for _ in 0..RECORDS {
        bytes.extend(bundle::record(&[], &frame).unwrap());
        bytes.extend_from_slice(&frame);
    }
    let plain = seconds(|| assert_ne!(Hash::of(&bytes), Hash::default()));
    let segment = MediaSegment {
        epoch: 2,
        first,
        last: first + RECORDS - 1,
        updates: RECORDS,
        bytes: bytes.len() as u64,
        sha256: Hash::of(&bytes),
        discarded: Vec::new(),
    };
    let size = bytes.len() as f64 / 1e9;
    file.append(&mut bytes);
    session.store.files.insert(bundle::media_name(2), file);
    session.event(Actor::host(), Event::MediaSegment(segment));
    session.checkpoint();
    let options = session.options();
    let took = seconds(|| {
        let report = verify(&session.store, &options).unwrap();
        assert!(report.media_bytes as f64 > size * 1e9, "{:?}", report.reasons);
    });
    (size / took, size / plain)
}

fn main() {
    let whole = ended_session(1);
    assert!(verify(&whole.store, &whole.options()).unwrap().verdict.stands());
    let (append_us, sign_us) = appending();
    let events_per_s = verifying();
    let (gb_per_s, sha256_gb_per_s) = recording();
    println!(
        "{{\"append_us\": {append_us:.2}, \"sign_us\": {sign_us:.1}, \"verified_events_per_s\": {events_per_s:.0}, \"verified_gb_per_s\": {gb_per_s:.2}, \
         \"sha256_gb_per_s\": {sha256_gb_per_s:.2}, \"of_sha256\": {:.2}}}",
        gb_per_s / sha256_gb_per_s
    );
}
