//! The log at the relay: what is acknowledged is on disk, what does not fit is refused, a full disk is said.

use super::common::{Data, Host, noise, pair, soon};
use deskhand_audit::{
    By, Commitment, Draft, Event, Hash, MediaSegment, SealedRef, Totals,
    bundle::{Manifest, Personal, event_line},
    note::{Note, SignatureLine},
};
use deskhand_link::{CloseCode, LinkError};
use deskhand_relay::serve::Server;
use deskhand_wire::{
    Text,
    relay::{AuditToHost, AuditToRelay, HostToRelay, RelayToHost, StoreFailure},
};

fn burned(reason: &str) -> Event {
    Event::CodeBurned { reason: reason.into() }
}

fn ended() -> Event {
    Event::SessionEnded {
        by: By::Customer,
        reason: "done".into(),
        duration_ms: 1,
        totals: Totals { updates: 0, bytes: 0, inputs: 0, checkpoints: Some(1) },
    }
}

#[tokio::test]
async fn what_is_acknowledged_is_on_disk_exactly_as_sent() {
    let data = Data::new();
    let server = data.serve().await;
    let mut host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.acked(0, 0).await;
    let leaves = [log.begin().await, log.append(burned("used")).await];
    let note = log.checkpoint().await;
    log.acked(2, 2).await;
    let expected: Vec<u8> = leaves.iter().flat_map(|leaf| event_line(&leaf.bytes)).collect();
    assert_eq!(data.read(host.sid, "events.jsonl"), expected);
    assert!(data.read(host.sid, "checkpoints.txt").starts_with(&note));
    let manifest = Manifest::new(host.key.public(), data.organisation().key);
    assert_eq!(data.read(host.sid, "manifest.json"), manifest.to_bytes());
    assert!(data.file(host.sid, "open").exists(), "the session is running");

    log.append(ended()).await;
    log.checkpoint().await;
    log.acked(3, 3).await;
    log.writer.finish();
    host.say(HostToRelay::End).await;
    loop {
        match log.hear().await {
            Ok(Some(AuditToHost::Acked { .. })) => {}
            Ok(Some(other)) => panic!("{other:?}"),
            // The relay has closed the folder and said so.
            Ok(None) | Err(_) => break,
        }
    }
    assert!(!data.file(host.sid, "open").exists(), "the session is over");
}

#[tokio::test]
async fn a_checkpoint_over_other_leaves_is_refused_and_not_stored() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    log.acked(1, 0).await;
    // The host's own log has a leaf that it never sent.
    log.leaf(burned("never sent"));
    log.checkpoint().await;
    let reason = soon(host.connection.closed()).await;
    assert!(matches!(reason, LinkError::Refused { .. }), "{reason}");
    assert!(data.read(host.sid, "checkpoints.txt").is_empty());
    assert!(!data.read(host.sid, "events.jsonl").is_empty(), "what was acknowledged stays");
}

#[tokio::test]
async fn a_head_is_cosigned_once_it_is_on_the_disk_with_all_that_it_covers() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    let bytes = log.checkpoint().await;
    log.acked(1, 1).await;
    let mut note = Note::from_bytes(&bytes).unwrap();
    let (size, line) = log.cosigned[0].clone();
    let line = SignatureLine::from_bytes(&line).unwrap();
    assert_eq!(size, 1);
    note.check_cosignature(&line, &log.log.origin().relay_name(), &data.cosign_key()).unwrap();
    note.signatures.push(line);
    assert_eq!(data.read(host.sid, "checkpoints.txt"), note.to_bytes(), "what it says is what it stored");
    // The host vouches for a recording that never came: the relay keeps its name off what follows.
    let epoch = Event::EpochChanged { epoch: 1, reason: "start".into(), key_sha256: Hash::of(b"1") };
    log.append(epoch).await;
    let segment = MediaSegment { epoch: 1, first: 1, last: 1, updates: 0, bytes: 9, sha256: Hash::of(b"never"), discarded: Vec::new() };
    log.append(Event::MediaSegment(segment)).await;
    log.checkpoint().await;
    log.acked(3, 3).await;
    assert_eq!(log.cosigned.len(), 1);
}

#[tokio::test]
async fn a_gap_and_a_changed_leaf_are_refused() {
    for attack in 0..2 {
        let data = Data::new();
        let server = data.serve().await;
        let host = Host::connect(&data, &server, 1).await;
        let mut log = host.log(&data).await;
        log.begin().await;
        let skipped = log.leaf(burned("one"));
        if attack == 0 {
            log.append(burned("two")).await;
        } else {
            log.send(&skipped).await;
            let text = String::from_utf8(skipped.bytes).unwrap().replace("one", "two");
            log.say(AuditToRelay::Leaf { seq: 1, bytes: text.into_bytes() }).await;
        }
        let reason = soon(host.connection.closed()).await;
        assert!(matches!(reason, LinkError::Refused { .. }), "{reason}");
    }
}

#[tokio::test]
async fn a_repeated_leaf_changes_nothing() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    let first = log.begin().await;
    log.send(&first).await;
    log.append(burned("used")).await;
    log.acked(2, 0).await;
    assert_eq!(data.read(host.sid, "events.jsonl").iter().filter(|b| **b == b'\n').count(), 2);
}

#[tokio::test]
async fn sealed_and_personal_fields_lie_beside_the_log_and_nothing_else_does() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    let mut draft = Draft::new(1, 1, deskhand_audit::Actor::host(), burned("used"));
    let ciphertext = noise(1, 100);
    draft.sealed = Some(SealedRef::to(&ciphertext, "reason", "sframe-aes128gcm", 7));
    draft.pii.insert("name".into(), Commitment::to(&[5; 32], "name", b"Ana Ruiz"));
    let leaf = log.log.append(draft);
    log.say(AuditToRelay::Sealed { seq: 1, field: Text::new("reason").unwrap(), bytes: ciphertext.clone() }).await;
    log.say(AuditToRelay::Personal { seq: 1, field: Text::new("name").unwrap(), salt: [5; 32], value: b"Ana Ruiz".to_vec() }).await;
    log.send(&leaf).await;
    log.acked(2, 0).await;
    assert_eq!(data.read(host.sid, "sealed/1-reason.bin"), ciphertext);
    let personal = Personal::from_bytes(&data.read(host.sid, "pii.json")).unwrap();
    assert_eq!(personal.value(1, "name").unwrap().value, b"Ana Ruiz");
    assert_eq!(std::fs::read_dir(data.path().join("tmp")).unwrap().count(), 0);

    // A field that no leaf commits to, with a name that would be a path.
    let next = log.leaf(burned("again"));
    log.say(AuditToRelay::Sealed { seq: 2, field: Text::new("../../evil").unwrap(), bytes: ciphertext }).await;
    log.send(&next).await;
    soon(host.connection.closed()).await;
    assert_eq!(std::fs::read_dir(data.file(host.sid, "sealed")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_log_goes_on_after_the_line_was_cut_and_after_the_relay_was_killed() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    log.acked(1, 0).await;
    host.connection.close(CloseCode::Done, "cut");
    let host = Host::connect(&data, &server, 1).await;
    let mut again = host.log(&data).await;
    assert_eq!(again.hear().await.unwrap(), Some(AuditToHost::Acked { leaves: 1, checkpoint: 0 }));
    again.log = log.log;
    again.append(burned("used")).await;
    again.checkpoint().await;
    again.acked(2, 2).await;

    // Killed: no order, and half a line at the end of a file.
    drop(server);
    drop(host);
    let deadline = std::time::Instant::now() + super::common::DEADLINE;
    let server = loop {
        match Server::start(&data.serve_options()).await {
            Ok(server) => break server,
            Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
        }
    };
    let host = Host::connect(&data, &server, 1).await;
    let mut last = host.log(&data).await;
    assert_eq!(last.hear().await.unwrap(), Some(AuditToHost::Acked { leaves: 2, checkpoint: 2 }));
    last.log = again.log;
    last.append(burned("again")).await;
    last.checkpoint().await;
    last.acked(3, 3).await;
}

#[tokio::test]
async fn a_torn_end_is_cut_when_the_relay_starts_again() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    log.checkpoint().await;
    log.acked(1, 1).await;
    let whole = data.read(host.sid, "events.jsonl");
    host.connection.close(CloseCode::Done, "cut");
    server.stop().await;
    std::fs::write(data.file(host.sid, "events.jsonl"), [&whole[..], b"{\"half\":"].concat()).unwrap();
    std::fs::write(data.file(host.sid, "open"), b"").unwrap();
    let server = data.serve().await;
    assert_eq!(data.read(host.sid, "events.jsonl"), whole);
    assert!(!data.file(host.sid, "open").exists());
    server.stop().await;
}

#[tokio::test]
async fn nothing_loose_is_left_of_a_recording_whose_log_has_ended_whenever_the_relay_is_killed() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, viewer, _) = pair(&data, &server, &ana).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.recorded = true;
    let update = noise(1, 3_000);
    soon(async { tokio::join!(host.update(1, &update, true), viewer.update()) }).await;
    soon(async {
        while data.read(host.sid, "media/1.sfr").is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    log.append(ended()).await;
    log.checkpoint().await;
    log.acked(2, 2).await;
    assert_eq!(data.read(host.sid, "media/1.sfr").len(), 0, "no segment vouched for it");
    assert!(data.file(host.sid, "open").exists(), "nobody closed the folder");
    // Nor does what comes after the end stay.
    soon(async { tokio::join!(host.update(2, &update, true), viewer.update()) }).await;
    server.stop().await;
    assert_eq!(data.read(host.sid, "media/1.sfr").len(), 0);
}

#[tokio::test]
async fn a_seal_whose_proof_a_kill_prevented_gets_it_and_a_session_that_goes_on_has_none() {
    let data = Data::new();
    let server = data.serve().await;
    let host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    log.acked(1, 0).await;
    host.connection.close(CloseCode::Done, "cut");
    server.stop().await;
    let proofs = data.read(host.sid, "org.proof");
    std::fs::remove_file(data.file(host.sid, "org.proof")).unwrap();
    std::fs::write(data.file(host.sid, "open"), b"").unwrap();
    let server = data.serve().await;
    assert_eq!(data.read(host.sid, "org.proof"), proofs);
    let host = Host::connect(&data, &server, 1).await;
    let mut again = host.log(&data).await;
    assert_eq!(again.hear().await.unwrap(), Some(AuditToHost::Acked { leaves: 1, checkpoint: 0 }));
    assert!(!data.file(host.sid, "org.proof").exists(), "the old seal says nothing about what comes");
    server.stop().await;
}

#[tokio::test]
async fn a_folder_in_which_nothing_was_stored_yet_is_gone_after_a_kill() {
    let data = Data::new();
    let key = deskhand_identity::SecretKey::<deskhand_identity::Session>::from_seed([7; 32]).public();
    let manifest = Manifest::new(key, data.organisation().key);
    let folder = super::common::session_folder(&data.path(), manifest.sid);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("open"), b"").unwrap();
    std::fs::write(folder.join("manifest.json"), manifest.to_bytes()).unwrap();
    let server = data.serve().await;
    assert!(!folder.exists(), "the organisation's log would not know it");
    server.stop().await;
}

#[tokio::test]
async fn a_full_quota_is_said_and_what_was_acknowledged_stays() {
    let data = Data::new();
    let mut options = data.serve_options();
    options.session_quota = Some(20_000);
    let server = Server::start(&options).await.unwrap();
    let mut host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    let mut acked = 0;
    let failure = loop {
        log.append(burned(&"x".repeat(1_000))).await;
        match log.hear().await.unwrap().unwrap() {
            AuditToHost::Acked { leaves, .. } => acked = leaves,
            AuditToHost::Cosigned { .. } | AuditToHost::Opened { .. } => {}
            AuditToHost::Failed(failure) => break failure,
        }
    };
    assert_eq!(failure, StoreFailure::Full);
    assert_eq!(host.hear().await, RelayToHost::StoreFailed(StoreFailure::Full));
    let events = data.read(host.sid, "events.jsonl");
    assert!(acked > 5 && events.len() < 20_000);
    assert_eq!(events.iter().filter(|b| **b == b'\n').count() as u64, acked);
    assert_eq!(events.last(), Some(&b'\n'));
}

#[tokio::test]
async fn a_recording_that_is_full_ends_while_the_log_goes_on() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let mut options = data.serve_options();
    options.session_quota = Some(100_000);
    let server = Server::start(&options).await.unwrap();
    let (mut host, viewer, _) = pair(&data, &server, &ana).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.recorded = true;
    for number in 1..=3 {
        let sealed = noise(number, 30_000);
        let ((), _) = soon(async { tokio::join!(host.update(number, &sealed, number == 1), viewer.update()) }).await;
    }
    assert_eq!(host.hear().await, RelayToHost::StoreFailed(StoreFailure::Full));
    log.append(Event::RecordingFailed { reason: "full".into(), last: None }).await;
    log.acked(2, 0).await;
    // No segment vouched for them: updates that nobody could check are not kept.
    assert_eq!(data.read(host.sid, "media/1.sfr").len(), 0);
}
