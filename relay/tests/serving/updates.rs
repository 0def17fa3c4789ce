//! Screen updates through a relay: what reaches viewers, what is stored, what a slow viewer costs others.

use std::time::{Duration, Instant};

use super::common::{DEADLINE, Data, Host, Viewer, noise, pair, soon};
use bytes::Bytes;
use deskhand_audit::{Event, Hash, MediaSegment};
use deskhand_wire::{limits::MAX_VIEWER_BACKLOG, relay::RelayToHost, stream::StreamHead, update::UpdateHeader};

fn record(host: &Host, number: u64, sealed: &[u8], key: bool) -> Vec<u8> {
    let header = host.header(number, sealed.len(), key).to_bytes();
    let length = u32::try_from(header.len() + sealed.len()).unwrap();
    [&length.to_be_bytes()[..], &header, sealed].concat()
}

#[tokio::test]
async fn an_update_reaches_the_viewer_and_is_stored_byte_for_byte() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, viewer, _) = pair(&data, &server, &ana).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.recorded = true;
    let mut stored = Vec::new();
    for (number, length) in [(1, 700_000), (2, 512), (3, 40_000), (4, 3_000_000)] {
        let sealed = noise(number, length);
        let send = host.update(number, &sealed, number == 1);
        let ((), (header, received)) = soon(async { tokio::join!(send, viewer.update()) }).await;
        assert_eq!(header, host.header(number, length, number == 1));
        assert!(received == sealed, "update {number} differs");
        stored.extend(record(&host, number, &sealed, number == 1));
    }
    let segment = MediaSegment {
        epoch: 1,
        first: 1,
        last: 4,
        updates: 4,
        bytes: stored.len() as u64,
        sha256: Hash::of(&stored),
        discarded: Vec::new(),
    };
    log.append(Event::MediaSegment(segment)).await;
    log.acked(2, 0).await;
    assert!(data.read(host.sid, "media/1.sfr") == stored, "the recording is not what was relayed");
}

#[tokio::test]
async fn a_segment_is_stored_only_after_the_updates_that_it_vouches_for() {
    let data = Data::new();
    let server = data.serve().await;
    let mut host = Host::connect(&data, &server, 1).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.recorded = true;
    let sealed = noise(1, 2_000_000);
    let stored = record(&host, 1, &sealed, true);
    let segment = MediaSegment {
        epoch: 1,
        first: 1,
        last: 1,
        updates: 1,
        bytes: stored.len() as u64,
        sha256: Hash::of(&stored),
        discarded: Vec::new(),
    };
    // The leaf goes first: it must wait for the update on the other stream.
    log.append(Event::MediaSegment(segment)).await;
    host.update(1, &sealed, true).await;
    log.acked(2, 0).await;
    assert!(data.read(host.sid, "media/1.sfr") == stored);
}

#[tokio::test]
async fn nothing_is_stored_of_updates_while_recording_is_off() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (host, viewer, _) = pair(&data, &server, &ana).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.update(1, b"sealed", true).await;
    assert_eq!(viewer.update().await.1, b"sealed");
    log.acked(1, 0).await;
    assert!(!data.file(host.sid, "media").exists());
}

#[tokio::test]
async fn an_update_is_forwarded_while_it_still_arrives() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (host, viewer, _) = pair(&data, &server, &ana).await;
    let sealed = noise(1, 200_000);
    let header = host.header(1, sealed.len(), true);
    let mut stream = host.connection.open_uni(StreamHead::Update).await.unwrap();
    stream.raw(Bytes::copy_from_slice(&header.to_bytes())).await.unwrap();
    stream.raw(Bytes::copy_from_slice(&sealed[..100_000])).await.unwrap();
    let mut arriving = soon(viewer.connection.accept_uni()).await.unwrap();
    soon(arriving.head()).await.unwrap();
    soon(arriving.exact::<36>()).await.unwrap();
    let mut first = 0;
    while first < 100_000 {
        first += soon(arriving.chunk()).await.unwrap().unwrap().len();
    }
    stream.raw(Bytes::copy_from_slice(&sealed[100_000..])).await.unwrap();
    stream.finish();
    assert_eq!(soon(arriving.rest(100_000)).await.unwrap().len(), 100_000);
}

#[tokio::test]
async fn an_update_that_the_host_gives_up_is_neither_stored_nor_in_the_way_of_the_next() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (mut host, viewer, _) = pair(&data, &server, &ana).await;
    let mut log = host.log(&data).await;
    log.begin().await;
    host.recorded = true;
    let header = host.header(1, 1_000, true);
    let mut stream = host.connection.open_uni(StreamHead::Update).await.unwrap();
    stream.raw(Bytes::copy_from_slice(&header.to_bytes())).await.unwrap();
    let mut arriving = soon(viewer.connection.accept_uni()).await.unwrap();
    soon(arriving.head()).await.unwrap();
    soon(arriving.exact::<36>()).await.unwrap();
    stream.abandon();
    host.update(2, b"the next", true).await;
    assert_eq!(soon(arriving.chunk()).await, Err(deskhand_link::LinkError::StreamGivenUp));
    assert_eq!(viewer.update().await.1, b"the next");
    let stored = record(&host, 2, b"the next", true);
    log.append(Event::MediaSegment(MediaSegment {
        epoch: 1,
        first: 1,
        last: 2,
        updates: 1,
        bytes: stored.len() as u64,
        sha256: Hash::of(&stored),
        discarded: vec![1],
    }))
    .await;
    log.acked(2, 0).await;
    assert_eq!(data.read(host.sid, "media/1.sfr"), stored);
}

#[tokio::test]
async fn a_slow_viewer_is_dropped_to_the_next_key_update_and_slows_nobody_else() {
    let data = Data::new();
    let (ana, ben) = (data.technician("Ana Ruiz", 3), data.technician("Ben Cole", 4));
    let server = data.serve().await;
    let (mut host, fast, _) = pair(&data, &server, &ana).await;
    let nameplate = host.nameplate().await;
    let mut slow = Viewer::connect(&data, &server, &ben).await.unwrap();
    let slow_peer = slow.join(&nameplate).await;
    host.hear_join().await;

    // The slow viewer reads nothing: windows fill, then the relay's backlog for it, then it is dropped.
    let sealed = noise(1, 512 << 10);
    let mut number = 0;
    let started = Instant::now();
    let wanted = loop {
        number += 1;
        let ((), (header, received)) = soon(async { tokio::join!(host.update(number, &sealed, number == 1), fast.update()) }).await;
        assert_eq!(header.number, number, "the fast viewer gets every update");
        assert_eq!(received.len(), sealed.len());
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(1), host.reader.recv(1 << 16)).await {
            break message.unwrap();
        }
        assert!(number < 500, "the slow viewer was never dropped");
    };
    assert_eq!(wanted, Some(RelayToHost::KeyUpdateWanted { peer: slow_peer }));
    let bytes = number * sealed.len() as u64;
    println!("dropped after {number} updates, {bytes} bytes, {:?}", started.elapsed());
    // Its connection's windows and the backlog: no more than that was held for it.
    assert!(bytes < 3 * MAX_VIEWER_BACKLOG as u64 + (16 << 20));

    let key = number + 1;
    let ((), _) = soon(async { tokio::join!(host.update(key, b"whole picture", true), fast.update()) }).await;
    // Now it reads again: first what was under way, and then nothing but the key update.
    let deadline = Instant::now() + DEADLINE;
    let mut last = 0;
    loop {
        let mut stream = soon(slow.connection.accept_uni()).await.unwrap();
        let update = async {
            stream.head().await?;
            let header = UpdateHeader::from_bytes(&stream.exact().await?).unwrap();
            stream.rest(header.size as usize).await.map(|sealed| (header, sealed))
        };
        match soon(update).await {
            Ok((header, sealed)) if header.number == key => {
                assert_eq!(sealed, b"whole picture");
                break;
            }
            Ok((header, _)) => {
                assert_eq!(header.number, last + 1, "no gap before the drop");
                last = header.number;
            }
            Err(error) => assert_eq!(error, deskhand_link::LinkError::StreamGivenUp),
        }
        assert!(Instant::now() < deadline);
    }
    assert!(last < number, "what waited was dropped");
}

#[tokio::test]
async fn datagrams_and_cursor_streams_of_the_host_reach_the_viewer() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (host, viewer, _) = pair(&data, &server, &ana).await;
    host.connection.send_datagram(Bytes::from_static(b"pointer")).unwrap();
    assert_eq!(soon(viewer.connection.recv_datagram()).await.unwrap(), "pointer");
    let mut stream = host.connection.open_uni(StreamHead::Cursor).await.unwrap();
    let shape = noise(5, 100_000);
    stream.raw(Bytes::from(shape.clone())).await.unwrap();
    stream.finish();
    let mut arriving = soon(viewer.connection.accept_uni()).await.unwrap();
    assert_eq!(soon(arriving.head()).await.unwrap(), StreamHead::Cursor);
    assert!(soon(arriving.rest(200_000)).await.unwrap() == shape);
}

#[tokio::test]
async fn input_passes_while_the_hosts_line_is_full_of_pixels() {
    let data = Data::new();
    let ana = data.technician("Ana Ruiz", 3);
    let server = data.serve().await;
    let (host, viewer, peer) = pair(&data, &server, &ana).await;
    let (mut input, _) = viewer.connection.open_bi(StreamHead::Input { peer }).await.unwrap();
    let (_, mut heard) = soon(host.connection.accept_bi()).await.unwrap();
    soon(heard.head()).await.unwrap();
    let pixels = async {
        for number in 1..=8 {
            let sealed = noise(number, 4 << 20);
            tokio::join!(host.update(number, &sealed, number == 1), viewer.update());
        }
    };
    let clicking = async {
        let mut worst = Duration::ZERO;
        for _ in 0..20 {
            let start = Instant::now();
            input.send_bytes(&[7; 64]).await.unwrap();
            heard.recv_bytes(64).await.unwrap().unwrap();
            worst = worst.max(start.elapsed());
        }
        worst
    };
    let ((), worst) = soon(async { tokio::join!(pixels, clicking) }).await;
    println!("32 MiB of pixels beside 20 clicks: slowest click {worst:?}");
    assert!(worst < Duration::from_secs(1), "{worst:?}");
}
